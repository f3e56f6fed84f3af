"""Whether the answers of a decision fit the kind of the incident.

The trigger `answers_fit_kind` says the same in SQL; `tests/kinds/test_change_of_kind.py` holds the two together.
"""

from __future__ import annotations

from followups.models.answers import DecisionAnswers
from followups.models.followup_triggers import OWN_ANSWERS
from letters.incident_kinds import KindRules

KIND_CHANGED = (
    "Koncern IT har ændret svaret på, hvad der gik galt. Derfor er spørgsmålene andre nu. Svar på dem, og gem igen."
)


def refusal_of_another_kind(answers: DecisionAnswers, rules: KindRules) -> str:
    """Return why the answers cannot be saved in an incident with the rules, "" if they can or if there is no answer.

    The remedy must be one that the kind offers, and the kind's own questions must be answered, and no others.
    """
    if not answers.remedy or answers.asks_for_help:
        return ""
    answered = {name for name in OWN_ANSWERS if getattr(answers, name) not in (None, "")}
    does_fit = answers.remedy in rules.remedies and answered == set(OWN_ANSWERS) & set(rules.questions)
    return "" if does_fit else KIND_CHANGED
