"""URLs of notifications."""

from django.urls import path

from notifications import unanswerable_letters, unit_mails
from notifications.alarms import alarm_views
from notifications.delivery_problems import unreached_views
from notifications.dispatching import dispatch_views, first_notice_views
from notifications.evidence_pack import evidence_pack_views
from notifications.inbound import inbox
from notifications.incident_page import account, certificates, closing
from notifications.incident_page import views as incident_views
from notifications.outbox import sent_mail_views
from notifications.reminders import reminder_views
from notifications.status_note import edit_views as note_edit_views
from notifications.status_note import views as note_views
from notifications.texts import text_views

urlpatterns = [
    path("ingen-kan-svare/", unanswerable_letters.show_unanswerable_letters, name="nobodys"),
    path("haendelse/", incident_views.incident, name="incident"),
    path("haendelse/ny/", incident_views.new_incident, name="new_incident"),
    path("haendelse/aabn-opfoelgning/", incident_views.open_followups, name="open_followups"),
    path("haendelse/redegoerelse/", account.download_account, name="incident_account"),
    path("haendelse/frist/", incident_views.move_deadline, name="move_deadline"),
    path("haendelse/forside/", incident_views.show_public_figures, name="show_public_figures"),
    path("haendelse/luk/", closing.close_incident, name="close_incident"),
    path("haendelse/aabn/", incident_views.reopen_incident, name="reopen_incident"),
    path("haendelse/afslutningsbevis/", certificates.certificates, name="certificates"),
    path("haendelse/afslutningsbevis/udsted/", certificates.issue_certificate, name="issue_certificate"),
    path("haendelse/afslutningsbevis/<int:pk>/", certificates.download_certificate, name="download_certificate"),
    path("rapport/", note_views.notes, name="notes"),
    path("rapport/kontrol/", note_views.verify_note_page, name="verify_note"),
    path("rapport/skabelon/", note_edit_views.note_template, name="note_template"),
    path("rapport/skabelon/hent/", note_edit_views.download_note_template, name="download_note_template"),
    path("rapport/tekst/<int:unit>/<slug:section>/", note_edit_views.note_prose, name="note_prose"),
    path("rapport/<int:pk>/", note_views.note, name="note"),
    path("rapport/<int:pk>/word/", note_views.note_word, name="note_word"),
    path("rapport/<int:pk>/udgiv/", note_views.publish_note, name="publish_note"),
    path("rapport/<int:pk>/tal/<str:name>/", note_views.note_figure, name="note_figure"),
    path("beskeder/", first_notice_views.notices, name="notices"),
    path("beskeder/forhaandsvisning/<int:pk>/", first_notice_views.notice_preview, name="notice_preview"),
    path("beskeder/forhaandsvisning/<int:pk>/mail/", first_notice_views.notice_body, name="notice_preview_mail"),
    path("beskeder/send/", first_notice_views.send_notices, name="send_notices"),
    path("beskeder/udsendelse/<int:pk>/", dispatch_views.show_dispatch, name="dispatch"),
    path("beskeder/udsendelse/<int:pk>/igen/", dispatch_views.retry_deliveries, name="retry_deliveries"),
    path("beskeder/paamindelser/", reminder_views.reminders, name="reminders"),
    path("beskeder/paamindelser/til/", reminder_views.switch_reminders, {"is_on": True}, name="switch_on_reminders"),
    path("beskeder/paamindelser/fra/", reminder_views.switch_reminders, {"is_on": False}, name="switch_off_reminders"),
    path("mine-breve/paamindelse/", reminder_views.my_reminder, name="my_reminder"),
    path("brev/<int:pk>/paamindelse/", reminder_views.letter_reminder, name="letter_reminder"),
    path("enheder/<int:pk>/paamindelse/", reminder_views.unit_reminder, name="unit_reminder"),
    path("enhed/<int:pk>/mind/", reminder_views.remind_unit, name="remind_unit"),
    path("beskeder/tekster/", text_views.show_texts, name="texts"),
    path("beskeder/tekster/<slug:name>/", text_views.edit_text, name="text"),
    path("beskeder/tekster/<slug:name>/mail/", text_views.text_mail_frame, name="text_preview_mail"),
    path("beskeder/tekster/<slug:name>/historik/", text_views.compare_text_versions, name="text_versions"),
    path("beskeder/tekster/<slug:name>/nulstil/", text_views.reset_text, name="reset_text"),
    path("indgaaende-post/", inbox.incoming, name="incoming"),
    path("indgaaende-post/<int:pk>/", inbox.incoming_mail, name="incoming_mail"),
    path("indgaaende-post/<int:pk>/svar/", inbox.answer_incoming, name="answer_incoming"),
    path("indgaaende-post/<int:pk>/videre/", inbox.hand_over_incoming, name="hand_over_incoming"),
    path("indgaaende-post/<int:pk>/afslut/", inbox.settle_incoming, name="settle_incoming"),
    path("beskeder/udsendelse/<int:pk>/stands/", dispatch_views.act_with_reason, {"act": "stop"}, name="stop_dispatch"),
    path("beskeder/pause/", dispatch_views.act_with_reason, {"act": "pause_all"}, name="pause_all_mails"),
    path("beskeder/fortsaet/", dispatch_views.resume_all_mails, name="resume_all_mails"),
    path("levering/", unreached_views.not_reached, name="not_reached"),
    path("levering/<int:pk>/", unreached_views.unreached_mail, name="unreached_mail"),
    path("levering/<int:pk>/igen/", unreached_views.send_mail_again, name="send_mail_again"),
    path("levering/<int:pk>/<slug:way>/", unreached_views.resolve_mail, name="resolve_mail"),
    path("besked/<int:pk>/", sent_mail_views.show_notice, name="notice"),
    path("besked/<int:pk>/mail/", sent_mail_views.notice_html, name="notice_html"),
    path("brev/<int:pk>/beskeder/", sent_mail_views.list_letter_notices, name="letter_notices"),
    path("brev/<int:pk>/dokumentation/", evidence_pack_views.letter_pack, name="letter_pack"),
    path("brev/<int:pk>/dokumentation.zip", evidence_pack_views.letter_zip, name="letter_zip"),
    path("aktindsigt/", evidence_pack_views.access_request, name="access_request"),
    path("aktindsigt.zip", evidence_pack_views.access_request_zip, name="access_request_zip"),
    path("enhed/<int:pk>/mails/", unit_mails.board_mails, name="board_mails"),
    path("enhed/<int:pk>/dokumentation/", evidence_pack_views.unit_pack, name="unit_pack"),
    path("enhed/<int:pk>/dokumentation.zip", evidence_pack_views.unit_zip, name="unit_zip"),
    path("alarmer/", alarm_views.alarms, name="alarms"),
    path("alarmer/mails-uden-svar/", alarm_views.list_silent_mails, name="silent_mails"),
    path("alarmer/<int:pk>/tag/", alarm_views.take_alarm, name="take_alarm"),
    path("alarmer/<int:pk>/luk/", alarm_views.end_alarm, name="end_alarm"),
]
