"""Two incidents side by side, with the same people and units: each page shows its own incident, nothing of the other.

Every URL of the second incident is walked. Its pages are the same before and after a third is made, so no number counts
another incident's rows, and no page shows the newest incident; no page names anything of the first.
"""

import re
from datetime import date
from difflib import ndiff
from types import SimpleNamespace

import factory
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver, reverse

from followups import services
from followups.models.answers import DecisionAnswers
from letters.incidents import address_under
from letters.models import Incident, Letter
from sepo_incident.web.incident_routing import ADDRESSED_OBJECTS
from tests.access.access_checks import pages_without_incident, patterns, written_rows
from tests.access.access_rules import ACCESS, DEMO_ONLY
from tests.access.attacker import some
from tests.factories import FollowUpFactory, IncidentFactory, LetterFactory
from tests.recorded_rows import MONDAY
from tests.second_incident import build_second_incident

#: Pages across incidents that show those of one under its address.
OF_ONE_UNDER_ITS_ADDRESS = {"escalations", "escalation", "not_reached", "silent_mails", "incoming", "alarms"}
#: Pages that are the same in every incident, or that list the incidents.
SHARED = (pages_without_incident() - OF_ONE_UNDER_ITS_ADDRESS) | {"home"} | DEMO_ONLY
#: Addresses that name an object, which says which incident it is about.
ADDRESSED = re.compile(
    r"/(brev|samlet|indlaes|emneomraader|trukket-tilbage|dokumentation|besked|rapport|overdrag/givet)/\d+/|"
    r"/haendelse/(databrud|afslutningsbevis)/\d+/|"
    r"/beskeder/udsendelse/\d+/|/mangler-ansvarlig/(\w+/)?\d+/"
)
#: What is walked is made then: every page shows it as past, and the same number of minutes ago.
BEFORE_THE_WALK = "2020-01-13T09:50:30+01:00"
WALKERS = ("karen", "jens", "mette", "pia")
#: Pages about an arrival or a bulk decision, whose access rules decide about `plain`.
DECIDED = {"arrival_file", "bulk_decision"}


def paths_of(stage: SimpleNamespace) -> dict[str, str]:
    """Return {name: address} of the pages that somebody may GET, under the incident."""
    return {
        name: address_under(
            stage.incident, reverse(name, args=access.args(with_spare_letter(stage) if name in DECIDED else stage))
        )
        for name, access in ACCESS.items()
        if access.sees and name not in SHARED
    }


def with_spare_letter(stage: SimpleNamespace) -> SimpleNamespace:
    """Return the stage with another undecided letter `plain`, which an access rule may decide about."""
    spare = LetterFactory(incident=stage.incident, batch=stage.passed.batch, sender=stage.karen, leader=stage.jens)
    FollowUpFactory(letter=spare)
    return SimpleNamespace(**vars(stage) | {"plain": spare})


def read(client, path: str) -> str:
    """Return the page behind the address as text, without what changes from request to request, "" for a file."""
    response = client.get(path)
    assert response.status_code in (200, 302), f"{path}: {response.status_code}"
    if not response["Content-Type"].startswith("text/html"):
        return ""
    text = re.sub(
        r'name="csrfmiddlewaretoken" value="\w+"|<p class="incident-bar">.*?</p>|<p [^>]*data-across>.*?</p>',
        "",
        response.text,
    )
    return re.sub(r"fejl-[0-9a-f]+", "", text)


def walk(stage: SimpleNamespace, paths: dict[str, str], as_user, monday) -> dict[tuple[str, str], str]:
    """Return {(name, address): page}, each page as the first of the walkers who may GET the page."""
    pages: dict[tuple[str, str], str] = {}
    for person in WALKERS:
        client = as_user(getattr(stage, person))
        for name, path in paths.items():
            if person in ACCESS[name].sees and (name, path) not in pages:
                monday.move_to(MONDAY)
                pages[name, path] = read(client, path)
    return pages


