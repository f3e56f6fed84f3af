"""«Send påmindelse nu»: who gets a mail and who does not, once a day, within limits and pauses, by leaders only."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from followups import services
from followups.boards.board_letters import board_letters
from followups.models.answers import HELP, DecisionAnswers
from followups.rules import rights
from letters.models import Letter
from notifications import tasks
from notifications.alarms import reconciliation
from notifications.dispatching import dispatch_lifecycle, outbox_writer
from notifications.kinds import reminders
from notifications.models import Delivery, Dispatch, Kind, Notice, SendingChange
from notifications.reminders import reminder_views
from notifications.reminders.remind_now import NoReminderReason, find_candidates
from sepo_incident.accounts.models import Membership, User
from tests.absence import create_absence, reload_user
from tests.factories import FollowUpFactory, LetterFactory, UserFactory, at
from tests.followups.decision_answers import RESENT
from tests.notices import request_first_notices, write_notices
from tests.notifications.reminder_runs import mails_of, run_due_reminders, switch_reminders_on

KAREN, JENS, OLGA = "Karen Bülow Møller", "Jens Ågård", "Olga Nygaard"
FRIDAY = at(2020, 1, 10, 10, 0)


@pytest.fixture
def first_notices_sent(written_on_7_january):
    """The first notices went out on Tuesday 7 January, and scheduled reminders are off. Today is Friday 10 January: no
    step, no digest.
    """
    written_on_7_january.move_to(FRIDAY)
    return written_on_7_january


@pytest.fixture
def second_employee(written_on_7_january, cast):
    """A colleague of Karen's, also led by Jens. Request this fixture before `first_notices_sent`."""
    colleague = UserFactory(name="Bo Bech", unit=cast.svalevej)
    letter = LetterFactory(incident=cast.incident, sender=colleague, leader=cast.jens, unit=cast.svalevej)
    FollowUpFactory(letter=letter)
    write_notices(request_first_notices(cast.incident))
    return colleague


def reminder_preview(stage, asker, unit=None):
    user = reload_user(asker)
    letters = board_letters(unit or stage.svalevej, stage.incident, user).filter(rights.leads(user))
    return find_candidates(letters, stage.incident, user, timezone.now())


def reminded_people(stage, asker, unit=None):
    return {(one.receiver.name, one.letters) for one in reminder_preview(stage, asker, unit).mailed}


def skipped_people(stage, asker, unit=None):
    return {
        (one.sender.name if one.sender else "", one.letters, one.why)
        for one in reminder_preview(stage, asker, unit).not_reminded
    }


def remind_url(unit, *senders):
    query = "&".join(f"afsender={one.pk}" for one in senders)
    return reverse("remind_unit", args=[unit.pk]) + (f"?{query}" if query else "")


def post_reminder(client, unit, *receivers):
    return client.post(remind_url(unit), {"til": [one.pk for one in receivers]})


def send_reminder(client, unit, *receivers):
    """Post the reminder, and run the mail worker until no notice is left to write."""
    post_reminder(client, unit, *receivers)
    write_all_notices()


def requested_mails():
    return mails_of(Dispatch.objects.filter(receivers__isnull=False))


def message_text(response):
    return " ".join(str(one) for one in get_messages(response.wsgi_request))


def write_all_notices():
    for pk in Dispatch.objects.unfinished().values_list("pk", flat=True):
        tasks.write_dispatch(pk)


def test_leader_reminds_a_sender(first_notices_sent, cast, as_user):
    client = as_user(cast.jens)
    shown = client.get(remind_url(cast.svalevej, cast.karen)).text
    assert "Modtagere</h2>" in shown
    assert "Send 1 påmindelse" in shown
    response = post_reminder(client, cast.svalevej, cast.karen)
    assert response.url == reverse("board_people", args=[cast.svalevej.pk])
    assert message_text(response) == "Påmindelsen til 1 person er på vej."
    dispatch = Dispatch.objects.latest("pk")
    assert (dispatch.kind, dispatch.receivers, dispatch.requested_by) == (Kind.REMINDER, [cast.karen.pk], cast.jens)
    assert not Notice.objects.filter(kind=Kind.REMINDER).exists(), "a row before it is a mail"
    write_all_notices()
    assert mails_of([dispatch]) == {("REMINDER", "TO", KAREN)}, "and whoever asked gets no copy"
    notice = Notice.objects.get(dispatch=dispatch)
    assert (notice.letters, notice.subject) == (5, "Følg op på 5 breve – fristen er onsdag den 15. januar")
    line = SendingChange.objects.get()
    assert (line.kind, line.number, line.by, line.dispatch) == ("REMINDED", 1, cast.jens, dispatch)
    assert all(one.agrees for one in reconciliation.all_sums())


