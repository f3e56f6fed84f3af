"""What people chose for the columns of a list, for the next list with the same headers."""

from django.conf import settings
from django.db import models


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
