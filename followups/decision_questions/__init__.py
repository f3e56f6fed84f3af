"""The questions of the decision form, each declared once.

The form (`followups.decision_form`), the columns of the workbook, the summary of a decision and the sentences of the
history are built from `QUESTIONS`. docs/decisions/0047 says what a new question takes. Which questions are asked, and
in which order, the kind of the incident says (`questions_of`).
"""

from followups.decision_questions.question import (
    HELP_CHOICE,
    IF_DECIDED,
    NO,
    NO_NAMES_HINT,
    NOT_NEEDED,
    REMEDIES,
    REMEDY_LABEL,
    SENT_LATER,
    YES,
    Condition,
    Days,
    Question,
    Wording,
)
from followups.decision_questions.question_table import (
    QUESTIONS,
    QUESTIONS_BY_NAME,
    REVIEW_CHOICES,
    AnswerRow,
    Review,
    number_of,
    questions_of,
    summarize_decision,
)