def test_only_selected_people_are_reminded(second_employee, first_notices_sent, cast, as_user):
    assert reminded_people(cast, cast.jens) == {(KAREN, 5), ("Bo Bech", 1)}
    send_reminder(as_user(cast.jens), cast.svalevej, second_employee)
    assert requested_mails() == {("REMINDER", "TO", "Bo Bech")}
    assert reminded_people(cast, cast.jens) == {(KAREN, 5)}
    assert skipped_people(cast, cast.jens) == {("Bo Bech", 1, NoReminderReason.MAILED)}


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


def gone(stage):
    User.objects.filter(pk=stage.karen.pk).update(left_on=date(2020, 1, 1))
    return {(KAREN, 5, NoReminderReason.YOURSELF)}


def unknown(stage):
    letter = LetterFactory(incident=stage.incident, sender=None, leader=stage.jens, unit=stage.svalevej)
    FollowUpFactory(letter=letter)
    return {("", 1, NoReminderReason.UNKNOWN)}


@pytest.mark.parametrize("case", [nothing_told, all_at_a_desk, gone, unknown], ids=lambda case: case.__name__)
def test_page_explains_who_gets_no_reminder(first_notices_sent, cast, as_user, case):
    expected = case(cast)
    assert skipped_people(cast, cast.jens) == expected
    stays = reminded_people(cast, cast.jens)
    shown = as_user(cast.jens).get(remind_url(cast.svalevej)).text
    assert all(why.value in shown for _, _, why in expected)
    assert ("Modtagere</h2>" in shown) is bool(stays)
    if not stays:
        assert post_reminder(as_user(cast.jens), cast.svalevej, cast.karen).status_code == 409
        assert not Dispatch.objects.filter(receivers__isnull=False).exists()


def test_letters_without_anybody_to_answer(first_notices_sent, cast):
    create_absence(cast.karen, cast.olga, first=date(2020, 1, 8))
    create_absence(cast.jens, cast.olga, first=date(2020, 1, 8))
    User.objects.filter(pk=cast.olga.pk).update(left_on=date(2020, 1, 8))
    assert skipped_people(cast, cast.birgitte) == {(KAREN, 5, NoReminderReason.NOBODY)}


def test_person_is_mailed_once_a_day(first_notices_sent, cast, as_user):
    switch_reminders_on(cast.incident, cast.mette)
    first_notices_sent.move_to(at(2020, 1, 13, 8, 5))
    run_due_reminders()
    first_notices_sent.move_to(at(2020, 1, 13, 10, 0))
    shown = as_user(cast.jens).get(remind_url(cast.svalevej)).text
    assert "Mail skrevet i dag kl. 8.05." in shown.replace("08.05", "8.05")
    assert post_reminder(as_user(cast.jens), cast.svalevej, cast.karen).status_code == 409


def test_scheduled_reminder_skips_people_reminded_today(first_notices_sent, cast, as_user):
    """Nothing is delayed to the next day, and the requesting leader gets no digest about the reminder."""
    switch_reminders_on(cast.incident, cast.mette)
    first_notices_sent.move_to(at(2020, 1, 14, 7, 30))
    send_reminder(as_user(cast.jens), cast.svalevej, cast.karen)
    first_notices_sent.move_to(at(2020, 1, 14, 8, 0))
    climbed = run_due_reminders()
    assert {(kind, role) for kind, role, name in mails_of(climbed) if name in (KAREN, JENS)} == set()
    assert ("REMINDER", "TO", "Anne Østergaard") in mails_of(climbed)
    assert all(cast.karen.pk not in one.held_back for one in climbed)


