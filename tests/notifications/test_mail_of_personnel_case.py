"""A letter that becomes a personnel case after its mail was sent hides the mail too."""

import pytest
from django.urls import reverse
from django.utils import timezone

from followups import services
from letters.models import Letter
from notifications.models import Kind, Notice
from notifications.reminders.remind_now import find_candidates
from tests.absence import reload_user
from tests.factories import FollowUpFactory, LetterFactory, at
from tests.followups.decision_answers import RESENT, REVIEW_OPEN
from tests.notices import request_first_notices, write_notices
from tests.notifications.reminder_runs import run_due_reminders, switch_reminders_on


def test_sent_mail_is_hidden_once_its_letter_is_a_personnel_case(cast, dispatch):
    sent = Notice.objects.get(receiver=cast.anne)
    assert sent in Notice.objects.visible_to(cast.birgitte)
    Letter.objects.filter(pk=cast.annes.pk).update(is_personnel_case=True)
    assert sent not in Notice.objects.visible_to(cast.birgitte)
    assert sent in Notice.objects.visible_to(cast.anne)
    assert sent in Notice.objects.visible_to(cast.hanne)


@pytest.fixture
def reminded_of_missing_answer(written_on_7_january, cast):
    """Return Karen's reminder about a sent personnel case without an answer, with another letter's leader in copy."""
    switch_reminders_on(cast.incident, cast.mette)
    Letter.objects.filter(pk=cast.annes.pk).update(leader=None)  # otherwise Torben gets a digest instead of copies
    FollowUpFactory(
        letter=LetterFactory(incident=cast.incident, sender=cast.karen, leader=cast.torben, unit=cast.svalevej)
    )
    write_notices(request_first_notices(cast.incident))
    services.decide(cast.personnel, REVIEW_OPEN, reload_user(cast.karen), version=0)
    written_on_7_january.move_to(at(2020, 1, 8, 8, 0))
    run_due_reminders()
    return Notice.objects.get(kind=Kind.REMINDER, receiver=cast.karen)


def test_reminder_in_copy_does_not_reveal_a_missing_answer(reminded_of_missing_answer, cast):
    assert cast.torben in [one.recipient for one in reminded_of_missing_answer.deliveries.all()]
    assert "Personalesag (emne skjult), sendt" in reminded_of_missing_answer.text
    assert "mangler et svar" not in reminded_of_missing_answer.text
    assert "venter på dig" in reminded_of_missing_answer.text


def test_only_readers_of_the_case_see_a_reminder_of_a_missing_answer(reminded_of_missing_answer, cast, as_user):
    for reader in (cast.karen, cast.jens, cast.hanne, cast.birgitte, cast.mette):
        client = as_user(reader)
        listed = client.get(reverse("letter_notices", args=[cast.personnel.pk])).text
        assert ("påmindelse" in listed) is (reader in (cast.karen, cast.jens, cast.hanne)), reader
        opened = client.get(reverse("notice", args=[reminded_of_missing_answer.pk]))
        assert (opened.status_code == 200) is (reader in (cast.karen, cast.jens)), reader


def test_next_reminder_does_not_reveal_a_missing_answer(written_on_7_january, cast, as_user):
    switch_reminders_on(cast.incident, cast.mette)

    def sentences(reader):
        client = as_user(reader)
        pages = [
            reverse("letter_reminder", args=[cast.personnel.pk]),
            reverse("unit_reminder", args=[cast.svalevej.pk]),
        ]
        return [client.get(page, headers={"HX-Request": "true"}).text for page in pages]

    services.decide(cast.personnel, RESENT, reload_user(cast.karen), version=0)
    complete = sentences(cast.birgitte)
    services.undo_decision(cast.personnel, reload_user(cast.karen), version=1)
    services.decide(cast.personnel, REVIEW_OPEN, reload_user(cast.karen), version=2)
    assert sentences(cast.birgitte) == complete
    assert "Næste påmindelse" in sentences(cast.karen)[0]


def test_reminding_now_does_not_count_a_hidden_missing_answer(written_on_7_january, cast):
    services.decide(cast.personnel, REVIEW_OPEN, reload_user(cast.karen), version=0)

    def missing(reader):
        led = Letter.objects.visible_to(reader).filter(sender=cast.karen)
        found = find_candidates(led, cast.incident, reader, timezone.now())
        return sum(one.letters for one in found.mailed) + sum(one.letters for one in found.not_reminded)

    everything = Letter.objects.filter(sender=cast.karen, followup__isnull=False, withdrawn_at=None).count()
    assert (missing(cast.jens), missing(cast.birgitte)) == (everything, everything - 1)
