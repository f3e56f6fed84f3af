"""A signed-in act after the mail is the strongest evidence; opening a page is no evidence."""

import pytest
from django.urls import reverse

from followups import services
from followups.models.answers import DecisionAnswers
from notifications.inbound import delivery_evidence
from notifications.inbound.delivery_evidence import record_acknowledgements
from notifications.models import Delivery, Evidence, State
from notifications.outbox import replies_and_retries
from tests.notifications.inbound.mails import bounce, receive_mail, settle_all_claims
from tests.notifications.smtp_answers import REFUSED

RESEND = DecisionAnswers(remedy="RESEND", is_sent=True, deadline_missed=False, consequence_review="NONE")


def decide(letter, by):
    letter.refresh_from_db()
    services.decide(letter, RESEND, by=by, version=letter.followup.version)


def state_of(delivery):
    delivery.refresh_from_db()
    return delivery.current_state


def test_deciding_acknowledges_the_mail(cast, karens, jenses, django_assert_max_num_queries):
    assert record_acknowledgements() == 0
    decide(cast.plain, by=cast.karen)
    with django_assert_max_num_queries(10):
        assert record_acknowledgements() == 1
    assert (state_of(karens), state_of(jenses)) == (State.ACKNOWLEDGED, State.ACCEPTED)
    assert record_acknowledgements() == 0, "once is enough"
    decide(cast.soon, by=cast.karen)
    assert record_acknowledgements() == 0
    assert delivery_evidence.count_consistent_deliveries() == Delivery.objects.count()


def test_leader_deciding_on_behalf_acknowledges_the_copy(cast, karens, jenses):
    decide(cast.plain, by=cast.jens)
    record_acknowledgements()
    assert (state_of(karens), state_of(jenses)) == (State.ACCEPTED, State.ACKNOWLEDGED)


def test_opening_the_letter_acknowledges_nothing(cast, karens, as_user):
    assert as_user(cast.karen).get(reverse("letter", args=[cast.plain.pk])).status_code == 200
    assert record_acknowledgements() == 0


def test_act_before_the_mail_acknowledges_nothing(cast, dispatch):
    decide(cast.plain, by=cast.karen)
    settle_all_claims()
    assert record_acknowledgements() == 0


def test_act_acknowledges_a_refused_mail(cast, dispatch):
    settle_all_claims(REFUSED)
    decide(cast.plain, by=cast.karen)
    assert record_acknowledgements() == 1
    assert state_of(Delivery.objects.get(recipient=cast.karen)) == State.ACKNOWLEDGED


@pytest.mark.parametrize("acts_first", [True, False])
def test_acknowledgement_outweighs_a_bounce_in_any_order(cast, karens, acts_first):
    for step in (1, 0) if acts_first else (0, 1):
        if step:
            decide(cast.plain, by=cast.karen)
            record_acknowledgements()
        else:
            receive_mail(bounce(karens), karens.return_path)
    assert state_of(karens) == State.ACKNOWLEDGED


def test_act_before_the_retry_acknowledges_nothing(cast, karens):
    decide(cast.plain, by=cast.karen)
    receive_mail(bounce(karens), karens.return_path)
    replies_and_retries.retry_deliveries([karens.pk])
    settle_all_claims()
    assert record_acknowledgements() == 0
    assert state_of(karens) == State.ACCEPTED
    assert Evidence.objects.filter(proves=State.ACKNOWLEDGED).count() == 0
