"""A large dispatch needs the approval of a second person."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from followups import services
from notifications import tasks
from notifications.dispatching import dispatch_lifecycle
from notifications.dispatching.dispatch_lifecycle import RecipientCountChanged
from notifications.dispatching.sending_rules_page import SendingRules, change_sending_rules
from notifications.kinds.notice_kinds import owed_followups
from notifications.kinds.receivers import count_receivers
from notifications.models import Delivery, Dispatch, Kind, Notice, SendingChange, SendingSettings
from notifications.outbox import delivery_queue
from sepo_incident.accounts.models import Membership
from sepo_incident.core.database import Conflict
from tests.factories import FollowUpFactory, LetterFactory, UserFactory
from tests.followups.decision_answers import RESENT
from tests.notices import request_first_notices, write_notices

Status = Dispatch.Status


@pytest.fixture
def ole(cast):
    """A second person at Koncern IT."""
    ole = UserFactory(name="Ole Bjerre", unit=cast.root)
    Membership.objects.create(user=ole, unit=cast.root, role=Membership.Role.KIT_ADMIN)
    return ole


@pytest.fixture
def waiting_dispatch(cast, ole):
    SendingSettings.objects.create(incident=cast.incident, approval_above=2)
    return request_first_notices(cast.incident, by=cast.mette)


@pytest.mark.parametrize(
    ("above", "status"), [(None, Status.RUNNING), (3, Status.RUNNING), (2, Status.ASKED), (0, Status.ASKED)]
)
def test_dispatch_above_the_limit_waits(cast, above, status):
    SendingSettings.objects.create(incident=cast.incident, approval_above=above)
    assert request_first_notices(cast.incident, by=cast.mette).status == status


def test_nothing_is_written_before_another_person_approves(cast, waiting_dispatch, ole):
    tasks.write_dispatch(waiting_dispatch.pk)
    tasks.poll_outbox()
    assert not Notice.objects.exists()
    with pytest.raises(dispatch_lifecycle.CannotApproveOwnRequest):
        dispatch_lifecycle.approve_dispatch(waiting_dispatch, 3, by=cast.mette)
    dispatch_lifecycle.approve_dispatch(waiting_dispatch, 3, by=ole)
    write_notices(waiting_dispatch)
    assert (waiting_dispatch.status, waiting_dispatch.approved_by, waiting_dispatch.written) == (Status.RUNNING, ole, 3)
    change = SendingChange.objects.get()
    assert (change.kind, change.number, change.by) == ("APPROVED", 3, ole)


def test_database_refuses_self_approval(cast, waiting_dispatch):
    with pytest.raises(IntegrityError, match="dispatch_approved_by_another"), transaction.atomic():
        Dispatch.objects.update(status=Status.RUNNING, approved_by=cast.mette)


def test_second_role_does_not_allow_self_approval(cast, waiting_dispatch):
    for role, unit in [(Membership.Role.DIT_SUPPORT, cast.root), (Membership.Role.KIT_ADMIN, cast.mette.unit)]:
        Membership.objects.get_or_create(user=cast.mette, unit=unit, role=role)
    with pytest.raises(dispatch_lifecycle.CannotApproveOwnRequest):
        dispatch_lifecycle.approve_dispatch(waiting_dispatch, 3, by=type(cast.mette).objects.get(pk=cast.mette.pk))
    assert Dispatch.objects.get().status == Status.ASKED


@pytest.mark.parametrize("looser", ["", "100"])
def test_requester_cannot_raise_the_limit(as_user, cast, waiting_dispatch, ole, looser):
    """The limit stays for the waiting dispatch and for the next dispatch. A rule changed by another person applies."""
    client = as_user(cast.mette)
    assert "Din egen grænse er uændret" in set_rules(client, above=looser, seen_above="2")
    assert Dispatch.objects.get().status == Status.ASKED
    dispatch_lifecycle.refuse_dispatch(waiting_dispatch, "Jeg prøver igen", by=cast.mette)
    shown = page_text(client, "notices")
    assert "Bed om godkendelse af 3 beskeder</button>" in shown
    assert "skal godkende mere end 2 beskeder" in shown
    mine = request_first_notices(cast.incident, by=cast.mette)
    assert mine.status == Status.ASKED
    dispatch_lifecycle.refuse_dispatch(mine, "Jeg prøver igen", by=cast.mette)
    set_rules(as_user(ole), above="50", seen_above=looser)
    assert request_first_notices(cast.incident, by=cast.mette).status == Status.RUNNING


def test_limit_raised_by_another_person_applies(cast, ole):
    SendingSettings.objects.create(incident=cast.incident, approval_above=2)
    change_sending_rules(cast.incident, SendingRules(None, None), SendingRules(2, None), by=ole)
    assert request_first_notices(cast.incident, by=cast.mette).status == Status.RUNNING


def test_approval_needs_the_current_count(monday, cast, waiting_dispatch, ole):
    services.decide(cast.annes, RESENT, cast.anne, 0)
    with pytest.raises(RecipientCountChanged, match="tallet er ændret fra 3 til 2 beskeder"):
        dispatch_lifecycle.approve_dispatch(waiting_dispatch, 3, by=ole)
    assert not SendingChange.objects.exists()
    dispatch_lifecycle.approve_dispatch(waiting_dispatch, 2, by=ole)
    assert write_notices(waiting_dispatch).written == waiting_dispatch.promised == 2


def test_letters_added_while_waiting_go_to_the_next_dispatch(cast, waiting_dispatch, ole):
    FollowUpFactory(letter=LetterFactory(incident=cast.incident, sender=UserFactory(), leader=cast.jens))
    dispatch_lifecycle.approve_dispatch(waiting_dispatch, 3, by=ole)
    assert write_notices(waiting_dispatch).written == 3
    assert count_receivers(owed_followups(Kind.FIRST_NOTICE, cast.incident)) == 1


def test_refused_dispatch_sends_nothing(cast, waiting_dispatch, ole):
    dispatch_lifecycle.refuse_dispatch(waiting_dispatch, "Vent til mandag", by=ole)
    tasks.write_dispatch(waiting_dispatch.pk)
    assert not Notice.objects.exists()
    assert count_receivers(owed_followups(Kind.FIRST_NOTICE, cast.incident)) == 3
    call_command("balance")
    assert request_first_notices(cast.incident, by=cast.mette).status == Status.ASKED, "one may ask again"


def test_concurrent_approval_and_refusal_give_one_result(transactional_db, cast, waiting_dispatch, ole):
    def answer(number):
        try:
            if number % 2:
                dispatch_lifecycle.approve_dispatch(waiting_dispatch, 3, by=ole)
            else:
                dispatch_lifecycle.refuse_dispatch(waiting_dispatch, "Nej", by=ole)
            return "done"
        except Conflict:
            return "overtaken"
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(answer, range(4))) == ["done", "overtaken", "overtaken", "overtaken"]
    assert SendingChange.objects.count() == 1


def page_text(client, name, *args):
    response = client.get(reverse(name, args=args))
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_waiting_dispatch_is_shown(as_user, cast, waiting_dispatch, ole):
    mine = as_user(cast.mette)
    assert "En udsendelse på 3 beskeder venter på" in page_text(mine, "notices")
    assert "En udsendelse på 3 beskeder venter på godkendelse." in page_text(mine, "incident")
    shown = page_text(mine, "dispatch", waiting_dispatch.pk)
    assert "Du har selv bestilt den" in shown
    assert "Godkend og send" not in shown
    refused = mine.post(reverse("approve_dispatch", args=[waiting_dispatch.pk]), {"lovet": "3"}, follow=True)
    assert "en anden i Koncern IT skal godkende den" in refused.content.decode()
    assert Dispatch.objects.get().status == Status.ASKED
    assert "Godkend og send 3 beskeder</button>" in page_text(as_user(ole), "dispatch", waiting_dispatch.pk)


def test_second_approval_on_the_page_is_harmless(as_user, cast, waiting_dispatch, ole):
    client, address = as_user(ole), reverse("approve_dispatch", args=[waiting_dispatch.pk])
    first = client.post(address, {"lovet": "3"}, follow=True).content.decode()
    assert "Udsendelsen er godkendt og går i gang." in first
    assert "godkendte udsendelsen: 3 beskeder" in first
    second = client.post(address, {"lovet": "3"}, follow=True).content.decode()
    assert "Ole Bjerre var først og godkendte udsendelsen" in second


def test_approve_button_shows_the_current_count(monday, as_user, cast, waiting_dispatch, ole):
    services.decide(cast.annes, RESENT, cast.anne, 0)
    client = as_user(ole)
    assert "Godkend og send 2 beskeder</button>" in page_text(client, "dispatch", waiting_dispatch.pk)
    changed = client.post(reverse("approve_dispatch", args=[waiting_dispatch.pk]), {"lovet": "3"}, follow=True)
    assert "tallet er ændret fra 3 til 2 beskeder" in changed.content.decode()


def test_refusal_needs_a_reason(as_user, cast, waiting_dispatch, ole):
    client, address = as_user(ole), reverse("refuse_dispatch", args=[waiting_dispatch.pk])
    empty = client.post(address, {"grund": ""})
    assert (empty.status_code, Dispatch.objects.get().status) == (422, Status.ASKED)
    assert "Skriv hvorfor." in empty.content.decode()
    done = client.post(address, {"grund": "Vent til mandag"}, follow=True).content.decode()
    assert "Vent til mandag" in done
    assert "Udsendelsen blev ikke godkendt, og intet er sendt." in done


def test_send_button_says_that_approval_is_needed(as_user, cast, ole):
    client = as_user(cast.mette)
    assert "Send 3 beskeder</button>" in page_text(client, "notices")
    set_rules(client, above="2")
    assert "Bed om godkendelse af 3 beskeder</button>" in page_text(client, "notices")


def test_concurrent_rule_changes_conflict(as_user, cast, ole):
    client = as_user(cast.mette)
    set_rules(client, above="100", minute="30")
    told = set_rules(client, seen_above="50", seen_minute="30")
    assert "En anden har lige ændret reglerne" in told
    assert SendingSettings.objects.values_list("approval_above", "per_minute").get() == (100, 30)
    set_rules(client, seen_above="100", seen_minute="30")
    assert SendingSettings.objects.values_list("approval_above", "per_minute").get() == (None, None)
    assert SendingChange.objects.filter(kind="RULED").count() == 2
    shown = page_text(client, "sending_rules")
    assert "Udsendelser på mere end 100 beskeder skal godkendes, og der går højst 30 mails ud i minuttet." in shown
    assert "Højst 3 forbindelser til hver server." in shown


def set_rules(client, above="", minute="", seen_above="", seen_minute=""):
    said = {"approval_above": above, "per_minute": minute, "saa_godkendt": seen_above, "saa_fart": seen_minute}
    return client.post(reverse("sending_rules"), said, follow=True).content.decode()


def test_sending_rate_can_be_lowered(cast, ole, as_user):
    set_rules(as_user(cast.mette), minute="2")
    write_notices(request_first_notices(cast.incident))
    assert len(delivery_queue.claim_deliveries(50)) == 2
    assert delivery_queue.claim_deliveries(50) == [], "two a minute, from whichever worker"
    assert delivery_queue.mails_per_minute() == 2


def test_unmeetable_rule_is_refused(as_user, cast):
    assert "mindst to i Koncern IT" in set_rules(as_user(cast.mette), above="10")
    assert "Skriv" in set_rules(as_user(cast.mette), minute="0")
    assert not SendingSettings.objects.exists()


def test_command_waits_for_approval(cast, ole):
    SendingSettings.objects.create(incident=cast.incident, approval_above=2)
    with pytest.raises(CommandError, match="venter på godkendelse"):
        call_command("send_notices", "--incident", cast.incident.slug, "--wait")
    assert not Delivery.objects.exists()
