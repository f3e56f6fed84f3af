"""Import batches: an uploaded list, the rows of the list, and the bytes of the file until the file is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Lower

from letters.models.incident import Incident
from sepo_incident.core import danish
from sepo_incident.core.constraints import KnownValues
from sepo_incident.core.danish import Badge

if TYPE_CHECKING:
    from letters.models.letter import Letter


class ImportBatch(models.Model):
    """A file with a list of letters. All counts are derived from the rows, except the count of blank rows."""

    class Status(models.TextChoices):
        UPLOADED = "UPLOADED", "venter på at blive læst"
        READING = "READING", "bliver læst"
        ASKING = "ASKING", "venter på valg af kolonner"
        CHECKED = "CHECKED", "klar til at blive indlæst"
        COMMITTING = "COMMITTING", "bliver indlæst"
        COMMITTED = "COMMITTED", "indlæst"
        FAILED = "FAILED", "kunne ikke læses"
        DISCARDED = "DISCARDED", "kasseret"
        UNDONE = "UNDONE", "fortrudt"

    BADGES = {
        Status.UPLOADED: Badge("Venter", "", "hourglass"),
        Status.READING: Badge("Bliver læst", "is-info", "hourglass"),
        Status.ASKING: Badge("Vælg kolonner", "is-soon", "warning"),
        Status.CHECKED: Badge("Klar til tjek", "is-soon", "warning"),
        Status.COMMITTING: Badge("Bliver indlæst", "is-info", "hourglass"),
        Status.COMMITTED: Badge("Indlæst", "is-ok", "check"),
        Status.FAILED: Badge("Kunne ikke læses", "is-late", "error"),
        Status.DISCARDED: Badge("Kasseret", "", "close"),
        Status.UNDONE: Badge("Fortrudt", "", "close"),
    }

    #: A worker has work to do on the batch.
    AT_WORK = (Status.UPLOADED, Status.READING, Status.COMMITTING)

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="batches")
    #: The alarm whose letters are the list. None: a file.
    alarm = models.ForeignKey(
        "letters.SilenceAlarm", models.PROTECT, related_name="batches", null=True, blank=True, verbose_name="alarm"
    )
    filename = models.CharField("fil", max_length=255)
    sha256 = models.CharField(max_length=64)
    status = models.CharField("status", max_length=20, choices=Status, default=Status.UPLOADED)
    #: [[header, field or ""], …] in the order of the file: the meaning of every column.
    mapping = models.JSONField("kolonner", default=list)
    #: The user wants to see the columns even if nothing is in doubt.
    is_to_ask = models.BooleanField("kolonnerne skal bekræftes", default=False)
    #: While ASKING: the sheets that may be the list, with the first rows masked
    #: (`importing/columns/column_questions.py`).
    found = models.JSONField("fundne lister", default=list)
    #: Indexes from 0 of the sheets that people chose; empty if nobody was asked.
    sheets = models.JSONField("valgte ark", default=list)
    #: Names of the sheets read, in the order of `ImportRow.sheet`; empty for a single sheet.
    sheet_names = models.JSONField("læste ark", default=list, db_default=Value([], models.JSONField()))
    #: For every sheet read, the fields that have a column.
    sheet_fields = models.JSONField("arkenes felter", default=list, db_default=Value([], models.JSONField()))
    #: Danish sentences about the file as a whole: unread parts, and interpretations.
    remarks = models.JSONField("bemærkninger", default=list)
    refusal = models.TextField("årsag til afvisning", blank=True)
    blank_rows = models.PositiveIntegerField("tomme rækker", default=0)
    total_rows = models.PositiveIntegerField("rækker i alt", default=0)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    committed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    committed_at = models.DateTimeField(null=True, blank=True)
    #: Chosen by the user who commits.
    takes_changes = models.BooleanField("ændringer tages med", default=True)
    #: `RowCounts.as_seen` when a user compared the numbers with the list; empty if nobody was asked.
    confirmed_totals = models.CharField("bekræftede tal", max_length=100, blank=True)
    #: The list names every letter, so a letter missing from the list may have been on the old list by mistake.
    is_full = models.BooleanField("fuld liste", default=False)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    undone_at = models.DateTimeField("fortrudt", null=True, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = "indlæsning", "indlæsninger"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "sha256"],
                condition=~Q(status="UNDONE"),  # an undone file may come again, and the first batch stays on record
                name="batch_file_once",
                violation_error_message="Filen er allerede læst i hændelsen.",
            ),
            KnownValues("status", "batch_status_known", "Den status findes ikke for en indlæsning."),
            models.CheckConstraint(
                condition=Q(status__in=["COMMITTED", "UNDONE"], committed_at__isnull=False)
                | (~Q(status__in=["COMMITTED", "UNDONE"]) & Q(committed_at__isnull=True)),
                name="batch_committed_has_time",
                violation_error_message="En indlæst liste skal have et tidspunkt.",
            ),
            models.CheckConstraint(
                condition=Q(status="UNDONE", undone_at__isnull=False) | ~Q(status="UNDONE") & Q(undone_at=None),
                name="batch_undone_has_time",
                violation_error_message="En fortrudt indlæsning skal have et tidspunkt.",
            ),
        ]

    def __str__(self) -> str:
        return self.filename

    def save_fields(self, **fields: object) -> None:
        """Set `fields` and save no other field."""
        for name, value in fields.items():
            setattr(self, name, value)
        self.save(update_fields=list(fields))

    @property
    def badge(self) -> Badge:
        return self.BADGES[self.Status(self.status)]

    def header_of(self, field: str) -> str:
        """Return the list's header of the field, or ""."""
        return next((header for header, name in self.mapping if name == field), "")

    def where(self, sheet: int, row: int) -> str:
        """Return «række 14», or «Ark2, række 14» if several sheets were read."""
        place = f"række {danish.number(row)}"
        return f"{self.sheet_names[sheet]}, {place}" if self.sheet_names else place

    @property
    def is_at_work(self) -> bool:
        return self.status in self.AT_WORK


