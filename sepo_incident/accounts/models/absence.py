"""Somebody does not answer for their letters for a while, and who does instead.

Days are Copenhagen days, and both ends count. Whoever substitutes may be away as well; then it is their substitute, and
so on. A chain that ends with somebody who is here ends with one person, for nobody has two absences on a day; one that
comes back to where it has been ends with nobody.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

import pgtrigger
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import BigIntegerRangeField, DateRangeField, RangeOperators
from django.db import connection, models
from django.db.models import F, Func, Q, Value

from sepo_incident.audit.triggers import CHANGE_LOG_TRIGGERS
from sepo_incident.core import danish

#: a core type of PostgreSQL for «the same person», so that the constraint needs no extension
PERSON_RANGE = Func(F("person"), F("person"), Value("[]"), function="int8range", output_field=BigIntegerRangeField())
DAY_RANGE = Func(F("first_day"), F("last_day"), Value("[]"), function="daterange", output_field=DateRangeField())

_ABSENCES_IN_FORCE_SQL = """
    (SELECT person_id, substitute_id, said_by_id, last_day FROM accounts_absence
     WHERE taken_back_at IS NULL AND first_day <= %(on)s AND coalesce(last_day, 'infinity') >= %(on)s)
"""
#: Koncern IT's list keepers and DIT (letters/importing/checks/personnel_guard.py): what is only for a few is opened to none of them.
_IS_ONLOOKER_SQL = """
    EXISTS (SELECT FROM accounts_membership AS held
            WHERE held.user_id = {} AND held.role IN ('KIT_ADMIN', 'DIT_SUPPORT'))
"""
#: What a request asks of its user, in one: (role, unit, NULL) for each membership, and ("", whom, by whose word), found
#: backwards from somebody who is here.
_ROLES_AND_SUBSTITUTIONS_SQL = f"""
    WITH RECURSIVE stood_in_for AS (
        SELECT away.person_id, away.said_by_id AS opener FROM {_ABSENCES_IN_FORCE_SQL} AS away
        WHERE away.substitute_id = %(user)s
          AND NOT EXISTS (SELECT FROM {_ABSENCES_IN_FORCE_SQL} AS own WHERE own.person_id = %(user)s)
        UNION
        SELECT away.person_id, CASE WHEN away.said_by_id = nearer.opener THEN nearer.opener END
        FROM stood_in_for AS nearer JOIN {_ABSENCES_IN_FORCE_SQL} AS away ON away.substitute_id = nearer.person_id
    )
    SELECT role, unit_id, NULL FROM accounts_membership WHERE user_id = %(user)s
    UNION ALL
    SELECT '', person_id, CASE WHEN NOT {_IS_ONLOOKER_SQL.format("%(user)s")} THEN opener END FROM stood_in_for
"""  # noqa: S608 - nothing in it comes from outside
#: Forwards from each of them, until somebody who is not away; or until it comes back, and then there is no last link.
_STAND_INS_SQL = f"""
    WITH RECURSIVE chain AS (
        SELECT away.person_id, away.substitute_id AS at_id, away.last_day, away.said_by_id AS opener,
               ARRAY[away.person_id, away.substitute_id] AS passed
        FROM {_ABSENCES_IN_FORCE_SQL} AS away WHERE %(people)s::bigint[] IS NULL OR away.person_id = ANY(%(people)s)
        UNION ALL
        SELECT chain.person_id, away.substitute_id, least(chain.last_day, away.last_day),
               CASE WHEN away.said_by_id = chain.opener THEN chain.opener END,
               chain.passed || away.substitute_id
        FROM chain JOIN {_ABSENCES_IN_FORCE_SQL} AS away ON away.person_id = chain.at_id
        WHERE away.substitute_id <> ALL (chain.passed)
    ), ended AS (
        SELECT chain.person_id, chain.at_id, chain.last_day, chain.opener, here.name
        FROM chain JOIN accounts_user AS here ON here.id = chain.at_id
        WHERE here.is_active AND here.left_on IS NULL AND here.unreachable_since IS NULL
          AND NOT EXISTS (SELECT FROM {_ABSENCES_IN_FORCE_SQL} AS away WHERE away.person_id = chain.at_id)
    )
    SELECT DISTINCT ON (chain.person_id) chain.person_id, ended.at_id, ended.last_day,
           CASE WHEN NOT {_IS_ONLOOKER_SQL.format("ended.at_id")} THEN ended.opener END,
           coalesce(ended.name, '')
    FROM chain LEFT JOIN ended USING (person_id) ORDER BY chain.person_id