#: Pages that share a title, because they are one page, or part of a page, under several addresses.
SHARED_TITLES = [
    {"notices", "notice_preview"},
    {"notice_html", "notice_preview_mail", "text_preview_mail"},
    {"decide_my_letters", "decide_as_substitute", "decide_many"},
    {"my_reminder", "letter_reminder", "unit_reminder"},
]


def shared_titles(pages: dict[tuple[str, str], str]) -> list[set[str]]:
    """Return the names of different pages with one title. WCAG 2.4.2: tabs of a browser tell the pages apart."""
    titles: dict[str, set[str]] = {}
    for (name, _), text in pages.items():
        titles.setdefault(" ".join(text.partition("</title>")[0].partition("<title>")[2].split()), set()).add(name)
    return [names for title, names in titles.items() if title and len(names) > 1 and names not in SHARED_TITLES]


def new_lines(before: str, after: str) -> list[str]:
    if before == after:
        return []
    return [
        line for line in ndiff(before.splitlines(), after.splitlines()) if line[:2] in ("+ ", "- ") and line[2:].strip()
    ]


def foreign_words(stage: SimpleNamespace) -> set[str]:
    """Return the words that only pages of the incident may show."""
    letters = Letter.objects.filter(incident=stage.incident)
    words = {word for one in letters for word in (one.subject, one.source_ref)}
    return {word for word in words if word} | {stage.incident.title, stage.escalation.entries.first().text}


def test_pages_of_an_incident_know_nothing_of_those_before_and_after(stage, as_user, monday):
    monday.move_to(BEFORE_THE_WALK)
    second = build_second_incident(stage)
    paths = paths_of(second)
    before = walk(second, paths, as_user, monday)
    monday.move_to(BEFORE_THE_WALK)
    third = build_second_incident(stage, "nedbrud")
    after = walk(second, paths, as_user, monday)
    changed = [(*key, line) for key, text in before.items() for line in new_lines(text, after[key])]
    assert changed == [], "a page of the second incident counts or shows the third"
    assert shared_titles(before) == []
    for other in (stage, third):
        words = foreign_words(other) | {f'"/haendelser/{other.incident.slug}/'}
        assert [(*key, word) for key, text in after.items() for word in words if word in text] == []


@pytest.fixture
def second(stage):
    return build_second_incident(stage)


def message_of(response) -> str:
    return re.sub(r"<[^>]+>", " ", response.text)


def test_form_without_an_incident_is_refused_and_changes_nothing(stage, second, as_user):
    """A form whose address names no letter or other object runs in no incident."""
    routes = [name for name, access in ACCESS.items() if access.does and name not in SHARED]
    asked = {"send_notices", "switch_on_reminders", "pause_all_mails", "imports", "move_deadline"}
    refused = set()
    for name in sorted(asked.union(some(routes, 12, 0))):
        access = ACCESS[name]
        client = as_user(getattr(stage, min(access.does)))
        path, undone = reverse(name, args=access.args(with_spare_letter(stage))), transaction.savepoint_create()
        before = written_rows()
        response = client.post(path)
        if response.status_code == 409 and "adressen siger ikke hvilken" in response.text:
            assert written_rows() == before, path
            refused.add(name)
        else:
            assert ADDRESSED.match(path), f"{path}: {response.status_code}"
        transaction.savepoint_rollback(undone)
    assert asked <= refused


def test_address_without_an_incident_leads_to_the_incident(stage, second, as_user):
    """A letter leads to its own incident, a list to the choice, or to the only incident that the reader has."""
    karen = as_user(stage.karen)
    own = address_under(second.incident, f"/brev/{second.soon.pk}/")
    assert karen.get(f"/brev/{second.soon.pk}/?fra=1").url == f"{own}?fra=1"
    assert karen.get(address_under(stage.incident, f"/brev/{second.soon.pk}/")).url == own
    assert karen.post(address_under(stage.incident, f"/brev/{second.soon.pk}/sendt/")).status_code == 404
    assert karen.get("/mine-breve/?p=2").url == "/haendelser/?side=%2Fmine-breve%2F%3Fp%3D2"
    Letter.objects.filter(incident=second.incident, sender=stage.anne).update(sender=stage.karen)
    assert as_user(stage.anne).get("/mine-breve/?p=2").url == address_under(stage.incident, "/mine-breve/?p=2")
    part = as_user(stage.karen).get("/mine-breve/paamindelse/", headers={"HX-Request": "true"})
    assert (part.headers["HX-Refresh"], part.content) == ("true", b"")


