"""A large dispatch asks a second person, who answers for what they see."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from followups import services
from notifications import tasks
from notifications.dispatching import approval, dispatch_writer
from notifications.dispatching.dispatch_writer import RecipientCountChanged
from notifications.dispatching.sending_rules import SendingRules, change_sending_rules
from notifications.models import Delivery, Dispatch, Kind, Notice, SendingChange, SendingSettings
from notifications.outbox import delivery_queue, rate_limit
from sepo_incident.accounts.models import Membership
from sepo_incident.core.conflict import Conflict
from tests.factories import FollowUpFactory, LetterFactory, UserFactory
from tests.followups.test_services import SENT_AGAIN
from tests.notifications.conftest import request, write

Status = Dispatch.Status


@pytest.fixture
def ole(cast):
    """The second person at Koncern IT."""
    ole = UserFactory(name="Ole Bjerre", unit=cast.root)
    Membership.objects.create(user=ole, unit=cast.root, role=Membership.Role.KIT_ADMIN)
    return ole


@pytest.fixture
def asked(cast, ole):
    SendingSettings.objects.create(incident=cast.incident, approval_above=2)
    return request(cast.incident, by=cast.mette)


@pytest.mark.parametrize(
    ("above", "status"),
    [(None, Status.RUNNING), (3, Status.RUNNING), (2, Status.ASKED), (0, Status.ASKED)],
)
def test_above_the_number_it_waits(cast, above, status):
    SendingSettings.objects.create(incident=cast.incident, approval_above=above)
    assert request(cast.incident, by=cast.mette).status == status


def test_nothing_is_written_before_somebody_else_approves(cast, asked, ole):
    tasks.write_dispatch(asked.pk)
    tasks.poll_outbox()
    assert not Notice.objects.exists()
    with pytest.raises(approval.CannotApproveOwnRequest):
        approval.approve_dispatch(asked, 3, by=cast.mette)
    approval.approve_dispatch(asked, 3, by=ole)
    write(asked)
    assert (asked.status, asked.approved_by, asked.written) == (Status.RUNNING, ole, 3)
    change = SendingChange.objects.get()
    assert (change.kind, change.number, change.by) == ("APPROVED", 3, ole)


def test_the_database_refuses_that_one_approves_ones_own(cast, asked):
    with pytest.raises(IntegrityError, match="dispatch_approved_by_another"), transaction.atomic():
        Dispatch.objects.update(status=Status.RUNNING, approved_by=cast.mette)


def test_a_second_role_makes_no_second_person(cast, asked):
    for role, unit in [(Membership.Role.DIT_SUPPORT, cast.root), (Membership.Role.KIT_ADMIN, cast.mette.unit)]:
        Membership.objects.get_or_create(user=cast.mette, unit=unit, role=role)
    with pytest.raises(approval.CannotApproveOwnRequest):
        approval.approve_dispatch(asked, 3, by=type(cast.mette).objects.get(pk=cast.mette.pk))
    assert Dispatch.objects.get().status == Status.ASKED


@pytest.mark.parametrize("looser", ["", "100"])
def test_whoever_asked_does_not_lift_the_limit(as_user, cast, asked, ole, looser):
    """Neither for the dispatch that waits nor for the next one, which would be the same; another's rules count."""
    client = as_user(cast.mette)
    assert "følger den gamle grænse" in set_rules(client, above=looser, seen_above="2")
    assert Dispatch.objects.get().status == Status.ASKED
    approval.refuse_dispatch(asked, "Jeg prøver igen", by=cast.mette)
    shown = page(client, "notices")
    assert "Bed om godkendelse af 3 varsler</button>" in shown
    assert "for den er på mere end 2 varsler" in shown
    mine = request(cast.incident, by=cast.mette)
    assert mine.status == Status.ASKED
    approval.refuse_dispatch(mine, "Jeg prøver igen", by=cast.mette)
    set_rules(as_user(ole), above="50", seen_above=looser)
    assert request(cast.incident, by=cast.mette).status == Status.RUNNING


def test_a_limit_that_another_lifted_is_lifted(cast, ole):
    SendingSettings.objects.create(incident=cast.incident, approval_above=2)
    change_sending_rules(cast.incident, SendingRules(None, None), SendingRules(2, None), by=ole)
    assert request(cast.incident, by=cast.mette).status == Status.RUNNING


def test_the_number_is_held_against_what_is_owed_at_approval(monday, cast, asked, ole):
    services.decide(cast.annes, SENT_AGAIN, cast.anne, 0)
    with pytest.raises(RecipientCountChanged, match="knappen sagde 3, og nu er det 2 varsler"):
        approval.approve_dispatch(asked, 3, by=ole)
    assert not SendingChange.objects.exists()
    approval.approve_dispatch(asked, 2, by=ole)
    assert write(asked).written == asked.promised == 2


def test_letters_that_come_while_it_waits_are_for_the_next(cast, asked, ole):
    FollowUpFactory(letter=LetterFactory(incident=cast.incident, sender=UserFactory(), leader=cast.jens))
    approval.approve_dispatch(asked, 3, by=ole)
    assert write(asked).written == 3
    assert dispatch_writer.count_receivers(Kind.FIRST_NOTICE, cast.incident) == 1


