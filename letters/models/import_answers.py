"""What people chose for the columns of a list, for the next list with the same headers.

What people have answered about a name that a list has and the tree has not.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower

from letters.models.import_batch import ImportBatch


class RememberedColumns(models.Model):
    """The latest choice for a row of headers. ``mapping`` is [[header, field or ""], …], as ``ImportBatch`` has it."""

    #: of the headers as they are compared: without case, spaces and punctuation
    headers_sha256 = models.CharField(max_length=64)
    mapping = models.JSONField("kolonner", default=list)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name, verbose_name_plural = "huskede kolonner", "huskede kolonner"
        constraints = [
            models.UniqueConstraint(
                fields=["headers_sha256"],
                name="columns_remembered_once",
                violation_error_message="Kolonnerne er allerede husket.",
            )
        ]

    def __str__(self) -> str:
        return ", ".join(header for header, _ in self.mapping)


class UnitAnswer(models.Model):
    """In this list a name is a unit of its own, or another name of a unit that the same list brings.

    Whoever says that it is a unit we have writes a ``UnitAlias`` instead, for that holds in every list.
    """

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="unit_answers", db_index=False)
    #: the names above it, from below the municipality
    above = ArrayField(models.CharField(max_length=200), verbose_name="ligger under")
    name = models.CharField("navn på listen", max_length=200)
    #: the other name on the list; empty where it is a unit of its own
    means = models.CharField("er den samme som", max_length=200, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name, verbose_name_plural = "svar om ny enhed", "svar om nye enheder"
        constraints = [
            models.UniqueConstraint(
                "batch",
                "above",
                Lower("name"),
                name="unit_answered_once",
                violation_error_message="Der er allerede svaret på det navn.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} er {self.means or 'en ny enhed'}"
