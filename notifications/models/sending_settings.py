"""How an incident's mails go out: whether they flow at all, what needs a second person, and who changed that.

A mail server that did not answer. One that does has no row.
"""

from __future__ import annotations

from datetime import datetime
from itertools import takewhile

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from letters.models import Incident
from notifications.models.dispatch import Dispatch
from sepo_incident.accounts.models import User
from sepo_incident.audit.triggers import erasable_ledger_triggers, salt_field


class SendingQuerySet(models.QuerySet["Sending"]):
    def of(self, incident: Incident) -> Sending:
        """What was said about the incident; as long as nothing was, what holds then (and is not saved)."""
        return self.filter(incident=incident).first() or Sending(incident=incident)


class Sending(models.Model):
    """One row per incident, made when somebody first says something. While it is ``paused_at`` no dispatch goes out."""

    incident = models.OneToOneField(Incident, models.PROTECT, related_name="sending")
    #: more notices than this in one dispatch, and a second person must approve it; empty: nobody need
    approval_above = models.PositiveIntegerField("godkendes af en anden over", null=True, blank=True)
    #: so many mails a minute at most, of all incidents together; empty: as many as the mail servers take
    per_minute = models.PositiveIntegerField(
        "mails i minuttet", null=True, blank=True, validators=[MinValueValidator(1, "Skriv mindst 1.")]
    )
    paused_at = models.DateTimeField("på pause siden", null=True)

    objects = SendingQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "afsendelse", "afsendelser"
        constraints = [
            models.CheckConstraint(
                condition=Q(per_minute=None) | Q(per_minute__gte=1),
                name="sending_goes_on",
                violation_error_message="Skriv mindst 1; skal intet sendes, så sæt alle mails på pause.",
            ),
        ]

    def __str__(self) -> str:
        return f"afsendelse i {self.incident.slug}"

    def exceeded_approval_limit(self, notices: int, by: User | None) -> int | None:
        """The limit that so many notices are more than, so that a second person must approve them; None: nobody need.

        Nobody lifts the limit for themself: those that ``by`` has raised or emptied count until another sets the rules.
        """
        ruled = SendingChange.objects.filter(incident=self.incident, kind=SendingChange.Kind.RULED)
        newest_first = ruled.order_by("-pk").values_list("by", "number") if by else ()
        loosened = [number for _, number in takewhile(lambda change: by and change[0] == by.pk, newest_first)]
        limits = [self.approval_above, *loosened]
        return min((limit for limit in limits if limit is not None and notices > limit), default=None)


class SendingChange(models.Model):
    """What was done to a dispatch, or without one to all sending of the incident. Append-only; nobody did what the
    system did by itself."""

    class Kind(models.TextChoices):
        REMINDED = "REMINDED", "bad om at minde"
        APPROVED = "APPROVED", "godkendte udsendelsen"
        REFUSED = "REFUSED", "godkendte ikke udsendelsen"
        PAUSED = "PAUSED", "satte på pause"
        RESUMED = "RESUMED", "fortsatte"
        STOPPED = "STOPPED", "standsede udsendelsen"
        RULED = "RULED", "ændrede reglerne"

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="sending_changes")
    dispatch = models.ForeignKey(Dispatch, models.PROTECT, related_name="changes", null=True)
    kind = models.CharField("hvad", max_length=20, choices=Kind)
    #: how many people were to be reminded, how many notices were approved, how many mails were taken out of the queue,
    #: or the limit before it was loosened
    number = models.PositiveIntegerField("antal", null=True)
    reason = models.TextField("begrundelse", blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    at = models.DateTimeField(auto_now_add=True)
    salt = salt_field()

    class Meta:
        verbose_name, verbose_name_plural = "ændring af afsendelse", "ændringer af afsendelse"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["REMINDED", "APPROVED", "REFUSED", "PAUSED", "RESUMED", "STOPPED", "RULED"]),
                name="sending_change_kind_known",
                violation_error_message="Det kan man ikke gøre ved en udsendelse.",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["REFUSED", "PAUSED", "STOPPED"]) | ~Q(reason=""),
                name="sending_change_has_reason",
                violation_error_message="Skriv hvorfor.",
            ),
            models.CheckConstraint(
                condition=Q(kind="PAUSED") | Q(by__isnull=False),
                name="sending_change_by_somebody",
                violation_error_message="Systemet sætter kun på pause; resten er et menneskes valg.",
            ),
            models.CheckConstraint(
                condition=Q(dispatch__isnull=False) | Q(kind__in=["PAUSED", "RESUMED", "RULED"]),
                name="sending_change_of_a_dispatch",
                violation_error_message="Det gælder én udsendelse.",
            ),
        ]
        triggers = erasable_ledger_triggers("reason")

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.reason}"


class MailServerQuerySet(models.QuerySet["MailServer"]):
    def aside(self, now: datetime) -> MailServerQuerySet:
        """The others are asked first."""
        return self.filter(aside_until__gt=now)


class MailServer(models.Model):
    """Set aside until then, after so many failures in a row, the last of which was ``reply``."""

    name = models.CharField("navn", max_length=300, unique=True)
    failures = models.PositiveIntegerField("gange i træk")
    aside_until = models.DateTimeField("sat til side til")
    reply = models.TextField("svar", blank=True)
    changed_at = models.DateTimeField("sidst ændret")

    objects = MailServerQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "mailserver", "mailservere"
        constraints = [
            models.CheckConstraint(
                condition=Q(failures__gte=1),
                name="mail_server_has_failed",
                violation_error_message="En mailserver, der svarer, sættes ikke til side.",
            ),
        ]

    def __str__(self) -> str:
        return self.name
