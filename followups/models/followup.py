"""Follow-ups: `FollowUp` holds the current state of a letter, `Decision` the append-only history."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any, TypedDict, cast

import pgtrigger
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import TruncDate
from django.db.models.lookups import GreaterThan, LessThanOrEqual

from followups.models.bulk_decision import BulkDecision
from letters.incident_kinds import KINDS, USUAL_QUESTIONS
from letters.models import Incident, Letter
from sepo_incident.accounts.models import User
from sepo_incident.audit.triggers import erasable_ledger_triggers, salt_field
from sepo_incident.core import danish
from sepo_incident.core.constraints import KnownValues
from sepo_incident.core.danish import Badge
from sepo_incident.core.sql_files import read_sql

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

#: Fields that every decided follow-up has, and the fields of an undecided follow-up.
HAS_DECISION = Q(decided_at__isnull=False, decided_by__isnull=False, deadline_missed__isnull=False)
HAS_DECISION &= ~Q(remedy="") & ~Q(consequence_review="")
HAS_NO_DECISION = Q(
    decided_at__isnull=True,
    decided_by__isnull=True,
    remedy="",
    no_dispatch_reason="",
    deadline_missed__isnull=True,
    missed_on__isnull=True,
    new_deadline__isnull=True,
    consequence_review="",
    is_journalised=False,
    record_number="",
    no_record_reason="",
    note="",
    arrived_late_on__isnull=True,
    deletion="",
    concerns_other_person__isnull=True,
    acted_twice__isnull=True,
)
HAS_BEEN_SENT, NOT_YET_SENT = Q(done_at__isnull=False), Q(done_at__isnull=True)
HAS_CONFIRMATION = Q(confirmed_at__isnull=False, confirmed_by__isnull=False)
HAS_NO_CONFIRMATION = Q(confirmed_at__isnull=True, confirmed_by__isnull=True)

NO_DELETION_FIELDS: dict[str, Any] = {
    "deletion_confirmed_on": None,
    "deletion_due_on": None,
    "no_deletion_reason": "",
}

#: Consequences are found or unknown, and nobody has said what was done about the consequences.
REVIEW_IS_OPEN = Q(consequence_review__in=["FOUND", "UNKNOWN"], handled_at__isnull=True)
#: The letter's date passed after the decision and before sending: the answer "no date has passed" no longer holds.
DUE_DATE_PASSED_BEFORE_SENDING = (
    Q(deadline_missed__isnull=False, deadline_missed=False)
    & Q(due_on__isnull=False, decided_at__isnull=False, done_at__isnull=False)
    & Q(LessThanOrEqual(TruncDate("decided_at", tzinfo=danish.COPENHAGEN), F("due_on")))
    & Q(GreaterThan(TruncDate("done_at", tzinfo=danish.COPENHAGEN), F("due_on")))
)
#: Remedies that send something, whose arrival must be proven.
REMEDIES_THAT_SEND = ["RESEND", "NEW_LETTER", "RESEND_AND_NEW"]
#: Facts have changed (a new letter or a new date), and nobody has said whether the change is on record.
HAS_UNRECORDED_CHANGE = Q(record_number="", no_record_reason="") & (
    Q(remedy__in=["NEW_LETTER", "RESEND_AND_NEW"]) | Q(new_deadline__isnull=False)
)
#: The wrong recipient was asked to delete the letter, and has not confirmed it yet.
AWAITS_DELETION = Q(deletion="NOT_YET")
#: Something must be answered before the letter can be closed. Before sending nothing has changed.
ANSWER_IS_MISSING = ~Q(status="CONFIRMED") & (
    REVIEW_IS_OPEN | DUE_DATE_PASSED_BEFORE_SENDING | (HAS_UNRECORDED_CHANGE & HAS_BEEN_SENT) | AWAITS_DELETION
)


class ComputedColumn(models.GeneratedField):
    """Boolean column that the database computes from other columns of the row.

    Django's system check would connect to the server, and commands such as `check` run without one. Every supported
    PostgreSQL has stored generated columns.
    """

    def __init__(self, expression: Q, **options: Any) -> None:
        options |= {"output_field": models.BooleanField(), "db_persist": True}
        super().__init__(expression=expression, **options)  # type: ignore[arg-type]  # a Q is an expression

    def _check_supported(self, databases: Any) -> list[Any]:
        return []

    def _check_persistence(self, databases: Any) -> list[Any]:
        return []

    def deconstruct(self) -> Any:
        name, _, args, options = super().deconstruct()
        return name, "django.db.models.GeneratedField", args, options


#: An UPDATE needs a `Decision` row of the new version first. The date from a list is nobody's answer and needs no
#: row; a date that a person sets or removes does.
REQUIRE_DECISION_ROW = pgtrigger.Trigger(
    name="require_decision_row",
    when=pgtrigger.After,
    operation=pgtrigger.Update,
    condition=pgtrigger.Condition(
        "to_jsonb(OLD) - ARRAY['due_on', 'opened_at', 'due_date_passed_before_sending', 'lacks_answer']"
        " <> to_jsonb(NEW) - ARRAY['due_on', 'opened_at', 'due_date_passed_before_sending', 'lacks_answer']"
        " OR OLD.due_on IS DISTINCT FROM NEW.due_on AND coalesce(OLD.due_by_id, NEW.due_by_id) IS NOT NULL"
    ),
    func=read_sql("followups/sql/require_decision_row.sql"),
)

#: The columns of questions that only some kinds of incident ask.
OWN_ANSWERS = sorted({name for rules in KINDS.values() for name in rules.questions} - set(USUAL_QUESTIONS))
#: A decision has the answers that the kind of the incident asks for, and a remedy that it offers.
ANSWERS_FIT_KIND = pgtrigger.Trigger(
    name="answers_fit_kind",
    when=pgtrigger.After,
    operation=pgtrigger.Insert | pgtrigger.UpdateOf("remedy", *OWN_ANSWERS),
    condition=pgtrigger.Condition("NEW.remedy <> ''"),
    declare=[("rules", "jsonb")],
    func=read_sql(
        "followups/sql/answers_fit_kind.sql",
        kinds=json.dumps(
            {
                kind: {
                    "answers": [name for name in OWN_ANSWERS if name in rules.questions],
                    "remedies": [*rules.remedies],
                }
                for kind, rules in KINDS.items()
            }
        ),
        columns=json.dumps(OWN_ANSWERS),
    ),
)


class FollowUpQuerySet(models.QuerySet["FollowUp"]):
    def visible_to(self, user: User) -> FollowUpQuerySet:
        """Return the follow-ups of letters that the user may see."""
        return self.filter(letter__in=Letter.objects.visible_to(user))

    def of_incident(self, incident: Incident) -> FollowUpQuerySet:
        """Return the follow-ups of the incident's letters that are not withdrawn."""
        return self.filter(letter__incident=incident, letter__withdrawn_at=None)

    def not_done(self) -> FollowUpQuerySet:
        """Return follow-ups that are not done: undecided, not sent, or sent back."""
        return self.filter(status__in=FollowUp.NOT_DONE)


