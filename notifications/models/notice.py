"""Notices as sent, the follow-ups that a notice covers, and the versions of the notice texts."""

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
from letters.models.letter import LetterQuerySet
from letters.story import plans
from sepo_incident.accounts.models import User
from sepo_incident.audit.triggers import LEDGER_TRIGGERS
from sepo_incident.core.constraints import KnownValues
from sepo_incident.core.danish import midnight


class Kind(models.TextChoices):
    """The kind of a notice.

    `notifications.kinds.notice_kinds` holds time, receivers and text for each kind of mail about letters. The
    callers of `notifications.outbox.enqueue` decide about standalone mails.
    """

    FIRST_NOTICE = "FIRST_NOTICE", "første besked"
    REMINDER = "REMINDER", "påmindelse"
    DEADLINE_TODAY = "DEADLINE_TODAY", "påmindelse på fristens dag"
    OVERDUE = "OVERDUE", "påmindelse efter fristen"
    LEADER_DIGEST = "LEADER_DIGEST", "lederoversigt"
    COORDINATOR_DIGEST = "COORDINATOR_DIGEST", "koordinatoroversigt"
    DECISION_NEEDED = "DECISION_NEEDED", "besked om ventende breve"
    SUPPORT_ANSWER = "SUPPORT_ANSWER", "besked om svar"
    DESK_DIGEST = "DESK_DIGEST", "oversigt over henvendelser"
    ADDRESS_FAILED = "ADDRESS_FAILED", "besked om adressefejl"

    TEST = "TEST", "prøvemail"
    ANSWER = "ANSWER", "svar på en mail"
    CANARY = "CANARY", "mail til os selv"
    BOUNCE_CANARY = "BOUNCE_CANARY", "mail, der skal komme retur"
    ALARM = "ALARM", "alarm"
    ACCESS_CHANGED = "ACCESS_CHANGED", "besked om ændret adgang"
    BREACH_REPORTED = "BREACH_REPORTED", "besked om muligt databrud"
    DIRECTOR_STATUS = "DIRECTOR_STATUS", "mail til direktøren"


REMINDER_KINDS = (Kind.REMINDER, Kind.DEADLINE_TODAY, Kind.OVERDUE)
#: mails to our own mailbox, sent hourly to check that mail works
CANARY_KINDS = (Kind.CANARY, Kind.BOUNCE_CANARY)
#: mails about no letter: no dispatch orders such a mail, and no incident counts it
KINDS_WITHOUT_LETTERS = (
    *(Kind.TEST, Kind.ANSWER, *CANARY_KINDS, Kind.ALARM),
    *(Kind.ACCESS_CHANGED, Kind.BREACH_REPORTED, Kind.DIRECTOR_STATUS),
)


def names_only_letters_known_to(user: User) -> Q:
    """Match notices that reveal nothing hidden from `user`.

    Of each letter in the notice, the user may read the subject, or may see the letter and the mail masked the
    letter.
    """
    return names_only(Letter.objects.visible_to(user))


def names_only(letters: LetterQuerySet) -> Q:
    """Match notices that reveal nothing hidden from a reader of `letters`, which know what the reader may read."""
    hidden = NoticeItem.objects.exclude(known_to_readers_of(letters))
    return Q(~Exists(hidden.filter(notice=OuterRef("pk"))))


def known_to_readers_of(letters: LetterQuerySet) -> Q:
    """Match the items about `letters` that reveal nothing hidden from the reader. `letters` come from `visible_to`."""
    is_readable = Q(followup__letter__in=letters.readable().values("pk"))
    return is_readable | Q(is_masked=True, followup__letter__in=letters.values("pk"))


def notice_visible_to(user: User) -> Q:
    """Match notices that `user` received or wrote, those of known letters, and those of plans the user may edit."""
    received = Notice.objects.filter(deliveries__recipient=user).values("pk")
    return (
        Q(pk__in=received)
        | Q(written_by=user)
        | Q(director_mail__unit__lineage__overlap=user.unit_ids_with_role(*plans.ROLES))
        | (~Q(kind__in=KINDS_WITHOUT_LETTERS) & names_only_letters_known_to(user))
    )


class NoticeQuerySet(models.QuerySet["Notice"]):
    def visible_to(self, user: User) -> NoticeQuerySet:
        """Return the notices that `user` may read.

        The user may read a notice that the user received or wrote, and a notice about letters if the user may read
        the subject of each letter, or may see the letter and the mail masked the subject. A letter may have become a
        personnel case after the mail was sent. A standalone mail is only for recipient and writer; the mail to a
        director also for who may edit the plan. Under impersonation the condition must hold for both users.
        """
        return self.filter(reduce(and_, map(notice_visible_to, user.effective_viewers)))

    def countable_for(self, user: User) -> NoticeQuerySet:
        """Return the notices that `user` may count: those of `visible_to`, and those about letters the user counts."""
        counted = self.filter(names_only(Letter.objects.counted_for(user)))
        return self.filter(Q(pk__in=self.visible_to(user).values("pk")) | Q(pk__in=counted.values("pk")))

    def shareable_by(self, user: User) -> NoticeQuerySet:
        """Return the notices about letters that `user` may pass on to other people.

        A notice that the user received is left out if it names a letter that the user may no longer know.
        """
        return self.filter(~Q(kind__in=KINDS_WITHOUT_LETTERS) & names_only_letters_known_to(user))

    def latest_test_mail(self, user: User, text_digest: str) -> Notice | None:
        """Return the newest test mail that `user` sent of the text (`TextSource.digest`), or None."""
        return self.filter(kind=Kind.TEST, written_by=user, text_digest=text_digest).order_by("-pk").first()

    def taken_back(self) -> NoticeQuerySet:
        """Return the notices that were stopped before the mail to the main recipient (To) went out."""
        return self.filter(deliveries__role="TO", deliveries__state="STOPPED")

    def about(self, letter: Letter) -> NoticeQuerySet:
        """Return the notices that name `letter`, oldest first."""
        return self.filter(items__followup__letter=letter).order_by("created_at", "pk")


