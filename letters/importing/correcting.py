"""A cell is corrected on the check page: its row is judged anew by the list's own rules, and what stood there is kept.

``ImportRow.corrections`` only grows: {field, was, now, by, name, at, held, is_back}. ``was`` and ``now`` are as they
may be shown, ``held`` is what putting it back needs: {value, shown, remarks}, as secret as the row itself.
"""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from letters.categories.judging import Judge
from letters.importing import duplicates, places, plan, traces
from letters.importing.cells import LONGEST_SHOWN, Meaning, Moment, Remark, Rule, Window, clean, rules
from letters.importing.columns import CLOCKS, LABELS, is_in_utc
from letters.importing.kinds import NO_LETTERS, Kind
from letters.importing.rows import Row, Understanding, cells_of, is_secret
from letters.models import ImportBatch, ImportRow
from letters.models.letter import HIDDEN
from sepo_incident import danish
from sepo_incident.accounts.models import User
from sepo_incident.overtaken import Overtaken

Correction = dict[str, Any]
FIELD_OF = {label: name for name, label in LABELS.items()}
#: what is said of a row beside others, and is said anew after a correction
SAID_ANEW = (*duplicates.KINDS, Kind.SHUT_OUT)
_TOLD_BY_THE_ROW = ("row", "as_written", "problems")


class NotWaiting(Exception):
    """The list is on its way in, is in, or was discarded: its rows are what they are."""


def correctable(row: ImportRow) -> set[str]:
    """The fields that something is said about, and those that were corrected; none of a row that is no letter.

    The recipient's kind is left alone in a personnel case: calling it a citizen's would show a subject that is hidden.
    """
    if any(problem["kind"] in NO_LETTERS for problem in row.problems):
        return set()
    names = {FIELD_OF[problem["column"]] for problem in row.problems} | set(standing(row))
    return names - {"recipient_kind"} if is_secret(row) else names


def hidden(row: ImportRow) -> set[str]:
    """The fields whose text is shown to nobody here: left empty they stay as they are, and may be typed anew."""
    return {"recipient", "subject"} if is_secret(row) else {"recipient"}


def standing(row: ImportRow) -> dict[str, Correction]:
    """field → its latest correction, where that was not put back."""
    latest = {correction["field"]: correction for correction in row.corrections}
    return {name: correction for name, correction in latest.items() if not correction["is_back"]}


@transaction.atomic
def correct(batch_id: int, row_id: int, typed: Mapping[str, str], *, seen: int, by: User) -> ImportRow:
    """The row after it. ``typed``: {field: text}; what stands there already is no correction.

    ``seen`` is how many corrections the row had when it was shown. Raises ``NotWaiting``, ``Overtaken``.
    """
    batch, row = _locked(batch_id, row_id)
    is_asked = _rules(batch)
    had = _meanings(row, is_asked)
    texts = {name: clean(typed[name]) for name in correctable(row) & set(typed)}
    meant = {name: is_asked[name](text) for name, text in texts.items() if text or name not in hidden(row)}
    meant = {name: meaning for name, meaning in meant.items() if meaning[:2] != had[name][:2]}
    if meant and len(row.corrections) != seen:
        raise Overtaken
    return _put(batch, row, had, meant, by) if meant else row


@transaction.atomic
def put_back(batch_id: int, row_id: int, name: str, *, seen: int, by: User) -> ImportRow:
    """The field as the list had it. Raises ``NotWaiting``, ``Overtaken``."""
    batch, row = _locked(batch_id, row_id)
    if name not in standing(row):
        return row
    if len(row.corrections) != seen:
        raise Overtaken
    had = _meanings(row, _rules(batch))
    first = next(correction for correction in row.corrections if correction["field"] == name)
    return _put(batch, row, had, {name: _released(name, first["held"], batch)}, by, is_back=True)


def _locked(batch_id: int, row_id: int) -> tuple[ImportBatch, ImportRow]:
    batches = ImportBatch.objects.select_related("incident").select_for_update(of=("self",), no_key=True)
    batch = batches.get(pk=batch_id)
    if batch.status != ImportBatch.Status.CHECKED:
        raise NotWaiting
    return batch, batch.rows.get(pk=row_id)


