"""The role READER counts letters and reads none: Sofie reads the figures of the administration BUF."""

import re
from collections import deque
from html import unescape
from pathlib import Path
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest
from django.urls import resolve, reverse

from followups import services
from followups.boards.board import Board
from followups.boards.board_letters import board_letters, counted_letters, led_units
from followups.boards.figure_list import list_figures
from followups.reporting.letter_figures import CONFIRMER_FIGURES
from letters.incidents import split_address
from letters.models import Letter
from notifications.status_note.versions import publish_version, take_version
from sepo_incident.accounts.models import Membership, Unit, User
from tests.absence import create_absence, reload_user
from tests.access.access_rules import EVERYBODY
from tests.factories import LetterFactory
from tests.followups.decision_answers import HARM_HANDLED, NO_DISPATCH, RESENT

pytestmark = pytest.mark.usefixtures("monday")
ROOT = Path(__file__).parents[2]
APPS = ("letters", "followups", "notifications", "sepo_incident")
#: Addresses of a unit's letters, and of acts on them.
LETTERS_OF_UNIT = [
    *("board_workbook", "confirm_many", "decide_many", "unit_pack"),
    *("unit_zip", "remind_unit", "unit_reminder"),
]
#: Modules that may ask for letters to count. Each only counts them.
COUNTING = {
    "letters/models/letter.py",
    "letters/models/visibility.py",
    "followups/boards/board_letters.py",
    "followups/boards/tables.py",
    "notifications/incident_page/views.py",
    "sepo_incident/web/incident_list.py",
    "notifications/models/notice.py",
}
#: The form of an absence names the colleagues who can stand in.
NAMES_COLLEAGUES = {"/mit-fravaer/"}


def add_role(user, unit, role) -> User:
    Membership.objects.create(user=user, unit=unit, role=role)
    return reload_user(user)


def get_board(client, unit, tab="board", **query):
    return client.get(reverse(tab, args=[unit.pk]), query)


@pytest.fixture
def worked_on(stage):
    """The stage after some work, with a published note. `secrets`: words that no page shows to a reader."""
    services.decide(stage.soon, HARM_HANDLED, stage.karen, version=0)
    services.decide(stage.plain, RESENT, stage.karen, version=0)
    services.decide(stage.annes, NO_DISPATCH, stage.anne, version=0)
    services.confirm_letter(stage.annes, stage.torben, version=1)
    publish_version(take_version(stage.incident, stage.buf, stage.mette), add_role(stage.olga, stage.root, "KIT_ADMIN"))
    letters = Letter.objects.exclude(subject="")
    stage.words = {word for one in letters for word in (one.subject, one.source_ref)} | {"Familien kunne ikke"}
    stage.names = {one.name for one in (stage.karen, stage.anne, stage.ulla, stage.jens, stage.torben)}
    return stage


# --- The rule -----------------------------------------------------------------------------------------------------


def test_reader_sees_no_letter_and_counts_all_of_the_unit(cast):
    assert not Letter.objects.visible_to(cast.sofie).exists()
    expected = Letter.objects.filter(unit__lineage__contains=[cast.buf.pk])
    assert set(Letter.objects.counted_for(cast.sofie)) == set(expected)
    assert cast.personnel in expected
    assert cast.ullas not in expected


def test_adviser_counts_as_a_reader_does(cast):
    assert not Letter.objects.visible_to(cast.dina).exists()
    assert set(Letter.objects.counted_for(cast.dina)) == set(Letter.objects.all())


def test_others_count_what_they_see(cast):
    for name in EVERYBODY - {"sofie", "dina"}:
        person = getattr(cast, name)
        assert set(Letter.objects.counted_for(person)) == set(Letter.objects.visible_to(person)), name


def test_another_role_opens_letters_and_the_reader_counts_both(cast, as_user):
    sofie = add_role(cast.sofie, cast.laerkepark, Membership.Role.LEADER)
    sofie = add_role(sofie, cast.sof, Membership.Role.DIT_SUPPORT)
    assert set(Letter.objects.visible_to(sofie)) == {cast.annes, cast.ullas}
    assert set(Letter.objects.counted_for(sofie)) == set(Letter.objects.all())
    assert get_board(as_user(sofie), cast.laerkepark).status_code == 200
    assert get_board(as_user(sofie), cast.sof).status_code == 200
    assert get_board(as_user(sofie), cast.area).url == reverse("board_figures", args=[cast.area.pk])
    assert cast.annes.subject in get_board(as_user(sofie), cast.laerkepark, status="ALL").text


