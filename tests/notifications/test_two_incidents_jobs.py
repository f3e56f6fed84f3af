"""What runs by the clock runs for every incident, and nothing of one incident reaches or holds back another."""

import re

import pytest

from notifications import tasks
from notifications.dispatching import dispatch_lifecycle
from notifications.models import Delivery, Kind, Notice, UnanswerableCheck
from notifications.texts import notice_texts
from notifications.texts.notice_texts import TextSource
from tests.factories import at
from tests.notifications.reminder_runs import mails_of, run_due_reminders, switch_reminders_on
from tests.second_incident import build_second_incident, build_second_letters

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday"), pytest.mark.slow]


@pytest.fixture
def second(written_on_7_january, cast):
    """Both incidents have sent first notices on 7 January, and both send reminders on 13 January."""
    second = build_second_incident(cast)
    second.incident.deadline = cast.incident.deadline
    second.incident.save()
    return second


def test_daily_check_is_of_every_incident_that_is_not_closed(cast):
    second = build_second_letters(cast)
    tasks.check_unanswerable_letters()
    tasks.check_unanswerable_letters()
    assert dict(UnanswerableCheck.objects.values_list("incident", "letters")) == {
        cast.incident.pk: 7,
        second.incident.pk: 7,
    }


def test_mail_about_one_incident_holds_back_no_reminder_of_the_other(second, cast, written_on_7_january):
    """The reminders of one incident are switched on first. The mails of the other come to the same people, later."""
    switch_reminders_on(cast.incident, cast.mette)
    written_on_7_january.move_to(at(2020, 1, 13, 10, 0))
    runs = run_due_reminders()
    scheduled = [one for one in runs if one.kind != Kind.DESK_DIGEST]  # news, which no switch stops
    assert {one.incident_id for one in scheduled} == {cast.incident.pk}
    switch_reminders_on(second.incident, cast.mette)
    runs += run_due_reminders()
    for incident in (cast.incident, second.incident):
        dispatches = [one for one in runs if one.incident_id == incident.pk]
        assert ("REMINDER", "TO", cast.karen.name) in mails_of(dispatches)
        for notice in Notice.objects.filter(dispatch__in=dispatches):
            assert set(re.findall(r"/haendelser/([\w-]+)/", notice.text)) == {incident.slug}
    letters = Notice.objects.filter(dispatch__in=runs, items__followup__letter__incident=cast.incident)
    assert not letters.filter(dispatch__incident=second.incident).exists()


def test_pause_and_text_of_one_incident_are_not_those_of_the_other(second, cast):
    dispatch_lifecycle.pause_all_mails(cast.incident, "Prøve", by=cast.mette)
    flowing = Delivery.objects.not_on_hold()
    assert set(flowing.values_list("notice__dispatch__incident", flat=True)) == {second.incident.pk}
    notice_texts.save_new_version(Kind.REMINDER, cast.incident, TextSource("Emne", "Ord {brevene}"), 0, by=cast.mette)
    assert notice_texts.current_text(Kind.REMINDER, cast.incident)
    assert notice_texts.current_text(Kind.REMINDER, second.incident) is None
    tried = TextSource("Emne", "Ord").digest(Kind.REMINDER, cast.incident)
    assert tried != TextSource("Emne", "Ord").digest(Kind.REMINDER, second.incident), "each needs its own test mail"
