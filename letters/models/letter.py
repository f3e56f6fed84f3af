"""Letters that never arrived, the rules that decide the visibility of a letter, and the rule for a missing owner."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from operator import and_, or_

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import Lexeme, SearchQuery, SearchVector
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Coalesce, Now, NullIf, Upper
from django.utils import timezone
from django.utils.functional import cached_property

from letters import recipient_keys
from letters.models.import_batch import ImportBatch
from letters.models.incident import Incident
from letters.models.visibility import (
    AWAITS_HR,
    counted_by,
    in_unit_trees,
    letter_condition,
    readable_by,
    visible_by,
    visible_without_hr_role,
)
from sepo_incident.accounts.models import Membership, Unit, User
from sepo_incident.core import danish
from sepo_incident.core.constraints import KnownValues
from sepo_incident.core.forms import search_words
from sepo_incident.core.word_search import divide_words

#: The words of a subject, without endings and as written, in the index `letter_subject_words`.
SUBJECT_WORDS = SearchVector("subject", config="danish") + SearchVector("subject", config="simple")
#: The number of the recipient's code, in the index `letter_recipient_code`.
RECIPIENT_CODE = Func(
    F("recipient_key"), template=recipient_keys.CODE_NUMBER_SQL, output_field=models.IntegerField(null=True)
)
#: Too wide for the unit of a letter: nobody there is close enough to answer for the letter.
TOO_WIDE_KINDS = (Unit.Kind.MUNICIPALITY, Unit.Kind.ADMINISTRATION)
#: People who are known but cannot be asked.
UNAVAILABLE = Q(left_on__isnull=False) | Q(unreachable_since__isnull=False)


_GONE = "SELECT id FROM accounts_user WHERE left_on IS NOT NULL OR unreachable_since IS NOT NULL"
#: {missing owner in Danish: condition on letters}. A person who has left, or whom no mail reaches, is no owner.
OWNER_IS_MISSING = {
    "afsender": letter_condition(f"{{letter}}.sender_id IS NULL OR {{letter}}.sender_id IN ({_GONE})"),
    "leder": letter_condition(f"{{letter}}.leader_id IS NULL OR {{letter}}.leader_id IN ({_GONE})"),
    "enhed": letter_condition(
        "{letter}.unit_id IS NULL OR {letter}.unit_id IN (SELECT id FROM accounts_unit WHERE kind = ANY({kinds}))",
        kinds=list(TOO_WIDE_KINDS),
    ),
}
WITHOUT_OWNER = reduce(or_, OWNER_IS_MISSING.values())


HIDDEN_SUBJECT, UNKNOWN_SENDER = "Personalesag (emne skjult)", "Ukendt afsender"
#: The name of the sender; NULL for an unknown sender.
SENDER_NAME = Coalesce("sender__name", NullIf("sender_name", Value("")))
#: The letter has a decision. The relation is given by name, because followups is an app above letters.
HAS_DECISION = Q(followup__decided_at__isnull=False)


class LetterQuerySet(models.QuerySet["Letter"]):
    def visible_to(self, user: User) -> LetterQuerySet:
        """Return the letters that the user may see. Nothing else decides the visibility of letters.

        The user may see letters that the user sent or is the leader of, letters of the persons for whom the user
        stands in today, and every letter from a unit at or below a unit of the user's memberships; with the role HR
        only the letters of `visible_to_hr`. Every letter is annotated with `reader_may_read`, whether the user may
        read subject and recipient. In a personnel case only the sender, the letter's own leader, HR, and a substitute
        named by that leader may.

        During an impersonation both the user and the viewer need access.
        """
        return self.filter(visible_by(user)).with_right_to_read(user)

    def counted_for(self, user: User) -> LetterQuerySet:
        """Return the letters that the user may count: those of `visible_to`, and those of the units of the role READER.

        For numbers only: a page, a file or a mail never shows such a letter. `reader_may_read` is annotated too, so
        that a figure about subjects and recipients leaves out personnel cases for every reader alike.
        """
        return self.filter(counted_by(user)).with_right_to_read(user)

    def with_right_to_read(self, user: User) -> LetterQuerySet:
        """Annotate whether the user may read subject and recipient, if the user may see the letter."""
        return self.annotate(reader_may_read=readable_by(user).or_false)

    def with_owner_known_to(self, user: User) -> LetterQuerySet:
        """Return the letters that the user may not see, but about which the user may learn whose they are.

        These are active letters to citizens, from the user's own administration, that never were personnel cases.
        Nobody learns anything about other letters: an employee's letter may become a personnel case tomorrow. A user
        who only counts letters learns of none.
        """
        if user.unit is None or user.viewer or (user.roles and user.roles <= Membership.COUNTING_ROLES):
            return self.none()
        administrations = Unit.objects.filter(kind=Unit.Kind.ADMINISTRATION, pk__in=user.unit.lineage)
        return (
            self.active()
            .filter(in_unit_trees([unit.pk for unit in administrations]), recipient_kind=Letter.RecipientKind.CITIZEN)
            .exclude(pk__in=self.ever_personnel_cases().values("pk"))
            .exclude(pk__in=self.visible_to(user).values("pk"))
        )

    def active(self) -> LetterQuerySet:
        """Return the letters that are not withdrawn; only active letters count."""
        return self.filter(withdrawn_at=None)

    def withdrawn(self) -> LetterQuerySet:
        return self.exclude(withdrawn_at=None)

    def decided(self) -> LetterQuerySet:
        """Return the letters that have a decision."""
        return self.filter(HAS_DECISION)

    def with_represented_leader(self, user: User) -> LetterQuerySet:
        """Return the letters whose leader is the user or somebody whom the user stands in for."""
        return self.filter(leader__in=user.own_and_represented_ids)

    def without_owner(self) -> LetterQuerySet:
        """Return the active letters that lack an available sender or leader, or a unit."""
        return self.active().filter(WITHOUT_OWNER)

    def readable(self) -> LetterQuerySet:
        """Return the letters whose subject and recipient the reader may read. Call after `visible_to`."""
        return self.filter(Q(reader_may_read=True))

    def ever_personnel_cases(self) -> LetterQuerySet:
        """Return the letters that are or have been personnel cases.

        The history of a former personnel case still has the secret subject.
        """
        return self.filter(Q(is_personnel_case=True) | Q(changes__before__has_key="is_personnel_case"))

    def matching(self, words: str, also: Callable[[str], Q] = lambda word: Q()) -> LetterQuerySet:
        """Return the letters that match every one of the `search_words`.

        Call after `visible_to`: a hidden subject never matches.

        A word is looked for in the subject and in the names of sender and unit, anywhere in them; in the subject also
        in its other forms («indkaldelser» finds «indkaldelse til møde»). The letter's id must be the word.
        `also`: returns a further condition for a word.
        """
        found = self
        for word in search_words(words):
            forms = Letter.objects.alias(words=SUBJECT_WORDS).filter(words=_subject_prefix_query(word))
            found = found.filter(
                Q(sender_name__icontains=word)
                | Q(sender__name__icontains=word)
                | Q(unit__name__icontains=word)
                | Q(source_ref__iexact=word)
                | Q(Q(subject__icontains=word) | Q(pk__in=forms.values("pk")), reader_may_read=True)
                | also(word)
            )
        return found

    def search_by_index(self, text: str) -> LetterQuerySet:
        """Return the letters whose subject has words that begin with all words of `text`, or other forms of them.

        The text may also be the letter's id or the recipient's code. Call after `visible_to`: a hidden subject or
        recipient never matches. Every condition has an index, unlike the conditions of `matching`.
        """
        words, code = divide_words(text), recipient_keys.code_number(text.strip())
        if not words:
            return self.none()
        subject = reduce(and_, (Q(words=_subject_prefix_query(word)) for word in words))
        recipient = Q(recipient_code=code) if code is not None else Q(pk__in=[])
        return self.alias(words=SUBJECT_WORDS, recipient_code=RECIPIENT_CODE).filter(
            Q(subject | recipient, reader_may_read=True) | Q(source_ref__iexact=text.strip())
        )


def _subject_prefix_query(word: str) -> SearchQuery:
    """Return the query for subjects with a word that begins with `word`, as written or without its ending."""
    return SearchQuery(Lexeme(word, prefix=True), config="danish") | SearchQuery(
        Lexeme(word, prefix=True), config="simple"
    )


class Letter(models.Model):
    """A letter to a single recipient, as in KIT's list.

    The recipient's address (a CPR number in SEPO) is stored only as an HMAC. `unit` is the unit at the time of
    sending.
    """

    class RecipientKind(models.TextChoices):
        CITIZEN = "CITIZEN", "borger"
        EMPLOYEE = "EMPLOYEE", "medarbejder"
        UNKNOWN = "UNKNOWN", "ukendt modtager"

    #: The constraint `letter_once` has the index.
    incident = models.ForeignKey(Incident, models.PROTECT, related_name="letters", db_index=False)
    batch = models.ForeignKey(ImportBatch, models.PROTECT, related_name="letters", verbose_name="indlæsning")
    #: The sheet and the row of the list that brought the letter, as in `ImportRow`.
    batch_sheet = models.PositiveSmallIntegerField("ark", default=0, db_default=0)
    batch_row = models.PositiveIntegerField("række i Excel", null=True, blank=True)
    source_ref = models.CharField("brev-id", max_length=120)
    sender = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="letters_sent", null=True, verbose_name="afsender"
    )
    sender_name = models.CharField("afsender på listen", max_length=200, blank=True)
    leader = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="letters_led", null=True, verbose_name="leder"
    )
    leader_name = models.CharField("leder på listen", max_length=200, blank=True)
    #: The sender and the leader whom the list that brought the letter named itself, and when. None once a later list
    #: has given the letter the subject of a personnel case.
    listed_sender = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, db_index=False, db_constraint=False
    )
    listed_leader = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, db_index=False, db_constraint=False
    )
    listed_at = models.DateTimeField(default=timezone.now, db_default=Now())
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="letters", null=True, verbose_name="enhed")
    subject = models.CharField("emne", max_length=500, blank=True)
    category = models.CharField("kategori", max_length=40, blank=True)
    sent_at = models.DateTimeField("sendt")
    recipient_kind = models.CharField("modtagertype", max_length=20, choices=RecipientKind)
    recipient_key = models.CharField("modtager (nøglet hash)", max_length=64, blank=True)
    is_personnel_case = models.BooleanField("personalesag", default=False)
    #: A rule says so (a hearing, a reply by a date). Derived from the subject, so as secret as the subject.
    has_deadline = models.BooleanField("har en dato", default=False, db_default=False)
    #: The person who chose the category. No rule and no list changes the category afterwards.
    category_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        db_index=False,
        verbose_name="emneområde af",
    )
    #: The authorised person who decided whether the letter is a personnel case. No rule changes the decision
    #: afterwards.
    personnel_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        db_index=False,
        verbose_name="personalesag ifølge",
    )
    #: A date in the subject (a meeting, a deadline), so as secret as the subject. Most letters have none.
    named_on = models.DateField("dato i emnet", null=True, blank=True)
    withdrawn_at = models.DateTimeField("trukket tilbage", null=True, blank=True)

    #: The user given to `visible_to` may read subject and recipient. Only letters of `visible_to` have the attribute.
    reader_may_read: bool

    objects = LetterQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "brev", "breve"
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "source_ref"],
                name="letter_once",
                violation_error_message="Brevet findes allerede i hændelsen.",
            ),
            KnownValues(
                "recipient_kind", "letter_recipient_kind_known", "En modtager er borger, medarbejder eller ukendt."
            ),
        ]
        indexes = [
            models.Index(fields=["incident", "sent_at"], name="letter_incident_sent"),
            GinIndex(SUBJECT_WORDS, name="letter_subject_words"),
            models.Index(RECIPIENT_CODE, name="letter_recipient_code"),
            models.Index(Upper("source_ref"), name="letter_source_ref"),
        ]

    def __str__(self) -> str:
        return f"brev {self.source_ref}"

    def would_become_invisible_to(self, user: User) -> bool:
        """Tell whether the user would lose sight of the letter if the letter became no personnel case.

        One query, only for HR.
        """
        if not self.is_personnel_case or Membership.Role.HR not in user.roles:
            return False
        return not Letter.objects.filter(visible_without_hr_role(user) | AWAITS_HR, pk=self.pk).exists()

    @cached_property
    def first_sender(self) -> User | None:
        """Return the sender before a person gave the letter to another sender. At most two queries."""
        given = next((one for one in self.changes.all() if one.assignment_id and "sender_id" in one.before), None)
        return User.objects.filter(pk=given.before["sender_id"]).first() if given else self.sender

    @property
    def accepts_changes(self) -> bool:
        """Tell whether the letter and its follow-up may be changed: not withdrawn, and the incident is not closed."""
        return self.withdrawn_at is None and not self.incident.is_closed

    @property
    def has_other_deadline(self) -> bool:
        """Tell whether the letter has a deadline without a date in the subject.

        The answer is no for a reader who may not read the subject.
        """
        return self.reader_may_read and self.has_deadline and self.named_on is None

    @property
    def title(self) -> str:
        """Return the subject, or a title with the time of sending.

        Never show the title to a reader who may not read the letter.
        """
        return self.subject or f"Brev uden emne, {danish.weekday_time(self.sent_at)}"

    @property
    def recipient_label(self) -> str:
        """Return for example «Borger, kode K7F»."""
        kind = self.get_recipient_kind_display().capitalize()
        code = recipient_keys.short_recipient_code(self.recipient_key)
        return f"{kind}, kode {code}" if code else kind

    @property
    def page_title(self) -> str:
        """Return «Brev, kode K7F» without personal data; browsers keep titles. A reader of facts gets no code."""
        if not self.reader_may_read:
            return f"Personalesag, brev {self.pk}"
        code = recipient_keys.short_recipient_code(self.recipient_key)
        return f"Brev, kode {code}" if code else f"Brev {self.pk}"

    @property
    def shown_sender(self) -> str:
        return (self.sender.name if self.sender else self.sender_name) or UNKNOWN_SENDER

    @property
    def shown_subject(self) -> str:
        return self.title if self.reader_may_read else HIDDEN_SUBJECT

    @property
    def shown_recipient(self) -> str:
        return self.recipient_label if self.reader_may_read else "Modtager skjult"
