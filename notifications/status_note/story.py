"""What people have written about the incident, for the sections of the note: timeline, breach, measures and plans."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time

from followups.rules.claims import list_claims, unreported_breach
from letters.models import (
    AdministrationPlan,
    Cause,
    Claim,
    DeadlineExtension,
    Incident,
    InformationDecision,
    Letter,
    Measure,
    TimelineEntry,
)
from letters.story.breach import Answer, BreachClock, clocks_of
from letters.story.plans import list_plans
from letters.story.story_rows import StoryRows, read_story_rows
from letters.story.timeline import KEY_KINDS, days_since_first_letter
from letters.tracking.sent_letters import letters_sent_in_all
from sepo_incident.accounts.models import Unit
from sepo_incident.core import danish

#: The committee that reads the note on the whole municipality.
WHOLE_COMMITTEE = "Økonomiudvalget"


@dataclass(frozen=True)
class Story:
    """What people have written about the incident, in markup. Empty where nobody has written anything.

    `sent_in_all`: «36.200 breve … (kilde: …)». `fix`: whether the fault is fixed, with proof.
    `breach`: a clause of the summary. `measures`: the cells of a row each.
    """

    sent_in_all: str = ""
    cause: str = ""
    cause_unknown: str = ""
    found_out: list[str] = field(default_factory=list)
    fix: str = ""
    measures: list[list[str]] = field(default_factory=list)
    supplier: list[str] = field(default_factory=list)
    breach: str = ""
    breach_known: list[str] = field(default_factory=list)
    breach_unknown: list[str] = field(default_factory=list)
    claims: list[str] = field(default_factory=list)
    statement: str = ""
    plans_sent: str = ""
    plans_missing: str = ""
    deadlines: list[str] = field(default_factory=list)
    meetings: list[tuple[date, str]] = field(default_factory=list)


def read_story(incident: Incident, unit: Unit, at: datetime) -> Story:
    """Return the story at a time, for the note on the unit. At most eleven queries."""
    rows, today = read_story_rows(incident), danish.local_date(at)
    clocks, cause = clocks_of(rows, at), next(iter(rows.causes), None)
    plan = next((one for one in rows.plans if one.unit_id in unit.lineage), None)
    unreported = unreported_breach(incident, at)
    known, unknown = _breach(incident, clocks, unreported)
    claims = [one for row in list_claims(incident, clocks) if (one := row.printed)]
    plans_sent, plans_missing = _plans(rows) if unit.is_root else ("", "")
    return Story(
        sent_in_all=_sent_in_all(incident),
        cause=_cause(cause),
        cause_unknown=_one_line(cause.unknown) if cause else "",
        found_out=[*_key_events(rows), *_emergencies(rows)],
        fix=_fix(incident),
        measures=[_measure(one, today) for one in rows.measures],
        supplier=list(_supplier(rows, today)),
        breach=_breach_clause(clocks, unreported, {one.kind for one in claims}),
        breach_known=known,
        breach_unknown=unknown,
        claims=_claims(claims),
        statement=_plain(plan.statement) if plan else "",
        plans_sent=plans_sent,
        plans_missing=plans_missing,
        deadlines=[*_deadline_moves(rows), *_extensions(rows, unit)],
        meetings=_meetings(rows, plan, unit),
    )


def read_committee(incident: Incident, unit: Unit) -> str:
    """Return the committee that reads the note."""
    if unit.is_root:
        return WHOLE_COMMITTEE
    plan = incident.plan_of(unit)
    return _one_line(plan.committee if plan else "") or f"{danish.genitive(unit.name)} udvalg"


def _plain(text: str) -> str:
    """Return the text without the braces of fields, which only our own text may have."""
    return text.replace("{", "(").replace("}", ")").strip()


def _one_line(text: str) -> str:
    return " ".join(_plain(text).split())


def _sentence(text: str) -> str:
    return danish.sentence(_plain(text))


def in_sentence(text: str) -> str:
    """Return the text with a small first letter, unless an abbreviation comes first."""
    return text if text[:2].isupper() else text[:1].lower() + text[1:]


def _judged(at: datetime, what: str, reason: str) -> str:
    """Return the judgement of Koncern IT as two sentences, the second with the reason as typed."""
    return f"Koncern IT vurderede den {danish.date(at)}, at {what}. Begrundelse: {_sentence(reason)}"


# --- What happened --------------------------------------------------------------------------------------------------


def _sent_in_all(incident: Incident) -> str:
    known = letters_sent_in_all(incident)
    if known is None:
        return ""
    number, source = known
    return f"{danish.count(number, 'brev', 'breve')} gennem {incident.system} (kilde: {_one_line(source)})"


def _cause(cause: Cause | None) -> str:
    if cause is None:
        return ""
    rest = " Årsagen er foreløbig." if cause.status == Cause.Status.PRELIMINARY else ""
    return f"{_sentence(cause.known)}{rest}"


def _fix(incident: Incident) -> str:
    """Return whether the fault is fixed, and how that is known; "" where nobody has said."""
    is_known = incident.fixed_from or incident.until_fixed
    return f"{incident.fix_report} {_one_line(incident.fix_proof)}".rstrip() if is_known else ""


def _key_events(rows: StoryRows) -> Iterator[str]:
    """Yield the first letter, the suspicion, the scale and what people marked, in the order in which it happened."""
    entries = [entry for entry in rows.entries if entry.kind in KEY_KINDS or entry.in_note]
    for entry in sorted(entries, key=lambda one: (one.day, one.time or time.max, one.pk)):
        passed = ""
        if entry.kind == TimelineEntry.Kind.SUSPICION:
            passed = f" {days_since_first_letter(rows.incident, entry.day)}".rstrip()
        yield f"{danish.capitalized(danish.weekday_date(entry.day))}: {_sentence(entry.text)}{passed}"


def _emergencies(rows: StoryRows) -> Iterator[str]:
    for one in reversed(rows.emergencies):
        end = f" og sluttede {danish.moment(one.stood_down_at)}" if one.stood_down_at else ""
        yield f"It-beredskabet blev aktiveret {danish.moment(one.raised_at)}{end}."


# --- The breach -----------------------------------------------------------------------------------------------------


def _breach(
    incident: Incident, clocks: Sequence[BreachClock], unreported: BreachClock | None
) -> tuple[list[str], list[str]]:
    """Return a paragraph about each report and its answer, and what is not known yet about a data breach."""
    known, unknown = [], []
    if incident.rules.breach:
        maybe = " Det kan være et brud på persondatasikkerheden." if unreported else ""
        known.append(f"{incident.rules.breach}{maybe}")
    if unreported:
        unknown.append(f"Om fejlen skal anmeldes til Datatilsynet. {unreported.due_sentence}")
    for clock in reversed(clocks):  # the oldest first
        said = [f"Koncern IT registrerede {danish.moment(clock.report.aware_at)}: {_sentence(clock.report.text)}"]
        newest = clock.newest
        if newest and newest.answer in _JUDGEMENTS:
            said.append(_judged(newest.at, _JUDGEMENTS[Answer(newest.answer)], newest.reason))
        said += _opinions(clock)
        if clock.notification:
            said.append(f"Bruddet er anmeldt til Datatilsynet den {danish.date(clock.notification.sent_at)}.")
        elif newest and newest.answer == Answer.NOTIFY:
            said.append(f"Det er ikke anmeldt endnu. {clock.due_sentence}")
        elif not clock.is_assessed:
            about = f"det mulige brud, opdaget {danish.moment(clock.report.aware_at)},"
            unknown.append(f"Om {about} er et brud, der skal anmeldes til Datatilsynet. {clock.due_sentence}")
        known.append(" ".join([*said, *map(_information, clock.information)]))
    return known, unknown


def _opinions(clock: BreachClock) -> list[str]:
    """Return what the data protection officer has said of the report, the oldest first."""
    said = [
        f"Databeskyttelsesrådgiveren udtalte den {danish.date(one.at)}: {_sentence(one.text)}"
        for one in reversed(clock.opinions)
    ]
    return said or ["Der er ikke registreret en udtalelse fra databeskyttelsesrådgiveren."]


def _information(decision: InformationDecision) -> str:
    """Return whether the recipients of the letters of a category are told (GDPR art. 34)."""
    if decision.told_on:
        told = f"fik besked om bruddet den {danish.date(decision.told_on)}"
    else:
        told = "får besked om bruddet" if decision.is_told else "får ikke besked om bruddet"
    return f"Modtagerne af brevene under »{_one_line(decision.category)}« {told}: {_sentence(decision.reason)}"


_JUDGEMENTS = {
    Answer.NOT_A_BREACH: "der ikke er sket et brud på persondatasikkerheden",
    Answer.DO_NOT_NOTIFY: "bruddet på persondatasikkerheden ikke skal anmeldes til Datatilsynet",
    Answer.NOTIFY: "bruddet på persondatasikkerheden skal anmeldes til Datatilsynet",
}


def _claims(claims: Iterable[Claim]) -> list[str]:
    """Return the claims of Koncern IT, those with the same day and reason together."""
    alike: dict[tuple[date, str], list[Claim]] = {}
    for one in claims:
        alike.setdefault((danish.local_date(one.changed_at), one.reason), []).append(one)
    return [
        _judged(same[0].changed_at, ", og at ".join(in_sentence(one.get_kind_display()) for one in same), reason)
        for (_, reason), same in alike.items()
    ]


def _breach_clause(clocks: Sequence[BreachClock], unreported: BreachClock | None, claimed: set[str]) -> str:
    """Return the most serious of what is known about a breach, as a clause. `claimed`: the kinds of claims printed."""
    assessed = [one for one in clocks if one.is_assessed]
    is_open = unreported is not None or len(assessed) < len(clocks)
    if is_open and not assessed:
        return "det er ikke afklaret, om der er sket et brud på persondatasikkerheden"
    if not clocks:
        return "der er ikke registreret et muligt brud på persondatasikkerheden"
    return f"{_assessed_clause(assessed, claimed)}{', mens endnu et muligt brud ikke er afklaret' if is_open else ''}"


def _assessed_clause(assessed: Sequence[BreachClock], claimed: set[str]) -> str:
    """Return the most serious of the answers about a breach, as a clause."""
    answers = {Answer(one.newest.answer) for one in assessed if one.newest}
    if Answer.NOTIFY in answers:
        is_sent = all(one.notification for one in assessed if one.newest and one.newest.answer == Answer.NOTIFY)
        done = "er anmeldt" if is_sent else "skal anmeldes"
        return f"et brud på persondatasikkerheden {done} til Datatilsynet"
    worst = Answer.DO_NOT_NOTIFY if Answer.DO_NOT_NOTIFY in answers else Answer.NOT_A_BREACH
    is_safe = {Claim.Kind.NONE_LOST, Claim.Kind.NO_STRANGER} <= claimed
    safe = "ingen breve er gået tabt eller kommet uvedkommende i hænde, og at " if is_safe else ""
    return f"Koncern IT vurderer, at {safe}{_JUDGEMENTS[worst]}"


# --- What is done, and what comes -----------------------------------------------------------------------------------


def _measure(measure: Measure, today: date) -> list[str]:
    """Return title, owner, date and state of the measure."""
    state = measure.get_status_display()
    if measure.done_at:
        state = f"gennemført {danish.day_month(measure.done_at)}"
    elif measure.is_overdue(today):
        state = "forsinket"
    title = _one_line(measure.title).rstrip(".")
    return [title, measure.contact_name, danish.date(measure.due_on), danish.capitalized(state)]


def _supplier(rows: StoryRows, today: date) -> Iterator[str]:
    """Yield the questions to the supplier with their answers, the oldest first."""
    for one in reversed(rows.exchanges):
        asked = f"Koncern IT spurgte leverandøren den {danish.date(one.day)}: {_sentence(one.text)}"
        if one.answer:
            yield f"{asked} Leverandøren svarede: {_sentence(one.answer)}"
        elif one.next_answer_on:
            verb = "ventes" if one.next_answer_on >= today else "var ventet"
            yield f"{asked} Leverandøren har ikke svaret endnu. Svaret {verb} {danish.date(one.next_answer_on)}."
        else:
            yield f"{asked} Leverandøren har ikke svaret endnu."


def _deadline_moves(rows: StoryRows) -> Iterator[str]:
    for one in sorted(rows.deadline_changes, key=lambda one: one.pk):
        yield f"Kommunens frist er flyttet fra {danish.date(one.old)} til {danish.date(one.new)}."


def _extensions(rows: StoryRows, unit: Unit) -> Iterator[str]:
    """Yield the extensions in force of units at or below the unit, and how many letters have one. Two queries."""
    newest: dict[tuple[int | None, int | None], DeadlineExtension] = {}
    for one in rows.extensions:  # the newest first
        newest.setdefault((one.unit_id, one.letter_id), one)
    units = Unit.objects.in_bulk([one.unit_id for one in newest.values() if one.unit_id])
    letters = Letter.objects.active().filter(unit__lineage__contains=[unit.pk]).select_related("unit")
    extended = letters.in_bulk([one.letter_id for one in newest.values() if one.letter_id])
    number, usual = 0, rows.incident.usual_deadline_of
    for one in newest.values():
        of_unit = units.get(one.unit_id)
        if of_unit and unit.pk in of_unit.lineage and one.deadline > usual(of_unit):
            until = danish.date(one.deadline)
            yield f"Fristen er forlænget til {until} for {of_unit.name}. Begrundelse: {_sentence(one.reason)}"
        number += one.letter_id in extended and one.deadline > usual(extended[one.letter_id].unit)
    if number:
        yield f"Fristen er forlænget for {danish.count(number, 'brev', 'breve')}."


def _plans(rows: StoryRows) -> tuple[str, str]:
    """Return the sentences about the administrations that have sent a plan, and about those that have not."""
    plans = list_plans(rows)
    if plans and not any(row.has_plan for row in plans):
        return "", "Forvaltningerne har ikke sendt deres planer for opfølgningen endnu."
    sent, missing = (
        danish.join_with_and([row.unit.code or row.unit.name for row in plans if row.has_plan is has])
        for has in (True, False)
    )
    return (
        f"{sent} har lagt en plan for opfølgningen." if sent else "",
        f"{missing} mangler at sende en plan." if missing else "",
    )


def _meetings(rows: StoryRows, plan: AdministrationPlan | None, unit: Unit) -> list[tuple[date, str]]:
    """Return the meetings of the committees, of the whole municipality those of all administrations."""
    plans = rows.plans if unit.is_root else [plan] if plan else []
    coming = [(one.meeting_on, _one_line(one.committee) or "Udvalget") for one in plans if one.meeting_on]
    return [(day, f"{committee} behandler sagen.") for day, committee in coming]
