"""Monitors of silence: no receipts, lost canaries, and unread incoming mail."""

from datetime import timedelta

from django.utils import timezone

from notifications import mail_worker
from notifications.alarms import lifecycle, monitors
from notifications.alarms.monitors import (
    BOUNCE_WAIT,
    CANARY_WAIT,
    INBOX_WAIT,
    MAX_SILENCE,
    SPAM_REFUSALS,
    find_lost_canaries,
    find_silence,
)
from notifications.inbound import mail_processing
from notifications.inbound.mail_intake import store_incoming
from notifications.models import Alarm, Delivery, Kind
from notifications.models.delivery import make_envelope_id
from sepo_incident.demo import mail_replies
from sepo_incident.demo.mailbox import SmtpSink
from tests.fixtures_sink import ServerWithoutDsn, server_at
from tests.notifications.inbound.mails import mail

Of = Alarm.Kind
MINUTE = timedelta(minutes=1)


def open_alarm_kinds() -> set[str]:
    return set(Alarm.objects.open().values_list("kind", flat=True))


def answer_mails(mails) -> None:
    """Answer the sent mails as the demo does."""
    for one in mails:
        now = timezone.now()
        for sent in mail_replies.list_sent_mails(one.mail_from, one.rcpt_tos, one.mail_options, one.raw, now):
            for answer in mail_replies.choose_reaction(sent)(sent):
                store_incoming(answer.raw, answer.sender, [answer.to])
    mail_processing.process_waiting_mails(until=timezone.now() + MINUTE)


def test_silence_for_two_hours_raises_an_alarm(dispatch, drain, sink, time_machine):
    drain()
    to_people = list(sink.mails)
    now = timezone.now()
    assert find_silence(now + MAX_SILENCE - MINUTE) is None
    found = find_silence(now + MAX_SILENCE + MINUTE)
    assert (found.number, found.since) == (5, Delivery.objects.earliest("accepted_at").accepted_at)
    time_machine.move_to(now + MAX_SILENCE + MINUTE)
    lifecycle.check_all_monitors()
    monitors.send_canaries()
    drain()
    about_no_letter = sink.mails[len(to_people) :]
    told = Delivery.objects.filter(address__in=[to for one in about_no_letter for to in one.rcpt_tos])
    assert {one.notice.kind for one in told} == {Kind.ALARM, Kind.CANARY, Kind.BOUNCE_CANARY}
    answer_mails(about_no_letter)
    store_incoming(
        mail({"From": "olga@kk.example", "Subject": "Hej"}, "Hej"), "olga@kk.example", ["besked@kit.example"]
    )
    mail_processing.process_waiting_mails(until=timezone.now() + MINUTE)
    assert find_silence(now + MAX_SILENCE + MINUTE) == found, "neither anybody's mail nor our own is an answer"
    answer_mails(to_people)
    assert find_silence(now + MAX_SILENCE + MINUTE) is None


def test_a_server_that_offers_no_receipts_is_not_silent(dispatch, settings):
    old = SmtpSink(ServerWithoutDsn())
    old.start()
    settings.MAIL = {**settings.MAIL, "servers": [server_at(old.port)], "starttls": False}
    mail_worker.drain_outbox()
    old.stop()
    assert set(Delivery.objects.values_list("state", flat=True)) == {"ACCEPTED"}
    assert find_silence(timezone.now() + MAX_SILENCE + MINUTE) is None


def test_returned_canaries_raise_no_alarm(db, sink):
    monitors.send_canaries()
    mail_worker.drain_outbox()
    answer_mails(sink.mails)
    standing = {one.notice.kind: one.current_state for one in Delivery.objects.select_related("notice")}
    assert standing == {Kind.CANARY: "DELIVERED", Kind.BOUNCE_CANARY: "RETURNED"}
    lifecycle.check_all_monitors()
    assert open_alarm_kinds() == set()


def test_lost_canaries_raise_an_alarm(db, sink, time_machine):
    monitors.send_canaries()
    mail_worker.drain_outbox()
    now = timezone.now()
    assert find_lost_canaries(now + CANARY_WAIT - MINUTE) is None
    time_machine.move_to(now + BOUNCE_WAIT + MINUTE)
    lifecycle.check_all_monitors()
    assert open_alarm_kinds() == {Of.CANARY, Of.BOUNCE_CANARY}
    answer_mails(sink.mails)
    lifecycle.check_all_monitors()
    assert open_alarm_kinds() == set(), "what is found no more has ended by itself"


def test_unread_incoming_mails_raise_an_alarm(db, time_machine):
    store_incoming(
        mail({"From": "olga@kk.example", "Subject": "Hej"}, "Hej"), "olga@kk.example", ["besked@kit.example"]
    )
    lifecycle.check_all_monitors()
    assert open_alarm_kinds() == set()
    time_machine.move_to(timezone.now() + INBOX_WAIT + MINUTE)
    lifecycle.check_all_monitors()
    assert open_alarm_kinds() == {Of.INBOX}


def test_three_remote_spam_reports_raise_an_alarm(cast, dispatch, drain):
    """A single report could be forged by any receiver of our mail."""
    drain()
    for number, theirs in enumerate(Delivery.objects.order_by("pk")[:SPAM_REFUSALS], start=1):
        envelope = make_envelope_id(theirs.pk, theirs.return_token, theirs.lease)
        sent = mail_replies.SentMail(theirs.return_path, theirs.address, envelope, None, timezone.now())
        report = mail_replies.delivery_report(sent, "failed", "5.7.1", "554 5.7.1 Message rejected as spam")
        store_incoming(report.raw, "", [report.to])
        mail_processing.process_waiting_mails(until=timezone.now() + MINUTE)
        lifecycle.check_all_monitors()
        assert Alarm.objects.exists() == (number == SPAM_REFUSALS)
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.number, alarm.total) == (Of.SPAM, 3, 5)