class Notice(models.Model):
    """A mail to one person with copies (Cc), or a standalone mail. Append-only.

    Holds subject, text and HTML as sent. `receiver` is the user in To; a standalone mail has no `receiver`.
    """

    dispatch = models.ForeignKey("notifications.Dispatch", models.PROTECT, related_name="notices", null=True)
    kind = models.CharField("slags", max_length=20, choices=Kind)
    receiver = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="notices", null=True, verbose_name="modtager"
    )
    #: the person who wrote a standalone mail on a page; empty when the system wrote the mail
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, verbose_name="skrevet af"
    )
    #: the leader of most of the letters; the other leaders are only in Cc
    leader = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, verbose_name="leder"
    )
    letters = models.PositiveIntegerField("antal breve")
    copies = models.PositiveSmallIntegerField("antal i kopi")
    subject = models.CharField("emne", max_length=200)
    text = models.TextField("tekst")
    html = models.TextField("html", blank=True)
    message_id = models.CharField(max_length=200, unique=True)
    #: the text that a test mail tries (`TextSource.digest`); empty in other mails
    text_digest = models.CharField("aftryk af teksten", max_length=64, blank=True, db_default="")
    #: the Message-ID of the mail that this notice answers
    in_reply_to = models.CharField("svar på", max_length=998, blank=True)
    created_at = models.DateTimeField("skrevet")

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "besked", "beskeder"
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
                violation_error_message="En besked hører til en udsendelse og nævner et brev. Andre mails gør ikke.",
            ),
            KnownValues("kind", "notice_kind_known", "Den slags besked findes ikke."),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"besked {self.pk}"

    @property
    def phrase(self) -> str:
        """Return the Danish noun, with article if there are several: «første besked» · «en påmindelse»."""
        article = {Kind.FIRST_NOTICE: "", Kind.ANSWER: "et "}.get(Kind(self.kind), "en ")
        return f"{article}{Kind(self.kind).label}"

    @property
    def signed_by(self) -> str:
        """Return the name below the mail: the incident's signature, or the sender name of a standalone mail."""
        return self.dispatch.incident.signed_by if self.dispatch else settings.MAIL["from_name"]


class NoticeItemQuerySet(models.QuerySet["NoticeItem"]):
    def active(self) -> NoticeItemQuerySet:
        """Return the items of notices that were sent or will be sent."""
        return self.exclude(notice__in=Notice.objects.taken_back().values("pk"))

    def taken_back(self) -> NoticeItemQuerySet:
        return self.filter(notice__in=Notice.objects.taken_back().values("pk"))

    def before(self, day: date) -> NoticeItemQuerySet:
        """Return the items of notices written before `day` (Copenhagen time) and not taken back."""
        return self.active().filter(notice__created_at__lt=midnight(day))


class NoticeItem(models.Model):
    """A follow-up that a notice covers.

    The unique key prevents a second notice to the same person for the same reason. `receiver` repeats the receiver
    of the notice: a new sender of the letter is owed a notice too. `turn` counts the earlier notices that were
    taken back, so that a follow-up is owed again after each such notice. For a kind of every hour, `turn` counts all
    earlier notices.
    """

    notice = models.ForeignKey(Notice, models.PROTECT, related_name="items")
    followup = models.ForeignKey(FollowUp, models.PROTECT, related_name="notice_items")
    receiver = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="modtager")
    kind = models.CharField("slags", max_length=20, choices=Kind)
    #: the mail called the letter a personnel case, left out the subject, and does not reveal that an answer is missing
    is_masked = models.BooleanField("emne skjult i mailen", default=False)
    owed_on = models.DateField("skyldig den")
    turn = models.PositiveSmallIntegerField("omgang", default=0, db_default=0)

    objects = NoticeItemQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "brev i en besked", "breve i en besked"
        constraints = [
            models.UniqueConstraint(
                fields=["followup", "kind", "owed_on", "receiver", "turn"],
                name="notice_item_owed_once",
                violation_error_message="Modtageren har allerede fået den mail om brevet.",
            ),
            KnownValues("kind", "notice_item_kind_known", "Den slags besked findes ikke."),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"brev i besked {self.notice_id}"


class NoticeTextQuerySet(models.QuerySet["NoticeText"]):
    def versions_of(self, kind: str, incident: Incident) -> NoticeTextQuerySet:
        """Return the versions of the text of `kind` in `incident`, newest first."""
        return self.filter(kind=kind, incident=incident).order_by("-version")

    def newest(self) -> NoticeTextQuerySet:
        """Return the newest version for each incident and kind."""
        return self.order_by("incident", "kind", "-version").distinct("incident", "kind")


class NoticeText(models.Model):
    """A version of the text that KIT wrote for a kind of notice in an incident. Append-only.

    Versions count from 1. The default text applies where no version exists.
    """

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="notice_texts")
    kind = models.CharField("slags", max_length=20, choices=Kind)
    version = models.PositiveIntegerField("version")
    subject = models.CharField("emne", max_length=300)
    body = models.TextField("tekst")
    #: this version repeats the default text as it was when the text was reset
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
            KnownValues("kind", "notice_text_kind_known", "Den slags besked findes ikke."),
        ]
        triggers = LEDGER_TRIGGERS

    def __str__(self) -> str:
        return f"version {self.version} af teksten til {self.get_kind_display()}"
