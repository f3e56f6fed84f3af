"""A made-up flow of a municipality's digital letters and their receipts, the same for the same seed, with faults.

The flow is awkward on purpose: units of very different size, receipts in batches and held receipts, night jobs, clocks
that are wrong, days of bad weather, Christmas, and letters that never get a final receipt although nothing is wrong.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cache
from operator import itemgetter
from typing import Any
from zlib import crc32

from letters.samples.flow_traffic import (
    CHANNELS,
    COPY_DOMAIN,
    FAILED,
    FINAL,
    HOURLY,
    LARGE,
    MINUTE,
    NIGHT,
    QUICK,
    Letter,
    Municipality,
    Traffic,
)
from sepo_incident.core import danish

NEW_ERROR = "5012 Afvist af leverandørens filter"
NEVER = datetime.max.replace(tzinfo=UTC)


# --- Faults -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fault:
    """A fault, and what a detector should say of it.

    `effect`: `lose` (no final receipt), `slow` (receipts ten times later), `refuse` (a new error), `unsent` (approved
    and never handed over), `dead_feed` (the letters are not told of), `drop` (the letters are never made).
    `kind`, `leg`, `slice_kind`, `slice`: what the alarm should name; `leg` is the stage that is missing. A slice of
    kind `family` is a subject without names and numbers. A unit or family that is empty is chosen by `make_flow`: the
    one with about `slice_size` letters a day on the channel.
    `share`: of the letters in the slice, by letter or, with `by_rule`, by pairs of unit and subject. `ramp`: how long
    the share takes to be reached.
    """

    name: str
    kind: str
    effect: str = "lose"
    channel: str = QUICK
    leg: str = "final"
    slice_kind: str = "channel"
    slice: str = ""
    slice_size: int = 0
    share: float = 1.0
    by_rule: bool = False
    ramp: timedelta = timedelta()
    first: datetime = NEVER
    until: datetime = NEVER

    def starting(self, first: datetime, length: timedelta = timedelta(days=10, hours=17)) -> "Fault":
        """Return the fault of the letters from `first` on; from Monday 07:00 until Thursday of the next week."""
        return replace(self, first=first, until=first + length)


#: {name: the fault without a time}
FAULTS = {
    one.name: one
    for one in (
        Fault("case", "partial", share=0.094, by_rule=True),
        #: The same, to be started on 23 December.
        Fault("case_in_lull", "partial", share=0.094, by_rule=True),
        Fault("stop", "stop"),
        Fault("stop_hourly", "stop", channel=HOURLY),
        Fault("stop_night", "stop", channel=NIGHT),
        Fault("hourly_partial", "partial", channel=HOURLY, share=0.1),
        Fault("unit", "partial", slice_kind="unit", slice_size=30),
        Fault("template", "partial", slice_kind="family", slice_size=60),
        Fault("copies", "partial", slice_kind="domain", slice=COPY_DOMAIN),
        Fault("large", "partial", slice_kind="size", slice=str(LARGE)),
        Fault("slow", "slow", "slow"),
        Fault("refused", "refused", "refuse", slice_kind="error", slice=NEW_ERROR, share=0.1),
        Fault("dead_feed", "dead_feed", "dead_feed", leg="handed_over"),
        Fault("dead_feed_night", "dead_feed", "dead_feed", NIGHT, leg="handed_over"),
        Fault("leak", "partial", share=0.01),
        Fault("ramp", "partial", share=0.1, ramp=timedelta(days=5)),
        Fault("unsent", "partial", "unsent", HOURLY, leg="handed_over", share=0.1),
        Fault("drop_template", "drop", "drop", leg="handed_over", slice_kind="family", slice_size=60),
        Fault("drop_unit", "drop", "drop", leg="handed_over", slice_kind="unit", slice_size=30),
    )
}


@dataclass
class Flow:
    """Rows for `manage.py take_in`, in the order in which they become known.

    `lost`: {message_uuid: name of the fault} of the letters that a fault keeps from a final receipt or from being
    handed over. `first_hit`: {name of the fault: when the first letter that it hits is known}. `faults`: with the
    slices that were chosen. `known_at` and `received_at` are UTC, the times of others' clocks Danish.
    """

    dispatches: list[dict[str, Any]] = field(default_factory=list)
    receipts: list[dict[str, Any]] = field(default_factory=list)
    lost: dict[str, str] = field(default_factory=dict)
    first_hit: dict[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def make_flow(seed: int, first: date, days: int, letters_a_day: int = 4000, faults: Sequence[Fault] = ()) -> Flow:
    """Return the flow from `first` on. Receipts that come after the last day are part of it.

    `letters_a_day`: of the quick channel on a working day; the other channels have 0,9 times as many together.
    A fault changes no other letter: without it the flow is the same.
    """
    municipality = Municipality(seed)
    letters: list[Letter] = []
    for channel in CHANNELS.values():
        traffic = Traffic(municipality, channel, first, days)
        for number in range(days):
            letters += traffic.letters_of(first + timedelta(days=number), letters_a_day)
    letters.sort(key=lambda one: one.known)
    flow = Flow()
    for fault in faults:
        chosen = choose_slice(fault, letters, letters_a_day)
        flow.faults.append(chosen)
        letters = _apply(chosen, seed, letters, flow)
    _write_rows(letters, flow)
    return flow


# --- Faults at work -----------------------------------------------------------------------------------------------


def choose_slice(fault: Fault, letters: Sequence[Letter], letters_a_day: int) -> Fault:
    """Return the fault with its unit or family chosen, if it has none: the one nearest to `slice_size` a day."""
    if not fault.slice_size or fault.slice:
        return fault
    name = "unit" if fault.slice_kind == "unit" else "template"
    counts = Counter(getattr(one, name) for one in letters if one.channel == fault.channel)
    a_day = CHANNELS[fault.channel].share * letters_a_day / counts.total()
    plain = [one for one in counts if one and "{" not in one]
    return replace(fault, slice=min(plain, key=lambda one: (abs(counts[one] * a_day - fault.slice_size), one)))


def _is_in_slice(fault: Fault, letter: Letter) -> bool:
    match fault.slice_kind:
        case "unit":
            return letter.unit == fault.slice
        case "family":
            return letter.template == fault.slice
        case "domain":
            return letter.recipient.endswith(f"@{fault.slice}")
        case "size":
            return letter.size > int(fault.slice)
    return True


def _find_hit(fault: Fault, seed: int, letters: Sequence[Letter]) -> list[Letter]:
    """Return the letters that the fault hits, in the order of `letters`."""
    first, until, hit = fault.first.timestamp(), fault.until.timestamp(), []
    ramp = fault.ramp.total_seconds()
    for one in letters:
        at = one.approved if fault.effect == "unsent" else one.sent
        if one.channel == fault.channel and at and first <= at < until and _is_in_slice(fault, one):
            share = fault.share * min(1, (at - first) / ramp) if ramp else fault.share
            if fault.by_rule or share >= 1 or crc32(f"{fault.name}/{one.uuid}".encode()) < share * 2**32:
                hit.append(one)
    if not fault.by_rule:
        return hit
    pairs = Counter((one.unit, one.template) for one in hit)
    left, chosen = fault.share * len(hit), set()
    for pair in sorted(pairs, key=lambda pair: crc32(f"{seed}/{fault.name}/{pair}".encode())):
        if pairs[pair] <= left:
            left -= pairs[pair]
            chosen.add(pair)
    return [one for one in hit if (one.unit, one.template) in chosen]


def _apply(fault: Fault, seed: int, letters: list[Letter], flow: Flow) -> list[Letter]:
    """Let the fault happen to its letters, and return the letters that are left."""
    hit = _find_hit(fault, seed, letters)
    if hit:
        is_unsent = fault.effect == "unsent"
        flow.first_hit[fault.name] = iso(min((one.approved or 0) + 30 if is_unsent else one.known for one in hit))
    for one in hit:
        finals = [receipt for receipt in one.receipts if receipt[2] in FINAL]
        others = [receipt for receipt in one.receipts if receipt[2] not in FINAL]
        match fault.effect:
            case "lose":
                one.receipts = others
            case "unsent":
                one.sent, one.receipts = None, []
            case "slow":
                sent = one.sent or 0
                one.receipts = [
                    (10 * at - 9 * sent, 10 * event - 9 * sent, code, error) for at, event, code, error in one.receipts
                ]
            case "refuse":
                one.receipts = others + [(at, event, FAILED, NEW_ERROR) for at, event, *_ in finals[:1]]
    if fault.effect in ("lose", "unsent"):
        flow.lost |= dict.fromkeys((one.uuid for one in hit), fault.name)
    gone = set(hit) if fault.effect in ("dead_feed", "drop") else set()
    return [one for one in letters if one not in gone]


# --- Rows ---------------------------------------------------------------------------------------------------------


@cache
def _hour(number: int, zone: tzinfo) -> tuple[str, str]:
    """Return the beginning and the end of ISO times within the hour."""
    text = datetime.fromtimestamp(number * 3600, zone).isoformat()
    return text[:14], text[19:]


def iso(at: float, zone: tzinfo = UTC) -> str:
    """Return seconds since 1970 as an ISO time. Twice as fast as datetime's."""
    number, seconds = divmod(int(at), 3600)
    begins, ends = _hour(number, zone)
    return f"{begins}{seconds // 60:02d}:{seconds % 60:02d}{ends}"


