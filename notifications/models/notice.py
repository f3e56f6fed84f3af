"""A notice as it was sent, and the follow-ups it covers.

The words that KIT gave a kind of notice in an incident: a version each time they were changed.
"""

from __future__ import annotations

from datetime import date
from functools import reduce
from operator import and_

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from followups.models import FollowUp
from letters.models import Incident, Letter
from sepo_incident.accounts.models import User
from sepo_incident.audit.triggers import LEDGER_TRIGGERS
from sepo_incident.core.danish import midnight


class Kind(models.TextChoices):
    """When, to whom and which text of those about letters stands in ``notifications.kinds.notice_kinds``; the lone mails are
    posted by whoever has something to say (``notifications.outbox.enqueue``)."""

    FIRST_NOTICE = "FIRST_NOTICE", "varsel"
    REMINDER = "REMINDER", "påmindelse"
    DEADLINE_TODAY = "DEADLINE_TODAY", "påmindelse på fristens dag"
    OVERDUE = "OVERDUE", "påmindelse efter fristen"
    LEADER_DIGEST = "LEADER_DIGEST", "lederoversigt"
    COORDINATOR_DIGEST = "COORDINATOR_DIGEST", "koordinatoroversigt"
    DECISION_NEEDED = "DECISION_NEEDED", "besked om ventende breve"
    SUPPORT_ANSWER = "SUPPORT_ANSWER", "besked om svar"
    ADDRESS_FAILED = "ADDRESS_FAILED", "besked om adressefejl"

    TEST = "TEST", "prøvemail"
    ANSWER = "ANSWER", "svar på en mail"
    CANARY = "CANARY", "mail til os selv"
    BOUNCE_CANARY = "BOUNCE_CANARY", "mail, der skal komme retur"
    ALARM = "ALARM", "alarm"


#: mails to ourselves, by which we hear whether mail comes through
CANARY_KINDS = (Kind.CANARY, Kind.BOUNCE_CANARY)
#: mails about no letter: no dispatch promised them, and they count in no incident
KINDS_WITHOUT_LETTERS = (Kind.TEST, Kind.ANSWER, Kind.CANARY, Kind.BOUNCE_CANARY, Kind.ALARM)


def known_kind_constraint(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(kind__in=Kind.values), name=name, violation_error_message="Den slags varsel findes ikke."
    )


def names_only_letters_known_to(user: User) -> Q:
    """Of each letter that the mail names the user may read the subject, or they see it and the mail masked it."""
    visible = Letter.objects.visible_to(user)
    may_know = Q(followup__letter__in=visible.readable().values("pk")) | Q(
        is_masked=True, followup__letter__in=visible.values("pk")
    )
    return Q(~Exists(NoticeItem.objects.filter(notice=OuterRef("pk")).exclude(may_know)))


def notice_visible_to(user: User) -> Q:
    got = Notice.objects.filter(deliveries__recipient=user).values("pk")
    return Q(pk__in=got) | Q(written_by=user) | (~Q(kind__in=KINDS_WITHOUT_LETTERS) & names_only_letters_known_to(user))


class NoticeQuerySet(models.QuerySet["Notice"]):
    def visible_to(self, user: User) -> NoticeQuerySet:
        """Mails the user got, and mails that tell of no letter more than the user may know (``Letter.visible_to``):
        of each they may read the subject, or they see the letter and the mail masked it. A letter may have become a
        personnel case since its subject was sent. A lone mail is for who got it or wrote it. While somebody views the
        site as the user, all of it is asked of both."""
        return self.filter(reduce(and_, map(notice_visible_to, user.effective_viewers)))

    def shareable_by(self, user: User) -> NoticeQuerySet:
        """Of those about letters, what the user may give to others: also of what they got themselves nothing that they
        may no longer know."""
        return self.filter(~Q(kind__in=KINDS_WITHOUT_LETTERS) & names_only_letters_known_to(user))

    def latest_test_mail(self, user: User) -> Notice | None:
        """The test mail that this person sent last, of any text."""
        return self.filter(kind=Kind.TEST, written_by=user).order_by("-pk").first()

    def taken_back(self) -> NoticeQuerySet:
        """Those that were stopped before the mail to the sender went out: nobody was told by them."""
        return self.filter(deliveries__role="TO", deliveries__state="STOPPED")

    def about(self, letter: Letter) -> NoticeQuerySet:
        """The notices that name this letter, oldest first."""
        return self.filter(items__followup__letter=letter).order_by("created_at", "pk")


