"""Files that are made to pass the checker of proof, or to break it."""

import io
import struct
import time
import tracemalloc
import zipfile
import zlib

import pytest

from followups.proof_files.validation import MAX_BYTES, ProofRefused, validate_proof
from tests.followups.test_proof_files import EMPTY_ZIP, PDF, objects, packed, pdf, workbook


def typed(kind: str, mode: str = "Internal", code: str = "utf-8", begins: str = "") -> bytes:
    """A workbook with a part that something is said of; where it lies says nothing."""
    said = f'{begins}<a><Relationship Id="r" Type="{kind}" Target="http://a.example/a" TargetMode="{mode}"/></a>'
    return packed(("xl/x/_rels/a.xml.RELS", said.encode(code)))


def of_type(kind: str) -> bytes:
    """A workbook that says this of one of its parts."""
    with zipfile.ZipFile(io.BytesIO(workbook())) as file:
        parts = {one: file.read(one) for one in file.namelist()}
    types = parts["[Content_Types].xml"]
    override = f'<Override PartName="/xl/x/a.xml" ContentType="{kind}"/></Types>'
    parts["[Content_Types].xml"] = types.replace(b"</Types>", override.encode())
    return packed(*parts.items(), of=EMPTY_ZIP)


def says_it_is_small(size: int, said: int = 100) -> bytes:
    """What it says that it is unpacked is not so. The checksum is that of the part that it says."""
    content = packed(("xl/a.xml", b"a" * size))
    right, wrong = (struct.pack("<I", zlib.crc32(b"a" * long)) for long in (size, said))
    return content.replace(struct.pack("<I", size), struct.pack("<I", said)).replace(right, wrong)


def lies_far_off() -> bytes:
    content = io.BytesIO(workbook())
    with zipfile.ZipFile(content, "a") as file:
        file.writestr("xl/a.xml", b"a")
        file.infolist()[-1].header_offset = 2**63 + 5
    return content.getvalue()


RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


REFUSED = {
    "a workbook that says it is small": (says_it_is_small(64 * 2**20), "ikke hel"),
    "a workbook that has a little more than it says": (says_it_is_small(101), "ikke hel"),
    "a workbook with a part that lies nowhere": (lies_far_off(), "ikke hel"),
    "a workbook with a part in another code": (packed(("xl/a.xml", "<a>1</a>".encode("utf-16"))), "ikke hel"),
    "a workbook with a number elsewhere": (packed(("a/b", b"<a>010203-1234</a>")), "CPR-nummer"),
    "a workbook with a link out": (typed(f"{RELATION}/externalLink"), "programkode"),
    "a workbook with a link out in other letters": (typed(f"{RELATION}/external&#x4c;ink"), "programkode"),
    "a workbook with a link out in another code": (typed(f"{RELATION}/externalLink", code="utf-16"), "programkode"),
    "a workbook with a link out that it declares": (typed("&a;", begins='<!DOCTYPE a[<!ENTITY a "b">]>'), "ikke hel"),
    "a workbook with a picture from elsewhere": (typed(f"{RELATION}/image", "External"), "programkode"),
    "a workbook with another file in it": (typed(f"{RELATION}/package"), "programkode"),
    "a workbook with an object in it": (typed(f"{RELATION}/oleObject"), "programkode"),
    "a workbook with a control in it": (typed(f"{RELATION}/control"), "programkode"),
    "a workbook with macros by another name": (of_type("application/vnd.ms-office.vbaProject"), "programkode"),
    "a workbook with old macros": (of_type("application/vnd.ms-excel.macrosheet+xml"), "programkode"),
    "a workbook of what is no list": (packed(("xl/_rels/a.rels", b"<a>")), "ikke hel"),
    "a PDF that hides it at the edge of a block": (
        pdf(more=objects(bytes(2**16 - 7) + b"/AA" + b" " * 200 + b"<<")),
        "programkode",
    ),
    "a PDF that hides it far away": (pdf(b"/AA" + b"%x\n" * 400 + b"<<"), "programkode"),
    "a PDF whose objects only some readers unpack": (pdf(b"", objects(b"1", more=b"/DP<<>>")), "programkode"),
    "a PDF whose older revision runs something": (pdf(b"/AA<</O 2 0 R>>") + PDF[9:], "programkode"),
    "a PDF with an object that no table names": (PDF + b"9 0 obj<</S/Launch>>endobj\n%%EOF\n", "programkode"),
    "a PDF of letters as numbers": (pdf(b"/#41" * 1000), "programkode"),
    "a PDF of nothing but streams": (pdf(b"stream" * 6000), "for stor"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused(what):
    content, why = REFUSED[what]
    with pytest.raises(ProofRefused, match=why):
        validate_proof("bevis.png", content)


@pytest.mark.parametrize(
    "content",
    [typed(f"{RELATION}/hyperlink", "External"), of_type("application/vnd.ms-excel.controlproperties+xml")],
    ids=["a link to a page", "a button"],
)
def test_what_is_taken(content):
    assert validate_proof("log.xlsx", content).content == content


@pytest.mark.parametrize("between", [b"%x\n", b"%x\r \0", b"\0", b"%#0Ax\n", b"%%/A\n\n", b" %[\n"])
@pytest.mark.parametrize(
    "what", [b"/EF~<</F 3 0 R>>", b"/AcroForm<</XFA~[(a)2 0 R]>>", b"/AA~2~0~R", b"/#41A~<<", b"/OpenAction~2 0 R"]
)
def test_a_comment_or_a_zero_hides_nothing(what, between):
    for file in (pdf(what.replace(b"~", between)), pdf(more=objects(what.replace(b"~", between)))):
        with pytest.raises(ProofRefused, match="programkode"):
            validate_proof("a.pdf", file)


#: file, and the most memory that the check may take, in bytes
FILLS_MEMORY = {
    "a workbook of 64 kB that says it is small": (says_it_is_small(64 * 2**20), 4 * 2**20),
    "a PDF of 100 kB with 54 million numbers": (pdf(more=objects(b"[" + b"1 " * (52 * 2**20) + b"]")), 4 * 2**20),
    "a PDF of letters as numbers": (pdf(b"/#41" * 2_500_000), 2 * MAX_BYTES),
}


@pytest.mark.parametrize("what", FILLS_MEMORY)
def test_a_file_that_is_made_to_fill_memory_does_not(what):
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
def test_a_pdf_that_is_made_to_take_long_takes_seconds(what):
    file = PDF[:9] + TAKES_LONG[what][: MAX_BYTES - 100] + PDF[9:]
    began = time.process_time()
    with pytest.raises(ProofRefused):
        validate_proof("a.pdf", file)
    assert time.process_time() - began < 5
