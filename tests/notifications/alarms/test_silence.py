"""Monitors of silence: no receipts, lost canaries, and unread incoming mail."""

import time
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from letters.models import Channel, Leg, SilenceAlarm
from notifications import mail_worker
from notifications.alarms import lifecycle, monitors
from notifications.alarms.alarm_list import list_open_alarms
from notifications.alarms.monitors import (
    BOUNCE_WAIT,
    CANARY_WAIT,
    INBOX_WAIT,
    MAX_SILENCE,
    MIN_SILENT_MAILS,
    SILENCE_GRACE,
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
from tests.factories import FollowUpFactory, LetterFactory
from tests.fixtures_sink import ServerWithoutDsn, server_at
from tests.followups.many_letters import create_many_letters
from tests.notices import write_first_notices
from tests.notifications.inbound.mails import mail

Of = Alarm.Kind
MINUTE = timedelta(minutes=1)


def open_alarm_kinds() -> set[str]:
    return set(Alarm.objects.open().values_list("kind", flat=True))


def answer_mails(mails) -> None:
    """Answer the sent mails as the demo does."""
    for one in mails:
        mail_replies.store_replies(one.mail_from, one.rcpt_tos, one.mail_options, one.raw, timezone.now())
    mail_processing.process_waiting_mails(until=time.monotonic() + 60)


@pytest.fixture
def many_mails(cast, dispatch, drain):
    """The mails of the dispatch and of another to seven more people are sent."""
    create_many_letters(cast.incident, cast.area, units=4, letters=50)
    write_first_notices(cast.incident)
    drain()


def test_silence_for_two_hours_raises_an_alarm(many_mails, drain, sink, time_machine):
    to_people = list(sink.mails)
    assert len(to_people) >= MIN_SILENT_MAILS
    now = timezone.now()
    assert find_silence(now + MAX_SILENCE - MINUTE) is None
    found = find_silence(now + MAX_SILENCE + MINUTE)
    assert (found.number, found.since) == (len(to_people), Delivery.objects.earliest("accepted_at").accepted_at)
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
    mail_processing.process_waiting_mails(until=time.monotonic() + 60)
    assert find_silence(now + MAX_SILENCE + MINUTE) == found, "neither anybody's mail nor our own is an answer"
    answer_mails(to_people)
    assert find_silence(now + MAX_SILENCE + MINUTE) is None


def test_silence_about_few_mails_is_a_line_on_the_page(cast, dispatch, drain, as_user, time_machine):
    drain()
    assert reverse("silent_mails") not in as_user(cast.mette).get(reverse("alarms")).text
    time_machine.move_to(timezone.now() + MAX_SILENCE + MINUTE)
    lifecycle.check_all_monitors()
    assert open_alarm_kinds() == set()
    page = as_user(cast.mette).get(reverse("alarms")).text
    assert "Vi har intet hørt om 5 mails" in page
    assert reverse("silent_mails") in page


def test_the_alarm_leads_to_the_silent_mails(cast, many_mails, drain, as_user, time_machine):
    silent = set(Delivery.objects.values_list("pk", flat=True))
    time_machine.move_to(timezone.now() + MAX_SILENCE - SILENCE_GRACE + MINUTE)
    FollowUpFactory(letter=LetterFactory(incident=cast.incident, sender=cast.torben, leader=cast.birgitte))
    write_first_notices(cast.incident)
    drain()
    time_machine.move_to(timezone.now() + SILENCE_GRACE - MINUTE / 2)
    lifecycle.check_all_monitors()
    (shown,) = list_open_alarms()
    (link,) = {step.url for step in shown.steps if step.action}
    listed = as_user(cast.mette).get(link).context["page_obj"].paginator.object_list
    assert {one.pk for one in listed} == silent, "a mail sent a moment ago is not silent yet"
    assert shown.alarm.number == len(silent)


def test_a_server_that_offers_no_receipts_is_not_silent(dispatch, settings):
    old = SmtpSink(ServerWithoutDsn())
    old.start()
    settings.MAIL = {**settings.MAIL, "servers": [server_at(old.port)], "starttls": False}
    mail_worker.drain_outbox()
    old.stop()
    assert set(Delivery.objects.values_list("state", flat=True)) == {"ACCEPTED"}
    assert find_silence(timezone.now() + MAX_SILENCE + MINUTE) is None


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
        refusal = ("failed", "5.7.1", "554 5.7.1 Message rejected as spam")
        returned = mail_replies.delivery_report(theirs.return_path, theirs.address, envelope, timezone.now(), *refusal)
        store_incoming(returned, "", [theirs.return_path])
        mail_processing.process_waiting_mails(until=time.monotonic() + 60)
        lifecycle.check_all_monitors()
        assert Alarm.objects.exists() == (number == SPAM_REFUSALS)
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.number, alarm.total) == (Of.SPAM, 3, 5)


@pytest.fixture
def leg(db):
    channel = Channel.objects.create(name="SEPO")
    return Leg.objects.create(channel=channel, kind=Leg.Kind.RECEIPT, searched_at=timezone.now())


def test_missing_letters_raise_an_alarm_until_the_search_closes_its_own(leg):
    now = timezone.now()
    silence = SilenceAlarm.objects.create(channel=leg.channel, raised_at=now)
    silence.signs.create(leg=leg, kind="stop", slice_kind="channel", since=now - 50 * MINUTE, missing=14, expected=0,
                         surprise=11, raised_at=now, seen_at=now)  # fmt: skip
    lifecycle.check_all_monitors()
    [alarm] = list_open_alarms()
    assert alarm.alarm.kind == Of.LETTERS
    assert "SEPO: kanalen står stille siden" in alarm.description
    SilenceAlarm.objects.update(closed_at=now, reason="Brevene er fundet.")
    lifecycle.check_all_monitors()
    assert not list_open_alarms()


def test_search_that_stands_still_raises_an_alarm(leg):
    lifecycle.check_all_monitors()
    assert open_alarm_kinds() == set()
    Leg.objects.update(searched_at=timezone.now() - monitors.SEARCHED_WITHIN - MINUTE)
    lifecycle.check_all_monitors()
    assert open_alarm_kinds() == {Of.SEARCH}
