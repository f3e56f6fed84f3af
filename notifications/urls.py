from django.urls import path

from notifications.views import alarms, desk, dispatches, incident, incoming, sent, texts

urlpatterns = [
    path("haendelse/", incident.incident, name="incident"),
    path("haendelse/aabn-opfoelgning/", incident.open_followups, name="open_followups"),
    path("haendelse/frist/", incident.move_deadline, name="move_deadline"),
    path("varsler/", desk.notices, name="notices"),
    path("varsler/forhaandsvisning/<int:pk>/", desk.notice_preview, name="notice_preview"),
    path("varsler/forhaandsvisning/<int:pk>/mail/", desk.notice_body, name="notice_body"),
    path("varsler/send/", desk.send_notices, name="send_notices"),
    path("varsler/udsendelse/<int:pk>/", dispatches.dispatch, name="dispatch"),
    path("varsler/udsendelse/<int:pk>/igen/", dispatches.retry_deliveries, name="retry_deliveries"),
    path("varsler/tekster/", texts.texts, name="texts"),
    path("varsler/tekster/<slug:name>/", texts.text, name="text"),
    path("varsler/tekster/<slug:name>/mail/", texts.text_mail, name="text_mail"),
    path("varsler/tekster/<slug:name>/historik/", texts.text_versions, name="text_versions"),
    path("varsler/tekster/<slug:name>/nulstil/", texts.reset_text, name="reset_text"),
    path("indgaaende-post/", incoming.incoming, name="incoming"),
    path("indgaaende-post/<int:pk>/", incoming.incoming_mail, name="incoming_mail"),
    path("indgaaende-post/<int:pk>/svar/", incoming.answer_incoming, name="answer_incoming"),
    path("indgaaende-post/<int:pk>/klaret/", incoming.settle_incoming, name="settle_incoming"),
    path("varsel/<int:pk>/", sent.notice, name="notice"),
    path("varsel/<int:pk>/mail/", sent.notice_html, name="notice_html"),
    path("brev/<int:pk>/varsler/", sent.letter_notices, name="letter_notices"),
    path("alarmer/", alarms.alarms, name="alarms"),
    path("alarmer/<int:pk>/tag/", alarms.take_alarm, name="take_alarm"),
    path("alarmer/<int:pk>/luk/", alarms.end_alarm, name="end_alarm"),
]
