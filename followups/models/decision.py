"""Decisions: the append-only history of a follow-up."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict, cast

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import QuerySet

from followups.models.answer_columns import TYPED_TEXTS
from followups.models.bulk_decision import BulkDecision
from followups.models.followup import FollowUp
from sepo_incident.audit.triggers import erasable_ledger_triggers, salt_field
from sepo_incident.core.constraints import KnownValues
from sepo_incident.core.sql_expression import sql_expression

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations


class OthersAnnotation(TypedDict):
    others: int | None


type DecisionWithOthers = WithAnnotations[Decision, OthersAnnotation]


class DecisionQuerySet(models.QuerySet["Decision"]):
    def annotate_others(self) -> QuerySet[DecisionWithOthers]:
        """Annotate `others`: the number of further letters with the same act in the same bulk decision.

        None for an act on a single letter.
        """
        return cast("QuerySet[DecisionWithOthers]", self.annotate(others=_OTHERS))


_OTHERS = sql_expression(
    """CASE WHEN {decision}.bulk_decision_id IS NOT NULL THEN (
        SELECT count(*) - 1 FROM followups_decision AS same
        WHERE same.bulk_decision_id = {decision}.bulk_decision_id AND same.kind = {decision}.kind
    ) END""",
    {"decision": "kind"},
    models.IntegerField(),
)

#: Texts that a person typed: answers without a column of `FollowUp`, and answers with one, in `before` too.
PERSONAL_ANSWERS = [
    *(f"answers.{name}" for name in ("question", "answer", "reason", "consequence_text")),
    *(f"{side}.{name}" for side in ("answers", "before") for name in TYPED_TEXTS),
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
        triggers = erasable_ledger_triggers(*PERSONAL_ANSWERS)

    def __str__(self) -> str:
        return f"{self.by} {self.get_kind_display()}"
