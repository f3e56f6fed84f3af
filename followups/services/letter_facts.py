"""Facts of a letter on the follow-up: creation, due date, and whether the original mail is missing.

Follow-ups and escalations also follow changes in later lists.
"""

from __future__ import annotations

from datetime import date

from django.db import connection, transaction
from django.db.models.functions import TruncDate
from django.utils import timezone

from followups.models import FollowUp, StandardAnswer
from followups.rules import due_dates, rights
from followups.services.state_machine import Kind, NotPossible, advance, lock_followup_at_version
from letters.models import CategoryRule, Incident, Letter
from sepo_incident.accounts.models import User
from sepo_incident.audit.triggers import set_actor
from sepo_incident.core import database
from sepo_incident.core.danish import COPENHAGEN

_INSERT_FOLLOWUPS = """
    INSERT INTO followups_followup
        (letter_id, status, due_on, remedy, no_dispatch_reason, consequence_review, is_journalised, record_number,
         no_record_reason, note, handled_text, version, opened_at)
    SELECT letter.id, 'OPEN', letter.named_on, '', '', '', false, '', '', '', '', 0, %(now)s
    FROM letters_letter letter
    WHERE letter.incident_id = %(incident)s AND letter.withdrawn_at IS NULL
    ON CONFLICT (letter_id) DO NOTHING
"""
#: A date in the subject takes precedence over the date from the category's rule.
_UPDATE_DUE_DATES = """
    WITH ruled AS (
        SELECT * FROM unnest(%(incidents)s::bigint[], %(categories)s::text[], %(days)s::date[], %(dates)s::date[])
        AS ruled (incident_id, category, sent_on, due_on)
    ), behind AS (
        SELECT followup.id, coalesce(letter.named_on, ruled.due_on) AS due_on
        FROM followups_followup followup
        JOIN letters_letter letter ON letter.id = followup.letter_id
        LEFT JOIN ruled ON ruled.incident_id = letter.incident_id AND ruled.category = letter.category
            AND ruled.sent_on = (letter.sent_at AT TIME ZONE 'Europe/Copenhagen')::date
        WHERE followup.status = 'OPEN' AND followup.due_by_id IS NULL
            AND followup.due_on IS DISTINCT FROM coalesce(letter.named_on, ruled.due_on)
        ORDER BY followup.id
        FOR UPDATE OF followup SKIP LOCKED
    )
    UPDATE followups_followup followup SET due_on = behind.due_on FROM behind WHERE followup.id = behind.id
"""
#: The escalations keep ``waiting_since``.
_MOVE_ESCALATIONS_TO_HR = """
    WITH astray AS (
        SELECT escalation.id
        FROM followups_escalation escalation
        JOIN followups_followup followup ON followup.id = escalation.followup_id
        JOIN letters_letter letter ON letter.id = followup.letter_id
        WHERE escalation.resolved_at IS NULL AND escalation.desk <> 'HR' AND letter.is_personnel_case
        ORDER BY escalation.id
        FOR UPDATE OF escalation SKIP LOCKED
    ), told AS (
        INSERT INTO followups_escalationentry (escalation_id, kind, text, desk, at)
        SELECT id, 'MOVED', '', 'HR', %s FROM astray
    )
    UPDATE followups_escalation escalation
    SET desk = 'HR', owner_id = NULL, taken_at = NULL, answered_at = NULL, is_with_asker = false
    FROM astray WHERE escalation.id = astray.id
"""


@transaction.atomic
def open_followups(incident: Incident, by: User | None = None) -> int:
    """Create a follow-up for every letter of the incident without one, except withdrawn letters. Return how many.

    Run again after every import. An incident in preparation becomes open, and gets the default standard answers.
    """
    with connection.cursor() as cursor:
        cursor.execute(_INSERT_FOLLOWUPS, {"incident": incident.pk, "now": timezone.now()})
        opened = cursor.rowcount
    if opened:
        database.analyze("followups_followup")  # otherwise the first boards are planned for an empty table
    update_due_dates()
    if by:
        set_actor(by.pk)
    preparing = Incident.objects.filter(pk=incident.pk, status=Incident.Status.PREPARING)
    if preparing.update(status=Incident.Status.OPEN):
        StandardAnswer.objects.begin()
    return opened


def update_due_dates() -> int:
    """Update the due dates of undecided follow-ups after a list, a category or a category rule has changed.

    Return the number updated. Three queries, whatever the number of letters. A follow-up with a decision keeps the
    date that the person saw; so does a date that a person set. A follow-up locked at the moment waits until next
    time. A periodic task runs this every minute, so an import need not.
    """
    incidents, categories, days, dates = zip(*ruled, strict=True) if (ruled := _due_dates_by_rules()) else [()] * 4
    values = {"incidents": incidents, "categories": categories, "days": days, "dates": dates}
    with connection.cursor() as cursor:
        cursor.execute(_UPDATE_DUE_DATES, {name: list(column) for name, column in values.items()})
        return cursor.rowcount


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
    with connection.cursor() as cursor:
        cursor.execute(_MOVE_ESCALATIONS_TO_HR, [timezone.now()])
        return cursor.rowcount


@transaction.atomic
def set_due_date(letter: Letter, due_on: date | None, by: User, version: int) -> FollowUp:
    """Set the letter's due date. Subject, category rule and lists then leave the date unchanged.

    ``None`` gives the date back to subject and category rule. The history keeps both dates. ``version`` is the
    version that was read. Raise FollowUpConflict or NotPossible.
    """
    followup = lock_followup_at_version(letter, version)
    if not rights.rights_on(by, followup.letter).decide:
        raise NotPossible("Kun afsenderen og lederen kan sætte brevets frist.")
    new_due_on = due_on or due_dates.due_date_for(followup.letter)
    answers = {"due_on": new_due_on.isoformat() if new_due_on else None, "is_set": due_on is not None}
    advance(followup, Kind.DATE_SET, by, answers, due_on=new_due_on, due_by=by if due_on else None)
    return followup


def mark_original_missing(letter: Letter, by: User, version: int) -> FollowUp:
    """Record that nobody can find the original mail.

    Decisions stay possible: a copy on the record may be sent instead. Raise FollowUpConflict or NotPossible.
    """
    return _set_original_missing(letter, by, version, is_gone=True)


def mark_original_found(letter: Letter, by: User, version: int) -> FollowUp:
    """Record that the original mail is found. Raise FollowUpConflict or NotPossible."""
    return _set_original_missing(letter, by, version, is_gone=False)


@transaction.atomic
def _set_original_missing(letter: Letter, by: User, version: int, *, is_gone: bool) -> FollowUp:
    followup = lock_followup_at_version(letter, version)
    if not rights.rights_on(by, followup.letter).decide:
        raise NotPossible("Kun afsenderen og lederen kan skrive, om originalen findes.")
    if followup.is_original_gone == is_gone:
        raise NotPossible("Det står allerede på brevet.")
    advance(followup, Kind.ORIGINAL_GONE if is_gone else Kind.ORIGINAL_FOUND, by, is_original_gone=is_gone)
    return followup
