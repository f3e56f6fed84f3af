"""Files that the reader must read, however they are written."""

import json
from datetime import datetime, time, timedelta

from tests.letters.awkward import parts
from tests.letters.awkward.expected_results import FIRST, HEADERS, LIST, SECOND, Read, text, with_first
from tests.letters.awkward.parts import repeated_ods
from tests.letters.awkward.xls_writer import STYLED_BLANK, xls


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


def with_error(place: str, error: str) -> bytes:
    return parts.with_cell(parts.xlsx(LIST), place, f'<c r="{place}" t="e"><f>A1</f><v>{error}</v></c>')


def with_formula(place: str, xml: str) -> bytes:
    return parts.with_cell(parts.xlsx(LIST), place, f'<c r="{place}"{xml}</c>')


def two_errors_in_two_rows() -> bytes:
    content = with_error("D2", "#N/A")
    return parts.with_cell(content, "E3", '<c r="E3" t="e"><v>#REF!</v></c>')


def nested(sheet: bytes) -> bytes:
    return sheet.replace(b"<sheetData>", b"<a>" * 300_000 + b"</a>" * 300_000 + b"<sheetData>")


def hidden_row() -> bytes:
    book = parts.book(Ark1=LIST)
    book["Ark1"].row_dimensions[3].hidden = True
    return parts.saved(book)


def hidden_row_of_ods() -> bytes:
    content = parts.unzipped(parts.ods(Ark1=LIST))
    head, _, last = content["content.xml"].rpartition(b"<table:table-row")
    content["content.xml"] = head + b'<table:table-row table:visibility="filter"' + last
    return parts.zipped(content)


def hidden_columns_of_ods() -> bytes:
    content = parts.unzipped(parts.ods(Ark1=LIST))
    hidden = b'<table:table-column table:visibility="collapse" table:number-columns-repeated="2"/><table:table-row>'
    content["content.xml"] = content["content.xml"].replace(b"<table:table-row>", hidden, 1)
    return parts.zipped(content)


def with_merged_units() -> bytes:
    book = parts.book(Ark1=[HEADERS, FIRST, [*SECOND[:8], "", *SECOND[9:]]])
    book["Ark1"].merge_cells("I2:I4")
    return parts.saved(book)


def with_merged_units_in_ods() -> bytes:
    content = parts.unzipped(parts.ods(Ark1=[HEADERS, FIRST, [*SECOND[:8], "HER", *SECOND[9:]]]))
    spanned = b'<table:table-cell table:number-rows-spanned="2" office:value-type="string"><text:p>Svalevejens'
    covered = b'<table:covered-table-cell office:value-type="string"><text:p></text:p></table:covered-table-cell>'
    xml = content["content.xml"].replace(
        b'<table:table-cell office:value-type="string"><text:p>Svalevejens', spanned, 1
    )
    here = b'<table:table-cell office:value-type="string"><text:p>HER</text:p></table:table-cell>'
    return parts.zipped(content | {"content.xml": xml.replace(here, covered)})


def in_a_sheet_with_an_apostrophe() -> bytes:
    book = parts.book(**{"Bo's liste": LIST})
    book.worksheets[0].row_dimensions[3].hidden = True
    return parts.saved(book)


WRONG = "Vi har rettet forkerte bogstaver"
RICH = "<si><r><t xml:space='preserve'>Rig </t></r><r><t>tekst</t></r></si>"
#: errors in the first two rows, and one error where the library reports no row
ERRORS = [HEADERS, [*FIRST[:3], "#N/A", *FIRST[4:]], [*SECOND[:4], "#REF!", *SECOND[5:]], [*[""] * 12, "#VALUE!"]]
ERRORS_SEEN = {(2, "Afsenders e-mail"): "#N/A", (3, "Leder"): "#REF!", (4, "Emne"): "#VALUE!"}
TOTAL = ["I alt", "", "2"]
SUM = "Rækken er en sum"
AMBIGUOUS = "27-10-2019 02:30"

