"""The breach question (GDPR art. 33 and 34): the clock of 72 hours, assessments, the drafts, and who is affected.

A report is settled when its newest assessment says that nothing must be notified, or when a notification was sent.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Case, Count, F, Model, QuerySet, Value, When
from django.urls import reverse

from letters.categories.category_rules import NO_SUBJECT_CATEGORY, PERSONNEL_CATEGORY
from letters.models import (
    BreachAssessment,
    BreachNotification,
    BreachOpinion,
    BreachReport,
    Cause,
    Incident,
    IncidentContact,
    InformationDecision,
    Letter,
    Measure,
)
from letters.models.breach import NOTIFICATION_TIME
from letters.models.letter import LetterQuerySet
from letters.story.story_rows import StoryRows
from sepo_incident.accounts.models import Membership, User
from sepo_incident.core import danish
from sepo_incident.core.database import Conflict

Answer = BreachAssessment.Answer
#: The answers after which nothing is notified.
NOT_NOTIFIED = (Answer.DO_NOT_NOTIFY, Answer.NOT_A_BREACH)


@dataclass(frozen=True)
class BreachClock:
    """A report with what was written about it, the newest first, and what is left of the 72 hours at `now`.

    `information`: the newest decision of each category about telling the recipients.
    """

    report: BreachReport
    assessments: list[BreachAssessment]
    notification: BreachNotification | None
    now: datetime
    opinions: list[BreachOpinion] = field(default_factory=list)
    information: list[InformationDecision] = field(default_factory=list)

    @property
    def newest(self) -> BreachAssessment | None:
        return self.assessments[0] if self.assessments else None

    @property
    def answer(self) -> str:
        return self.newest.get_answer_display() if self.newest else "Ikke vurderet endnu"

    @property
    def is_assessed(self) -> bool:
        """Tell whether somebody has decided whether the report must be notified."""
        return self.newest is not None and self.newest.answer != Answer.UNDECIDED

    @property
    def is_settled(self) -> bool:
        return self.notification is not None or (self.newest is not None and self.newest.answer in NOT_NOTIFIED)

    @property
    def has_history(self) -> bool:
        return bool(self.notification or self.information or self.opinions or self.assessments)

    @property
    def left(self) -> timedelta:
        return max(timedelta(), self.report.due_at - self.now)

    @property
    def is_overdue(self) -> bool:
        return self.now >= self.report.due_at

    @property
    def due_sentence(self) -> str:
        due = danish.moment(self.report.due_at)
        return f"Fristen for at anmelde til Datatilsynet {'var' if self.is_overdue else 'er'} {due}."

    @property
    def elapsed_percent(self) -> float:
        """Return how much of the 72 hours is gone, from 0 to 100, for a bar in percent of its width."""
        gone = min(NOTIFICATION_TIME, max(timedelta(), self.now - self.report.aware_at))
        return round(100 * gone / NOTIFICATION_TIME, 1)

    @property
    def left_sentence(self) -> str:
        """Return «66 timer og 10 minutter tilbage af 72 timer», or that the time is over."""
        if self.is_overdue:
            return "De 72 timer er gået"
        return f"{hours_and_minutes(self.left)} tilbage af 72 timer"

    @property
    def badge(self) -> danish.Badge | None:
        """Return what is left of the 72 hours, None for a settled report."""
        if self.is_settled:
            return None
        if self.is_overdue:
            return danish.Badge("72 timer er gået", "is-late", "error")
        return danish.Badge(f"{danish.count(self.left // HOUR, 'time', 'timer')} tilbage", "is-soon", "time")


HOUR = timedelta(hours=1)


def hours_and_minutes(length: timedelta) -> str:
    """Return «66 timer og 10 minutter», «1 time» or «12 minutter»."""
    hours, rest = divmod(length, HOUR)
    parts = [danish.count(hours, "time", "timer")] if hours else []
    if minutes := rest // timedelta(minutes=1):
        parts.append(danish.count(minutes, "minut", "minutter"))
    return danish.join_with_and(parts or ["0 minutter"])


def clocks_of(story: StoryRows, now: datetime) -> list[BreachClock]:
    """Return a clock for each report, the newest first."""
    clocks = []
    for report in story.reports:
        assessments = [one for one in story.assessments if one.report_id == report.pk]
        sent = next((one for one in story.notifications if one.report_id == report.pk), None)
        opinions = [one for one in story.opinions if one.report_id == report.pk]
        decided = [one for one in reversed(story.information_decisions) if one.report_id == report.pk]
        newest = {one.category: one for one in decided}
        clocks.append(BreachClock(report, assessments, sent, now, opinions, list(newest.values())))
    return clocks


def address_of(report: BreachReport) -> str:
    """Return the address of the page about the report, or of the newest where the report is not saved."""
    return f"{reverse('breach')}?brud={report.pk}" if report.pk else reverse("breach")


def advisers() -> QuerySet[User]:
    """Return the data protection officers: people with the role who can sign in."""
    holders = Membership.objects.filter(role=Membership.Role.ADVISER).values("user")
    return User.objects.filter(pk__in=holders, is_active=True, left_on=None).order_by("name", "pk")


def advisers_for(incident: Incident) -> list[User] | list[IncidentContact]:
    """Return whom to ask about a breach: the data protection officers, otherwise the incident's contacts."""
    contacts = IncidentContact.objects.filter(incident=incident, kind=IncidentContact.Kind.ADVISER)
    return [*advisers()] or [*contacts]