def test_hr_who_also_counts_lists_as_hr(cast, as_user):
    sofie = add_role(cast.sofie, cast.root, Membership.Role.HR)
    assert set(board_letters(cast.buf, cast.incident, sofie)) == {cast.personnel}
    assert len(counted_letters(cast.buf, cast.incident, sofie)) == 6
    listed = get_board(as_user(sofie), cast.buf, status="ALL")
    assert list(listed.context["page_obj"]) == [cast.personnel]
    assert "Personalesager i Børne" in listed.text
    assert "Personalesager i Børne" not in get_board(as_user(sofie), cast.buf, "board_figures").text


def test_hr_who_also_counts_reads_only_names_of_confirmations_that_hr_sees(worked_on, as_user):
    add_role(worked_on.sofie, worked_on.root, Membership.Role.HR)

    def is_named():
        pages = [get_board(as_user(worked_on.sofie), unit, "board_figures").text for unit in (laerkepark, area)]
        assert all(re.search("[Ff]ulgt op", page) for page in pages)
        return {worked_on.torben.name in page for page in pages}

    laerkepark, area = worked_on.laerkepark, worked_on.area
    assert is_named() == {False}
    Letter.objects.filter(pk=worked_on.annes.pk).update(is_personnel_case=True)
    assert is_named() == {True}


def test_own_and_represented_letters_stay_open(cast, as_user):
    Letter.objects.filter(pk=cast.plain.pk).update(sender=cast.sofie)
    Letter.objects.filter(pk=cast.soon.pk).update(leader=cast.sofie)
    create_absence(cast.anne, cast.sofie)
    sofie = as_user(reload_user(cast.sofie))
    seen = {one for one in Letter.objects.all() if sofie.get(reverse("letter", args=[one.pk])).status_code == 200}
    assert seen == {cast.plain, cast.soon, cast.annes}
    listed = get_board(sofie, cast.svalevej, status="ALL")
    assert list(listed.context["page_obj"]) == [cast.soon], "the letter that she leads"
    assert get_board(sofie, cast.svalevej, "board_figures").context["board"].counts["ALL"] == 5
    figures = figures_shown(Board(cast.svalevej, cast.incident, reload_user(cast.sofie)))
    assert "er til borgere" not in figures, "one letter does not tell the number of the personnel cases"
    assert led_units(reload_user(cast.sofie)) == [cast.svalevej]


def test_letters_to_count_are_asked_for_where_they_are_counted():
    apps = [path for app in APPS for path in ROOT.glob(f"{app}/**/*.py")]
    asking = {str(path.relative_to(ROOT)) for path in apps if re.search(r"counted_(for|by)\(", path.read_text())}
    assert asking == COUNTING


def test_colleagues_letter_is_not_explained_to_a_reader(stage, as_user):
    answer = as_user(stage.sofie).get(reverse("letter", args=[stage.passed.pk]))
    assert answer.status_code == 404
    assert not {"Karen", "Jens", "Svalevej"} & set(re.findall(r"\w+", answer.text))


# --- What a link to letters answers -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ({}, "/enhed/{buf}/tal/"),
        ({"status": "OPEN"}, "/enhed/{buf}/alle-tal/?tal=OPEN#tallet"),
        ({"unit": "{svalevej}", "status": "DONE"}, "/enhed/{svalevej}/alle-tal/?tal=DONE&egne=1#tallet"),
        ({"category": "Møder"}, "/enhed/{buf}/emner/#emner"),
        ({"sender": "{karen}"}, "/enhed/{buf}/tal/"),
        ({"words": "møde"}, "/enhed/{buf}/tal/"),
    ],
)
def test_a_link_to_letters_leads_to_figures(cast, as_user, query, answer):
    known = {name: getattr(cast, name).pk for name in ("buf", "svalevej", "karen")}
    asked = {name: value.format(**known) for name, value in query.items()}
    response = as_user(cast.sofie).get(reverse("board", args=[cast.buf.pk]), asked)
    assert response.url == answer.format(**known)
    page, fragment = as_user(cast.sofie).get(response.url, follow=True).text, response.url.partition("#")[2]
    assert not fragment or f'id="{fragment}"' in page
    is_told = bool({"sender", "words"} & set(query))
    assert ("Du kan kun se tallene." in page) is is_told


