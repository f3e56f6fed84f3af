"""Staff files: the employees with unit and leader, and the changes that a file made."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from sepo_incident.core import danish
from sepo_incident.core.constraints import KnownValues
from sepo_incident.core.danish import Badge


class StaffImport(models.Model):
    """A staff file. The file itself is never kept. `counts` records the changes of the commit."""

    class Status(models.TextChoices):
        CHECKED = "CHECKED", "venter på at blive gemt"
        COMMITTED = "COMMITTED", "gemt"
        DISCARDED = "DISCARDED", "kasseret"

    BADGES = {
        Status.CHECKED: Badge("Venter på dig", "is-soon", "warning"),
        Status.COMMITTED: Badge("Gemt", "is-ok", "check"),
        Status.DISCARDED: Badge("Kasseret", "", "close"),
    }

    filename = models.CharField("fil", max_length=255)
    sha256 = models.CharField(max_length=64)
    status = models.CharField("status", max_length=20, choices=Status, default=Status.CHECKED)
    #: The file has every employee, so a person missing from the file has left.
    is_everybody = models.BooleanField("filen har alle ansatte", default=False)
    has_leaders = models.BooleanField("filen siger, hvem der er leder", default=False)
    blank_rows = models.PositiveIntegerField("tomme rækker", default=0)
    #: `VerdictCounts` at the time of the commit.
    counts: models.JSONField[Any, Any] = models.JSONField("antal", default=dict)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    committed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    committed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = "personalefil", "personalefiler"
        ordering = ["-pk"]
        constraints = [
            KnownValues("status", "staff_status_known", "En personalefil venter, er gemt eller er kasseret."),
            models.CheckConstraint(
                condition=Q(status="COMMITTED", committed_at__isnull=False)
                | (~Q(status="COMMITTED") & Q(committed_at__isnull=True)),
                name="staff_committed_has_time",
                violation_error_message="En gemt personalefil skal have et tidspunkt.",
            ),
            models.UniqueConstraint(
                "status",
                condition=Q(status="CHECKED"),
                name="staff_one_waits",
                violation_error_message="Der venter allerede en personalefil.",
            ),
        ]

    def __str__(self) -> str:
        return self.filename

    @property
    def badge(self) -> Badge:
        return self.BADGES[self.Status(self.status)]

    @property
    def total_rows(self) -> int | None:
        return self.counts.get("rows")


#: The changes of a person: name of the field -> (label, text of an empty old value).
CHANGE_LABELS = {"name": ("Navn", ""), "phone": ("Telefon", "(ingen)"), "unit": ("Enhed", "(ingen)")}


class StaffRow(models.Model):
    """A parsed row of a staff file.

    Discarding the file deletes the rows. A commit keeps only the rows that changed a person or have a remark.
    """

    class Verdict(models.TextChoices):
        NEW = "NEW", "ny"
        KNOWN = "KNOWN", "kendt"
        CHANGED = "CHANGED", "ændret"
        LEFT = "LEFT", "fratrådt"
        REJECTED = "REJECTED", "afvist"

    BADGES = {
        Verdict.NEW: Badge("Ny", "is-ok", ""),
        Verdict.KNOWN: Badge("Kendt", "", ""),
        Verdict.CHANGED: Badge("Ændret", "is-info", ""),
        Verdict.LEFT: Badge("Fratrådt", "is-soon", ""),
        Verdict.REJECTED: Badge("Afvist", "is-late", ""),
    }

    staff_import = models.ForeignKey(StaffImport, models.CASCADE, related_name="rows", db_index=False)
    row = models.PositiveIntegerField("række i Excel")
    email = models.CharField("e-mail", max_length=254)
    name = models.CharField("navn", max_length=200, blank=True)
    unit = models.ForeignKey("Unit", models.CASCADE, related_name="+", null=True, db_index=False)
    phone = models.CharField("telefon", max_length=danish.PHONE_MAX_LENGTH, blank=True)
    leads = models.BooleanField("er leder", default=False)
    leader_name = models.CharField("leder", max_length=200, blank=True)
    leader_email = models.CharField("leders e-mail", max_length=254, blank=True)
    left_on = models.DateField("fratrådt", null=True)
    #: [{column, value, message, severity}], as in a list of letters
    problems: models.JSONField[Any, Any] = models.JSONField(default=list)
    #: {"name" | "phone" | "unit" | "left_on": [old, new]}
    changes: models.JSONField[Any, Any] = models.JSONField(default=dict)
    verdict = models.CharField("resultat", max_length=20, choices=Verdict, blank=True)

    class Meta:
        ordering = ["row"]
        constraints = [
            models.UniqueConstraint(
                fields=["staff_import", "row"],
                name="staff_row_once",
                violation_error_message="Rækken er allerede læst.",
            ),
            KnownValues("verdict", "staff_row_verdict_known", "En række er ny, kendt, ændret, fratrådt eller afvist."),
        ]
        indexes = [models.Index(fields=["staff_import", "verdict"], name="staff_row_verdict")]

    def __str__(self) -> str:
        return f"række {self.row}"

    @property
    def sentences(self) -> list[str]:
        """The problems and the changes: «Enhed »B«: Vi kender ikke enheden», «Navn: Ann → Anne»."""
        problems = [
            f"{one['column']}{f' »{one["value"]}«' if one['value'] else ''}: {one['message']}" for one in self.problems
        ]
        changes = [
            f"{label}: {self.changes[name][0] or nothing} → {self.changes[name][1]}"
            for name, (label, nothing) in CHANGE_LABELS.items()
            if name in self.changes
        ]
        back = [f"Var fratrådt {self.changes['left_on'][0]} og er tilbage"] if self.changes.get("left_on") else []
        return problems + changes + back

    @property
    def badge(self) -> Badge:
        return self.BADGES.get(self.verdict, Badge("Ikke tjekket"))  # type: ignore[call-overload]