def test_other_leader_gets_a_digest(second_employee, first_notices_sent, cast, as_user):
    switch_reminders_on(cast.incident, cast.mette)
    send_reminder(as_user(cast.birgitte), cast.svalevej, cast.karen, second_employee)
    assert requested_mails() == {("REMINDER", "TO", KAREN), ("REMINDER", "TO", "Bo Bech")}
    assert mails_of(run_due_reminders()) == {("LEADER_DIGEST", "TO", JENS)}


# --- Twice, two people, and an old page -----------------------------------------------------------------------------


def test_double_click_sends_one_reminder(first_notices_sent, cast, as_user):
    client = as_user(cast.jens)
    post_reminder(client, cast.svalevej, cast.karen)
    again = post_reminder(client, cast.svalevej, cast.karen)
    assert message_text(again).endswith("Du har allerede bestilt påmindelserne. Ingen får to.")
    write_all_notices()
    assert "Du har allerede" in message_text(post_reminder(client, cast.svalevej, cast.karen))
    assert Dispatch.objects.filter(receivers__isnull=False).count() == 1
    assert Delivery.objects.filter(notice__kind=Kind.REMINDER).count() == 1


def test_stale_page_sends_nothing(second_employee, first_notices_sent, cast, as_user):
    client = as_user(cast.jens)
    post_reminder(client, cast.svalevej, cast.karen)
    old = post_reminder(client, cast.svalevej, cast.karen, second_employee)
    assert old.status_code == 409
    assert "Der er ikke sendt noget" in old.text
    assert "En påmindelse er på vej." in old.text
    assert "Bo Bech" in old.text
    services.decide(Letter.objects.get(sender=second_employee), RESENT, second_employee, 0)
    assert post_reminder(client, cast.svalevej, second_employee).status_code == 409, "nothing left to remind of"
    assert Dispatch.objects.filter(receivers__isnull=False).count() == 1


def test_concurrent_dispatches_about_one_person_send_one_mail(transactional_db, first_notices_sent, cast):
    """Both were requested before either was written: one mail is sent, whichever dispatch is written first."""
    due = reminders.reminders_owed_to(cast.incident, date(2020, 1, 10), [cast.karen.pk])
    for person in (cast.jens, cast.birgitte):
        request = {"requested_by": person, "receivers": [cast.karen.pk], "closes_at": at(2020, 1, 11)}
        dispatch_lifecycle.create_dispatch(Kind.REMINDER, cast.incident, due, 1, **request)

    def written(pk):
        try:
            while outbox_writer.write_batch(pk):
                pass
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(written, Dispatch.objects.filter(receivers__isnull=False).values_list("pk", flat=True)))
    assert sorted(Dispatch.objects.filter(receivers__isnull=False).values_list("written", flat=True)) == [0, 1]


# --- Pauses ---------------------------------------------------------------------------------------------------------


def test_general_pause_blocks_the_request(first_notices_sent, cast, as_user):
    dispatch_lifecycle.pause_all_mails(cast.incident, "Mailvagten afviser os.", by=cast.mette)
    shown = as_user(cast.jens).get(remind_url(cast.svalevej)).text
    assert "Hændelsens mails er på pause" in shown
    assert "Mailvagten" not in shown, "that is said to Koncern IT"
    assert 'type="submit"' not in shown.split("</h1>")[1]
    assert post_reminder(as_user(cast.jens), cast.svalevej, cast.karen).status_code == 409
    assert not Dispatch.objects.filter(receivers__isnull=False).exists()


# --- Who may, and where it shows ------------------------------------------------------------------------------------


def test_leaders_and_substitutes_may_remind(first_notices_sent, cast, as_user):
    """Leaders of letters of the unit, and substitutes of such leaders, for the leaders' letters."""
    status = {
        name: as_user(getattr(cast, name)).get(remind_url(cast.svalevej)).status_code
        for name in ("jens", "birgitte", "mette", "pia", "hanne", "sofie", "karen", "torben", "olga")
    }
    sees, others = {"jens", "birgitte"}, {"karen", "torben", "olga", "sofie"}
    assert status == {name: 200 if name in sees else 404 if name in others else 403 for name in status}
    create_absence(cast.jens, cast.olga, first=date(2020, 1, 8))
    assert reminded_people(cast, cast.olga) == {(KAREN, 5)}
    send_reminder(as_user(cast.olga), cast.svalevej, cast.karen)
    assert requested_mails() == {("REMINDER", "TO", KAREN), ("REMINDER", "CC", JENS)}
    assert as_user(cast.olga).get(remind_url(cast.laerkepark)).status_code == 404


