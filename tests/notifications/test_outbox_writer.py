"""Writing a dispatch: one notice for each receiver who is owed a notice, however often the button is pressed."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connection, transaction

from followups import services
from letters.models import Incident, Letter
from notifications.dispatching import dispatch_lifecycle, outbox_writer
from notifications.kinds.notice_kinds import owed_followups
from notifications.kinds.receivers import count_receivers
from notifications.models import Delivery, Dispatch, Kind, Notice, NoticeItem
from sepo_incident.accounts.models import User
from tests.factories import FollowUpFactory, LetterFactory, UserFactory
from tests.followups.decision_answers import RESENT
from tests.notices import repair_letter, request_first_notices, write_notices

Role = Delivery.Role


def test_each_sender_gets_one_notice_about_all_letters(cast, dispatch):
    assert {(notice.receiver, notice.letters) for notice in dispatch.notices.all()} == {
        (cast.karen, 5),
        (cast.anne, 1),
        (cast.ulla, 1),
    }
    assert NoticeItem.objects.count() == 7
    assert dispatch.written == dispatch.promised == 3


def test_leader_is_in_cc_when_there_is_one(cast, dispatch):
    to_whom = {
        notice.receiver: sorted((one.role, one.recipient.name) for one in notice.deliveries.all())
        for notice in dispatch.notices.all()
    }
    assert to_whom[cast.karen] == [(Role.CC, "Jens Ågård"), (Role.TO, "Karen Bülow Møller")]
    assert to_whom[cast.ulla] == [(Role.TO, "Ulla Aaen")]


def test_every_leader_whose_letter_is_named_is_in_cc(cast):
    FollowUpFactory(letter=LetterFactory(incident=cast.incident, sender=cast.karen, leader=cast.torben))
    write_notices(request_first_notices(cast.incident))
    notice = Notice.objects.get(receiver=cast.karen)
    assert notice.leader == cast.jens, "the leader of most letters comes first"
    assert {one.recipient for one in notice.deliveries.filter(role=Role.CC)} == {cast.jens, cast.torben}
    assert "Dine ledere, Jens Ågård og Torben Kjær, får mailen i kopi." in " ".join(notice.text.split())


def test_new_sender_is_owed_a_notice(cast, dispatch):
    Letter.objects.filter(pk=cast.annes.pk).update(sender=cast.olga)
    again = write_notices(request_first_notices(cast.incident))
    notice = again.notices.get()
    assert (notice.receiver, notice.letters) == (cast.olga, 1)
    assert {one.recipient for one in notice.deliveries.all()} == {cast.olga, cast.torben}
    Letter.objects.filter(pk=cast.annes.pk).update(sender=cast.anne)
    assert count_receivers(owed_followups(Kind.FIRST_NOTICE, cast.incident)) == 0, "anne has had hers"


def test_withdrawn_done_and_senderless_letters_are_not_owed(monday, cast):
    cast.annes.withdrawn_at = cast.annes.sent_at
    cast.annes.save()
    cast.ullas.sender = None
    cast.ullas.save()
    services.decide(cast.plain, RESENT, cast.karen, 0)
    write_notices(request_first_notices(cast.incident))
    assert Notice.objects.get().letters == 4


def test_request_needs_the_current_count(cast):
    with pytest.raises(dispatch_lifecycle.RecipientCountChanged, match="tallet er ændret fra 4 til 3 beskeder"):
        dispatch_lifecycle.request_dispatch(Kind.FIRST_NOTICE, cast.incident, 4)
    assert not Dispatch.objects.exists()


def test_one_dispatch_at_a_time(cast):
    first = request_first_notices(cast.incident)
    with pytest.raises(dispatch_lifecycle.DispatchAlreadyRequested) as other:
        request_first_notices(cast.incident)
    assert other.value.dispatch == first


def test_failing_notice_does_not_stop_the_others(cast, faulty, caplog):
    dispatch = request_first_notices(cast.incident)
    while outbox_writer.write_batch(dispatch.pk, 1):
        pass
    dispatch.refresh_from_db()
    assert (dispatch.written, dispatch.failed_receivers) == (2, [cast.karen.pk])
    assert f"user {cast.karen.pk} cannot be composed: ValueError" in caplog.text
    assert f"letters [{faulty.pk}]" in caplog.text
    assert cast.karen.name not in caplog.text
    repair_letter(faulty)
    assert write_notices(request_first_notices(cast.incident)).notices.get().receiver == cast.karen


def test_dispatch_is_unfinished_while_another_worker_writes(transactional_db, cast):
    dispatch = request_first_notices(cast.incident)
    soon = time.monotonic() + 20
    with transaction.atomic(), ThreadPoolExecutor(1) as pool:
        Dispatch.objects.select_for_update().get(pk=dispatch.pk)
        assert pool.submit(in_thread, outbox_writer.write_notices_until, dispatch.pk, soon).result() is False
    assert outbox_writer.write_notices_until(dispatch.pk, soon) is True


def in_thread(work, *arguments):
    try:
        return work(*arguments)
    finally:
        connection.close()


def test_writing_continues_after_a_kill(cast):
    dispatch = request_first_notices(cast.incident)
    assert outbox_writer.write_batch(dispatch.pk, size=2) == 2
    assert not Dispatch.objects.get().is_written
    write_notices(dispatch)
    assert dispatch.written == 3
    assert NoticeItem.objects.count() == 7


def test_decision_undone_while_writing_waits(monday, cast):
    """A second notice to the same sender in the dispatch would fail forever."""
    services.decide(cast.plain, RESENT, cast.karen, 0)
    dispatch = request_first_notices(cast.incident)
    outbox_writer.write_batch(dispatch.pk)
    services.undo_decision(cast.plain, cast.karen, 1)
    write_notices(dispatch)
    assert dispatch.is_written
    assert count_receivers(owed_followups(Kind.FIRST_NOTICE, cast.incident)) == 1


def test_writing_takes_few_queries(cast, django_assert_max_num_queries):
    for _ in range(40):
        FollowUpFactory(letter=LetterFactory(incident=cast.incident, sender=UserFactory(), leader=cast.jens))
    dispatch = request_first_notices(cast.incident)
    with django_assert_max_num_queries(13):
        assert outbox_writer.write_batch(dispatch.pk) == 43


def test_database_refuses_a_second_notice_item(cast, dispatch):
    item = NoticeItem.objects.first()
    with pytest.raises(IntegrityError, match="notice_item_owed_once"), transaction.atomic():
        NoticeItem.objects.create(
            notice=item.notice, followup=item.followup, kind=item.kind, owed_on=item.owed_on, receiver=item.receiver
        )


def test_notices_are_append_only(dispatch):
    notice = dispatch.notices.first()
    notice.subject = "Noget andet"
    with pytest.raises(Exception, match="append_only"), transaction.atomic():
        notice.save()


def test_return_path_is_short_and_survives_folding(dispatch):
    for delivery in Delivery.objects.all():
        local, _, _ = delivery.return_path.partition("@")
        assert len(local) <= 64
        assert delivery.return_path == delivery.return_path.lower()
    assert Delivery.objects.values("return_token").distinct().count() == 5


def test_two_clicks_at_the_same_moment_send_once(transactional_db, cast):
    def click(_):
        try:
            return dispatch_lifecycle.request_dispatch(
                Kind.FIRST_NOTICE, Incident.objects.get(), 3, by=User.objects.get(pk=cast.mette.pk)
            ).pk
        except dispatch_lifecycle.DispatchAlreadyRequested as other:
            return other.dispatch.pk
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(click, range(4)))) == 1
    assert Dispatch.objects.count() == 1