class FollowUp(models.Model):
    """Follow-up of a letter; a letter has at most one.

    Check constraints give every status exactly the fields that the status needs.
    """

    class Status(models.TextChoices):
        OPEN = "OPEN", "mangler beslutning"
        DECIDED = "DECIDED", "besluttet"
        DONE = "DONE", "udført"
        SENT_BACK = "SENT_BACK", "sendt tilbage"
        CONFIRMED = "CONFIRMED", "bekræftet"

    class Remedy(models.TextChoices):
        RESEND = "RESEND", "sendes igen"
        NEW_LETTER = "NEW_LETTER", "nyt brev"
        RESEND_AND_NEW = "RESEND_AND_NEW", "sendes igen og nyt brev"
        NO_DISPATCH = "NO_DISPATCH", "sendes ikke igen"

    class ConsequenceReview(models.TextChoices):
        NONE = "NONE", "nej"
        FOUND = "FOUND", "ja"
        UNKNOWN = "UNKNOWN", "det ved jeg ikke endnu"

    class Deletion(models.TextChoices):
        CONFIRMED = "CONFIRMED", "bekræftet"
        NOT_YET = "NOT_YET", "ikke endnu"
        NOT_ASKED = "NOT_ASKED", "ikke spurgt"

    #: remedies that send the same letter again, for which somebody must find the letter
    RESENDING = (Remedy.RESEND, Remedy.RESEND_AND_NEW)
    #: remedies with a new letter, which changes the facts of the case
    WITH_NEW_LETTER = (Remedy.NEW_LETTER, Remedy.RESEND_AND_NEW)
    #: the sender still owes something: a decision, the letter itself, or an answer to the leader's question
    NOT_DONE = (Status.OPEN, Status.DECIDED, Status.SENT_BACK)
    REMEDY_BADGES = {
        Remedy.RESEND: Badge("Sendes igen"),
        Remedy.NEW_LETTER: Badge("Nyt brev"),
        Remedy.RESEND_AND_NEW: Badge("Sendes igen og nyt brev"),
        Remedy.NO_DISPATCH: Badge("Sendes ikke igen"),
    }

    letter = models.OneToOneField(Letter, models.PROTECT, related_name="followup", verbose_name="brev")
    status = models.CharField("status", max_length=20, choices=Status, default=Status.OPEN)
    #: The letter's own date (a meeting, a time limit), from the subject or the rule of the category; most letters have
    #: none.
    due_on = models.DateField("brevets dato", null=True, blank=True)
    #: the person who set `due_on`; subject, rules and lists then leave `due_on` unchanged
    due_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True, verbose_name="dato sat af"
    )
    remedy = models.CharField("hvad gøres", max_length=20, choices=Remedy, blank=True)
    no_dispatch_reason = models.TextField("hvorfor ikke", blank=True)
    deadline_missed = models.BooleanField("frist passeret", null=True)
    missed_on = models.DateField("dato i det gamle brev", null=True, blank=True)
    new_deadline = models.DateField("dato i det nye brev", null=True, blank=True)
    consequence_review = models.CharField("konsekvenser", max_length=20, choices=ConsequenceReview, blank=True)
    is_journalised = models.BooleanField("journaliseret", default=False)
    record_number = models.CharField("journalnummer", max_length=60, blank=True)
    #: why the change need not be on record
    no_record_reason = models.TextField("hvorfor ikke på sagen", blank=True)
    note = models.TextField("bemærkning", blank=True)
    # The answers to questions that only some kinds of incident ask.
    arrived_late_on = models.DateField("kom for sent frem den", null=True, blank=True)
    deletion = models.CharField("sletning", max_length=20, choices=Deletion, blank=True, db_default="")
    deletion_confirmed_on = models.DateField("sletning bekræftet", null=True, blank=True)
    #: when somebody asks the wrong recipient again
    deletion_due_on = models.DateField("spørg igen om sletning", null=True, blank=True)
    no_deletion_reason = models.TextField("hvorfor ingen bekræftelse", blank=True, db_default="")
    concerns_other_person = models.BooleanField("handler om en anden person", null=True)
    acted_twice = models.BooleanField("handlede to gange", null=True)
    #: nobody can find the mail; a fact about the letter, not an answer, so decisions and undo leave the value unchanged
    is_original_gone = models.BooleanField("originalen findes ikke", default=False, db_default=False)
    #: what was done or became known about the consequences; `handled_at` is NULL until somebody says so
    handled_text = models.TextField("hvad der er gjort", blank=True)
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, verbose_name="taget hånd om af"
    )
    handled_at = models.DateTimeField("taget hånd om", null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, verbose_name="besluttet af"
    )
    decided_at = models.DateTimeField("besluttet", null=True, blank=True)
    done_at = models.DateTimeField("udført", null=True, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, verbose_name="bekræftet af"
    )
    confirmed_at = models.DateTimeField("bekræftet", null=True, blank=True)
    # What must be answered before the letter can be closed. The database computes the answers, for a row as for a
    # count. They reveal personnel facts: show them only to readers who may read the letter's subject.
    is_review_open = ComputedColumn(REVIEW_IS_OPEN)
    due_date_passed_before_sending = ComputedColumn(DUE_DATE_PASSED_BEFORE_SENDING)
    has_unrecorded_change = ComputedColumn(HAS_UNRECORDED_CHANGE)
    awaits_deletion = ComputedColumn(AWAITS_DELETION)
    lacks_answer = ComputedColumn(ANSWER_IS_MISSING)
    #: the letter is sent again, unchanged, as a new letter or both; the arrival is a separate question
    is_sent_again = ComputedColumn(HAS_BEEN_SENT & Q(remedy__in=REMEDIES_THAT_SEND))
    version = models.PositiveIntegerField(default=0)
    opened_at = models.DateTimeField("åbnet", auto_now_add=True)

    objects = FollowUpQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "opfølgning", "opfølgninger"
        constraints = [
            models.CheckConstraint(
                condition=(
                    (Q(status="OPEN") & HAS_NO_DECISION & NOT_YET_SENT & HAS_NO_CONFIRMATION)
                    | (Q(status="DECIDED") & HAS_DECISION & NOT_YET_SENT & HAS_NO_CONFIRMATION)
                    | (Q(status__in=["DONE", "SENT_BACK"]) & HAS_DECISION & HAS_BEEN_SENT & HAS_NO_CONFIRMATION)
                    | (Q(status="CONFIRMED") & HAS_DECISION & HAS_BEEN_SENT & HAS_CONFIRMATION)
                ),
                name="followup_status_has_its_fields",
                violation_error_message="Status og oplysninger passer ikke sammen.",
            ),
            KnownValues("status", "followup_status_known", "Den status findes ikke."),
            KnownValues("remedy", "followup_remedy_known", "Den beslutning findes ikke."),
            KnownValues(
                "consequence_review", "followup_consequence_review_known", "Det svar om konsekvenser findes ikke."
            ),
            models.CheckConstraint(
                condition=Q(remedy="NO_DISPATCH") & ~Q(no_dispatch_reason="")
                | ~Q(remedy="NO_DISPATCH") & Q(no_dispatch_reason=""),
                name="followup_no_dispatch_has_reason",
                violation_error_message="Skriv, hvorfor brevet ikke skal sendes igen, og kun når det ikke skal.",
            ),
            models.CheckConstraint(
                # a CHECK constraint accepts NULL, so the condition excludes NULL explicitly
                condition=Q(missed_on=None, new_deadline=None) | Q(deadline_missed__isnull=False, deadline_missed=True),
                name="followup_missed_date_only_when_missed",
                violation_error_message="En passeret dato og en ny dato hører kun til, når en frist er passeret.",
            ),
            models.CheckConstraint(
                condition=Q(no_record_reason="") | Q(is_journalised=False, record_number=""),
                name="followup_on_record_or_not_needed",
                violation_error_message="Enten er det skrevet på sagen, eller også er det ikke nødvendigt.",
            ),
            KnownValues("deletion", "followup_deletion_known", "Det svar om sletning findes ikke."),
            models.CheckConstraint(
                condition=Q(deletion="", **NO_DELETION_FIELDS)
                | Q(deletion="CONFIRMED", deletion_confirmed_on__isnull=False)
                & Q(deletion_due_on=None, no_deletion_reason="")
                | Q(deletion="NOT_YET", deletion_due_on__isnull=False)
                & Q(deletion_confirmed_on=None, no_deletion_reason="")
                | Q(deletion="NOT_ASKED", deletion_confirmed_on=None, deletion_due_on=None) & ~Q(no_deletion_reason=""),
                name="followup_deletion_has_its_field",
                violation_error_message="Svaret om sletning mangler en dag eller en begrundelse.",
            ),
            models.CheckConstraint(
                condition=~Q(status="CONFIRMED", deletion="NOT_YET"),
                name="followup_closed_with_deletion",
                violation_error_message="Skriv først, om modtageren har bekræftet, at brevet er slettet.",
            ),
            models.CheckConstraint(
                condition=Q(handled_at=None, handled_by=None, handled_text="")
                | Q(
                    handled_at__isnull=False,
                    handled_by__isnull=False,
                    consequence_review__in=["FOUND", "UNKNOWN"],
                )
                & ~Q(handled_text=""),
                name="followup_handled_by_somebody",
                violation_error_message="Skriv kun, hvad der er gjort, når der kan være konsekvenser.",
            ),
            models.CheckConstraint(
                condition=Q(is_original_gone=False) | ~Q(remedy__in=["RESEND", "RESEND_AND_NEW"]),
                name="followup_resent_has_original",
                violation_error_message="Originalen findes ikke, så det samme brev kan ikke sendes igen.",
            ),
            models.CheckConstraint(
                condition=Q(due_by=None) | Q(due_on__isnull=False),
                name="followup_somebody_set_a_date",
                violation_error_message="Skriv brevets dato.",
            ),
        ]
        triggers = [
            REQUIRE_DECISION_ROW,
            ANSWERS_FIT_KIND,
            # Triggers instead of CHECK constraints: letters confirmed before these questions existed stay as they are.
            pgtrigger.Protect(
                name="closed_with_review",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(new__status="CONFIRMED", new__handled_at__isnull=True)
                # No IN: a dump and restore rewrites IN, and the trigger would then differ from the code.
                & (pgtrigger.Q(new__consequence_review="FOUND") | pgtrigger.Q(new__consequence_review="UNKNOWN"))
                & ~pgtrigger.Q(old__status="CONFIRMED"),
            ),
            pgtrigger.Protect(
                name="closed_with_record",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(new__status="CONFIRMED", new__record_number="", new__no_record_reason="")
                & (
                    pgtrigger.Q(new__remedy="NEW_LETTER")
                    | pgtrigger.Q(new__remedy="RESEND_AND_NEW")
                    | pgtrigger.Q(new__new_deadline__isnull=False)
                )
                & ~pgtrigger.Q(old__status="CONFIRMED"),
            ),
        ]
        indexes = [models.Index(fields=["status", "due_on"], name="followup_status_due")]

    def __str__(self) -> str:
        return f"opfølgning på {self.letter}"

    @property
    def is_done(self) -> bool:
        """Return whether nothing is left to send."""
        return self.done_at is not None

    @property
    def lacks_record_answer(self) -> bool:
        """Return whether facts have changed by sending, without an answer on whether the change is on record."""
        return self.is_done and self.has_unrecorded_change

    @property
    def misses_answer(self) -> bool:
        """Return whether `completeness.missing_mandatory_answer` matches the follow-up."""
        return self.status == self.Status.DONE and self.lacks_answer

    @property
    def remedy_badge(self) -> Badge | None:
        return self.REMEDY_BADGES[self.Remedy(self.remedy)] if self.remedy else None

    @property
    def is_open(self) -> bool:
        return self.status == self.Status.OPEN

    @property
    def may_have_harmed(self) -> bool:
        """Return whether the sender found consequences, or does not know yet."""
        return self.consequence_review in (self.ConsequenceReview.FOUND, self.ConsequenceReview.UNKNOWN)

    @property
    def denied_due_date(self) -> date | None:
        """The letter's own date if it had passed at a decision that says that no date passed, else None.

        The decision stands, because a rule may name a date that the letter never had. The leader is told.
        """
        if self.deadline_missed is not False or self.due_on is None or self.decided_at is None:
            return None
        return self.due_on if self.due_on < danish.local_date(self.decided_at) else None

    @property
    def is_sent_back(self) -> bool:
        return self.status == self.Status.SENT_BACK


