"""Where a mail stands follows from what was said and heard: the strongest wins in any order, and twice is once."""

from datetime import date, timedelta
from itertools import permutations

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from notifications.inbound import evidence
from notifications.inbound.mail_intake import store_incoming
from notifications.models import Delivery, Evidence, IncomingMail, State, delivery_states
from notifications.outbox import delivery_queue
from notifications.outbox.delivery_explanations import explain_delivery
from tests.factories import at
from tests.notifications.inbound.mails import CUT, NO, YES, auto_reply, bounce, comes, file_all, reply, report, send_all


def stands(delivery: Delivery) -> State:
    delivery.refresh_from_db()
    [(in_sql,)] = Delivery.objects.filter(pk=delivery.pk).with_state_at(timezone.now()).values_list("stands")
    assert in_sql == delivery.current_state, "SQL and Python agree"
    return delivery.current_state


def weighs_the_same() -> bool:
    return evidence.count_consistent_deliveries() == Delivery.objects.count()


@pytest.mark.parametrize(
    ("makes", "state", "owner"),
    [
        (report, State.DELIVERED, "ingen"),
        (lambda one: report(one, "relayed"), State.RELAYED, "Koncern IT"),
        (lambda one: report(one, "delayed", "4.4.1"), State.DELAYED, "systemet"),
        (lambda one: report(one, "delayed", "5.4.7"), State.DELAYED, "systemet"),  # the action decides, not the digit
        (bounce, State.RETURNED, "Koncern IT"),
        (lambda one: bounce(one, "554 5.7.1 rejected as spam"), State.REFUSED_SPAM, "Koncern IT"),
        (auto_reply, State.AUTO_REPLY, "lederen"),
        (reply, State.DELIVERED, "ingen"),
    ],
)
def test_what_a_mail_says_moves_the_delivery(monday, karens, makes, state, owner):
    comes(makes(karens), karens.return_path)
    assert stands(karens) == state
    assert karens.owner.label == owner
    assert karens.state == State.ACCEPTED, "what the mail server said stays"
    assert explain_delivery(karens, timezone.now())


def test_every_state_has_a_look_an_owner_and_something_to_do():
    assert set(delivery_states.STATE_INFO) == set(State)
    nobody = [state for state, standing in delivery_states.STATE_INFO.items() if standing.owner == "NOBODY"]
    assert set(nobody) == {*delivery_states.REACHED, *delivery_states.RESOLVED}
    assert all(standing.todo for state, standing in delivery_states.STATE_INFO.items() if state not in nobody)


def test_the_strongest_wins_whatever_the_order(monday, karens):
    """Each two of them in both orders: what came first is no stronger for it."""
    says = {
        State.AUTO_REPLY: auto_reply(karens),
        State.DELIVERED: report(karens),
        State.RETURNED: bounce(karens),
        State.RELAYED: report(karens, "relayed"),
        State.DELAYED: report(karens, "delayed", "4.4.1"),
    }
    for order in permutations(says, 2):
        with transaction.atomic():
            for state in order:
                comes(says[state], karens.return_path)
            assert stands(karens) == min(order, key=list(says).index)
            assert weighs_the_same()
            transaction.set_rollback(True)


def test_twice_is_once(karens):
    for _ in range(3):
        comes(bounce(karens), karens.return_path)
    assert IncomingMail.objects.count() == Evidence.objects.count() == 1
    comes(bounce(karens, number=2), karens.return_path)
    assert Evidence.objects.count() == 2, "another mail that says the same"
    assert stands(karens) == State.RETURNED


def test_silence_is_a_state(karens):
    assert stands(karens) == State.ACCEPTED
    with time_machine.travel(timezone.now() + delivery_states.MAX_SILENCE):
        assert stands(karens) == State.UNCONFIRMED
        assert karens.owner.label == "Koncern IT"
        assert explain_delivery(karens, timezone.now()).endswith("Ring, eller send igen.")
        comes(report(karens), karens.return_path)
        assert stands(karens) == State.DELIVERED


def test_a_delay_is_not_forever(karens):
    comes(report(karens, "delayed", "4.4.1"), karens.return_path)
    with time_machine.travel(timezone.now() + timedelta(days=4)):
        assert stands(karens) == State.DELAYED
    with time_machine.travel(timezone.now() + delivery_states.MAX_DELAY):
        assert stands(karens) == State.UNCONFIRMED


def test_back_from_holiday(monday, karens):
    comes(auto_reply(karens), karens.return_path)
    karens.refresh_from_db()
    assert karens.away_until == date(2020, 1, 20)
    assert explain_delivery(karens, timezone.now()).startswith("Autosvar: væk til mandag den 20. januar.")
    monday.move_to(at(2020, 1, 20, 23, 0))
    assert stands(karens) == State.AUTO_REPLY
    monday.move_to(at(2020, 1, 21, 8, 0))
    assert stands(karens) == State.DELIVERED


