"""Conditions on the columns of a follow-up, used by its constraints, its computed columns and the rules."""

from __future__ import annotations

from django.db.models import F, Q
from django.db.models.functions import TruncDate
from django.db.models.lookups import GreaterThan, LessThanOrEqual

from followups.models.answer_columns import NO_ANSWERS
from sepo_incident.core import danish

#: Fields that every decided follow-up has, and the fields of an undecided follow-up.
HAS_DECISION = Q(decided_at__isnull=False, decided_by__isnull=False, deadline_missed__isnull=False)
HAS_DECISION &= ~Q(remedy="") & ~Q(consequence_review="")
HAS_NO_DECISION = Q(decided_at=None, decided_by=None, **NO_ANSWERS)
HAS_BEEN_SENT, NOT_YET_SENT = Q(done_at__isnull=False), Q(done_at__isnull=True)
HAS_CONFIRMATION = Q(confirmed_at__isnull=False, confirmed_by__isnull=False)
HAS_NO_CONFIRMATION = Q(confirmed_at__isnull=True, confirmed_by__isnull=True)

HAS_NO_DELETION_ANSWER = Q(**{name: empty for name, empty in NO_ANSWERS.items() if "deletion" in name})

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
