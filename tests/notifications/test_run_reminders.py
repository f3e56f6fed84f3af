"""Scheduled reminders: who is reminded when, with which copies, one mail a day, and nothing twice."""

import re
from datetime import date

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from followups import services
from followups.models import Escalation
from followups.models.answers import HELP, DecisionAnswers
from letters.models import Letter
from notifications import tasks
from notifications.alarms import reconciliation
from notifications.dispatching import dispatch_lifecycle, outbox_writer
from notifications.kinds import reminders
from notifications.kinds.notice_kinds import owed_followups
from notifications.models import Delivery, Dispatch, Kind, Notice, SendingSettings
from notifications.reminders import run_reminders
from tests.absence import create_absence, reload_user
from tests.factories import FollowUpFactory, LetterFactory, UserFactory, at
from tests.followups.decision_answers import RESENT, REVIEW_OPEN
from tests.notices import request_first_notices, write_notices
from tests.notifications.reminder_runs import mails_of, run_due_reminders, switch_reminders_on

pytestmark = pytest.mark.slow

KAREN, JENS, ANNE, TORBEN, ULLA = "Karen Bülow Møller", "Jens Ågård", "Anne Østergaard", "Torben Kjær", "Ulla Aaen"
DESK_DIGEST = ("DESK_DIGEST", "TO", "Pia Søndergård")
QUESTION = DecisionAnswers(remedy=HELP, question="Hvad gør jeg?")


@pytest.fixture
def first_notices_sent(written_on_7_january, cast):
    """The first notices went out on Tuesday 7 January, and scheduled reminders are on. Today is Wednesday 8 January,
    five working days before the deadline.
    """
    switch_reminders_on(cast.incident, cast.mette)
    written_on_7_january.move_to(at(2020, 1, 8, 8, 0))
    return written_on_7_january


def unfolded_text(notice):
    return " ".join(notice.text.split())


def test_reminder_five_days_before_the_deadline(first_notices_sent, cast):
    assert mails_of(run_due_reminders()) == {
        ("REMINDER", "TO", KAREN),
        ("REMINDER", "CC", JENS),
        ("REMINDER", "TO", ANNE),
        ("REMINDER", "CC", TORBEN),
        ("REMINDER", "TO", ULLA),
    }
    notice = Notice.objects.get(kind=Kind.REMINDER, receiver=cast.karen)
    assert notice.subject == "Følg op på 5 breve – fristen er onsdag den 15. januar"
    assert "Din leder, Jens Ågård, kan følge med." in unfolded_text(notice)
    assert "sygefraværssamtale" not in notice.text
    assert all(one.agrees for one in reconciliation.all_sums())
    first_notices_sent.move_to(at(2020, 1, 8, 15, 59))
    assert run_due_reminders() == [], "a step runs once"
    mail = Delivery.objects.filter(day=date(2020, 1, 8)).first()
    other = Notice.objects.exclude(deliveries__recipient=mail.recipient).first()
    mail.pk, mail.notice, mail.role, mail.return_token = None, other, Delivery.Role.CC, "x"
    with pytest.raises(IntegrityError, match="delivery_once_a_day"), transaction.atomic():
        mail.save()


def test_no_reminders_while_switched_off_or_during_a_general_pause(first_notices_sent, cast):
    """After the pause no backlog is sent: the letters are part of the next step."""
    cast.incident.reminder_schedule.delete()
    assert run_due_reminders() == []
    switch_reminders_on(cast.incident, cast.mette)
    dispatch_lifecycle.pause_all_mails(cast.incident, "Mailvagten afviser os.")
    assert run_due_reminders() == []
    first_notices_sent.move_to(at(2020, 1, 13, 8, 0))
    SendingSettings.objects.update(paused_at=None)
    assert mails_of(run_due_reminders()) >= {("REMINDER", "TO", KAREN), ("LEADER_DIGEST", "TO", JENS)}


def test_only_people_with_open_letters_are_reminded(first_notices_sent, cast):
    for letter in Letter.objects.filter(sender=cast.karen):
        services.decide(letter, RESENT, cast.karen, 0)
    services.decide(cast.annes, QUESTION, cast.anne, 0)
    assert mails_of(run_due_reminders()) == {("REMINDER", "TO", ULLA), DESK_DIGEST}


def test_sender_of_a_sent_back_letter_is_reminded(first_notices_sent, cast):
    for letter in Letter.objects.filter(sender=cast.karen):
        services.decide(letter, RESENT, cast.karen, 0)
    services.send_back(cast.plain, cast.jens, 1, "Er det den rigtige pjece?")
    run_due_reminders()
    notice = Notice.objects.get(kind=Kind.REMINDER, receiver=cast.karen)
    assert "er sendt tilbage med et spørgsmål" in unfolded_text(notice)
    assert notice.letters == 1


