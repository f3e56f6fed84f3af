"""Files that the reader must refuse, and that must not exhaust memory or time."""

import random
import struct
import zipfile

from tests.letters.awkward import parts
from tests.letters.awkward.expected_results import FIRST, HEADERS, LIST, Refused, text
from tests.letters.awkward.parts import repeated_ods
from tests.letters.awkward.xls_writer import compound, record, xls


def far_cell(place: str) -> bytes:
    """One cell at the far end of the sheet: 3 kB that make the library reserve memory for the whole sheet."""
    far = f'<row r="1048576"><c r="{place}" t="inlineStr"><is><t>x</t></is></c></row></sheetData>'.encode()
    return parts.changed(parts.xlsx(LIST), sheet=lambda sheet: sheet.replace(b"</sheetData>", far))


def nested_entities_xlsx() -> bytes:
    """Nested XML entities that expand to a billion words."""
    words = "".join(f'<!ENTITY w{n} "{f"&w{n - 1};" * 10}">' for n in range(1, 10))
    doctype = f'<!DOCTYPE x [<!ENTITY w0 "ha">{words}]><worksheet'.encode()
    hostile = parts.changed(parts.xlsx(LIST), sheet=lambda sheet: sheet.replace(b"<worksheet", doctype, 1))
    return parts.changed(hostile, sheet=lambda sheet: sheet.replace(b"Svalevejens Skole", b"&w9;", 1))


def locked_xls() -> bytes:
    """A workbook locked by Excel: the record that marks the encryption, and nothing readable after the record."""
    begin = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 1997, 0, 6))
    lock = record(0x002F, struct.pack("<HHH", 1, 1, 1) + bytes(48))
    return compound(begin + lock + record(0x0085, bytes(10)) + record(0x000A), "Workbook")


def many_sheets(count: int) -> bytes:
    one = '<sheet name="Ark{0}" sheetId="{0}" r:id="rId1"/>'
    more = "".join(one.format(number) for number in range(2, count + 1))
    return parts.changed(
        parts.xlsx(LIST), workbook=lambda part: part.replace(b"</sheets>", f"{more}</sheets>".encode())
    )


def nested_zips() -> bytes:
    content = parts.zipped({"liste.csv": bytes(9 * 1024**2)})
    for _ in range(4):
        content = parts.zipped({f"{number}.zip": content for number in range(10)})
    return content


def nested_entities_ods() -> bytes:
    words = "".join(f'<!ENTITY w{n} "{f"&w{n - 1};" * 10}">' for n in range(1, 10))
    content = parts.unzipped(parts.ods(Ark1=[*LIST, ["#N/A"]]))
    doctype = f'?><!DOCTYPE x [<!ENTITY w0 "ha">{words}]>'.encode()
    content["content.xml"] = content["content.xml"].replace(b"?>", doctype, 1).replace(b"Svalevejens", b"&w9;", 1)
    return parts.zipped(content)