@transaction.atomic
def assess(
    report: BreachReport, answer: str, reason: str, seen: int, by: User, **concerned: bool | list[int]
) -> BreachAssessment:
    """Add an assessment. `seen`: the number of assessments that the page showed. `concerned`: its columns of letters.

    Raise Conflict with the newest assessment if somebody else assessed the report in the meantime.
    """
    Incident.objects.select_for_update(no_key=True).get(pk=report.incident.pk)  # serializes two writers
    existing = list(report.assessments.select_related("by"))
    if len(existing) != seen:
        raise Conflict("En anden har vurderet det imens.", existing[0])
    return BreachAssessment.objects.create(report=report, answer=answer, reason=reason, by=by, **concerned)


@transaction.atomic
def save_once(row: Model, incident: Incident, about: dict[str, Any]) -> None:
    """Save a row of a breach. `about`: the columns that say what the row is about.

    The newest row about the same, with the same words of the same person, is kept: the button was pressed twice.
    """
    Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)
    columns = {field.attname for field in row._meta.concrete_fields} - {"id", "at", "salt"}
    said = {name: getattr(row, name) for name in columns}
    newest = type(row)._default_manager.filter(**about).order_by("-pk").first()
    if newest and all(getattr(newest, name) == value for name, value in said.items()):
        row.pk = newest.pk
    else:
        row.save()


def draft_notification(report: BreachReport, contact: User) -> str:
    """Return the draft to Datatilsynet with the contents of GDPR art. 33(3). Nobody's name but the contacts'."""
    happened, *rest = _draft_parts(report, contact)
    affected = affected_sentence(report.assessments.first(), report.incident)
    return "\n\n".join([happened, f"Hvem og hvor mange er berørt?\n{affected}", *rest])


def draft_information(report: BreachReport, contact: User) -> str:
    """Return the draft to the people affected with the contents of GDPR art. 34(2): the other draft without figures."""
    return "\n\n".join(_draft_parts(report, contact))


