"""The ladder at work: who is reminded when, in copy of what, one mail a day, and nothing twice."""

import re
from datetime import date

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from followups import services
from followups.models import Escalation
from followups.models.answers import HELP, DecisionAnswers
from letters import incidents
from letters.models import Letter
from notifications import mail_worker, tasks
from notifications.alarms import reconciliation
from notifications.dispatching import dispatch_writer, pausing
from notifications.models import Delivery, Dispatch, Kind, Notice, ReminderPause, SendingSettings
from notifications.reminders import run_reminders
from sepo_incident.accounts.models import User
from tests.absence import create_absence, reload_user
from tests.factories import FollowUpFactory, LetterFactory, UserFactory, at
from tests.followups.test_consequences import UNKNOWN
from tests.followups.test_services import SENT_AGAIN
from tests.notifications.climbers import climb_all, mails_since, switch_on
from tests.notifications.conftest import delivery_to, request, write
from tests.notifications.inbound.mails import auto_reply, comes

KAREN, JENS, ANNE, TORBEN, ULLA = "Karen Bülow Møller", "Jens Ågård", "Anne Østergaard", "Torben Kjær", "Ulla Aaen"


@pytest.fixture(autouse=True)
def _no_bells(monkeypatch):
    monkeypatch.setattr("sepo_incident.core.task_queue.enqueue_now", lambda task, **options: None)


@pytest.fixture
def told(cast, monday):
    """The first notices went out on Tuesday 7 January, and the ladder is on. It is Wednesday 8, five days before."""
    monday.move_to(at(2020, 1, 7, 9, 0))
    write(request(cast.incident))
    switch_on(cast.incident, cast.mette)
    monday.move_to(at(2020, 1, 8, 8, 0))
    return monday


def unfolded(notice):
    return " ".join(notice.text.split())


def test_five_days_before(told, cast):
    assert mails_since(climb_all()) == {
        ("REMINDER", "TO", KAREN),
        ("REMINDER", "CC", JENS),
        ("REMINDER", "TO", ANNE),
        ("REMINDER", "CC", TORBEN),
        ("REMINDER", "TO", ULLA),
    }
    notice = Notice.objects.get(kind=Kind.REMINDER, receiver=cast.karen)
    assert notice.subject == "Husk 5 breve, der mangler – fristen er onsdag den 15. januar"
    assert "Jens Ågård er din leder og følger med." in unfolded(notice)
    assert "sygefraværssamtale" not in notice.text
    assert all(one.agrees for one in reconciliation.all_sums())


def test_nothing_while_it_is_off(told, cast):
    cast.incident.ladder.delete()
    assert climb_all() == []


@pytest.mark.parametrize(
    "moment", [at(2020, 1, 8, 7, 59), at(2020, 1, 8, 16, 0), at(2020, 1, 11, 10), at(2020, 1, 9, 10)]
)
def test_nothing_outside_its_hours_and_days(told, cast, moment):
    told.move_to(moment)
    cast.incident.ladder.digest_days = []
    cast.incident.ladder.save()
    assert climb_all() == []


def test_nothing_is_written_while_nothing_goes_out(told, cast):
    """When the sending goes on there is no heap: what was not written is with the next step."""
    pausing.pause_all_mails(cast.incident, "Mailvagten afviser os.")
    assert climb_all() == []
    told.move_to(at(2020, 1, 13, 8, 0))
    SendingSettings.objects.update(paused_at=None)
    assert mails_since(climb_all()) >= {("REMINDER", "TO", KAREN), ("LEADER_DIGEST", "TO", JENS)}


def test_a_step_is_taken_once(told, cast):
    assert len(climb_all()) == 1
    assert climb_all() == []
    told.move_to(at(2020, 1, 8, 15, 59))
    assert climb_all() == []


def test_a_day_that_nobody_climbed_on_is_not_made_good(told, cast):
    told.move_to(at(2020, 1, 10, 8, 0))
    assert climb_all() == []


def test_only_those_who_owe_something(told, cast):
    for letter in Letter.objects.filter(sender=cast.karen):
        services.decide(letter, SENT_AGAIN, cast.karen, 0)
    asked = DecisionAnswers(remedy=HELP, question="Hvad gør jeg?")
    services.decide(cast.annes, asked, cast.anne, 0)
    assert mails_since(climb_all()) == {("REMINDER", "TO", ULLA)}