class OthersAnnotation(TypedDict):
    others: int | None


type DecisionWithOthers = WithAnnotations[Decision, OthersAnnotation]


class DecisionQuerySet(models.QuerySet["Decision"]):
    def annotate_others(self) -> QuerySet[DecisionWithOthers]:
        """Annotate `others`: the number of further letters with the same act in the same bulk decision.

        None for an act on a single letter.
        """
        same = Decision.objects.filter(bulk_decision=OuterRef("bulk_decision"), kind=OuterRef("kind")).order_by()
        others = same.values("bulk_decision").annotate(others=Count("pk") - 1).values("others")
        return cast("QuerySet[DecisionWithOthers]", self.annotate(others=Subquery(others)))


#: Texts that a person typed; in `before` the columns that hold such texts.
_PERSONAL_ANSWERS = [
    *(f"answers.{one}" for one in ("question", "answer", "reason", "consequence_text")),
    *(
        f"{side}.{one}"
        for side in ("answers", "before")
        for one in (
            "no_dispatch_reason",
            "handled_text",
            "record_number",
            "no_record_reason",
            "note",
            "no_deletion_reason",
        )
    ),
]


class Decision(models.Model):
    """Act on a follow-up: the kind, the answers, the time, the person, and the person represented. Append-only.

    A version of the follow-up has one row. `before` is {column of `FollowUp`: previous value}, with only the
    columns that the act changed.
    """

    class Kind(models.TextChoices):
        DECIDED = "DECIDED", "besluttede"
        UNDONE = "UNDONE", "fortrød beslutningen"
        DONE = "DONE", "skrev, at brevet er sendt"
        RECORDED = "RECORDED", "skrev om sagen"
        HANDLED = "HANDLED", "skrev om konsekvenserne"
        DELETION = "DELETION", "skrev om sletningen"
        SENT_BACK = "SENT_BACK", "sendte tilbage"
        UPHELD = "UPHELD", "fastholdt beslutningen"
        CONFIRMED = "CONFIRMED", "bekræftede"
        UNCONFIRMED = "UNCONFIRMED", "fortrød bekræftelsen"
        CORRECTED = "CORRECTED", "rettede en bekræftet beslutning"
        HELP_ASKED = "HELP_ASKED", "bad om hjælp"
        HELP_ANSWERED = "HELP_ANSWERED", "svarede"
        HANDED_TO_HR = "HANDED_TO_HR", "overdrog brevet til Personalejura"
        DATE_SET = "DATE_SET", "satte brevets dato"
        ORIGINAL_GONE = "ORIGINAL_GONE", "skrev, at originalen ikke findes"
        ORIGINAL_FOUND = "ORIGINAL_FOUND", "skrev, at originalen er fundet"
        NOT_ARRIVED = "NOT_ARRIVED", "åbnede brevet igen"

    followup = models.ForeignKey(FollowUp, models.PROTECT, related_name="decisions")
    kind = models.CharField(max_length=20, choices=Kind)
    version = models.PositiveIntegerField()
    #: answers by field name; dates as ISO text
    answers = models.JSONField(default=dict)
    before = models.JSONField("før", default=dict, encoder=DjangoJSONEncoder)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    on_behalf_of = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    at = models.DateTimeField(auto_now_add=True)
    #: bulk decision in which the decision was made or undone; NULL for a single letter
    bulk_decision = models.ForeignKey(BulkDecision, models.PROTECT, related_name="decisions", null=True)
    salt = salt_field()

    objects = DecisionQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "beslutning", "beslutninger"
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["followup", "version"],
                name="decision_once_per_version",
                violation_error_message="En anden har gemt samtidig.",
            ),
            KnownValues("kind", "decision_kind_known", "Den slags hændelse findes ikke."),
        ]
        triggers = erasable_ledger_triggers(*_PERSONAL_ANSWERS)

    def __str__(self) -> str:
        return f"{self.by} {self.get_kind_display()}"


