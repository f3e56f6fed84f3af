"""The outbox: a claim is a lease, an outcome is a row, and only the holder of the lease may move a mail."""

import subprocess
import sys
from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from notifications.models import Attempt, Delivery
from notifications.outbox import delivery_queue
from notifications.outbox.delivery_explanations import explain_delivery
from notifications.outbox.smtp_replies import Reply
from tests.fixtures_worker import worker_environment

State, Stage, Outcome = Delivery.State, Attempt.Stage, Attempt.Outcome

YES = Reply(Stage.DONE, Outcome.ACCEPTED, 250, "2.0.0 Ok: queued as 4XyZ", True)
WAIT = Reply(Stage.RCPT, Outcome.DEFERRED, 451, "4.3.2 Prøv senere", True)
NO = Reply(Stage.RCPT, Outcome.REFUSED, 550, "5.1.1 User unknown", True)
SILENCE = Reply(Stage.DATA, Outcome.UNKNOWN, None, "SMTPServerDisconnected", True)


def claim_one():
    (claimed,) = delivery_queue.claim_deliveries(1)
    return claimed


def test_a_claim_is_a_lease(dispatch):
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


def test_accepted(dispatch):
    claimed = claim_one()
    assert delivery_queue.settle_claim(claimed, YES, timezone.now())
    delivery = Delivery.objects.get(pk=claimed.delivery_id)
    assert (delivery.state, delivery.code, delivery.queue_id, delivery.attempts) == (State.ACCEPTED, 250, "4XyZ", 1)
    assert delivery.accepted_at
    assert delivery.next_attempt_at is None
    attempt = Attempt.objects.get()
    assert (attempt.delivery, attempt.lease, attempt.reply) == (delivery, 1, YES.text)
    assert attempt.dsn_offered is True


@pytest.mark.parametrize(("reply", "state"), [(NO, State.REFUSED), (SILENCE, State.UNKNOWN)])
def test_at_rest_with_kit(dispatch, reply, state):
    claimed = claim_one()
    delivery_queue.settle_claim(claimed, reply, timezone.now())
    delivery = Delivery.objects.get(pk=claimed.delivery_id)
    assert delivery.state == state
    assert delivery.next_attempt_at is None
    assert delivery.owner.label == "Koncern IT"
    assert delivery in Delivery.objects.retryable()


def test_a_late_worker_keeps_its_words_and_moves_nothing(dispatch):
    """It lost its lease. What the server said is kept; the new holder decides."""
    late = claim_one()
    with time_machine.travel(timezone.now() + delivery_queue.LEASE + timedelta(seconds=1)):
        delivery_queue.claim_deliveries(50)
        assert not delivery_queue.settle_claim(late, NO, timezone.now())
    assert Delivery.objects.get(pk=late.delivery_id).state == State.SENDING
    assert Attempt.objects.get().outcome == Outcome.REFUSED


@pytest.mark.parametrize("other", [NO, WAIT, SILENCE, YES])
@pytest.mark.parametrize("late_is_first", [True, False])
def test_accepted_is_accepted_whoever_heard_it(dispatch, caplog, other, late_is_first):
    """The late worker got a 250. The new holder hears something else, before or after: the mail is out."""
    late = claim_one()
    with time_machine.travel(timezone.now() + delivery_queue.LEASE + timedelta(seconds=1), tick=False) as clock:
        holder = {claimed.delivery_id: claimed for claimed in delivery_queue.claim_deliveries(50)}[late.delivery_id]
        order = [(late, YES), (holder, other)] if late_is_first else [(holder, other), (late, YES)]
        accepted_at = timezone.now() if late_is_first or other == YES else timezone.now() + timedelta(seconds=5)
        for claimed, reply in order:
            delivery_queue.settle_claim(claimed, reply, timezone.now())
            clock.shift(5)
    delivery = Delivery.objects.get(pk=late.delivery_id)
    assert (delivery.state, delivery.accepted_at, delivery.next_attempt_at) == (State.ACCEPTED, accepted_at, None)
    assert (delivery.code, delivery.reply, delivery.queue_id) == (250, YES.text, "4XyZ")
    assert Attempt.objects.filter(delivery=delivery).count() == 2, "what was said is kept"
    assert f"delivery {delivery.pk}: lease 1 was lost" in caplog.text


def test_accepted_wins_over_a_mail_that_a_person_sends_again(dispatch):
    late = claim_one()
    with time_machine.travel(timezone.now() + delivery_queue.LEASE + timedelta(seconds=1)):
        delivery_queue.settle_claim(
            {one.delivery_id: one for one in delivery_queue.claim_deliveries(50)}[late.delivery_id], NO, timezone.now()
        )
        delivery_queue.retry_deliveries([late.delivery_id])
        assert delivery_queue.settle_claim(late, YES, timezone.now())
        assert late.delivery_id not in {one.delivery_id for one in delivery_queue.claim_deliveries(50)}
    assert Delivery.objects.get(pk=late.delivery_id).state == State.ACCEPTED


def die_holding(claims):
    """The worker ends without a word, and its leases run out."""
    Delivery.objects.filter(pk__in=[one.delivery_id for one in claims]).update(next_attempt_at=timezone.now())


