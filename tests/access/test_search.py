"""The search in the header: who finds whom and what, by each role. A personnel case is never found by its subject."""

import logging

import pytest
from django.urls import reverse

from letters.incidents import address_under
from letters.models import Letter
from letters.models.letter import HIDDEN_SUBJECT
from sepo_incident.accounts.models import User
from sepo_incident.web.middleware import CPR_SEARCH_REFUSAL
from sepo_incident.web.people.search import LISTED, SUGGESTED, search_everything
from tests.access.access_rules import EVERYBODY, READ_PERSONNEL, SEE_PERSONNEL, SEES
from tests.factories import LetterFactory
from tests.second_incident import build_second_letters

pytestmark = pytest.mark.usefixtures("monday")


def hits(reader: User, text: str, shown: int = LISTED) -> dict[str, list[str]]:
    """Return {key of a group: names of its hits, without marks}."""
    found = search_everything(text, User.objects.get(pk=reader.pk), shown)
    groups = found.groups if found else []
    return {one.key: [hit.name.replace("<mark>", "").replace("</mark>", "") for hit in one.hits] for one in groups}


def finders(cast, text: str, name: str) -> set[str]:
    """Return the people of the cast who find `name` by `text`."""
    found = {person: hits(getattr(cast, person), text) for person in EVERYBODY}
    return {person for person, groups in found.items() if any(name in names for names in groups.values())}


@pytest.mark.parametrize(
    "text",
    ["Møl kar", "BÜLOW", "karen kk.example", "+45 7080 1234"],
)
def test_person_is_found_by_name_mail_and_phone_by_whoever_may_open_the_page(cast, text):
    User.objects.filter(pk=cast.karen.pk).update(phone="7080 1234")
    assert finders(cast, text, "Karen Bülow Møller") == SEE_PERSONNEL


@pytest.mark.parametrize("text", ["kar ølle", "jens karen", "k", " ", "a % _", "' & !", "\0"])
def test_text_that_is_no_beginning_finds_nobody(cast, text):
    assert hits(cast.mette, text).get("personer", []) == []


def test_leader_and_sender_of_a_letter_find_each_other(cast):
    """Each opens the page of the other, because they share the letters. Nobody finds the people of another unit."""
    assert finders(cast, "jens", "Jens Ågård") == SEE_PERSONNEL
    assert finders(cast, "østergaard", "Anne Østergaard") == {"anne", "torben", "birgitte", "mette", "pia"}
    assert finders(cast, "olga", "Olga Nygaard") == {"olga", "mette"}


@pytest.mark.parametrize("letter", ["passed", "personnel"])
def test_letter_is_found_by_its_id_by_whoever_sees_it(cast, letter):
    one = getattr(cast, letter)
    for person in EVERYBODY:
        found = hits(getattr(cast, person), one.source_ref.lower()).get("breve", [])
        shown = one.subject if not one.is_personnel_case or person in READ_PERSONNEL else HIDDEN_SUBJECT
        assert found == ([shown] if person in SEES[letter] else []), person


def test_id_and_code_of_eight_digits_are_no_phone_number(cast):
    Letter.objects.filter(pk=cast.passed.pk).update(source_ref="20191205")
    type(cast.svalevej).objects.filter(pk=cast.svalevej.pk).update(code="30121980")
    assert finders(cast, "20191205", cast.passed.subject) == SEES["passed"]
    assert hits(cast.mette, "30121980")["enheder"] == [cast.svalevej.name]


@pytest.mark.parametrize("text", ["partsh udebl", "partshøringer om"])
def test_letter_is_found_by_words_of_its_subject(cast, text):
    assert finders(cast, text, cast.passed.subject) == SEES["passed"]


@pytest.mark.parametrize("text", ["sygefr", "indkald"])
def test_personnel_case_is_never_found_or_counted_by_its_subject(cast, text):
    assert finders(cast, text, cast.personnel.subject) == READ_PERSONNEL
    for person in EVERYBODY - READ_PERSONNEL:
        found = search_everything(text, User.objects.get(pk=getattr(cast, person).pk), LISTED)
        letters = [group for group in found.groups if group.key == "breve"]
        own = person in SEES["passed"] and text == "indkald"  # the other letter that begins so
        assert sum(group.number for group in letters) == own, person
        assert found.summary == ("1 fund." if own else "Søgningen gav ingen resultater.")


def test_recipient_is_found_by_the_code_only_where_it_may_be_read(cast):
    Letter.objects.filter(pk=cast.personnel.pk).update(recipient_key="c0ffee" * 10)
    case = Letter.objects.get(pk=cast.personnel.pk)
    code = case.recipient_label.rpartition(" ")[2]
    assert finders(cast, code, case.subject) == READ_PERSONNEL
    assert finders(cast, code, HIDDEN_SUBJECT) == set()
    assert finders(cast, code.lower(), case.subject) == READ_PERSONNEL


@pytest.mark.parametrize(
    ("text", "unit", "people"),
    [
        ("svalevej", "Svalevejens Skole", {"jens", "birgitte", "mette", "pia", "hanne", "sofie", "dina"}),
        ("skole lærke", "Lærkeparkens Skole", {"torben", "birgitte", "mette", "pia", "hanne", "sofie", "dina"}),
        ("buf", "Børne- og Ungdomsforvaltningen", {"birgitte", "mette", "pia", "hanne", "sofie", "dina"}),
        ("borgercenter", "Borgercenter Øst", {"ulla", "mette", "pia", "hanne", "dina"}),
    ],
)
def test_unit_is_found_by_name_and_code_by_whoever_may_open_its_board(cast, text, unit, people):
    assert finders(cast, text, unit) == people


