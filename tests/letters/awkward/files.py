"""Every awkward file, with what is to come of it. Nothing here is kept: each is made when it is asked for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from letters.samples import COLUMNS
from tests.letters.awkward import parts
from tests.letters.awkward.old_excel import compound, xls
from tests.letters.lists import PLAIN

HEADERS = list(COLUMNS)
FIRST = [PLAIN[name] for name in COLUMNS]
SECOND = ["B-2", *FIRST[1:-1], "Æblegrød på Ålekistevej"]
LIST = [HEADERS, FIRST, SECOND]
SENT = HEADERS.index("Sendt")
LAST_COLUMN = "M"


@dataclass(frozen=True)
class Read:
    """It is read: its rows by their numbers, and sentences that must be among what is said of it."""

    make: Callable[[], bytes]
    rows: Sequence[int] = (2, 3)
    blank: int = 0
    said: Sequence[str] = ()
    cells: dict[tuple[int, str], str] = field(default_factory=dict)  # (row, header) → text


@dataclass(frozen=True)
class Refused:
    """It is not, and this is part of the sentence that says what to do."""

    make: Callable[[], bytes]
    sentence: str


def text(rows: Sequence[Sequence[Any]] = LIST, mark: str = ";", newline: str = "\r\n", quote: str = "") -> str:
    return "".join(mark.join(f"{quote}{cell}{quote}" for cell in row) + newline for row in rows)


def with_first(**cells: Any) -> list[list[Any]]:
    """The list with other cells in its first row."""
    return [HEADERS, [cells.get(name.replace("-", "_"), value) for name, value in zip(HEADERS, FIRST, strict=True)]]


def merged_title() -> bytes:
    book = parts.book(Ark1=[["Breve, der ikke kom frem"], ["Trukket 7. januar 2020"], *LIST])
    book["Ark1"].merge_cells("A1:M1")
    return parts.saved(book)


def merged_header() -> bytes:
    book = parts.book(Ark1=[[*HEADERS, ""], FIRST, SECOND])
    book["Ark1"].merge_cells("M1:N1")
    return parts.saved(book)


def with_macros() -> bytes:
    return parts.zipped({**parts.unzipped(parts.xlsx(LIST)), "xl/vbaProject.bin": b"\x00"})


def from_1904(content: bytes) -> bytes:
    return parts.changed(content, workbook=lambda part: part.replace(b"<workbookPr", b'<workbookPr date1904="1"', 1))


def far_cell(place: str) -> bytes:
    """One cell at the far end of the sheet: 3 kB that make the library reserve room for the whole of it."""
    far = f'<row r="1048576"><c r="{place}" t="inlineStr"><is><t>x</t></is></c></row></sheetData>'.encode()
    return parts.changed(parts.xlsx(LIST), sheet=lambda sheet: sheet.replace(b"</sheetData>", far))


def repeated_ods(rows: str, word: str) -> bytes:
    """A cell that says that it stands in every cell of so many rows."""
    content = parts.unzipped(parts.ods(Ark1=LIST))
    value = f' office:value-type="string"><text:p>{word}</text:p></table:table-cell>' if word else "/>"
    many = f'<table:table-row table:number-rows-repeated="{rows}"><table:table-cell'
    many += f' table:number-columns-repeated="16384"{value}</table:table-row></table:table>'
    content["content.xml"] = content["content.xml"].replace(b"</table:table>", many.encode(), 1)
    return parts.zipped(content)


def laughing() -> bytes:
    """Words that stand for words that stand for words: a billion of them."""
    words = "".join(f'<!ENTITY w{n} "{f"&w{n - 1};" * 10}">' for n in range(1, 10))
    doctype = f'<!DOCTYPE x [<!ENTITY w0 "ha">{words}]><worksheet'.encode()
    hostile = parts.changed(parts.xlsx(LIST), sheet=lambda sheet: sheet.replace(b"<worksheet", doctype, 1))
    return parts.changed(hostile, sheet=lambda sheet: sheet.replace(b"Svalevejens Skole", b"&w9;", 1))


def with_error(place: str, error: str) -> bytes:
    return parts.with_cell(parts.xlsx(LIST), place, f'<c r="{place}" t="e"><f>A1</f><v>{error}</v></c>')


def with_formula(place: str, xml: str) -> bytes:
    return parts.with_cell(parts.xlsx(LIST), place, f'<c r="{place}"{xml}</c>')


def two_errors_in_two_rows() -> bytes:
    content = with_error("D2", "#N/A")
    return parts.with_cell(content, "E3", '<c r="E3" t="e"><v>#REF!</v></c>')


TOTAL = ["I alt", "", "2"]
SUM = "Rækken er en sum"
AMBIGUOUS = "27-10-2019 02:30"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(5000)

FILES: dict[str, Read | Refused] = {
    # kinds
    "xlsx": Read(lambda: parts.xlsx(LIST)),
    "xlsm with macros": Read(with_macros, said=["Filen har makroer"]),
    "xls": Read(lambda: xls({"Ark1": LIST}), cells={(3, "Emne"): "Æblegrød på Ålekistevej"}),
    "ods": Read(lambda: parts.ods(Ark1=LIST), cells={(3, "Emne"): "Æblegrød på Ålekistevej"}),
    "strict ooxml": Read(lambda: parts.strict(parts.xlsx(LIST))),
    "ods with blank cells to its end": Read(lambda: repeated_ods("1048574", "")),
    # texts
    "utf-8": Read(lambda: text().encode()),
    "utf-8 with a mark": Read(lambda: text().encode("utf-8-sig")),
    "utf-16 as Exchange writes it": Read(lambda: text(mark=",", quote='"').encode("utf-16")),
    "utf-16 the other way round": Read(lambda: b"\xfe\xff" + text().encode("utf-16-be")),
    "utf-16 without a mark": Read(lambda: text().encode("utf-16-le")),
    "utf-16 the other way round without a mark": Read(lambda: text().encode("utf-16-be")),
    "windows-1252": Read(lambda: text(with_first(Emne="Høring – ‘hastende’ €")).encode("cp1252"), rows=[2],
                         cells={(2, "Emne"): "Høring – ‘hastende’ €"}),
    "iso-8859-1": Read(lambda: text(with_first(Emne="Høring\x81")).encode("iso-8859-1"), rows=[2],
                       cells={(2, "Emne"): "Høring\x81"}),
    "tabs": Read(lambda: text(mark="\t").encode()),
    "bars": Read(lambda: text(mark="|").encode()),
    "apostrophes for quotes": Read(lambda: text(mark=",", quote="'").encode()),
    "old Mac lines": Read(lambda: text(newline="\r").encode()),
    "its own word for the mark": Read(lambda: ("sep=,\r\n" + text(mark=",")).encode(), rows=[3, 4],
                                      said=["fra række 2"]),
    "cut off in the middle of a letter": Read(lambda: text().encode()[:-7] + b"\xc3", cells={(2, "Emne"): FIRST[-1]}),
    # around the list
    "title rows": Read(lambda: parts.xlsx([["Breve"], [], *LIST]), rows=[4, 5], said=["fra række 3"]),
    "merged title": Read(merged_title, rows=[4, 5], said=["fra række 3"]),
    "merged header": Read(merged_header),
    "list to the right": Read(lambda: parts.xlsx([["", "", *row] for row in LIST])),
    "blank rows": Read(lambda: parts.xlsx([HEADERS, [], FIRST, ["", "  "], SECOND]), rows=[3, 5], blank=2),
    "blank lines": Read(lambda: text([HEADERS, [], FIRST, [" ", ""], SECOND]).encode(), rows=[3, 5], blank=2),
    "total at the end": Read(lambda: parts.xlsx([*LIST, TOTAL]), rows=[2, 3, 4], said=[SUM]),
    "several sheets": Read(lambda: parts.saved(parts.book(Vejledning=[["Læs mig"]], Breve=LIST, Gamle=LIST)),
                           said=["Vi har læst arket »Breve«. Arkene »Vejledning« og »Gamle« er ikke læst"]),
    "hidden sheet": Read(lambda: parts.saved(parts.book(hidden=["Skjult"], Skjult=LIST, Breve=LIST)),
                         said=["Arket »Skjult« er skjult og ikke læst"]),
    "hidden sheet in xls": Read(lambda: xls({"Breve": LIST, "Skjult": LIST}, hidden=["Skjult"]),
                                said=["Arket »Skjult« er skjult og ikke læst"]),
    "hidden sheet in ods": Read(lambda: parts.ods(hidden=["Skjult"], Skjult=LIST, Breve=LIST),
                                said=["Arket »Skjult« er skjult og ikke læst"]),
    # cells
    "errors": Read(two_errors_in_two_rows, said=["viser fejlen #I/T", "viser fejlen #REFERENCE!"],
                   cells={(2, "Afsenders e-mail"): "#N/A", (3, "Leder"): "#REF!"}),
    "error in the last column": Read(lambda: with_error("M3", "#VALUE!"), said=["#VÆRDI!"]),
    "errors in a text": Read(lambda: text(with_first(Leder="#I/T")).encode(), rows=[2], said=["viser fejlen #I/T"]),
    "formula never worked out": Read(lambda: with_formula("M3", "><f>A1&amp;B1</f><v/>"), said=["ikke regnet ud"],
                                     cells={(3, "Emne"): "#FORMEL! =A1&B1"}),
    "formula in every cell of a row": Read(lambda: parts.xlsx([*LIST, ["=A2"] * len(HEADERS)]), rows=[2, 3, 4],
                                           said=["ikke regnet ud"]),
    "formula worked out to nothing": Read(lambda: with_formula("M3", ' t="str"><f>""</f><v></v>'),
                                          cells={(3, "Emne"): ""}),
    "formula worked out": Read(lambda: with_formula("M3", ' t="str"><f>A1</f><v>Brev</v>'),
                               cells={(3, "Emne"): "Brev"}),
    "formula that is a text": Read(lambda: text(with_first(Emne="=1+1")).encode(), rows=[2],
                                   cells={(2, "Emne"): "=1+1"}),
    "dates": Read(lambda: parts.xlsx(with_first(Sendt=datetime(2019, 12, 11, 9, 14))), rows=[2],
                  cells={(2, "Sendt"): "11-12-2019 09:14"}),
    "exact midnight": Read(lambda: parts.xlsx(with_first(Sendt=datetime(2019, 12, 11))), rows=[2],
                           cells={(2, "Sendt"): "11-12-2019"}),
    "serial": Read(lambda: parts.xlsx(with_first(Sendt=43810.5)), rows=[2], cells={(2, "Sendt"): "43810.5"}),
    "serial from 1904": Read(lambda: from_1904(parts.xlsx(with_first(Sendt=42348.5))), rows=[2],
                             cells={(2, "Sendt"): "43810.5"}),
    "dates from 1904": Read(lambda: xls({"Ark1": with_first(Sendt=datetime(2019, 12, 11, 9, 14))}, is_1904=True),
                            rows=[2], cells={(2, "Sendt"): "11-12-2019 09:14"}),
    "number without its zero": Read(lambda: parts.xlsx(with_first(Modtager=102701234)), rows=[2],
                                    cells={(2, "Modtager"): "102701234"}),
    "number cut short": Read(lambda: parts.xlsx(with_first(Brev_id=1234567890123456789)), rows=[2],
                             cells={(2, "Brev-id"): "1,23E+18"}, said=["mistet de sidste cifre"]),
    "number cut short in a text": Read(lambda: text(with_first(Brev_id="1,23E+15")).encode(), rows=[2],
                                       said=["mistet de sidste cifre"]),
    "leading zeros": Read(lambda: text(with_first(Brev_id="000123")).encode(), rows=[2],
                          cells={(2, "Brev-id"): "000123"}),
    "cell of 50.000 characters": Read(lambda: text(with_first(Emne="x" * 50_000)).encode(), rows=[2],
                                      cells={(2, "Emne"): "x" * 5000}),
    "break in a cell": Read(lambda: text(with_first(Emne='"to\nlinjer"')).encode(), rows=[2],
                            cells={(2, "Emne"): "to\nlinjer"}),
    # not to be read
    "nothing": Refused(lambda: b"", "Filen er tom"),
    "only headers": Refused(lambda: parts.xlsx([HEADERS]), "ingen breve under overskrifterne"),
    "only blank rows": Refused(lambda: text([HEADERS, [""], ["", ""]]).encode(), "ingen breve under overskrifterne"),
    "empty sheet": Refused(lambda: parts.xlsx([]), "Arket er tomt"),
    "only a hidden list": Refused(lambda: parts.saved(parts.book(hidden=["B"], A=[["x"]], B=LIST)), "overskrifter"),
    "quote never closed": Refused(lambda: text([*LIST, ['"B-3', "x"], FIRST]).encode(), "anførselstegn"),
    "line without end": Refused(lambda: text().encode() + b"x" * 2_000_000, "kan ikke læses som csv"),
    "encrypted xlsx": Refused(lambda: compound(bytes(4096), "EncryptedPackage"), "Fjern adgangskoden"),
    "encrypted ods": Refused(lambda: parts.ods(manifest="<manifest:encryption-data/>", Ark1=LIST),
                             "Fjern adgangskoden"),
    "cut off xlsx": Refused(lambda: parts.xlsx(LIST)[:-300], "beskadiget"),
    "cut off xls": Refused(lambda: xls({"Ark1": LIST})[:1500], "beskadiget"),
    "cut off inside": Refused(lambda: parts.changed(parts.xlsx(LIST), sheet=lambda xml: xml[: len(xml) // 2]),
                              "beskadiget"),
    "xls that is a web page": Refused(lambda: b"<html><table><tr><td>Brev-id</td></tr></table>", "er en webside"),
    "xlsx that is a picture": Refused(lambda: b"\x89PNG\r\n\x1a\n" + bytes(100), "er et billede"),
    "xlsx that is a pdf": Refused(lambda: b"%PDF-1.7", "er en PDF"),
    "csv that is a program": Refused(lambda: b"\x7fELF" + bytes(100), "ikke et regneark"),
    "xls that is a mail": Refused(lambda: compound(bytes(4096), "__substg1.0_0037001F"), "er en mail"),
    "xls that is an old letter": Refused(lambda: compound(bytes(4096), "WordDocument"), "ikke et regneark"),
    "xlsx that is a letter": Refused(lambda: parts.zipped({"word/document.xml": b"<a/>"}), "ikke et regneark"),
    "xls that is empty inside": Refused(lambda: compound(bytes(4096), "Workbook"), "Arket er tomt"),
    "zip with the list in it": Refused(lambda: parts.zipped({"liste.xlsx": b"x"}), "Pak den ud"),
    "gzip": Refused(lambda: b"\x1f\x8b\x08" + bytes(100), "Pak den ud"),
    "xlsb": Refused(lambda: parts.zipped({"xl/workbook.bin": b""}), ".xlsb"),
    # bombs
    "512 GiB": Refused(lambda: far_cell("XFD1048576"), "for tung"),
    "512 GiB in ods": Refused(lambda: repeated_ods("1048576", "x"), "beskadiget"),
    "ratio": Refused(lambda: parts.zipped({"xl/workbook.xml": b"<a/>", "xl/b.xml": bytes(40 * 1024**2)}),
                     "pakker sig ud"),
    "entries": Refused(lambda: parts.zipped({"xl/workbook.xml": b"<a/>"} | {f"{n}": b"" for n in range(1001)}),
                       "pakker sig ud"),
    "a billion words": Refused(laughing, "beskadiget"),
}  # fmt: skip
