"""KIT's list becomes mails with the leader in cc, and the link in the mail leads to a decision."""

import re
from datetime import date
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from followups.models import FollowUp
from letters.models import Letter
from letters.samples import MAIL_OUT_DAY
from notifications.alarms import reconciliation
from notifications.models import Delivery, Notice
from sepo_incident.accounts.models import Membership, Unit, User
from sepo_incident.core import calendar, danish
from tests.factories import IncidentFactory, MembershipFactory, UserFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
LETTERS = 200
#: browser, server and workers share the real clock, so today is the day on which the mails go out
SHIFT = calendar.today() - MAIL_OUT_DAY
DAYS = {"first_day": date(2019, 12, 9), "last_day": date(2019, 12, 19), "deadline": date(2020, 1, 15)}


@pytest.fixture
def mette():
    person = UserFactory(name="Mette Dahl", email="mette.dahl@kit.example")
    MembershipFactory(user=person, unit=Unit.root(), role=Membership.Role.KIT_ADMIN)
    return person


def test_from_list_to_mail_to_decision(
    visitor, sign_in, tab_to, wait_for, upload_and_commit, mette, start_worker, sink, live_server, settings
):
    incident = IncidentFactory(status="PREPARING", **{name: day + SHIFT for name, day in DAYS.items()})
    settings.SITE_URL = live_server.url
    start_worker(queues="celery,import,mail", concurrency=2, SITE_URL=live_server.url)
    sign_in(mette, "/indlaes/")
    upload_and_commit(LETTERS, SHIFT)
    open_followup(visitor, wait_for)
    send_notices(visitor, wait_for, sink)
    check_leader_in_copy(sink, incident)
    decide_by_keyboard(visitor, sign_in, tab_to, sink)


def open_followup(visitor, wait_for):
    visitor.get_by_role("link", name="Gå til hændelsen").click()
    expect(visitor).to_have_url(re.compile("#trin$"))
    visitor.get_by_role("button", name=re.compile("Åbn opfølgning")).click()
    wait_for(lambda: FollowUp.objects.count() == Letter.objects.count(), "a follow-up for each letter")


def send_notices(visitor, wait_for, sink):
    visitor.get_by_role("navigation", name="Hovedmenu").get_by_role("link", name="Beskeder").click()
    senders = Letter.objects.exclude(sender=None).values("sender").distinct().count()
    visitor.get_by_label("Hvorfor sender du uden prøvemail?").fill("Prøvemailen er sendt i prøvemiljøet.")
    visitor.get_by_label(re.compile(r"^Ja, jeg vil sende \d+ mails$")).check(force=True)
    visitor.get_by_role("button", name=f"Send {senders} beskeder").click()
    wait_for(lambda: Notice.objects.count() == senders, "one notice for each sender")
    wait_for(lambda: Delivery.objects.exclude(state="ACCEPTED").count() == 0, "every mail to be accepted")
    assert len(sink.mails) == Delivery.objects.count()
    assert [one for one in reconciliation.all_sums() if not one.agrees] == []


def check_leader_in_copy(sink, incident):
    karen, jens = User.objects.get(name="Karen Bülow Møller"), User.objects.get(name="Jens Ågård")
    to_karen, to_jens = sink.mails_to(karen.email), sink.mails_to(jens.email)
    assert len(to_karen) == 1
    mail = to_karen[0].message
    assert karen.email in mail["To"]
    assert jens.email in mail["Cc"]
    assert mail["Message-ID"] in [copy.message["Message-ID"] for copy in to_jens]
    assert mail["Subject"].startswith("14 af dine breve kom aldrig frem")
    assert f"senest {danish.weekday_date(incident.deadline)}" in to_karen[0].text.replace("\n", " ")


def decide_by_keyboard(visitor, sign_in, tab_to, sink):
    karen = User.objects.get(name="Karen Bülow Møller")
    link = re.search(r"https?://\S+/mine-breve/", sink.mails_to(karen.email)[0].text).group()
    sign_in(karen, urlsplit(link).path)
    expect(visitor.get_by_role("heading", name="Mine breve")).to_be_visible()
    tab_to(visitor.get_by_role("link", name="Åbn det øverste brev"))
    visitor.keyboard.press("Enter")
    expect(visitor.get_by_text("Brev 1 af 14")).to_be_visible()
    tab_to(visitor.get_by_label("Jeg sender det samme brev igen"))
    visitor.keyboard.press("Space")
    tab_to(visitor.get_by_role("group", name="Er brevet sendt igen?").get_by_label("Ja"))
    visitor.keyboard.press("Space")
    tab_to(visitor.get_by_role("group", name=re.compile("^2. Er en frist")).get_by_label("Ja", exact=True))
    visitor.keyboard.press("ArrowRight")
    tab_to(visitor.get_by_role("group", name=re.compile("^3. Har fejlen")).get_by_label("Ja", exact=True).first)
    visitor.keyboard.press("ArrowRight")
    tab_to(visitor.get_by_role("button", name=re.compile("Gem og vis næste brev")))
    visitor.keyboard.press("Enter")
    expect(visitor.get_by_text("Brev 2 af 14")).to_be_visible()
    decided = FollowUp.objects.get(letter__sender=karen, status=FollowUp.Status.DONE)
    assert (decided.remedy, decided.decided_by) == (FollowUp.Remedy.RESEND, karen)
    assert decided.decisions.count() == 1
