"""*Min enhed*: access, and every number equals the size of the linked list."""

import re
from collections import Counter
from html import unescape

import pytest
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from followups import services
from followups.boards import board, views
from followups.boards.board_letters import board_letters, own_units
from followups.boards.filters import LetterFilter
from followups.models import FollowUp
from followups.models.answers import DecisionAnswers
from followups.reporting.letter_figures import LEADERS_TURN, SENDERS_TURN, count_letters, letter_conditions
from followups.services import arrivals
from letters.models import Incident, Letter
from sepo_incident.accounts.models import Membership, Unit, User
from tests.factories import IncidentFactory, LetterFactory, MembershipFactory, at
from tests.followups.arrival_reports import ARRIVED
from tests.followups.decision_answers import RESENT
from tests.followups.many_letters import create_many_letters

ONLY_HRS = "Tallene omfatter kun personalesager og breve, I er spurgt om."

pytestmark = pytest.mark.usefixtures("monday")
TODAY = at(2020, 1, 13).date()


@pytest.fixture(autouse=True)
def _opened_on_tuesday(cast):
    FollowUp.objects.update(opened_at=at(2020, 1, 7, 12, 30))


def board_page(client, unit, /, **choices):
    return client.get(reverse("board", args=[unit.pk]), choices)


def links_with_numbers(html):
    """Return (url, number) of every number that links to a letter list."""
    main = html[html.index("<main") :]
    found = re.findall(r'<a class="tile-link" href="([^"]+#breve)"><b>([\d.]+)</b>', main)
    found += re.findall(r'heraf <a href="([^"]+#breve)">([\d.]+) ', main)
    found += re.findall(r'<td class="num[^>]*>\s*<a href="([^"]+)">([\d.]+)<span', main)
    return [(unescape(url), int(number.replace(".", ""))) for url, number in found]


# --- Who sees it --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("person", "unit", "status"),
    [
        ("jens", "svalevej", 200),
        ("jens", "area", 404),
        ("birgitte", "svalevej", 200),
        ("birgitte", "root", 404),
        ("sofie", "area", 302),
        ("mette", "root", 200),
        ("karen", "svalevej", 404),
    ],
)
def test_a_board_opens_at_or_below_a_membership(cast, as_user, person, unit, status):
    assert board_page(as_user(getattr(cast, person)), getattr(cast, unit)).status_code == status


def test_several_units_are_a_list_with_numbers(cast, as_user):
    MembershipFactory(user=cast.jens, unit=cast.laerkepark, role=Membership.Role.LEADER)
    response = as_user(cast.jens).get(reverse("boards"))
    assert [(row.name, row.numbers["OPEN"].value) for row in response.context["rows"]] == [
        ("Lærkeparkens Skole", 1),
        ("Svalevejens Skole", 5),
    ]


def test_a_unit_below_another_of_mine_is_not_listed_twice(cast):
    MembershipFactory(user=cast.birgitte, unit=cast.svalevej, role=Membership.Role.LEADER)
    assert own_units(cast.birgitte) == [cast.buf]


def test_person_without_a_unit_gets_an_explanation(cast, as_user):
    assert "Du følger ingen enheder" in as_user(cast.olga).get(reverse("boards")).text


def test_a_reader_without_another_role_opens_on_the_figures_and_calls_nobody(cast, as_user):
    reader = MembershipFactory(unit=cast.buf, role=Membership.Role.READER).user
    create_many_letters(cast.incident, cast.area, units=3, letters=60)
    shown = as_user(reader).get(reverse("boards"), follow=True)
    assert shown.redirect_chain == [(reverse("board_figures", args=[cast.buf.pk]), 302)]
    assert shown.context["lies_under"] == "boards"
    assert "Din tur" not in board_page(as_user(reader), cast.buf).text


@pytest.mark.parametrize("name", ["board", "board_mails"])
def test_pages_of_a_board_say_that_there_is_no_incident(cast, as_user, name):
    Incident.objects.update(status=Incident.Status.CLOSED)
    page = as_user(cast.birgitte).get(reverse(name, args=[cast.buf.pk]))
    assert (page.status_code, "Ingen hændelse lige nu" in page.text) == (200, True)


def test_breadcrumb_ends_at_the_readers_top_unit(cast, as_user):
    assert board_page(as_user(cast.birgitte), cast.svalevej).context["above"] == [cast.buf, cast.area]
    assert board_page(as_user(cast.jens), cast.svalevej).context["above"] == []


