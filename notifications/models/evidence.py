"""What is known of one mail beside what the mail server said to it: a mail that came back, or what the person did."""

from __future__ import annotations

from datetime import date

import pgtrigger
from django.db import models
from django.db.models import Exists, OuterRef, Q

from followups.models import Decision
from notifications.models import states
from notifications.models.delivery import Delivery
from notifications.models.incoming import IncomingMail
from notifications.models.states import State
from sepo_incident.danish import Look


class EvidenceQuerySet(models.QuerySet["Evidence"]):
    def away(self, on: date) -> EvidenceQuerySet:
        """Auto-replies that say their owner is away on that day, and who has not acted since."""
        acted = Evidence.objects.filter(
            proves=State.ACKNOWLEDGED,
            delivery__recipient=OuterRef("delivery__recipient"),
            said_at__gt=OuterRef("said_at"),
        )
        return self.filter(~Exists(acted), proves=State.AUTO_REPLY, away_until__gte=on)


class Evidence(models.Model):
    """Append-only. It speaks of the sending that its ``lease`` belongs to; of one that a person has ended since by
    asking for another it says nothing. A mail or an act says one thing of a delivery, once."""

    delivery = models.ForeignKey(Delivery, models.PROTECT, related_name="evidence")
    #: the attempt that it is about: as it says, or else the one that had begun when it came
    lease = models.PositiveIntegerField()
    proves = models.CharField("viser", max_length=20, choices=State)
    said_at = models.DateTimeField("hvornår")
    mail = models.ForeignKey(IncomingMail, models.PROTECT, related_name="evidence", null=True)
    #: what the recipient did after the mail, signed in
    decision = models.ForeignKey(Decision, models.PROTECT, related_name="+", null=True)
    #: of a report: «5.1.1», and what the server said, on one line
    status = models.CharField("kode", max_length=12, blank=True)
    reason = models.CharField("begrundelse", max_length=300, blank=True)
    away_until = models.DateField("væk til", null=True)

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "bevis", "beviser"
        constraints = [
            models.UniqueConstraint(
                fields=["mail", "delivery"],
                name="evidence_once_per_mail",
                violation_error_message="Mailen er allerede brugt som bevis.",
            ),
            models.UniqueConstraint(
                fields=["decision", "delivery"],
                name="evidence_once_per_act",
                violation_error_message="Handlingen er allerede brugt som bevis.",
            ),
            models.CheckConstraint(
                condition=Q(proves=State.ACKNOWLEDGED, mail=None, decision__isnull=False)
                | (~Q(proves=State.ACKNOWLEDGED) & Q(mail__isnull=False, decision=None)),
                name="evidence_has_its_source",
                violation_error_message="Kun en handling på siden er en kvittering, og alt andet kommer fra en mail.",
            ),
            models.CheckConstraint(
                condition=Q(proves__in=states.STRENGTH),
                name="evidence_proves_something",
                violation_error_message="Det kan ingen mail fortælle.",
            ),
            models.CheckConstraint(
                condition=Q(away_until=None) | Q(proves=State.AUTO_REPLY),
                name="evidence_only_an_auto_reply_is_away",
                violation_error_message="Kun et autosvar fortæller, hvor længe nogen er væk.",
            ),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.get_proves_display()} om mail {self.delivery_id}"

    @property
    def look(self) -> Look:
        return states.STANDINGS[State(self.proves)].look