def test_person_notified_today_is_not_reminded(first_notices_sent, cast):
    FollowUpFactory(letter=LetterFactory(incident=cast.incident, sender=cast.olga, leader=cast.jens))
    write_notices(request_first_notices(cast.incident))
    climbed = run_due_reminders()
    assert ("REMINDER", "TO", "Olga Nygaard") not in mails_of(climbed)
    assert ("REMINDER", "CC", JENS) not in mails_of(climbed), "he has had the copy of hers"


@pytest.mark.parametrize("by", ["karen", "jens"])
def test_substitute_of_an_absent_sender_is_reminded(first_notices_sent, cast, by):
    """A personnel case only if the letter's leader named the substitute; otherwise the leader is reminded."""
    create_absence(cast.karen, cast.birgitte, by=getattr(cast, by), first=date(2020, 1, 8))
    reminded = {name for kind, role, name in mails_of(run_due_reminders()) if (kind, role) == ("REMINDER", "TO")}
    assert reminded == {"Birgitte Holm", ANNE, ULLA} | ({JENS} if by == "karen" else set())
    notice = Notice.objects.get(kind=Kind.REMINDER, receiver=cast.birgitte)
    assert notice.letters == (4 if by == "karen" else 5)
    assert "Som stedfortræder svarer du for breve fra Karen Bülow Møller." in unfolded_text(notice)
    afterwards = reminders.followups_to_remind_of(cast.incident, date(2020, 1, 21))
    assert afterwards.filter(receiver=cast.karen.pk).count() == 5


def test_leaders_substitute_is_reminded_of_waiting_decisions(first_notices_sent, cast):
    """A person who also stands in for the sender is not reminded, because that person could not confirm."""
    services.decide(cast.plain, RESENT, cast.karen, 0)
    create_absence(cast.jens, cast.olga, first=date(2020, 1, 8))
    first_notices_sent.move_to(at(2020, 1, 10, 8, 0))
    assert mails_of(run_due_reminders()) == {("DECISION_NEEDED", "TO", "Olga Nygaard")}
    services.decide(cast.untitled, RESENT, cast.karen, 0)
    create_absence(cast.karen, cast.olga, first=date(2020, 1, 13), last=date(2020, 1, 13))
    first_notices_sent.move_to(at(2020, 1, 13, 8, 0))
    of_leaders = {
        name for kind, _, name in mails_of(run_due_reminders()) if kind in ("DECISION_NEEDED", "LEADER_DIGEST")
    }
    assert of_leaders == {TORBEN}


def test_coordinator_gets_a_digest_after_the_deadline(first_notices_sent, cast):
    first_notices_sent.move_to(at(2020, 1, 17, 8, 0))
    assert mails_of(run_due_reminders()) >= {("OVERDUE", "TO", KAREN), ("COORDINATOR_DIGEST", "TO", "Birgitte Holm")}
    digest = Notice.objects.get(kind=Kind.COORDINATOR_DIGEST)
    assert "Svalevejens Skole, 5 mangler beslutning" in digest.text
    assert digest.letters == 6, "not the letter of Socialforvaltningen"
    assert Notice.objects.visible_to(cast.birgitte).filter(pk=digest.pk).exists()


def test_leader_is_reminded_of_a_waiting_decision_once_and_again_after_a_question(first_notices_sent, cast):
    services.decide(cast.plain, RESENT, cast.karen, 0)
    first_notices_sent.move_to(at(2020, 1, 10, 8, 0))
    assert mails_of(run_due_reminders()) == {("DECISION_NEEDED", "TO", JENS)}
    first_notices_sent.move_to(at(2020, 1, 14, 8, 0))
    assert not owed_followups(Kind.DECISION_NEEDED, cast.incident).filter(receiver=cast.jens.pk).exists()
    first_notices_sent.move_to(at(2020, 1, 21, 9, 0))
    services.send_back(cast.plain, cast.jens, 1, "Er det den rigtige pjece?")
    services.uphold(cast.plain, cast.karen, 2, "Ja, den gælder hele året.")
    first_notices_sent.move_to(at(2020, 1, 22, 8, 0))  # a day without reminders and without a digest
    assert mails_of(run_due_reminders()) == {("DECISION_NEEDED", "TO", JENS)}


def test_sender_is_reminded_of_missing_answers(first_notices_sent, cast):
    services.decide(cast.plain, REVIEW_OPEN, cast.karen, 0)
    first_notices_sent.move_to(at(2020, 1, 10, 8, 0))
    assert run_due_reminders() == [], "nothing waits for the leader yet"
    first_notices_sent.move_to(at(2020, 1, 13, 8, 0))
    run_due_reminders()
    lacks = "mangler svar om konsekvenser"
    assert lacks in unfolded_text(Notice.objects.get(kind=Kind.REMINDER, receiver=cast.karen))
    digest = unfolded_text(Notice.objects.get(kind=Kind.LEADER_DIGEST, receiver=cast.jens))
    assert f"1 {lacks}" in digest
    assert "Bekræft " not in digest
    first_notices_sent.move_to(at(2020, 1, 21, 9, 0))
    services.record_remedial_action(cast.plain, cast.karen, 1, "Ingen er kommet i klemme.")
    first_notices_sent.move_to(at(2020, 1, 22, 8, 0))
    assert mails_of(run_due_reminders()) == {("DECISION_NEEDED", "TO", JENS)}


