"""Reading list files: dialects that must be read, and files that must be refused with what to do."""

import io
import struct
import sys
import zipfile
from datetime import datetime

import pytest
from django.core.management import call_command
from openpyxl import Workbook

from letters.importing.files import reader
from letters.importing.files.limits import Refused
from letters.samples import COLUMNS
from sepo_incident.core import cpr
from tests.letters.awkward import parts
from tests.letters.list_files import PLAIN, csv, row, workbook, xlsx

HEADERS, CELLS = list(COLUMNS), [PLAIN[name] for name in COLUMNS]


@pytest.fixture
def forked_parser():
    """The parser processes of this module start as those of a worker."""


def read(content: bytes) -> tuple[list[reader.RawRow], reader.RawList]:
    with reader.open_list(content) as raw:
        return list(raw.rows), raw


def refusal(content: bytes) -> str:
    with pytest.raises(Refused) as refused:
        read(content)
    return str(refused.value)


def text(delimiter: str = ";", newline: str = "\r\n") -> str:
    return newline.join(delimiter.join(line) for line in (HEADERS, CELLS)) + newline


@pytest.mark.parametrize("make", [xlsx, csv])
def test_reader_reads_both_formats_alike(make):
    rows, raw = read(make(row(1), row(2, Emne="Æblegrød")))
    assert raw.headers == HEADERS
    assert [one.number for one in rows] == [2, 3]
    assert rows[0].cells == CELLS
    assert rows[1].cells[-1] == "Æblegrød"
    assert raw.blank == 0
    assert 0 < raw.peak_kib < 100 * 1024


def test_reader_obeys_the_sep_line_and_counts_it():
    rows, raw = read(("sep=,\r\n" + text(",")).encode())
    assert (raw.headers, rows[0].number, rows[0].cells) == (HEADERS, 3, CELLS)


@pytest.mark.parametrize("word", ["sep=", 'sep="', "sep=x", "sep= "])
@pytest.mark.parametrize("newline", ["\r\n", "\n"])
def test_invalid_sep_line_is_ignored(word, newline):
    rows, raw = read((word + newline + text(";")).encode())
    assert (raw.headers, rows[0].number, rows[0].cells) == (HEADERS, 3, CELLS)


def test_line_break_inside_a_cell_keeps_one_row():
    rows, _ = read((";".join(HEADERS) + '\n"B-1";"11-12-2019\n09:14";x\nB-2;y;z\n').encode())
    assert [(one.number, one.cells[0]) for one in rows] == [(2, "B-1"), (3, "B-2")]


def test_row_numbers_are_those_of_excel():
    above = [["Breve uden kvittering"], [], HEADERS, CELLS, [], [None, "  "], CELLS]
    rows, raw = read(workbook(above))
    assert [one.number for one in rows] == [4, 7]
    assert raw.blank == 2


def test_reader_finds_the_sheet_with_the_list():
    rows, _ = read(workbook([["Vejledning"]], [HEADERS, CELLS]))
    assert rows[0].cells == CELLS


def test_cells_are_texts_as_excel_shows_them():
    cells = [4711, datetime(2019, 12, 11, 9, 14), True, 2.5, datetime(2019, 12, 11, 9, 14, 7)]
    rows, _ = read(workbook([HEADERS, cells]))
    assert rows[0].cells[:5] == ["4711", "11-12-2019 09:14", "SAND", "2.5", "11-12-2019 09:14:07"]


#: more of them are in `awkward/refused_files.py`
WRONG_FILES = {
    "old excel": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), r"gemt som \.xlsx"),
    "no xml inside": (parts.zipped({"xl/workbook.xml": b"nonsense", "[Content_Types].xml": b"x"}), "beskadiget"),
    "no headers": (workbook([["Anna", "Bo"], ["Carl", "Dorthe"]]), "kan ikke finde overskrifterne"),
    "prose": ("Kære alle. Her kommer listen i morgen.".encode(), "kan ikke finde overskrifterne"),
    "no sender": (
        xlsx(row(), columns=tuple(name for name in COLUMNS if name != "Afsenders e-mail")),
        "»Afsenders e-mail« mangler",
    ),
    "no sender, no date": (
        csv(row(), columns=tuple(name for name in COLUMNS if name not in ("Afsenders e-mail", "Sendt"))),
        "»Sendt« og »Afsenders e-mail« mangler",
    ),
}


