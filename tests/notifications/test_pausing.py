"""Pause, resume and stop: one of two concurrent acts wins, held mail is not sent, and stopped mail is owed again."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from notifications import tasks
from notifications.dispatching import dispatch_lifecycle, outbox_writer
from notifications.kinds.notice_kinds import owed_followups
from notifications.kinds.receivers import count_receivers
from notifications.models import Delivery, Dispatch, Kind, Notice, NoticeItem, SendingChange
from notifications.outbox import delivery_queue, enqueue
from sepo_incident.core.database import Conflict
from tests.notices import delivery_to, request_first_notices, write_notices
from tests.notifications.smtp_answers import ACCEPTED

State, Status = Delivery.State, Dispatch.Status


def status_of(dispatch):
    return Dispatch.objects.get(pk=dispatch.pk).status


def states():
    return sorted(Delivery.objects.values_list("state", flat=True))


def claim_delivery_to(person):
    """Claim everything, release all but the delivery to the person, and return that claim."""
    claims = delivery_queue.claim_deliveries(50)
    [theirs] = [one for one in claims if one.delivery_id == delivery_to(person).pk]
    delivery_queue.release_claims(one for one in claims if one is not theirs)
    return theirs


def test_pause_holds_mails_without_changing_them(cast, dispatch, drain, sink):
    before = list(Delivery.objects.order_by("pk").values())
    dispatch_lifecycle.pause_all_mails(cast.incident, "Teksten er forkert", cast.mette)
    assert (drain(), delivery_queue.has_due_mail(), delivery_queue.count_due_mails()) == (0, False, 0)
    assert list(Delivery.objects.order_by("pk").values()) == before
    dispatch_lifecycle.resume_all_mails(cast.incident, cast.mette)
    assert drain() == 5
    told = SendingChange.objects.order_by("pk").values_list("kind", "by", "reason")
    assert list(told) == [("PAUSED", cast.mette.pk, "Teksten er forkert"), ("RESUMED", cast.mette.pk, "")]


def test_general_pause_includes_later_mails(cast, drain, sink):
    dispatch_lifecycle.pause_all_mails(cast.incident, "Tre mails blev taget for spam")
    write_notices(request_first_notices(cast.incident))
    enqueue.enqueue_standalone_mail(Kind.ALARM, "vagt@kit.example", "Alarm", "Sendingen er på pause.")
    assert drain() == 1, "the alarm tells of it"
    with pytest.raises(Conflict):
        dispatch_lifecycle.pause_all_mails(cast.incident, "Igen")
    dispatch_lifecycle.resume_all_mails(cast.incident, by=cast.mette)
    assert drain() == 5
    with pytest.raises(Conflict):
        dispatch_lifecycle.resume_all_mails(cast.incident, by=cast.mette)
    assert SendingChange.objects.filter(kind="PAUSED", by=None, dispatch=None).count() == 1


def test_claimed_mail_is_finished_during_a_pause(cast, dispatch):
    [taken, *_] = delivery_queue.claim_deliveries(1)
    dispatch_lifecycle.pause_all_mails(cast.incident, "Vent", cast.mette)
    assert delivery_queue.settle_claim(taken, ACCEPTED)
    assert Delivery.objects.get(pk=taken.delivery_id).state == State.ACCEPTED


def test_stopped_mails_leave_the_queue_and_are_owed_again(cast, dispatch, drain, sink):
    theirs = claim_delivery_to(cast.anne)
    delivery_queue.settle_claim(theirs, ACCEPTED)
    assert dispatch_lifecycle.stop_dispatch(dispatch, "Forkert tekst", by=cast.mette) == 3, (
        "anne's leader still gets the copy"
    )
    assert status_of(dispatch) == Status.STOPPED
    assert delivery_to(cast.torben).state == State.READY
    assert {delivery_to(person).state for person in (cast.karen, cast.jens, cast.ulla)} == {State.STOPPED}
    call_command("balance")
    assert count_receivers(owed_followups(Kind.FIRST_NOTICE, cast.incident)) == 2
    again = write_notices(request_first_notices(cast.incident))
    assert set(again.notices.values_list("receiver", flat=True)) == {cast.karen.pk, cast.ulla.pk}
    assert set(NoticeItem.objects.filter(notice__dispatch=again).values_list("turn", flat=True)) == {1}
    drain()
    assert states() == [State.ACCEPTED] * 5 + [State.STOPPED] * 3
    assert len(sink.mails_to(cast.karen.email)) == 1
    call_command("balance")


@pytest.mark.parametrize(
    ("reply", "karen", "jens"),
    [
        (ACCEPTED, State.ACCEPTED, State.READY),
        (None, State.STOPPED, State.STOPPED),
    ],
)
def test_claimed_mail_settled_after_a_stop(cast, dispatch, reply, karen, jens):
    """An accepted mail stays accepted, and the copy follows; a mail put back in the queue is not sent."""
    theirs = claim_delivery_to(cast.karen)
    dispatch_lifecycle.stop_dispatch(dispatch, "Forkert tekst", by=cast.mette)
    assert (status_of(dispatch), delivery_to(cast.ulla).state) == (Status.STOPPING, State.STOPPED)
    if reply:
        delivery_queue.settle_claim(theirs, reply)
    else:
        delivery_queue.release_claims([theirs])
    assert theirs.delivery_id not in Delivery.objects.due(timezone.now()).values_list("pk", flat=True)
    tasks.poll_outbox()
    assert (delivery_to(cast.karen).state, delivery_to(cast.jens).state) == (karen, jens)
    assert status_of(dispatch) == Status.STOPPED
    call_command("balance")


def test_dispatch_stopped_while_writing(cast):
    dispatch = request_first_notices(cast.incident)
    outbox_writer.write_batch(dispatch.pk, size=2)
    dispatch_lifecycle.stop_dispatch(dispatch, "Forkert liste", by=cast.mette)
    assert outbox_writer.write_batch(dispatch.pk) == 0
    assert Dispatch.objects.get().written == 2
    assert count_receivers(owed_followups(Kind.FIRST_NOTICE, cast.incident)) == 3
    call_command("balance")


def test_concurrent_stops_give_one_result(transactional_db, cast):
    dispatch = write_notices(request_first_notices(cast.incident))

    def stop(_):
        try:
            return dispatch_lifecycle.stop_dispatch(dispatch, "Forkert tekst", by=cast.mette)
        except Conflict:
            return "overtaken"
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(map(str, pool.map(stop, range(4)))) == ["5", "overtaken", "overtaken", "overtaken"]
    assert SendingChange.objects.get().number == 5


def test_concurrent_claim_and_stop_share_no_mail(transactional_db, cast):
    """Each notice is either sent or withdrawn, never both."""
    dispatch = write_notices(request_first_notices(cast.incident))

    def take(_):
        try:
            return delivery_queue.claim_deliveries(1)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        claims = [pool.submit(take, number) for number in range(3)]
        dispatch_lifecycle.stop_dispatch(dispatch, "Forkert tekst", by=cast.mette)
        for claim in claims:
            for one in claim.result():
                delivery_queue.settle_claim(one, ACCEPTED)
    draining_left = [*delivery_queue.claim_deliveries(50)]
    for one in draining_left:
        delivery_queue.settle_claim(one, ACCEPTED)
    dispatch_lifecycle.finish_stopped_dispatches()
    for notice in Notice.objects.all():
        sender = notice.deliveries.get(role="TO").state
        assert sender in (State.ACCEPTED, State.STOPPED)
    assert status_of(dispatch) == Status.STOPPED
    call_command("balance")


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"kind": "STOPPED", "reason": ""}, "sending_change_has_reason"),
        ({"kind": "STOPPED", "dispatch": None}, "sending_change_of_a_dispatch"),
    ],
)
def test_database_refuses_invalid_changes(cast, dispatch, fields, name):
    given = {"incident": cast.incident, "dispatch": dispatch, "reason": "Derfor", "by": cast.mette} | fields
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        SendingChange.objects.create(**given)


def test_sending_changes_are_append_only(cast, dispatch):
    dispatch_lifecycle.pause_all_mails(cast.incident, "Vent", cast.mette)
    with pytest.raises(Exception, match="append_only"), transaction.atomic():
        SendingChange.objects.update(reason="Noget andet")


COPIES = """
    INSERT INTO notifications_notice (dispatch_id, kind, receiver_id, letters, copies, subject, text, html, message_id,
                                      in_reply_to, created_at)
    SELECT dispatch_id, kind, %(sender)s + number, letters, copies, subject, '', '', message_id || number, '',
           created_at
    FROM notifications_notice, generate_series(1, 5000) AS number WHERE id = %(notice)s;
    INSERT INTO notifications_delivery (notice_id, role, address, state, next_attempt_at, lease, attempts, return_token,
                                        changed_at, stage, reply, queue_id)
    SELECT id, 'TO', id || '@kk.example', 'READY', created_at, 0, 0, 't' || id, created_at, '', '', ''
    FROM notifications_notice WHERE subject = 'mange'