# --- Numbers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("person", "numbers"), [("birgitte", 30), ("hanne", 10)])
def test_every_linked_number_equals_the_size_of_its_list(cast, as_user, person, numbers):
    create_many_letters(cast.incident, cast.area, units=3, letters=200)
    services.decide(cast.plain, DecisionAnswers(remedy="HELP", question="Hvad gør jeg?"), cast.karen, 0)
    user = getattr(cast, person)
    client = as_user(user)
    links = [
        link
        for tab in ("board", "board_figures", "board_people", "board_categories")
        for link in links_with_numbers(client.get(reverse(tab, args=[cast.area.pk]), {"people": "alle"}).text)
    ]
    assert len(links) > numbers
    assert {url: list_size(url, cast, user) for url, _ in links} == dict(links)


def list_size(url, cast, user):
    """Return the number of letters in the list at the URL, without rendering the page."""
    path, _, query = url.removesuffix("#breve").partition("?")
    unit = Unit.objects.get(pk=int(path.strip("/").split("/")[-1]))
    return LetterFilter(QueryDict(query), board_letters(unit, cast.incident, user), unit, user).letters().count()


def test_panel_counts_every_letter_once(cast):
    create_many_letters(cast.incident, cast.area, units=3, letters=200)
    services.decide(cast.plain, DecisionAnswers(remedy="HELP", question="Hvad gør jeg?"), cast.karen, 0)
    shown = board.Board(cast.buf, cast.incident, cast.birgitte)
    missing = sum(one.number for _, numbers in shown.followed_up.turns for one in numbers)
    assert shown.counts["FOLLOWED_UP"] + missing == shown.counts["ALL"]
    assert missing == sum(shown.counts[name] for name in (*SENDERS_TURN, *LEADERS_TURN))


@pytest.mark.parametrize(("person", "is_said"), [("birgitte", True), ("jens", False)])
def test_board_says_when_dates_of_personnel_cases_are_left_out(cast, as_user, person, is_said):
    page = as_user(getattr(cast, person)).get(reverse("board_figures", args=[cast.svalevej.pk]))
    assert page.text.count("Datoer i personalesager tæller ikke med.") == is_said


def test_board_of_personalejura_counts_personnel_cases_only(cast, as_user):
    create_many_letters(cast.incident, cast.area, units=3, letters=100)
    cases = Letter.objects.filter(is_personnel_case=True, unit__lineage__contains=[cast.buf.pk]).count()
    hanne = as_user(cast.hanne)
    shown = board_page(hanne, cast.buf, status="ALL")
    assert shown.context["board"].counts["ALL"] == shown.context["page_obj"].paginator.count == cases
    assert 1 < cases < 20
    for said in ("<h1>Personalesager i Børne- og Ungdomsforvaltningen</h1>", ONLY_HRS):
        assert said in shown.text
        assert said not in board_page(as_user(cast.birgitte), cast.buf).text
    assert "Enheden har ingen personalesager" in board_page(as_user(cast.hanne), cast.laerkepark).text
    MembershipFactory(user=cast.hanne, unit=cast.sof, role=Membership.Role.HR)
    MembershipFactory(user=cast.hanne, unit=cast.laerkepark, role=Membership.Role.DIT_SUPPORT)
    hanne = as_user(User.objects.get(pk=cast.hanne.pk))
    assert board_page(hanne, cast.laerkepark).context["board"].counts["ALL"] == 1
    assert ONLY_HRS not in board_page(hanne, cast.laerkepark).text, "there another role opens all"
    assert board_page(hanne, cast.buf).context["board"].counts["ALL"] == cases + 1


def test_sub_units_add_up_to_the_unit(cast):
    create_many_letters(cast.incident, cast.area, units=6, letters=200)
    LetterFactory(incident=cast.incident, sender=cast.karen, unit=cast.area)
    shown = board.Board(cast.area, cast.incident, cast.birgitte)
    assert sum(row.numbers["ALL"].value for row in shown.units) == shown.counts["ALL"] == 207
    assert shown.units[-1].name == "Direkte i Område Nørrebro"
    backlog = [row.numbers["ALL"].value - row.numbers["FOLLOWED_UP"].value for row in shown.units[:-1]]
    assert backlog == sorted(backlog, reverse=True)


