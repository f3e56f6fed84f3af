"""What people have written about the incident, for the sections of the note: timeline, cause, measures and plans."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time

from django.utils import timezone

from followups.rules.claims import list_claims, unreported_breach
from letters.models import AdministrationPlan, Cause, Incident, Measure, TimelineEntry
from letters.story.breach import Answer, BreachClock, clocks_of
from letters.story.plans import list_plans
from letters.story.story_rows import StoryRows, read_story_rows
from letters.story.timeline import KEY_KINDS, days_since_first_letter
from sepo_incident.accounts.models import Unit
from sepo_incident.core import danish

#: The committee that reads the note on the whole municipality.
WHOLE_COMMITTEE = "Økonomiudvalget"


@dataclass(frozen=True)
class Story:
    """What people have written about the incident, in markup. Empty where nobody has written anything."""

    cause: str = ""
    cause_unknown: str = ""
    found_out: str = ""
    fix: str = ""
    measures_done: list[str] = field(default_factory=list)
    measures_to_do: list[str] = field(default_factory=list)
    breach_known: list[str] = field(default_factory=list)
    breach_unknown: list[str] = field(default_factory=list)
    claims: list[str] = field(default_factory=list)
    statement: str = ""
    plans_sent: str = ""
    plans_missing: str = ""
    next_note: str = ""


def read_story(incident: Incident, unit: Unit) -> Story:
    """Return the story for the note on the unit. At most five queries."""
    rows = read_story_rows(incident)
    clocks, cause = clocks_of(rows, timezone.now()), next(iter(rows.causes), None)
    plan = next((one for one in rows.plans if one.unit_id in unit.lineage), None)
    known, unknown = _breach(incident, clocks)
    plans_sent, plans_missing = _plans(rows) if unit.is_root else ("", "")
    return Story(
        cause=_cause(cause),
        cause_unknown=_one_line(cause.unknown) if cause else "",
        found_out=" ".join(filter(None, [*_key_events(rows), *_emergencies(rows)])),
        fix=_fix(incident),
        measures_done=[_measure(one) for one in rows.measures if one.status == Measure.Status.DONE],
        measures_to_do=[_measure(one) for one in rows.measures if one.status != Measure.Status.DONE],
        breach_known=known,
        breach_unknown=unknown,
        claims=[
            _judged(one.changed_at, in_sentence(one.get_kind_display()), one.reason)
            for row in list_claims(incident, clocks)
            if (one := row.printed)
        ],
        statement=_plain(plan.statement) if plan else "",
        plans_sent=plans_sent,
        plans_missing=plans_missing,
        next_note=_meeting(plan),
    )


def read_committee(incident: Incident, unit: Unit, number: int) -> tuple[str, str, str]:
    """Return the committee that reads the note, the case number, and the number of the document."""
    plan = find_plan(incident, unit)
    committee = (plan and plan.committee) or f"{danish.genitive(unit.name)} udvalg"
    case_number = (plan and plan.case_number) or incident.case_number
    document = plan.document_number if plan else ""
    if unit.is_root:
        committee, case_number, document = WHOLE_COMMITTEE, incident.case_number, incident.document_number
    return committee, case_number, document or (f"{case_number}-{number}" if case_number else "")


def find_plan(incident: Incident, unit: Unit) -> AdministrationPlan | None:
    """Return the plan of the administration that the unit is or lies below, or None."""
    return AdministrationPlan.objects.filter(incident=incident, unit__in=unit.lineage).first()


def _plain(text: str) -> str:
    """Return the text without the braces of fields, which only our own text may have."""
    return text.replace("{", "(").replace("}", ")").strip()


def _one_line(text: str) -> str:
    return " ".join(_plain(text).split())


def in_sentence(text: str) -> str:
    """Return the text with a small first letter, unless an abbreviation comes first."""
    return text if text[:2].isupper() else text[:1].lower() + text[1:]


def _judged(at: datetime, what: str, reason: str) -> str:
    """Return the judgement of Koncern IT as two sentences, the second with the reason as typed."""
    return f"Koncern IT vurderede den {danish.date(at)}, at {what}. Begrundelse: {_one_line(reason).rstrip('.')}."


def _cause(cause: Cause | None) -> str:
    if cause is None:
        return ""
    rest = " Årsagen er foreløbig." if cause.status == Cause.Status.PRELIMINARY else ""
    return f"{_one_line(cause.known)}{rest}"


def _fix(incident: Incident) -> str:
    """Return whether the fault is fixed, and how that is known; "" where nobody has said. Without senders' advice."""
    if incident.fixed_from:
        return f"{incident.fix_sentences} {_one_line(incident.fix_proof)}"
    return incident.fix_state if incident.until_fixed else ""


