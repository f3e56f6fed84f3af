"""The front page before sign-in: what it tells, who switches its numbers on, and the way of one letter in the demo."""

import re
from datetime import date
from html import unescape

import pytest
from django.urls import reverse

from followups import services
from followups.boards.board import Board
from followups.models import FollowUp
from followups.models.answers import DecisionAnswers
from followups.reporting.letter_figures import count_public_figures
from followups.services.arrivals import ArrivalReport, record_arrivals
from letters.models import Incident, Letter
from letters.samples.sample_letters import SENDER_OF_FOURTEEN
from sepo_incident.accounts.models import User
from sepo_incident.core import calendar
from sepo_incident.demo import mailbox, tour
from tests.engines import demo_urls
from tests.factories import IncidentFactory, LetterFactory

pytestmark = pytest.mark.django_db
RESEND = DecisionAnswers(remedy="RESEND", is_sent=True, deadline_missed=False, consequence_review="NONE")


@pytest.fixture
def demo(settings, monkeypatch, tmp_path):
    settings.DEMO, settings.ROOT_URLCONF = True, demo_urls.__name__
    monkeypatch.setattr(tour, "is_getting_ready", lambda: False)
    monkeypatch.setattr(mailbox, "folder", lambda: tmp_path)


def test_page_of_a_demo_that_is_being_filled_asks_the_database_nothing(
    client, demo, monkeypatch, django_assert_num_queries
):
    monkeypatch.setattr(tour, "is_getting_ready", lambda: True)
    with django_assert_num_queries(0):  # the tables may not be there yet
        page = client.get(reverse("sign_in")).text
    assert "Siden opdaterer sig selv" in page


def figures_on(page: str) -> list[str]:
    live = page.partition('<div class="live">')[2].partition("</div>")[0]
    return re.findall(r"<b>([\d.]+)</b>", live)


def test_front_page_tells_what_it_is_without_numbers_names_or_subjects(client, cast, monday):
    page = re.sub(r"\s+", " ", unescape(client.get(reverse("sign_in")).text))
    assert "Nogle breve kom aldrig frem. Her følges der op på brevene." in page
    lead = re.search(r'<p class="lead">(.+?)</p>', page)[1].strip()
    assert len(re.findall(r"[a-zæøå)]\. |\.$", lead)) == 4, "four sentences"
    assert "Frist <b>onsdag den 15. januar 2020</b> – om 2 dage" in page
    assert [name for name in User.objects.values_list("name", flat=True) if name in page] == []
    assert [
        words for words in Letter.objects.exclude(subject="").values_list("subject", flat=True) if words in page
    ] == []
    assert 'class="live"' not in page
    assert page.count('<span class="mark">') == 5


def test_kit_shows_and_hides_the_numbers(client, cast, as_user, monday):
    services.decide(cast.plain, RESEND, by=cast.karen, version=0)
    kit, address = as_user(cast.mette), reverse("show_public_figures")
    assert "Forsiden viser nu tallene." in kit.post(address, {"vis": "1"}, follow=True).text
    kit.post(address, {"vis": "1"})
    assert "Forsiden viser ikke tallene mere." in kit.post(address, {"vis": "0"}, follow=True).text
    page = kit.post(address, {"vis": "1"}, follow=True).text
    history = page.partition('id="forside"')[2].partition("</section>")[0]
    assert re.findall(r"</time>(.+?) ?</li>", " ".join(history.split())) == [
        "Mette Dahl viste tallene", "Mette Dahl skjulte tallene", "Mette Dahl viste tallene",
    ]  # fmt: skip
    client.logout()
    page = client.get(reverse("sign_in")).text
    assert "7 breve kom aldrig frem." in page
    assert figures_on(page) == ["7", "0", "7"]


