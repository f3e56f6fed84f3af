"""Settings for an incident's sending and their changes, mail servers that did not answer, and the sending database."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Func, Q

from letters.models import Incident
from notifications.models.dispatch import Dispatch
from sepo_incident.audit.triggers import erasable_ledger_triggers, salt_field
from sepo_incident.core.constraints import KnownValues
from sepo_incident.core.database import PresentTime


class SendingSettingsQuerySet(models.QuerySet["SendingSettings"]):
    def for_incident(self, incident: Incident) -> SendingSettings:
        """Return the settings of `incident`, or unsaved default settings if no row exists."""
        return self.filter(incident=incident).first() or SendingSettings(incident=incident)


class SendingSettings(models.Model):
    """The sending of an incident. While `paused_at` is set no mail of a dispatch goes out."""

    incident = models.OneToOneField(Incident, models.PROTECT, related_name="sending")
    paused_at = models.DateTimeField("på pause siden", null=True)

    objects = SendingSettingsQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "afsendelse", "afsendelser"

    def __str__(self) -> str:
        return f"afsendelse i {self.incident.slug}"


class SendingChange(models.Model):
    """A change of a dispatch, or without `dispatch` of all sending in the incident. Append-only.

    `by` is empty when the system made the change.
    """

    class Kind(models.TextChoices):
        REMINDED = "REMINDED", "bestilte påmindelser til"
        ASSURED = "ASSURED", "bekræftede"
        PAUSED = "PAUSED", "satte på pause"
        RESUMED = "RESUMED", "fortsatte"
        STOPPED = "STOPPED", "standsede udsendelsen"

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="sending_changes")
    dispatch = models.ForeignKey(Dispatch, models.PROTECT, related_name="changes", null=True)
    kind = models.CharField("hvad", max_length=20, choices=Kind)
    #: the number of people reminded, mails of a large dispatch or mails taken out of the queue
    number = models.PositiveIntegerField("antal", null=True)
    reason = models.TextField("begrundelse", blank=True)
    #: the test mail of the text before a large dispatch
    test_mail = models.ForeignKey("notifications.Notice", models.PROTECT, related_name="+", null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    at = models.DateTimeField(auto_now_add=True)
    salt = salt_field()

    class Meta:
        verbose_name, verbose_name_plural = "ændring af afsendelse", "ændringer af afsendelse"
        ordering = ["-pk"]
        constraints = [
            KnownValues("kind", "sending_change_kind_known", "Det kan man ikke gøre ved en udsendelse."),
            models.CheckConstraint(
                condition=~Q(kind__in=["PAUSED", "STOPPED"]) | ~Q(reason=""),
                name="sending_change_has_reason",
                violation_error_message="Skriv hvorfor.",
            ),
            models.CheckConstraint(
                condition=Q(kind="PAUSED") | Q(kind="ASSURED", test_mail=None) | Q(by__isnull=False),
                name="sending_change_by_somebody",
                violation_error_message="Skriv, hvem der gjorde det.",
            ),
            models.CheckConstraint(
                condition=~Q(kind="ASSURED") | Q(number__isnull=False) & (Q(test_mail__isnull=False) | ~Q(reason="")),
                name="sending_change_is_assured",
                violation_error_message="Send en prøvemail til dig selv, eller skriv, hvorfor du ikke gør det.",
            ),
            models.CheckConstraint(
                condition=Q(dispatch__isnull=False) | Q(kind__in=["PAUSED", "RESUMED"]),
                name="sending_change_of_a_dispatch",
                violation_error_message="Det gælder én udsendelse.",
            ),
        ]
        triggers = erasable_ledger_triggers("reason")

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.reason}"


class MailServerQuerySet(models.QuerySet["MailServer"]):
    def set_aside(self, now: datetime | PresentTime) -> MailServerQuerySet:
        """Return the servers set aside at `now`. Workers try the remaining servers first."""
        return self.filter(aside_until__gt=now)


class MailServer(models.Model):
    """A mail server that failed `failures` times in a row and is set aside until `aside_until`.

    `reply` is the answer at the last failure. A server that answers has no row.
    """

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
            )
        ]

    def __str__(self) -> str:
        return self.name


class DatabaseIdentity(Func):
    """An SQL expression for the identity of the present database: system identifier, timeline and table oid.

    A restored dump has new tables and often a new server. A backup rolled forward and a promoted standby have a new
    timeline. After a stop or a kill of the server all three parts are the same as before.
    """

    template = """
        concat_ws('/',
            (SELECT system_identifier FROM pg_control_system()),
            left(pg_walfile_name(pg_current_wal_lsn()), 8),
            'notifications_delivery'::regclass::oid)
    """
    output_field = models.TextField()


class SendingDatabaseQuerySet(models.QuerySet["SendingDatabase"]):
    def current(self) -> SendingDatabaseQuerySet:
        """Return the row if the present database is the sending database."""
        return self.filter(identity=DatabaseIdentity())


class SendingDatabase(models.Model):
    """The single row with the identity of the sending database, inserted when a worker first looks for mails.

    In a copy of the database the row holds the identity of the original. A backup taken before the row existed is
    therefore treated as a new database.
    """

    identity = models.TextField("kendetegn")
    since = models.DateTimeField("siden")

    objects = SendingDatabaseQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "afsendende database", "afsendende databaser"
        constraints = [
            models.CheckConstraint(
                condition=Q(pk=1), name="home_is_one", violation_error_message="Mails sendes fra én database."
            )
        ]

    def __str__(self) -> str:
        return self.identity