def _put(
    batch: ImportBatch,
    row: ImportRow,
    had: dict[str, Meaning],
    meant: dict[str, Meaning],
    by: User,
    is_back: bool = False,
) -> ImportRow:
    """Write the row as it is now meant, and hold all it may have to do with against each other once more."""
    shown = cells_of(row)
    refs, mails = {row.source_ref}, duplicates.mails_of([row.pk])
    if is_trace := traces.is_one(batch):
        had["source_ref"] = had["source_ref"]._replace(value=traces.id_of_mail(row.source_ref, row.recipient_key))
    understanding = Understanding({}, _window(batch), _judge(batch), remembered=0)
    typed = understanding.again(row.row, had | meant, is_personnel_case=_stays_personnel(row, meant, is_back))
    facts = [one.name for one in fields(Row) if one.name not in _TOLD_BY_THE_ROW]
    for name in facts:
        setattr(row, name, getattr(typed, name))
    row.shown, row.problems, row.changes = typed.as_written, typed.problems, {}
    row.verdict = ImportRow.Verdict.REJECTED if typed.is_rejected else ImportRow.Verdict.NEW
    at = timezone.now().isoformat()
    row.corrections += [
        {
            "field": name,
            "was": shown.get(name, ""),
            "now": typed.as_written.get(name, ""),
            "by": by.pk,
            "name": by.name,
            "at": at,
            "held": _held(had[name]),
            "is_back": is_back,
        }
        for name in meant
    ]
    row.save(update_fields=[*facts, "shown", "problems", "changes", "verdict", "corrections"])
    if is_trace:
        traces.tell_recipients_apart(batch, only=row.pk)
        row.refresh_from_db()
    plan.compare(batch, only=duplicates.judge_anew(batch, refs | {row.source_ref}, mails))
    row.refresh_from_db()
    return row


def _stays_personnel(row: ImportRow, meant: Mapping[str, Meaning], is_back: bool) -> bool:
    """Whatever the rules say: unless the subject is typed anew, or what made it one is put back.

    A subject that was ever hidden is not laid open by putting back.
    """
    if is_back and {"subject", "recipient_kind"} & set(meant):
        return any(one["field"] == "subject" and one["was"] == HIDDEN for one in row.corrections)
    return is_secret(row) and "subject" not in meant


def _meanings(row: ImportRow, is_asked: Mapping[str, Rule]) -> dict[str, Meaning]:
    """What each cell of the row means so far. What is said of its likes is left out, for it is said anew."""
    shown = cells_of(row)
    if shown.get("subject") == HIDDEN:
        shown["subject"] = row.subject[:LONGEST_SHOWN]
    remarks: dict[str, tuple[Remark, ...]] = {}
    for problem in row.problems:
        if problem["kind"] not in SAID_ANEW:
            said = Remark(Kind(problem["kind"]), problem["message"], problem["severity"])
            remarks[FIELD_OF[problem["column"]]] = (*remarks.get(FIELD_OF[problem["column"]], ()), said)
    values: dict[str, Any] = {name: getattr(row, name, "") for name in is_asked}
    values["sent_at"] = _moment(row.sent_at)
    values["recipient"] = row.recipient_key
    values["subject"] = is_asked["subject"](row.subject).value
    without_recipient = shown | {"recipient": "" if row.recipient_key else shown.get("recipient", "")}
    return {
        name: Meaning(value, without_recipient.get(name, ""), remarks.get(name, ())) for name, value in values.items()
    }


def _moment(at: datetime | None) -> Moment:
    return Moment(at, danish.day(at) if at else None)


def _held(meaning: Meaning) -> dict[str, Any]:
    value = meaning.value
    if isinstance(value, Moment):
        value = value.at.isoformat() if value.at else ""
    elif not isinstance(value, str):
        value = value.text
    return {"value": value, "shown": meaning.shown, "remarks": meaning.remarks}


def _released(name: str, held: Mapping[str, Any], batch: ImportBatch) -> Meaning:
    value = held["value"]
    if name == "sent_at":
        value = _moment(datetime.fromisoformat(value) if value else None)
    elif name == "subject":
        value = _rules(batch)["subject"](value).value
    remarks = tuple(Remark(Kind(kind), message, severity) for kind, message, severity in held["remarks"])
    return Meaning(value, held["shown"], remarks)


def _window(batch: ImportBatch) -> Window:
    return Window(batch.incident.first_day, batch.incident.last_day)


def _judge(batch: ImportBatch) -> Judge:
    return Judge(batch.incident.category_rules.all(), places.units_passed())


def _rules(batch: ImportBatch) -> dict[str, Rule]:
    """As the list was read by."""
    return rules(_window(batch), _judge(batch), any(is_in_utc(batch.header_of(field)) for field in CLOCKS))
