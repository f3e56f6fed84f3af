"""Saved views: a filter of a board's letter list under a name."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from sepo_incident.accounts.models import Unit


class SavedView(models.Model):
    """A filter of a unit's letter list, saved by a person for oneself. `query`: the filters as in the address."""

    unit = models.ForeignKey(Unit, models.CASCADE, related_name="saved_views", verbose_name="enhed")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name="gemt af")
    name = models.CharField("navn", max_length=60)
    query = models.CharField("filter", max_length=500)
    saved_at = models.DateTimeField("gemt", auto_now=True)

    class Meta:
        verbose_name, verbose_name_plural = "visning", "visninger"
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                "unit",
                "owner",
                name="saved_view_once",
                violation_error_message="Du har allerede en visning med det navn.",
            ),
            models.CheckConstraint(
                condition=~Q(name="") & ~Q(query=""),
                name="saved_view_has_name_and_filter",
                violation_error_message="Giv visningen et navn, og vælg mindst ét filter.",
            ),
        ]

    def __str__(self) -> str:
        return self.name
