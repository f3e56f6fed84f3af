"""From an alarm of silence to the mails of its incident; letters whose receipts come late leave it."""

import re
from datetime import timedelta

import pytest
from celery import current_app
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

import notifications.tasks  # noqa: F401  # registers the tasks
from letters import tasks
from letters.models import Channel, Leg, Letter, LetterDispatch, SilenceAlarm
from letters.tracking.take_in import take_in_dispatches, take_in_receipts
from notifications.models import Delivery, Notice
from sepo_incident.accounts.models import Membership, Unit
from tests.factories import MembershipFactory, UserFactory
from tests.fixtures_browser import PHONE, assert_sound

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
Kind, Role = Unit.Kind, Membership.Role


@pytest.fixture
def alarm(transactional_db):
    """An alarm that lists six letters of Karen and six of somebody whom nobody knows."""
    buf = Unit.objects.create(name="Børne- og Ungdomsforvaltningen", kind=Kind.ADMINISTRATION, parent=Unit.root())
    school = Unit.objects.create(name="Svalevejens Skole", kind=Kind.UNIT, parent=buf)
    UserFactory(name="Karen Bülow Møller", email="karen@kk.example", unit=school)
    leader = UserFactory(name="Jens Ågård", email="jens@kk.example", unit=school)
    MembershipFactory(user=leader, unit=school, role=Role.LEADER, made_by_staff_file=True)
    now = timezone.now()
    told = [
        {"id": f"SEPO-{number}", "message_uuid": f"{number:036}", "channel": "SEPO", "subject": f"Indkaldelse {number}",
         "sender": "karen@kk.example" if number < 6 else "ny@kk.example", "unit": "Svalevejens Skole",
         "sent_at": (now - timedelta(hours=3)).isoformat()}
        for number in range(12)
    ]  # fmt: skip
    take_in_dispatches(told, now)
    channel = Channel.objects.get()
    leg = Leg.objects.create(channel=channel, kind=Leg.Kind.RECEIPT)
    alarm = SilenceAlarm.objects.create(channel=channel, raised_at=now)
    numbers = {"missing": 12, "expected": 0, "surprise": 22}
    times = {"since": now - timedelta(hours=3), "raised_at": now, "seen_at": now}
    alarm.signs.create(leg=leg, kind="stop", slice_kind="channel", **numbers, **times)
    LetterDispatch.objects.update(alarm=alarm)
    return alarm


@pytest.fixture
def quick_worker(monkeypatch):
    """Run each task at once, after the commit, in the thread of the page."""
    run = lambda task, args=(), **options: current_app.tasks[task].apply(args, throw=True)  # noqa: E731
    monkeypatch.setattr("sepo_incident.core.task_queue.enqueue_now", run)


def test_from_an_alarm_to_mails_and_late_receipts(visitor, sign_in, wait_for, quick_worker, sink, alarm):
    mette = UserFactory(name="Mette Dahl")
    MembershipFactory(user=mette, unit=Unit.root(), role=Role.KIT_ADMIN)
    visitor.set_viewport_size({"width": PHONE, "height": 844})

    sign_in(mette, reverse("silence", args=[alarm.pk]))
    assert_sound(visitor, "an alarm without an incident")
    visitor.get_by_role("button", name="Opret hændelse med 12 breve").click()
    expect(visitor.get_by_role("heading", name="12 breve er indlæst")).to_be_visible(timeout=30_000)
    visitor.get_by_role("link", name="Gå til hændelsen").click()
    expect(visitor.get_by_role("heading", name="SEPO: breve kommer ikke igennem")).to_be_visible()
    expect(visitor.get_by_role("heading", name="Der er ikke sendt noget endnu")).to_be_visible()
    assert_sound(visitor, "a drafted incident")
    assert (Notice.objects.count(), len(sink.mails)) == (0, 0)

    visitor.get_by_role("button", name="Åbn opfølgningen for 12 breve").click()
    expect(visitor.get_by_role("heading", name="Der er ikke sendt noget endnu")).to_have_count(0)
    assert (Notice.objects.count(), len(sink.mails)) == (0, 0)
    visitor.get_by_role("link", name="Gå til beskeder").first.click()
    visitor.get_by_role("button", name="Send 2 beskeder").click()
    wait_for(lambda: Delivery.objects.filter(state="ACCEPTED").count() == 4, "two mails and their copies")
    for address in ("karen@kk.example", "ny@kk.example"):
        [mail] = sink.mails_to(address)
        assert mail.message["Subject"].startswith("6 af dine breve mangler kvittering")
        assert mail.message["Cc"] == "Jens Ågård <jens@kk.example>"

    late = [{"message_uuid": f"{number:036}", "status": "Afleveret Digital Post"} for number in (1, 2)]
    take_in_receipts(late, timezone.now())
    tasks.find_missing_letters()
    assert Letter.objects.withdrawn().count() == 2
    sign_in(mette, reverse("silence", args=[alarm.pk]))
    visitor.get_by_role("link", name="Åbn hændelsen").click()
    expect(visitor.get_by_text("2 breve kom frem senere")).to_be_visible()
    visitor.get_by_role("link", name="trukket tilbage", exact=True).click()
    expect(visitor.get_by_text(re.compile("»Kvitteringen kom "))).to_have_count(2)
