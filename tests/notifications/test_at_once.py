"""«Mind om det nu»: who gets a mail, who not and why, once a day, past no limit and no pause, by who leads alone."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.contrib.messages import get_messages
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from followups import services
from followups.boards.board import board_letters
from followups.models.answers import HELP, DecisionAnswers
from followups.rules import rights
from letters.models import Letter
from notifications import tasks
from notifications.alarms import reconciliation
from notifications.dispatching import approval, dispatch_writer, pausing
from notifications.dispatching.dispatch_writer import RecipientCountChanged
from notifications.kinds import reminders_owed
from notifications.models import Delivery, Dispatch, Kind, Notice, ReminderPause, SendingChange, SendingSettings
from notifications.reminders import remind_now
from notifications.reminders.remind_now import NoReminderReason, find_candidates
from sepo_incident.accounts.models import Membership, User
from sepo_incident.core.conflict import Conflict
from tests.absence import create_absence, reload_user
from tests.factories import FollowUpFactory, LetterFactory, UserFactory, at
from tests.followups.test_services import SENT_AGAIN
from tests.notifications.climbers import climb_all, mails_since, switch_on
from tests.notifications.conftest import request, write

KAREN, JENS, OLGA = "Karen Bülow Møller", "Jens Ågård", "Olga Nygaard"
FRIDAY = at(2020, 1, 10, 10, 0)


@pytest.fixture(autouse=True)
def _no_bells(monkeypatch):
    monkeypatch.setattr("sepo_incident.core.task_queue.enqueue_now", lambda task, **options: None)


@pytest.fixture
def told(cast, monday):
    """The first notices went out on Tuesday 7 January, and the ladder is off. It is Friday: no step, no digest."""
    monday.move_to(at(2020, 1, 7, 9, 0))
    write(request(cast.incident))
    monday.move_to(FRIDAY)
    return monday


@pytest.fixture
def two(cast):
    """Karen has a colleague whom Jens leads too; to be asked for before ``told``."""
    colleague = UserFactory(name="Bo Bech", unit=cast.svalevej)
    letter = LetterFactory(incident=cast.incident, sender=colleague, leader=cast.jens, unit=cast.svalevej)
    FollowUpFactory(letter=letter)
    return colleague


def found(stage, asker, unit=None):
    user = reload_user(asker)
    letters = board_letters(unit or stage.svalevej, stage.incident, user).filter(rights.leads(user))
    return find_candidates(letters, stage.incident, user, timezone.now())


def mailed(stage, asker, unit=None):
    return {(one.receiver.name, one.letters) for one in found(stage, asker, unit).mailed}


def left(stage, asker, unit=None):
    return {(one.sender.name if one.sender else "", one.letters, one.why) for one in found(stage, asker, unit).left}


def url(unit, *senders):
    query = "&".join(f"afsender={one.pk}" for one in senders)
    return reverse("remind_unit", args=[unit.pk]) + (f"?{query}" if query else "")


def press(client, unit, *receivers):
    return client.post(url(unit), {"til": [one.pk for one in receivers]})


def said(response):
    return " ".join(str(one) for one in get_messages(response.wsgi_request))


def work():
    """The mail worker, until nothing is left to write."""
    for pk in Dispatch.objects.unfinished().values_list("pk", flat=True):
        tasks.write_dispatch(pk)


def test_a_leader_reminds_somebody(told, cast, as_user):
    client = as_user(cast.jens)
    shown = client.get(url(cast.svalevej, cast.karen)).text
    assert "De får en mail" in shown
    assert "Send 1 påmindelse" in shown
    response = press(client, cast.svalevej, cast.karen)
    assert response.url == reverse("board", args=[cast.svalevej.pk])
    assert said(response) == "Påmindelsen til 1 person er på vej."
    dispatch = Dispatch.objects.latest("pk")
    assert (dispatch.kind, dispatch.receivers, dispatch.requested_by) == (Kind.REMINDER, [cast.karen.pk], cast.jens)
    assert not dispatch.is_by_clock
    assert not Notice.objects.filter(kind=Kind.REMINDER).exists(), "a row before it is a mail"
    work()
    assert mails_since([dispatch]) == {("REMINDER", "TO", KAREN)}, "and whoever asked gets no copy"
    notice = Notice.objects.get(dispatch=dispatch)
    assert (notice.letters, notice.subject) == (5, "Husk 5 breve, der mangler – fristen er onsdag den 15. januar")
    line = SendingChange.objects.get()
    assert (line.kind, line.number, line.by, line.dispatch) == ("REMINDED", 1, cast.jens, dispatch)
    assert all(one.agrees for one in reconciliation.all_sums())


@pytest.mark.parametrize(("day", "kind"), [(11, Kind.REMINDER), (15, Kind.DEADLINE_TODAY), (16, Kind.OVERDUE)], ids=str)
def test_the_day_says_which_mail_it_is(told, cast, as_user, day, kind):
    """Also on a Saturday, and on days when the ladder has no step: somebody asked for it."""
    told.move_to(at(2020, 1, day, 17, 30))
    press(as_user(cast.jens), cast.svalevej, cast.karen)
    work()
    assert Notice.objects.get(receiver=cast.karen, dispatch__receivers__isnull=False).kind == kind


def test_a_coordinator_reminds_and_the_leader_has_a_copy(told, cast, as_user):
    assert mailed(cast, cast.birgitte, cast.buf) == {(KAREN, 5), ("Anne Østergaard", 1)}
    press(as_user(cast.birgitte), cast.buf, cast.karen)
    work()
    assert mails_since(Dispatch.objects.to_selected_receivers()) == {
        ("REMINDER", "TO", KAREN),
        ("REMINDER", "CC", JENS),
    }


def test_only_who_is_chosen(two, told, cast, as_user):
    assert mailed(cast, cast.jens) == {(KAREN, 5), ("Bo Bech", 1)}
    press(as_user(cast.jens), cast.svalevej, two)
    work()
    assert mails_since(Dispatch.objects.to_selected_receivers()) == {("REMINDER", "TO", "Bo Bech")}
    assert (mailed(cast, cast.jens), left(cast, cast.jens)) == ({(KAREN, 5)}, {("Bo Bech", 1, NoReminderReason.MAILED)})


# --- Who not, and why -----------------------------------------------------------------------------------------------


def nothing_told(stage):
    other = UserFactory(name="Ny Medarbejder", unit=stage.svalevej)
    FollowUpFactory(letter=LetterFactory(incident=stage.incident, sender=other, leader=stage.jens, unit=stage.svalevej))
    return {("Ny Medarbejder", 1, NoReminderReason.NOT_TOLD)}


def all_at_a_desk(stage):
    for letter in Letter.objects.filter(sender=stage.karen):
        letter.refresh_from_db()
        services.decide(letter, DecisionAnswers(remedy=HELP, question="Hvad gør jeg?"), stage.karen, 0)
    return {(KAREN, 5, NoReminderReason.DESK)}


def paused(stage):
    ReminderPause.objects.create(
        incident=stage.incident, unit=stage.area, reason="Strejke", until=date(2020, 1, 10), by=stage.mette
    )
    return {(KAREN, 5, NoReminderReason.PAUSED)}


def gone(stage):
    User.objects.filter(pk=stage.karen.pk).update(left_on=date(2020, 1, 1))
    return {(KAREN, 5, NoReminderReason.YOURSELF)}


def unknown(stage):
    letter = LetterFactory(incident=stage.incident, sender=None, leader=stage.jens, unit=stage.svalevej)
    FollowUpFactory(letter=letter)
    return {("", 1, NoReminderReason.UNKNOWN)}


@pytest.mark.parametrize("case", [nothing_told, all_at_a_desk, paused, gone, unknown], ids=lambda case: case.__name__)
def test_who_gets_none_and_why(told, cast, as_user, case):
    expected = case(cast)
    assert left(cast, cast.jens) == expected
    stays = mailed(cast, cast.jens)
    shown = as_user(cast.jens).get(url(cast.svalevej)).text
    assert all(why.value in shown for _, _, why in expected)
    assert ("De får en mail</h2>" in shown) is bool(stays)
    if not stays:
        assert press(as_user(cast.jens), cast.svalevej, cast.karen).status_code == 409
        assert not Dispatch.objects.to_selected_receivers().exists()


def test_nobody_can_answer(told, cast):
    create_absence(cast.karen, cast.olga, first=date(2020, 1, 8))
    create_absence(cast.jens, cast.olga, first=date(2020, 1, 8))
    User.objects.filter(pk=cast.olga.pk).update(left_on=date(2020, 1, 8))
    assert left(cast, cast.birgitte) == {(KAREN, 5, NoReminderReason.NOBODY)}


def test_who_is_away_has_a_substitute(told, cast, as_user):
    """Of the personnel case, which that one may not read, the leader answers."""
    create_absence(cast.karen, cast.olga, first=date(2020, 1, 8))
    assert mailed(cast, cast.jens) == {(OLGA, 4)}
    assert left(cast, cast.jens) == {(KAREN, 1, NoReminderReason.YOURSELF)}
    shown = " ".join(as_user(cast.jens).get(url(cast.svalevej)).text.split())
    assert "for Karen Bülow Møller. Væk til og med 20. januar 2020: Olga Nygaard svarer" in shown
    press(as_user(cast.jens), cast.svalevej, cast.olga)
    work()
    assert mails_since(Dispatch.objects.to_selected_receivers()) == {("REMINDER", "TO", OLGA)}


def test_whose_mail_came_today_gets_no_other(told, cast, as_user):
    switch_on(cast.incident, cast.mette)
    told.move_to(at(2020, 1, 13, 8, 5))
    climb_all()
    told.move_to(at(2020, 1, 13, 10, 0))
    shown = as_user(cast.jens).get(url(cast.svalevej)).text
    assert "Har fået en mail fra os i dag kl. 8.05. Der går højst én om dagen." in shown.replace("08.05", "8.05")
    assert press(as_user(cast.jens), cast.svalevej, cast.karen).status_code == 409


def test_the_ladder_reminds_nobody_whom_a_leader_has_reminded_that_day(told, cast, as_user):
    """And holds nothing back for the day after; the leader who asked needs no digest to know of it."""
    switch_on(cast.incident, cast.mette, digest_days=[])
    told.move_to(at(2020, 1, 14, 7, 30))
    press(as_user(cast.jens), cast.svalevej, cast.karen)
    work()
    told.move_to(at(2020, 1, 14, 8, 0))
    climbed = climb_all()
    assert {(kind, role) for kind, role, name in mails_since(climbed) if name in (KAREN, JENS)} == set()
    assert ("REMINDER", "TO", "Anne Østergaard") in mails_since(climbed)
    assert all(cast.karen.pk not in one.held_back for one in climbed)


def test_a_leader_of_several_who_did_not_ask_has_it_in_a_digest(two, told, cast, as_user):
    switch_on(cast.incident, cast.mette, digest_days=[])
    press(as_user(cast.birgitte), cast.svalevej, cast.karen, two)
    work()
    assert mails_since(Dispatch.objects.to_selected_receivers()) == {
        ("REMINDER", "TO", KAREN),
        ("REMINDER", "TO", "Bo Bech"),
    }
    assert mails_since(climb_all()) == {("LEADER_DIGEST", "TO", JENS)}


# --- Twice, two people, and an old page -----------------------------------------------------------------------------


def test_a_double_click_is_one_reminder(told, cast, as_user):
    client = as_user(cast.jens)
    press(client, cast.svalevej, cast.karen)
    again = press(client, cast.svalevej, cast.karen)
    assert said(again).endswith("Du har allerede bedt om de påmindelser. Ingen får to.")
    work()
    assert "Du har allerede" in said(press(client, cast.svalevej, cast.karen))
    assert (
        Dispatch.objects.to_selected_receivers().count()
        == Delivery.objects.filter(notice__kind=Kind.REMINDER).count()
        == 1
    )


def test_an_old_page_sends_nothing_and_shows_what_is_so_now(two, told, cast, as_user):
    client = as_user(cast.jens)
    press(client, cast.svalevej, cast.karen)
    old = press(client, cast.svalevej, cast.karen, two)
    assert old.status_code == 409
    assert "Der er ikke sendt noget" in old.text
    assert "En påmindelse er på vej." in old.text
    assert "Bo Bech" in old.text
    services.decide(Letter.objects.get(sender=two), SENT_AGAIN, two, 0)
    assert press(client, cast.svalevej, two).status_code == 409, "there is nothing left to remind of"
    assert Dispatch.objects.to_selected_receivers().count() == 1


def test_nobody_chosen(told, cast, as_user):
    response = as_user(cast.jens).post(url(cast.svalevej), {"til": ["x", ""]})
    assert response.status_code == 422
    assert "du har ikke valgt nogen" in response.text


def test_two_people_at_the_same_moment(transactional_db, told, cast):
    def ask(person):
        try:
            user = reload_user(person)
            led = board_letters(cast.svalevej, cast.incident, user).filter(rights.leads(user))
            remind_now.request_reminders(led, cast.incident, [cast.karen.pk], by=user)
            return "asked"
        except Conflict:
            return "overtaken"
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(ask, [cast.jens, cast.birgitte])) == ["asked", "overtaken"]
    assert SendingChange.objects.count() == 1


def test_two_dispatches_about_the_same_person_are_written_side_by_side(transactional_db, told, cast):
    """Both were asked for before either was written: one mail goes, whoever writes first."""
    due = reminders_owed.reminders_owed_to(cast.incident, date(2020, 1, 10), [cast.karen.pk])
    for person in (cast.jens, cast.birgitte):
        asked = {"requested_by": person, "receivers": [cast.karen.pk], "closes_at": at(2020, 1, 11)}
        dispatch_writer.create_dispatch(Kind.REMINDER, cast.incident, due, 1, **asked)

    def written(pk):
        try:
            while dispatch_writer.write_batch(pk):
                pass
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(written, Dispatch.objects.to_selected_receivers().values_list("pk", flat=True)))
    assert sorted(Dispatch.objects.to_selected_receivers().values_list("written", flat=True)) == [0, 1]


# --- Limits, pauses, approval ---------------------------------------------------------------------------------------


@pytest.fixture
def asked(told, cast, as_user):
    SendingSettings.objects.create(incident=cast.incident, approval_above=0)
    response = press(as_user(cast.jens), cast.svalevej, cast.karen)
    assert said(response) == "Koncern IT skal godkende påmindelsen til 1 person, før den bliver sendt."
    return Dispatch.objects.to_selected_receivers().get()


def test_koncern_it_approves_where_they_are_many(asked, cast, as_user):
    work()
    assert not Notice.objects.filter(kind=Kind.REMINDER).exists()
    assert left(cast, cast.jens) == {(KAREN, 5, NoReminderReason.WAITS)}
    shown = as_user(cast.mette).get(reverse("dispatch", args=[asked.pk])).text
    assert "Godkend og send 1 påmindelse" in shown
    assert "Den er til Karen Bülow Møller." in shown
    assert "Jens Ågård bad om at minde 1 person nu" in shown
    assert "1 påmindelse, som Jens Ågård har bedt om" in as_user(cast.mette).get(reverse("incident")).text
    approval.approve_dispatch(asked, 1, by=cast.mette)
    work()
    assert mails_since([asked]) == {("REMINDER", "TO", KAREN)}


def test_what_is_refused_may_be_asked_for_again_and_says_why(asked, cast, as_user):
    approval.refuse_dispatch(asked, "Vent til mandag", by=cast.mette)
    assert mailed(cast, cast.jens) == {(KAREN, 5)}
    assert "»Vent til mandag«" in as_user(cast.jens).get(url(cast.svalevej)).text
    assert "Jens Ågård kan se hvorfor" in as_user(cast.mette).get(reverse("dispatch", args=[asked.pk])).text


def test_what_nobody_approves_that_day_is_not_sent_and_stops_no_ladder(asked, told, cast, as_user):
    switch_on(cast.incident, cast.mette)
    told.move_to(at(2020, 1, 14, 8, 0))
    assert approval.count_notices_to_approve(asked) == 0
    with pytest.raises(RecipientCountChanged):
        approval.approve_dispatch(asked, 1, by=cast.mette)
    assert (
        "Afvis den, så den ikke venter længere." in as_user(cast.mette).get(reverse("dispatch", args=[asked.pk])).text
    )
    assert ("REMINDER", "TO", KAREN) in mails_since(climb_all())


def test_nothing_while_all_mails_are_on_pause(told, cast, as_user):
    pausing.pause_all_mails(cast.incident, "Mailvagten afviser os.", by=cast.mette)
    shown = as_user(cast.jens).get(url(cast.svalevej)).text
    assert "Alle mails er på pause" in shown
    assert "Mailvagten" not in shown, "that is said to Koncern IT"
    assert 'type="submit"' not in shown.split("</h1>")[1]
    assert press(as_user(cast.jens), cast.svalevej, cast.karen).status_code == 409
    assert not Dispatch.objects.to_selected_receivers().exists()


def test_what_was_stopped_may_be_asked_for_again(told, cast, as_user):
    press(as_user(cast.jens), cast.svalevej, cast.karen)
    work()
    pausing.stop_dispatch(Dispatch.objects.to_selected_receivers().get(), "Forkert tekst", by=cast.mette)
    assert "»Forkert tekst«" in as_user(cast.jens).get(url(cast.svalevej)).text
    press(as_user(cast.jens), cast.svalevej, cast.karen)
    work()
    assert [one.written for one in Dispatch.objects.to_selected_receivers()] == [1, 1]
    assert all(one.agrees for one in reconciliation.all_sums())


def test_a_day_that_passes_before_it_is_written(told, cast, as_user):
    press(as_user(cast.jens), cast.svalevej, cast.karen)
    told.move_to(at(2020, 1, 11, 0, 0))
    work()
    assert (Dispatch.objects.to_selected_receivers().get().written, mailed(cast, cast.jens)) == (0, {(KAREN, 5)})


@pytest.mark.parametrize("wrong", [{"receivers": []}, {"requested_by": None}, {"closes_at": None}], ids=str)
def test_the_database_refuses_what_nobody_asked_for(told, cast, as_user, wrong):
    press(as_user(cast.jens), cast.svalevej, cast.karen)
    with pytest.raises(IntegrityError, match="dispatch_to_chosen_by_somebody"), transaction.atomic():
        Dispatch.objects.to_selected_receivers().update(**wrong)


# --- Who may, and where it shows ------------------------------------------------------------------------------------


def test_who_may(told, cast, as_user):
    """Whoever leads letters of the unit, and who stands in for such a leader, for those letters."""
    status = {
        name: as_user(getattr(cast, name)).get(url(cast.svalevej)).status_code
        for name in ("jens", "birgitte", "mette", "pia", "hanne", "sofie", "karen", "torben", "olga")
    }
    sees, others = {"jens", "birgitte"}, {"karen", "torben", "olga"}
    assert status == {name: 200 if name in sees else 404 if name in others else 403 for name in status}
    create_absence(cast.jens, cast.olga, first=date(2020, 1, 8))
    assert mailed(cast, cast.olga) == {(KAREN, 5)}
    press(as_user(cast.olga), cast.svalevej, cast.karen)
    work()
    assert mails_since(Dispatch.objects.to_selected_receivers()) == {
        ("REMINDER", "TO", KAREN),
        ("REMINDER", "CC", JENS),
    }
    assert as_user(cast.olga).get(url(cast.laerkepark)).status_code == 404


def test_of_one_who_sends_for_two_leaders_only_the_own_letters_count(told, cast, as_user):
    Letter.objects.filter(pk=cast.plain.pk).update(leader=cast.torben)
    Membership.objects.filter(user=cast.jens).delete()
    assert mailed(cast, cast.jens) == {(KAREN, 4)}
    assert mailed(cast, cast.torben) == {(KAREN, 1)}


def test_the_board_has_the_button_for_who_leads_and_says_who_was_reminded(told, cast, as_user):
    board = reverse("board", args=[cast.svalevej.pk])
    shown = as_user(cast.jens).get(board).text
    assert f'href="{url(cast.svalevej, cast.karen)}"' in shown
    assert "Mind alle, der mangler" in shown
    assert "Mind " not in as_user(cast.mette).get(board).text
    line = reverse("unit_reminder", args=[cast.svalevej.pk])
    assert "mindet" not in as_user(cast.jens).get(line).text
    press(as_user(cast.jens), cast.svalevej, cast.karen)
    work()
    assert f'I dag er én person mindet. <a href="{url(cast.svalevej)}">Se hvem</a>' in as_user(cast.jens).get(line).text
    at_kit = as_user(cast.mette).get(line).text
    assert "I dag er én person mindet." in at_kit
    assert "Se hvem" not in at_kit
    assert "bedt om af Jens Ågård" in as_user(cast.mette).get(reverse("reminders")).text


def test_few_queries_however_many(told, cast, as_user, django_assert_max_num_queries):
    for _ in range(30):
        letter = LetterFactory(incident=cast.incident, sender=UserFactory(), leader=cast.jens, unit=cast.svalevej)
        FollowUpFactory(letter=letter)
    told.move_to(at(2020, 1, 9, 9, 0))
    write(request(cast.incident))
    told.move_to(FRIDAY)
    client = as_user(cast.jens)
    client.get(url(cast.svalevej))
    with django_assert_max_num_queries(30):
        shown = client.get(url(cast.svalevej)).text
    assert "31 personer er valgt." in shown