@pytest.mark.parametrize("what", WRONG_FILES)
def test_reader_refuses_wrong_files_with_advice(what):
    content, sentence = WRONG_FILES[what]
    with pytest.raises(Refused, match=sentence):
        read(content)


@pytest.mark.parametrize("far_cell", ["AZ1048576", "XFD1048576"], ids=["more than is allowed", "more than there is"])
def test_file_that_needs_much_memory_is_refused(far_cell):
    """One cell at the far end of the sheet: 3 kB that make the library reserve memory for the whole sheet."""
    hostile = parts.unzipped(workbook([HEADERS, CELLS]))
    far = f'<row r="1048576"><c r="{far_cell}" t="inlineStr"><is><t>x</t></is></c></row></sheetData>'
    hostile["xl/worksheets/sheet1.xml"] = hostile["xl/worksheets/sheet1.xml"].replace(b"</sheetData>", far.encode())
    assert refusal(parts.zipped(hostile)) == reader.TOO_HEAVY_MESSAGE


def test_reading_stops_after_the_time_limit(monkeypatch):
    monkeypatch.setattr(reader, "MAX_SECONDS", 0.01)
    assert refusal(xlsx(*(row(number) for number in range(2000)))) == reader.TOO_HEAVY_MESSAGE


def test_crash_of_the_child_is_logged_without_cpr_numbers(monkeypatch, caplog):
    stumbling = "raise RuntimeError('we did not think of 010270-1234')"
    monkeypatch.setattr(reader, "_COMMAND", (sys.executable, "-c", stumbling))
    assert refusal(xlsx(row())) == reader.OUR_FAULT_MESSAGE
    assert "RuntimeError: we did not think of ●●●●●●-●●●●" in caplog.text


def test_crash_of_the_child_is_logged_under_its_limits(monkeypatch, caplog):
    stumbling = (
        "from letters.importing.files.parser import child_process; child_process._answer_requests = None; "
        "child_process.main(*__import__('sys').argv[1:])"
    )
    monkeypatch.setattr(reader, "_COMMAND", (sys.executable, "-c", stumbling))
    assert refusal(xlsx(row())) == reader.OUR_FAULT_MESSAGE
    assert "'NoneType' object is not callable" in caplog.text


def test_child_out_of_memory_refuses_a_heavy_file(monkeypatch, caplog):
    starving = (
        "from letters.importing.files.parser import child_process; "
        "child_process._answer_requests = lambda *_: [' ' * 2**31]; child_process.main('csv', '')"
    )
    monkeypatch.setattr(reader, "_COMMAND", (sys.executable, "-c", starving))
    assert refusal(xlsx(row())) == reader.TOO_HEAVY_MESSAGE
    assert caplog.text == ""


def test_zip_with_a_false_size_is_refused():
    """The directory declares another size than the unpacked part has. The child process finds out."""
    content = bytearray(xlsx(row()))
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive:
        size = archive.getinfo("xl/worksheets/sheet1.xml").file_size
    at = content.rindex(struct.pack("<L", size))
    content[at : at + 4] = struct.pack("<L", 2**31)
    assert "når den pakkes ud" in refusal(bytes(content))


def test_child_ends_when_the_reader_stops_early():
    with reader.open_list(xlsx(*(row(number) for number in range(50)))) as raw:
        assert next(raw.rows).number == 2
    assert raw.counts == {}


def test_cpr_number_in_sheet_and_file_names_is_masked(tmp_path, capsys):
    book = Workbook()
    book.active.title = "010270-1234"
    for line in (list(PLAIN), list(PLAIN.values())):
        book.active.append(line)
    path = tmp_path / "010270-1234.xlsx"
    book.save(path)
    call_command("read_list", str(path))
    assert "010270-1234" not in capsys.readouterr().out
    with reader.open_list(path) as raw:
        assert [sheet["name"] for sheet in (*raw.sheets, *raw.book.measure())] == [cpr.MASK, cpr.MASK]