def test_second_desk_answer_of_a_day_is_mailed_next_day(first_notices_sent, cast):
    services.decide(cast.plain, QUESTION, cast.karen, 0)
    first_notices_sent.move_to(at(2020, 1, 9, 9, 0))
    escalation = services.take_escalation(Escalation.objects.get(), by=cast.pia)
    services.ask_back(escalation, "Hvilket brev?", by=cast.pia)
    assert ("SUPPORT_ANSWER", "TO", KAREN) in mails_of(run_due_reminders())
    asked = unfolded_text(Notice.objects.get(kind=Kind.SUPPORT_ANSWER))
    assert "– du har fået et spørgsmål" in asked
    assert "mangler en beslutning" not in asked
    first_notices_sent.move_to(at(2020, 1, 9, 11, 0))
    services.answer_escalation(escalation, "Send det igen.", by=cast.pia)
    assert run_due_reminders() == []
    first_notices_sent.move_to(at(2020, 1, 10, 8, 0))
    assert ("SUPPORT_ANSWER", "TO", KAREN) in mails_of(run_due_reminders())
    first_notices_sent.move_to(at(2020, 1, 13, 8, 0))
    assert not owed_followups(Kind.SUPPORT_ANSWER, cast.incident).exists()


@pytest.mark.parametrize("person", ["karen", "jens"])
def test_desk_answer_goes_to_the_current_responsible_person(first_notices_sent, cast, person):
    absence = create_absence(getattr(cast, person), cast.torben, first=date(2020, 1, 7), last=date(2020, 1, 8))
    services.decide(cast.plain, QUESTION, reload_user(cast.torben), 0)
    first_notices_sent.move_to(at(2020, 1, 9, 9, 0))
    escalation = services.take_escalation(Escalation.objects.get(), by=cast.pia)
    services.answer_escalation(escalation, "Send det igen.", by=cast.pia)
    assert absence.last_day < date(2020, 1, 9)
    assert ("SUPPORT_ANSWER", "TO", KAREN) in mails_of(run_due_reminders())
    assert Notice.objects.get(kind=Kind.SUPPORT_ANSWER).receiver == cast.karen


def test_step_not_written_before_closing_is_dropped(first_notices_sent, cast):
    tasks.send_reminders()
    first_notices_sent.move_to(at(2020, 1, 8, 16, 0))
    [dispatch] = Dispatch.objects.unfinished()
    tasks.write_dispatch(dispatch.pk)
    dispatch.refresh_from_db()
    assert (dispatch.promised, dispatch.written, dispatch.held_back) == (3, 0, [])
    first_notices_sent.move_to(at(2020, 1, 9, 8, 0))
    assert ("REMINDER", "TO", KAREN) not in mails_of(run_due_reminders())


def test_step_takes_few_queries(first_notices_sent, cast, django_assert_max_num_queries):
    for _ in range(40):
        FollowUpFactory(letter=LetterFactory(incident=cast.incident, sender=UserFactory(), leader=cast.jens))
    first_notices_sent.move_to(at(2020, 1, 7, 10, 0))
    write_notices(request_first_notices(cast.incident))
    first_notices_sent.move_to(at(2020, 1, 8, 8, 0))
    with django_assert_max_num_queries(30):
        run_reminders.run_all_incidents()
    with django_assert_max_num_queries(40):
        assert outbox_writer.write_batch(Dispatch.objects.unfinished().get().pk) == 43


def test_leaders_substitute_gets_a_digest_of_reminders(first_notices_sent, cast):
    """The leader still gets the copy; the substitute gets one digest, and may open its link."""
    create_absence(cast.jens, cast.olga, first=date(2020, 1, 8))
    mails = mails_of(run_due_reminders())
    assert ("LEADER_DIGEST", "TO", "Olga Nygaard") in mails
    assert ("LEADER_DIGEST", "TO", JENS) not in mails
    assert ("REMINDER", "CC", JENS) in mails
    digest = Notice.objects.get(kind=Kind.LEADER_DIGEST)
    links = set(re.findall(r"https?://[^/\s]+(/haendelser/sepo-2019/enhed/\d+/)", digest.text))
    assert len(links) == 1
    client = Client()
    client.force_login(cast.olga)
    assert {client.get(link).status_code for link in links} == {200}