def _draft_parts(report: BreachReport, contact: User) -> Iterator[str]:
    """Yield headings with their texts. Four queries."""
    incident, newest = report.incident, report.assessments.first()
    cause = Cause.objects.filter(incident=incident).first()
    happened = [
        danish.sentence(report.text),
        f"Opdaget {danish.moment(report.aware_at)}.",
        f"Berørt: {report.lost_in_words}.",
        cause.known if cause else "",
    ]
    yield f"Hvad er der sket?\n{' '.join(filter(None, happened))}"
    yield f"Hvad kan det føre til?\n{newest.reason if newest and newest.reason else 'Ved vi ikke endnu.'}"
    measures = [
        f"- {one.title} ({one.get_status_display()}, {danish.date(one.due_on)})"
        for one in Measure.objects.filter(incident=incident)
    ]
    yield "\n".join(["Hvad gør vi?", *(measures or ["Ved vi ikke endnu."])])
    people = [f"{contact.name}, Koncern IT{f', {contact.phone}' if contact.phone else ''}"]
    for adviser in advisers_for(incident)[:1]:
        said = filter(None, (str(adviser), adviser.phone, adviser.email))
        people.append(f"Databeskyttelsesrådgiver: {', '.join(said)}")
    yield "\n".join(["Kontakt", *people])


class AffectedGroup(NamedTuple):
    """The letters of a category that a breach concerns, and whether their recipients are told.

    `recipients`: None for chosen personnel cases, see `affected_sentence`.
    """

    category: str
    letters: int
    recipients: int | None
    decision: InformationDecision | None


def affected_groups(clock: BreachClock) -> list[AffectedGroup]:
    """Return the affected letters by category, the most letters first. One query. Personnel cases are one group."""
    category = Case(
        When(is_personnel_case=True, then=Value(PERSONNEL_CATEGORY)),
        When(category="", then=Value(NO_SUBJECT_CATEGORY)),
        default=F("category"),
    )
    counted = _affected_letters(clock.newest, clock.report.incident).order_by().values(group=category)
    counted = counted.annotate(letters=Count("pk"), people=Count("recipient_key", distinct=True))
    decided = {one.category: one for one in clock.information}
    rows = counted.order_by("-letters", "group").values_list("group", "letters", "people")
    untold = set() if clock.newest and clock.newest.concerns_all else {PERSONNEL_CATEGORY}
    return [
        AffectedGroup(name, letters, None if name in untold else people, decided.get(name))
        for name, letters, people in rows
    ]


def _affected_letters(newest: BreachAssessment | None, incident: Incident) -> LetterQuerySet:
    """Return the letters that the newest assessment names. As long as nobody knows which, there are none."""
    letters = Letter.objects.filter(incident=incident).active()
    if newest and newest.concerns_all:
        return letters
    return letters.filter(pk__in=newest.letters if newest else [])


#: What the recipients of each kind are called: one, and several.
RECIPIENTS: dict[str, tuple[str, str]] = {
    Letter.RecipientKind.CITIZEN: ("borger", "borgere"),
    Letter.RecipientKind.EMPLOYEE: ("medarbejder", "medarbejdere"),
    Letter.RecipientKind.UNKNOWN: ("ukendt modtager", "ukendte modtagere"),
}


def affected_sentence(newest: BreachAssessment | None, incident: Incident) -> str:
    """Return a sentence with the number of letters and recipients of each kind. The recipients are counted by key.

    Where letters were chosen, personnel cases are a number of letters: to choose two of them must not tell whether they
    are about the same person.
    """
    if newest is None or not (newest.concerns_all or newest.letters):
        return "Ved vi ikke endnu."
    letters = _affected_letters(newest, incident)
    number = letters.count()
    cases = 0 if newest.concerns_all else letters.filter(is_personnel_case=True).count()
    counts = (
        (letters.filter(is_personnel_case=False) if cases else letters)
        .order_by()
        .values("recipient_kind")
        .annotate(people=Count("recipient_key", distinct=True))
    )
    parts = [
        danish.count(row["people"], *RECIPIENTS[row["recipient_kind"]]) for row in counts.order_by("recipient_kind")
    ]
    total = danish.count(number, "brev", "breve")
    people = f" til {danish.join_with_and(parts)}" if parts else ""
    people += f"{' og' if parts else ''} i {danish.count(cases, 'personalesag', 'personalesager')}" if cases else ""
    return f"{'Op mod ' if newest.concerns_all else ''}{total}{people}, sendt {incident.window}."