def test_a_mail_that_kills_its_worker_is_given_up_and_takes_no_other_with_it(dispatch, caplog):
    """Two workers die with everything in hand; from then on the suspects go one at a time, and the innocent get out."""
    killer, deaths = Delivery.objects.order_by("pk")[1].pk, 0
    for _ in range(20):
        claims = delivery_queue.claim_deliveries(50)
        assert sum(one.is_suspect for one in claims) <= 1
        for number, claimed in enumerate(claims):
            if claimed.delivery_id == killer:
                deaths += 1
                die_holding(claims[number:])
                break
            delivery_queue.settle_claim(claimed, YES, timezone.now())
    assert deaths == delivery_queue.DROPPED_TOO_OFTEN
    delivery = Delivery.objects.get(pk=killer)
    assert (delivery.state, delivery.stage, delivery.next_attempt_at) == (State.GIVEN_UP, "prepare", None)
    assert explain_delivery(delivery, timezone.now()) == "Programmet stoppede 5 gange i træk, mens det sendte mailen."
    assert set(Delivery.objects.exclude(pk=killer).values_list("state", flat=True)) == {State.ACCEPTED}
    assert f"delivery {killer} was dropped 5 times in a row" in caplog.text


def test_a_mail_that_was_given_up_begins_anew_when_a_person_asks(dispatch):
    Delivery.objects.update(lease=delivery_queue.DROPPED_TOO_OFTEN)
    assert delivery_queue.claim_deliveries(50) == []
    assert delivery_queue.retry_deliveries(Delivery.objects.values_list("pk", flat=True)) == 5
    assert {one.dropped for one in delivery_queue.claim_deliveries(50)} == {0}


def test_retry_times(dispatch):
    """1, 5, 15, 30, 60 minutes, then hourly; given up when a day has gone by."""
    Delivery.objects.exclude(pk=Delivery.objects.first().pk).update(
        state=State.REFUSED, next_attempt_at=None, stage="rcpt"
    )
    start, waits = timezone.now(), []
    with time_machine.travel(start, tick=False) as clock:
        while True:
            delivery_queue.settle_claim(claim_one(), WAIT, timezone.now())
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


def test_what_there_was_no_time_for_is_given_back(dispatch):
    claims = delivery_queue.claim_deliveries(50)
    assert delivery_queue.release_claims(claims[1:]) == 4
    assert sorted(Delivery.objects.values_list("state", flat=True)) == ["READY"] * 4 + ["SENDING"]
    assert Delivery.objects.filter(attempts=0).count() == 5
    assert {one.dropped for one in delivery_queue.claim_deliveries(50)} == {0}, "to give back is not to drop"


def test_only_what_rests_unaccepted_is_sent_again(dispatch):
    refused, accepted, sending, *_ = delivery_queue.claim_deliveries(3)
    delivery_queue.settle_claim(refused, NO, timezone.now())
    delivery_queue.settle_claim(accepted, YES, timezone.now())
    assert delivery_queue.retry_deliveries([one.delivery_id for one in (refused, accepted, sending)]) == 1
    assert Delivery.objects.get(pk=refused.delivery_id).state == State.READY


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"state": State.SENDING, "lease": 0}, "delivery_sending_has_a_lease"),
        ({"state": State.SENDING, "lease": 1, "next_attempt_at": None}, "delivery_under_way_has_a_time"),
        ({"state": State.DEFERRED, "stage": "rcpt", "next_attempt_at": None}, "delivery_under_way_has_a_time"),
        ({"state": State.REFUSED, "stage": "rcpt"}, "delivery_under_way_has_a_time"),
        ({"state": State.REFUSED, "next_attempt_at": None}, "delivery_tried_has_a_stage"),
        ({"state": State.ACCEPTED, "stage": "done", "next_attempt_at": None}, "delivery_accepted_has_a_reply"),
        ({"accepted_at": timezone.now()}, "delivery_accepted_has_a_reply"),
    ],
)
def test_state_and_times_agree(dispatch, fields, constraint):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Delivery.objects.filter(role="CC").update(**fields)


def test_what_was_said_cannot_be_rewritten(dispatch):
    delivery_queue.settle_claim(claim_one(), YES, timezone.now())
    with pytest.raises(Exception, match="append_only"), transaction.atomic():
        Attempt.objects.update(reply="noget andet")


def test_the_claim_uses_the_partial_index(dispatch):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        claim, values = delivery_queue.claim_statement(5, timezone.now())
        cursor.execute(f"EXPLAIN {claim}", values)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "delivery_to_claim" in plan


CLAIM_ALL = """
import django; django.setup()
from notifications.outbox import outbox
while claims := outbox.claim(7):
    for one in claims:
        print(one.delivery_id, one.lease)
"""


@pytest.mark.engines
def test_five_processes_claim_one_outbox_and_nothing_twice(transactional_db, cast, settings, sink):
    from tests.factories import FollowUpFactory, LetterFactory, UserFactory
    from tests.notifications.conftest import request, write

    for _ in range(150):
        FollowUpFactory(letter=LetterFactory(incident=cast.incident, sender=UserFactory(), leader=cast.jens))
    write(request(cast.incident))
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", CLAIM_ALL],
            env={**subprocess.os.environ, **worker_environment(settings, sink)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(5)
    ]
    claimed = [line for worker in workers for line in worker.communicate(timeout=60)[0].splitlines()]
    assert all(worker.returncode == 0 for worker in workers)
    assert len(claimed) == Delivery.objects.count() == 305
    assert len(set(claimed)) == 305
    assert set(Delivery.objects.values_list("lease", flat=True)) == {1}