def test_who_was_sent_a_letter_back_owes_an_answer(told, cast):
    for letter in Letter.objects.filter(sender=cast.karen):
        services.decide(letter, SENT_AGAIN, cast.karen, 0)
    services.send_back(cast.plain, cast.jens, 1, "Er det den rigtige pjece?")
    climb_all()
    notice = Notice.objects.get(kind=Kind.REMINDER, receiver=cast.karen)
    assert "er sendt tilbage med et spørgsmål" in unfolded(notice)
    assert notice.letters == 1


def test_who_was_told_today_is_not_reminded_today(told, cast):
    FollowUpFactory(letter=LetterFactory(incident=cast.incident, sender=cast.olga, leader=cast.jens))
    write(request(cast.incident))
    climbed = climb_all()
    assert ("REMINDER", "TO", "Olga Nygaard") not in mails_since(climbed)
    assert ("REMINDER", "CC", JENS) not in mails_since(climbed), "he has had the copy of hers"


def test_a_leader_of_two_gets_one_digest_instead_of_two_copies(told, cast):
    Letter.objects.filter(pk=cast.annes.pk).update(leader=cast.jens)
    assert mails_since(climb_all()) == {
        ("REMINDER", "TO", KAREN),
        ("REMINDER", "TO", ANNE),
        ("REMINDER", "TO", ULLA),
        ("LEADER_DIGEST", "TO", JENS),
    }
    digest = Notice.objects.get(kind=Kind.LEADER_DIGEST)
    assert "Karen Bülow Møller, 5 mangler en beslutning" in digest.text
    assert "Partshøring" not in digest.text


def test_on_the_day_of_the_digest_leaders_get_it_and_no_copy(told, cast):
    told.move_to(at(2020, 1, 13, 8, 0))
    assert mails_since(climb_all()) == {
        ("REMINDER", "TO", KAREN),
        ("REMINDER", "TO", ANNE),
        ("REMINDER", "TO", ULLA),
        ("LEADER_DIGEST", "TO", JENS),
        ("LEADER_DIGEST", "TO", TORBEN),
    }


def test_who_is_held_back_has_it_the_next_working_day(told, cast):
    """Karen leads Anne, and has a reminder of her own: what she should know about Anne waits a day."""
    Letter.objects.filter(pk=cast.annes.pk).update(leader=cast.karen)
    assert ("LEADER_DIGEST", "TO", KAREN) not in mails_since(climb_all())
    assert Dispatch.objects.get(kind=Kind.LEADER_DIGEST).held_back == [cast.karen.pk]
    told.move_to(at(2020, 1, 9, 8, 0))
    cast.incident.ladder.digest_days = []
    cast.incident.ladder.save()
    assert mails_since(climb_all()) == {("LEADER_DIGEST", "TO", KAREN)}
    told.move_to(at(2020, 1, 10, 8, 0))
    assert climb_all() == []


def test_the_database_refuses_a_second_mail_on_a_day(told, cast):
    climb_all()
    mail = Delivery.objects.filter(day=date(2020, 1, 8)).first()
    other = Notice.objects.exclude(deliveries__recipient=mail.recipient).first()
    mail.pk, mail.notice, mail.role, mail.return_token = None, other, Delivery.Role.CC, "x"
    with pytest.raises(IntegrityError, match="delivery_once_a_day"), transaction.atomic():
        mail.save()


def test_a_moved_deadline_moves_the_steps(told, cast):
    climb_all()
    incidents.move_deadline(cast.incident, date(2020, 1, 22), "Listen kom sent.", cast.mette)
    for day in (13, 14, 15):
        told.move_to(at(2020, 1, day, 8, 0))
        reminded = [one for one in climb_all() if one.kind != Kind.LEADER_DIGEST]
        assert [one.kind for one in reminded] == ([Kind.REMINDER] if day == 15 else [])
    assert "fristen er onsdag den 22. januar" in Notice.objects.filter(kind=Kind.REMINDER).latest("pk").subject


def test_a_deadline_that_is_moved_on_its_day_reminds_nobody_twice(told, cast):
    told.move_to(at(2020, 1, 15, 8, 0))
    assert [one.kind for one in climb_all()] == [Kind.DEADLINE_TODAY]
    incidents.move_deadline(cast.incident, date(2020, 1, 22), "Listen kom sent.", cast.mette)
    assert climb_all() == []


def test_a_pause_holds_for_the_units_below(told, cast):
    ReminderPause.objects.create(
        incident=cast.incident, unit=cast.area, reason="Strejke", until=date(2020, 1, 13), by=cast.birgitte
    )
    assert mails_since(climb_all()) == {("REMINDER", "TO", ULLA)}
    told.move_to(at(2020, 1, 14, 8, 0))
    assert ("REMINDER", "TO", KAREN) in mails_since(climb_all())


