"""A follow-up for each letter, in step with what the lists say of it: its date, and whose questions it raises.

A person sets a letter's own date, or gives it back to its subject and the clock of its category.

The mail itself is gone, or has turned up again: what somebody who looked for it says.
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
#: a date in the subject goes before what the clock of the category gives to letters of that day
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
#: in the queue of Personalejura, and waiting since the same time
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
    """One follow-up for each standing letter that has none; returns how many. Run it again after each import."""
    with connection.cursor() as cursor:
        cursor.execute(_INSERT_FOLLOWUPS, {"incident": incident.pk, "now": timezone.now()})
        opened = cursor.rowcount
    if opened:
        database.analyze("followups_followup")  # or the first boards are planned as if it were empty
    update_due_dates()
    if by:
        set_actor(by.pk)
    preparing = Incident.objects.filter(pk=incident.pk, status=Incident.Status.PREPARING)
    if preparing.update(status=Incident.Status.OPEN):
        StandardAnswer.objects.begin()
    return opened


def update_due_dates() -> int:
    """Where a later list has moved the date that a letter names, or somebody its category or that one's clock, its
    follow-up gets the date; returns how many. Three queries, however many letters.

    A letter that somebody has decided about keeps the date they saw. One that somebody is deciding about at this
    moment waits until next time. A date that a person has set stands. Beat asks every minute, so no list needs anybody
    to remember this.
    """
    incidents, categories, days, dates = zip(*ruled, strict=True) if (ruled := _due_dates_by_rules()) else [()] * 4
    values = {"incidents": incidents, "categories": categories, "days": days, "dates": dates}
    with connection.cursor() as cursor:
        cursor.execute(_UPDATE_DUE_DATES, {name: list(column) for name, column in values.items()})
        return cursor.rowcount


def _due_dates_by_rules() -> list[tuple[int, str, date, date]]:
    """(incident id, category, day of sending, date) for the undecided letters that a clock dates: one line for all that
    a category sent on a day."""
    clocks = {(rule.incident_id, rule.name): rule for rule in CategoryRule.objects.deadline_rules()}
    asking = Letter.objects.filter(followup__status=FollowUp.Status.OPEN, followup__due_by=None, named_on=None)
    asking = asking.filter(category__in={name for _, name in clocks})
    sent = asking.annotate(day=TruncDate("sent_at", tzinfo=COPENHAGEN)).values_list("incident", "category", "day")
    return [
        (incident, category, day, due_on)
        for incident, category, day in sent.distinct()
        if (rule := clocks.get((incident, category))) and (due_on := due_dates.due_date_by_rule(rule, day))
    ]


def move_escalations_to_hr() -> int:
    """Where a later list has made a letter a personnel case, an open question goes to Personalejura; how many.

    Asked by beat too; a question that somebody is answering at this moment waits until next time.
    """
    with connection.cursor() as cursor:
        cursor.execute(_MOVE_ESCALATIONS_TO_HR, [timezone.now()])
        return cursor.rowcount


@transaction.atomic
def set_due_date(letter: Letter, due_on: date | None, by: User, version: int) -> FollowUp:
    """From now on no subject, rule or list says otherwise; ``None`` lets them again. The ledger has both dates.

    ``version`` is the one that was read; raises ``Stale`` or ``NotPossible``.
    """
    followup = lock_followup_at_version(letter, version)
    if not rights.may_decide(by, followup.letter):
        raise NotPossible("Kun afsenderen og lederen kan sætte brevets frist.")
    now = due_on or due_dates.due_date_for(followup.letter)
    told = {"due_on": now.isoformat() if now else None, "is_set": due_on is not None}
    advance(followup, Kind.DATE_SET, by, told, due_on=now, due_by=by if due_on else None)
    return followup


def mark_original_missing(letter: Letter, by: User, version: int) -> FollowUp:
    """Nobody can find it. It keeps nobody from any decision: a copy on the record may be sent instead."""
    return _set_original_missing(letter, by, version, is_gone=True)


def mark_original_found(letter: Letter, by: User, version: int) -> FollowUp:
    return _set_original_missing(letter, by, version, is_gone=False)


@transaction.atomic
def _set_original_missing(letter: Letter, by: User, version: int, *, is_gone: bool) -> FollowUp:
    """``version`` is the one that was read; raises ``Stale`` or ``NotPossible``."""
    followup = lock_followup_at_version(letter, version)
    if not rights.may_decide(by, followup.letter):
        raise NotPossible("Kun afsenderen og lederen kan skrive, om originalen findes.")
    if followup.is_original_gone == is_gone:
        raise NotPossible("Det står allerede på brevet.")
    advance(followup, Kind.ORIGINAL_GONE if is_gone else Kind.ORIGINAL_FOUND, by, is_original_gone=is_gone)
    return followup
