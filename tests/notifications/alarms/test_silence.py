"""Nothing comes back, the canary does not come home, or what comes in is not read."""

from datetime import timedelta

from django.utils import timezone

from notifications import draining
from notifications.alarms import canaries, raising
from notifications.alarms.watches import (
    BOUNCE_WAIT,
    CANARY_WAIT,
    INBOX_WAIT,
    SILENCE,
    SPAM_REFUSALS,
    canary,
    silence,
)
from notifications.inbound import filing
from notifications.inbound.receiving import receive
from notifications.models import Alarm, Delivery, Kind
from notifications.models.delivery import envelope_id
from sepo_incident.demo import answering
from sepo_incident.demo.sink import Sink
from tests.fixtures_sink import OldServer, server_at
from tests.notifications.inbound.mails import mail

Of = Alarm.Kind
MINUTE = timedelta(minutes=1)


def kinds() -> set[str]:
    return set(Alarm.objects.open().values_list("kind", flat=True))


def come_back(mails) -> None:
    """The world of the demo answers what we have sent."""
    for one in mails:
        now = timezone.now()
        for sent in answering.sent_with(one.mail_from, one.rcpt_tos, one.mail_options, one.raw, now):
            for answer in answering.answers(sent):
                receive(answer.raw, answer.sender, [answer.to])
    filing.file_waiting(until=timezone.now() + MINUTE)


def test_nothing_has_come_back_for_two_hours(dispatch, drain, sink, time_machine):
    drain()
    to_people = list(sink.mails)
    now = timezone.now()
    assert silence(now + SILENCE - MINUTE) is None
    found = silence(now + SILENCE + MINUTE)
    assert (found.number, found.since) == (5, Delivery.objects.earliest("accepted_at").accepted_at)
    time_machine.move_to(now + SILENCE + MINUTE)
    raising.look()
    canaries.sing()
    drain()
    about_no_letter = sink.mails[len(to_people) :]
    told = Delivery.objects.filter(address__in=[to for one in about_no_letter for to in one.rcpt_tos])
    assert {one.notice.kind for one in told} == {Kind.ALARM, Kind.CANARY, Kind.BOUNCE_CANARY}
    come_back(about_no_letter)
    receive(mail({"From": "olga@kk.example", "Subject": "Hej"}, "Hej"), "olga@kk.example", ["varsel@kit.example"])
    filing.file_waiting(until=timezone.now() + MINUTE)
    assert silence(now + SILENCE + MINUTE) == found, "neither anybody's mail nor our own is an answer"
    come_back(to_people)
    assert silence(now + SILENCE + MINUTE) is None


def test_a_server_that_offers_no_receipts_is_not_silent(dispatch, settings):
    old = Sink(OldServer())
    old.start()
    settings.MAIL = {**settings.MAIL, "servers": [server_at(old.port)], "starttls": False}
    draining.drain()
    old.stop()
    assert set(Delivery.objects.values_list("state", flat=True)) == {"ACCEPTED"}
    assert silence(timezone.now() + SILENCE + MINUTE) is None


def test_canaries_that_come_home_and_back_are_no_alarm(db, sink):
    canaries.sing()
    draining.drain()
    come_back(sink.mails)
    standing = {one.notice.kind: one.stands_now for one in Delivery.objects.select_related("notice")}
    assert standing == {Kind.CANARY: "DELIVERED", Kind.BOUNCE_CANARY: "RETURNED"}
    raising.look()
    assert kinds() == set()


def test_canaries_of_which_nothing_is_heard(db, sink, time_machine):
    canaries.sing()
    draining.drain()
    now = timezone.now()
    assert canary(now + CANARY_WAIT - MINUTE) is None
    time_machine.move_to(now + BOUNCE_WAIT + MINUTE)
    raising.look()
    assert kinds() == {Of.CANARY, Of.BOUNCE_CANARY}
    come_back(sink.mails)
    raising.look()
    assert kinds() == set(), "what is found no more has ended by itself"


def test_mails_that_came_in_and_are_not_read(db, time_machine):
    receive(mail({"From": "olga@kk.example", "Subject": "Hej"}, "Hej"), "olga@kk.example", ["varsel@kit.example"])
    raising.look()
    assert kinds() == set()
    time_machine.move_to(timezone.now() + INBOX_WAIT + MINUTE)
    raising.look()
    assert kinds() == {Of.INBOX}


def test_three_spam_refusals_that_servers_further_on_report(cast, dispatch, drain):
    """One may be made up by whoever got a mail of ours."""
    drain()
    for number, theirs in enumerate(Delivery.objects.order_by("pk")[:SPAM_REFUSALS], start=1):
        envelope = envelope_id(theirs.pk, theirs.return_token, theirs.lease)
        sent = answering.Sent(theirs.return_path, theirs.address, envelope, None, timezone.now())
        report = answering.report(sent, "failed", "5.7.1", "554 5.7.1 Message rejected as spam")
        receive(report.raw, "", [report.to])
        filing.file_waiting(until=timezone.now() + MINUTE)
        raising.look()
        assert Alarm.objects.exists() == (number == SPAM_REFUSALS)
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.number, alarm.total) == (Of.SPAM, 3, 5)
