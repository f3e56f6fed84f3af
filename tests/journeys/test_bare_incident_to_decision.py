"""From a bare system to mails, a published note and a decision, on a phone by keyboard.

KIT's list becomes mails with the leader in cc, the secretariat opens the figure behind a sentence of the note, and the
link in a mail leads to a decision.
"""

import re
from datetime import date
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from followups.models import FollowUp, NotePublication
from letters.models import Incident, Letter
from letters.samples import MAIL_OUT_DAY
from notifications.alarms import reconciliation
from notifications.models import Delivery, Notice
from sepo_incident.accounts.models import Membership, Unit, User
from sepo_incident.core import calendar, danish
from tests.factories import MembershipFactory, UserFactory
from tests.fixtures_browser import PHONE

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
LETTERS = 200
#: browser, server and workers share the real clock, so today is the day on which the mails go out
SHIFT = calendar.today() - MAIL_OUT_DAY
DAYS = {"first_day": date(2019, 12, 9), "last_day": date(2019, 12, 19), "deadline": date(2020, 1, 15)}


def create_person(name, role):
    """Create a person with a role for the whole municipality."""
    user = UserFactory(name=name)
    MembershipFactory(user=user, unit=Unit.root(), role=role)
    return user


def test_from_a_bare_system_to_a_note_and_a_decision(
    visitor, sign_in, tab_to, wait_for, upload_and_commit, start_worker, sink, live_server, settings
):
    settings.SITE_URL = live_server.url
    start_worker(queues="celery,import,mail", concurrency=2, SITE_URL=live_server.url)
    visitor.set_viewport_size({"width": PHONE, "height": 844})
    mette, ali = (create_person(name, Membership.Role.KIT_ADMIN) for name in ("Mette Dahl", "Ali Holm"))

    sign_in(mette)
    create_incident(visitor, tab_to)
    tab_to(visitor.get_by_role("link", name="Gå til indlæsning").first).press("Enter")
    upload_and_commit(LETTERS, SHIFT)
    tab_to(visitor.get_by_role("link", name="Gå til hændelsen")).press("Enter")
    expect(visitor).to_have_url(re.compile("#trin$"))
    tab_to(visitor.get_by_role("button", name=re.compile("Åbn opfølgning"))).press("Enter")
    wait_for(lambda: FollowUp.objects.count() == Letter.objects.count(), "a follow-up for each letter")
    send_notices(visitor, tab_to, wait_for, sink)
    check_leader_in_copy(sink)

    open_from_menu(visitor, tab_to, "Statusnotat")
    expect(visitor.get_by_text("Der er intet notat endnu")).to_be_visible()
    tab_to(visitor.get_by_role("button", name="Lav kladden")).press("Enter")
    expect(visitor.get_by_role("heading", name=re.compile("^Statusnotat, "))).to_be_visible()
    expect(visitor.get_by_text(f"{ali.name} kan læse og udgive den.")).to_be_visible()

    sign_in(ali, "/rapport/")
    tab_to(visitor.get_by_role("link", name=re.compile("om Københavns Kommune$"))).press("Enter")
    tab_to(visitor.get_by_role("button", name=re.compile("^Udgiv udgave"))).press("Enter")
    expect(visitor.get_by_text("Sekretariatet kan læse den nu.")).to_be_visible()
    published = NotePublication.objects.get()
    assert (published.written_by, published.by) == (mette, ali)

    sign_in(create_person("Grethe Falk", Membership.Role.READER))
    find_figure(visitor, tab_to)
    decide_by_keyboard(visitor, sign_in, tab_to, sink)