def endless_directory() -> bytes:
    """50 MB of zip directory that names a million parts, without a part."""
    entry = b"PK\x01\x02" + bytes(24) + struct.pack("<H", 1) + bytes(16) + b"a"
    directory = entry * (49 * 1024**2 // len(entry))
    return b"PK\x03\x04" + directory + b"PK\x05\x06" + bytes(8) + struct.pack("<LLH", len(directory), 0, 0)


FILES: dict[str, Refused] = {
    # unreadable files
    "nothing": Refused(lambda: b"", "Filen er tom"),
    "only headers": Refused(lambda: parts.xlsx([HEADERS]), "ingen breve under overskrifterne"),
    "only blank rows": Refused(lambda: text([HEADERS, [""], ["", ""]]).encode(), "ingen breve under overskrifterne"),
    "empty sheet": Refused(lambda: parts.xlsx([]), "Arket er tomt"),
    "only a hidden list": Refused(lambda: parts.saved(parts.book(hidden=["B"], A=[["x"]], B=LIST)), "overskrifter"),
    "quote never closed": Refused(lambda: text([*LIST, ['"B-3', "x"], FIRST]).encode(), "anførselstegn"),
    "quote that the next one closes": Refused(
        lambda: text([HEADERS, [*FIRST[:-1], '"Åben'], FIRST, [*FIRST[:-1], 'lukket"']]).encode(), "Række 2 har"),
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
    "xls that is an old letter": Refused(lambda: compound(bytes(4096), "WordDocument"), "et Word-dokument"),
    "xls that is empty inside": Refused(lambda: compound(bytes(4096), "Workbook"), "beskadiget"),
    "zip with the list in it": Refused(lambda: parts.zipped({"liste.xlsx": b"x"}), "Pak den ud"),
    "gzip": Refused(lambda: b"\x1f\x8b\x08" + bytes(100), "Pak den ud"),
    "xlsb": Refused(lambda: parts.zipped({"xl/workbook.bin": b""}), ".xlsb"),
    "zip of zips": Refused(nested_zips, "Pak den ud"),
    "letter from Word": Refused(lambda: parts.zipped({"word/document.xml": b"<a/>"}), "et Word-dokument"),
    "letter from Word on the web": Refused(lambda: parts.zipped({"word/document2.xml": b"<a/>"}), "et Word-dokument"),
    "slides": Refused(lambda: parts.zipped({"ppt/presentation.xml": b"<a/>"}), "ikke et regneark"),
    "xlsx that is noise": Refused(lambda: random.Random(1).randbytes(5000), "ikke et regneark"),
    "xlsx that is a little noise": Refused(lambda: random.Random(2).randbytes(300), "ikke et regneark"),
    "sheet from Numbers": Refused(lambda: parts.zipped({"Index/Document.iwa": b"x"}), "Numbers"),
    "letter as ods": Refused(lambda: parts.zipped({"mimetype": b"application/vnd.oasis.opendocument.text",
                                                   "content.xml": b"<a/>"}), "ikke et regneark"),
    "web page in utf-16": Refused(lambda: "<html><table><tr><td>Brev-id".encode("utf-16"), "er en webside"),
    "web page with a remark before it": Refused(lambda: b"\xef\xbb\xbf <!-- fra SAP --><table>", "er en webside"),
    "web page in one file": Refused(lambda: b"MIME-Version: 1.0\r\n\r\n<table>", "er en webside"),
    "xls that is XML": Refused(lambda: b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>', "er XML"),
    "json that is cut off": Refused(lambda: b'[{"Brev-id": "B-1", "Emne": "x"}', "JSON"),
    "mail as it was sent": Refused(lambda: b"From: a@kk.example\r\nSubject: Liste\r\n\r\nSe her", "er en mail"),
    "encrypted xls": Refused(locked_xls, "Fjern adgangskoden"),
    "encrypted zip": Refused(lambda: parts.locked(parts.xlsx(LIST)), "Fjern adgangskoden"),
    "ods whose kind is noise": Refused(lambda: parts.with_noise(parts.ods(Ark1=LIST), "mimetype"), "beskadiget"),
    "ods whose content is noise": Refused(lambda: parts.with_noise(parts.ods(Ark1=LIST), "content.xml"), "beskadiget"),
    "xlsx whose list is noise": Refused(
        lambda: parts.with_noise(parts.xlsx(LIST), "xl/worksheets/sheet1.xml"), "beskadiget"),
    "packed with lzma": Refused(
        lambda: parts.zipped(parts.unzipped(parts.ods(Ark1=LIST)), zipfile.ZIP_LZMA), "pakket på en måde"),
    "cut off ods": Refused(lambda: parts.ods(Ark1=LIST)[:-50], "beskadiget"),
    "dimension that is none": Refused(lambda: parts.with_dimension(parts.xlsx(LIST), "?"), "beskadiget"),
    "shared texts that are not there": Refused(lambda: parts.shared(parts.xlsx(LIST), None), "beskadiget"),
    "only a mark": Refused(lambda: b"\xff\xfe", "Arket er tomt"),
    "only blanks": Refused(lambda: b"  \r\n\t\r\n", "Arket er tomt"),
    "only the end of a zip": Refused(lambda: b"PK\x05\x06" + bytes(18), "ikke et regneark"),
    # bombs
    "20.000 sheets": Refused(lambda: many_sheets(20_000), "flere end 255 ark"),
    "20.000 sheets in ods": Refused(lambda: parts.ods(**{f"Ark{n}": [["x"]] for n in range(20_000)}), "255 ark"),
    "a text of 200 million letters": Refused(
        lambda: parts.shared(parts.xlsx(LIST), f"<si><t>{'x' * 200_000_000}</t></si>"), "når den pakkes ud"),
    "a billion words in ods": Refused(nested_entities_ods, "beskadiget"),
    "directory without end": Refused(endless_directory, "når den pakkes ud"),
    "directory of 1.200 names": Refused(lambda: parts.with_directory(parts.xlsx(LIST), 200), "når den pakkes ud"),
    "512 GiB": Refused(lambda: far_cell("XFD1048576"), "for tung"),
    "512 GiB in ods": Refused(lambda: repeated_ods(LIST, "1048576", "x"), "beskadiget"),
    "ratio": Refused(lambda: parts.zipped({"xl/workbook.xml": b"<a/>", "xl/b.xml": bytes(40 * 1024**2)}),
                     "når den pakkes ud"),
    "entries": Refused(lambda: parts.zipped({"xl/workbook.xml": b"<a/>"} | {f"{n}": b"" for n in range(1001)}),
                       "når den pakkes ud"),
    "a billion words": Refused(nested_entities_xlsx, "beskadiget"),
}  # fmt: skip
