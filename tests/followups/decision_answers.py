"""Answers to the decision form as the services take them, and what a follow-up holds after them."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from followups.models import FollowUp
from followups.models.answers import DecisionAnswers

RESENT = DecisionAnswers(remedy="RESEND", is_sent=True, deadline_missed=False, consequence_review="NONE")
NEW_LETTER_UNSENT = DecisionAnswers(remedy="NEW_LETTER", deadline_missed=False, consequence_review="UNKNOWN")
NEW_LETTER_SENT = DecisionAnswers(remedy="NEW_LETTER", is_sent=True, deadline_missed=False, consequence_review="NONE")
NO_DISPATCH = DecisionAnswers(
    remedy="NO_DISPATCH", no_dispatch_reason="Ligger på Aula", deadline_missed=False, consequence_review="NONE"
)
RESENT_WITH_NEW_DATE = replace(RESENT, deadline_missed=True, new_deadline=date(2020, 2, 3))
HARM_HANDLED = DecisionAnswers(
    remedy="NEW_LETTER",
    is_sent=True,
    deadline_missed=True,
    missed_on=date(2020, 1, 6),
    new_deadline=date(2020, 1, 27),
    consequence_review="FOUND",
    parties=("RECIPIENT", "MUNICIPALITY"),
    severity="SOME",
    consequence_text="Familien kunne ikke svare",
    amount=Decimal("1250.50"),
    is_handled=True,
    handled_text="Afgørelsen er udsat",
    is_journalised=True,
    record_number="2020-0000000",
    note="Talt med lederen",
)
REVIEW_OPEN = DecisionAnswers(remedy="RESEND", is_sent=True, deadline_missed=False, consequence_review="UNKNOWN")
HARM_UNHANDLED = DecisionAnswers(
    remedy="RESEND",
    is_sent=True,
    deadline_missed=False,
    consequence_review="FOUND",
    parties=("RECIPIENT",),
    severity="SOME",
    consequence_text="Familien mistede pladsen",
)
HANDLED_TEXT = "Familien har fået en anden plads"


def followup_of(letter) -> FollowUp:
    return FollowUp.objects.get(letter=letter)


def decision_kinds(letter) -> list[str]:
    return list(followup_of(letter).decisions.order_by("version").values_list("kind", flat=True))


def bulk_result(bulk):
    """Return the number of letters that the bulk decision decided, and {letter id: reason} of the skipped letters."""
    skipped = bulk.letters.filter(state="SKIPPED").values_list("letter", "why")
    return bulk.letters.filter(state="DECIDED").count(), dict(skipped)