def test_an_absent_sender_is_the_leaders(told, cast, drain):
    """The auto-reply says that Karen is away until Monday 20 January."""
    told.move_to(at(2020, 1, 7, 9, 5))
    drain()
    karens = delivery_to(cast.karen)
    comes(auto_reply(karens), karens.return_path)
    told.move_to(at(2020, 1, 8, 8, 0))
    assert mails_since(climb_all()) == {
        ("REMINDER", "TO", JENS),
        ("REMINDER", "TO", ANNE),
        ("REMINDER", "CC", TORBEN),
        ("REMINDER", "TO", ULLA),
    }
    text = unfolded(Notice.objects.get(kind=Kind.REMINDER, receiver=cast.jens))
    assert "Vi kan ikke få fat i Karen Bülow Møller lige nu. Derfor får du påmindelsen som leder." in text
    assert "fra Karen Bülow Møller" in text


@pytest.mark.parametrize("by", ["karen", "jens"])
def test_who_is_away_has_a_substitute_who_is_reminded(told, cast, by):
    """Of a personnel case only if the letter's leader has named them; else it is the leader's."""
    create_absence(cast.karen, cast.birgitte, by=getattr(cast, by), first=date(2020, 1, 8))
    reminded = {name for kind, role, name in mails_since(climb_all()) if (kind, role) == ("REMINDER", "TO")}
    assert reminded == {"Birgitte Holm", ANNE, ULLA} | ({JENS} if by == "karen" else set())
    notice = Notice.objects.get(kind=Kind.REMINDER, receiver=cast.birgitte)
    assert notice.letters == (4 if by == "karen" else 5)
    assert "Du får påmindelsen om breve fra Karen Bülow Møller som stedfortræder." in unfolded(notice)
    told.move_to(at(2020, 1, 21, 8, 0))
    assert ("OVERDUE", "TO", KAREN) in mails_since(climb_all())


def test_where_nobody_answers_for_who_is_away_it_is_the_leaders(told, cast):
    create_absence(cast.karen, cast.olga, first=date(2020, 1, 8))
    User.objects.filter(pk=cast.olga.pk).update(left_on=date(2020, 1, 1))
    assert ("REMINDER", "TO", JENS) in mails_since(climb_all())


def test_a_substitute_who_is_away_by_auto_reply_is_not_reminded_either(told, cast, drain):
    create_absence(cast.karen, cast.anne, first=date(2020, 1, 8))
    drain()
    annes = delivery_to(cast.anne)
    comes(auto_reply(annes), annes.return_path)
    mails = mails_since(climb_all())
    assert ("REMINDER", "TO", JENS) in mails
    assert ("REMINDER", "TO", ANNE) not in mails


def test_a_leaders_substitute_is_told_what_waits(told, cast):
    """Not who stands in for the sender too: they could not confirm it."""
    services.decide(cast.plain, SENT_AGAIN, cast.karen, 0)
    create_absence(cast.jens, cast.olga, first=date(2020, 1, 8))
    told.move_to(at(2020, 1, 10, 8, 0))
    assert mails_since(climb_all()) == {("DECISION_NEEDED", "TO", "Olga Nygaard")}
    services.decide(cast.untitled, SENT_AGAIN, cast.karen, 0)
    create_absence(cast.karen, cast.olga, first=date(2020, 1, 13), last=date(2020, 1, 13))
    told.move_to(at(2020, 1, 13, 8, 0))
    of_leaders = {name for kind, _, name in mails_since(climb_all()) if kind in ("DECISION_NEEDED", "LEADER_DIGEST")}
    assert of_leaders == {TORBEN}


def test_who_has_left_is_the_leaders(told, cast):
    User.objects.filter(pk=cast.anne.pk).update(left_on=date(2020, 1, 1))
    mails = mails_since(climb_all())
    assert ("REMINDER", "TO", TORBEN) in mails
    assert ("REMINDER", "TO", ANNE) not in mails


def test_past_the_deadline_the_coordinator_is_told_too(told, cast):
    told.move_to(at(2020, 1, 17, 8, 0))
    assert mails_since(climb_all()) >= {("OVERDUE", "TO", KAREN), ("COORDINATOR_DIGEST", "TO", "Birgitte Holm")}
    digest = Notice.objects.get(kind=Kind.COORDINATOR_DIGEST)
    assert "Svalevejens Skole, 5 breve hos 1 medarbejder" in digest.text
    assert digest.letters == 6, "not the letter of Socialforvaltningen"
    assert Notice.objects.visible_to(cast.birgitte).filter(pk=digest.pk).exists()


