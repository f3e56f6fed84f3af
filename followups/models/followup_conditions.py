"""Conditions on the columns of a follow-up, the columns that the database computes from them, and the triggers."""

from __future__ import annotations

import json

import pgtrigger
from django.db.models import F, Q
from django.db.models.functions import TruncDate
from django.db.models.lookups import GreaterThan, LessThanOrEqual

from followups.models.answer_columns import NO_ANSWERS
from letters.incident_kinds import KINDS, USUAL_QUESTIONS
from sepo_incident.core import danish
from sepo_incident.core.sql_files import read_sql


def copenhagen_day(moment: str) -> TruncDate:
    """Return the day in Copenhagen of a column."""
    return TruncDate(moment, tzinfo=danish.COPENHAGEN)


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
    & Q(LessThanOrEqual(copenhagen_day("decided_at"), F("due_on")))
    & Q(GreaterThan(copenhagen_day("done_at"), F("due_on")))
)
#: Remedies that send something, whose arrival must be proven.
REMEDIES_THAT_SEND = ["RESEND", "NEW_LETTER", "RESEND_AND_NEW", "PAPER"]
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


#: The columns of a follow-up that lists and arrivals change, and those that follow from them: nobody's answers.
NO_ANSWERS_OF_PEOPLE = [
    *("due_on", "opened_at", "opened_on", "due_date_passed_before_sending", "lacks_answer"),
    *("has_arrived", "arrived_on", "reported_sent_on"),
]
NO_ANSWER = f"'{{{','.join(NO_ANSWERS_OF_PEOPLE)}}}'::text[]"
#: An UPDATE needs a `Decision` row of the new version first. The date from a list needs no row; a date that a person
#: sets or removes does.
REQUIRE_DECISION_ROW = pgtrigger.Trigger(
    name="require_decision_row",
    when=pgtrigger.After,
    operation=pgtrigger.Update,
    condition=pgtrigger.Condition(
        f"to_jsonb(OLD) - {NO_ANSWER} <> to_jsonb(NEW) - {NO_ANSWER}"
        " OR OLD.due_on IS DISTINCT FROM NEW.due_on AND coalesce(OLD.due_by_id, NEW.due_by_id) IS NOT NULL"
    ),
    func=read_sql("followups/sql/require_decision_row.sql"),
)

#: The arrival that counts is one of the remedy.
ARRIVAL_OF_NEW_REMEDY = pgtrigger.Trigger(
    name="arrival_of_new_remedy",
    when=pgtrigger.Before,
    operation=pgtrigger.UpdateOf("remedy"),
    condition=pgtrigger.Condition("OLD.remedy <> NEW.remedy"),
    func=read_sql(
        "followups/sql/arrival_of_new_remedy.sql",
        newest_arrival=read_sql("followups/sql/newest_arrival.sql", followup="NEW.id", remedy="NEW.remedy"),
    ),
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
