"""Each awkward file against the expected result, and generated lists in every csv dialect."""

import csv
import io
import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from itertools import tee

import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from letters.importing.files import reader
from tests.letters.awkward import parts
from tests.letters.awkward.files import FILES, HEADERS, LIST, Read, text
from tests.letters.awkward.xls_writer import xls

READ = [name for name, file in FILES.items() if isinstance(file, Read)]
REFUSED = [name for name in FILES if name not in READ]


@pytest.fixture
def run_read_list(tmp_path, capsys):
    """`read_list(content)` runs the command on a file with a neutral name and returns (report, success)."""

    def run(content: bytes) -> tuple[dict, bool]:
        (tmp_path / "liste.dat").write_bytes(content)
        try:
            call_command("read_list", str(tmp_path / "liste.dat"), json=True)
            is_well = True
        except CommandError:
            is_well = False
        return json.loads(capsys.readouterr().out), is_well

    return run


@pytest.fixture
def opened_lists(monkeypatch):
    """Keep each list that is opened, with its rows: `[(list, rows)]`."""
    opened, open_list = [], reader.open_list

    @contextmanager
    def open_and_keep(*args):
        with open_list(*args) as raw:
            raw.rows, kept = tee(raw.rows)
            yield raw
            opened.append((raw, list(kept)))

    monkeypatch.setattr(reader, "open_list", open_and_keep)
    return opened


@pytest.mark.parametrize("name", READ)
def test_readable_file_gives_every_row_and_reports_its_oddities(run_read_list, opened_lists, name):
    file = FILES[name]
    report, is_well = run_read_list(file.make())
    [(raw, kept)] = opened_lists
    rows = {row.number: row.cells for row in kept}
    assert list(rows) == list(file.rows)
    assert (raw.blank, raw.total) == (file.blank, len(rows) + file.blank)
    assert [header for header in raw.headers if header] == HEADERS
    for (number, header), text_ in file.cells.items():
        assert rows[number][raw.headers.index(header)] == text_

    assert (is_well, report["ok"], report["reason"]) == (True, True, None)
    messages = " ".join(problem["message"] for problem in report["problems"])
    for sentence in file.remarks:
        assert sentence in messages
    assert bool(messages) == bool(file.remarks)
    shown = [sheet for sheet in report["sheets"] if not sheet["hidden"]]
    assert len(file.rows) in [sheet["rows"] for sheet in shown]
    assert all(sheet["columns"] for sheet in report["sheets"])


@pytest.mark.parametrize("name", REFUSED)
def test_unreadable_file_is_refused_with_advice(run_read_list, name):
    started = time.monotonic()
    report, is_well = run_read_list(FILES[name].make())
    assert (is_well, report["ok"], report["sheets"], report["problems"]) == (False, False, [], [])
    assert FILES[name].sentence in report["reason"]
    assert time.monotonic() - started < 60


def test_read_list_names_sheets_and_problem_cells(run_read_list):
    content = parts.saved(parts.book(hidden=["Skjult"], Skjult=LIST, Breve=[*LIST, ["1,23E+15"]], Note=[["x"]]))
    report, _ = run_read_list(content)
    assert report["sheets"] == [
        {"name": "Skjult", "rows": 3, "columns": 13, "hidden": True},
        {"name": "Breve", "rows": 3, "columns": 13, "hidden": False},
        {"name": "Note", "rows": 1, "columns": 1, "hidden": False},
    ]
    at = report["problems"][-1]
    assert (at["row"], at["column"], at["value"]) == (4, "Brev-id", "1,23E+15")


def test_problem_shows_no_cpr_number(run_read_list):
    report, _ = run_read_list(text([*LIST, ["#FORMEL! =0102701234"]]).encode())
    assert "0102701234" not in json.dumps(report)


def test_csv_sheet_is_named_by_file_and_problems_are_limited(run_read_list):
    report, _ = run_read_list(text([HEADERS, *(["#I/T"] for _ in range(1200))]).encode())
    assert report["sheets"] == [{"name": "liste", "rows": 1200, "columns": 13, "hidden": False}]
    assert len(report["problems"]) == 1001
    assert report["problems"][-1]["message"] == "200 celler mere har fejl."