class ImportRow(models.Model):
    """A parsed row of a list: typed, masked and checked. The recipient is stored only as a keyed hash."""

    class Verdict(models.TextChoices):
        NEW = "NEW", "ny"
        KNOWN = "KNOWN", "kendt"
        CHANGED = "CHANGED", "ændret"
        REJECTED = "REJECTED", "afvist"

    BADGES = {
        Verdict.NEW: Badge("Ny", "is-ok", ""),
        Verdict.KNOWN: Badge("Kendt", "", ""),
        Verdict.CHANGED: Badge("Ændret", "is-info", ""),
        Verdict.REJECTED: Badge("Afvist", "is-late", ""),
    }

    #: The constraint `row_once` has the index.
    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="rows", db_index=False)
    #: Index of the sheet among the sheets read, from 0.
    sheet = models.PositiveSmallIntegerField("ark", default=0, db_default=0)
    row = models.PositiveIntegerField("række i Excel")
    source_ref = models.CharField("brev-id", max_length=120, blank=True)
    sent_at = models.DateTimeField("sendt", null=True)
    sender_name = models.CharField("afsender", max_length=200, blank=True)
    sender_email = models.CharField("afsenders e-mail", max_length=254, blank=True)
    leader_name = models.CharField("leder", max_length=200, blank=True)
    leader_email = models.CharField("leders e-mail", max_length=254, blank=True)
    administration = models.CharField("forvaltning", max_length=200, blank=True)
    area = models.CharField("område", max_length=200, blank=True)
    unit_name = models.CharField("enhed", max_length=200, blank=True)
    subunit = models.CharField("underenhed", max_length=200, blank=True)
    unit_code = models.CharField("enhedskode", max_length=40, blank=True)
    recipient_kind = models.CharField("modtagertype", max_length=20, blank=True)
    recipient_key = models.CharField("modtager (nøglet hash)", max_length=64, blank=True)
    subject = models.CharField("emne", max_length=500, blank=True)
    category = models.CharField("kategori", max_length=40, blank=True)
    is_personnel_case = models.BooleanField("personalesag", default=False)
    has_deadline = models.BooleanField("har en dato", default=False, db_default=False)
    named_on = models.DateField("dato i emnet", null=True, blank=True)
    #: The cells as in the file, masked: {field: text}. Empty if nothing was wrong, because then the fields tell the
    #: text.
    shown = models.JSONField(default=dict)
    #: [{column, value, kind, message, severity}], severity "reject" or "notice"; kinds in
    #: `importing/rows/row_problems.py`
    problems = models.JSONField(default=list)
    #: Corrections of cells by people (`importing/commit/correct_row.py`). Only ever longer. What somebody typed opens
    #: no personnel case (letters/models/visibility.py).
    corrections = models.JSONField("rettelser", default=list, db_default=Value([], models.JSONField()))
    #: {field: [old, new]} where the known letter has a different value
    changes = models.JSONField(default=dict)
    verdict = models.CharField("resultat", max_length=20, choices=Verdict, blank=True)

    class Meta:
        ordering = ["sheet", "row"]
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "sheet", "row"], name="row_once", violation_error_message="Rækken er allerede læst."
            ),
            models.CheckConstraint(
                condition=Q(recipient_kind__in=["", "CITIZEN", "EMPLOYEE", "UNKNOWN"]),
                name="row_recipient_kind_known",
                violation_error_message="En modtager er borger, medarbejder eller ukendt.",
            ),
            KnownValues("verdict", "row_verdict_known", "En række er ny, kendt, ændret eller afvist."),
        ]
        indexes = [models.Index(fields=["batch", "verdict"], name="row_batch_verdict")]
        triggers = [
            pgtrigger.Protect(
                name="corrections_stand",
                operation=pgtrigger.UpdateOf("corrections"),
                condition=pgtrigger.Condition(
                    # the old corrections come first, all and in the same order
                    "jsonb_path_query_array(NEW.corrections, '$[0 to $last]', "
                    "jsonb_build_object('last', jsonb_array_length(OLD.corrections) - 1)) <> OLD.corrections"
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"række {self.row}"

    @property
    def where(self) -> str:
        """Return the row's place in the file as Danish text."""
        return self.batch.where(self.sheet, self.row)

    @property
    def letter(self) -> Letter | None:
        """Return the letter with the row's Brev-id, or None.

        The row has no foreign key, so that a commit need not update the row when the letter is made.
        """
        return self.batch.incident.letters.filter(source_ref=self.source_ref).first()

    @property
    def badge(self) -> Badge:
        return self.BADGES.get(self.verdict, Badge("Ikke tjekket"))  # type: ignore[call-overload]


class FilePart(models.Model):
    """An encrypted part of the bytes of an uploaded file, so that the whole file is never in memory.

    See `importing/files/uploads.py`. The parts are in the database, so that web server and worker need no shared
    disk.
    """

    number = models.PositiveIntegerField("nummer")
    content = models.BinaryField("bytes")

    class Meta:
        abstract = True
        ordering = ["number"]

    def __str__(self) -> str:
        return f"del {self.number}"


class ImportFilePart(FilePart):
    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="file_parts", db_index=False)

    class Meta(FilePart.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "number"],
                name="file_part_once",
                violation_error_message="Den del af filen er allerede gemt.",
            ),
        ]


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