"""  # noqa: S608 - nothing in it comes from outside


class StandIn(NamedTuple):
    """Who answers for somebody who is away (``user``: an id, or None for nobody), the last day they do, if there is
    one, and by whose word (``opener``); None where the links of a chain were said by several, and for an onlooker."""

    user: int | None
    until: date | None
    opener: int | None
    name: str

    @property
    def said(self) -> str:
        """«Væk til og med 3. januar 2020: Mette Dahl svarer»"""
        until = f"til og med {danish.date(self.until)}" if self.until else "indtil videre"
        return f"Væk {until}: {self.name or 'ingen'} svarer"


class AbsenceQuerySet(models.QuerySet["Absence"]):
    def active(self) -> AbsenceQuerySet:
        """Nobody has taken it back."""
        return self.filter(taken_back_at=None)

    def in_force(self, on: date) -> AbsenceQuerySet:
        return self.active().filter(Q(last_day=None) | Q(last_day__gte=on), first_day__lte=on)

    def current_or_upcoming(self, on: date) -> AbsenceQuerySet:
        """In force, or to come."""
        return self.active().filter(Q(last_day=None) | Q(last_day__gte=on))

    def roles_and_substitutions_of(self, user_id: int, on: date) -> tuple[list[tuple[str, int]], dict[int, int | None]]:
        """([(role, unit)], {whom this user stands in for that day: by whose word}). One query.

        By nobody's, where the links of a chain were said by several, and for an onlooker. Who is away themselves
        stands in for nobody.
        """
        rows = _fetch_rows(_ROLES_AND_SUBSTITUTIONS_SQL, user=user_id, on=on)
        roles = [(role, unit) for role, unit, _ in rows if role]
        return roles, {person: opener for role, person, opener in rows if not role}

    def stand_ins(self, on: date, people: Iterable[int] | None = None) -> dict[int, StandIn]:
        """{who is away that day: who answers for them}, of all, or of ``people``. Nobody answers where the chain comes
        back to where it has been, or ends with somebody who has left or whom no mail reaches. One query."""
        asked = None if people is None else list(people)
        return {person: StandIn(*found) for person, *found in _fetch_rows(_STAND_INS_SQL, people=asked, on=on)}


def _fetch_rows(query: str, **values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall())


class Absence(models.Model):
    """What a person has said of themselves, or whoever leads them. It is taken back, never changed or deleted."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="absences", verbose_name="fraværende"
    )
    first_day = models.DateField("fra og med")
    #: none: until it is taken back
    last_day = models.DateField("til og med", null=True, blank=True)
    substitute = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="substitutions", verbose_name="stedfortræder"
    )
    said_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    said_at = models.DateTimeField(auto_now_add=True)
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
                violation_error_message="Det skal fremgå, hvem der tog fraværet tilbage.",
            ),
            ExclusionConstraint(
                expressions=[(PERSON_RANGE, RangeOperators.OVERLAPS), (DAY_RANGE, RangeOperators.OVERLAPS)],
                condition=Q(taken_back_at=None),
                name="absence_one_at_a_time",
                violation_error_message="Der er allerede et fravær i de dage. Tag det tilbage først.",
            ),
        ]
        triggers = [
            *CHANGE_LOG_TRIGGERS,
            pgtrigger.ReadOnly(name="said_once", exclude=["taken_back_by", "taken_back_at"]),
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
    def is_open_ended(self) -> bool:
        return self.last_day is None

    @property
    def days(self) -> str:
        """«fra 16. december 2019 til og med 3. januar 2020», «fra 16. december 2019 og indtil videre»."""
        first = f"fra {danish.date(self.first_day)}"
        if self.last_day is None:
            return f"{first} og indtil videre"
        return f"{first} til og med {danish.date(self.last_day)}"