def test_page_without_an_incident_is_reached_by_choosing_one(stage, second, as_user):
    client = as_user(stage.mette)
    page = client.get(f"/enhed/{stage.root.pk}/?status=OPEN", follow=True).text
    assert "<h1>Hvilken hændelse?</h1>" in page
    chosen = address_under(second.incident, f"/enhed/{stage.root.pk}/?status=OPEN")
    assert f'<a href="{chosen}">Forsinket fjernprint</a>' in page
    assert client.get(chosen).status_code == 200


@pytest.mark.parametrize("wanted", ["//evil.example/", "/nonsense/", "/\x00"])
def test_wanted_page_is_a_page_of_the_site(stage, second, as_user, wanted):
    page = as_user(stage.mette).get("/haendelser/", {"side": wanted}).text
    assert "<h1>Hændelser</h1>" in page
    assert f'<a href="{address_under(second.incident)}">' in page


def test_form_about_a_letter_runs_in_the_letters_incident(stage, second, as_user):
    """A page that was open when the second incident was made loses nothing."""
    answer = as_user(stage.karen).post(f"/brev/{stage.soon.pk}/", {"remedy": "RESEND", "version": "0"})
    assert answer.status_code in (302, 422)
    assert f'action="/haendelser/sepo-2019/brev/{stage.soon.pk}/' in answer.text or "sepo-2019" in answer.url


def test_letters_of_strangers_are_not_found_and_give_no_incident_away(stage, second, as_user):
    for path in (f"/brev/{second.ullas.pk}/", address_under(stage.incident, f"/brev/{second.ullas.pk}/")):
        assert as_user(stage.karen).get(path).status_code == 404


@pytest.mark.parametrize("path", ["/haendelser/ukendt/mine-breve/", "/haendelser//mine-breve/"])
def test_unknown_incident_is_not_found(stage, second, as_user, path):
    assert as_user(stage.karen).get(path).status_code == 404


def test_closed_incident_can_be_read_under_its_address(stage, second, as_user):
    Incident.objects.filter(pk=second.incident.pk).update(status=Incident.Status.CLOSED)
    client = as_user(stage.karen)
    assert "Fjernprint" in client.get(address_under(second.incident, "/mine-breve/")).text
    assert client.get("/mine-breve/").status_code == 200, "only one incident is open"
    assert client.get(f"/brev/{second.soon.pk}/").url == address_under(second.incident, f"/brev/{second.soon.pk}/")


def test_front_page_across_incidents_says_what_waits_in_each(stage, second, as_user):
    services.decide(
        stage.soon, DecisionAnswers("RESEND", deadline_missed=False, consequence_review="NONE"), stage.karen, 0
    )
    page = as_user(stage.karen).get("/haendelser/").text
    assert page.index("Sikker post, der ikke kom frem") < page.index("Forsinket fjernprint"), "the nearest deadline"
    links = dict(re.findall(r'<li><a href="(/haendelser/[^"]+)">(.*?)</a>', page))
    assert links == {
        "/haendelser/fjernprint/mine-breve/": "4 breve venter på dig",
        "/haendelser/sepo-2019/mine-breve/": "4 breve venter på dig",
    }
    for address, label in links.items():
        menu = as_user(stage.karen).get(address).text.partition("<nav")[2].partition("</nav>")[0]
        assert f"<b>{label.split()[0]}<" in menu


