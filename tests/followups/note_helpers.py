"""A note of the cast's administration with a published version before it, and documents made from it."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import timedelta
from pathlib import Path

from django.utils import timezone

from followups.models import NoteVersion
from notifications.status_note.document import render_document
from notifications.status_note.frozen_figures import named_figures
from notifications.status_note.verify import Report, verify_document
from notifications.status_note.versions import publish_version, take_version

UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
#: The note of `two_versions`, saved by LibreOffice.
SAVED_BY_LIBREOFFICE = Path(__file__).with_name("note_saved_by_libreoffice.docx")


def two_versions(cast, monday) -> NoteVersion:
    """Return the working version that follows a published one of the day before."""
    publish_version(take_version(cast.incident, cast.buf, cast.mette), cast.birgitte)
    monday.shift(timedelta(days=1))
    return take_version(cast.incident, cast.buf, cast.mette)


def words_of(version, section):
    """The text of a section, with figures as the note shows them; "" for a section that is left out."""
    figures = named_figures(version)
    blocks = next((one["blocks"] for one in version.content["sections"] if one["key"] == section), [])
    pieces = [piece for block in blocks if "pieces" in block for piece in block["pieces"]]
    return "".join(one if isinstance(one, str) else figures[one["figure"]].text for one in pieces)


def figure_names(version: NoteVersion) -> list[str]:
    """Return the names of all figures in the note, in reading order."""
    found: list[str] = []
    for block in (block for section in version.content["sections"] for block in section["blocks"]):
        if block["type"] == "table":
            found += [name for row in block["rows"] for name in row["figures"]]
        elif block["type"] == "bars":
            found += [row["figure"] for row in block["rows"]]
        else:
            found += [piece["figure"] for piece in block["pieces"] if isinstance(piece, dict)]
    return found


def verify(content: bytes) -> Report:
    return verify_document(content, NoteVersion.objects.all(), timezone.now())


def rewrite(content: bytes, **changes) -> bytes:
    """Return the document with parts changed: {part: function of its text}; a part that is missing is added."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    for name, change in changes["parts"].items():
        parts[name] = change(parts.get(name, b"").decode()).encode()
    packed_again = io.BytesIO()
    with zipfile.ZipFile(packed_again, "w", zipfile.ZIP_DEFLATED) as file:
        for name, part in parts.items():
            file.writestr(name, part)
    return packed_again.getvalue()


def saved_by_libreoffice(version: NoteVersion) -> bytes:
    """Return the stored document of LibreOffice as if it were saved from `version`: same id and names of figures."""
    names = dict(re.findall(r'w:val="(\d+):([^"]+)"', _body(render_document(version))))
    return rewrite(
        SAVED_BY_LIBREOFFICE.read_bytes(),
        parts={
            "docProps/core.xml": lambda xml: re.sub(UUID, str(version.uuid), xml),
            "word/document.xml": lambda xml: re.sub(
                r'w:val="(\d+):[^"]+"', lambda found: f'w:val="{found[1]}:{names[found[1]]}"', xml
            ),
        },
    )


def _body(content: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return packed.read("word/document.xml").decode()
