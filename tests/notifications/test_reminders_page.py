"""*Påmindelser*: what switching on comes to, on and off, other days, a pause; and «Næste påmindelse»."""

from datetime import date

import pytest
from django.db import InternalError, transaction
from django.urls import reverse

from followups import services
from letters.models import Incident, Letter
from notifications.models import Dispatch, ReminderPause, ReminderSchedule, ReminderScheduleChange
from notifications.reminders.reminder_forecast import forecast_day
from tests.factories import at
from tests.followups.test_services import SENT_AGAIN
from tests.notifications.climbers import climb_all, mails_since, switch_on
from tests.notifications.conftest import request, write


@pytest.fixture
def told(cast, monday, monkeypatch):
    """The first notices went out on Tuesday 7 January; it is Wednesday 8, five working days before, before opening."""
    monkeypatch.setattr("sepo_incident.core.task_queue.enqueue_now", lambda task, **options: None)
    monday.move_to(at(2020, 1, 7, 9, 0))
    write(request(cast.incident))
    monday.move_to(at(2020, 1, 8, 7, 0))
    return monday


@pytest.fixture
def kit(cast, as_user):
    return as_user(cast.mette)


def shown(client, name="reminders", *args):
    return " ".join(client.get(reverse(name, args=args)).content.decode().split())


def press(client, name, *args, **data):
    return client.post(reverse(name, args=args), data, follow=True).content.decode()


def pause_form(unit, day, month, year, reason="Strejke"):
    return {"unit": unit.pk, "until_day": day, "until_month": month, "until_year": year, "reason": reason}


def test_what_it_comes_to_stands_there_before_it_is_switched_on(told, kit, cast):
    Letter.objects.filter(pk=cast.ullas.pk).update(leader=cast.torben)
    page = shown(kit)
    assert "Påmindelserne er slået fra" in page
    assert "Næste gang er <strong>onsdag den 8. januar 2020</strong>" in page
    assert "bliver det til 5 mails" in page
    assert "3 personer</a> bliver mindet om 7 breve. 1 leder får en kopi og 1 leder får en samlet oversigt." in page
    assert "5 arbejdsdage før fristen" in page


@pytest.mark.parametrize("day", [date(2020, 1, 8), date(2020, 1, 9), date(2020, 1, 13), date(2020, 1, 17)])
def test_it_comes_to_what_was_said(told, cast, day):
    switch_on(cast.incident, cast.mette)
    promised = forecast_day(cast.incident, day)
    told.move_to(at(day.year, day.month, day.day, 8, 0))
    mails = mails_since(climb_all())
    assert len(mails) == promised.mails
    assert len([kind for kind, role, _ in mails if role == "CC"]) == promised.copied


def test_on_and_off_with_who_and_when(told, kit, cast):
    assert "Påmindelserne er slået til." in press(kit, "switch_on_reminders")
    assert "var slået til i forvejen" in press(kit, "switch_on_reminders")
    assert "Mette Dahl slog dem til onsdag den 8. januar 2020 kl. 07.00" in shown(kit)
    assert "Der bliver ikke skrevet flere" in press(kit, "switch_off_reminders")
    assert "var slået fra i forvejen" in press(kit, "switch_off_reminders")
    told.move_to(at(2020, 1, 8, 8, 0))
    assert climb_all() == []
    assert [change.kind for change in ReminderScheduleChange.objects.all()] == ["OFF", "ON"]
    with pytest.raises(InternalError, match="append_only"), transaction.atomic():
        ReminderScheduleChange.objects.all().delete()


def test_what_the_ladder_sent_lies_under_reminders(told, cast, as_user):
    switch_on(cast.incident, cast.mette)
    told.move_to(at(2020, 1, 8, 8, 0))
    climb_all()
    first, ladders = Dispatch.objects.order_by("pk")[:2]
    kit = as_user(cast.mette)
    places = [("dispatch", ladders), ("stop_dispatch", ladders), ("notice", ladders.notices.first())]
    for name, one in places:
        assert f'{reverse("reminders")}" aria-current="page">' in shown(kit, name, one.pk), name
    assert f'{reverse("notices")}" aria-current="page">Send varsler' in shown(kit, "dispatch", first.pk)


