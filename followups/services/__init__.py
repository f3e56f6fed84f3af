"""Services that change follow-ups. Every page, command and bulk action calls them, so no change bypasses the history.

`letter_facts` creates follow-ups and keeps due dates; `decisions`, `bulk_decisions`, `confirmations` and
`escalations` change the status; `arrivals` and `receipts` record arrivals; `state_machine` lies beneath all of them.
"""

from followups.services.bulk_decisions import (
    continue_bulk_decision,
    requeue_stalled_bulk_decisions,
    start_bulk_decision,
    undo_bulk_decision,
)
from followups.services.confirmations import (
    confirm_letter,
    confirm_letters,
    explain_missing_answer,
    preview_confirmation,
    send_back,
    undo_confirmations,
)
from followups.services.decisions import (
    ORIGINAL_IS_MISSING,
    RequestedDecision,
    correct_decision,
    decide,
    mark_done,
    mark_letters_done,
    preview_decisions,
    preview_remedial_actions,
    put_on_record,
    record_deletion,
    record_remedial_action,
    record_remedial_actions,
    refusal_without_original,
    undo_decision,
    uphold,
)
from followups.services.escalations import (
    AnswerableQuestions,
    add_note,
    answer_and_keep,
    answer_escalation,
    answer_escalations,
    ask_back,
    ask_for_writer,
    close_escalation,
    forward_escalation,
    hand_over_escalation,
    hand_to_hr,
    release_escalation,
    split_answerable,
    take_escalation,
)
from followups.services.letter_facts import (
    mark_original_found,
    mark_original_missing,
    move_escalations_to_hr,
    open_followups,
    set_due_date,
    update_due_dates,
)
from followups.services.receipts import record_receipts
from followups.services.state_machine import Eligibility, NotPossible, Outcome