class Notice(models.Model):
    """One mail to one person, with others in cc, or a lone mail: subject, text and HTML as they went out. Append-only.

    ``receiver``: the user that it is to, where letters owe it.
    """

    dispatch = models.ForeignKey("notifications.Dispatch", models.PROTECT, related_name="notices", null=True)
    kind = models.CharField("slags", max_length=20, choices=Kind)
    receiver = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="notices", null=True, verbose_name="modtager"
    )
    #: a person at a page, for a lone mail; the system has none
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, verbose_name="skrevet af"
    )
    #: the leader of most of the letters; further leaders are only in cc
    leader = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, verbose_name="leder"
    )
    letters = models.PositiveIntegerField("antal breve")
    copies = models.PositiveSmallIntegerField("antal i kopi")
    subject = models.CharField("emne", max_length=200)
    text = models.TextField("tekst")
    html = models.TextField("html", blank=True)
    message_id = models.CharField(max_length=200, unique=True)
    #: the Message-ID of the mail that this one answers
    in_reply_to = models.CharField("svar på", max_length=998, blank=True)
    created_at = models.DateTimeField("skrevet")

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "varsel", "varsler"
        constraints = [
            models.UniqueConstraint(
                fields=["dispatch", "receiver"],
                name="notice_once_per_receiver",
                violation_error_message="Modtageren har allerede en mail i udsendelsen.",
            ),
            models.CheckConstraint(
                condition=Q(letters__gte=1, dispatch__isnull=False, receiver__isnull=False, written_by=None)
                & ~Q(kind__in=KINDS_WITHOUT_LETTERS)
                | Q(letters=0, dispatch=None, receiver=None, leader=None, kind__in=KINDS_WITHOUT_LETTERS),
                name="notice_names_a_letter",
                violation_error_message="Et varsel hører til en udsendelse og nævner et brev; en anden mail gør ikke.",
            ),
            known_kind_constraint("notice_kind_known"),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"varsel {self.pk}"

    @property
    def phrase(self) -> str:
        """«et varsel» · «en påmindelse»"""
        return f"{'et' if self.kind in (Kind.FIRST_NOTICE, Kind.ANSWER) else 'en'} {Kind(self.kind).label}"

    @property
    def signed_by(self) -> str:
        """Whose name stands below it."""
        return self.dispatch.incident.signed_by if self.dispatch else settings.MAIL["from_name"]


class NoticeItemQuerySet(models.QuerySet["NoticeItem"]):
    def active(self) -> NoticeItemQuerySet:
        """Of notices that were sent, or will be."""
        return self.exclude(notice__in=Notice.objects.taken_back().values("pk"))

    def taken_back(self) -> NoticeItemQuerySet:
        return self.filter(notice__in=Notice.objects.taken_back().values("pk"))

    def before(self, day: date) -> NoticeItemQuerySet:
        """Of notices that were written before that day in Copenhagen, and not taken back."""
        return self.active().filter(notice__created_at__lt=midnight(day))


class NoticeItem(models.Model):
    """A follow-up that a notice covers. The unique key is what keeps a person from being told twice.

    ``receiver`` is the notice's: the letter may have another sender later, who is owed a notice too. ``turn`` counts
    the notices before it that were taken back, so that a follow-up is owed once more after each.
    """

    notice = models.ForeignKey(Notice, models.PROTECT, related_name="items")
    followup = models.ForeignKey(FollowUp, models.PROTECT, related_name="notice_items")
    receiver = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="modtager")
    kind = models.CharField("slags", max_length=20, choices=Kind)
    #: the mail already called it a personnel case, and no more
    is_masked = models.BooleanField("emne skjult i mailen", default=False)
    owed_on = models.DateField("skyldig den")
    turn = models.PositiveSmallIntegerField("omgang", default=0, db_default=0)

    objects = NoticeItemQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "brev i et varsel", "breve i et varsel"
        constraints = [
            models.UniqueConstraint(
                fields=["followup", "kind", "owed_on", "receiver", "turn"],
                name="notice_item_owed_once",
                violation_error_message="Modtageren har allerede fået den mail om brevet.",
            ),
            known_kind_constraint("notice_item_kind_known"),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"brev i varsel {self.notice_id}"


class NoticeTextQuerySet(models.QuerySet["NoticeText"]):
    def of(self, kind: str, incident: Incident) -> NoticeTextQuerySet:
        """The versions of a text, the newest first."""
        return self.filter(kind=kind, incident=incident).order_by("-version")

    def newest(self) -> NoticeTextQuerySet:
        """Of each text the one that counts."""
        return self.order_by("incident", "kind", "-version").distinct("incident", "kind")


class NoticeText(models.Model):
    """Version 1 and on; before them, and where there is none, the default counts. Append-only."""

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="notice_texts")
    kind = models.CharField("slags", max_length=20, choices=Kind)
    version = models.PositiveIntegerField("version")
    subject = models.CharField("emne", max_length=300)
    body = models.TextField("tekst")
    #: the words of the default, as they were then
    is_reset = models.BooleanField("tilbage til standardteksten", default=False)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="skrevet af"
    )
    written_at = models.DateTimeField("skrevet", default=timezone.now)

    objects = NoticeTextQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "tekst", "tekster"
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "kind", "version"],
                name="notice_text_version_once",
                violation_error_message="En anden har gemt teksten imens.",
            ),
            models.CheckConstraint(
                condition=Q(version__gte=1),
                name="notice_text_counts_from_one",
                violation_error_message="Den første version af en tekst er 1.",
            ),
            models.CheckConstraint(
                condition=~Q(subject="") & ~Q(body=""),
                name="notice_text_says_something",
                violation_error_message="En tekst skal have et emne og et indhold.",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=KINDS_WITHOUT_LETTERS),
                name="notice_text_of_a_notice",
                violation_error_message="Den slags mail har ingen tekst, man kan rette.",
            ),
            known_kind_constraint("notice_text_kind_known"),
        ]
        triggers = LEDGER_TRIGGERS

    def __str__(self) -> str:
        return f"version {self.version} af teksten til {self.get_kind_display()}"
