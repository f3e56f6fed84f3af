"""URLs of the import pages, staff files, category rules, Mangler ansvarlig, the incident's story, tracking."""

from django.urls import path

from letters.api import token_pages
from letters.assigning import unassigned_views
from letters.category_pages import category_views
from letters.import_pages import check_page, columns_page, committed_page, review_pages, staff_file_page, upload_page
from letters.incident_pages import breach_pages, breach_register, deadline_pages, story_pages
from letters.tracking_pages import file_pages, missing_report, status_views
from letters.tracking_pages import views as tracking_views

urlpatterns = [
    path("indlaes/", upload_page.upload_list, name="imports"),
    path("indlaes/<int:pk>/", upload_page.show_batch, name="import_batch"),
    path("indlaes/<int:pk>/kolonner/", columns_page.confirm_columns, name="import_columns"),
    path("indlaes/<int:pk>/stop/", upload_page.stop_batch, name="stop_batch"),
    path("indlaes/<int:pk>/indlaes/", check_page.commit_batch, name="commit_batch"),
    path("indlaes/<int:pk>/enheder/", review_pages.review_new_units, name="new_units"),
    path("indlaes/<int:pk>/afviste.xlsx", check_page.download_rejected_rows, name="rejected_rows"),
    path("indlaes/<int:pk>/raekke/<int:row_pk>/", check_page.correct_row, name="import_row"),
    path("indlaes/<int:pk>/kasser/", check_page.discard_batch, name="discard_batch"),
    path("indlaes/<int:pk>/aendringer/", review_pages.review_changes, name="changed_letters"),
    path("indlaes/<int:pk>/fuld/", committed_page.mark_full_list, name="mark_full_list"),
    path("indlaes/<int:pk>/fortryd/", committed_page.undo_batch, name="undo_batch"),
    path("trukket-tilbage/", committed_page.list_withdrawn_letters, name="withdrawn_letters"),
    path("trukket-tilbage/<int:pk>/paa-listen-igen/", committed_page.reinstate_letter, name="reinstate_letter"),
    path("personer/indlaes/", staff_file_page.upload_staff_file, name="staff_files"),
    path("personer/<int:pk>/", staff_file_page.show_staff_file, name="staff_import"),
    path("personer/<int:pk>/gem/", staff_file_page.save_staff_file, name="save_staff_file"),
    path("personer/<int:pk>/kasser/", staff_file_page.discard_staff_file, name="discard_staff_file"),
    path("emneomraader/", category_views.list_category_rules, name="categories"),
    path("emneomraader/ny/", category_views.create_category_rule, name="new_category_rule"),
    path("emneomraader/skifter/", category_views.list_category_changes, name="category_changes"),
    path("emneomraader/koer/", category_views.rerun_rules, name="run_category_rules"),
    path("emneomraader/<int:pk>/", category_views.edit_category_rule, name="category_rule"),
    path("emneomraader/<int:pk>/slet/", category_views.delete_category_rule, name="delete_category_rule"),
    path("emneomraader/<int:pk>/flyt/", category_views.move_category_rule, name="move_category_rule"),
    path("mangler-ansvarlig/", unassigned_views.list_unassigned, name="unassigned"),
    path("mangler-ansvarlig/<slug:what>/<int:pk>/", unassigned_views.choose_assignee, name="unassigned_group"),
    path("mangler-ansvarlig/<slug:what>/<int:pk>/tildel/", unassigned_views.assign_group, name="assign_letters"),
    path("mangler-ansvarlig/<slug:what>/<int:pk>/ny-person/", unassigned_views.create_person, name="new_person"),
    path("mangler-ansvarlig/<int:pk>/fortryd/", unassigned_views.undo_assignment, name="undo_assignment"),
    path("haendelse/oplysninger/", story_pages.edit_facts, name="incident_facts"),
    path("haendelse/kommer-breve-frem/", story_pages.edit_fix, name="incident_fix"),
    path("haendelse/om/<slug:what>/ny/", story_pages.new_story_row, name="new_story_row"),
    path("haendelse/om/<slug:what>/<int:pk>/", story_pages.edit_story_row, name="story_row"),
    path("haendelse/om/<slug:what>/<int:pk>/slet/", story_pages.delete_story_row, name="delete_story_row"),
    path("haendelse/databrud/", breach_pages.show_breach, name="breach"),
    path("haendelse/databrud/ny/", breach_pages.report_breach, name="report_breach"),
    path("haendelse/databrud/<int:pk>/vurdering/", breach_pages.assess_breach, name="assess_breach"),
    path("haendelse/databrud/<int:pk>/anmeldt/", breach_pages.mark_breach_notified, name="mark_breach_notified"),
    path("haendelse/databrud/<int:pk>/udtalelse/", breach_pages.give_opinion, name="give_opinion"),
    path("haendelse/databrud/<int:pk>/besked/", breach_pages.decide_information, name="decide_information"),
    path("databrud/", breach_register.list_breaches, name="breach_register"),
    path("enhed/<int:pk>/frist/", deadline_pages.extend_unit_deadline, name="extend_unit_deadline"),
    path("brev/<int:pk>/frist/", deadline_pages.extend_letter_deadline, name="extend_letter_deadline"),
    path("haendelse/plan/", story_pages.own_plan, name="own_plan"),
    path("haendelse/plan/<int:pk>/", story_pages.administration_plan, name="administration_plan"),
    path("roller/systemer/", token_pages.list_tokens, name="api_tokens"),
    path("roller/systemer/<int:pk>/afslut/", token_pages.end_token, name="end_api_token"),
    path("sporing/", tracking_views.list_channels, name="channels"),
    path("sporing/statusser/", status_views.list_statuses, name="receipt_statuses"),
    path("sporing/filer/", file_pages.upload_file, name="tracking_files"),
    path("sporing/filer/<int:pk>/", file_pages.show_file, name="tracking_file"),
    path("sporing/<int:pk>/", tracking_views.show_channel, name="channel"),
    path("sporing/alarm/<int:pk>/", tracking_views.show_silence, name="silence"),
    path("sporing/alarm/<int:pk>/kanal/", tracking_views.move_alarm_reports, name="move_reports"),
    path("sporing/alarm/<int:pk>/haendelse/", tracking_views.draft_incident, name="draft_incident"),
    path("sporing/brev/<int:pk>/", tracking_views.show_dispatch, name="dispatched_letter"),
    path("efterlys/", missing_report.report_missing, name="report_missing"),
    path("efterlys/<int:pk>/", missing_report.thank, name="missing_report"),
]
