"""Incoming mails as received, and the evidence about our deliveries from incoming mails and from people's decisions.

A mail is saved before its receipt is confirmed to the mail server or mailbox that handed the mail over.
"""

from __future__ import annotations

from datetime import date

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from followups.models import Decision, Escalation
from letters.models import Incident
from notifications.models import delivery_states
from notifications.models.delivery import Delivery
from notifications.models.delivery_states import State
from notifications.models.notice import Notice
from sepo_incident.core import danish
from sepo_incident.core.constraints import KnownValues
from sepo_incident.core.danish import Badge
from sepo_incident.core.sql_expression import SqlExpression, sql_expression

RECEIVED_FIELDS = ["raw", "sha256", "received_at", "envelope_from", "envelope_to"]


class IncomingKind(models.TextChoices):
    """The kinds of mail that `notifications.mail_classifier` recognises."""

    BOUNCE = "bounce", "kom retur"
    DELAY = "delay", "forsinket"
    DELIVERED = "delivered", "kvittering"
    RELAYED = "relayed", "sendt videre"
    AUTO_REPLY = "auto_reply", "autosvar"
    CHALLENGE = "challenge", "holdt tilbage"
    COMPLAINT = "complaint", "meldt som spam"
    HUMAN = "human", "svar fra et menneske"
    OTHER = "other", "andet"


class MatchedBy(models.TextChoices):
    TOKEN = "TOKEN", "returadressen"
    ENVELOPE_ID = "ENVELOPE_ID", "forsendelsens nummer"
    MESSAGE_ID = "MESSAGE_ID", "mailens nummer"


class MatchStatus(models.TextChoices):
    WAITING = "WAITING", "venter på at blive læst"
    MATCHED = "MATCHED", "hører til en mail"
    UNMATCHED = "UNMATCHED", "hører ikke til nogen mail"
    FORGED = "FORGED", "forfalsket returadresse"
    OURS = "OURS", "vores egen mail"
    CODE = "CODE", "mail med en kode"
    UNREADABLE = "UNREADABLE", "kunne ikke læses"


MAIL_TABLES = {"mail": "kind"}
#: The incidents of the notice and of the delivery that a mail answers.
_ANSWERED_INCIDENTS = """(
    SELECT dispatch.incident_id FROM notifications_notice AS notice
    JOIN notifications_dispatch AS dispatch ON dispatch.id = notice.dispatch_id
    WHERE notice.id = {mail}.notice_id
        OR notice.id = (SELECT notice_id FROM notifications_delivery WHERE id = {mail}.delivery_id)
)"""
NEEDS_ATTENTION = sql_expression(
    """{mail}.settled_at IS NULL AND ({mail}.kind = 'human' OR {mail}.match_status = 'UNREADABLE'
        OR {mail}.match_status = 'UNMATCHED' AND {mail}.kind <> 'other')""",
    MAIL_TABLES,
)


def answers(incident: Incident | None) -> SqlExpression:
    """Match the mails that answer a notice of the incident, with None none."""
    return sql_expression("{incident} IN " + _ANSWERED_INCIDENTS, MAIL_TABLES, incident=incident and incident.pk)


def answers_no_other(incident: Incident) -> SqlExpression:
    """Match the mails that answer a notice of the incident or no notice of an incident."""
    return sql_expression("{incident} = ALL " + _ANSWERED_INCIDENTS, MAIL_TABLES, incident=incident.pk)


class IncomingMailQuerySet(models.QuerySet["IncomingMail"]):
    def waiting(self) -> IncomingMailQuerySet:
        """Return the mails that no worker has read yet: the inbound queue."""
        return self.filter(match_status=MatchStatus.WAITING)

    def unmatched(self) -> IncomingMailQuerySet:
        """Return the mails that were read but match no mail of ours."""
        return self.exclude(match_status__in=[MatchStatus.WAITING, MatchStatus.MATCHED, MatchStatus.CODE])

    def needing_attention(self) -> IncomingMailQuerySet:
        """Return the unsettled mails that a person must see to.

        A person has written, a report or auto-reply matches no mail of ours, or the mail could not be read.
        Receipts of sign-in codes, advertising and forged mails need no attention and are only listed.
        """
        return self.filter(NEEDS_ATTENTION)

    def of_incident(self, incident: Incident | None) -> IncomingMailQuerySet:
        """Return the mails that answer a notice of the incident or no notice of an incident, with None all mails."""
        return self.filter(answers_no_other(incident)) if incident else self

    def listed(self) -> IncomingMailQuerySet:
        """Return the mails newest first, without the raw bytes, since a mail may be large."""
        return self.defer("raw").order_by("-received_at", "-pk")


