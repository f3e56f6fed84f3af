"""Services that register and cancel an absence."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from sepo_incident.accounts.models import Absence, User
from sepo_incident.audit.triggers import set_actor

OVERLAPPING_ABSENCE = "Der er imens kommet et fravær i de dage. Se det, og tag det tilbage først, hvis det er forkert."


def register_absence(person: User, substitute: User, first: date, last: date | None, by: User) -> Absence:
    """Save an absence of `person` with `substitute` and return the absence.

    `first` and `last` are included days; `last` None means until cancelled. Raise ValidationError with a Danish
    message if a constraint refuses the absence, for example because of an overlapping absence.
    """
    absence = Absence(person=person, substitute=substitute, first_day=first, last_day=last, said_by=by)
    absence.validate_constraints()
    try:
        with transaction.atomic():
            set_actor(by.pk)
            absence.save()
    except IntegrityError as refused:
        raise ValidationError(OVERLAPPING_ABSENCE) from refused
    return absence


@transaction.atomic
def cancel_absence(absence: Absence, by: User) -> bool:
    """Cancel the absence. Return False if the absence was cancelled already."""
    set_actor(by.pk)
    uncancelled = Absence.objects.active().filter(pk=absence.pk)
    return bool(uncancelled.update(taken_back_at=timezone.now(), taken_back_by=by))
