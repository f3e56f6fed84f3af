"""The state of a delivery follows from SMTP replies and evidence: the strongest wins in any order, and repeats count
once.
"""

from datetime import date, timedelta
from itertools import pairwise

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from notifications.inbound import delivery_evidence
from notifications.inbound.mail_intake import store_incoming
from notifications.models import Delivery, Evidence, IncomingMail, State, delivery_states
from notifications.outbox import delivery_queue, replies_and_retries
from notifications.outbox.delivery_explanations import explain_apart_from_state, explain_delivery, explain_state
from tests.factories import at
from tests.notifications.inbound.mails import (
    auto_reply,
    bounce,
    process_waiting_mails,
    receive_mail,
    receive_mails,
    reply,
    report,
    settle_all_claims,
)
from tests.notifications.smtp_answers import ACCEPTED, CONNECTION_LOST, REFUSED


def state_of(delivery: Delivery) -> State:
    delivery.refresh_from_db()
    [(in_sql,)] = Delivery.objects.filter(pk=delivery.pk).with_state_at(timezone.now()).values_list("stands")
    assert in_sql == delivery.current_state, "SQL and Python agree"
    return delivery.current_state


def evidence_is_consistent() -> bool:
    return delivery_evidence.count_consistent_deliveries() == Delivery.objects.count()


@pytest.mark.parametrize(
    ("makes", "state", "owner"),
    [
        (report, State.DELIVERED, "ingen"),
        (lambda one: report(one, "relayed"), State.RELAYED, "Koncern IT"),
        (lambda one: report(one, "delayed", "4.4.1"), State.DELAYED, "systemet"),
        # the action decides, not the status digit
        (lambda one: report(one, "delayed", "5.4.7"), State.DELAYED, "systemet"),
        (bounce, State.RETURNED, "Koncern IT"),
        (lambda one: bounce(one, "554 5.7.1 rejected as spam"), State.REFUSED_SPAM, "Koncern IT"),
        (auto_reply, State.AUTO_REPLY, "lederen"),
        (reply, State.DELIVERED, "ingen"),
    ],
)
def test_incoming_mail_changes_the_delivery_state(monday, karens, makes, state, owner):
    receive_mail(makes(karens), karens.return_path)
    assert state_of(karens) == state
    assert karens.owner.label == owner
    assert karens.state == State.ACCEPTED, "what the mail server said stays"
    now = timezone.now()
    in_a_list = f"{explain_apart_from_state(karens, now)} {explain_state(karens.current_state)}"
    assert explain_delivery(karens, now)
    assert sorted(in_a_list.split()) == sorted(explain_delivery(karens, now).split())


def test_every_state_has_info_owner_and_advice():
    assert set(delivery_states.STATE_INFO) == set(State)
    nobody = [state for state, standing in delivery_states.STATE_INFO.items() if standing.owner == "NOBODY"]
    assert set(nobody) == {*delivery_states.REACHED, *delivery_states.RESOLVED}
    assert all(standing.todo for state, standing in delivery_states.STATE_INFO.items() if state not in nobody)


def test_strongest_evidence_wins_in_any_order(monday, karens):
    """Each neighbours in strength, in both orders."""
    says = {
        State.AUTO_REPLY: auto_reply(karens),
        State.DELIVERED: report(karens),
        State.RETURNED: bounce(karens),
        State.RELAYED: report(karens, "relayed"),
        State.DELAYED: report(karens, "delayed", "4.4.1"),
    }
    for order in (order for pair in pairwise(says) for order in (pair, pair[::-1])):
        with transaction.atomic():
            receive_mails((says[state], karens.return_path) for state in order)
            assert state_of(karens) == min(order, key=list(says).index)
            assert evidence_is_consistent()
            transaction.set_rollback(True)


def test_repeated_mail_counts_once(karens):
    for _ in range(3):
        receive_mail(bounce(karens), karens.return_path)
    assert IncomingMail.objects.count() == Evidence.objects.count() == 1
    receive_mail(bounce(karens, number=2), karens.return_path)
    assert Evidence.objects.count() == 2, "another mail that says the same"
    assert state_of(karens) == State.RETURNED


def test_silent_delivery_is_unconfirmed(karens):
    assert state_of(karens) == State.ACCEPTED
    with time_machine.travel(timezone.now() + delivery_states.MAX_SILENCE):
        assert state_of(karens) == State.UNCONFIRMED
        assert karens.owner.label == "Koncern IT"
        assert explain_delivery(karens, timezone.now()).endswith("Ring, eller send igen.")
        receive_mail(report(karens), karens.return_path)
        assert state_of(karens) == State.DELIVERED