def test_numbers_are_those_of_the_board(cast, monday):
    for letter in (cast.plain, cast.annes, cast.untitled):
        services.decide(letter, RESEND, by=letter.sender, version=0)
    for letter in (cast.annes, cast.untitled):
        seen = {letter: FollowUp.objects.get(letter=letter).version}
        record_arrivals(seen, ArrivalReport(has_arrived=True, text="Modtageren har svaret."), by=letter.sender)
    today = calendar.today()
    on_the_board = Board(cast.root, cast.incident, cast.mette).counts
    shown = count_public_figures(cast.incident, today)
    assert shown == {name: on_the_board[name] for name in shown} == {"ALL": 7, "ARRIVED": 2}


def test_front_page_takes_few_queries(client, cast, demo, django_assert_max_num_queries):
    Incident.objects.update(shows_public_figures=True)
    with django_assert_max_num_queries(4):  # incident, letter with question, counts, unit
        client.get(reverse("sign_in"))


def test_each_station_of_the_demo_leads_to_its_page(client, cast, demo, monday):
    User.objects.filter(pk=cast.pia.pk).update(name="Pia Skov")
    page = client.get(reverse("sign_in")).text
    assert f"»{cast.passed.subject}«" in page
    assert SENDER_OF_FOURTEEN.name in page
    flow = page.partition('<ol class="flow plain">')[2].partition("</ol>")[0]
    assert client.get(re.search(r'<a href="(.+?)"', flow)[1]).status_code == 200
    stations = re.findall(r'name="next" value="(.+?)".+?name="persona" value="(.+?)"', flow)
    assert [persona for _, persona in stations] == ["medarbejder", "leder", "dit", "kit"]
    assert stations[0][0] == reverse("letter", args=[cast.passed.pk])
    for address, persona in stations:
        landed = client.post(reverse("demo_sign_in"), {"persona": persona, "next": unescape(address)}, follow=True)
        assert landed.status_code == 200, persona
        client.logout()


def test_strip_of_each_page_leads_to_the_next_step_of_the_tour(client, cast, demo, monday):
    User.objects.filter(pk=cast.pia.pk).update(name="Pia Skov")

    def step(page):
        strip = client.get(page).text.partition('class="demo-bar"')[2].partition("<details")[0]
        return re.findall(r"trin (\d) af 5|>([^<>]+ som \w+|Læs mailen)</", strip)

    def said(number, words):
        return [(number, ""), ("", words)]

    guide = reverse("guide")
    assert step(guide) == said("1", "Læs mailen")
    assert step(reverse("demo_mailbox")) == said("2", "Se brevet som Karen")
    for persona, then in (
        ("medarbejder", said("3", "Se enhedens breve som Jens")),
        ("dit", said("5", "Se hændelsen som Mette")),
        ("kit", []),
    ):
        client.post(reverse("demo_sign_in"), {"persona": persona})
        assert step(guide) == then, persona


def test_second_incident_takes_no_figure_deadline_or_tour(client, cast, demo, monday):
    Incident.objects.update(shows_public_figures=True)
    User.objects.filter(pk=cast.pia.pk).update(name="Pia Skov")
    before = unescape(client.get(reverse("sign_in")).text)
    second = IncidentFactory(slug="fjernprint", title="Forsinket fjernprint", deadline=date(2020, 1, 14))
    LetterFactory(incident=second)
    after = unescape(client.get(reverse("sign_in")).text)
    assert figures_with_links(before) == figures_with_links(after) == ["7", "0", "7"]
    for words in ("<b>onsdag den 15. januar 2020</b>", f"»{cast.passed.subject}«"):
        assert words in before
        assert words in after
    flow = after.partition('<ol class="flow plain">')[2].partition("</ol>")[0]
    for address, persona in re.findall(r'name="next" value="(.+?)".+?name="persona" value="(.+?)"', flow):
        landed = client.post(reverse("demo_sign_in"), {"persona": persona, "next": address}, follow=True)
        assert landed.status_code == 200, (address, persona)
        assert "Hvilken hændelse?" not in landed.text, address
        client.logout()


def figures_with_links(page: str) -> list[str]:
    live = page.partition('<div class="live">')[2].partition("</ul>")[0]
    return re.findall(r'type="submit"[^>]*>\s*(\d+)<', live)
