"""Absences for tests."""

from datetime import date

from sepo_incident.accounts.models import Absence, User

FIRST, LAST = date(2020, 1, 10), date(2020, 1, 20)


def create_absence(
    person: User, substitute: User, *, by: User | None = None, first: date = FIRST, last: date | None = LAST
):
    """Create an absence. `by` is the person who reported it, the absent person by default; `last` None is
    open-ended.
    """
    fields = {"substitute": substitute, "registered_by": by or person}
    return Absence.objects.create(person=person, first_day=first, last_day=last, **fields)


def reload_user(user: User) -> User:
    """Return the user as the next request loads it. Roles and substitutions are cached per instance."""
    return User.objects.get(pk=user.pk)
