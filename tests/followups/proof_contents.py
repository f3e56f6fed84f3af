"""Contents of proof files: images, PDF files, workbooks and logs, whole or tampered with."""

import io
import zipfile

from PIL import Image

from sepo_incident.core import spreadsheets

LOG = "id;status\r\nB-00002;Afleveret Digital Post\r\n".encode("cp1252")


def picture(form: str, **more: object) -> bytes:
    """Return a red picture, 40 wide and 20 high, saved by Pillow with `more` in its head."""
    content = io.BytesIO()
    Image.new("RGB", (40, 20), "red").save(content, form, **more)
    return content.getvalue()


PNG, JPEG = picture("PNG"), picture("JPEG")
PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def pdf(catalogue: bytes = b"", more: bytes = b"") -> bytes:
    return PDF.replace(b"/Type/Catalog", b"/Type/Catalog " + catalogue).replace(b"trailer", more + b"trailer")


def xlsx(*cells: str) -> bytes:
    return spreadsheets.build_xlsx(["Brev", "Status"], [cells or ("B-00002", "Afleveret")], "Log")


EMPTY_ZIP = b"PK\x05\x06" + bytes(18)


def xlsx_with(*more: tuple[str, bytes], of: bytes = b"", way: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a workbook with additional zip entries."""
    content = io.BytesIO(of or xlsx())
    with zipfile.ZipFile(content, "a", way) as file:
        for name, data in more:
            file.writestr(name, data)
    return content.getvalue()
