"""Answers that people gave during imports: the meaning of columns and of unknown unit names."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower

from letters.models.import_batch import ImportBatch


class RememberedColumns(models.Model):
    """The latest choice for a row of headers, reused for the next list with the same headers.

    `mapping` is [[header, field or ""], …], as in `ImportBatch`.
    """

    #: Of the headers as compared: without case, spaces and punctuation.
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
    """An answer about an unknown name in a list: a new unit, or the same as a different new name in the list.

    The answer that the name means an existing unit is a `UnitAlias` instead, because an alias holds for every list.
    """

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="unit_answers", db_index=False)
    #: The names of the units above, from the level below the municipality.
    above = ArrayField(models.CharField(max_length=200), verbose_name="ligger under")
    name = models.CharField("navn på listen", max_length=200)
    #: The second name in the list; empty for a new unit.
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
                violation_error_message="Navnet har allerede et svar.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} er {self.means or 'en ny enhed'}"
