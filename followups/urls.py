from django.urls import path

from followups import imported_letters
from followups.absence import views as absence_views
from followups.arrival import views as arrival_views
from followups.boards import figure_views, saved_views
from followups.boards import views as boards_views
from followups.bulk import confirm_views, decision_views, statement_views
from followups.desk import opening_views, standard_answers
from followups.desk import views as desk_views
from followups.drafts import views as drafts_views
from followups.letter import act_views
from followups.letter import views as letter_views
from followups.my_letters import views as my_letters_views
from followups.workbook import views as workbook_views

urlpatterns = [
    path("mine-breve/", my_letters_views.my_letters, name="my_letters"),
    path("mine-breve/sendt/", my_letters_views.mark_letters_sent, name="mark_letters_sent"),
    path("mine-breve/kommet-frem/", my_letters_views.prove_letters, name="prove_letters"),
    path("mine-breve/kommet-frem/fortryd/", my_letters_views.undo_proof, name="undo_proof"),
    path("mine-breve/sammen/", decision_views.decide_my_letters, name="decide_my_letters"),
    path(
        "mine-breve/sammen/stedfortraeder/",
        decision_views.decide_my_letters,
        {"as_substitute": True},
        name="decide_as_substitute",
    ),
    path("samlet/", decision_views.bulk_decisions, name="bulk_decisions"),
    path("samlet/<int:pk>/", decision_views.bulk_decision, name="bulk_decision"),
    path("samlet/<int:pk>/fortryd/", decision_views.undo_bulk_decision, name="undo_bulk_decision"),
    path("samlet/foelger/", statement_views.record_remedial_actions, name="record_remedial_actions"),
    path("mine-breve/regneark/", workbook_views.my_workbook, name="my_workbook"),
    path("regneark/", workbook_views.upload_workbook, name="upload_workbook"),
    path("regneark/gem/", workbook_views.apply_workbook, name="apply_workbook"),
    path("brev/<int:pk>/", letter_views.letter, name="letter"),
    path("brev/<int:pk>/kladde/", letter_views.keep_decision_draft, name="keep_decision_draft"),
    path("brev/<int:pk>/kladde/kasser/", letter_views.discard_decision_draft, name="discard_decision_draft"),
    *(
        path(f"brev/<int:pk>/{act.slug}/", act_views.act_on_letter, {"name": name}, name=name)
        for name, act in act_views.ACTS.items()
    ),
    path("brev/<int:pk>/dato/", act_views.set_due_date, name="set_due_date"),
    path("brev/<int:pk>/kommet-frem/", arrival_views.arrival, name="arrival"),
    path("brev/<int:pk>/kommet-frem/<int:arrival_id>/fil/", arrival_views.arrival_file, name="arrival_file"),
    path(
        "brev/<int:pk>/kommet-frem/<int:arrival_id>/tilbage/",
        arrival_views.take_back_arrival,
        name="take_back_arrival",
    ),
    path("brev/<int:pk>/emneomraade/", act_views.classify_letter, name="classify_letter"),
    path("brev/<int:pk>/udkast/<slug:name>.eml", drafts_views.draft_mail, name="draft_mail"),
    path("udkast/tekster/", drafts_views.draft_texts, name="draft_texts"),
    path("udkast/tekster/<slug:name>/<path:category>", drafts_views.draft_text, name="draft_text"),
    path("mit-fravaer/", absence_views.my_absence, name="my_absence"),
    path("fravaer/<int:pk>/tilbage/", absence_views.take_back_absence, name="take_back_absence"),
    path("overdrag/", absence_views.handovers, name="handovers"),
    path("overdrag/<int:pk>/", absence_views.handover, name="handover"),
    path("overdrag/givet/<int:pk>/fortryd/", absence_views.undo_handover, name="undo_handover"),
    path("enheder/", boards_views.boards, name="boards"),
    path("enhed/<int:pk>/", boards_views.board, name="board"),
    path("enhed/<int:pk>/regneark/", workbook_views.board_workbook, name="board_workbook"),
    path("enhed/<int:pk>/visninger/", saved_views.save_view, name="save_view"),
    path("visninger/<int:pk>/slet/", saved_views.delete_view, name="delete_view"),
    path("enhed/<int:pk>/tal/", boards_views.board_figures, name="board_figures"),
    path("enhed/<int:pk>/alle-tal/", figure_views.all_figures, name="board_all_figures"),
    path("enhed/<int:pk>/enheder/", figure_views.units, name="board_units"),
    path("enhed/<int:pk>/konsekvenser/", figure_views.board_consequences, name="board_consequences"),
    path("enhed/<int:pk>/personer/", boards_views.board_people, name="board_people"),
    path("enhed/<int:pk>/emner/", boards_views.board_categories, name="board_categories"),
    path("enhed/<int:pk>/bekraeft/fortryd/", confirm_views.undo_confirmations, name="undo_confirmations"),
    path("enhed/<int:pk>/bekraeft/", confirm_views.confirm_many, name="confirm_many"),
    path("enhed/<int:pk>/sammen/", decision_views.decide_board_letters, name="decide_many"),
    path("henvendelser/", desk_views.escalations, name="escalations"),
    path("henvendelser/sammen/", desk_views.answer_escalations, name="answer_escalations"),
    path("henvendelser/standardsvar/", standard_answers.standard_answers, name="standard_answers"),
    path("henvendelser/standardsvar/nyt/", standard_answers.edit_standard_answer, name="new_standard_answer"),
    path("henvendelser/standardsvar/<int:pk>/", standard_answers.edit_standard_answer, name="standard_answer"),
    path(
        "henvendelser/standardsvar/<int:pk>/slet/",
        standard_answers.delete_standard_answer,
        name="delete_standard_answer",
    ),
    path("personalesager/", opening_views.waiting_personnel_cases, name="personnel_openings"),
    path("personalesager/<int:pk>/aabn/", opening_views.open_personnel_cases, name="open_personnel_cases"),
    path("henvendelser/<int:pk>/", desk_views.escalation, name="escalation"),
    path("henvendelser/<int:pk>/tag/", desk_views.take_escalation, name="take_escalation"),
    path("henvendelser/<int:pk>/laeg-tilbage/", desk_views.release_escalation, name="release_escalation"),
    path("henvendelser/<int:pk>/giv/", desk_views.hand_over_escalation, name="hand_over_escalation"),
    path("henvendelser/<int:pk>/videre/", desk_views.forward_escalation, name="forward_escalation"),
    path("henvendelser/<int:pk>/luk/", desk_views.close_escalation, name="close_escalation"),
    path("henvendelser/<int:pk>/se-som/", desk_views.see_as_asker, name="see_as_asker"),
    path("henvendelser/<int:pk>/svar/", desk_views.answer_escalation, name="answer_escalation"),
    path("indlaes/<int:pk>/ikke-paa-listen/", imported_letters.withdraw_missing_letters, name="missing"),
    path("indlaes/<int:pk>/breve/<slug:what>/", imported_letters.list_batch_letters, name="batch_letters"),
    path("emneomraader/uden-regel/<slug:what>/", imported_letters.list_letters_without_rule, name="category_letters"),
]
