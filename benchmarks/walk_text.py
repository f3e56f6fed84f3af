"""The text that the walk keeps of an answer: readable, and without what is random or belongs to one run."""

import difflib
import hashlib
import io
import re
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from email import message_from_bytes
from email.header import decode_header, make_header
from pathlib import Path

import openpyxl

MAIL_HEADERS = re.compile(rb"(?:[A-Za-z-]+: .*\r?\n(?:[ \t].*\r?\n)*)+\r?\n")
#: Patterns of random values, and the kind written instead. Each pattern hides differences: add as few as possible.
RANDOM_VALUES = [
    (re.compile(r"""(csrfmiddlewaretoken\W+(?:value=")?)\w{64}"""), r"\1<csrf token>"),
    (re.compile(r"^(Set-Cookie: (?:csrftoken|sepo_session)=)\w+", re.MULTILINE), r"\1<cookie>"),
    (re.compile(r"[\w.=-]{6,}:[0-9A-Za-z]{6}:[\w-]{43}|(?<=~)[\w-]{43}\b"), "<signature>"),
    (re.compile(r"\b[0-9]{19}-[0-9a-f]{6}\b"), "<mail file>"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "<sha256>"),
    (re.compile(r"\b[a-z]{28}(?=@)"), "<message id>"),
    (re.compile(r"((?:bounce\+|ENVID=)[0-9]+-)[0-9a-f]{20}\b"), r"\1<key>"),
    (re.compile(r"boundary=\S+"), "boundary=<boundary>"),
    (re.compile(r"\bproces [0-9]+"), "proces <pid>"),
    (re.compile(r"\bpå [0-9,]+ s(ekunder)?\b"), "på <seconds>"),
    (re.compile(r'"(seconds|peak_mib)": [0-9.]+'), r'"\1": <number>'),
    (re.compile(r"(?<=127\.0\.0\.1:)[0-9]{4,5}"), "<port>"),
]


@dataclass
class Recording:
    """A folder of text files. In every text, `places` (paths and addresses of this run) are replaced by names."""

    folder: Path
    places: dict[str, str]
    counts: Counter = field(default_factory=Counter)
    skipped: Counter = field(default_factory=Counter)

    def write(self, name: str, text: str) -> None:
        """Write the text, normalized, into a new file. A second file of the same name gets a number."""
        path, number = self.folder / f"{name}.txt", 1
        while path.exists():
            number += 1
            path = self.folder / f"{name}-{number}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(normalize(text, self.places))
        self.counts[name.partition("/")[0]] += 1

    def file_name(self, address: str) -> str:
        """Return the address or command as a file name of at most 120 characters."""
        name = normalize(address, self.places).replace("%2F", "-")
        name = re.sub(r"[^\w=,.+-]+", "_", name).strip("_") or "front"
        return name if len(name) <= 120 else name[:100] + hashlib.sha256(name.encode()).hexdigest()[:8]


def normalize(text: str, places: dict[str, str]) -> str:
    """Return the text with the names of places and with the kinds of random values."""
    for place, name in places.items():
        text = text.replace(place, name)
    for pattern, kind in RANDOM_VALUES:
        text = pattern.sub(kind, text)
    return text


def compare(before: Path, after: Path) -> list[str]:
    """Return a unified diff of each file that differs between two recordings, and a line per file in one only."""
    old, new = ({str(path.relative_to(root)) for path in root.rglob("*.txt")} for root in (before, after))
    lines = [f"Only in {before if name in old else after}: {name}" for name in sorted(old ^ new)]
    for name in sorted(old & new):
        texts = [(root / name).read_text().splitlines() for root in (before, after)]
        if texts[0] != texts[1]:
            lines += difflib.unified_diff(*texts, str(before / name), str(after / name), n=2, lineterm="")
    return lines


def to_text(content: bytes) -> str:
    """Return the content as text: a workbook cell by cell, a zip file by file, a mail part by part."""
    if content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if "xl/workbook.xml" in archive.namelist():
                return workbook_to_text(content)
            return "".join(f"=== {name}\n{to_text(archive.read(name))}\n" for name in archive.namelist())
    return mail_to_text(content) if MAIL_HEADERS.match(content) else decode(content)


def decode(content: bytes) -> str:
    """Return the content decoded from UTF-8, or its length and hash if it is not text."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return f"{len(content)} bytes {hashlib.sha256(content).hexdigest()[:16]}"


def workbook_to_text(content: bytes) -> str:
    """Return the sheets of a workbook: settings, validation rules, and a line for each cell."""
    lines = []
    for sheet in openpyxl.load_workbook(io.BytesIO(content)).worksheets:
        settings = (sheet.sheet_state, sheet.dimensions, sheet.freeze_panes, sheet.auto_filter.ref)
        lines.append(f"=== {sheet.title} {settings} {sheet.protection.sheet}")
        for rule in sheet.data_validations.dataValidation:
            formulas = (rule.type, rule.operator, rule.formula1, rule.formula2, rule.error, rule.prompt)
            lines.append(f"{rule.sqref} {formulas}")
        for cell in (cell for row in sheet.iter_rows() for cell in row if cell.value is not None):
            lock = "" if cell.protection.locked else " unlocked"
            value = cell.value.isoformat() if hasattr(cell.value, "isoformat") else repr(cell.value)
            lines.append(f"{cell.coordinate} {value} {cell.number_format}{lock} {cell.comment or ''}")
    return "\n".join(lines)


def mail_to_text(content: bytes) -> str:
    """Return a mail's headers as sent, its subject decoded, and each part decoded."""
    message, lines = message_from_bytes(content), []
    lines.append(f"({make_header(decode_header(message.get('Subject', '')))})")
    for part in message.walk():
        lines += [f"{name}: {value}" for name, value in part.items()]
        if not part.is_multipart():
            lines += ["", decode((part.get_payload(decode=True) or b"").replace(b"\r\n", b"\n")), "---"]
    return "\n".join(lines)
