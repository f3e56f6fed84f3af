"""Giving letters the sender, leader or unit that they lack, and taking it back.

Set-based, with a line of the ledger for each letter. Assignments and commits of one incident take turns, so that none
overwrites what another has just given.
"""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from letters import leading, ledger
from letters.models import Assignment, Incident
from letters.models.letter import LetterQuerySet
from letters.onlookers import onlookers
from sepo_incident import danish
from sepo_incident.accounts.models import Unit, User
from sepo_incident.overtaken import Overtaken

#: what a letter lacks → the fact of it that is given
FACT_OF = {label: value for value, label in Assignment.Fact.choices}


class ShutOut(Exception):
    """Whoever was chosen may not be given a personnel case, and there is one among the letters."""


@transaction.atomic
def assign(
    incident: Incident, letters: LetterQuerySet, what: str, chosen: User | Unit, *, by: User, expected: int
) -> Assignment:
    """``chosen`` for each of ``letters``, which lack it and are as many as ``expected``.

    Raises ``Overtaken`` where somebody gave them to another, or more have come, and ``ShutOut``; then nothing is
    changed.
    """
    _take_turns(incident)
    ids = list(letters.values_list("pk", flat=True))
    if not ids or len(ids) != expected:
        raise Overtaken
    fact = FACT_OF[what]
    is_shut_out = isinstance(chosen, User) and (chosen == by or onlookers().contains(chosen))
    if is_shut_out and letters.ever_personnel().exists():
        raise ShutOut
    given: dict[str, Any] = {"unit" if fact == Assignment.Fact.UNIT else "user": chosen}
    assignment = Assignment.objects.create(incident=incident, fact=fact, by=by, **given)
    giving = f"UPDATE letters_letter AS l SET {fact}_id = %(chosen)s WHERE l.id = ANY(%(letters)s)"  # noqa: S608
    _write(giving, assignment, by, chosen=chosen.pk, letters=ids)
    leading.follow_the_letters(incident.pk, by.pk)
    return assignment


@transaction.atomic
def undo(assignment: Assignment, letters: LetterQuerySet, by: User) -> int | None:
    """Those of ``letters`` that are still as the assignment left them get back what they had before; how many.

    None when it was undone already.
    """
    _take_turns(assignment.incident)
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
    given_back = _write(taking_back, assignment, by, letters=ids)
    leading.follow_the_letters(assignment.incident_id, by.pk)
    return given_back


def said_of_undone(assignment: Assignment, number: int | None) -> str:
    """``assignment`` is counted; ``number``: what ``undo`` answered."""
    if number is None:
        return "Tildelingen var allerede fortrudt."
    left = assignment.letters - number  # type: ignore[attr-defined]
    alone = f" {danish.count(left, 'brev', 'breve')} har fået en anden siden og er ikke rørt." if left else ""
    return f"Fortrudt. {danish.count(number, 'brev', 'breve')} er som før.{alone}"


def find_or_make(email: str, name: str, unit: Unit) -> tuple[User, bool]:
    """(the person with that address, is it a new one). Nobody can sign in before they claim the account."""
    try:
        with transaction.atomic():
            return User.objects.create_user(email, name, unit=unit), True
    except IntegrityError:
        return User.objects.get(email__iexact=email.strip()), False


def _take_turns(incident: Incident) -> None:
    """One at a time in an incident, as ``importing.commit`` does."""
    Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)


def _write(update: str, assignment: Assignment, by: User, **values: Any) -> int:
    """The number of letters it altered."""
    values |= {"assignment": assignment.pk, "by": by.pk, "batch": None, "reason": "", "now": timezone.now()}
    with connection.cursor() as cursor:
        cursor.execute(ledger.written(update, kind="ASSIGNED", assignment="%(assignment)s"), values)
        return int(cursor.rowcount)