def test_only_active_letters_of_the_incident_count_also_without_a_followup(cast):
    Letter.objects.filter(pk=cast.plain.pk).update(withdrawn_at=timezone.now())
    LetterFactory(incident=IncidentFactory(slug="andet-2018", status="CLOSED"), sender=cast.karen)
    LetterFactory(incident=cast.incident, sender=cast.karen)
    counts = board.Board(cast.svalevej, cast.incident, cast.jens).counts
    assert (counts["ALL"], counts["OPEN"]) == (5, 5)


def test_tallies_equal_separate_counts_per_condition(cast):
    create_many_letters(cast.incident, cast.area, units=4, letters=100)
    letters = board_letters(cast.buf, cast.incident, cast.birgitte)
    conditions = letter_conditions(cast.birgitte, TODAY)
    (_, counts), *_ = count_letters(letters, "incident_id", reader=cast.birgitte, today=TODAY, figures=conditions)
    assert counts == Counter({name: letters.filter(condition).count() for name, condition in conditions.items()})


def test_queries_do_not_grow(cast, as_user, django_assert_num_queries):
    create_many_letters(cast.incident, cast.area, units=20, letters=200)
    client = as_user(cast.birgitte)
    board_page(client, cast.area)
    with django_assert_num_queries(14):
        assert board_page(client, cast.area, status="DONE").status_code == 200


# --- What is hidden stays hidden ----------------------------------------------------------------------------------


def test_categories_do_not_reveal_personnel_cases(cast, as_user):
    Letter.objects.filter(pk=cast.personnel.pk).update(category="Sygefraværssamtaler")
    shown = board_page(as_user(cast.birgitte), cast.svalevej)
    assert "sygefraværssamtale" not in shown.text.lower()
    assert "Personalesager" in shown.text
    found = board_page(as_user(cast.birgitte), cast.svalevej, category="Sygefraværssamtaler")
    assert len(found.context["page_obj"]) == 0
    assert "Sygefraværssamtaler" in board_page(as_user(cast.jens), cast.svalevej).text


# --- Filters and paging -------------------------------------------------------------------------------------------


def test_filters_survive_paging(cast, as_user):
    create_many_letters(cast.incident, cast.area, units=2, letters=200)
    first = board_page(as_user(cast.birgitte), cast.area, status="OPEN", sort="-sent")
    assert "status=OPEN&amp;sort=-sent&amp;page=2#breve" in first.text
    second = board_page(as_user(cast.birgitte), cast.area, status="OPEN", sort="-sent", page="2")
    shown = [letter.sent_at for letter in (*first.context["page_obj"], *second.context["page_obj"])]
    assert shown == sorted(shown, reverse=True)
    assert {letter.followup.status for letter in second.context["page_obj"]} == {"OPEN"}


def test_a_number_of_letters_is_printed(cast, as_user, monkeypatch):
    monkeypatch.setattr(views, "PRINTED_ROWS", 30)
    create_many_letters(cast.incident, cast.area, units=2, letters=40)
    shown = board_page(as_user(cast.birgitte), cast.area, status="ALL", udskriv="1")
    letters = shown.context["page_obj"]
    assert len(letters) == 30 < letters.paginator.count
    assert f"Listen har 1–30 af {letters.paginator.count} breve med." in shown.text
    own = board_page(as_user(cast.jens), cast.svalevej, status="ALL", udskriv="1")
    assert "Listen har" not in own.text


@pytest.mark.parametrize("choices", [{"status": "GAL"}, {"page": "999"}, {"unit": "9" * 30}])
def test_invalid_filters_are_ignored(cast, as_user, choices):
    assert board_page(as_user(cast.jens), cast.svalevej, **choices).status_code == 200


def test_letters_without_followup_are_listed(cast, as_user):
    FollowUp.objects.all().delete()
    shown = board_page(as_user(cast.jens), cast.svalevej)
    assert "Opfølgningen er ikke åbnet endnu" in shown.text
    assert len(shown.context["page_obj"]) == 5


def test_panel_tells_how_many_have_arrived(cast, as_user):
    for letter in (cast.soon, cast.plain, cast.passed):
        services.decide(letter, RESENT, cast.karen, 0)
    arrivals.record_arrival(cast.plain, ARRIVED, cast.karen, 0)
    page = as_user(cast.jens).get(reverse("board_figures", args=[cast.svalevej.pk]))
    assert page.context["board"].followed_up.text == "5 breve mangler. 1 er kommet frem."
    assert 'status=ARRIVED#breve">1 er kommet frem</a>' in page.text