def test_lists_and_acts_are_not_found(cast, as_user):
    sofie = as_user(cast.sofie)
    assert get_board(sofie, cast.buf, "board_people").url == reverse("board_figures", args=[cast.buf.pk])
    for name in LETTERS_OF_UNIT:
        assert get_board(sofie, cast.buf, name).status_code == 404, name
    assert get_board(sofie, cast.buf, hent="csv").url == reverse("board_figures", args=[cast.buf.pk])
    tabs = [label for _, label, _ in get_board(sofie, cast.buf, "board_figures").context["tabs"]]
    assert tabs == ["Tal", "Emner", "Konsekvenser", "Mails", "Om enheden"]


def test_a_figure_is_divided_by_the_units_below(cast, as_user):
    sofie = as_user(cast.sofie)
    split = get_board(sofie, cast.buf, "board_all_figures", tal="OPEN").context["split"]
    assert (split.shown, [(name, one.value) for name, one in split.rows]) == ("6", [("Område Nørrebro", 6)])
    split = get_board(sofie, cast.area, "board_all_figures", tal="OPEN").context["split"]
    assert [(name, one.value) for name, one in split.rows] == [("Lærkeparkens Skole", 1), ("Svalevejens Skole", 5)]
    assert sofie.get(split.rows[1][1].url).url == f"/enhed/{cast.svalevej.pk}/alle-tal/?tal=OPEN#tallet"
    alone = get_board(sofie, cast.svalevej, "board_all_figures", tal="OPEN")
    assert "Kun breve fra Svalevejens Skole selv." in alone.text
    Letter.objects.filter(pk=cast.plain.pk).update(unit=cast.area)
    own = get_board(sofie, cast.area, "board_all_figures", tal="OPEN", egne="1").context["split"]
    assert (own.shown, own.rows) == ("1", [])
    assert get_board(sofie, cast.buf, "board_all_figures", tal="x").context["split"] is None


# --- What a number may say ----------------------------------------------------------------------------------------


def test_a_reader_counts_what_koncern_it_counts(worked_on):
    for unit in Unit.objects.visible_to(worked_on.sofie):
        readers = (worked_on.sofie, worked_on.mette)
        by_reader, by_kit = (Board(unit, worked_on.incident, reader) for reader in readers)
        assert same_for_all(by_reader.counts) == same_for_all(by_kit.counts)
        assert figures_shown(by_reader).items() <= figures_shown(by_kit).items()


def same_for_all(counts):
    return {name: number for name, number in counts.items() if name not in CONFIRMER_FIGURES}


def figures_shown(shown):
    return {row.label: row.shown for group in list_figures(shown) for row in group.rows}


@pytest.mark.parametrize(("unit", "is_told"), [("buf", True), ("svalevej", False)])
def test_a_small_unit_tells_no_number_of_personnel_cases(worked_on, as_user, unit, is_told):
    """Neither the number itself, nor numbers that lack it: letters by recipient, by answer, and by subject."""
    sofie, unit = as_user(worked_on.sofie), getattr(worked_on, unit)
    labels = figures_shown(Board(unit, worked_on.incident, worked_on.sofie))
    assert ("er til borgere" in labels, "har ikke fået konsekvenser" in labels) == (is_told, is_told)
    categories = get_board(sofie, unit, "board_categories", follow=True)
    assert (categories.status_code == 200 and "Personalesag" in categories.text) is is_told
    assert ("Datoer i personalesager" in get_board(sofie, unit, "board_figures").text) is is_told
    for figure in ("EMPLOYEE", "NO_HARM"):
        split = get_board(sofie, unit, "board_all_figures", tal=figure).context["split"]
        assert (split is not None) is is_told
        assert not split or (not split.rows and "kan det pege på en personalesag" in split.remark)


def test_an_administration_with_letters_of_a_single_unit_is_small(worked_on):
    """So is the municipality, while the rest of its letters are those of that unit alone."""
    worked_on.sofie.memberships.update(unit=worked_on.root)
    assert tells_personnel_cases(worked_on) == {"buf": True, "sof": False, "root": False}
    LetterFactory(incident=worked_on.incident, unit=worked_on.sof, sender=worked_on.ulla)
    assert tells_personnel_cases(worked_on) == {"buf": True, "sof": True, "root": True}


def board_for_sofie(stage, name):
    return Board(getattr(stage, name), stage.incident, reload_user(stage.sofie))


