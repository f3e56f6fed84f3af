"""Documents of an incident: status notes with frozen figures, publications, prose and template; closing certificates.

Nothing here is ever changed: a correction is a new row. So a published version, and the document made from it, stay
what they were.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from letters.models import Incident
from sepo_incident.accounts.models import Unit
from sepo_incident.audit.triggers import INSERT_ONLY_TRIGGERS, LEDGER_TRIGGERS, erasable_ledger_triggers, salt_field
from sepo_incident.core import danish


class NoteTemplate(models.Model):
    """A Word document with fields. The newest that a person added is in force, else the project's own."""

    content = models.BinaryField("Word-fil")
    filename = models.CharField("filnavn", max_length=200)
    #: None: the template that comes with the project.
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    at = models.DateTimeField("lagt op", default=timezone.now)

    class Meta:
        verbose_name, verbose_name_plural = "skabelon til notatet", "skabeloner til notatet"
        ordering = ["-pk"]
        triggers = INSERT_ONLY_TRIGGERS

    def __str__(self) -> str:
        return self.filename


class NoteVersionQuerySet(models.QuerySet["NoteVersion"]):
    def published(self) -> NoteVersionQuerySet:
        return self.filter(publication__isnull=False)

    def of(self, incident: Incident, unit: Unit) -> NoteVersionQuerySet:
        """Return the versions of the note on the unit, newest first."""
        return self.filter(incident=incident, unit=unit).order_by("-pk")


class NoteVersion(models.Model):
    """A note as it was on a day: text, and figures in `figures`. A working version until it is published.

    `number` is the number that the version gets when it is published. Several working versions may have the same
    number; one of them is published. `content` is described in `notifications/status_note/text.py`.
    """

    #: Stands in the Word document, so that a document of another installation is told from ours.
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    incident = models.ForeignKey(Incident, models.PROTECT, related_name="notes")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name="enhed")
    number = models.PositiveIntegerField("udgave")
    previous = models.ForeignKey(
        "self", models.PROTECT, related_name="+", null=True, blank=True, verbose_name="forrige udgave"
    )
    template = models.ForeignKey(NoteTemplate, models.PROTECT, related_name="+", verbose_name="skabelon")
    dated = models.DateField("notatets dato")
    taken_at = models.DateTimeField("tallene er fra")
    #: None: made by a command.
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    content = models.JSONField("tekst")

    objects = NoteVersionQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "statusnotat", "statusnotater"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(number__gte=1),
                name="note_counts_from_one",
                violation_error_message="Den første udgave af et notat er 1.",
            ),
        ]
        triggers = LEDGER_TRIGGERS

    def __str__(self) -> str:
        return f"statusnotat om {self.unit}, udgave {self.number}"

    @property
    def is_published(self) -> bool:
        return hasattr(self, "publication")

    @property
    def name(self) -> str:
        """Return «Udgave 3» or «Kladde til udgave 3»."""
        return f"Udgave {self.number}" if self.is_published else f"Kladde til udgave {self.number}"


class NoteFigure(models.Model):
    """A figure of a version: the number, the sentence that says what it counts, and the letters behind it."""

    version = models.ForeignKey(NoteVersion, models.PROTECT, related_name="figures", db_index=False)
    key = models.CharField("navn", max_length=50)
    label = models.CharField("betegnelse", max_length=200)
    sentence = models.CharField("hvad tallet tæller", max_length=500)
    value = models.DecimalField("tal", max_digits=16, decimal_places=2)
    #: ids of the letters; None where the figure counts no letters
    letters = ArrayField(models.BigIntegerField(), null=True, blank=True, verbose_name="breve")

    class Meta:
        verbose_name, verbose_name_plural = "tal i et notat", "tal i et notat"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "key"],
                name="note_figure_once",
                violation_error_message="Tallet er allerede i notatet.",
            ),
        ]
        triggers = LEDGER_TRIGGERS

    def __str__(self) -> str:
        return f"{self.label}: {self.number}"

    @property
    def amount(self) -> int | Decimal:
        """Return the number, as an int if it has no decimals."""
        return int(self.value) if self.value == int(self.value) else self.value

    @property
    def number(self) -> str:
        return danish.number(self.amount)


