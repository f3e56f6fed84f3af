"""A letter that never arrived, and who may see it."""

from __future__ import annotations

from functools import reduce
from operator import and_, or_

from django.conf import settings
from django.db import models
from django.db.models import BooleanField, Case, Q, Value, When

from letters import recipient_keys
from letters.models import visibility
from letters.models.import_batch import ImportBatch
from letters.models.incident import Incident
from letters.models.missing_owner import missing_owner_conditions
from sepo_incident.accounts.models import Membership, Unit, User
from sepo_incident.core import danish

HIDDEN_SUBJECT = "Personalesag (emne skjult)"
#: Somebody has decided about it. Asked by the name of the relation, for followups lies above.
HAS_DECISION = Q(followup__decided_at__isnull=False)
#: Personalejura was asked about it, or it was handed to them, and they are not done. By the name of the relation too.
AWAITING_HR = Q(
    followup__escalations__desk=Membership.Role.HR,  # the desk is called what its role is
    followup__escalations__resolved_at=None,
)


def readable_as_personnel_reader(user: User) -> Q:
    """Letters that this user may read whatever they are about (``reading``): their own, and those of whom they stand in
    for by the word of the letter's own leader."""
    theirs = visibility.personnel_reader_condition(user.pk, None)
    for person, opener in user.stands_in_for.items():
        theirs |= Q(Q(sender=person) | Q(leader=person), visibility.personnel_reader_condition(user.pk, opener))
    return theirs


def in_unit_trees(unit_ids: list[int]) -> Q:
    """Letters from a unit at or below one of these."""
    return Q(unit__in=Unit.objects.at_or_below(unit_ids)) if unit_ids else Q(pk__in=[])


def visible_without_hr_role(user: User) -> Q:
    """Letters that this user sent, is the leader of, or substitutes for, and those of the trees where they hold another
    role than Personalejura's."""
    own = Q(sender__in=user.own_and_represented_ids) | Q(leader__in=user.own_and_represented_ids)
    return own | in_unit_trees(user.unit_ids_with_other_role(Membership.Role.HR))


def visible_to_hr() -> Q:
    """What a membership as Personalejura opens: personnel cases, and what their desk is asked about, while it is."""
    return Q(is_personnel_case=True) | Q(pk__in=Letter.objects.filter(AWAITING_HR).values("pk"))


def visible_condition(user: User) -> Q:
    """Their own letters, those of whom they stand in for today, and those of their units; as HR those ``for_hr``."""
    hr_units = user.unit_ids_with_role(Membership.Role.HR)
    seen = visible_without_hr_role(user)
    return seen | in_unit_trees(hr_units) & visible_to_hr() if hr_units else seen


def readable_condition(user: User) -> Q:
    """Letters within sight whose subject and recipient this user may read."""
    return (
        Q(is_personnel_case=False)
        | readable_as_personnel_reader(user)
        | in_unit_trees(user.unit_ids_with_role(Membership.Role.HR))
    )


class LetterQuerySet(models.QuerySet["Letter"]):
    def visible_to(self, user: User) -> LetterQuerySet:
        """The letters this user may see, and nobody else decides it.

        Letters they sent, letters they are the leader of, those of whom they stand in for today, and every letter from
        a unit at or below one where they hold a membership; as HR only those ``for_hr``. Each letter knows whether this
        reader may read its subject and recipient (``reader_may_read``): in a personnel case only the sender, the
        letter's own leader, HR, and a substitute whom that leader named.

        While somebody views the site as the user, all of it is asked of both.
        """
        may_read = Case(
            When(reduce(and_, map(readable_condition, user.effective_viewers)), then=Value(True)),
            default=Value(False),
            output_field=BooleanField(),
        )
        return self.filter(reduce(and_, map(visible_condition, user.effective_viewers))).annotate(
            reader_may_read=may_read
        )

    def active(self) -> LetterQuerySet:
        """Not withdrawn: what counts."""
        return self.filter(withdrawn_at=None)

    def withdrawn(self) -> LetterQuerySet:
        return self.exclude(withdrawn_at=None)

    def decided(self) -> LetterQuerySet:
        """A person has decided what is to happen, and that stands."""
        return self.filter(HAS_DECISION)

    def without_owner(self) -> LetterQuerySet:
        """Those that lack somebody to answer for them: a sender, a leader or a unit."""
        return self.active().filter(reduce(or_, missing_owner_conditions().values()))

    def readable(self) -> LetterQuerySet:
        """Those whose subject and recipient this reader may see; call after ``visible_to``."""
        return self.filter(Q(reader_may_read=True))

    def ever_personnel_cases(self) -> LetterQuerySet:
        """Those that are personnel cases or have been, for then their ledger holds what they were about."""
        return self.filter(Q(is_personnel_case=True) | Q(changes__before__has_key="is_personnel_case"))

    def matching(self, words: str) -> LetterQuerySet:
        """Free text over what this reader may read; call after ``visible_to``."""
        return self.filter(
            Q(sender_name__icontains=words)
            | Q(source_ref__iexact=words)
            | Q(subject__icontains=words, reader_may_read=True)
        )