def tells_personnel_cases(stage):
    names = ("buf", "sof", "root")
    told = {name: board_for_sofie(stage, name).tells_personnel_cases for name in names}
    assert told == {name: "er til borgere" in figures_shown(board_for_sofie(stage, name)) for name in names}
    return told


def test_a_note_divides_no_secret_number_by_small_units(worked_on, as_user):
    version, sofie = worked_on.incident.notes.get(), as_user(worked_on.sofie)
    split = {
        key: "Svalevejens Skole" in sofie.get(reverse("note_figure", args=[version.pk, key])).text
        for key in ("letters", "letters.open", "letters.employee", "consequences")
    }
    assert split == {"letters": True, "letters.open": True, "letters.employee": False, "consequences": False}


def test_a_note_of_all_divides_a_secret_number_only_by_large_administrations(worked_on, as_user):
    """SOF's letters are all of Borgercenter City, until a second unit of SOF has one too."""
    worked_on.sofie.memberships.update(unit=worked_on.root)

    def split(key):
        version = take_version(worked_on.incident, worked_on.root, worked_on.mette)
        publish_version(version, worked_on.birgitte)
        page = as_user(worked_on.sofie).get(reverse("note_figure", args=[version.pk, key]))
        assert page.status_code == 200
        return worked_on.sof.name in page.text

    Letter.objects.update(recipient_kind="CITIZEN")
    assert [split("letters"), split("letters.citizen")] == [True, False]
    LetterFactory(incident=worked_on.incident, unit=worked_on.sof, sender=worked_on.ulla)
    assert split("letters.citizen")


def test_a_note_of_a_small_administration_tells_no_subjects_and_recipients(worked_on):
    """The only unit with letters would be the one with the personnel case."""
    subjects = {}
    for name in ("buf", "sof"):
        version = take_version(worked_on.incident, getattr(worked_on, name), worked_on.mette)
        subjects[name] = str(next(one for one in version.content["sections"] if one["key"] == "subjects"))
    assert "letters.employee" in subjects["buf"]
    assert "letters." not in subjects["sof"]
    assert "Emner og modtagere står her ikke." in subjects["sof"]


def test_consequences_and_mails_are_counted_and_not_listed(worked_on, as_user):
    sofie = as_user(worked_on.sofie)
    shown = get_board(sofie, worked_on.buf, "board_consequences")
    assert len(shown.context["totals"].harms) == 2
    assert shown.text.count("Du ser tallene") == 1
    assert "Ingen konsekvenser passer" not in shown.text
    assert "1 konsekvens af 2" in get_board(sofie, worked_on.buf, "board_consequences", party="RECIPIENT").text
    mails = get_board(sofie, worked_on.buf, "board_mails")
    assert mails.context["pills"][0].number > 0
    assert not mails.context["page_obj"].object_list
    assert mails.text.count("Du ser tallene") == 1
    assert "Ingen mails" not in mails.text


# --- A walk -------------------------------------------------------------------------------------------------------


def test_no_link_of_a_reader_leads_to_a_refusal_or_a_letter(worked_on, as_user):
    """From the front page over one link to each kind of page: no refusal, no subject, no sender's or leader's name."""
    worked_on.sofie.memberships.update(unit=worked_on.root)
    client, waiting, seen = as_user(reload_user(worked_on.sofie)), deque([("/", "")]), set()
    while waiting:
        address, came_from = waiting.popleft()
        answer = client.get(address, follow=True)
        assert answer.status_code == 200, (address, came_from)
        if "text/html" not in answer.headers["Content-Type"]:
            continue
        text, path = answer.text, answer.request["PATH_INFO"]  # `text` decodes the page each time
        found = {word for word in worked_on.words if word in text}
        main = text.partition("<main")[2]
        found |= set() if path in NAMES_COLLEAGUES else {name for name in worked_on.names if name in main}
        assert found == set(), (address, came_from)
        for href in re.findall(r'href="([^"#][^"]*)"', text):
            link = urlsplit(urljoin(path, unescape(href)))
            is_page = not link.netloc and not link.scheme and not link.path.startswith("/static/")
            kind = is_page and (
                resolve(split_address(link.path)[1]).url_name,
                *sorted(dict(parse_qsl(link.query)).keys() - {"sort"}),
            )
            if kind and kind not in seen:
                seen.add(kind)
                waiting.append((link._replace(fragment="").geturl(), address))
    assert len(seen) > 30