class NotePublication(models.Model):
    """The publication of a version by a second person. `incident`, `unit` and `number` are those of the version.

    `accepted`: sentences about what was not answered, which the person read and published nevertheless.
    """

    version = models.OneToOneField(NoteVersion, models.PROTECT, related_name="publication")
    incident = models.ForeignKey(Incident, models.PROTECT, related_name="+", db_index=False)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    number = models.PositiveIntegerField("udgave")
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="udgivet af")
    at = models.DateTimeField("udgivet", default=timezone.now)
    accepted = models.JSONField("ikke afklaret ved udgivelsen", default=list)

    class Meta:
        verbose_name, verbose_name_plural = "udgivelse", "udgivelser"
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "unit", "number"],
                name="note_number_once",
                violation_error_message="Udgaven er allerede udgivet. Lav en ny kladde.",
            ),
            models.CheckConstraint(
                condition=Q(written_by=None) | ~Q(by=F("written_by")),
                name="note_has_two_people",
                violation_error_message="En anden end den, der lavede kladden, skal udgive notatet.",
            ),
        ]
        triggers = LEDGER_TRIGGERS

    def __str__(self) -> str:
        return f"udgave {self.number} af statusnotat om {self.unit}"


class NoteProseQuerySet(models.QuerySet["NoteProse"]):
    def versions_of(self, incident: Incident, unit: Unit, section: str) -> NoteProseQuerySet:
        """Return the versions of a section's text, newest first."""
        return self.filter(incident=incident, unit=unit, section=section).order_by("-version")

    def in_force(self, incident: Incident, unit: Unit, at: datetime | None = None) -> dict[str, NoteProse]:
        """Return {section: newest text} of the sections that people had written at a time, or have. One query."""
        written = self.filter(incident=incident, unit=unit, **({"at__lte": at} if at else {}))
        newest = written.order_by("section", "-version").distinct("section")
        return {one.section: one for one in newest.select_related("by") if one.text}


class NoteProse(models.Model):
    """A text that a person wrote for a section of a note, numbered from 1. Every later version of the note has it.

    An empty text: the system's own text applies again.
    """

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="+", db_index=False)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    section = models.CharField("afsnit", max_length=40)
    version = models.PositiveIntegerField("version")
    text = models.TextField("tekst", blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="skrevet af")
    at = models.DateTimeField("skrevet", default=timezone.now)
    salt = salt_field()

    objects = NoteProseQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "tekst i et notat", "tekster i et notat"
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "unit", "section", "version"],
                name="note_prose_version_once",
                violation_error_message="En anden har gemt teksten imens.",
            ),
            models.CheckConstraint(
                condition=Q(version__gte=1),
                name="note_prose_counts_from_one",
                violation_error_message="Den første version af en tekst er 1.",
            ),
        ]
        triggers = erasable_ledger_triggers("text")

    def __str__(self) -> str:
        return f"version {self.version} af {self.section}"


class ClosingCertificate(models.Model):
    """A closing certificate of an incident. Append-only: the fingerprint is in the audit chain.

    `content` is the file as it was issued, and `fingerprint` its SHA-256.
    """

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="certificates", verbose_name="hændelse")
    number = models.PositiveSmallIntegerField("nummer")
    content = models.TextField("indhold")
    fingerprint = models.CharField("aftryk", max_length=64)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="udstedt af")
    at = models.DateTimeField("udstedt")
    salt = salt_field()

    class Meta:
        verbose_name, verbose_name_plural = "afslutningsbevis", "afslutningsbeviser"
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "number"],
                name="certificate_numbered_once",
                violation_error_message="En anden har udstedt beviset samtidig. Hent siden igen.",
            ),
        ]
        triggers = erasable_ledger_triggers("content")

    def __str__(self) -> str:
        return f"afslutningsbevis nr. {self.number}"
