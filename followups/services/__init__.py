"""The verbs of a follow-up. Every page, command and bulk action goes through here, so history cannot be bypassed.

``opening`` makes a follow-up per letter and keeps its date, which ``dating`` lets people set; ``deciding``,
``deciding_many`` with ``bulk``, ``handling_many``, ``helping`` and ``confirming`` move it; ``original`` says whether
its mail is to be found; ``moving`` is the state machine under them all.
"""

from followups.services.bulk import begin, carry_on, ring_again, stop, undo_bulk
from followups.services.confirming import confirm, confirm_one, lacks_answer, send_back, sort_out
from followups.services.dating import set_date
from followups.services.deciding import correct, decide, handle, mark_done, put_on_record, undo, uphold
from followups.services.deciding_many import Asked, decide_many, would_decide
from followups.services.handling_many import handle_many, would_handle
from followups.services.helping import (
    Together,
    answer,
    answer_for_now,
    answer_together,
    ask_back,
    close,
    hand_over,
    hand_to_hr,
    note,
    release,
    send_on,
    sort_questions,
    take,
)
from followups.services.moving import NotPossible, Stale
from followups.services.opening import give_to_hr, keep_in_step, open_for
from followups.services.original import original_found, original_gone
from followups.services.outcomes import Outcome, Sorted

__all__ = [
    "Asked",
    "NotPossible",
    "Outcome",
    "Sorted",
    "Stale",
    "Together",
    "answer",
    "answer_for_now",
    "answer_together",
    "ask_back",
    "begin",
    "carry_on",
    "close",
    "confirm",
    "confirm_one",
    "correct",
    "decide",
    "decide_many",
    "give_to_hr",
    "hand_over",
    "hand_to_hr",
    "handle",
    "handle_many",
    "keep_in_step",
    "lacks_answer",
    "mark_done",
    "note",
    "open_for",
    "original_found",
    "original_gone",
    "put_on_record",
    "release",
    "ring_again",
    "send_back",
    "send_on",
    "set_date",
    "sort_out",
    "sort_questions",
    "stop",
    "take",
    "undo",
    "undo_bulk",
    "uphold",
    "would_decide",
    "would_handle",
]