class Consequence(models.Model):
    """Harm caused by the missing letter, per party. The follow-up holds what was done about the harm."""

    class Party(models.TextChoices):
        RECIPIENT = "RECIPIENT", "modtageren"
        MUNICIPALITY = "MUNICIPALITY", "kommunen"

    class Severity(models.TextChoices):
        MINOR = "MINOR", "lidt"
        SOME = "SOME", "en del"
        GRAVE = "GRAVE", "meget"

    followup = models.ForeignKey(FollowUp, models.CASCADE, related_name="consequences")
    party = models.CharField("for hvem", max_length=20, choices=Party)
    severity = models.CharField("hvor meget", max_length=20, choices=Severity)
    text = models.TextField("hvad er der sket")
    amount = models.DecimalField("beløb i kroner", max_digits=12, decimal_places=2, null=True, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = "konsekvens", "konsekvenser"
        constraints = [
            models.UniqueConstraint(
                fields=["followup", "party"],
                name="consequence_once_per_party",
                violation_error_message="Konsekvensen er allerede gemt.",
            ),
            models.CheckConstraint(
                condition=Q(amount=None) | Q(amount__gte=0),
                name="consequence_amount_not_negative",
                violation_error_message="Beløbet kan ikke være under nul.",
            ),
        ]

    def __str__(self) -> str:
        return f"konsekvens for {self.get_party_display()}"


def followup_of(letter: Letter) -> FollowUp | None:
    """Return the follow-up of the letter; None if the follow-up is not opened yet."""
    return getattr(letter, "followup", None)
