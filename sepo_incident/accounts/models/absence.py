"""Absences: a person is away for some days, and a substitute answers for the person's letters.

Days are Copenhagen days; the first and the last day are included. A substitute may be away as well: then the
substitute's substitute answers, and so on. Nobody has two absences on the same day, so a chain that ends with a
present person ends with a single person. A chain that returns to a person already passed ends with nobody.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

import pgtrigger
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import BigIntegerRangeField, DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value

from sepo_incident.audit.triggers import CHANGE_LOG_TRIGGERS
from sepo_incident.core import danish, database
from sepo_incident.core.sql_files import read_sql

#: `int8range` of the person's id, a core type of PostgreSQL, so that the exclusion constraint needs no extension.
PERSON_RANGE = Func(F("person"), F("person"), Value("[]"), function="int8range", output_field=BigIntegerRangeField())
DAY_RANGE = Func(F("first_day"), F("last_day"), Value("[]"), function="daterange", output_field=DateRangeField())

_ROLES_AND_SUBSTITUTIONS_SQL = read_sql(__file__, "roles_and_represented.sql")
_SUBSTITUTES_OF_ABSENT_SQL = read_sql(__file__, "substitutes_of_absent.sql")


class StandIn(NamedTuple):
    """The substitute of an absent person on a given day.

    `user`: the substitute's id, None for nobody. `until`: the last day of the substitution, None if open-ended.
    `registered_by`: id of the person who registered every absence of the chain; None if several persons did, or if the
    substitute is of Koncern IT or DIT, or had no known address (`User.address_since`) when named.
    """

    user: int | None
    until: date | None
    registered_by: int | None
    name: str

    @property
    def description(self) -> str:
        """Return for example «Væk til og med 3. januar 2020: Mette Dahl svarer»."""
        until = f"til og med {danish.date(self.until)}" if self.until else "indtil videre"
        return f"Væk {until}: {self.name or 'ingen'} svarer"


class AbsenceQuerySet(models.QuerySet["Absence"]):
    def active(self) -> AbsenceQuerySet:
        return self.filter(taken_back_at=None)

    def in_force(self, on: date) -> AbsenceQuerySet:
        """Return the active absences that include the day `on`."""
        return self.active().filter(Q(last_day=None) | Q(last_day__gte=on), first_day__lte=on)

    def current_or_upcoming(self, on: date) -> AbsenceQuerySet:
        """Return the active absences that are open-ended or end on the day `on` or later."""
        return self.active().filter(Q(last_day=None) | Q(last_day__gte=on))

    def roles_and_substitutions_of(self, user_id: int, on: date) -> tuple[list[tuple[str, int]], dict[int, int | None]]:
        """Return ([(role, unit id)], {id of an absent person: registered_by}) for a user on the day `on`. One query.

        The second part has the persons for whom the user stands in. `registered_by` is the id of the user who
        registered every absence of the chain; None as in `StandIn`. A user who is away stands in for nobody.
        """
        return split_roles(database.fetch_all(_ROLES_AND_SUBSTITUTIONS_SQL, {"user": user_id, "on": on}))

    def stand_ins(self, on: date, people: Iterable[int] | None = None) -> dict[int, StandIn]:
        """Return {id of an absent person: StandIn} on the day `on`, for everybody or only for `people` (ids).

        One query. `StandIn.user` is None if the chain returns to a person already passed, or ends with a person who
        is inactive, has left or cannot be reached by mail.
        """
        values = {"people": None if people is None else list(people), "on": on}
        return {
            person: StandIn(*found) for person, *found in database.fetch_planned(_SUBSTITUTES_OF_ABSENT_SQL, values)
        }


def split_roles(rows: Iterable[tuple[Any, ...]]) -> tuple[list[tuple[str, int]], dict[int, int | None]]:
    """Return the rows of `roles_and_represented.sql` as `roles_and_substitutions_of` does."""
    roles = [(role, unit) for role, unit, _ in rows if role]
    return roles, {person: registered_by for role, person, registered_by in rows if not role}


class Absence(models.Model):
    """An absence, registered by the person or by the person's leader.

    An absence is cancelled, never changed or deleted.
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="absences", verbose_name="fraværende"
    )
    first_day = models.DateField("fra og med")
    #: None: until the absence is cancelled.
    last_day = models.DateField("til og med", null=True, blank=True)
    substitute = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="substitutions", verbose_name="stedfortræder"
    )
    registered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    registered_at = models.DateTimeField(auto_now_add=True)
    taken_back_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True, db_index=False
    )
    taken_back_at = models.DateTimeField(null=True, blank=True)

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "fravær", "fravær"
        ordering = ["first_day", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(substitute=F("person")),
                name="absence_has_another_substitute",
                violation_error_message="Man kan ikke være sin egen stedfortræder. Vælg en anden.",
            ),
            models.CheckConstraint(
                condition=Q(last_day=None) | Q(last_day__gte=F("first_day")),
                name="absence_ends_after_it_begins",
                violation_error_message="Sidste dag ligger før første dag.",
            ),
            models.CheckConstraint(
                condition=Q(taken_back_at=None, taken_back_by=None)
                | Q(taken_back_at__isnull=False, taken_back_by__isnull=False),
                name="absence_taken_back_by_somebody",
                violation_error_message="Skriv, hvem der annullerede fraværet.",
            ),
            ExclusionConstraint(
                expressions=[(PERSON_RANGE, RangeOperators.OVERLAPS), (DAY_RANGE, RangeOperators.OVERLAPS)],
                condition=Q(taken_back_at=None),
                name="absence_one_at_a_time",
                violation_error_message="Der er allerede et fravær i de dage. Annullér det først.",
            ),
        ]
        triggers = [
            *CHANGE_LOG_TRIGGERS,
            pgtrigger.ReadOnly(name="never_changed", exclude=["taken_back_by", "taken_back_at"]),
            pgtrigger.Protect(
                name="taken_back_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__taken_back_at__isnull=False),
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"fravær for person {self.person_id}"

    @property
    def days(self) -> str:
        """Return «fra 16. december 2019 til og med 3. januar 2020» or «fra 16. december 2019 og indtil videre»."""
        first = f"fra {danish.date(self.first_day)}"
        if self.last_day is None:
            return f"{first} og indtil videre"
        return f"{first} til og med {danish.date(self.last_day)}"
