"""Services that give letters a missing sender, leader or unit, and undo an assignment.

A single SQL statement changes all letters and records a `LetterChange` for every letter. Assignments and commits of
the same incident take turns, so that none overwrites a concurrent change.
"""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from letters.models import Assignment, Incident, letter_change
from letters.models.letter import LetterQuerySet
from letters.models.visibility import is_open_to
from sepo_incident.accounts.models import Unit, User
from sepo_incident.core import danish
from sepo_incident.core.database import Conflict
from sepo_incident.core.sql_files import read_sql

_ASSIGN_SQL = read_sql(__file__, "assign_letters.sql")
_UNDO_SQL = read_sql(__file__, "undo_assignment.sql")
#: Missing owner in Danish → field of the letter.
FACT_BY_LABEL = {label: value for value, label in Assignment.Fact.choices}


class AssigneeNotAllowed(Exception):
    """Raised when somebody chooses themselves, and a personnel case is among the letters."""


@transaction.atomic
def assign_letters(
    incident: Incident, letters: LetterQuerySet, missing: str, chosen: User | Unit, *, by: User, expected: int
) -> Assignment:
    """Give `chosen` to all `letters` and return the assignment. `missing` is the missing owner in Danish.

    Raise Conflict if the number of letters is not `expected`, because somebody gave the letters to a different owner
    or more letters have come. Raise AssigneeNotAllowed or IncidentClosed. In each case nothing changes.
    """
    Incident.objects.lock_open(incident.pk)
    ids = list(letters.values_list("pk", flat=True))
    if not ids or len(ids) != expected:
        raise Conflict
    fact = FACT_BY_LABEL[missing]
    if chosen == by and letters.ever_personnel_cases().exists():
        raise AssigneeNotAllowed
    assigned_field: dict[str, Any] = {"unit" if fact == Assignment.Fact.UNIT else "user": chosen}
    assignment = Assignment.objects.create(incident=incident, fact=fact, by=by, **assigned_field)
    _update_with_history(_ASSIGN_SQL, assignment, by, chosen=chosen.pk, letters=ids)
    letter_change.sync_leader_roles(incident.pk, by.pk)
    return assignment


@transaction.atomic
def undo_assignment(assignment: Assignment, letters: LetterQuerySet, by: User) -> int | None:
    """Restore the earlier value of `letters` still unchanged since the assignment, and return the number restored.

    Return None if the assignment was undone already. Raise IncidentClosed.
    """
    Incident.objects.lock_open(assignment.incident_id)
    undone = Assignment.objects.filter(pk=assignment.pk, undone_at=None)
    if not undone.update(undone_at=timezone.now(), undone_by=by):
        return None
    ids = list(letters.filter(changes__assignment=assignment).values_list("pk", flat=True))
    restored = _update_with_history(_UNDO_SQL, assignment, by, letters=ids)
    letter_change.sync_leader_roles(assignment.incident_id, by.pk)
    return restored


def explain_personnel_wait(letters: LetterQuerySet, missing: str, chosen: User) -> str:
    """Return in Danish how many personnel cases wait for Personalejura once `chosen` has them; "" if none does."""
    is_open = is_open_to(chosen.pk, **{FACT_BY_LABEL[missing]: chosen.pk})
    number = letters.filter(~is_open, is_personnel_case=True).count()
    them = "den" if number == 1 else "dem"
    counted = danish.count(number, "brev er en personalesag", "breve er personalesager")
    return f"{counted}. {chosen} kan først læse {them}, når Personalejura har åbnet {them}." if number else ""


def undo_message(assignment: Assignment, restored: int | None) -> str:
    """Return the Danish message. `assignment` has its number of `letters`; `restored`: from `undo_assignment`."""
    if restored is None:
        return "Tildelingen var allerede fortrudt."
    left = assignment.letters - restored  # type: ignore[attr-defined]
    others = f" {danish.count(left, 'brev', 'breve')} har siden fået en anden ansvarlig og er ikke ændret."
    untouched = others if left else ""
    return f"Fortrudt. {danish.count(restored, 'brev', 'breve')} er som før.{untouched}"


def get_or_create_person(email: str, name: str, unit: Unit) -> tuple[User, bool]:
    """Return (the person with the address, whether the person is new).

    Nobody can sign in as a new person before the account is claimed.
    """
    try:
        with transaction.atomic():
            return User.objects.create_user(email, name, unit=unit), True
    except IntegrityError:
        return User.objects.get(email__iexact=email.strip()), False


def _update_with_history(update: str, assignment: Assignment, by: User, **values: Any) -> int:
    return letter_change.update_with_history(
        update, kind="ASSIGNED", assignment=assignment.pk, by=by.pk, fact=assignment.fact, **values
    )