class Letter(models.Model):
    """One letter to one recipient, as KIT's list has it.

    The recipient's address (a CPR number in SEPO) is only kept as an HMAC. ``unit`` is the unit as at sending.
    """

    class RecipientKind(models.TextChoices):
        CITIZEN = "CITIZEN", "borger"
        EMPLOYEE = "EMPLOYEE", "medarbejder"
        UNKNOWN = "UNKNOWN", "ukendt modtager"

    #: found by ``letter_once``, so without an index of its own
    incident = models.ForeignKey(Incident, models.PROTECT, related_name="letters", db_index=False)
    batch = models.ForeignKey(ImportBatch, models.PROTECT, related_name="letters", verbose_name="indlæsning")
    #: the sheet and the row of the list that it came with, as ``ImportRow`` has them
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
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="letters", null=True, verbose_name="enhed")
    subject = models.CharField("emne", max_length=500, blank=True)
    category = models.CharField("kategori", max_length=40, blank=True)
    sent_at = models.DateTimeField("sendt")
    recipient_kind = models.CharField("modtagertype", max_length=20, choices=RecipientKind)
    recipient_key = models.CharField("modtager (nøglet hash)", max_length=64, blank=True)
    is_personnel_case = models.BooleanField("personalesag", default=False)
    #: a rule says so (a hearing, a reply by a date); known from the subject, so as secret
    has_deadline = models.BooleanField("har en frist", default=False, db_default=False)
    #: a person has said what it is about: no rule and no list says otherwise
    category_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        db_index=False,
        verbose_name="emneområde af",
    )
    #: somebody who may say so has said whether it is a personnel case: no rule says otherwise
    personnel_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        db_index=False,
        verbose_name="personalesag ifølge",
    )
    #: a date in the subject (a meeting, a time limit), so as secret as the subject; most letters have none
    named_on = models.DateField("dato i emnet", null=True, blank=True)
    withdrawn_at = models.DateTimeField("trukket tilbage", null=True, blank=True)

    objects = LetterQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "brev", "breve"
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "source_ref"],
                name="letter_once",
                violation_error_message="Brevet findes allerede i hændelsen.",
            ),
            models.CheckConstraint(
                condition=Q(recipient_kind__in=["CITIZEN", "EMPLOYEE", "UNKNOWN"]),
                name="letter_recipient_kind_known",
                violation_error_message="En modtager er borger, medarbejder eller ukendt.",
            ),
        ]
        indexes = [models.Index(fields=["incident", "sent_at"], name="letter_incident_sent")]

    def __str__(self) -> str:
        return f"brev {self.source_ref}"

    @property
    def may_be_read(self) -> bool:
        """May the reader it was fetched for see subject and recipient? No, unless ``visible_to`` said so."""
        return getattr(self, "reader_may_read", not self.is_personnel_case)

    def may_be_read_by(self, user: User) -> bool:
        """The same rule for one letter that was not fetched for its reader: a locked one, say."""
        return all(self._is_readable_by_one(one) for one in user.effective_viewers)

    def _is_readable_by_one(self, one: User) -> bool:
        if not self.is_personnel_case or self._has_personnel_reader(one):
            return True
        return self.unit is not None and one.holds_role_over(self.unit.lineage, Membership.Role.HR)

    def would_become_invisible_to(self, user: User) -> bool:
        """Would a reader who sees it now see it no more, were it no personnel case? One query, for HR alone."""
        if not self.is_personnel_case or Membership.Role.HR not in user.roles:
            return False
        return not Letter.objects.filter(visible_without_hr_role(user) | AWAITING_HR, pk=self.pk).exists()

    def has_personnel_reader(self, user: User) -> bool:
        """``opened_to`` for one letter."""
        return all(self._has_personnel_reader(one) for one in user.effective_viewers)

    def _has_personnel_reader(self, one: User) -> bool:
        openers = {one.stands_in_for.get(person) for person in (self.sender_id, self.leader_id) if person}
        return any(visibility.is_personnel_reader(one.pk, opener, self) for opener in {None, *openers})

    @property
    def has_other_deadline(self) -> bool:
        """A deadline that no date in the subject tells; like the subject only for who may read it."""
        return self.may_be_read and self.has_deadline and self.named_on is None

    @property
    def title(self) -> str:
        """The subject, or what tells a letter without one from others. Never for somebody who may not read it."""
        return self.subject or f"Brev uden emne, {danish.weekday_time(self.sent_at)}"

    @property
    def recipient_label(self) -> str:
        """«Borger, kode K7F»."""
        kind = self.get_recipient_kind_display().capitalize()
        code = recipient_keys.short_recipient_code(self.recipient_key)
        return f"{kind}, kode {code}" if code else kind

    @property
    def shown_subject(self) -> str:
        return self.title if self.may_be_read else HIDDEN_SUBJECT

    @property
    def shown_recipient(self) -> str:
        return self.recipient_label if self.may_be_read else "Modtager skjult"
