"""From a bare system to a published note, on a phone by keyboard, and the figure behind a sentence of the note."""

import re
from datetime import date

import pytest
from playwright.sync_api import expect

from followups.models import FollowUp, NotePublication
from letters.models import Incident, Letter
from letters.samples import MAIL_OUT_DAY
from sepo_incident.accounts.models import Membership, Unit
from sepo_incident.core import calendar, danish
from tests.factories import MembershipFactory, UserFactory
from tests.fixtures_browser import PHONE

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
LETTERS = 60
#: browser, server and workers share the real clock, so today is the day on which the mails go out
SHIFT = calendar.today() - MAIL_OUT_DAY
DAYS = {"first_day": date(2019, 12, 9), "last_day": date(2019, 12, 19), "deadline": date(2020, 1, 15)}


@pytest.fixture
def person():
    """`person(name, role)` creates a person with a role for the whole municipality."""

    def create(name, role):
        user = UserFactory(name=name)
        MembershipFactory(user=user, unit=Unit.root(), role=role)
        return user

    return create


def test_kit_makes_a_note_and_the_secretariat_opens_a_figure(
    visitor, sign_in, tab_to, wait_for, upload_and_commit, person, start_worker
):
    start_worker(queues="celery,import", concurrency=1)
    visitor.set_viewport_size({"width": PHONE, "height": 844})
    mette, ali = person("Mette Dahl", Membership.Role.KIT_ADMIN), person("Ali Holm", Membership.Role.KIT_ADMIN)

    sign_in(mette)
    create_incident(visitor, tab_to)
    tab_to(visitor.get_by_role("link", name="Gå til indlæsning").first).press("Enter")
    upload_and_commit(LETTERS, SHIFT)
    tab_to(visitor.get_by_role("link", name="Gå til hændelsen")).press("Enter")
    tab_to(visitor.get_by_role("button", name=re.compile("Åbn opfølgning"))).press("Enter")
    wait_for(lambda: FollowUp.objects.count() == Letter.objects.count(), "a follow-up for each letter")

    open_report(visitor, tab_to)
    expect(visitor.get_by_text("Der er intet notat endnu")).to_be_visible()
    tab_to(visitor.get_by_role("button", name="Lav kladden")).press("Enter")
    expect(visitor.get_by_role("heading", name=re.compile("^Statusnotat, "))).to_be_visible()
    expect(visitor.get_by_text("En anden i Koncern IT eller forvaltningens koordinator skal læse")).to_be_visible()

    sign_in(ali, "/rapport/")
    tab_to(visitor.get_by_role("link", name=re.compile("om Københavns Kommune$"))).press("Enter")
    tab_to(visitor.get_by_role("button", name=re.compile("^Udgiv udgave"))).press("Enter")
    expect(visitor.get_by_text("Sekretariatet kan læse den nu.")).to_be_visible()
    published = NotePublication.objects.get()
    assert (published.written_by, published.by) == (mette, ali)

    sign_in(person("Grethe Falk", Membership.Role.READER))
    find_figure(visitor, tab_to)


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


def find_figure(visitor, tab_to):
    """Follow the number of letters in the note's text, and read what it counts."""
    open_report(visitor, tab_to)
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


def open_report(visitor, tab_to):
    menu = visitor.get_by_role("navigation", name="Hovedmenu")
    expect(menu).to_be_visible()
    if menu.locator("summary").count():  # a menu of few pages is not folded
        tab_to(menu.locator("summary")).press("Enter")
    tab_to(menu.get_by_role("link", name="Statusnotat")).press("Enter")
    expect(visitor.get_by_role("heading", name="Statusnotat", exact=True)).to_be_visible()