class IncomingMail(models.Model):
    """A received mail: the unchanged bytes and envelope, the facts read from the mail (`Verdict`), and the result.

    The same bytes to the same address are saved once, however often they arrive.
    """

    Kind, MatchedBy, MatchStatus = IncomingKind, MatchedBy, MatchStatus

    BADGES = {
        Kind.BOUNCE: Badge("Kom retur", "is-late"),
        Kind.DELAY: Badge("Forsinket", "is-soon", "hourglass"),
        Kind.DELIVERED: Badge("Kvittering", "is-ok", "check"),
        Kind.RELAYED: Badge("Sendt videre", "is-soon"),
        Kind.AUTO_REPLY: Badge("Autosvar", "is-soon", "person"),
        Kind.CHALLENGE: Badge("Holdt tilbage", "is-soon"),
        Kind.COMPLAINT: Badge("Meldt som spam", "is-late"),
        Kind.HUMAN: Badge("Svar", "is-info", "person"),
        Kind.OTHER: Badge("Andet"),
    }
    #: why the mail was not used, as Danish text
    EXPLANATIONS = {
        MatchStatus.WAITING: "Mailen bliver læst om lidt.",
        MatchStatus.UNMATCHED: "Mailen hører ikke til en mail fra os.",
        MatchStatus.FORGED: "Returadressen er forfalsket, så mailen tæller ikke.",
        MatchStatus.OURS: "Vores egen mail er kommet tilbage. Den tæller ikke.",
        MatchStatus.CODE: "Mailen hører til en mail med en kode til at logge ind.",
        MatchStatus.UNREADABLE: "Mailen kunne ikke læses.",
    }
    #: Why a mail that names one of our notices was not used: HEARSAY for a report or complaint that did not come to the
    #: notice's return path, BY_ANOTHER for other mails that nobody vouches for as written by who got the notice.
    HEARSAY = (
        "Mailen nævner en besked, men er ikke sendt til beskedens returadresse. Alle modtagere kan have skrevet den, "
        "så den tæller ikke. Ring til modtageren."
    )
    BY_ANOTHER = (
        "Mailen hører til en besked, men vi kan ikke se, at den er skrevet af en af modtagerne. Derfor tæller den ikke."
    )
    #: reports of a mail server about a delivery
    REPORTS = [Kind.BOUNCE, Kind.DELAY, Kind.DELIVERED, Kind.RELAYED]

    raw = models.BinaryField("som den kom")
    sha256 = models.CharField(max_length=64)
    received_at = models.DateTimeField("modtaget")
    #: empty is the null sender, to which no answer may be sent
    envelope_from = models.CharField("konvoluttens afsender", max_length=320, blank=True)
    #: empty when a mailbox does not tell
    envelope_to = models.CharField("konvoluttens modtager", max_length=320, blank=True)

    kind = models.CharField("slags", max_length=20, choices=Kind, blank=True)
    author = models.CharField("fra", max_length=320, blank=True)
    subject = models.CharField("emne", max_length=300, blank=True)
    #: `[{address, outcome, status, reason, is_spam}]`
    recipients = models.JSONField("hvad den siger om hvem", default=list)
    message_id = models.CharField("den mail, den handler om", max_length=1000, blank=True)
    away_until = models.DateField("væk til", null=True)

    match_status = models.CharField(
        "hvad blev der af den", max_length=20, choices=MatchStatus, default=MatchStatus.WAITING
    )
    matched_by = models.CharField("genkendt på", max_length=20, choices=MatchedBy, blank=True)
    filed_at = models.DateTimeField("læst", null=True)
    notice = models.ForeignKey(Notice, models.PROTECT, related_name="incoming", null=True, verbose_name="besked")
    #: the first delivery, when the mail concerns several
    delivery = models.ForeignKey(Delivery, models.PROTECT, related_name="incoming", null=True, verbose_name="mail")
    #: when somebody answered the mail or found that no action is needed
    settled_at = models.DateTimeField("afsluttet", null=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, verbose_name="afsluttet af"
    )

    #: the answer that somebody sent from the page
    answer = models.OneToOneField(Notice, models.PROTECT, related_name="answers", null=True, verbose_name="svar")
    #: the question to a desk that somebody made of the mail
    escalation = models.ForeignKey(Escalation, models.PROTECT, related_name="+", null=True, verbose_name="henvendelse")

    objects = IncomingMailQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "indgående mail", "indgående mails"
        constraints = [
            models.UniqueConstraint(
                fields=["sha256", "envelope_to"],
                name="incoming_once",
                violation_error_message="Mailen er allerede modtaget.",
            ),
            models.CheckConstraint(
                condition=Q(match_status="WAITING", filed_at=None, kind="")
                | (~Q(match_status="WAITING") & ~Q(filed_at=None)),
                name="incoming_waits_until_it_is_filed",
                violation_error_message="En mail venter, til den er læst.",
            ),
            models.CheckConstraint(
                condition=Q(match_status="MATCHED", delivery__isnull=False, notice__isnull=False)
                | (~Q(match_status="MATCHED") & Q(delivery=None)),
                name="incoming_matched_has_a_delivery",
                violation_error_message="En mail, der er genkendt, hører til en mail, vi har sendt.",
            ),
            models.CheckConstraint(
                condition=Q(notice=None, matched_by="") | (Q(notice__isnull=False) & ~Q(matched_by="")),
                name="incoming_says_how_it_was_matched",
                violation_error_message="Skriv, hvad mailen er genkendt på.",
            ),
            models.CheckConstraint(
                condition=Q(settled_at=None, settled_by=None) | (Q(settled_by__isnull=False) & ~Q(settled_at=None)),
                name="incoming_settled_by_somebody",
                violation_error_message="Skriv, hvem der har afsluttet mailen.",
            ),
            models.CheckConstraint(
                condition=Q(answer=None) | ~Q(settled_at=None),
                name="incoming_answered_is_settled",
                violation_error_message="En besvaret mail er afsluttet.",
            ),
            models.CheckConstraint(
                condition=Q(escalation=None) | ~Q(settled_at=None),
                name="incoming_handed_over_is_settled",
                violation_error_message="En mail, der er givet videre, er afsluttet.",
            ),
            KnownValues("kind", "incoming_kind_known", "Den slags indgående mail findes ikke."),
            KnownValues("match_status", "incoming_match_status_known", "Det kan der ikke blive af en indgående mail."),
            KnownValues("matched_by", "incoming_matched_by_known", "Det kan en indgående mail ikke genkendes på."),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(match_status="WAITING"), name="incoming_waiting"),
            models.Index(F("received_at").desc(), F("id").desc(), name="incoming_newest_first"),
        ]
        triggers = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="received_read_only", fields=RECEIVED_FIELDS),
        ]

    def __str__(self) -> str:
        return f"indgående mail {self.pk}"

    @property
    def belongs_to(self) -> str:
        """The recipient of our mail that this one is about, otherwise why there is none, as Danish text."""
        if self.delivery:
            recipient = self.delivery.recipient
            return (recipient and recipient.name) or self.delivery.address
        if self.match_status == MatchStatus.WAITING:
            return "Bliver læst"
        status: str = self.get_match_status_display()
        return "En besked, men ikke en bestemt modtager" if self.notice else danish.capitalized(status)

    @property
    def explanation(self) -> str:
        """Return a Danish sentence on why the mail was not used, or "" for a matched mail."""
        if self.match_status == self.MatchStatus.UNMATCHED and self.notice_id:
            return self.HEARSAY if self.kind in [*self.REPORTS, self.Kind.COMPLAINT] else self.BY_ANOTHER
        return self.EXPLANATIONS.get(self.MatchStatus(self.match_status), "")

    @property
    def badge(self) -> Badge:
        return self.BADGES[self.Kind(self.kind)] if self.kind else Badge("Bliver læst", "", "hourglass")