def test_front_page_across_incidents_says_how_far_the_units_are(stage, second, as_user):
    """In the reader's rights; a closed incident has nothing left to do, and KIT is asked for a list."""
    IncidentFactory(slug="tom", title="Tom", deadline=date(2020, 2, 1))
    said = {name: waiting_in(as_user(getattr(stage, name))) for name in ("mette", "birgitte", "jens", "karen")}
    board = f"/haendelser/sepo-2019/enhed/{stage.root.pk}/?status=NOT_FOLLOWED_UP#breve"
    assert said["mette"][board] == "7 af 7 breve er ikke fulgt op"
    assert said["mette"]["/haendelser/tom/indlaes/"] == "Listen mangler"
    assert said["birgitte"][f"/haendelser/sepo-2019/enhed/{stage.buf.pk}/?status=NOT_FOLLOWED_UP#breve"].startswith(
        "6 af 6 "
    )
    assert not [label for label in said["karen"].values() if "fulgt op" in label]
    Incident.objects.filter(pk=stage.incident.pk).update(status=Incident.Status.CLOSED)
    assert board not in waiting_in(as_user(stage.mette))


def waiting_in(client) -> dict[str, str]:
    return dict(re.findall(r'<li><a href="(/haendelser/[^"]+)">(.*?)</a>', client.get("/haendelser/").text))


@pytest.mark.parametrize("path", ["/haendelser/", "/haendelser/sepo-2019/mine-breve/"])
def test_more_incidents_take_no_more_queries(stage, second, as_user, path):
    client = as_user(stage.karen)

    def count():
        client.get(path)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        return len(queries)

    with_two = count()
    IncidentFactory.create_batch(5, slug=factory.Sequence("mere-{}".format))
    assert count() == with_two


def test_sign_in_leads_back_under_the_incident_and_nowhere_else(stage, second, client):
    stage.karen.set_password("en-lang-og-god-adgangskode")
    stage.karen.save()
    path = address_under(second.incident, "/mine-breve/")
    door = client.get(path).url
    assert door == f"/haendelser/fjernprint/log-ind/?next={path}"
    given = {"login": stage.karen.email, "password": "en-lang-og-god-adgangskode"}
    for onward, led_to in (
        (path, path),
        ("//evil.example/", address_under(second.incident)),
        ("https://evil.example/", address_under(second.incident)),
    ):
        assert client.post("/haendelser/fjernprint/log-ind/adgangskode/", given | {"next": onward}).url == led_to
        client.logout()
    assert client.get("/haendelser/fjernprint//evil.example/").status_code == 404
    assert client.get(path, headers={"HX-Request": "true"}).status_code == 401
    assert client.get("/haendelser/fjernprint/vejledning/").status_code == 200


def test_address_of_a_button_leads_to_its_page_under_the_incident(stage, second, as_user):
    path = address_under(second.incident, f"/brev/{second.soon.pk}/")
    assert as_user(stage.jens).get(f"{path}bekraeft/").url == path
    search = as_user(stage.jens).get(f"{address_under(second.incident, '/enheder/')}?q=010203-1234&p=1")
    assert search.url == f"{address_under(second.incident, '/enheder/')}?p=1"


def test_desk_sees_all_incidents_and_which_is_which(stage, second, as_user):
    pia = as_user(stage.pia)
    everything = message_of(pia.get("/henvendelser/"))
    assert everything.count("Forsinket fjernprint") == everything.count("Sikker post, der ikke kom frem") == 1
    one = message_of(pia.get(address_under(second.incident, "/henvendelser/")))
    assert "Hvor er fjernprinteren?" in one
    assert "Skal det sendes igen?" not in one


#: Addresses with the number of a person or unit, whose page takes the incident from the prefix.
NUMBERED_WITHOUT_OBJECT = (
    "enhed/", "enheder/", "beskeder/forhaandsvisning/", "overdrag/<int:pk>/", "haendelse/plan/", "haendelse/om/",
    "rapport/tekst/",
)  # fmt: skip


def test_every_address_with_a_number_is_known_to_say_which_incident():
    """A new page about an object belongs in `ADDRESSED_OBJECTS`, so that links without an incident find their way."""
    found = [(pattern.name, str(pattern.pattern)) for pattern in patterns(get_resolver())]
    routes = tuple(one.route for one in ADDRESSED_OBJECTS) + NUMBERED_WITHOUT_OBJECT
    numbered = [(name, route) for name, route in found if "<int:" in route and name not in pages_without_incident()]
    assert [one for one in numbered if not one[1].startswith(routes)] == []
