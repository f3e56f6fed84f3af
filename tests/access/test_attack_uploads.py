"""Hostile files with hostile names in every file field: refused or kept, never a 500, and nothing runs afterwards."""

import io
import zipfile
from itertools import count

from tests.access.access_rules import RULES
from tests.access.attack_checks import active_content, describe_crash
from tests.access.attacker import IS_WHOLE, Attacker, some, undone
from tests.access.forms_of_pages import PageForm, forms_of_pages
from tests.followups.proof_contents import EMPTY_ZIP, JPEG, PDF, PNG, pdf, xlsx, xlsx_with

BOUNDARY = "x-attack-x"
SCRIPT = b"<html><script>alert(1)</script>"
ENTITY = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'


def zip_with(*parts: tuple[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in parts:
            packed.writestr(name, data)
    return content.getvalue()


FILES = {
    "nothing": b"",
    "one byte": b"\0",
    "a page": SCRIPT,
    "a drawing with a script": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "a program": b"MZ" + bytes(200),
    "an empty zip": EMPTY_ZIP,
    "a zip bomb": xlsx_with(("xl/a.xml", bytes(80 * 2**20))),
    "a zip in a zip": zip_with(("a.zip", zip_with(("b.zip", bytes(10**6))))),
    "a zip with 10.000 parts": zip_with(*((f"xl/{number}.xml", b"") for number in range(10_000))),
    "a zip that climbs": zip_with(("../../../../etc/passwd", b"a"), ("/etc/passwd", b"a"), ("a\\..\\b", b"a")),
    "a workbook with an entity": zip_with(("xl/workbook.xml", ENTITY), ("[Content_Types].xml", ENTITY)),
    "a document with an entity": zip_with(("word/document.xml", ENTITY), ("[Content_Types].xml", ENTITY)),
    "a document with template code": zip_with(("word/document.xml", b"<w:t>{{ ''.__class__.__mro__ }}</w:t>")),
    "a picture that is a page": PNG + SCRIPT,
    "a photograph that is a zip": JPEG + zip_with(("a", SCRIPT)),
    "a PDF that is a page": PDF + SCRIPT,
    "a PDF that runs": pdf(b"/OpenAction<</S/JavaScript/JS(app.alert(1))>>"),
    "half a workbook": xlsx()[:500],
    "a workbook with formulas": xlsx("=1+1", '=HYPERLINK("http://ond.example")'),
    "rows with formulas": b"Navn;Emne\r\n=1+1;@SUM(A1)\r\n" * 50,
    "a long line": b"a" * 10**6,
    "UTF-16": "Navn;Emne".encode("utf-16"),
    "halves of characters": b"\xff\xfe\xed\xa0\x80;\x80" * 99,
}
NAMES = [
    b"liste.xlsx", b"../../../etc/passwd", b"..\\..\\web.config", b"a\r\nSet-Cookie: a=b\r\n.csv", b"a\0.csv", b"",
    b"x" * 3000 + b".pdf", b"<script>alert(1)</script>.png", b'a".csv', b"=1+1.csv", b".htaccess", b"CON", b"a.php",
    "\u202egnp.exe".encode(), b"\xff\xfe.csv", b"010270-1234.xlsx", b"a.docx", b"a.csv; filename=b.exe", b"%0d%0a.csv",
]  # fmt: skip


def multipart(form: PageForm, name: bytes, content: bytes, kind: bytes) -> bytes:
    """Return the body of the form with the file in each file field."""
    body = b""
    for field in form.fields:
        head = b'--%b\r\nContent-Disposition: form-data; name="%b"' % (BOUNDARY.encode(), field.name.encode())
        if field.kind == "file":
            body += head + b'; filename="%b"\r\nContent-Type: %b\r\n\r\n%b\r\n' % (name, kind, content)
        else:
            body += head + b"\r\n\r\n" + field.value.encode() + b"\r\n"
    return body + f"--{BOUNDARY}--\r\n".encode()


def test_no_file_breaks_or_runs(handed_over_case):
    turns, attacked, kind = count(), set(), f"multipart/form-data; boundary={BOUNDARY}"
    pages = [rule for rule in RULES if rule[1].sees and (rule[1].does or IS_WHOLE)]
    for person, path, form in forms_of_pages(handed_over_case, pages):
        if all(field.kind != "file" for field in form.fields):
            continue
        attacker = Attacker(handed_over_case.sessions[person])
        for what, content in some(list(FILES.items()), 3, next(turns)):
            for name in some(NAMES, 1, next(turns)):
                with undone():
                    body = multipart(form, name, content, b"text/html" if next(turns) % 2 else b"image/png")
                    answer = attacker.send("POST", form.action, body, kind)
                    after = attacker.send("GET", path) if IS_WHOLE or answer.status_code == 302 else answer
                    for page in (answer, after):
                        assert describe_crash(attacker, page) == "", (form.action, what, name)
                        assert active_content(page) == [], (form.action, what, name)
        attacked.add(form.action)
    assert len(attacked) >= 6