def test_what_waits_for_the_leader_is_told_the_day_after(told, cast):
    services.decide(cast.plain, SENT_AGAIN, cast.karen, 0)
    told.move_to(at(2020, 1, 10, 8, 0))
    assert mails_since(climb_all()) == {("DECISION_NEEDED", "TO", JENS)}
    told.move_to(at(2020, 1, 14, 8, 0))
    assert ("DECISION_NEEDED", "TO", JENS) not in mails_since(climb_all())


def test_what_waits_again_after_a_question_is_told_again(told, cast):
    services.decide(cast.plain, SENT_AGAIN, cast.karen, 0)
    told.move_to(at(2020, 1, 10, 8, 0))
    assert mails_since(climb_all()) == {("DECISION_NEEDED", "TO", JENS)}
    told.move_to(at(2020, 1, 21, 9, 0))
    services.send_back(cast.plain, cast.jens, 1, "Er det den rigtige pjece?")
    services.uphold(cast.plain, cast.karen, 2, "Ja, den gælder hele året.")
    told.move_to(at(2020, 1, 22, 8, 0))  # no day of reminders or of the digest
    assert mails_since(climb_all()) == {("DECISION_NEEDED", "TO", JENS)}


def test_what_lacks_an_answer_is_the_senders_until_it_has_one(told, cast):
    services.decide(cast.plain, UNKNOWN, cast.karen, 0)
    told.move_to(at(2020, 1, 10, 8, 0))
    assert climb_all() == [], "nothing waits for the leader yet"
    told.move_to(at(2020, 1, 13, 8, 0))
    climb_all()
    lacks = "mangler et svar, før det kan bekræftes"
    assert lacks in unfolded(Notice.objects.get(kind=Kind.REMINDER, receiver=cast.karen))
    digest = unfolded(Notice.objects.get(kind=Kind.LEADER_DIGEST, receiver=cast.jens))
    assert f"1 {lacks}" in digest
    assert "på, at du bekræfter" not in digest
    told.move_to(at(2020, 1, 21, 9, 0))
    services.record_remedial_action(cast.plain, cast.karen, 1, "Ingen er kommet i klemme.")
    told.move_to(at(2020, 1, 22, 8, 0))
    assert mails_since(climb_all()) == {("DECISION_NEEDED", "TO", JENS)}


def test_an_answer_is_told_at_once_also_while_the_ladder_is_off(told, cast):
    cast.incident.ladder.delete()
    services.decide(cast.plain, DecisionAnswers(remedy=HELP, question="Hvad gør jeg?"), cast.karen, 0)
    told.move_to(at(2020, 1, 9, 13, 0))
    escalation = services.take_escalation(Escalation.objects.get(), by=cast.pia)
    assert climb_all() == []
    services.answer_escalation(escalation, "Send det igen.", by=cast.pia)
    assert mails_since(climb_all()) == {("SUPPORT_ANSWER", "TO", KAREN)}
    assert "Send det igen" not in Notice.objects.get(kind=Kind.SUPPORT_ANSWER).text
    assert climb_all() == []


def test_what_is_written_after_the_mail_of_a_day_is_told_on_the_next(told, cast):
    services.decide(cast.plain, DecisionAnswers(remedy=HELP, question="Hvad gør jeg?"), cast.karen, 0)
    told.move_to(at(2020, 1, 9, 9, 0))
    escalation = services.take_escalation(Escalation.objects.get(), by=cast.pia)
    services.ask_back(escalation, "Hvilket brev?", by=cast.pia)
    assert ("SUPPORT_ANSWER", "TO", KAREN) in mails_since(climb_all())
    asked = unfolded(Notice.objects.get(kind=Kind.SUPPORT_ANSWER))
    assert "– der er et spørgsmål til dig" in asked
    assert "mangler en beslutning" not in asked
    told.move_to(at(2020, 1, 9, 11, 0))
    services.answer_escalation(escalation, "Send det igen.", by=cast.pia)
    assert climb_all() == []
    told.move_to(at(2020, 1, 10, 8, 0))
    assert ("SUPPORT_ANSWER", "TO", KAREN) in mails_since(climb_all())
    told.move_to(at(2020, 1, 13, 8, 0))
    assert ("SUPPORT_ANSWER", "TO", KAREN) not in mails_since(climb_all())


