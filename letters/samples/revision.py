"""A second, shorter list as KIT gets one hours later: «op mod» is revised, and somebody has typed in it by hand."""

from datetime import timedelta
from typing import Any

from letters.samples.generator import FULL_SIZE, SEED, SampleRow, make_rows

NEW, KNOWN, CHANGED = 40, 24, 5


def make_revision(letters: int = FULL_SIZE, seed: int = SEED, shift: timedelta = timedelta()) -> list[SampleRow]:
    """After ``make_rows`` with the same arguments: new letters, known ones, changed ones, and rows with faults."""
    first = make_rows(letters, seed, shift)
    known = [row for row in first if row.subject and row.leader_email][-(KNOWN + CHANGED) :]
    changed = [row._replace(subject=f"{row.subject} (rettet)") for row in known[:CHANGED]]
    found = [
        row._replace(source_ref=f"SEPO-9{number:05d}")
        for number, row in enumerate(make_rows(NEW, seed + 1, shift), start=1)
    ]
    rows = sorted([*known[CHANGED:], *changed, *found], key=lambda row: row.sent)
    return with_faults(rows)


def with_faults(rows: list[SampleRow]) -> list[SampleRow]:
    """A date that does not exist, half an address, no unit (that row comes in), and one that stands twice."""
    by_hand = [row for row in rows if row.source_ref.startswith("SEPO-9") and row.sender_email][:4]
    no_date, half_address, no_unit, twice = by_hand
    typed: Any = f"31-11-{no_date.sent:%Y} 10:22"
    mended = {
        no_date: no_date._replace(sent=typed),
        half_address: half_address._replace(sender_email=half_address.sender_email.partition(".")[0]),
        no_unit: no_unit._replace(area="", unit="", subunit="", administration=""),
    }
    return [*(mended.get(row, row) for row in rows), twice]