def test_refused_sends_nothing_and_all_are_still_owed(cast, asked, ole):
    approval.refuse_dispatch(asked, "Vent til mandag", by=ole)
    tasks.write_dispatch(asked.pk)
    assert not Notice.objects.exists()
    assert dispatch_writer.count_receivers(Kind.FIRST_NOTICE, cast.incident) == 3
    call_command("balance")
    assert request(cast.incident, by=cast.mette).status == Status.ASKED, "one may ask again"


def test_two_answers_at_the_same_moment(transactional_db, cast, asked, ole):
    def answer(number):
        try:
            if number % 2:
                approval.approve_dispatch(asked, 3, by=ole)
            else:
                approval.refuse_dispatch(asked, "Nej", by=ole)
            return "done"
        except Conflict:
            return "overtaken"
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(answer, range(4))) == ["done", "overtaken", "overtaken", "overtaken"]
    assert SendingChange.objects.count() == 1


def page(client, name, *args):
    response = client.get(reverse(name, args=args))
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_it_waits_visibly(as_user, cast, asked, ole):
    mine = as_user(cast.mette)
    assert "En udsendelse på 3 varsler venter på" in page(mine, "notices")
    assert "En udsendelse på 3 varsler venter på godkendelse." in page(mine, "incident")
    shown = page(mine, "dispatch", asked.pk)
    assert "Du har selv bedt om den" in shown
    assert "Godkend og send" not in shown
    refused = mine.post(reverse("approve_dispatch", args=[asked.pk]), {"lovet": "3"}, follow=True)
    assert "en anden i Koncern IT skal godkende den" in refused.content.decode()
    assert Dispatch.objects.get().status == Status.ASKED
    assert "Godkend og send 3 varsler</button>" in page(as_user(ole), "dispatch", asked.pk)


def test_approve_on_the_page_twice(as_user, cast, asked, ole):
    client, address = as_user(ole), reverse("approve_dispatch", args=[asked.pk])
    first = client.post(address, {"lovet": "3"}, follow=True).content.decode()
    assert "Udsendelsen er godkendt og går i gang." in first
    assert "godkendte udsendelsen: 3 varsler" in first
    second = client.post(address, {"lovet": "3"}, follow=True).content.decode()
    assert "Ole Bjerre var først og godkendte udsendelsen" in second


def test_the_number_on_the_approvers_button(monday, as_user, cast, asked, ole):
    services.decide(cast.annes, SENT_AGAIN, cast.anne, 0)
    client = as_user(ole)
    assert "Godkend og send 2 varsler</button>" in page(client, "dispatch", asked.pk)
    changed = client.post(reverse("approve_dispatch", args=[asked.pk]), {"lovet": "3"}, follow=True)
    assert "tallet har ændret sig" in changed.content.decode()


def test_refuse_with_a_reason(as_user, cast, asked, ole):
    client, address = as_user(ole), reverse("refuse_dispatch", args=[asked.pk])
    empty = client.post(address, {"grund": ""})
    assert (empty.status_code, Dispatch.objects.get().status) == (422, Status.ASKED)
    assert "Skriv hvorfor." in empty.content.decode()
    done = client.post(address, {"grund": "Vent til mandag"}, follow=True).content.decode()
    assert "Vent til mandag" in done
    assert "Udsendelsen blev ikke godkendt, og der er ikke sendt noget." in done


def test_the_button_says_that_it_asks(as_user, cast, ole):
    client = as_user(cast.mette)
    assert "Send 3 varsler</button>" in page(client, "notices")
    set_rules(client, above="2")
    assert "Bed om godkendelse af 3 varsler</button>" in page(client, "notices")


def test_the_rules_of_two_people_at_once(as_user, cast, ole):
    client = as_user(cast.mette)
    set_rules(client, above="100", minute="30")
    told = set_rules(client, seen_above="50", seen_minute="30")
    assert "En anden har lige ændret reglerne" in told
    assert SendingSettings.objects.values_list("approval_above", "per_minute").get() == (100, 30)
    set_rules(client, seen_above="100", seen_minute="30")
    assert SendingSettings.objects.values_list("approval_above", "per_minute").get() == (None, None)
    assert SendingChange.objects.filter(kind="RULED").count() == 2
    shown = page(client, "sending_rules")
    assert "Udsendelser på mere end 100 varsler skal godkendes, og der går højst 30 mails ud i minuttet." in shown
    assert "har højst 3 forbindelser fra os ad gangen" in shown


def set_rules(client, above="", minute="", seen_above="", seen_minute=""):
    said = {"approval_above": above, "per_minute": minute, "saa_godkendt": seen_above, "saa_fart": seen_minute}
    return client.post(reverse("sending_rules"), said, follow=True).content.decode()


def test_kit_slows_the_sending_down(cast, ole, as_user):
    set_rules(as_user(cast.mette), minute="2")
    write(request(cast.incident))
    assert len(delivery_queue.claim_deliveries(50)) == 2
    assert delivery_queue.claim_deliveries(50) == [], "two a minute, from whichever worker"
    assert rate_limit.mails_per_minute() == 2


def test_a_rule_that_nobody_could_meet_is_refused(as_user, cast):
    assert "mindst to i Koncern IT" in set_rules(as_user(cast.mette), above="10")
    assert "Skriv" in set_rules(as_user(cast.mette), minute="0")
    assert not SendingSettings.objects.exists()


def test_the_command_line_asks_too(cast, ole):
    SendingSettings.objects.create(incident=cast.incident, approval_above=2)
    with pytest.raises(CommandError, match="venter på godkendelse"):
        call_command("send_notices", "--incident", cast.incident.slug, "--wait")
    assert not Delivery.objects.exists()