def test_other_days(told, kit, cast):
    page = press(kit, "reminder_steps", before="3 og 1", every="1", digest_days=["4"])
    assert "Trinnene er ændret." in page
    assert "3 og 1 arbejdsdag før fristen, på dagen og hver arbejdsdag efter; lederoversigt fredag" in page
    ladder = ReminderSchedule.objects.get()
    assert (ladder.before, ladder.every, ladder.digest_days, ladder.is_on) == ([3, 1], 1, [4], False)
    assert "Trinnene er sådan i forvejen." in press(
        kit, "reminder_steps", before="1, 3, 3", every="1", digest_days=["4"]
    )


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"before": "fem", "every": "2"}, "Skriv tal fra 1 til 60"),
        ({"before": "0", "every": "2"}, "Skriv tal fra 1 til 60"),
        ({"before": "5", "every": ""}, "Skriv et tal fra 1 til 20."),
    ],
)
def test_days_that_make_no_sense(told, kit, data, words):
    assert words in press(kit, "reminder_steps", **data)
    assert not ReminderSchedule.objects.exists()


def test_a_pause_and_its_end(told, kit, cast, as_user):
    switch_on(cast.incident, cast.mette)
    assert "Svalevejens Skole får ingen påmindelser til og med 13. januar 2020" in press(
        kit, "pause_reminders", **pause_form(cast.svalevej, 13, 1, 2020)
    )
    assert "»Strejke«" in shown(kit)
    press(kit, "pause_reminders", **pause_form(cast.svalevej, 10, 1, 2020, "Kortere strejke"))
    assert ReminderPause.objects.filter(ended_at=None).get().until == date(2020, 1, 10)
    told.move_to(at(2020, 1, 8, 8, 0))
    assert ("REMINDER", "TO", "Karen Bülow Møller") not in mails_since(climb_all())
    pause, kit = ReminderPause.objects.get(ended_at=None), as_user(cast.mette)
    assert "får påmindelser igen" in press(kit, "end_reminder_pause", pause.pk)
    assert "ophævet i forvejen" in press(kit, "end_reminder_pause", pause.pk)
    told.move_to(at(2020, 1, 13, 8, 0))
    assert ("REMINDER", "TO", "Karen Bülow Møller") in mails_since(climb_all())


def test_a_pause_needs_a_unit_a_day_to_come_and_a_reason(told, kit, cast):
    page = press(kit, "pause_reminders", unit="", until_day="1", until_month="1", until_year="2020", reason="")
    assert "Vælg en enhed." in page
    assert "Skriv, hvorfor enheden får en pause." in page
    assert "Datoen skal ligge mellem 8. januar 2020 og" in page
    assert not ReminderPause.objects.exists()


def test_next_reminder_on_my_page_the_letters_and_the_boards(told, cast, as_user):
    switch_on(cast.incident, cast.mette)
    assert "Næste påmindelse: onsdag den 8. januar om fem breve." in shown(as_user(cast.karen), "my_reminder")
    letter = shown(as_user(cast.jens), "letter_reminder", cast.plain.pk)
    assert "Næste påmindelse: onsdag den 8. januar til Karen Bülow Møller." in letter
    unit = shown(as_user(cast.birgitte), "unit_reminder", cast.area.pk)
    assert "Næste påmindelse: onsdag den 8. januar til to personer om seks breve." in unit
    told.move_to(at(2020, 1, 8, 8, 0))
    climb_all()
    assert "Næste påmindelse: mandag den 13. januar om fem breve." in shown(as_user(cast.karen), "my_reminder")
    for one in Letter.objects.filter(sender=cast.karen).select_related("followup"):
        services.decide(one, SENT_AGAIN, cast.karen, one.followup.version)
    assert "Der er ingen påmindelse på vej" in shown(as_user(cast.karen), "my_reminder")


def test_no_next_reminder_while_it_is_off_or_on_pause(told, cast, as_user):
    karen = as_user(cast.karen)
    assert "Der er ingen påmindelse på vej" in shown(karen, "my_reminder")
    switch_on(cast.incident, cast.mette)
    ReminderPause.objects.create(
        incident=cast.incident, unit=cast.buf, reason="Strejke", until=date(2020, 1, 20), by=cast.mette
    )
    assert "Påmindelserne er på pause til og med mandag den 20. januar." in shown(karen, "my_reminder")
    part = karen.get(reverse("my_reminder"), headers={"HX-Request": "true"}).content.decode()
    assert part.count("<p") == 1, "the day, which each page knows, is no line of its own"
    assert part.strip().startswith("<p")


def test_without_an_incident(kit, cast):
    Incident.objects.update(status=Incident.Status.CLOSED)
    assert "Der er ingen hændelse lige nu" in shown(kit)


def test_the_pages_take_few_queries(told, kit, cast, as_user, django_assert_max_num_queries):
    switch_on(cast.incident, cast.mette)
    kit.get(reverse("reminders"))
    with django_assert_max_num_queries(34):
        kit.get(reverse("reminders"))
    karen = as_user(cast.karen)
    with django_assert_max_num_queries(25):
        karen.get(reverse("my_reminder"))
