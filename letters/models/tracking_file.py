"""Files of dispatches and receipts that Koncern IT uploads, and their bytes until they are taken in."""

from django.conf import settings
from django.db import models

from letters.models.import_batch import FilePart
from sepo_incident.core.constraints import KnownValues
from sepo_incident.core.danish import Badge


class TrackingFile(models.Model):
    """An uploaded file with a row for each letter, each receipt, or each letter with its status.

    `found`: the sheet and its columns, the first rows masked (`ColumnsNeedConfirmation`), while the file waits.
    `mapping`: [[header, field or ""], …] as a person has chosen. `channel`: of a file without such a column.
    `result`: {letters, receipts, refused: numbers so far, problems: [[row number, reason], …]}.
    """

    class Status(models.TextChoices):
        WAITING = "WAITING", "klar til tjek"
        TAKING = "TAKING", "bliver indlæst"
        TAKEN = "TAKEN", "indlæst"
        FAILED = "FAILED", "kunne ikke læses"

    TONES = {
        Status.WAITING: ("is-soon", "warning"),
        Status.TAKING: ("is-info", "hourglass"),
        Status.TAKEN: ("is-ok", "check"),
        Status.FAILED: ("is-late", "error"),
    }

    filename = models.CharField("fil", max_length=255)
    status = models.CharField("status", max_length=10, choices=Status, default=Status.WAITING)
    found = models.JSONField("fundet liste", default=dict)
    mapping = models.JSONField("kolonner", default=list)
    channel = models.CharField("kanal", max_length=80, blank=True)
    remarks = models.JSONField("bemærkninger", default=list)
    refusal = models.TextField("årsag til afvisning", blank=True)
    result = models.JSONField("resultat", default=dict)
    done = models.PositiveIntegerField("behandlet", default=0)
    total_rows = models.PositiveIntegerField("rækker i alt", default=0)
    heartbeat_at = models.DateTimeField("sidst i gang", null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="af")
    created_at = models.DateTimeField("læst", auto_now_add=True)

    class Meta:
        verbose_name, verbose_name_plural = "fil til sporing", "filer til sporing"
        constraints = [KnownValues("status", "tracking_file_status_known", "Den status findes ikke for en fil.")]

    def __str__(self) -> str:
        return self.filename

    @property
    def badge(self) -> Badge:
        return Badge(self.get_status_display().capitalize(), *self.TONES[self.Status(self.status)])


class TrackingFilePart(FilePart):
    file = models.ForeignKey(TrackingFile, models.CASCADE, related_name="file_parts", db_index=False)

    class Meta(FilePart.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["file", "number"],
                name="tracking_file_part_once",
                violation_error_message="Den del af filen er allerede gemt.",
            ),
        ]
