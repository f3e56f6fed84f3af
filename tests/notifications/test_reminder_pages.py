"""*Påmindelser*: the forecast, switching on and off, and «Næste påmindelse»."""

from datetime import date

import pytest
from django.db import InternalError, transaction
from django.urls import reverse

from followups import services
from letters.models import Letter
from notifications.models import Dispatch, ReminderScheduleChange
from notifications.reminders.reminder_forecast import forecast_day
from tests.factories import at
from tests.followups.decision_answers import RESENT
from tests.notifications.reminder_runs import mails_of, run_due_reminders, switch_reminders_on


@pytest.fixture
def first_notices_sent(written_on_7_january):
    """The first notices went out on Tuesday 7 January; now it is Wednesday 8 January, five working days before the
    deadline, before working hours.
    """
    written_on_7_january.move_to(at(2020, 1, 8, 7, 0))
    return written_on_7_january


@pytest.fixture
def kit(cast, as_user):
    return as_user(cast.mette)


def page_text(client, name="reminders", *args):
    return " ".join(client.get(reverse(name, args=args)).content.decode().split())


def post_form(client, name):
    return client.post(reverse(name), follow=True).content.decode()


def test_forecast_is_shown_before_switching_on(first_notices_sent, kit, cast):
    Letter.objects.filter(pk=cast.ullas.pk).update(leader=cast.torben)
    page = page_text(kit)
    assert "Påmindelserne er slået fra" in page
    assert "Næste gang er <strong>onsdag den 8. januar 2020</strong>" in page
    assert "med 5 mails:" in page
    assert "3 personer</a> får en påmindelse om 7 breve. 1 leder får en kopi og 1 leder får en oversigt." in page
    assert "5 arbejdsdage før fristen" in page


@pytest.mark.parametrize("day", [date(2020, 1, 8), date(2020, 1, 13), date(2020, 1, 17)])
def test_forecast_equals_the_mails_sent(first_notices_sent, cast, day):
    switch_reminders_on(cast.incident, cast.mette)
    promised = forecast_day(cast.incident, day)
    first_notices_sent.move_to(at(day.year, day.month, day.day, 8, 0))
    mails = mails_of(run_due_reminders())
    assert len(mails) == promised.mails
    assert len([kind for kind, role, _ in mails if role == "CC"]) == promised.copied


def test_switching_on_and_off_shows_person_and_time(first_notices_sent, kit, cast):
    assert "Påmindelserne er slået til." in post_form(kit, "switch_on_reminders")
    assert "var allerede slået til" in post_form(kit, "switch_on_reminders")
    assert "Mette Dahl slog dem til onsdag den 8. januar 2020 kl. 07.00" in page_text(kit)
    assert "Påmindelserne er slået fra." in post_form(kit, "switch_off_reminders")
    assert "var allerede slået fra" in post_form(kit, "switch_off_reminders")
    first_notices_sent.move_to(at(2020, 1, 8, 8, 0))
    assert run_due_reminders() == []
    assert [change.kind for change in ReminderScheduleChange.objects.all()] == ["OFF", "ON"]
    with pytest.raises(InternalError, match="append_only"), transaction.atomic():
        ReminderScheduleChange.objects.all().delete()


def test_sent_reminders_are_listed(first_notices_sent, cast, as_user):
    switch_reminders_on(cast.incident, cast.mette)
    first_notices_sent.move_to(at(2020, 1, 8, 8, 0))
    run_due_reminders()
    first, reminder = Dispatch.objects.order_by("pk")[:2]
    kit = as_user(cast.mette)
    places = [("dispatch", reminder), ("stop_dispatch", reminder), ("notice", reminder.notices.first())]
    for name, one in places:
        assert f'{reverse("reminders")}" aria-current="page">' in page_text(kit, name, one.pk), name
    assert f'{reverse("notices")}" aria-current="page">Send beskeder' in page_text(kit, "dispatch", first.pk)


def test_next_reminder_is_shown_on_mine_breve_letter_and_board(first_notices_sent, cast, as_user):
    switch_reminders_on(cast.incident, cast.mette)
    assert "Næste påmindelse: onsdag den 8. januar om fem breve." in page_text(as_user(cast.karen), "my_reminder")
    letter = page_text(as_user(cast.jens), "letter_reminder", cast.plain.pk)
    assert "Næste påmindelse: onsdag den 8. januar til Karen Bülow Møller." in letter
    unit = page_text(as_user(cast.birgitte), "unit_reminder", cast.area.pk)
    assert "Næste påmindelse: onsdag den 8. januar til to personer om seks breve." in unit
    first_notices_sent.move_to(at(2020, 1, 8, 8, 0))
    run_due_reminders()
    assert "Næste påmindelse: mandag den 13. januar om fem breve." in page_text(as_user(cast.karen), "my_reminder")
    for one in Letter.objects.filter(sender=cast.karen).select_related("followup"):
        services.decide(one, RESENT, cast.karen, one.followup.version)
    assert "Ingen påmindelse på vej" in page_text(as_user(cast.karen), "my_reminder")


def test_pages_take_few_queries(first_notices_sent, kit, cast, as_user, django_assert_max_num_queries):
    switch_reminders_on(cast.incident, cast.mette)
    kit.get(reverse("reminders"))
    with django_assert_max_num_queries(25):
        kit.get(reverse("reminders"))
    karen = as_user(cast.karen)
    with django_assert_max_num_queries(16):
        karen.get(reverse("my_reminder"))