def test_reader_finds_units_with_their_numbers_and_nothing_else(cast):
    found = search_everything("svalevejens", cast.sofie, SUGGESTED)
    [group] = found.groups
    [hit] = group.hits
    assert (group.key, hit.side, hit.sub) == ("enheder", "5 breve", "Enhed"), "the leader is not named to who counts"
    for text in ("karen", "partshøring", cast.passed.source_ref):
        assert search_everything(text, cast.sofie, LISTED).groups == []
    assert search_everything("svalevejens", cast.jens, SUGGESTED).groups[0].hits[0].sub == "Leder: Jens Ågård"


def test_numbers_are_of_the_letters_that_the_reader_sees(cast):
    assert search_everything("karen", cast.jens, LISTED).groups[0].hits[0].side == "5 breve"
    assert search_everything("karen", cast.hanne, LISTED).groups[0].hits[0].side == "1 brev"


def test_letters_of_every_incident_are_found_under_their_own_address(cast):
    build_second_letters(cast)
    [group] = search_everything("fjernprint", cast.karen, LISTED).groups
    assert group.number == 4
    assert all(hit.url.startswith("/haendelser/fjernprint/brev/") for hit in group.hits)


def test_many_hits_are_cut_off(cast):
    LetterFactory.create_batch(LISTED + 1, incident=cast.incident, sender=cast.karen, subject="Tabte breve")
    [group] = search_everything("tabte", cast.karen, SUGGESTED).groups
    assert (len(group.hits), group.number_text) == (SUGGESTED, "mere end 50")
    assert search_everything("tabte", cast.karen, SUGGESTED).summary == "Mere end 50 fund. Tilføj et ord."


def test_hits_are_marked_and_escaped(cast):
    Letter.objects.filter(pk=cast.plain.pk).update(subject="<b>Pjece</b> om pjecer & mere")
    [group] = search_everything("pjec", cast.karen, LISTED).groups
    assert group.hits[0].name == "&lt;b&gt;<mark>Pjec</mark>e&lt;/b&gt; om <mark>pjec</mark>er &amp; mere"


@pytest.mark.parametrize("person", ["mette", "jens", "hanne", "sofie"])
def test_search_takes_as_many_queries_for_many_hits(cast, person, django_assert_max_num_queries):
    """`make bench-pages` measures the milliseconds."""
    LetterFactory.create_batch(6, incident=cast.incident, sender=cast.karen, leader=cast.jens, subject="Skole")
    reader = User.objects.select_related("unit").get(pk=getattr(cast, person).pk)
    with django_assert_max_num_queries(6):
        assert search_everything("sk", reader, SUGGESTED)


# --- the page ---------------------------------------------------------------------------------------------------------


def post(client, text, **headers):
    return client.post(reverse("search"), {"ord": text}, headers=headers)


def test_page_shows_hits_and_keeps_the_text_out_of_title_and_log(cast, as_user, caplog):
    caplog.set_level(logging.DEBUG, logger="sepo")
    page = post(as_user(cast.jens), "udeblivelse")
    assert page.context["found"].summary == "1 fund."
    assert "<title>Søgning – Opfølgning på sikker post</title>" in page.text
    assert 'value="udeblivelse"' in page.text
    assert "udeblivelse" not in caplog.text
    assert "no-store" in page["Cache-Control"]
    assert 'value=""' in page.client.get(reverse("search"), {"ord": "udeblivelse"}).text


def test_htmx_gets_the_first_hits_only(cast, as_user):
    part = post(as_user(cast.jens), "karen", **{"HX-Request": "true"})
    assert "<html" not in part.text
    assert f'href="{reverse("person", args=[cast.karen.pk])}"' in part.text
    assert "1 fund. Vi gemmer ikke, hvad du søger efter." in part.text
    assert post(part.client, "k", **{"HX-Request": "true"}).text.strip() == ""


def test_cpr_number_is_refused_and_not_repeated(cast, as_user):
    for headers in ({}, {"HX-Request": "true"}):
        page = post(as_user(cast.mette), "Om 010190-1234", **headers)
        assert CPR_SEARCH_REFUSAL in page.text
        assert "010190-1234" not in page.text


def test_search_during_an_impersonation_finds_what_both_may_see(stage, pia_as):
    client = pia_as("karen", stage)
    assert "Jens Ågård" in post(client, "jens").text.replace("<mark>", "").replace("</mark>", "")
    assert "Søgningen gav ingen resultater." in post(client, "sygefr").text, "Karen finds it, Pia may not read it"
    assert "Søgningen gav ingen resultater." in post(client, "anne").text, "Pia finds her, Karen does not"
    assert "1 fund." in post(client, stage.passed.source_ref).text


def test_numbers_under_an_incident_are_those_of_its_board_and_people(cast, as_user):
    second = build_second_letters(cast)
    client = as_user(cast.mette)
    Letter.objects.filter(incident=second.incident, sender=cast.karen).exclude(pk=second.plain.pk).update(
        withdrawn_at="2020-01-13T10:00+01:00"
    )
    for incident, number in ((cast.incident, "5 breve"), (second.incident, "1 brev")):
        for text in ("karen", "svalevej"):
            found = client.post(address_under(incident, reverse("search")), {"ord": text}).context["found"]
            assert [hit.side for group in found.groups if group.key != "breve" for hit in group.hits] == [number]