def test_only_the_leaders_own_letters_count(first_notices_sent, cast, as_user):
    Letter.objects.filter(pk=cast.plain.pk).update(leader=cast.torben)
    Membership.objects.filter(user=cast.jens).delete()
    assert reminded_people(cast, cast.jens) == {(KAREN, 4)}
    assert reminded_people(cast, cast.torben) == {(KAREN, 1)}


def test_person_mailed_today_is_shown_with_the_time_and_cannot_be_chosen(
    second_employee, first_notices_sent, cast, as_user
):
    User.objects.filter(pk=second_employee.pk).update(phone="7080 1234")
    client = as_user(cast.jens)
    send_reminder(client, cast.svalevej, second_employee)
    shown = client.get(remind_url(cast.svalevej)).text
    assert "Der er skrevet til 1 person i dag</summary>" in shown
    shown = " ".join(shown.split())
    assert 'skrevet i dag kl. 10.00. Ring på <a class="nowrap" href="tel:+4570801234">7080 1234</a>' in shown
    assert f'value="{second_employee.pk}"' not in shown
    assert f'name="til" value="{cast.karen.pk}" checked' in shown
    line = client.get(reverse("unit_reminder", args=[cast.svalevej.pk]), headers={"HX-Request": "true"}).text
    assert f'<span class="small muted" data-instead="#paamind-{second_employee.pk}">Mail skrevet' in line
    assert f'"#paamind-{cast.karen.pk}"' not in line
    assert "paamind" not in as_user(cast.mette).get(reverse("unit_reminder", args=[cast.svalevej.pk])).text


def test_board_has_the_button_and_shows_the_last_reminder(first_notices_sent, cast, as_user):
    board = reverse("board_people", args=[cast.svalevej.pk])
    shown = as_user(cast.jens).get(board).text
    assert f'href="{remind_url(cast.svalevej, cast.karen)}"' in shown
    assert "Vælg, hvem der får en påmindelse" in shown
    assert "Send påmindelse" not in as_user(cast.mette).get(board).text
    line = reverse("unit_reminder", args=[cast.svalevej.pk])
    assert "har fået en påmindelse" not in as_user(cast.jens).get(line).text
    send_reminder(as_user(cast.jens), cast.svalevej, cast.karen)
    link = f'<a href="{remind_url(cast.svalevej)}">Se hvem</a>'
    assert f"Der er skrevet en påmindelse til én person i dag. {link}" in as_user(cast.jens).get(line).text
    at_kit = as_user(cast.mette).get(line).text
    assert "Der er skrevet en påmindelse til én person i dag." in at_kit
    assert "Se hvem" not in at_kit
    assert "bestilt af Jens Ågård" in as_user(cast.mette).get(reverse("reminders")).text


def test_many_people_are_shown_by_the_page_and_those_mailed_today_are_folded(
    first_notices_sent, cast, as_user, monkeypatch
):
    """Most letters first."""
    monkeypatch.setattr(reminder_views, "PEOPLE_PER_PAGE", 2)
    people = [UserFactory(name=f"Bo Bech {number}", unit=cast.svalevej) for number in range(3)]
    about = {"incident": cast.incident, "leader": cast.jens, "unit": cast.svalevej}
    for sender in [*people, people[2]]:
        FollowUpFactory(letter=LetterFactory(**about, sender=sender))
    first_notices_sent.move_to(at(2020, 1, 9, 10, 0))
    write_notices(request_first_notices(cast.incident))
    first_notices_sent.move_to(FRIDAY)
    client, url = as_user(cast.jens), remind_url(cast.svalevej)
    pages = [[row.receiver for row in client.get(url, {"page": page}).context["page_obj"]] for page in (1, 2)]
    assert pages[0] == [cast.karen, people[2]]
    assert {*pages[1]} == {*people[:2]}
    send_reminder(client, cast.svalevej, *pages[0], *pages[1])
    folded = client.get(url).text.split("Der er skrevet til 4 personer i dag</summary>")[1].split("</details>")[0]
    assert folded.count("<li>") == 2