@pytest.mark.parametrize("says", [NO, CUT])
def test_evidence_is_heard_after_any_answer(cast, dispatch, says):
    """The connection was cut after the dot, or a later attempt was refused: the report tells that it came."""
    send_all(says)
    delivery = Delivery.objects.filter(role="TO").first()
    comes(report(delivery, lease=1), delivery.return_path)
    assert stands(delivery) == State.DELIVERED


def test_a_report_before_our_commit(cast, dispatch):
    """The mail server is quicker than we are: the conversation is not written down yet."""
    claimed, *_ = delivery_queue.claim_deliveries(1)
    delivery = Delivery.objects.get(pk=claimed.delivery_id)
    comes(report(delivery, lease=1), delivery.return_path)
    assert stands(delivery) == State.SENDING, "something still happens to it"
    delivery_queue.settle_claim(claimed, YES, timezone.now())
    assert stands(delivery) == State.DELIVERED
    assert weighs_the_same()


@pytest.mark.parametrize("tells_which", [True, False])
def test_what_is_late_says_nothing_of_the_retry(karens, tells_which):
    """It came back, a person asks for it to be sent again, and the first attempt is heard of once more."""
    comes(bounce(karens), karens.return_path)
    assert delivery_queue.retry_deliveries([karens.pk]) == 1
    assert stands(karens) == State.READY
    late = bounce(karens, lease=1 if tells_which else None, number=2)
    comes(late, karens.return_path)
    assert stands(karens) == State.READY
    send_all()
    assert stands(karens) == State.ACCEPTED
    comes(bounce(karens, lease=1, number=3), karens.return_path)
    assert stands(karens) == State.ACCEPTED
    comes(report(karens, lease=2), karens.return_path)
    assert stands(karens) == State.DELIVERED
    assert weighs_the_same()


def test_what_came_before_the_retry_and_is_read_after_it(karens):
    """It does not say which attempt it is about, so the time tells."""
    comes(bounce(karens), karens.return_path)
    store_incoming(bounce(karens, number=2), "", [karens.return_path])
    delivery_queue.retry_deliveries([karens.pk])
    send_all()
    file_all()
    assert stands(karens) == State.ACCEPTED


def test_what_has_arrived_is_not_sent_again(karens, jenses):
    comes(report(karens), karens.return_path)
    assert delivery_queue.retry_deliveries([karens.pk, jenses.pk]) == 0
    with time_machine.travel(timezone.now() + delivery_states.MAX_SILENCE):
        assert delivery_queue.retry_deliveries([karens.pk, jenses.pk]) == 1, "of Jens nothing was heard"


def test_a_late_yes_after_the_retry_is_the_sending_that_counts(cast, dispatch):
    """The worker lost its lease, another was refused, a person asked again: then the first one's 250 comes in."""
    late, *_ = delivery_queue.claim_deliveries(1)
    delivery = Delivery.objects.get(pk=late.delivery_id)
    with time_machine.travel(timezone.now() + delivery_queue.LEASE + timedelta(seconds=1)):
        holder = {one.delivery_id: one for one in delivery_queue.claim_deliveries(50)}[delivery.pk]
        delivery_queue.settle_claim(holder, NO, timezone.now())
        delivery_queue.retry_deliveries([delivery.pk])
        delivery_queue.settle_claim(late, YES, timezone.now())
        comes(report(delivery, lease=1), delivery.return_path)
        assert stands(delivery) == State.DELIVERED


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"heard": State.UNCONFIRMED}, "delivery_heard_known"),
        ({"state": State.DELIVERED, "accepted_at": None}, "delivery_state_known"),
        ({"first_lease": 7}, "delivery_first_lease_has_been_or_is_next"),
    ],
)
def test_the_database_refuses(karens, fields, constraint):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Delivery.objects.filter(pk=karens.pk).update(**fields)


def test_evidence_is_never_rewritten(karens):
    comes(bounce(karens), karens.return_path)
    stray = comes(b"From: a@kk.example\r\n\r\nHej")
    for change in (
        lambda: Evidence.objects.update(proves=State.DELIVERED),
        lambda: Evidence.objects.all().delete(),
        lambda: IncomingMail.objects.update(raw=b"noget andet"),
        lambda: IncomingMail.objects.filter(pk=stray.pk).delete(),
    ):
        with pytest.raises(Exception, match=r"pgtrigger: Cannot"), transaction.atomic():
            change()
