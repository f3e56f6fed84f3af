"""Absences in tests, from a first day to a last one, said by the person unless it is said."""

from datetime import date

from sepo_incident.accounts.models import Absence, User

FIRST, LAST = date(2020, 1, 10), date(2020, 1, 20)


def away(person: User, substitute: User, *, by: User | None = None, first: date = FIRST, last: date | None = LAST):
    said = {"substitute": substitute, "said_by": by or person}
    return Absence.objects.create(person=person, first_day=first, last_day=last, **said)


def fresh(user: User) -> User:
    """As the next request reads them: whom they stand in for is read once."""
    return User.objects.get(pk=user.pk)
