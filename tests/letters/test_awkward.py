"""The awkward files one by one, each against what is to come of it; and any list in any dialect."""

import csv
import io
import json
import os
import subprocess
import sys
import time

import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from letters.importing.files import reader
from tests.letters.awkward import parts
from tests.letters.awkward.files import FILES, HEADERS, LIST, Read, text
from tests.letters.awkward.old_excel import xls

READ = [name for name, file in FILES.items() if isinstance(file, Read)]
REFUSED = [name for name in FILES if name not in READ]


def test_there_are_at_least_forty_of_them():
    assert len(FILES) >= 40


@pytest.mark.parametrize("name", READ)
def test_what_can_be_read_is_read_with_every_row_accounted_for(name):
    file = FILES[name]
    with reader.open_list(file.make()) as raw:
        rows = {row.number: row.cells for row in raw.rows}
    assert list(rows) == list(file.rows)
    assert raw.blank == file.blank
    assert raw.total == len(rows) + raw.blank
    assert [header for header in raw.headers if header] == HEADERS
    for (number, header), text_ in file.cells.items():
        assert rows[number][raw.headers.index(header)] == text_


@pytest.fixture
def read_list(tmp_path, capsys):
    """(the JSON, whether it ended well) of a run on a file whose name says nothing."""

    def run(content: bytes) -> tuple[dict, bool]:
        (tmp_path / "liste.dat").write_bytes(content)
        try:
            call_command("read_list", str(tmp_path / "liste.dat"), json=True)
            is_well = True
        except CommandError:
            is_well = False
        return json.loads(capsys.readouterr().out), is_well

    return run


@pytest.mark.parametrize("name", READ)
def test_what_is_odd_is_said(read_list, name):
    report, is_well = read_list(FILES[name].make())
    assert (is_well, report["ok"], report["reason"]) == (True, True, None)
    said = " ".join(problem["message"] for problem in report["problems"])
    for sentence in FILES[name].said:
        assert sentence in said
    assert bool(said) == bool(FILES[name].said)
    shown = [sheet for sheet in report["sheets"] if not sheet["hidden"]]
    assert len(FILES[name].rows) in [sheet["rows"] for sheet in shown]
    assert all(sheet["columns"] for sheet in report["sheets"])


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_with_what_to_do(read_list, name):
    started = time.monotonic()
    report, is_well = read_list(FILES[name].make())
    assert (is_well, report["ok"], report["sheets"], report["problems"]) == (False, False, [], [])
    assert FILES[name].sentence in report["reason"]
    assert time.monotonic() - started < 60


def test_the_command_names_the_sheets_and_where_a_problem_is(read_list):
    content = parts.saved(parts.book(hidden=["Skjult"], Skjult=LIST, Breve=[*LIST, ["1,23E+15"]], Note=[["x"]]))
    report, _ = read_list(content)
    assert report["sheets"] == [
        {"name": "Skjult", "rows": 3, "columns": 13, "hidden": True},
        {"name": "Breve", "rows": 3, "columns": 13, "hidden": False},
        {"name": "Note", "rows": 1, "columns": 1, "hidden": False},
    ]
    at = report["problems"][-1]
    assert (at["row"], at["column"], at["value"]) == (4, "Brev-id", "1,23E+15")


def test_a_problem_shows_no_cpr_number(read_list):
    report, _ = read_list(text([*LIST, ["#FORMEL! =0102701234"]]).encode())
    assert "0102701234" not in json.dumps(report)


def test_a_text_has_the_name_of_its_file_and_only_so_many_problems(read_list):
    report, _ = read_list(text([HEADERS, *(["#I/T"] for _ in range(1200))]).encode())
    assert report["sheets"] == [{"name": "liste", "rows": 1200, "columns": 13, "hidden": False}]
    assert len(report["problems"]) == 1001
    assert report["problems"][-1]["message"] == "200 celler mere har fejl."


def test_a_hidden_sheet_that_is_too_heavy_keeps_only_its_size_to_itself(read_list):
    heavy = parts.unzipped(parts.saved(parts.book(hidden=["Tung"], Breve=LIST, Tung=LIST)))
    far = b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row></sheetData>'
    heavy["xl/worksheets/sheet2.xml"] = heavy["xl/worksheets/sheet2.xml"].replace(b"</sheetData>", far)
    report, is_well = read_list(parts.zipped(heavy))
    assert is_well
    assert [sheet["rows"] for sheet in report["sheets"]] == [None, None]