def test_heavy_hidden_sheet_has_no_row_count(run_read_list):
    heavy = parts.unzipped(parts.saved(parts.book(hidden=["Tung"], Breve=LIST, Tung=LIST)))
    far = b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row></sheetData>'
    heavy["xl/worksheets/sheet2.xml"] = heavy["xl/worksheets/sheet2.xml"].replace(b"</sheetData>", far)
    report, is_well = run_read_list(parts.zipped(heavy))
    assert is_well
    assert [sheet["rows"] for sheet in report["sheets"]] == [None, None]


@pytest.fixture
def strange_paths(tmp_path):
    os.mkfifo(tmp_path / "rør")
    return tmp_path


STRANGE = ["rør", "findes/ikke.xlsx", "x" * 300]


@pytest.mark.parametrize("name", STRANGE)
def test_path_that_is_no_file_is_refused(capsys, strange_paths, name):
    with pytest.raises(CommandError, match="kan ikke åbnes"):
        call_command("read_list", str(strange_paths / name), json=True)
    assert json.loads(capsys.readouterr().out)["ok"] is False


def test_file_name_shows_no_cpr_number(capsys, tmp_path):
    with pytest.raises(CommandError, match="●●●●●●-●●●●"):
        call_command("read_list", str(tmp_path / "010270-1234.xlsx"), json=True)
    assert "010270-1234" not in capsys.readouterr().out


def test_internal_error_is_reported_as_a_sentence(run_read_list, monkeypatch):
    monkeypatch.setattr(reader, "_read_answers", None)
    report, is_well = run_read_list(parts.xlsx(LIST))
    assert (is_well, report["reason"]) == (False, reader.OUR_FAULT_MESSAGE)


def test_read_list_needs_no_database(tmp_path):
    (tmp_path / "liste.xlsx").write_bytes(FILES["xls"].make())
    bare = {key: value for key, value in os.environ.items() if not key.startswith(("DJANGO", "DATABASE"))}
    done = subprocess.run(
        [sys.executable, "manage.py", "read_list", str(tmp_path / "liste.xlsx"), "--json"],
        env={**bare, "DEMO": "1", "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["ok"]


def test_large_csv_is_read_in_little_memory(tmp_path):
    file = tmp_path / "liste.csv"
    with file.open("w") as out:
        out.write(text([HEADERS]))
        lines = io.StringIO(text(LIST[1:])).getvalue()
        for _ in range(30_000):
            out.write(lines)
    with reader.open_list(file) as raw:
        assert sum(1 for _ in raw.rows) == 60_000
    assert raw.peak_kib < 40 * 1024


#: characters of all encodings, without those that a text or a workbook cannot hold in a cell
CELL = st.text("abcæøåÆØÅé 0123456789-.@\"';,|&<>\n", max_size=12).filter(lambda cell: cell == cell.strip())
ROWS = st.lists(st.lists(CELL, min_size=13, max_size=13).filter(any), min_size=1, max_size=8)
PATIENT = settings(deadline=None, max_examples=4, suppress_health_check=[HealthCheck.too_slow])
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "iso-8859-1"]


@pytest.mark.parametrize("encoding", ENCODINGS)
@PATIENT
@given(
    rows=ROWS,
    mark=st.sampled_from([";", ",", "\t", "|"]),
    newline=st.sampled_from(["\r\n", "\n", "\r"]),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL, csv.QUOTE_NONNUMERIC]),
)
def test_generated_list_survives_every_csv_dialect(encoding, mark, rows, newline, quoting):
    content = io.StringIO()
    csv.writer(content, delimiter=mark, lineterminator=newline, quoting=quoting).writerows([HEADERS, *rows])
    with reader.open_list(content.getvalue().encode(encoding)) as raw:
        assert [row.cells for row in raw.rows] == rows


@pytest.mark.parametrize("make", [parts.xlsx, lambda rows: xls({"Ark1": rows}), lambda rows: parts.ods(Ark1=rows)])
@PATIENT
@given(rows=ROWS)
def test_generated_list_survives_every_workbook_format(make, rows):
    with reader.open_list(make([HEADERS, *rows])) as raw:
        assert [row.cells for row in raw.rows] == rows
