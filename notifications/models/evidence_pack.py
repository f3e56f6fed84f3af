"""A great *Bevispakke* that somebody has asked for, and its bytes while they are kept."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from followups.models import Arrival
from letters.models import Incident, Letter
from sepo_incident.accounts.models import Unit, User
from sepo_incident.audit.models import Erasure

#: so long it may be fetched; it holds much about many
KEEP_PACK_FOR = timedelta(hours=24)
#: without a sign of life for so long its worker is gone
STALLED_AFTER = timedelta(seconds=40)


class PackQuerySet(models.QuerySet["Pack"]):
    def of(self, user: User) -> PackQuerySet:
        """Their own; none for whoever sees the site as they do."""
        return self.none() if user.viewer else self.filter(by=user)

    def in_progress(self) -> PackQuerySet:
        return self.filter(finished_at=None, failed="")

    def quiet(self, now: datetime) -> PackQuerySet:
        """Those that no worker is at."""
        since = now - STALLED_AFTER
        return self.in_progress().filter(Q(heartbeat_at__lt=since) | Q(heartbeat_at=None, asked_at__lt=since))

    def over(self, now: datetime) -> PackQuerySet:
        return self.exclude(pk__in=self.in_progress()).filter(asked_at__lt=now - KEEP_PACK_FOR)


class Pack(models.Model):
    """For whoever asked for it alone, and only while they may read all of its letters. Gone after a day, or when they
    ask for another."""

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="af")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name="enhed")
    incident = models.ForeignKey(Incident, models.PROTECT, related_name="+", verbose_name="hændelse")
    asked_at = models.DateTimeField("bedt om", auto_now_add=True)
    #: that it has, as they could be read when it was asked for
    letters = ArrayField(models.BigIntegerField(), verbose_name="breve")
    done = models.PositiveIntegerField("pakket", default=0)
    #: a worker renews this
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField("færdig", null=True)
    #: a Danish sentence
    failed = models.TextField("fejlet", blank=True)
    size = models.PositiveBigIntegerField("bytes", default=0)

    objects = PackQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "bevispakke", "bevispakker"
        constraints = [
            models.UniqueConstraint(
                fields=["by"],
                condition=Q(finished_at=None, failed=""),
                name="pack_made_once",
                violation_error_message="Du har allerede en pakke, der bliver lavet.",
            ),
            models.CheckConstraint(
                condition=Q(finished_at=None) | Q(failed=""),
                name="pack_finished_or_failed",
                violation_error_message="En pakke er færdig eller fejlet, ikke begge dele.",
            ),
        ]

    def __str__(self) -> str:
        return f"bevispakke nr. {self.pk}"

    @property
    def is_in_progress(self) -> bool:
        return self.finished_at is None and not self.failed

    def may_be_fetched(self, reader: User) -> bool:
        """Finished, all that is in it may still be read, none of its files was withdrawn since, and nothing at all was
        erased. Three queries."""
        if self.finished_at is None or Erasure.objects.filter(at__gte=self.asked_at).exists():
            return False
        readable = Letter.objects.visible_to(reader).readable().filter(pk__in=self.letters).count()
        withdrawn = Arrival.objects.filter(kind=Arrival.Kind.TAKEN_BACK, at__gte=self.asked_at)
        return readable == len(self.letters) and not withdrawn.filter(followup__letter__in=self.letters).exists()


class PackPart(models.Model):
    """Some bytes of it, in order: in the database, for web and worker share no disk."""

    pack = models.ForeignKey(Pack, models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField("nummer")
    content = models.BinaryField("bytes")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["pack", "number"],
                name="pack_part_once",
                violation_error_message="Den del af pakken er allerede gemt.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pack}, del {self.number}"
