"""A large sheet that is read in pieces gives the same rows as one read whole, wherever the pieces end."""

import re
import sys
from collections.abc import Iterator
from contextlib import nullcontext, suppress

import pytest

from letters.importing.files import reader
from letters.importing.files.file_type import detect_file_type
from letters.importing.files.limits import Refused
from letters.importing.files.parser import workbooks
from letters.importing.files.parser.sheet_tables import cell_texts
from tests.letters.awkward import parts
from tests.letters.awkward.files import FILES, LIST, Read
from tests.letters.awkward.files import Refused as RefusedFile
from tests.letters.list_files import workbook

#: 15 MiB of nested elements before the first row are longer than any piece; merged cells stand below the last row.
UNSPLITTABLE = {"elements in elements", "units merged over rows"}
#: The dimension of a sheet is not read in pieces, so a wrong dimension does no harm.
HARMLESS_IN_PIECES = {"dimension that is none"}
READ = {name: file for name, file in FILES.items() if isinstance(file, Read) and name not in UNSPLITTABLE}
REFUSED = {name: file for name, file in FILES.items() if not isinstance(file, Read) and name not in HARMLESS_IN_PIECES}
LONG = [["Titel"], [], *LIST[:1], *([f"B-{n}", *LIST[1][1:-1], f"Emne {n % 7} «æ»"] for n in range(300))]


@pytest.fixture
def read_sheets(monkeypatch, tmp_path):
    """`read(content, piece)` returns each sheet as (name, [(row, texts)] of the filled rows, 1904 dates, has hidden
    rows).
    """

    def run(content: bytes, piece: int | None) -> list:
        monkeypatch.setattr(workbooks, "LARGE_SHEET_BYTES", 0 if piece else 2**40)
        monkeypatch.setattr(workbooks, "PIECE_BYTES", piece or 1)
        (tmp_path / "fil").write_bytes(content)
        sheets = []
        for sheet in workbooks.sheets_of("xlsx", str(tmp_path / "fil")):
            table = sheet.open()
            filled = [
                (number, _without_outer_blanks(row))
                for number, row in enumerate(table.rows)
                if _without_outer_blanks(row)
            ]
            sheets.append((sheet.name, filled, table.counts_from_1904, table.findings.hidden_rows))
        return sheets

    return run


def _without_outer_blanks(row: list) -> list[str]:
    """Return the texts without the empty cells at both ends, which depend on the width of other rows."""
    filled = [bool(text) for text in cell_texts(row, str)]
    return cell_texts(row, str)[filled.index(True) : len(filled) - filled[::-1].index(True)] if any(filled) else []


