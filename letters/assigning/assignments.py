"""Giving letters the sender, leader or unit that they lack, and taking it back.

Set-based, with a line of the ledger for each letter. Assignments and commits of one incident take turns, so that none
overwrites what another has just given.
"""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from letters import leader_roles
from letters.importing.checks.personnel_guard import barred_users
from letters.models import Assignment, Incident, letter_change
from letters.models.letter import LetterQuerySet
from sepo_incident.accounts.models import Unit, User
from sepo_incident.core import danish
from sepo_incident.core.conflict import Conflict

#: what a letter lacks → the fact of it that is given
FACT_BY_LABEL = {label: value for value, label in Assignment.Fact.choices}


class AssigneeNotAllowed(Exception):
    """Whoever was chosen may not be given a personnel case, and there is one among the letters."""


@transaction.atomic
def assign_letters(
    incident: Incident, letters: LetterQuerySet, what: str, chosen: User | Unit, *, by: User, expected: int
) -> Assignment:
    """``chosen`` for each of ``letters``, which lack it and are as many as ``expected``.

    Raises ``Overtaken`` where somebody gave them to another, or more have come, and ``ShutOut``; then nothing is
    changed.
    """
    _lock_incident(incident)
    ids = list(letters.values_list("pk", flat=True))
    if not ids or len(ids) != expected:
        raise Conflict
    fact = FACT_BY_LABEL[what]
    is_shut_out = isinstance(chosen, User) and (chosen == by or barred_users().contains(chosen))
    if is_shut_out and letters.ever_personnel_cases().exists():
        raise AssigneeNotAllowed
    given: dict[str, Any] = {"unit" if fact == Assignment.Fact.UNIT else "user": chosen}
    assignment = Assignment.objects.create(incident=incident, fact=fact, by=by, **given)
    giving = f"UPDATE letters_letter AS l SET {fact}_id = %(chosen)s WHERE l.id = ANY(%(letters)s)"  # noqa: S608
    _update_with_history(giving, assignment, by, chosen=chosen.pk, letters=ids)
    leader_roles.sync_leader_roles(incident.pk, by.pk)
    return assignment


@transaction.atomic
def undo_assignment(assignment: Assignment, letters: LetterQuerySet, by: User) -> int | None:
    """Those of ``letters`` that are still as the assignment left them get back what they had before; how many.

    None when it was undone already.
    """
    _lock_incident(assignment.incident)
    undone = Assignment.objects.filter(pk=assignment.pk, undone_at=None)
    if not undone.update(undone_at=timezone.now(), undone_by=by):
        return None
    ids = list(letters.filter(changes__assignment=assignment).values_list("pk", flat=True))
    column = f"{assignment.fact}_id"
    taking_back = f"""
        UPDATE letters_letter AS l SET {column} = (given.before ->> '{column}')::bigint
        FROM letters_letterchange AS given
        WHERE given.assignment_id = %(assignment)s AND given.letter_id = l.id AND l.id = ANY(%(letters)s)
          AND l.{column} = (given.after ->> '{column}')::bigint
    """  # noqa: S608 - the column is one of three
    given_back = _update_with_history(taking_back, assignment, by, letters=ids)
    leader_roles.sync_leader_roles(assignment.incident_id, by.pk)
    return given_back


def undo_message(assignment: Assignment, number: int | None) -> str:
    """``assignment`` is counted; ``number``: what ``undo`` answered."""
    if number is None:
        return "Tildelingen var allerede fortrudt."
    left = assignment.letters - number  # type: ignore[attr-defined]
    alone = f" {danish.count(left, 'brev', 'breve')} har fået en anden siden og er ikke rørt." if left else ""
    return f"Fortrudt. {danish.count(number, 'brev', 'breve')} er som før.{alone}"


def get_or_create_person(email: str, name: str, unit: Unit) -> tuple[User, bool]:
    """(the person with that address, is it a new one). Nobody can sign in before they claim the account."""
    try:
        with transaction.atomic():
            return User.objects.create_user(email, name, unit=unit), True
    except IntegrityError:
        return User.objects.get(email__iexact=email.strip()), False


def _lock_incident(incident: Incident) -> None:
    """One at a time in an incident, as ``importing.commit`` does."""
    Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)


def _update_with_history(update: str, assignment: Assignment, by: User, **values: Any) -> int:
    """The number of letters it altered."""
    values |= {"assignment": assignment.pk, "by": by.pk, "batch": None, "reason": "", "now": timezone.now()}
    with connection.cursor() as cursor:
        cursor.execute(
            letter_change.update_with_history_sql(update, kind="ASSIGNED", assignment="%(assignment)s"), values
        )
        return int(cursor.rowcount)
