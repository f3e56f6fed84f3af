"""The file of a closing certificate: plain text in which every line carries a hash, so that a changed byte is named.

A line is «number hash text»: a four-digit number, and the first 16 hexadecimal digits of the SHA-256 of the hash above,
the number and the text. The last line holds the SHA-256 of all lines above, the fingerprint by which two copies are
compared. This module needs neither Django nor a database.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

TITLE = "AFSLUTNINGSBEVIS FOR EN HÆNDELSE MED SIKKER POST"
FINGERPRINT = "Aftryk"
SEPARATOR = " | "
#: The table that must add up, and its columns: the letters of a unit, and what became of them.
LETTERS = "BREVE"
LETTERS_HEADER = ("Enhed", "Indlæst", "Kommet frem", "Nyt brev", "Sendes ikke igen", "Trukket tilbage", "Åbne")
#: The table with the lists that the letters came from, and its columns.
LISTS = "LISTER"
LISTS_HEADER = ("Liste", "Indlæst den", "Nye breve")
TOTAL = "I alt"
NOT_A_CERTIFICATE = "Filen er ikke et afslutningsbevis. Vælg den fil, der blev hentet, da hændelsen blev lukket."
_LINE = re.compile(r"(\d{4}) ([0-9a-f]{16}) ?(.*)", re.DOTALL)
#: A number as `danish.number` writes it.
_NUMBER = re.compile(r"\d{1,3}(?:\.\d{3}){0,3}", re.ASCII)
_FIRST = "0" * 16


class CertificateTable(NamedTuple):
    """A heading and a table: the column names, and the cells of each row as text."""

    heading: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]


class Verdict(NamedTuple):
    """The result of a verification. `faults`: a Danish sentence for each change; `fingerprint`: of the file."""

    faults: list[str]
    fingerprint: str

    @property
    def is_intact(self) -> bool:
        return not self.faults


class _Line(NamedTuple):
    """A line as it stands in the file, with the hash that it says."""

    number: int
    said: str
    text: str


def write_certificate(facts: Iterable[tuple[str, str]], tables: Iterable[CertificateTable]) -> str:
    """Return the text of the file. Line breaks and separators inside a value become spaces."""
    lines = [TITLE, *(f"{name}: {_one_line(value)}" for name, value in facts)]
    for table in tables:
        lines += ["", table.heading, SEPARATOR.join(table.header)]
        lines += [SEPARATOR.join(_one_line(cell).replace("|", " ") for cell in row) for row in table.rows]
    written, above = [], _FIRST
    for number, text in enumerate(map(str.rstrip, lines), start=1):
        above = _hash(above, number, text)
        written.append(f"{number:04} {above} {text}".rstrip())
    body = "".join(f"{line}\n" for line in written)
    return body + _last_line(body.encode())


def verify_certificate(content: bytes) -> Verdict:
    """Compare every line with its hash, the sums with each other, and the fingerprint with the file."""
    body_end = content.rstrip(b"\n").rfind(b"\n") + 1
    body, last = content[:body_end], content[body_end:]
    lines = body.decode("utf-8", "backslashreplace").split("\n")[:-1]
    parsed = [_parse(line) for line in lines]
    if not any(line and TITLE in line.text for line in parsed[:1]) and sum(map(bool, parsed)) * 2 < len(lines) + 1:
        return Verdict([NOT_A_CERTIFICATE], "")
    faults = _changed_lines(lines, parsed)
    if not faults and last != _last_line(body).encode():
        faults = ["Aftrykket i sidste linje er ændret."]
    texts = [line.text for line in parsed if line]
    return Verdict(faults or _wrong_sums(texts), hashlib.sha256(body).hexdigest())


def _last_line(body: bytes) -> str:
    return f"{FINGERPRINT}: {hashlib.sha256(body).hexdigest()}\n"


def _one_line(value: str) -> str:
    return " ".join(value.split())


def _hash(above: str, number: int, text: str) -> str:
    return hashlib.sha256(f"{above}\n{number:04}\n{text}".encode("utf-8", "backslashreplace")).hexdigest()[:16]


def _parse(line: str) -> _Line | None:
    found = _LINE.fullmatch(line)
    return _Line(int(found[1]), found[2], found[3]) if found else None


def _changed_lines(lines: list[str], parsed: list[_Line | None]) -> list[str]:
    """Return a sentence for each line that is changed, added, moved or missing.

    A line is hashed with the hash above it, as that one stands and as it should stand, so that a line below a changed
    line is not named too. Below a line that cannot be read, any hash above will do.
    """
    faults: list[str] = []
    above, expected, unread = {_FIRST}, 1, 0
    for at, (line, found) in enumerate(zip(lines, parsed, strict=True), start=1):
        has_wrong_number = found is not None and found.said in {_hash(one, expected, found.text) for one in above}
        number = expected if has_wrong_number or found is None else found.number
        if found is None or number < expected:
            faults.append(f"Linje {at} er ændret eller sat ind: »{line[:80]}«")
            above, unread = set(), unread + 1
            continue
        if number > expected + unread:
            faults.append(f"{_missing(expected + unread, number - 1)} mangler.")
            above = set()
        computed = {_hash(one, number, found.text) for one in above}
        if found.number != number or (above and found.said not in computed):
            faults.append(f"Linje {at} er ændret: »{found.text[:80]}«")
        above, expected, unread = {found.said, *computed}, number + 1, 0
    return faults


def _missing(first: int, last: int) -> str:
    return f"Linje {first}" if first == last else f"Linjerne {first} til {last}"


def _wrong_sums(texts: list[str]) -> list[str]:
    """Return a sentence for each sum that does not agree: the letters of a unit, the totals, and the lists."""
    if texts.count(LETTERS) != 1:
        return ["Enhedernes breve skal stå præcis én gang."]
    rows, lists = _table(texts, LETTERS), _table(texts, LISTS)
    letters = [
        row for row in rows if all(isinstance(cell, int) for cell in row[1:]) and len(row) == len(LETTERS_HEADER)
    ]
    if unread := [row[0] for row in rows if row not in letters]:
        return [f"Tallene for {name} kan ikke læses." for name in unread]
    faults = [
        f"Tallene for {name} går ikke op: {imported} er ikke {' + '.join(map(str, parts))}."
        for name, imported, *parts in letters
        if imported != sum(parts)
    ]
    units, totals = [row for row in letters if row[0] != TOTAL], [row for row in letters if row[0] == TOTAL]
    for total in totals:
        for column, name in enumerate(LETTERS_HEADER[1:], start=1):
            if total[column] != sum(row[column] for row in units):
                faults.append(f"Summen af »{name}« går ikke op.")
        if LISTS in texts and total[1] != sum(row[-1] for row in lists if isinstance(row[-1], int)):
            faults.append("Listernes breve og enhedernes breve er ikke lige mange.")
    return faults


def _table(texts: list[str], heading: str) -> list[list[Any]]:
    """Return the rows below the heading: the name, and the numbers as int."""
    if heading not in texts:
        return []
    rows = []
    for text in texts[texts.index(heading) + 2 :]:
        if not text:
            break
        name, *cells = text.split(SEPARATOR)
        rows.append([name, *map(_number_or_text, cells)])
    return rows


def _number_or_text(cell: str) -> int | str:
    return int(cell.replace(".", "")) if _NUMBER.fullmatch(cell) else cell