def _write_rows(letters: Sequence[Letter], flow: Flow) -> None:
    """Write what the letters and receipts look like from outside."""
    for one in letters:
        common = {
            "id": one.uuid, "message_uuid": one.uuid, "channel": one.channel, "sender": one.sender, "unit": one.unit,
            "subject": one.subject, "size": one.size, "recipient": one.recipient,
        }  # fmt: skip
        if one.approved:
            at = iso(one.approved + one.skew, danish.COPENHAGEN)
            flow.dispatches.append({**common, "stage": "approved", "sent_at": at, "known_at": iso(one.approved + 30)})
        if one.sent:
            at = iso(one.sent + one.skew, danish.COPENHAGEN)
            flow.dispatches.append({**common, "stage": "handed_over", "sent_at": at, "known_at": iso(one.known)})
        for received, event, status, error in one.receipts:
            flow.receipts.append({
                "message_uuid": one.uuid, "channel": one.channel, "code" if len(status) == 36 else "status": status,
                "at": iso(event - 2 * MINUTE, danish.COPENHAGEN), "received_at": iso(received),
                **({"error": error} if error else {}),
            })  # fmt: skip
    flow.dispatches.sort(key=itemgetter("known_at"))
    flow.receipts.sort(key=itemgetter("received_at"))