def test_delayed_state_expires(karens):
    receive_mail(report(karens, "delayed", "4.4.1"), karens.return_path)
    with time_machine.travel(timezone.now() + timedelta(days=4)):
        assert state_of(karens) == State.DELAYED
    with time_machine.travel(timezone.now() + delivery_states.MAX_DELAY):
        assert state_of(karens) == State.UNCONFIRMED


def test_auto_reply_state_names_the_return_date(monday, karens):
    receive_mail(auto_reply(karens), karens.return_path)
    karens.refresh_from_db()
    assert karens.away_until == date(2020, 1, 20)
    assert explain_delivery(karens, timezone.now()).startswith("Autosvar: væk til mandag den 20. januar.")
    monday.move_to(at(2020, 1, 20, 23, 0))
    assert state_of(karens) == State.AUTO_REPLY
    monday.move_to(at(2020, 1, 21, 8, 0))
    assert state_of(karens) == State.DELIVERED


@pytest.mark.parametrize("says", [REFUSED, CONNECTION_LOST])
def test_evidence_counts_after_any_smtp_reply(cast, dispatch, says):
    """The connection was lost after the dot, or a later attempt was refused: the report proves the delivery."""
    settle_all_claims(says)
    delivery = Delivery.objects.filter(role="TO").first()
    receive_mail(report(delivery, lease=1), delivery.return_path)
    assert state_of(delivery) == State.DELIVERED


def test_report_before_the_settlement_counts(cast, dispatch):
    """The mail server is faster than we are: the SMTP conversation is not stored yet."""
    claimed, *_ = delivery_queue.claim_deliveries(1)
    delivery = Delivery.objects.get(pk=claimed.delivery_id)
    receive_mail(report(delivery, lease=1), delivery.return_path)
    assert state_of(delivery) == State.SENDING, "something still happens to it"
    delivery_queue.settle_claim(claimed, ACCEPTED)
    assert state_of(delivery) == State.DELIVERED
    assert evidence_is_consistent()


@pytest.mark.parametrize("tells_which", [True, False])
def test_late_report_does_not_apply_to_the_retry(karens, tells_which):
    """The mail bounced, a person requests a retry, and another report about the first attempt comes in."""
    receive_mail(bounce(karens), karens.return_path)
    assert replies_and_retries.retry_deliveries([karens.pk]) == 1
    assert state_of(karens) == State.READY
    late = bounce(karens, lease=1 if tells_which else None, number=2)
    receive_mail(late, karens.return_path)
    assert state_of(karens) == State.READY
    settle_all_claims()
    assert state_of(karens) == State.ACCEPTED
    receive_mail(bounce(karens, lease=1, number=3), karens.return_path)
    assert state_of(karens) == State.ACCEPTED
    receive_mail(report(karens, lease=2), karens.return_path)
    assert state_of(karens) == State.DELIVERED
    assert evidence_is_consistent()


def test_report_received_before_the_retry_does_not_apply(karens):
    """The report names no attempt, so the time of receipt decides."""
    receive_mail(bounce(karens), karens.return_path)
    store_incoming(bounce(karens, number=2), "", [karens.return_path])
    replies_and_retries.retry_deliveries([karens.pk])
    settle_all_claims()
    process_waiting_mails()
    assert state_of(karens) == State.ACCEPTED


def test_delivered_mail_is_not_resent(karens, jenses):
    receive_mail(report(karens), karens.return_path)
    assert replies_and_retries.retry_deliveries([karens.pk, jenses.pk]) == 0
    with time_machine.travel(timezone.now() + delivery_states.MAX_SILENCE):
        assert replies_and_retries.retry_deliveries([karens.pk, jenses.pk]) == 1, "of Jens nothing was heard"


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"evidence_state": State.UNCONFIRMED}, "delivery_evidence_state_known"),
        ({"state": State.DELIVERED, "accepted_at": None}, "delivery_state_known"),
        ({"first_lease": 7}, "delivery_first_lease_has_been_or_is_next"),
    ],
)
def test_database_refuses_inconsistent_states(karens, fields, constraint):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Delivery.objects.filter(pk=karens.pk).update(**fields)


def test_evidence_is_append_only(karens):
    receive_mail(bounce(karens), karens.return_path)
    stray = receive_mail(b"From: a@kk.example\r\n\r\nHej")
    for change in (
        lambda: Evidence.objects.update(proves=State.DELIVERED),
        lambda: Evidence.objects.all().delete(),
        lambda: IncomingMail.objects.update(raw=b"noget andet"),
        lambda: IncomingMail.objects.filter(pk=stray.pk).delete(),
    ):
        with pytest.raises(Exception, match=r"pgtrigger: Cannot"), transaction.atomic():
            change()
