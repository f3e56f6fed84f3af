from django.urls import path

from followups.views import (
    boards,
    classifying,
    confirming,
    escalations,
    escalations_together,
    letter,
    my_letters,
    standard_answers,
)

urlpatterns = [
    path("mine-breve/", my_letters.my_letters, name="my_letters"),
    path("brev/<int:pk>/", letter.letter, name="letter"),
    path("brev/<int:pk>/fortryd/", letter.undo_decision, name="undo_decision"),
    path("brev/<int:pk>/sendt/", letter.mark_done, name="mark_done"),
    path("brev/<int:pk>/foelger/", letter.handle_consequences, name="handle_consequences"),
    path("brev/<int:pk>/bekraeft/", letter.confirm_letter, name="confirm_letter"),
    path("brev/<int:pk>/emneomraade/", classifying.classify_letter, name="classify_letter"),
    path("enheder/", boards.boards, name="boards"),
    path("enhed/<int:pk>/", boards.board, name="board"),
    path("enhed/<int:pk>/bekraeft/", confirming.confirm_many, name="confirm_many"),
    path("eskaleringer/", escalations.escalations, name="escalations"),
    path("eskaleringer/sammen/", escalations_together.answer_together, name="answer_together"),
    path("eskaleringer/standardsvar/", standard_answers.standard_answers, name="standard_answers"),
    path("eskaleringer/standardsvar/nyt/", standard_answers.new_standard_answer, name="new_standard_answer"),
    path("eskaleringer/standardsvar/<int:pk>/", standard_answers.standard_answer, name="standard_answer"),
    path(
        "eskaleringer/standardsvar/<int:pk>/slet/",
        standard_answers.delete_standard_answer,
        name="delete_standard_answer",
    ),
    path("eskaleringer/<int:pk>/", escalations.escalation, name="escalation"),
    path("eskaleringer/<int:pk>/tag/", escalations.take_escalation, name="take_escalation"),
    path("eskaleringer/<int:pk>/slip/", escalations.release_escalation, name="release_escalation"),
    path("eskaleringer/<int:pk>/giv/", escalations.hand_over_escalation, name="hand_over_escalation"),
    path("eskaleringer/<int:pk>/videre/", escalations.send_on_escalation, name="send_on_escalation"),
    path("eskaleringer/<int:pk>/luk/", escalations.close_escalation, name="close_escalation"),
    path("eskaleringer/<int:pk>/svar/", escalations.answer_escalation, name="answer_escalation"),
]
