"""The monitors of outgoing mail: findings, one alarm per finding, and the person who takes an alarm."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from followups import services
from notifications import mail_worker
from notifications.alarms import lifecycle, monitors, reconciliation
from notifications.alarms.alarm_list import ALARMS, show_alarm
from notifications.alarms.monitors import QUEUE_WAIT, Finding
from notifications.dispatching import dispatch_lifecycle
from notifications.models import Alarm, Delivery, Kind, Notice, SendingChange, SendingSettings, State
from notifications.models.alarm import REPEAT_MAIL_AFTER
from notifications.outbox import replies_and_retries
from notifications.tasks import check_balance
from sepo_incident.audit.models import Statement
from sepo_incident.core import danish
from tests.followups.decision_answers import RESENT
from tests.notices import delivery_to

Of = Alarm.Kind
SPAM = "554 5.7.1 Message rejected as spam by content filter"


def count_alarm_mails() -> int:
    return Notice.objects.filter(kind=Kind.ALARM).count()


@pytest.fixture
def overdue_mails(dispatch):
    """Five mails that have been due for twenty minutes."""
    Delivery.objects.update(next_attempt_at=timezone.now() - timedelta(minutes=20))
    return dispatch


def test_mails_without_a_worker_raise_an_alarm(overdue_mails, drain):
    lifecycle.check_all_monitors()
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.number) == (Of.QUEUE, 5)
    assert alarm.since == Delivery.objects.earliest("next_attempt_at").next_attempt_at
    assert "5 mails skulle have været sendt siden" in show_alarm(alarm).description
    drain()
    lifecycle.check_all_monitors()
    alarm.refresh_from_db()
    assert alarm.ended_at is not None
    assert alarm.ended_by is None


def test_mail_waiting_for_its_retry_is_no_alarm(dispatch):
    Delivery.objects.update(next_attempt_at=timezone.now() - QUEUE_WAIT + timedelta(seconds=30))
    lifecycle.check_all_monitors()
    assert not Alarm.objects.exists()


def test_one_spam_refusal_in_a_hundred_raises_an_alarm(cast, dispatch, sink):
    sink.refuse("DOT", SPAM, address=cast.jens.email)
    mail_worker.drain_outbox()
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.number) == (Of.SPAM, 1)
    lifecycle.raise_or_end(Of.SPAM, None, timezone.now())
    assert Alarm.objects.open().exists(), "a person ends it"


def test_an_alarm_is_mailed_to_the_watch_once(overdue_mails, drain, sink, settings):
    lifecycle.check_all_monitors()
    lifecycle.check_all_monitors()
    drain()
    [mail] = [mail for mail in sink.mails if mail.rcpt_tos == [settings.MAIL["watch_address"]]]
    assert mail.message["Subject"] == "Alarm: Mails står stille i køen"
    assert "Næste skridt" in mail.text
    assert reverse("alarms") in mail.text


def test_an_alarm_is_mailed_again_while_nobody_takes_it(overdue_mails, cast):
    lifecycle.check_all_monitors()
    Alarm.objects.update(mailed_at=timezone.now() - REPEAT_MAIL_AFTER)
    lifecycle.check_all_monitors()
    lifecycle.check_all_monitors()
    assert count_alarm_mails() == 2
    lifecycle.take_alarm(Alarm.objects.get(), cast.mette)
    Alarm.objects.update(mailed_at=timezone.now() - REPEAT_MAIL_AFTER)
    lifecycle.check_all_monitors()
    assert count_alarm_mails() == 2


def test_failed_balance_raises_an_alarm(overdue_mails, cast):
    delivery_to(cast.jens).delete()
    check_balance()
    alarm = Alarm.objects.get()
    assert alarm.kind == Of.BALANCE
    assert "Modtagere: 5 ≠ 4" in alarm.words


@pytest.mark.django_db(transaction=True)
def test_concurrent_checks_raise_one_alarm_and_one_mail(cast):
    gate = Barrier(2)

    def raise_it(_):
        gate.wait()
        lifecycle.raise_or_end(Of.QUEUE, Finding(3), timezone.now())
        connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(raise_it, range(2)))
    assert (Alarm.objects.count(), count_alarm_mails()) == (1, 1)


def test_canaries_are_sent_once_an_hour(db, settings):
    sent = monitors.send_canaries()
    assert {one.kind for one in sent} == {Kind.CANARY, Kind.BOUNCE_CANARY}
    assert monitors.send_canaries() == []
    settings.MAIL = {**settings.MAIL, "canary_address": "", "bounce_canary_address": ""}
    assert monitors.send_canaries() == []


def test_every_alarm_kind_has_a_description_and_steps(db):
    for kind in Of:
        alarm = Alarm(kind=kind, number=2, since=timezone.now(), raised_at=timezone.now())
        shown = show_alarm(alarm)
        assert shown.description
        assert shown.steps
        assert all(step.url for step in shown.steps if step.action)
        assert shown.mail_text(timezone.now())


class TestPage:
    def test_second_person_to_take_an_alarm_sees_the_owner(self, overdue_mails, cast, as_user):
        lifecycle.check_all_monitors()
        mette, address = as_user(cast.mette), reverse("take_alarm", args=[Alarm.objects.get().pk])
        assert "Ingen har taget alarmen" in mette.get(reverse("alarms")).text
        assert "Du har taget alarmen" in mette.post(address, follow=True).text
        assert "En anden har taget alarmen" in mette.post(address, follow=True).text
        assert "Mette" in mette.get(reverse("incident")).text

    def test_closing_an_alarm_needs_a_reason(self, overdue_mails, cast, as_user):
        lifecycle.check_all_monitors()
        mette, address = as_user(cast.mette), reverse("end_alarm", args=[Alarm.objects.get().pk])
        refused = mette.post(address, {"reason": " "})
        assert refused.status_code == 422
        assert "Skriv, hvad der var galt" in refused.text
        assert "Alarmen er lukket" in mette.post(address, {"reason": "Programmet er startet igen."}, follow=True).text
        assert "Programmet er startet igen." in mette.get(reverse("alarms")).text
        assert "allerede lukket" in mette.post(address, {"reason": "Igen"}, follow=True).text

    def test_page_without_alarms_says_what_is_watched_and_since_when(self, cast, as_user, settings):
        mette, told = as_user(cast.mette), reverse("alarms")
        assert "Vi ved ikke endnu, siden hvornår" in mette.get(told).text, "no row tells"
        services.decide(cast.plain, RESENT, cast.karen, version=0)
        page = mette.get(told).text
        assert "Ingen alarmer" in page
        began = danish.moment(Statement.objects.earliest("pk").at)
        assert f"ikke været nogen alarm siden {began}" in page
        assert {kind for kind, rule in ALARMS.items() if f"<li>{rule.title}</li>" in page} == {*ALARMS} - {"RESTORED"}
        assert "blive sendt to gange" in page
        settings.MAIL = settings.MAIL | {"canary_address": ""}
        assert f"<li>{ALARMS['CANARY'].title}</li>" not in mette.get(told).text, "no canary is sent"


class TestSpamPauses:
    @pytest.fixture
    def refused(self, cast, dispatch, sink):
        """The mail server of Jens refuses our mail as spam."""
        sink.refuse("DOT", SPAM, address=cast.jens.email)
        mail_worker.drain_outbox()
        return sink

    def test_spam_refusal_pauses_sending(self, cast, refused):
        lifecycle.check_all_monitors()
        [change] = SendingChange.objects.all()
        assert (change.kind, change.by, change.reason) == ("PAUSED", None, "Vores mails bliver afvist som spam.")
        replies_and_retries.retry_deliveries([delivery_to(cast.jens).pk])
        mail_worker.drain_outbox()
        assert delivery_to(cast.jens).state == State.READY
        lifecycle.check_all_monitors()
        assert SendingChange.objects.count() == 1

    def test_pause_takes_effect_within_a_batch(self, cast, dispatch, sink):
        sink.refuse("DOT", SPAM, address=cast.karen.email)
        mail_worker.drain_outbox()
        assert [one.state for one in Delivery.objects.filter(notice__dispatch=dispatch).order_by("pk")] == [
            State.REFUSED_SPAM,
            *[State.READY] * 4,
        ]
        assert SendingSettings.objects.get().paused_at is not None
        assert all(one.agrees for one in reconciliation.check_sums())

    def test_resumed_sending_continues_until_the_next_refusal(self, cast, refused):
        lifecycle.check_all_monitors()
        dispatch_lifecycle.resume_all_mails(cast.incident, cast.mette)
        lifecycle.check_all_monitors()
        assert SendingSettings.objects.get().paused_at is None
        replies_and_retries.retry_deliveries([delivery_to(cast.jens).pk])
        mail_worker.drain_outbox()
        lifecycle.check_all_monitors()
        assert SendingSettings.objects.get().paused_at is not None
        assert Alarm.objects.count() == 1