def _key_events(rows: StoryRows) -> Iterator[str]:
    """Yield the first letter, the suspicion and the scale as sentences, in the order in which they happened."""
    entries = [entry for entry in rows.entries if entry.kind in KEY_KINDS]
    for entry in sorted(entries, key=lambda one: (one.day, one.time or time.max, one.pk)):
        passed = ""
        if entry.kind == TimelineEntry.Kind.SUSPICION:
            passed = f" {days_since_first_letter(rows.incident, entry.day)}".rstrip()
        yield f"{danish.capitalized(danish.weekday_date(entry.day))}: {_one_line(entry.text)}{passed}"


def _emergencies(rows: StoryRows) -> Iterator[str]:
    for one in reversed(rows.emergencies):
        end = f" og sluttede {danish.moment(one.stood_down_at)}" if one.stood_down_at else ""
        yield f"It-beredskabet blev aktiveret {danish.moment(one.raised_at)}{end}."


def _measure(measure: Measure) -> str:
    """Return the measure without a name: a committee asks what is done, and by when."""
    title = _one_line(measure.title).rstrip(".")
    if measure.done_at:
        return f"{title}: gennemført {danish.date(measure.done_at)}."
    is_late = measure.is_overdue(danish.local_date(timezone.now()))
    return f"{title}: {'forsinket, skulle være gennemført' if is_late else 'senest'} {danish.date(measure.due_on)}."


def _breach(incident: Incident, clocks: Sequence[BreachClock]) -> tuple[list[str], list[str]]:
    """Return what is known about a data breach, and what is not known yet. One sentence about each report."""
    known, unknown = [], []
    unreported = unreported_breach(incident, timezone.now())
    if incident.rules.breach:
        known.append(f"{incident.rules.breach} Det kan være et brud på persondatasikkerheden.")
    if unreported:
        unknown.append(f"Om fejlen skal anmeldes til Datatilsynet. {_answer_due(unreported)}")
    for clock in clocks:
        aware_at = clock.report.aware_at
        report = f"henvendelsen fra {danish.day_month(aware_at)} {danish.clock(aware_at)} om et muligt brud"
        if clock.notification:
            day = danish.date(clock.notification.sent_at)
            known.append(f"Bruddet i {report} er anmeldt til Datatilsynet den {day}.")
        elif clock.newest and clock.newest.answer == Answer.DO_NOT_NOTIFY:
            judged = f"{report} ikke skal anmeldes til Datatilsynet"
            known.append(_judged(clock.newest.at, judged, clock.newest.reason))
        elif clock.newest and clock.newest.answer == Answer.NOTIFY:
            known.append(f"Bruddet i {report} skal anmeldes til Datatilsynet, men er ikke anmeldt endnu.")
        else:
            unknown.append(f"Om {report} skal anmeldes til Datatilsynet. {_answer_due(clock)}")
    return known, unknown


def _answer_due(clock: BreachClock) -> str:
    due = danish.moment(clock.report.due_at)
    if clock.is_overdue:
        return f"Koncern IT skulle svare senest {due}, men har ikke svaret."
    return f"Koncern IT skal svare senest {due}."


def _plans(rows: StoryRows) -> tuple[str, str]:
    """Return the sentences about the administrations that have sent a plan, and about those that have not."""
    plans = list_plans(rows)
    sent, missing = (
        danish.join_with_and([row.unit.code or row.unit.name for row in plans if row.has_plan is has])
        for has in (True, False)
    )
    return (
        f"{sent} har lagt en plan for opfølgningen." if sent else "",
        f"{missing} mangler at sende en plan." if missing else "",
    )


def _meeting(plan: AdministrationPlan | None) -> str:
    if plan is None or plan.meeting_on is None or plan.meeting_on < danish.local_date(timezone.now()):
        return ""
    return f"{plan.committee or 'Udvalget'} behandler sagen {danish.weekday_date(plan.meeting_on)}."
