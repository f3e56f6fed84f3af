"""Files crafted to pass the check of proof files, or to break the check."""

import io
import struct
import time
import tracemalloc
import zipfile
import zlib

import pytest

from followups.proof_files.validation import MAX_BYTES, ProofRefused, validate_proof
from tests.followups.proof_contents import EMPTY_ZIP, PDF, pdf, pdf_object_stream, xlsx, xlsx_with


def workbook_with_relationship(kind: str, mode: str = "Internal", code: str = "utf-8", begins: str = "") -> bytes:
    """Return a workbook with a relationship in a part at an arbitrary path."""
    said = f'{begins}<a><Relationship Id="r" Type="{kind}" Target="http://a.example/a" TargetMode="{mode}"/></a>'
    return xlsx_with(("xl/x/_rels/a.xml.RELS", said.encode(code)))


def workbook_with_content_type(kind: str) -> bytes:
    """Return a workbook that declares the content type for one part."""
    with zipfile.ZipFile(io.BytesIO(xlsx())) as file:
        parts = {one: file.read(one) for one in file.namelist()}
    types = parts["[Content_Types].xml"]
    override = f'<Override PartName="/xl/x/a.xml" ContentType="{kind}"/></Types>'
    parts["[Content_Types].xml"] = types.replace(b"</Types>", override.encode())
    return xlsx_with(*parts.items(), of=EMPTY_ZIP)


def zip_with_false_size(size: int, said: int = 100) -> bytes:
    """Return a workbook with a false uncompressed size. The checksum matches the declared part."""
    content = xlsx_with(("xl/a.xml", b"a" * size))
    right, wrong = (struct.pack("<I", zlib.crc32(b"a" * long)) for long in (size, said))
    return content.replace(struct.pack("<I", size), struct.pack("<I", said)).replace(right, wrong)


def zip_with_invalid_offset() -> bytes:
    content = io.BytesIO(xlsx())
    with zipfile.ZipFile(content, "a") as file:
        file.writestr("xl/a.xml", b"a")
        file.infolist()[-1].header_offset = 2**63 + 5
    return content.getvalue()


RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