FILES: dict[str, Read] = {
    "json": Read(lambda: json.dumps([dict(zip(HEADERS, row, strict=True)) for row in LIST[1:]]).encode("utf-16")),
    # kinds
    "xlsx": Read(lambda: parts.xlsx(LIST)),
    "xlsm with macros": Read(with_macros, remarks=["Filen har makroer"]),
    "xls": Read(lambda: xls({"Ark1": LIST}), cells={(3, "Emne"): "Æblegrød på Ålekistevej"}),
    "ods": Read(lambda: parts.ods(Ark1=LIST), cells={(3, "Emne"): "Æblegrød på Ålekistevej"}),
    "strict ooxml": Read(lambda: parts.strict(parts.xlsx(LIST))),
    "ods with blank cells to its end": Read(lambda: repeated_ods(LIST, "1048574", "")),
    "shared texts": Read(lambda: parts.shared(parts.xlsx(LIST), RICH),
                         cells={(2, "Emne"): "Rig tekst"}),
    "zip64": Read(lambda: parts.zip64(parts.xlsx(LIST))),
    "parts that overlap": Read(lambda: parts.with_directory(parts.xlsx(LIST), 40)),
    "dimension too small": Read(lambda: parts.with_dimension(parts.xlsx(LIST), "A1")),
    "dimension too large": Read(lambda: parts.with_dimension(parts.xlsx(LIST), "A1:XFD1048576")),
    "elements in elements": Read(lambda: parts.changed(parts.xlsx(LIST), sheet=nested)),
    "row that is hidden": Read(hidden_row, remarks=["Skjulte rækker er læst"]),
    "row that is hidden in ods": Read(hidden_row_of_ods, remarks=["Skjulte rækker er læst"]),
    "row that is hidden in xls": Read(lambda: xls({"Ark1": LIST}, hidden_row=2), remarks=["Skjulte rækker er læst"]),
    "column that is hidden": Read(lambda: parts.changed(parts.xlsx(LIST), sheet=lambda sheet: sheet.replace(
        b"<sheetData>", b'<cols><col min="4" max="4" width="9" hidden="1"/></cols><sheetData>')),
        remarks=["Kolonnen »Afsenders e-mail« er skjult i regnearket. Den er læst med."]),
    "columns that are hidden in ods": Read(hidden_columns_of_ods, remarks=["»Brev-id« og »Sendt« er skjult"]),
    "column that is hidden in xls": Read(lambda: xls({"Ark1": LIST}, hidden_column=12), remarks=["»Emne« er skjult"]),
    "hidden columns beside the list": Read(lambda: parts.changed(parts.xlsx(LIST), sheet=lambda sheet: sheet.replace(
        b"<sheetData>", b'<cols><col min="14" max="16384" width="9" hidden="1"/></cols><sheetData>'))),
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
                                      remarks=["fra række 2"]),
    "cut off in the middle of a letter": Read(lambda: text().encode()[:-7] + b"\xc3", cells={(2, "Emne"): FIRST[-1]},
                                              remarks=["Et bogstav er gået tabt"]),
    "utf-8 taken for windows": Read(lambda: text().encode().decode("latin-1").encode(), remarks=[WRONG],
                                    cells={(3, "Emne"): "Æblegrød på Ålekistevej", (2, "Leder"): "Jens Ågård"}),
    "utf-8 taken for Mac": Read(lambda: parts.xlsx([[cell.encode().decode("mac_roman") for cell in row]
                                                    for row in LIST]),
                                remarks=[WRONG], cells={(3, "Emne"): "Æblegrød på Ålekistevej"}),
    "utf-8 taken for dos": Read(lambda: text(with_first(Emne="M├©de")).encode(), rows=[2], remarks=[WRONG],
                                cells={(2, "Emne"): "Møde"}),
    "each line in an encoding of its own": Read(
        lambda: text(LIST[:2]).encode("cp1252") + text([SECOND]).encode(), remarks=[WRONG],
        cells={(2, "Leder"): "Jens Ågård", (3, "Emne"): "Æblegrød på Ålekistevej"}),
    "letters that only look wrong": Read(lambda: text(with_first(Emne="João Ângelo, √2 – “Â”")).encode(), rows=[2],
                                         cells={(2, "Emne"): "João Ângelo, √2 – “Â”"}),
    "dos": Read(lambda: text().encode("cp850"), cells={(3, "Emne"): "Æblegrød på Ålekistevej"}),
    "old Mac": Read(lambda: text(newline="\r").encode("mac_roman"), cells={(3, "Emne"): "Æblegrød på Ålekistevej"}),
    "utf-32": Read(lambda: text().encode("utf-32"), cells={(3, "Emne"): "Æblegrød på Ålekistevej"}),
    "letters lost": Read(lambda: text(with_first(Emne="Partsh?ring")).encode(), rows=[2],
                         remarks=["Et bogstav er gået tabt"]),
    "quotes with a backslash": Read(lambda: text(with_first(Emne=r'"Om \"Bo\"; igen"')).encode(), rows=[2],
                                    cells={(2, "Emne"): 'Om "Bo"; igen'}),
    "path at the end of a cell": Read(lambda: text(with_first(Leder='"C:\\"', Område='"N"')).encode(), rows=[2],
                                      cells={(2, "Leder"): "C:\\", (2, "Område"): "N"}),
    "two marks at the beginning": Read(lambda: b"\xef\xbb\xbf" + text().encode("utf-8-sig")),
    "the end of a text of DOS": Read(lambda: text().encode() + b"\x1a", blank=1),
    "filled up with zeros": Read(lambda: text().encode() + bytes(200), blank=1),
    "lines in quotes": Read(lambda: text([[f'"{line}"'] for line in text().splitlines()]).encode()),
    "lines in the first column": Read(lambda: parts.xlsx(
        [[line] for line in text(LIST, mark=",", quote='"').splitlines()])),
    "half a letter": Read(lambda: text(with_first(Emne="x")).encode("utf-16")[:-6] + b"\x00\xd8", rows=[2],
                          cells={(2, "Emne"): "\ufffd"}, remarks=["Et bogstav er gået tabt"]),
    "zero in a text": Read(lambda: text(with_first(Emne="a\0b")).encode(), rows=[2], cells={(2, "Emne"): "a\0b"}),
    "blank before a quote": Read(lambda: text(mark=", ", quote='"').encode(), cells={(2, "Enhed"): FIRST[8]}),
    "quotes in a text": Read(lambda: text(with_first(Emne='Om "Bo"')).encode(), rows=[2],
                             cells={(2, "Emne"): 'Om "Bo"'}),
    "mark in quotes": Read(lambda: text(with_first(Emne='"a;b"')).encode(), rows=[2], cells={(2, "Emne"): "a;b"}),
    "rows of any length": Read(lambda: (text() + "B-3;x\r\nB-4" + ";y" * 400 + "\r\n").encode(), rows=[2, 3, 4, 5]),
    "any line end": Read(lambda: (text(newline="\n")[:-1] + "\r" + text([FIRST])).encode(), rows=[2, 3, 4]),
    "its own word in utf-16": Read(lambda: ("sep=;\r\n" + text()).encode("utf-16"), rows=[3, 4],
                                   remarks=["fra række 2"]),
    "its own word with a mark": Read(lambda: ("sep=;\r" + text(newline="\r")).encode("utf-8-sig"), rows=[3, 4],
                                     remarks=["fra række 2"]),
    # around the list
    "title rows": Read(lambda: parts.xlsx([["Breve"], [], *LIST]), rows=[4, 5], remarks=["fra række 3"]),
    "merged title": Read(merged_title, rows=[4, 5], remarks=["fra række 3"]),
    "merged header": Read(merged_header),
    "list to the right": Read(lambda: parts.xlsx([["", "", *row] for row in LIST])),
    "units merged over rows": Read(with_merged_units, remarks=["flettet over flere rækker"],
                                   cells={(3, "Enhed"): "Svalevejens Skole"}),
    "units merged over rows in ods": Read(with_merged_units_in_ods, remarks=["flettet over flere rækker"],
                                          cells={(3, "Enhed"): "Svalevejens Skole"}),
    "units merged over rows in xls": Read(
        lambda: xls({"Ark1": [HEADERS, FIRST, [*SECOND[:8], "", *SECOND[9:]]]}, merged=[(1, 2, 8, 8)]),
        remarks=["flettet over flere rækker"], cells={(3, "Enhed"): "Svalevejens Skole"}),
    "styled cells around the list in xls": Read(
        lambda: xls({"Ark1": [[STYLED_BLANK, *row, STYLED_BLANK] for row in [*LIST, [], []]]})),
    "sheet with an apostrophe in its name": Read(in_a_sheet_with_an_apostrophe, remarks=["Skjulte rækker er læst"]),
    "blank rows": Read(lambda: parts.xlsx([HEADERS, [], FIRST, ["", "  "], SECOND]), rows=[3, 5], blank=2),
    "blank lines": Read(lambda: text([HEADERS, [], FIRST, [" ", ""], SECOND]).encode(), rows=[3, 5], blank=2),
    "total at the end": Read(lambda: parts.xlsx([*LIST, TOTAL]), rows=[2, 3, 4], remarks=[SUM]),
    "several sheets": Read(lambda: parts.saved(parts.book(Vejledning=[["Læs mig"]], Breve=LIST, Gamle=LIST)),
                           remarks=["Vi har læst arket »Breve«. Arkene »Vejledning« og »Gamle« er ikke læst"]),
    "hidden sheet": Read(lambda: parts.saved(parts.book(hidden=["Skjult"], Skjult=LIST, Breve=LIST)),
                         remarks=["Arket »Skjult« er skjult og ikke læst"]),
    "hidden sheet in xls": Read(lambda: xls({"Breve": LIST, "Skjult": LIST}, hidden=["Skjult"]),
                                remarks=["Arket »Skjult« er skjult og ikke læst"]),
    "hidden sheet in ods": Read(lambda: parts.ods(hidden=["Skjult"], Skjult=LIST, Breve=LIST),
                                remarks=["Arket »Skjult« er skjult og ikke læst"]),
    # cells
    "errors": Read(two_errors_in_two_rows, remarks=["viser fejlen #I/T", "viser fejlen #REFERENCE!"],
                   cells={(2, "Afsenders e-mail"): "#N/A", (3, "Leder"): "#REF!"}),
    "errors in ods": Read(lambda: parts.ods(Andet=[["#NAME?"]], Ark1=ERRORS), rows=[2, 3, 4], cells=ERRORS_SEEN,
                          remarks=["#I/T", "#REFERENCE!", "#VÆRDI!", "Arket »Andet« er ikke læst"]),
    "errors in xls": Read(lambda: xls({"Andet": [["#NAME?"]], "Ark1": ERRORS}), rows=[2, 3, 4], cells=ERRORS_SEEN,
                          remarks=["#I/T", "#REFERENCE!", "#VÆRDI!", "Arket »Andet« er ikke læst"]),
    "formulas that end in an error in xls": Read(lambda: xls({"Ark1": with_first(Leder="=#N/A")}), rows=[2],
                                                 cells={(2, "Leder"): "#N/A"}, remarks=["#I/T"]),
    "error of data on its way in xls": Read(lambda: xls({"Ark1": with_first(Leder="#GETTING_DATA")}), rows=[2],
                                            cells={(2, "Leder"): "#GETTING_DATA"}, remarks=["#HENTER_DATA"]),
    "duration in xls": Read(lambda: xls({"Ark1": with_first(Emne=timedelta(hours=30))}), rows=[2],
                            cells={(2, "Emne"): "1 day, 6:00:00"}),
    "formula never worked out in ods": Read(lambda: parts.ods(Ark1=with_first(Leder="=[.A1]&[.B1]")), rows=[2],
                                            cells={(2, "Leder"): "#FORMEL! =[.A1]&[.B1]"}, remarks=["ikke regnet ud"]),
    "error of LibreOffice": Read(lambda: text(with_first(Leder="Fejl:502")).encode(), rows=[2],
                                 remarks=["fejlen Fejl:502"]),
    "error in the last column": Read(lambda: with_error("M3", "#VALUE!"), remarks=["#VÆRDI!"]),
    "errors in a text": Read(lambda: text(with_first(Leder="#I/T")).encode(), rows=[2], remarks=["viser fejlen #I/T"]),
    "formula never worked out": Read(lambda: with_formula("M3", "><f>A1&amp;B1</f><v/>"), remarks=["ikke regnet ud"],
                                     cells={(3, "Emne"): "#FORMEL! =A1&B1"}),
    "formula in every cell of a row": Read(lambda: parts.xlsx([*LIST, ["=A2"] * len(HEADERS)]), rows=[2, 3, 4],
                                           remarks=["ikke regnet ud"]),
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
    "time without a date": Read(lambda: parts.xlsx(with_first(Sendt=time(9, 14))), rows=[2],
                                cells={(2, "Sendt"): "09:14:00"}),
    "truths": Read(lambda: parts.xlsx(with_first(Emne=True)), rows=[2], cells={(2, "Emne"): "SAND"}),
    "truths in xls": Read(lambda: xls({"Ark1": with_first(Emne=False)}), rows=[2], cells={(2, "Emne"): "FALSK"}),
    "carriage return in a cell": Read(lambda: with_formula("M3", ' t="inlineStr"><is><t>to_x000D_linjer</t></is>'),
                                      cells={(3, "Emne"): "to\rlinjer"}),
    "number without its zero": Read(lambda: parts.xlsx(with_first(Modtager=102701234)), rows=[2],
                                    cells={(2, "Modtager"): "102701234"}),
    "number cut short": Read(lambda: parts.xlsx(with_first(Brev_id=1234567890123456789)), rows=[2],
                             cells={(2, "Brev-id"): "1,23E+18"}, remarks=["mistet nummerets sidste cifre"]),
    "number cut short in a text": Read(lambda: text(with_first(Brev_id="1,23E+15")).encode(), rows=[2],
                                       remarks=["mistet nummerets sidste cifre"]),
    "leading zeros": Read(lambda: text(with_first(Brev_id="000123")).encode(), rows=[2],
                          cells={(2, "Brev-id"): "000123"}),
    "cell of 50.000 characters": Read(lambda: text(with_first(Emne="x" * 50_000)).encode(), rows=[2],
                                      cells={(2, "Emne"): "x" * 5000}),
    "break in a cell": Read(lambda: text(with_first(Emne='"to\nlinjer"')).encode(), rows=[2],
                            cells={(2, "Emne"): "to\nlinjer"}),
}  # fmt: skip
