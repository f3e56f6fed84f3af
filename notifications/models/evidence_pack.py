"""Large evidence packs (*Dokumentation*) that a worker makes, and the packs' bytes while a pack is kept."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from followups.models import Arrival
from letters.models import Incident, Letter
from sepo_incident.accounts.models import Unit, User
from sepo_incident.audit.models import Erasure
from sepo_incident.core import database
from sepo_incident.core.task_queue import STALLED_AFTER

#: A pack may be downloaded for this long. The limit is short because a pack holds much about many people.
KEEP_PACK_FOR = timedelta(hours=24)
#: A worker renews the heartbeat every second. One that is slow still has the lock, and nobody makes its pack meanwhile.
WORKER_KILLED_AFTER = timedelta(seconds=15)


class EvidencePackQuerySet(models.QuerySet["EvidencePack"]):
    def ordered_by(self, user: User) -> EvidencePackQuerySet:
        """Return the packs that `user` ordered, and none under impersonation."""
        return self.none() if user.viewer else self.filter(by=user)

    def in_progress(self) -> EvidencePackQuerySet:
        return self.filter(finished_at=None, failed="")

    def stalled(self) -> EvidencePackQuerySet:
        """Return the packs whose worker was probably killed, and those that no worker began for `STALLED_AFTER`."""
        now = database.now()
        killed = Q(heartbeat_at__lt=now - WORKER_KILLED_AFTER)
        return self.in_progress().filter(killed | Q(heartbeat_at=None, asked_at__lt=now - STALLED_AFTER))

    def expired(self) -> EvidencePackQuerySet:
        """Return the finished or failed packs older than `KEEP_PACK_FOR`."""
        return self.exclude(pk__in=self.in_progress()).filter(asked_at__lt=database.now() - KEEP_PACK_FOR)


class EvidencePack(models.Model):
    """An evidence pack that a user ordered.

    Only that user may download the pack, and only while the user may read all letters in the pack. A pack is deleted
    after a day, or when the same user orders a new pack.
    """

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="af")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name="enhed")
    incident = models.ForeignKey(Incident, models.PROTECT, related_name="+", verbose_name="hændelse")
    asked_at = models.DateTimeField("bedt om", auto_now_add=True)
    #: ids of the letters in the pack: the letters that the user could read when ordering
    letters = ArrayField(models.BigIntegerField(), verbose_name="breve")
    done = models.PositiveIntegerField("pakket", default=0)
    #: renewed by the worker that makes the pack
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField("færdig", null=True)
    #: why the pack could not be made, as a Danish sentence
    failed = models.TextField("fejlet", blank=True)
    size = models.PositiveBigIntegerField("bytes", default=0)

    objects = EvidencePackQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "dokumentation", "dokumentation"
        constraints = [
            models.UniqueConstraint(
                fields=["by"],
                condition=Q(finished_at=None, failed=""),
                name="pack_made_once",
                violation_error_message="Din dokumentation bliver allerede lavet.",
            ),
            models.CheckConstraint(
                condition=Q(finished_at=None) | Q(failed=""),
                name="pack_finished_or_failed",
                violation_error_message="Dokumentation er klar eller fejlet, ikke begge dele.",
            ),
        ]

    def __str__(self) -> str:
        return f"dokumentation nr. {self.pk}"

    @property
    def is_in_progress(self) -> bool:
        return self.finished_at is None and not self.failed

    def may_be_fetched(self, reader: User) -> bool:
        """Return whether `reader` may download the pack. Three queries.

        The pack is finished, `reader` may still read every letter in the pack, no file of these letters was withdrawn
        since the order, and nothing at all was erased since the order.
        """
        if self.finished_at is None or Erasure.objects.filter(at__gte=self.asked_at).exists():
            return False
        readable = Letter.objects.visible_to(reader).readable().filter(pk__in=self.letters).count()
        withdrawn = Arrival.objects.filter(kind=Arrival.Kind.TAKEN_BACK, at__gte=self.asked_at)
        return readable == len(self.letters) and not withdrawn.filter(followup__letter__in=self.letters).exists()


class EvidencePackPart(models.Model):
    """A numbered part of a pack's bytes. Stored in the database, because web server and worker share no disk."""

    pack = models.ForeignKey(EvidencePack, models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField("nummer")
    content = models.BinaryField("bytes")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["pack", "number"],
                name="pack_part_once",
                violation_error_message="Den del af dokumentationen er allerede gemt.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pack}, del {self.number}"