def xlsx_contents(files: dict[str, Read | RefusedFile]) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each file that the parser reads as a workbook of Excel."""
    for name, file in files.items():
        content = file.make()
        with suppress(Refused):
            if detect_file_type(content) in ("xlsx", "xlsm"):
                yield name, content


def test_awkward_files_are_the_same_in_pieces(read_sheets):
    names = []
    for name, content in xlsx_contents(READ):
        whole = read_sheets(content, None)
        for piece in (100, 333, 5000):
            assert read_sheets(content, piece) == whole, (name, piece)
        names.append(name)
    assert len(names) > 30


@pytest.fixture
def in_pieces(monkeypatch):
    """The reading child treats every sheet as a large one."""
    small = (
        "import sys; from letters.importing.files.parser import child_process, workbooks; "
        "workbooks.LARGE_SHEET_BYTES, workbooks.PIECE_BYTES = 0, 5000; child_process.main(*sys.argv[1:])"
    )
    monkeypatch.setattr(reader, "_COMMAND", (sys.executable, "-c", small))


def test_hostile_files_are_refused_in_pieces(in_pieces):
    names = []
    for name, content in xlsx_contents(REFUSED):
        with pytest.raises(Refused) as refused, reader.open_list(content) as raw:
            list(raw.rows)
        assert FILES[name].sentence in str(refused.value) or str(refused.value) == reader.TOO_HEAVY_MESSAGE, name
        names.append(name)
    assert len(names) > 8


@pytest.mark.parametrize("piece", [100, 1000, 2**16])
def test_shared_strings_are_the_same_in_pieces(read_sheets, piece):
    """As written by Excel: cells refer to texts by number, and each piece holds only the texts of its own cells."""
    content = with_shared_strings(workbook(LONG))
    assert read_sheets(content, piece) == read_sheets(workbook(LONG), None)
    assert len(read_sheets(content, piece)[0][1]) == 302


@pytest.mark.parametrize("piece", [100, 1000])
def test_rows_and_cells_without_references_are_counted(read_sheets, piece):
    def bare(sheet: bytes) -> bytes:
        sheet = re.sub(rb' r="[A-Z]*\d+"', b"", sheet)
        return sheet.replace(b"</row>", b"</row><row></row>", 3)

    content = parts.changed(workbook(LONG), sheet=bare)
    whole = read_sheets(content, None)
    assert read_sheets(content, piece) == whole
    assert [number for number, _ in whole[0][1]][:5] == [0, 2, 4, 6, 7]


@pytest.mark.parametrize(
    "change",
    [
        lambda sheet: sheet[: len(sheet) // 2],
        lambda sheet: sheet.replace(b'<row r="200"', b'<row r="2"', 1),
        lambda sheet: re.sub(rb'<c r="A200".*?</c>', b'<c r="A200" t="s"><v>1</v></c>', sheet),
    ],
    ids=["it breaks off", "rows in no order", "a text that is not there"],
)
def test_broken_sheet_is_refused(read_sheets, change):
    with pytest.raises(Refused, match="beskadiget"):
        read_sheets(parts.changed(workbook(LONG), sheet=change), 1000)


@pytest.mark.parametrize(("cells", "is_refused"), [("I60:I99", True), ("A1:M2", False)])
def test_cells_merged_over_rows_of_a_long_list_are_refused(read_sheets, cells, is_refused):
    book = parts.book(Ark1=LONG)
    book["Ark1"].merge_cells(cells)
    with pytest.raises(Refused, match="Ophæv fletningen") if is_refused else nullcontext():
        assert len(read_sheets(parts.saved(book), 1000)[0][1]) == 302


def test_missing_shared_string_is_refused(read_sheets):
    content = parts.changed(
        with_shared_strings(workbook(LONG)), sheet=lambda sheet: sheet.replace(b"<v>9</v>", b"<v>99999</v>", 1)
    )
    with pytest.raises(Refused, match="beskadiget"):
        read_sheets(content, 1000)


def test_endless_row_is_refused(read_sheets):
    content = parts.changed(workbook(LONG), sheet=lambda sheet: sheet.replace(b"<row ", b"<row " + b"x" * 10**7, 1))
    with pytest.raises(MemoryError):
        read_sheets(content, 2**20)


def test_rows_of_a_large_table_are_streamed(tmp_path):
    (tmp_path / "fil").write_bytes(workbook(LONG))
    table = workbooks.open_large_table(str(tmp_path / "fil"), "Ark1")
    assert (table.total, table.columns) == (303, 0)
    assert next(table.rows)[0] == "Titel"
    assert table.columns == 13


def with_shared_strings(content: bytes) -> bytes:
    """Return the workbook with a table of shared strings, as Excel writes it."""
    texts: dict[bytes, int] = {}

    def number(found: re.Match[bytes]) -> bytes:
        at = texts.setdefault(found[2], len(texts))
        return b'%s t="s"><v>%d</v>' % (found[1], at)

    def change(sheet: bytes) -> bytes:
        return re.sub(rb'(<c r="\w+") t="inlineStr"><is>(.*?)</is>', number, sheet)

    made = parts.unzipped(parts.changed(content, sheet=change))
    main = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    made[workbooks._STRINGS] = b'<sst xmlns="%s"><si>%s</si></sst>' % (main, b"</si><si>".join(texts))
    assert len(texts) > 300
    return parts.zipped(made)
