"""The mails to the directors: on the morning of the deadline, and three working days after if letters are missing.

A mail has figures, and names units and leaders but no letter. What is missing by whose turn it is stands for the whole
administration only, as in the status note: in a small unit the parts could point to a personnel case.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from django.db import transaction

from followups.reporting import letter_figures
from followups.reporting.letter_figures import FIGURE_LABELS, CountedGroup, Tally, missing_letters
from letters.models import AdministrationPlan, Incident, Letter, deadlines_of_units
from letters.story.plans import administrations_of
from notifications.kinds.mail_fields import INCIDENT_FIELDS, one_line_without_cpr
from notifications.kinds.reminder_fields import DEADLINE_FIELDS
from notifications.markup.fields import Field, FieldForm, Fields, ListRow
from notifications.markup.mail_template import RenderedMail, parse_template
from notifications.models import DirectorMail, Kind, ReminderSchedule, SendingSettings
from notifications.outbox.enqueue import enqueue_standalone_mail
from notifications.texts.notice_texts import DEFAULT_TEXTS_FOLDER, read_source
from sepo_incident.accounts.models import Membership, Unit
from sepo_incident.core import calendar, danish

#: Working days from the deadline to the second mail.
DAYS_AFTER = 3
#: So many units are named, and so many leaders of a unit, so that the mail stays on a page.
MAX_UNITS, MAX_LEADERS = 8, 3
MISSING = (*letter_figures.SENDERS_TURN, *letter_figures.LEADERS_TURN)


@dataclass(frozen=True)
class Administration:
    """An administration with letters, its plan (unsaved if it has sent none), the deadline in force, and its days."""

    incident: Incident
    unit: Unit
    plan: AdministrationPlan
    deadline: date
    days: tuple[date, date]

    @cached_property
    def groups(self) -> list[CountedGroup]:
        """The figures of the letters by unit. OVERDUE, as on the day after, has no later deadline. One query."""
        letters = Letter.objects.filter(incident=self.incident, unit__lineage__contains=[self.unit.pk]).active()
        by, day_after = ("unit__lineage", "unit__name"), self.deadline + timedelta(days=1)
        figures = ("ALL", "FOLLOWED_UP", *MISSING, "OVERDUE")
        return letter_figures.count_letters(letters, *by, reader=None, today=day_after, figures=figures)

    @cached_property
    def whole(self) -> Tally:
        return sum((counts for _, counts in self.groups), Tally())


def mail_days(deadline: date) -> tuple[date, date]:
    """Return the days of the two mails. A deadline on a day off counts as the last working day before."""
    first = deadline if calendar.is_working_day(deadline) else calendar.previous_working_day(deadline)
    return first, calendar.add_working_days(first, DAYS_AFTER)


def list_administrations(incident: Incident) -> list[Administration]:
    """Return the administrations with letters. Three queries."""
    units, plans = list(administrations_of(incident)), incident.plans_by_unit
    deadlines = deadlines_of_units(incident, [unit.pk for unit in units])
    empty = AdministrationPlan()
    rows = ((unit, plans.get(unit.pk, empty), deadlines[unit.pk]) for unit in units)
    return [Administration(incident, unit, plan, day, mail_days(day)) for unit, plan, day in rows]


def write_due_mails(incident: Incident, now: datetime) -> None:
    """Write the mails that are due today. Two queries on a day that is no day of a mail."""
    if any(danish.local_date(now) in mail_days(day) for day in incident.deadlines):
        write_mails_of_day(incident.pk, danish.local_date(now))


@transaction.atomic
def write_mails_of_day(incident_id: int, today: date) -> None:
    """Write the mails of the day, each once. Reminders that are off and a pause of all mails hold them back."""
    open_incidents = Incident.objects.not_closed().select_for_update(skip_locked=True)
    incident = open_incidents.filter(pk=incident_id).first()
    if incident is None or not ReminderSchedule.objects.for_incident(incident).is_on:
        return
    if SendingSettings.objects.for_incident(incident).paused_at:
        return
    written = set(incident.director_mails.filter(day=today).values_list("unit", flat=True))
    for one in list_administrations(incident):
        if not one.plan.director_email or today not in one.days or one.unit.pk in written:
            continue
        if today == one.days[0] or missing_letters(one.whole):
            notice = enqueue_standalone_mail(Kind.DIRECTOR_STATUS, one.plan.director_email, *compose_mail(one))
            DirectorMail.objects.create(incident=incident, unit=one.unit, day=today, notice=notice)


def compose_mail(one: Administration) -> RenderedMail:
    subject, body = read_source(DEFAULT_TEXTS_FOLDER / "director_status.txt")
    if not missing_letters(one.whole):
        body = body.replace("{enheder}\n\n", "")
    return parse_template(subject, body, DIRECTOR_FIELDS).mail(one, one.whole["ALL"] == 1)


def followed_up_phrase(one: Administration) -> str:
    all_letters = danish.count(one.whole["ALL"], "brev", "breve")
    return f"{danish.number(one.whole['FOLLOWED_UP'])} af {all_letters} er fulgt op"


def missing_sentence(one: Administration) -> str:
    """«4 breve er ikke fulgt op, heraf 2 med en senere frist: 3 mangler beslutning og 1 … Fordelt på enheder:»"""
    parts = [f"{danish.number(one.whole[name])} {FIGURE_LABELS[name]}" for name in MISSING if one.whole[name]]
    missing = f"{not_followed_up(one.whole)}: {danish.join_with_and(parts)}. Fordelt på enheder:"
    return missing if parts else "Alle breve er fulgt op."


def not_followed_up(counts: Tally) -> str:
    return f"{danish.count(missing_letters(counts), 'brev', 'breve')} er ikke fulgt op{later_phrase(counts)}"


def later_phrase(counts: Tally) -> str:
    later = missing_letters(counts) - counts["OVERDUE"]
    return f", heraf {danish.number(later)} med en senere frist" if later else ""


def rows_by_unit(one: Administration) -> list[ListRow]:
    """Return a row per unit with missing letters and the nearest leaders, most missing letters first. One query."""
    owing = [(unit, counts) for unit, counts in one.groups if missing_letters(counts)]
    owing.sort(key=lambda group: (-missing_letters(group[1]), danish.sort_key(group[0]["unit__name"])))
    if rest := owing[MAX_UNITS:]:
        others = f"og {danish.count(len(rest), 'anden enhed', 'andre enheder')}"
        owing[MAX_UNITS:] = [({"unit__name": others, "unit__lineage": []}, sum((one[1] for one in rest), Tally()))]
    leaders = leaders_by_unit(pk for unit, _ in owing for pk in unit["unit__lineage"])
    rows = []
    for unit, counts in owing:
        nearest = next((leaders[pk] for pk in reversed(unit["unit__lineage"]) if pk in leaders), [])[:MAX_LEADERS]
        call = f" – ring til {danish.join_with_and(nearest)}" if nearest else ""
        rows.append(ListRow(one_line_without_cpr(unit["unit__name"]), "", f"{not_followed_up(counts)}{call}"))
    return rows


def leaders_by_unit(units: Iterable[int]) -> dict[int, list[str]]:
    """Return {unit id: names of the leaders of exactly that unit, with phone numbers where known}. One query."""
    held = Membership.objects.filter(role=Membership.Role.LEADER, unit__in=set(units), user__left_on=None)
    found = defaultdict(list)
    for unit, name, phone in held.order_by("user__name", "pk").values_list("unit", "user__name", "user__phone"):
        found[unit].append(one_line_without_cpr(name) + (f" ({phone})" if phone else ""))
    return found


def contact_phrase(one: Administration) -> str:
    """«Lisbeth Krog, 3000 0210, lisbeth.krog@buf.example»"""
    return one_line_without_cpr(", ".join(filter(None, (one.plan.contact_name, one.plan.phone, one.plan.email))))


#: Fields of the mail to a director.
DIRECTOR_FIELDS = Fields(
    [
        Field("direktør", "navn", lambda one: one_line_without_cpr(one.plan.director_name) or "direktør"),
        Field("forvaltning", "navn", lambda one: one_line_without_cpr(one.unit.name)),
        Field("fulgt op", "hvor mange breve der er fulgt op", followed_up_phrase, in_subject=True),
        Field("hvad der mangler", "antal breve efter, hvem næste skridt er hos", missing_sentence),
        Field("enheder", "listen med enheder og ledere", rows_by_unit, FieldForm.ROWS),
        Field("kontakt", "forvaltningens kontakt", contact_phrase),
        *DEADLINE_FIELDS,
        *INCIDENT_FIELDS,
    ]
)
