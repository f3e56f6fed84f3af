"""Facts of a letter on the follow-up: creation, due date, and whether the original mail is missing.

Follow-ups and escalations also follow changes in later lists.
"""

from datetime import date

from django.db import transaction
from django.db.models.functions import TruncDate
from django.utils import timezone

from followups.models import FollowUp, StandardAnswer
from followups.rules import due_dates
from followups.services.state_machine import TRANSITIONS, Kind, NotPossible, advance, lock_for_decider
from letters.incidents import set_status
from letters.models import CategoryRule, Incident, Letter
from sepo_incident.accounts.models import User
from sepo_incident.core import database
from sepo_incident.core.danish import COPENHAGEN
from sepo_incident.core.sql_files import read_sql

IS_TO_BE_RESENT = (
    "Beslutningen er at sende det samme brev igen. Fortryd beslutningen, og notér så, at originalen ikke findes."
)
_OPEN_FOLLOWUPS_SQL = read_sql(__file__, "open_followups.sql")
_UPDATE_DUE_DATES_SQL = read_sql(__file__, "update_due_dates.sql")
_MOVE_ESCALATIONS_SQL = read_sql(__file__, "move_escalations_to_hr.sql")


@transaction.atomic
def open_followups(incident: Incident, by: User | None = None) -> int:
    """Create a follow-up for every letter of the incident without one, except withdrawn letters. Return how many.

    Run again after every import. An incident in preparation becomes open, and gets the default standard answers.
    Raise IncidentClosed.
    """
    status = Incident.objects.lock_open(incident.pk).status
    opened = database.execute(_OPEN_FOLLOWUPS_SQL, {"incident": incident.pk, "now": timezone.now()})
    if opened:
        database.analyze("followups_followup")  # otherwise the first boards are planned for an empty table
    update_due_dates()
    if status == Incident.Status.PREPARING:
        set_status(incident, Incident.Status.OPEN, by)
        StandardAnswer.objects.create_defaults()
    return opened


def update_due_dates() -> int:
    """Update the due dates of undecided follow-ups after a list, a category or a category rule has changed.

    Return the number updated. Three queries, whatever the number of letters. A follow-up with a decision keeps the
    date that the person saw; so does a date that a person set. A follow-up locked at the moment waits until next
    time. A periodic task runs this every minute, so an import need not.
    """
    incidents, categories, days, dates = zip(*ruled, strict=True) if (ruled := _due_dates_by_rules()) else [()] * 4
    values = {"incidents": incidents, "categories": categories, "days": days, "dates": dates}
    return database.execute(_UPDATE_DUE_DATES_SQL, {name: list(column) for name, column in values.items()})


def _due_dates_by_rules() -> list[tuple[int, str, date, date]]:
    """Return (incident id, category, day of sending, due date) for undecided letters that a category rule gives a date.

    All letters that a category sent on a day share a row.
    """
    clocks = {(rule.incident_id, rule.name): rule for rule in CategoryRule.objects.deadline_rules()}
    undated = Letter.objects.filter(followup__status=FollowUp.Status.OPEN, followup__due_by=None, named_on=None)
    undated = undated.filter(category__in={name for _, name in clocks})
    sent = undated.annotate(day=TruncDate("sent_at", tzinfo=COPENHAGEN)).values_list("incident", "category", "day")
    return [
        (incident, category, day, due_on)
        for incident, category, day in sent.distinct()
        if (rule := clocks.get((incident, category))) and (due_on := due_dates.due_date_by_rule(rule, day))
    ]


def move_escalations_to_hr() -> int:
    """Move unresolved escalations about personnel cases to Personalejura. Return how many.

    Needed when a later list makes a letter a personnel case. A periodic task runs this every minute; an escalation
    locked at the moment waits until next time.
    """
    return database.execute(_MOVE_ESCALATIONS_SQL, {"now": timezone.now()})


@transaction.atomic
def set_due_date(letter: Letter, due_on: date | None, by: User, version: int) -> FollowUp:
    """Set the letter's due date. Subject, category rule and lists then leave the date unchanged.

    `None` gives the date back to subject and category rule. The history keeps both dates. `version` is the
    version that was read. Raise Conflict or NotPossible.
    """
    followup = lock_for_decider(letter, by, version, "sætte brevets dato")
    new_due_on = due_on or due_dates.due_date_for(followup.letter)
    answers = {"due_on": new_due_on.isoformat() if new_due_on else None, "is_set": due_on is not None}
    advance(followup, Kind.DATE_SET, by, answers, due_on=new_due_on, due_by=by if due_on else None)
    return followup


def mark_original_missing(letter: Letter, by: User, version: int) -> FollowUp:
    """Record that nobody can find the original mail.

    Other decisions stay possible than to send the same letter again. Raise Conflict or NotPossible.
    """
    return _set_original_missing(letter, by, version, is_gone=True)


def mark_original_found(letter: Letter, by: User, version: int) -> FollowUp:
    """Record that the original mail is found. Raise Conflict or NotPossible."""
    return _set_original_missing(letter, by, version, is_gone=False)


@transaction.atomic
def _set_original_missing(letter: Letter, by: User, version: int, *, is_gone: bool) -> FollowUp:
    followup = lock_for_decider(letter, by, version, "skrive, om originalen findes")
    if followup.is_original_gone == is_gone:
        raise NotPossible("Det er allerede noteret.")
    kind = Kind.ORIGINAL_GONE if is_gone else Kind.ORIGINAL_FOUND
    if is_gone and followup.remedy in FollowUp.RESENDING and followup.status in TRANSITIONS[kind]:
        raise NotPossible(IS_TO_BE_RESENT)
    advance(followup, kind, by, is_original_gone=is_gone)
    return followup