"""


def test_paused_mails_do_not_slow_the_claim(cast, dispatch, django_assert_num_queries):
    """The claim skips paused mails in index order, without a sort or a join."""
    first = Notice.objects.order_by("pk").first()
    many = Notice(pk=None, dispatch=dispatch, kind=first.kind, receiver=cast.olga, letters=1, copies=0, subject="mange")
    many.message_id, many.created_at = "<mange@kit.example>", first.created_at
    many.save()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute("SET LOCAL session_replication_role = replica")  # five thousand senders that do not exist
        cursor.execute(COPIES, {"sender": 10_000_000, "notice": many.pk})
        cursor.execute("SET LOCAL session_replication_role = origin")
        cursor.execute("ANALYZE notifications_notice, notifications_delivery, notifications_dispatch")
    dispatch_lifecycle.pause_all_mails(cast.incident, "Vent", cast.mette)
    enqueue.enqueue_standalone_mail(Kind.ALARM, "vagt@kit.example", "Alarm", "Der er stille.")
    begun = timezone.now()
    with django_assert_num_queries(1):
        taken = delivery_queue.claim_deliveries(50)
    assert len(taken) == 1
    assert (timezone.now() - begun).total_seconds() < 0.5
    plan = Delivery.objects.due(timezone.now()).order_by("next_attempt_at", "id")[:50].explain()
    assert "delivery_to_claim" in plan
    assert "Sort" not in plan
    assert "Hash Join" not in plan
