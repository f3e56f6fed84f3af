"""A list's file while it waits to be read, as it came."""

from __future__ import annotations

from django.db import models

from letters.models.imports import ImportBatch


class ImportFilePart(models.Model):
    """Some bytes of a batch's file, in order, so that nobody holds the whole of it in memory (``importing/files.py``).

    In the database, so that web and worker share no disk.
    """

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="file_parts", db_index=False)
    number = models.PositiveIntegerField("nummer")
    content = models.BinaryField("bytes")

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "number"],
                name="file_part_once",
                violation_error_message="Den del af filen er allerede gemt.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.batch}, del {self.number}"
