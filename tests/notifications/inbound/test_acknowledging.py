"""A signed-in act after the mail is the best evidence there is; a page that was opened is none."""

import pytest
from django.urls import reverse

from followups import services
from followups.models.answers import DecisionAnswers
from notifications.inbound import evidence
from notifications.inbound.evidence import record_acknowledgements
from notifications.models import Delivery, Evidence, State
from notifications.outbox import delivery_queue
from tests.notifications.inbound.mails import NO, bounce, comes, send_all

RESEND = DecisionAnswers(remedy="RESEND", is_sent=True, deadline_missed=False, consequence_review="NONE")


def decide(letter, by):
    letter.refresh_from_db()
    services.decide(letter, RESEND, by=by, version=letter.followup.version)


def stands(delivery):
    delivery.refresh_from_db()
    return delivery.current_state


def test_who_decides_has_got_it(cast, karens, jenses, django_assert_max_num_queries):
    assert record_acknowledgements() == 0
    decide(cast.plain, by=cast.karen)
    with django_assert_max_num_queries(10):
        assert record_acknowledgements() == 1
    assert (stands(karens), stands(jenses)) == (State.ACKNOWLEDGED, State.ACCEPTED)
    assert record_acknowledgements() == 0, "once is enough"
    decide(cast.soon, by=cast.karen)
    assert record_acknowledgements() == 0
    assert evidence.count_consistent_deliveries() == Delivery.objects.count()


def test_a_leader_who_decides_on_behalf_has_got_the_copy(cast, karens, jenses):
    decide(cast.plain, by=cast.jens)
    record_acknowledgements()
    assert (stands(karens), stands(jenses)) == (State.ACCEPTED, State.ACKNOWLEDGED)


def test_to_open_the_letter_proves_nothing(cast, karens, as_user):
    assert as_user(cast.karen).get(reverse("letter", args=[cast.plain.pk])).status_code == 200
    assert record_acknowledgements() == 0


def test_an_act_before_the_mail_is_no_answer_to_it(cast, dispatch):
    decide(cast.plain, by=cast.karen)
    send_all()
    assert record_acknowledgements() == 0


def test_an_act_about_another_letter_is_no_answer(cast, karens):
    decide(cast.annes, by=cast.anne)
    assert record_acknowledgements() == 1
    assert stands(karens) == State.ACCEPTED


def test_a_mail_that_did_not_come_is_forgotten_when_the_person_acts(cast, dispatch):
    send_all(NO)
    decide(cast.plain, by=cast.karen)
    assert record_acknowledgements() == 1
    assert stands(Delivery.objects.get(recipient=cast.karen)) == State.ACKNOWLEDGED


@pytest.mark.parametrize("acts_first", [True, False])
def test_it_outweighs_a_bounce_whatever_the_order(cast, karens, acts_first):
    for step in (1, 0) if acts_first else (0, 1):
        if step:
            decide(cast.plain, by=cast.karen)
            record_acknowledgements()
        else:
            comes(bounce(karens), karens.return_path)
    assert stands(karens) == State.ACKNOWLEDGED


def test_an_act_before_the_retry_says_nothing_of_it(cast, karens):
    decide(cast.plain, by=cast.karen)
    comes(bounce(karens), karens.return_path)
    delivery_queue.retry_deliveries([karens.pk])
    send_all()
    assert record_acknowledgements() == 0
    assert stands(karens) == State.ACCEPTED
    assert Evidence.objects.filter(proves=State.ACKNOWLEDGED).count() == 0