@pytest.mark.parametrize("person", ["karen", "jens"])
def test_an_answer_to_who_asked_as_a_substitute_goes_to_who_answers_now(told, cast, person):
    absence = create_absence(getattr(cast, person), cast.torben, first=date(2020, 1, 7), last=date(2020, 1, 8))
    services.decide(cast.plain, DecisionAnswers(remedy=HELP, question="Hvad gør jeg?"), reload_user(cast.torben), 0)
    told.move_to(at(2020, 1, 9, 9, 0))
    services.answer_escalation(
        services.take_escalation(Escalation.objects.get(), by=cast.pia), "Send det igen.", by=cast.pia
    )
    assert absence.last_day < date(2020, 1, 9)
    assert ("SUPPORT_ANSWER", "TO", KAREN) in mails_since(climb_all())
    assert Notice.objects.get(kind=Kind.SUPPORT_ANSWER).receiver == cast.karen


def test_an_answer_waits_for_the_next_day_when_one_has_had_a_mail(told, cast):
    services.decide(cast.plain, DecisionAnswers(remedy=HELP, question="Hvad gør jeg?"), cast.karen, 0)
    climb_all()
    services.answer_escalation(
        services.take_escalation(Escalation.objects.get(), by=cast.pia), "Send det igen.", by=cast.pia
    )
    assert climb_all() == []
    told.move_to(at(2020, 1, 9, 8, 0))
    assert ("SUPPORT_ANSWER", "TO", KAREN) in mails_since(climb_all())


def test_the_leader_hears_of_an_address_that_fails_and_has_the_reminders(told, cast, sink):
    sink.refuse("RCPT", "550 5.1.1 User unknown", address=cast.karen.email)
    mail_worker.drain_outbox()
    told.move_to(at(2020, 1, 9, 8, 0))
    assert ("ADDRESS_FAILED", "TO", JENS) in mails_since(climb_all())
    told.move_to(at(2020, 1, 14, 8, 0))
    mails = mails_since(climb_all())
    assert ("REMINDER", "TO", JENS) in mails
    assert ("REMINDER", "TO", KAREN) not in mails
    sink.clear_rules()
    User.objects.filter(pk=cast.karen.pk).update(email="karen.moeller@kk.example")
    told.move_to(at(2020, 1, 15, 8, 0))
    assert ("DEADLINE_TODAY", "TO", KAREN) in mails_since(climb_all())


def test_a_step_that_is_not_written_before_closing_is_left_out(told, cast):
    tasks.send_reminders()
    told.move_to(at(2020, 1, 8, 16, 0))
    [dispatch] = Dispatch.objects.unfinished()
    tasks.write_dispatch(dispatch.pk)
    dispatch.refresh_from_db()
    assert (dispatch.promised, dispatch.written, dispatch.held_back) == (3, 0, [])
    told.move_to(at(2020, 1, 9, 8, 0))
    assert ("REMINDER", "TO", KAREN) not in mails_since(climb_all())


def test_a_step_is_asked_for_with_few_queries(told, cast, django_assert_max_num_queries):
    for _ in range(40):
        FollowUpFactory(letter=LetterFactory(incident=cast.incident, sender=UserFactory(), leader=cast.jens))
    told.move_to(at(2020, 1, 7, 10, 0))
    write(request(cast.incident))
    told.move_to(at(2020, 1, 8, 8, 0))
    with django_assert_max_num_queries(30):
        run_reminders.run_all_incidents()
    with django_assert_max_num_queries(40):
        assert dispatch_writer.write_batch(Dispatch.objects.unfinished().get().pk) == 43


@pytest.mark.parametrize("of_two", [False, True], ids=["had a copy", "would have had two"])
def test_a_leader_who_is_away_has_a_substitute_who_hears_of_the_reminders(told, cast, of_two):
    """The copy goes to the leader, as ever; who answers meanwhile has it all in one, and may open what it links to."""
    if of_two:
        Letter.objects.filter(pk=cast.annes.pk).update(leader=cast.jens)
    create_absence(cast.jens, cast.olga, first=date(2020, 1, 8))
    mails = mails_since(climb_all())
    assert ("LEADER_DIGEST", "TO", "Olga Nygaard") in mails
    assert ("LEADER_DIGEST", "TO", JENS) not in mails
    assert (("REMINDER", "CC", JENS) in mails) is not of_two
    digest = Notice.objects.get(kind=Kind.LEADER_DIGEST)
    links = set(re.findall(r"https?://[^/\s]+(/enhed/\d+/)", digest.text))
    assert len(links) == 1 + of_two
    client = Client()
    client.force_login(cast.olga, backend="django.contrib.auth.backends.ModelBackend")
    assert {client.get(link).status_code for link in links} == {200}
