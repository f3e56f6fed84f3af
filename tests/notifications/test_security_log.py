"""KIT's acts on mails are written to the security log: the person and counts."""

import json
import logging

import pytest
from django.urls import reverse
from django.utils import timezone

from notifications.alarms import lifecycle
from notifications.alarms.monitors import Finding
from notifications.models import Alarm, Delivery, Dispatch, State
from notifications.texts.notice_texts import default_source
from sepo_incident.accounts import users
from sepo_incident.accounts.models import EmailChange
from sepo_incident.core.logs import JsonFormatter
from tests.notices import delivery_to, request_first_notices, write_notices
from tests.notifications.inbound.mails import receive_mail, reply, settle_all_claims
from tests.notifications.smtp_answers import REFUSED


@pytest.fixture
def logged(caplog):
    """Return the lines so far, as {event: fields of the line}."""
    caplog.set_level(logging.INFO, logger="sepo.security")

    def lines():
        written = [json.loads(JsonFormatter().format(one)) for one in caplog.records if one.name == "sepo.security"]
        return {one["event"]: one for one in written if "event" in one}

    return lines


@pytest.fixture
def kit(as_user, cast):
    return as_user(cast.mette)


def test_changed_sign_in_address_is_logged(cast, logged, django_capture_on_commit_callbacks):
    """The addresses are in the history, because the log holds no addresses."""
    with django_capture_on_commit_callbacks(execute=True):
        users.correct_email(cast.karen, "karen.moeller@kk.example", old="karen@kk.example", by=cast.mette)
    line = logged()["sign_in_address_corrected"]
    change = EmailChange.objects.get(pk=line["email_change_id"])
    assert (line["user_id"], line["person_id"]) == (cast.mette.pk, cast.karen.pk)
    assert (change.user, change.old, change.new) == (cast.karen, "karen@kk.example", "karen.moeller@kk.example")
    assert "karen" not in json.dumps(line)


def test_incoming_mails_are_logged(cast, kit, dispatch, logged):
    settle_all_claims()
    karens = delivery_to(cast.karen)
    came = receive_mail(reply(karens), sender=karens.address)
    kit.post(reverse("answer_incoming", args=[came.pk]), {"text": "Under Sendt post."})
    other = receive_mail(reply(karens, "Endnu et spørgsmål"), sender=karens.address)
    kit.post(reverse("settle_incoming", args=[other.pk]))
    said = {event: (line["user_id"], line["mail_id"]) for event, line in logged().items()}
    assert said == {"incoming_answered": (cast.mette.pk, came.pk), "incoming_settled": (cast.mette.pk, other.pk)}


def test_retried_mails_are_logged(cast, kit, dispatch, logged):
    settle_all_claims(REFUSED)
    karens = delivery_to(cast.karen)
    kit.post(reverse("retry_deliveries", args=[dispatch.pk]), {"valgt": [karens.pk]})
    assert logged()["mails_sent_again"]["dispatch_id"] == dispatch.pk
    assert logged()["mails_sent_again"]["count"] == 1
    jenses = delivery_to(cast.jens)
    assert jenses.state == State.REFUSED
    kit.post(reverse("send_mail_again", args=[jenses.pk]))
    assert logged()["mails_sent_again"]["delivery_id"] == jenses.pk
    assert Delivery.objects.filter(state=State.READY).count() == 2


def test_reminder_requests_are_logged(cast, as_user, logged, monday):
    monday.move_to("2020-01-07T09:00+01:00")
    write_notices(request_first_notices(cast.incident))
    monday.move_to("2020-01-10T10:00+01:00")
    as_user(cast.jens).post(reverse("remind_unit", args=[cast.svalevej.pk]), {"til": [cast.karen.pk]})
    line, asked = logged()["reminded_at_once"], Dispatch.objects.filter(receivers__isnull=False).get()
    assert (line["user_id"], line["dispatch_id"], line["count"]) == (cast.jens.pk, asked.pk, 1)


def test_alarms_are_logged(cast, kit, logged):
    now = timezone.now()
    lifecycle.raise_or_end(Alarm.Kind.QUEUE, Finding(5, since=now), now)
    alarm = Alarm.objects.get()
    kit.post(reverse("take_alarm", args=[alarm.pk]))
    kit.post(reverse("end_alarm", args=[alarm.pk]), {"reason": "En server var nede."})
    said = {event: (line["user_id"], line["alarm_id"]) for event, line in logged().items()}
    assert said == dict.fromkeys(["alarm_taken", "alarm_ended"], (cast.mette.pk, alarm.pk))


def test_texts_and_test_mails_are_logged(cast, kit, logged):
    words = default_source("FIRST_NOTICE")
    address, typed = (
        reverse("text", args=["foerste-besked"]),
        {"subject": "{Tal} breve", "body": words.body, "version": 0},
    )
    kit.post(address, typed | {"proeve": 1})
    kit.post(address, typed)
    kit.post(reverse("reset_text", args=["foerste-besked"]), {"version": 1})
    assert list(logged()) == ["test_mail_sent", "notice_text_saved", "notice_text_reset"]
    assert {line["user_id"] for line in logged().values()} == {cast.mette.pk}
