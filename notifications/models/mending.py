"""What people did about a mail that reached nobody: a ledger beside the mail, which stays as it was."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from notifications.models.delivery import Delivery
from notifications.models.states import State
from sepo_incident.ledgers.triggers import ledger_with, salt_field


class Mending(models.Model):
    """Append-only, one per mail. ``replacement`` is the mail that is sent instead; a newer reminder to the same person
    stands for those before it, so it may replace several."""

    class Kind(models.TextChoices):
        ADDRESS = "ADDRESS", "sendt igen til en rettet adresse"
        ANOTHER = "ANOTHER", "sendt til en anden"
        TOLD = "TOLD", "fortalt i telefonen"
        NEEDLESS = "NEEDLESS", "ikke nødvendig længere"

    #: how the mail is marked then
    MARKS = {
        Kind.ADDRESS: State.REPLACED,
        Kind.ANOTHER: State.REPLACED,
        Kind.TOLD: State.TOLD,
        Kind.NEEDLESS: State.NEEDLESS,
    }

    delivery = models.OneToOneField(Delivery, models.PROTECT, related_name="mending")
    kind = models.CharField("hvordan", max_length=20, choices=Kind)
    replacement = models.ForeignKey(Delivery, models.PROTECT, related_name="mends", null=True)
    #: who was told, in words, and on which day
    told = models.CharField("hvem fik det at vide", max_length=200, blank=True)
    told_on = models.DateField("hvilken dag", null=True)
    note = models.TextField("note", blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    salt = salt_field()

    class Meta:
        verbose_name, verbose_name_plural = "afklaring", "afklaringer"
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["ADDRESS", "ANOTHER"], replacement__isnull=False, told="", told_on=None)
                | Q(kind="TOLD", replacement=None, told_on__isnull=False) & ~Q(told="")
                | Q(kind="NEEDLESS", replacement=None, told="", told_on=None) & ~Q(note=""),
                name="mending_says_how",
                violation_error_message="Skriv, hvem der fik det at vide og hvornår, eller hvorfor det kan undværes.",
            ),
        ]
        triggers = ledger_with("told", "note")

    def __str__(self) -> str:
        return f"mail {self.delivery_id}: {self.get_kind_display()}"