@pytest.fixture
def strange_paths(tmp_path):
    os.mkfifo(tmp_path / "rør")
    (tmp_path / "til rør").symlink_to(tmp_path / "rør")
    (tmp_path / "til intet").symlink_to(tmp_path / "væk")
    (tmp_path / "til sig selv").symlink_to(tmp_path / "til sig selv")
    return tmp_path


STRANGE = ["rør", "til rør", "til intet", "til sig selv", "", "findes/ikke.xlsx", "/dev/zero", "x" * 300, "\udcff.csv"]


@pytest.mark.parametrize("name", STRANGE)
def test_what_is_no_file_is_not_opened(capsys, strange_paths, name):
    with pytest.raises(CommandError, match="kan ikke åbnes"):
        call_command("read_list", str(strange_paths / name), json=True)
    assert json.loads(capsys.readouterr().out)["ok"] is False


def test_a_link_to_a_list_is_the_list(capsys, tmp_path):
    (tmp_path / "liste.csv").write_text(text())
    (tmp_path / "genvej").symlink_to(tmp_path / "liste.csv")
    call_command("read_list", str(tmp_path / "genvej"), json=True)
    assert json.loads(capsys.readouterr().out)["ok"] is True


def test_the_name_of_a_file_shows_no_cpr_number(capsys, tmp_path):
    with pytest.raises(CommandError, match="●●●●●●-●●●●"):
        call_command("read_list", str(tmp_path / "010270-1234.xlsx"), json=True)
    assert "010270-1234" not in capsys.readouterr().out


def test_a_fault_of_ours_is_a_sentence_as_well(read_list, monkeypatch):
    monkeypatch.setattr(reader, "_read_answers", None)
    report, is_well = read_list(parts.xlsx(LIST))
    assert (is_well, report["reason"]) == (False, reader.OUR_FAULT_MESSAGE)


@pytest.mark.parametrize(("name", "code"), [("xls", 0), ("512 GiB", 1)])
def test_the_command_needs_no_database_and_tells_by_its_exit_code(tmp_path, name, code):
    (tmp_path / "liste.xlsx").write_bytes(FILES[name].make())
    bare = {key: value for key, value in os.environ.items() if not key.startswith(("DJANGO", "DATABASE"))}
    done = subprocess.run(
        [sys.executable, "manage.py", "read_list", str(tmp_path / "liste.xlsx"), "--json"],
        env={**bare, "DEMO": "1", "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == code, done.stderr
    assert json.loads(done.stdout)["ok"] is (code == 0)


def test_a_text_is_read_in_little_memory_at_any_size(tmp_path):
    file = tmp_path / "liste.csv"
    with file.open("w") as out:
        out.write(text([HEADERS]))
        lines = io.StringIO(text(LIST[1:])).getvalue()
        for _ in range(60_000):
            out.write(lines)
    with reader.open_list(file) as raw:
        assert sum(1 for _ in raw.rows) == 120_000
    assert raw.peak_kib < 40 * 1024


#: What every one of the encodings can write, without what a text or a workbook cannot hold in a cell
CELL = st.text("abcæøåÆØÅé 0123456789-.@\"';,|&<>\n", max_size=12).filter(lambda cell: cell == cell.strip())
ROWS = st.lists(st.lists(CELL, min_size=13, max_size=13).filter(any), min_size=1, max_size=8)
PATIENT = settings(deadline=None, max_examples=2, suppress_health_check=[HealthCheck.too_slow])
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "iso-8859-1"]


@pytest.mark.parametrize("mark", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ENCODINGS)
@PATIENT
@given(
    rows=ROWS,
    newline=st.sampled_from(["\r\n", "\n", "\r"]),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL, csv.QUOTE_NONNUMERIC]),
)
def test_any_list_comes_back_from_any_dialect(encoding, mark, rows, newline, quoting):
    content = io.StringIO()
    csv.writer(content, delimiter=mark, lineterminator=newline, quoting=quoting).writerows([HEADERS, *rows])
    with reader.open_list(content.getvalue().encode(encoding)) as raw:
        assert [row.cells for row in raw.rows] == rows


@pytest.mark.parametrize("make", [parts.xlsx, lambda rows: xls({"Ark1": rows}), lambda rows: parts.ods(Ark1=rows)])
@PATIENT
@given(rows=ROWS)
def test_any_list_comes_back_from_a_workbook(make, rows):
    with reader.open_list(make([HEADERS, *rows])) as raw:
        assert [row.cells for row in raw.rows] == rows
