"""The delivery queue: a claim is a lease, an outcome is a row, and only the holder of the lease moves a delivery."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from notifications.models import Attempt, Delivery
from notifications.outbox import delivery_queue, replies_and_retries
from notifications.outbox.delivery_explanations import explain_delivery
from sepo_incident.accounts.models import User
from tests.notifications.smtp_answers import ACCEPTED, CONNECTION_LOST, DEFERRED, REFUSED

State, Stage, Outcome = Delivery.State, Attempt.Stage, Attempt.Outcome


def claim_one():
    (claimed,) = delivery_queue.claim_deliveries(1)
    return claimed


def test_claim_is_a_lease(dispatch):
    claims = delivery_queue.claim_deliveries(3)
    assert len(claims) == 3
    assert {one.state for one in Delivery.objects.filter(pk__in=[each.delivery_id for each in claims])} == {"SENDING"}
    assert len(delivery_queue.claim_deliveries(50)) == 2
    assert delivery_queue.claim_deliveries(50) == []
    assert not delivery_queue.has_due_mail()


def test_an_expired_lease_can_be_claimed_again_under_a_new_number(dispatch):
    first = claim_one()
    with time_machine.travel(timezone.now() + delivery_queue.LEASE + timedelta(seconds=1)):
        again = {claimed.delivery_id: claimed for claimed in delivery_queue.claim_deliveries(50)}[first.delivery_id]
    assert again.lease == first.lease + 1


def test_accepted_delivery_is_settled(dispatch):
    claimed = claim_one()
    assert delivery_queue.settle_claim(claimed, ACCEPTED)
    delivery = Delivery.objects.get(pk=claimed.delivery_id)
    assert (delivery.state, delivery.code, delivery.queue_id, delivery.attempts) == (State.ACCEPTED, 250, "4XyZ", 1)
    assert delivery.accepted_at
    assert delivery.next_attempt_at is None
    attempt = Attempt.objects.get()
    assert (attempt.delivery, attempt.lease, attempt.reply) == (delivery, 1, ACCEPTED.text)
    assert attempt.dsn_offered is True


@pytest.mark.parametrize(("reply", "state"), [(REFUSED, State.REFUSED), (CONNECTION_LOST, State.UNKNOWN)])
def test_refused_or_unknown_delivery_rests(dispatch, reply, state):
    claimed = claim_one()
    delivery_queue.settle_claim(claimed, reply)
    delivery = Delivery.objects.get(pk=claimed.delivery_id)
    assert delivery.state == state
    assert delivery.next_attempt_at is None
    assert delivery.owner.label == "Koncern IT"
    assert delivery in Delivery.objects.retryable()


def test_late_worker_records_its_reply_without_moving_the_delivery(dispatch):
    """The worker lost its lease. The reply is stored; the new holder decides."""
    late = claim_one()
    with time_machine.travel(timezone.now() + delivery_queue.LEASE + timedelta(seconds=1)):
        delivery_queue.claim_deliveries(50)
        assert not delivery_queue.settle_claim(late, REFUSED)
    assert Delivery.objects.get(pk=late.delivery_id).state == State.SENDING
    assert Attempt.objects.get().outcome == Outcome.REFUSED


@pytest.mark.parametrize("other", [REFUSED, ACCEPTED])
@pytest.mark.parametrize("late_is_first", [True, False])
def test_acceptance_counts_from_either_worker(dispatch, caplog, other, late_is_first):
    """The late worker got a 250. The new holder gets another reply, before or after: the mail was sent."""
    late = claim_one()
    with time_machine.travel(timezone.now() + delivery_queue.LEASE + timedelta(seconds=1), tick=False) as clock:
        holder = {claimed.delivery_id: claimed for claimed in delivery_queue.claim_deliveries(50)}[late.delivery_id]
        order = [(late, ACCEPTED), (holder, other)] if late_is_first else [(holder, other), (late, ACCEPTED)]
        accepted_at = timezone.now() if late_is_first or other == ACCEPTED else timezone.now() + timedelta(seconds=5)
        for claimed, reply in order:
            delivery_queue.settle_claim(claimed, reply)
            clock.shift(5)
    delivery = Delivery.objects.get(pk=late.delivery_id)
    assert (delivery.state, delivery.accepted_at, delivery.next_attempt_at) == (State.ACCEPTED, accepted_at, None)
    assert (delivery.code, delivery.reply, delivery.queue_id) == (250, ACCEPTED.text, "4XyZ")
    assert Attempt.objects.filter(delivery=delivery).count() == 2, "what was said is kept"
    assert f"delivery {delivery.pk}: lease 1 was lost" in caplog.text


def test_acceptance_wins_over_a_manual_retry(dispatch):
    late = claim_one()
    with time_machine.travel(timezone.now() + delivery_queue.LEASE + timedelta(seconds=1)):
        delivery_queue.settle_claim(
            {one.delivery_id: one for one in delivery_queue.claim_deliveries(50)}[late.delivery_id],
            REFUSED,
        )
        replies_and_retries.retry_deliveries([late.delivery_id])
        assert delivery_queue.settle_claim(late, ACCEPTED)
        assert late.delivery_id not in {one.delivery_id for one in delivery_queue.claim_deliveries(50)}
    assert Delivery.objects.get(pk=late.delivery_id).state == State.ACCEPTED


def expire_leases(claims):
    """Expire the leases, as after the death of a worker."""
    Delivery.objects.filter(pk__in=[one.delivery_id for one in claims]).update(next_attempt_at=timezone.now())


def test_mail_that_kills_its_worker_is_given_up_alone(dispatch, caplog):
    """Two workers die with all claims. Afterwards each suspect is claimed alone, and the other mails are sent."""
    killer, deaths = Delivery.objects.order_by("pk")[1].pk, 0
    for _ in range(20):
        claims = delivery_queue.claim_deliveries(50)
        assert sum(one.dropped >= delivery_queue.SUSPECT_AFTER for one in claims) <= 1
        for number, claimed in enumerate(claims):
            if claimed.delivery_id == killer:
                deaths += 1
                expire_leases(claims[number:])
                break
            delivery_queue.settle_claim(claimed, ACCEPTED)
    assert deaths == replies_and_retries.DROPPED_TOO_OFTEN
    delivery = Delivery.objects.get(pk=killer)
    assert (delivery.state, delivery.stage, delivery.next_attempt_at) == (State.GIVEN_UP, "prepare", None)
    assert explain_delivery(delivery, timezone.now()) == "Programmet stoppede 5 gange i træk, mens det sendte mailen."
    assert set(Delivery.objects.exclude(pk=killer).values_list("state", flat=True)) == {State.ACCEPTED}
    assert f"delivery {killer} was dropped 5 times in a row" in caplog.text


def test_retry_times(dispatch):
    """After 1, 5, 15, 30 and 60 minutes, then hourly; given up after a day."""
    Delivery.objects.exclude(pk=Delivery.objects.first().pk).update(
        state=State.REFUSED, next_attempt_at=None, stage="rcpt"
    )
    start, waits = timezone.now(), []
    with time_machine.travel(start, tick=False) as clock:
        while True:
            delivery_queue.settle_claim(claim_one(), DEFERRED)
            delivery = Delivery.objects.order_by("pk").first()
            if delivery.state == State.GIVEN_UP:
                break
            assert not delivery_queue.has_due_mail()
            waits.append((delivery.next_attempt_at - timezone.now()).total_seconds() / 60)
            clock.move_to(delivery.next_attempt_at)
        assert waits[:7] == [1, 5, 15, 30, 60, 60, 60]
        assert set(waits[7:]) == {60}
        assert timedelta(hours=23) < timezone.now() - start <= timedelta(hours=24)
    assert delivery.next_attempt_at is None
    assert Attempt.objects.count() == len(waits) + 1


def test_unsent_claims_are_released(dispatch):
    claims = delivery_queue.claim_deliveries(50)
    assert delivery_queue.release_claims(claims[1:]) == 4
    assert sorted(Delivery.objects.values_list("state", flat=True)) == ["READY"] * 4 + ["SENDING"]
    assert Delivery.objects.filter(attempts=0).count() == 5
    assert {one.dropped for one in delivery_queue.claim_deliveries(50)} == {0}, "to give back is not to drop"


def test_only_resting_unaccepted_mail_is_retried(dispatch):
    refused, accepted, sending, *_ = delivery_queue.claim_deliveries(3)
    delivery_queue.settle_claim(refused, REFUSED)
    delivery_queue.settle_claim(accepted, ACCEPTED)
    assert replies_and_retries.retry_deliveries([one.delivery_id for one in (refused, accepted, sending)]) == 1
    assert Delivery.objects.get(pk=refused.delivery_id).state == State.READY


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"state": State.SENDING, "lease": 0}, "delivery_sending_has_a_lease"),
        ({"state": State.SENDING, "lease": 1, "next_attempt_at": None}, "delivery_under_way_has_a_time"),
        ({"state": State.REFUSED, "next_attempt_at": None}, "delivery_tried_has_a_stage"),
        ({"state": State.ACCEPTED, "stage": "done", "next_attempt_at": None}, "delivery_accepted_has_a_reply"),
    ],
)
def test_database_refuses_contradictory_state_and_times(dispatch, fields, constraint):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Delivery.objects.filter(role="CC").update(**fields)


def test_attempts_are_append_only(dispatch):
    delivery_queue.settle_claim(claim_one(), ACCEPTED)
    with pytest.raises(Exception, match="append_only"), transaction.atomic():
        Attempt.objects.update(reply="noget andet")


def test_the_claim_uses_the_partial_index(dispatch):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        claim, values = delivery_queue.claim_statement(5)
        cursor.execute(f"EXPLAIN {claim}", values)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "delivery_to_claim" in plan


@pytest.mark.django_db(transaction=True)
def test_five_workers_claim_each_mail_once(cast, dispatch):
    people = User.objects.bulk_create(User(name="Bo", email=f"bo{number}@kk.example") for number in range(300))
    now = timezone.now()
    copy = {"notice": dispatch.notices.first(), "role": Delivery.Role.CC, "next_attempt_at": now, "changed_at": now}
    Delivery.objects.bulk_create(
        Delivery(recipient=one, address=one.email, return_token=one.email, **copy) for one in people
    )
    start = Barrier(5)

    def claim_all(_):
        start.wait()
        claimed = []
        while claims := delivery_queue.claim_deliveries(7):
            claimed += [(one.delivery_id, one.lease) for one in claims]
        connection.close()
        return claimed

    with ThreadPoolExecutor(5) as workers:
        claimed = [one for claims in workers.map(claim_all, range(5)) for one in claims]
    assert len(claimed) == len(set(claimed)) == Delivery.objects.count() == 305
    assert set(Delivery.objects.values_list("lease", flat=True)) == {1}