def create_incident(visitor, tab_to):
    expect(visitor.get_by_role("heading", name="Opret en hændelse")).to_be_visible()
    tab_to(visitor.get_by_label("Hvad er der sket?"))
    visitor.keyboard.press("Control+a")
    visitor.keyboard.type("Sikker post, der ikke kom frem")
    for name, day in DAYS.items():
        day += SHIFT
        for part in ("day", "month", "year"):
            tab_to(visitor.locator(f"[name={name}_{part}]"))
            visitor.keyboard.press("Control+a")
            visitor.keyboard.type(str(getattr(day, part)))
    tab_to(visitor.get_by_role("button", name="Opret hændelsen")).press("Enter")
    expect(visitor.get_by_text("Hændelsen er oprettet.")).to_be_visible()
    assert Incident.objects.get().deadline == DAYS["deadline"] + SHIFT


def open_from_menu(visitor, tab_to, page):
    menu = visitor.get_by_role("navigation", name="Hovedmenu")
    expect(menu).to_be_visible()
    if menu.locator("summary").count():  # a menu of few pages is not folded
        tab_to(menu.locator("summary")).press("Enter")
    tab_to(menu.get_by_role("link", name=page)).press("Enter")
    expect(visitor.get_by_role("heading", name=page, exact=True, level=1)).to_be_visible()


def send_notices(visitor, tab_to, wait_for, sink):
    open_from_menu(visitor, tab_to, "Beskeder")
    senders = Letter.objects.exclude(sender=None).values("sender").distinct().count()
    visitor.get_by_label("Hvorfor sender du uden prøvemail?").fill("Prøvemailen er sendt i prøvemiljøet.")
    visitor.get_by_label(re.compile(r"^Ja, jeg vil sende \d+ mails$")).check(force=True)
    visitor.get_by_role("button", name=f"Send {senders} beskeder").click()
    expect(visitor.get_by_role("heading", name="Udsendelsen", exact=True)).to_be_visible()
    wait_for(lambda: Notice.objects.count() == senders, "one notice for each sender")
    wait_for(lambda: Delivery.objects.exclude(state="ACCEPTED").count() == 0, "every mail to be accepted")
    expect(visitor.locator("[data-result]")).to_be_visible(timeout=10_000)  # the page has loaded itself anew
    assert len(sink.mails) == Delivery.objects.count()
    assert [one for one in reconciliation.all_sums() if not one.agrees] == []


def check_leader_in_copy(sink):
    karen, jens = User.objects.get(name="Karen Bülow Møller"), User.objects.get(name="Jens Ågård")
    to_karen, to_jens = sink.mails_to(karen.email), sink.mails_to(jens.email)
    assert len(to_karen) == 1
    mail = to_karen[0].message
    assert karen.email in mail["To"]
    assert jens.email in mail["Cc"]
    assert mail["Message-ID"] in [copy.message["Message-ID"] for copy in to_jens]
    assert mail["Subject"].startswith("14 af dine breve kom aldrig frem")
    deadline = danish.weekday_date(DAYS["deadline"] + SHIFT)
    assert f"senest {deadline}" in to_karen[0].text.replace("\n", " ")


def find_figure(visitor, tab_to):
    """Follow the number of letters in the note's text, and read what it counts."""
    open_from_menu(visitor, tab_to, "Statusnotat")
    tab_to(visitor.get_by_role("link", name=re.compile("om Københavns Kommune$"))).press("Enter")
    letters = danish.number(Letter.objects.active().count())
    tab_to(visitor.locator("article p").get_by_role("link", name=letters, exact=True).first).press("Enter")
    expect(visitor.get_by_role("heading", name=f"{letters}: er på listen", exact=True)).to_be_visible()
    expect(visitor.get_by_role("heading", name="Fordeling")).to_be_visible()
    expect(visitor.get_by_text("Du ser tallene, ikke de enkelte breve.")).to_be_visible()
    split = visitor.get_by_role("table", name="Brevene fordelt på enheder").get_by_role("cell")
    assert sum(int(cell.replace(".", "")) for cell in split.all_inner_texts()) == Letter.objects.active().count()
    for subject in Letter.objects.exclude(subject="").values_list("subject", flat=True)[:5]:
        expect(visitor.get_by_text(subject)).to_have_count(0)


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
