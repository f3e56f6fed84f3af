"""Openings of personnel cases (`letters/sql/is_open_to.sql`)."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from letters.models.letter import Letter
from sepo_incident.audit.triggers import erasable_ledger_triggers, salt_field


class PersonnelOpening(models.Model):
    """Personalejura opened a personnel case for `user` at `address`. Append-only. A correction of the address ends it.

    The row exists for what the list did not say itself: `letters.models.visibility`.
    """

    letter = models.ForeignKey(Letter, models.PROTECT, related_name="openings")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    address = models.EmailField("adresse", max_length=254)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    salt = salt_field()

    class Meta:
        verbose_name, verbose_name_plural = "åbning af personalesag", "åbninger af personalesager"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(user=F("by")),
                name="opened_by_another",
                violation_error_message="Ingen kan åbne et brev for sig selv.",
            ),
        ]
        triggers = erasable_ledger_triggers("address")

    def __str__(self) -> str:
        return f"{self.letter} er åbnet for person {self.user_id}"