REFUSED = {
    "a workbook that says it is small": (zip_with_false_size(64 * 2**20), "beskadiget"),
    "a workbook that has a little more than it says": (zip_with_false_size(101), "beskadiget"),
    "a workbook with a part that lies nowhere": (zip_with_invalid_offset(), "beskadiget"),
    "a workbook with a part in another code": (xlsx_with(("xl/a.xml", "<a>1</a>".encode("utf-16"))), "beskadiget"),
    "a workbook with a number elsewhere": (xlsx_with(("a/b", b"<a>010203-1234</a>")), "CPR-nummer"),
    "a workbook with a link out": (workbook_with_relationship(f"{RELATION}/externalLink"), "programkode"),
    "a workbook with a link out in other letters": (
        workbook_with_relationship(f"{RELATION}/external&#x4c;ink"),
        "programkode",
    ),
    "a workbook with a link out in another code": (
        workbook_with_relationship(f"{RELATION}/externalLink", code="utf-16"),
        "programkode",
    ),
    "a workbook with a link out that it declares": (
        workbook_with_relationship("&a;", begins='<!DOCTYPE a[<!ENTITY a "b">]>'),
        "beskadiget",
    ),
    "a workbook with a picture from elsewhere": (
        workbook_with_relationship(f"{RELATION}/image", "External"),
        "programkode",
    ),
    "a workbook with another file in it": (workbook_with_relationship(f"{RELATION}/package"), "programkode"),
    "a workbook with an object in it": (workbook_with_relationship(f"{RELATION}/oleObject"), "programkode"),
    "a workbook with a control in it": (workbook_with_relationship(f"{RELATION}/control"), "programkode"),
    "a workbook with macros by another name": (
        workbook_with_content_type("application/vnd.ms-office.vbaProject"),
        "programkode",
    ),
    "a workbook with old macros": (
        workbook_with_content_type("application/vnd.ms-excel.macrosheet+xml"),
        "programkode",
    ),
    "a workbook of what is no list": (xlsx_with(("xl/_rels/a.rels", b"<a>")), "beskadiget"),
    "a PDF that hides it at the edge of a block": (
        pdf(more=pdf_object_stream(bytes(2**16 - 7) + b"/AA" + b" " * 200 + b"<<")),
        "programkode",
    ),
    "a PDF that hides it far away": (pdf(b"/AA" + b"%x\n" * 400 + b"<<"), "programkode"),
    "a PDF whose objects only some readers unpack": (pdf(b"", pdf_object_stream(b"1", more=b"/DP<<>>")), "programkode"),
    "a PDF whose older revision runs something": (pdf(b"/AA<</O 2 0 R>>") + PDF[9:], "programkode"),
    "a PDF with an object that no table names": (PDF + b"9 0 obj<</S/Launch>>endobj\n%%EOF\n", "programkode"),
    "a PDF of letters as numbers": (pdf(b"/#41" * 1000), "programkode"),
    "a PDF of nothing but streams": (pdf(b"stream" * 6000), "for stor"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_hostile_files_are_refused(what):
    content, why = REFUSED[what]
    with pytest.raises(ProofRefused, match=why):
        validate_proof("bevis.png", content)


@pytest.mark.parametrize(
    "content",
    [
        workbook_with_relationship(f"{RELATION}/hyperlink", "External"),
        workbook_with_content_type("application/vnd.ms-excel.controlproperties+xml"),
    ],
    ids=["a link to a page", "a button"],
)
def test_harmless_workbooks_are_accepted(content):
    assert validate_proof("log.xlsx", content).content == content


@pytest.mark.parametrize("between", [b"%x\n", b"%x\r \0", b"\0", b"%#0Ax\n", b"%%/A\n\n", b" %[\n"])
@pytest.mark.parametrize(
    "what", [b"/EF~<</F 3 0 R>>", b"/AcroForm<</XFA~[(a)2 0 R]>>", b"/AA~2~0~R", b"/#41A~<<", b"/OpenAction~2 0 R"]
)
def test_comments_and_zero_bytes_hide_no_pdf_keys(what, between):
    for file in (pdf(what.replace(b"~", between)), pdf(more=pdf_object_stream(what.replace(b"~", between)))):
        with pytest.raises(ProofRefused, match="programkode"):
            validate_proof("a.pdf", file)


#: file, and the maximum memory of the check in bytes
FILLS_MEMORY = {
    "a workbook of 64 kB that says it is small": (zip_with_false_size(64 * 2**20), 4 * 2**20),
    "a PDF of 100 kB with 54 million numbers": (
        pdf(more=pdf_object_stream(b"[" + b"1 " * (52 * 2**20) + b"]")),
        4 * 2**20,
    ),
    "a PDF of letters as numbers": (pdf(b"/#41" * 2_500_000), 2 * MAX_BYTES),
}


@pytest.mark.parametrize("what", FILLS_MEMORY)
def test_decompression_bomb_uses_bounded_memory(what):
    file, most = FILLS_MEMORY[what]
    tracemalloc.start()
    with pytest.raises(ProofRefused):
        validate_proof("a.xlsx", file)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < most


BREAKS_OFF = zlib.compress(bytes(2**20))[:-9] + b"\xff" * 900
TAKES_LONG = {
    "streams": b"stream" * 1_700_000,
    "streams that unpack to much and break off": (b"stream" + BREAKS_OFF) * 4900,
    "streams that unpack to nothing": b"stream\x78\x9c" * 4900 + b"\0\0\0\xff\xff" * 2_000_000,
    "letters as numbers": b"#41" * 3_400_000,
    "holders of nothing": b"/AA%" * 2_600_000,
}


@pytest.mark.parametrize("what", TAKES_LONG)
def test_slow_pdf_is_refused_within_seconds(what):
    file = PDF[:9] + TAKES_LONG[what][: MAX_BYTES - 100] + PDF[9:]
    began = time.process_time()
    with pytest.raises(ProofRefused):
        validate_proof("a.pdf", file)
    assert time.process_time() - began < 5
