"""Triggers of the follow-up that hold it to its history and to the kind of the incident."""

from __future__ import annotations

import json

import pgtrigger

from letters.incident_kinds import KINDS, USUAL_QUESTIONS
from sepo_incident.core.sql_files import read_sql

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