class EvidenceQuerySet(models.QuerySet["Evidence"]):
    def away(self, on: date) -> EvidenceQuerySet:
        """Return the auto-replies whose author is away on the day `on` and has made no decision since."""
        acted = Evidence.objects.filter(
            proves=State.ACKNOWLEDGED,
            delivery__recipient=OuterRef("delivery__recipient"),
            occurred_at__gt=OuterRef("occurred_at"),
        )
        return self.filter(~Exists(acted), proves=State.AUTO_REPLY, away_until__gte=on)


class Evidence(models.Model):
    """A piece of evidence about a delivery, from an incoming mail or from a decision by the recipient. Append-only.

    Evidence concerns the sending that `lease` belongs to, and does not count after a person has sent the mail
    again. A mail or a decision gives at most one piece of evidence per delivery.
    """

    delivery = models.ForeignKey(Delivery, models.PROTECT, related_name="evidence")
    #: the attempt named by the mail, or else the attempt that had begun when the mail came
    lease = models.PositiveIntegerField()
    proves = models.CharField("viser", max_length=20, choices=State)
    occurred_at = models.DateTimeField("hvornår")
    mail = models.ForeignKey(IncomingMail, models.PROTECT, related_name="evidence", null=True)
    #: the decision that the recipient made, signed in, after the mail
    decision = models.ForeignKey(Decision, models.PROTECT, related_name="+", null=True)
    #: `status` and `reason` of a report: «5.1.1» and the server's text on one line
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
                condition=Q(proves__in=delivery_states.EVIDENCE_STRENGTH),
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
    def badge(self) -> Badge:
        return delivery_states.STATE_INFO[State(self.proves)].badge
