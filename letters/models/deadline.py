"""The deadline of a letter: the incident's, the administration's own earlier one, or one that was extended."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q

from letters.models.incident import Incident
from letters.models.letter import Letter
from letters.models.visibility import LETTER_TABLES
from sepo_incident.accounts.models import Unit
from sepo_incident.audit.triggers import erasable_ledger_triggers, salt_field
from sepo_incident.core import danish
from sepo_incident.core.sql_expression import sql_expression
from sepo_incident.core.sql_files import read_sql


class DeadlineExtension(models.Model):
    """A later deadline for a unit and the units below, or for a letter, always with a reason. Append-only.

    The newest of a unit or a letter counts. One on the usual deadline (`Incident.usual_deadline_of`) ends an extension.
    """

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="deadline_extensions")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", null=True, blank=True, verbose_name="enhed")
    letter = models.ForeignKey(Letter, models.PROTECT, related_name="+", null=True, blank=True, verbose_name="brev")
    deadline = models.DateField("frist")
    reason = models.TextField("begrundelse")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    salt = salt_field()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(reason=""),
                name="extension_has_reason",
                violation_error_message="Skriv, hvorfor fristen forlænges.",
            ),
            models.CheckConstraint(
                condition=Q(unit=None) ^ Q(letter=None),
                name="extension_of_unit_or_letter",
                violation_error_message="En frist forlænges for en enhed eller for et brev.",
            ),
        ]
        triggers = erasable_ledger_triggers("reason")

    def __str__(self) -> str:
        return f"forlænget til {danish.date(self.deadline)}"


_FILE = "deadline_in_force.sql"
#: The deadline of a letter, a day, as a value for `filter` and `annotate`.
DEADLINE = sql_expression(
    read_sql(
        __file__,
        _FILE,
        lineage="(SELECT lineage FROM accounts_unit WHERE id = {letter}.unit_id)::bigint[]",
        letter_id="{letter}.id",
        incident_id="{letter}.incident_id",
        deadline="{incident}.deadline",
    ),
    LETTER_TABLES,
    models.DateField(),
)
_OF_UNIT = read_sql(
    __file__,
    _FILE,
    lineage="{unit}.lineage::bigint[]",
    letter_id="NULL::bigint",
    incident_id="{incident}",
    deadline="{deadline}::date",
)


def deadlines_of_units(incident: Incident, unit_ids: Collection[int]) -> dict[int, date]:
    """Return {unit id: the deadline of the unit's letters that have no extension of their own}. One query."""
    values = {"incident": incident.pk, "deadline": incident.deadline}
    deadline = sql_expression(_OF_UNIT, {"unit": "name"}, models.DateField(), **values)
    return dict(Unit.objects.filter(pk__in=unit_ids).values_list("pk", deadline))


def deadline_of_unit(incident: Incident, unit: Unit) -> date:
    """Return the deadline of `deadlines_of_units` of a single unit. One query."""
    return deadlines_of_units(incident, [unit.pk])[unit.pk]


def deadlines_of_letters(letter_ids: Collection[int]) -> dict[int, date]:
    """Return {letter id: its deadline}. One query."""
    letters = Letter.objects.filter(pk__in=letter_ids).order_by().annotate(deadline=DEADLINE)
    return dict(letters.values_list("pk", "deadline"))
