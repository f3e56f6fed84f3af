"""One number has one definition: `docs/numbers.md`. Pages agree with each other and with a plain count, for every role.

A number is found on a page by the address that it links to, by the id of its heading or by `data-number`, never by its
words.
"""

import re
from collections import Counter
from functools import cache
from html import unescape
from random import Random
from types import SimpleNamespace

import pytest
from django.http import QueryDict
from django.urls import reverse

from followups.boards.board import Board
from followups.boards.board_letters import board_letters, units_with_board_for
from followups.boards.filters import LetterFilter
from followups.models import Escalation, FollowUp
from followups.reporting.letter_figures import BOARD_FIGURES, CONFIRMER_FIGURES, REMEDY_LABELS
from followups.rules.letter_rows import letters_for
from letters.models import Incident, Letter
from letters.models.visibility import letter_condition
from notifications.alarms import reconciliation
from notifications.kinds.reminders import followups_to_remind_of
from sepo_incident.accounts.models import Absence, Unit, User
from sepo_incident.core import calendar
from tests.cast import build_cast
from tests.factories import FollowUpFactory, LetterFactory
from tests.plain_counts import count_in_python, letters_on
from tests.random_incident import fill_incident
from tests.recorded_rows import RecordedRows, record

#: The person's own letters.
OWN = "{letter}.sender_id = {person} AND {letter}.withdrawn_at IS NULL"
pytestmark = [pytest.mark.usefixtures("monday"), pytest.mark.slow]
SEED = 11
LINK = re.compile(r'<a\b[^>]*\bhref="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)
MARKED = re.compile(r'<(h2|p|span)\b[^>]*\b(?:data-number|id)="([^"]*)"[^>]*>(.*?)</\1>', re.DOTALL)
DELIVERY_TABS = ["not_reached", "incoming", "alarms"]
TABS = ["board", "board_figures", "board_people", "board_categories", "board_consequences", "board_mails"]
#: A leader, Koncern IT, Personalejura and a reader: of how many kinds of links on a page one is followed. A reader
#: counts what Koncern IT counts (`tests/access/test_readers.py`).
WITH_BOARDS = {"jens": 1, "mette": 1, "hanne": 1, "sofie": 3}
PAGES = [*TABS, "board_all_figures", "board_units"]
#: What may differ between links of one kind.
VALUE = re.compile(r"\d+|(?<=category=)[^&]+|(?<=severity=)\w+")
#: The lists that a number may link to: letters with a filter, consequences, mails and units.
LISTS = re.compile(r"/enhed/\d+/(\?\w+=.*#breve|(konsekvenser|mails|enheder)/(\?.*)?#\w+)")


@pytest.fixture
def incident(db, monday):
    return recorded_incident().insert()


@cache
def recorded_incident() -> RecordedRows:
    """Return the random incident: the `cast`, its `people`, who is `away`, and one `boards` of each person."""

    def build() -> SimpleNamespace:
        cast = build_cast()
        people, chance = fill_incident(cast, SEED), Random(SEED)
        away = set(Absence.objects.values_list("person", flat=True))
        boards = {one.name: choose_board(one, chance) for one in people}
        return SimpleNamespace(cast=cast, people=people, away=away, boards=boards)

    return record("random-incident", build)


def first_number(html: str) -> int | None:
    words = re.sub(r"<[^>]*>|[\d.,]+ kr\.", " ", html)  # kroner are no number of rows
    found = re.search(r"\d{1,3}(?:\.\d{3})+|\d+", words)
    return int(found.group().replace(".", "")) if found else None


class Page:
    """A page as somebody sees it: the numbers of its links and of its headings and elements with `data-number`."""

    def __init__(self, client, address: str):
        self.response = client.get(address.partition("#")[0], follow=True)
        assert self.response.status_code == 200, address
        self.html = self.response.text
        body = self.html.partition('<main class="container"')[2]
        self.links = [(unescape(href), first_number(text)) for href, text in LINK.findall(body)]
        self.marked = {name: first_number(text) for _, name, text in MARKED.findall(self.html)}

    def menu(self, page: str) -> int | None:
        """Return the number of the menu's line, 0 for a line without a number, None without the line."""
        menu = self.html.partition("<nav")[2].partition("</nav>")[0]
        found = [first_number(text) or 0 for href, text in LINK.findall(menu) if href == reverse(page)]
        return found[0] if found else None

    def tab(self, page: str) -> int:
        """Return the number of the tab beside the page."""
        tabs = self.html.partition('<nav class="tabs"')[2].partition("</nav>")[0]
        return next(first_number(text) or 0 for href, text in LINK.findall(tabs) if href == reverse(page))

    def has_moved_from(self, page: str) -> bool:
        """Return whether the address led to another page: a leader without own letters sees the overview."""
        return self.response.request["PATH_INFO"] != reverse(page)

    def numbers_at(self, address: str) -> set[int]:
        """Return the numbers of all links to the address, without 0."""
        return {number for href, number in self.links if href == address and number}


def rows_or_figure(context) -> int | None:
    """Return the number that a page shows: the rows of its list, or for who only counts the number of its figure.

    None for who counts and leads single letters of the unit: the list has those, and says so.
    """
    if context["board"].only_counts and context["board"].has_list:
        return None
    if context["board"].has_list or (context["tab"] == "board_figures" and "page_obj" in context):
        return context["page_obj"].paginator.count
    if context["tab"] == "board_mails":
        return next(one.number for one in context["pills"] if one.is_current)
    if context["tab"] == "board_consequences":
        return context["chosen"] if "chosen" in context else len(context["totals"].harms)
    return first_number(context["split"].shown) if context.get("split") else context["board"].counts["ALL"]


class Lists:
    """The lists that the numbers of pages link to, each fetched once; for who only counts, the figures instead.

    Letters are counted with the filter of the board's page, without rendering it.
    """

    def __init__(self, client, person: User, incident: Incident):
        self.client, self.person, self.incident = client, person, incident
        self.lengths: dict[str, int | None] = {}

    def length(self, address: str) -> int | None:
        address = address.partition("#")[0]
        if address not in self.lengths:
            self.lengths[address] = self._read_length(address)
        return self.lengths[address]

    def _read_length(self, address: str) -> int | None:
        path, _, query = address.partition("?")
        of_letters = re.fullmatch(r"/enhed/(\d+)/", path)
        unit = of_letters and Unit.objects.get(pk=of_letters[1])
        if unit and not Board(unit, self.incident, self.person).only_counts:
            letters = board_letters(unit, self.incident, self.person)
            return LetterFilter(QueryDict(query), letters, unit, self.person).letters().count()
        response = self.client.get(address, follow=True)
        return rows_or_figure(response.context) if response.status_code == 200 else -1

    def disagreements(self, page: Page, unit: Unit, share: int) -> list[tuple[str, int, int | None]]:
        """Return (address, number, length of the list) where a link says another number.

        One of `share` kinds of links is followed.
        """
        own = reverse("board", args=[unit.pk])
        links = [(href if href.startswith("/") else own + href, number) for href, number in page.links if number]
        lists = sorted((one for one in links if LISTS.fullmatch(one[0])), key=self._is_fetched)
        of_each_kind = list({VALUE.sub("", href): (href, number) for href, number in lists}.values())[::share]
        found = [(href, number, self.length(href)) for href, number in of_each_kind]
        return [one for one in found if one[2] not in (one[1], None)]

    def _is_fetched(self, link: tuple[str, int]) -> bool:
        return link[0].partition("#")[0] in self.lengths


def choose_board(person: User, chance: Random) -> Unit | None:
    """Return one of the boards of the person."""
    units = list(units_with_board_for(person).order_by("pk"))
    return chance.choice(units) if units else None


def test_every_figure_has_letters(incident):
    """A number that is 0 on every page proves nothing."""
    cast = incident.cast
    boards = [(cast.root, cast.mette), (cast.buf, cast.birgitte), (cast.svalevej, cast.jens), (cast.root, cast.hanne)]
    counts = [Board(unit, cast.incident, reader).counts for unit, reader in boards]
    figures = set(BOARD_FIGURES) - set(REMEDY_LABELS)
    assert {figure for figure in figures if not any(one[figure] for one in counts)} == set()


@pytest.mark.parametrize("name", WITH_BOARDS)
def test_boards_agree_with_each_other_and_with_a_plain_count(incident, as_user, name):
    """Every number on every page of a board links to a list of so many letters, consequences, mails or units."""
    person = getattr(incident.cast, name)
    unit = incident.boards[person.name]
    lists = Lists(as_user(person), person, incident.cast.incident)
    pages = [Page(lists.client, reverse(page, args=[unit.pk])) for page in PAGES]
    assert [one for page in pages for one in lists.disagreements(page, unit, WITH_BOARDS[name])] == []
    counted = count_in_python(letters_on(unit, person, incident.cast.incident), person)
    shown = pages[1].response.context["board"].counts
    counted["DONE"] = sum(shown[part] for part in CONFIRMER_FIGURES)
    counted.pop("NOT_FOLLOWED_UP", None)  # the panel takes it from the whole
    found = Counter({figure: shown[figure] for figure in counted}, CONFIRMABLE=shown["MINE"] + shown["THEIRS"])
    assert (found - counted, counted - found) == (Counter(), Counter())


def test_my_letters_menu_and_reminders_agree(incident, as_user):
    """The jobs, the ladder, the menu and the next reminder count the same letters as a plain count of one's own."""
    wrong = []
    cast = incident.cast
    for person in (cast.karen, cast.jens, cast.anne, cast.torben, cast.olga):
        page = Page(as_user(person), reverse("my_letters"))
        own = letters_for(person, letter_condition(OWN, person=person.pk))
        counts = count_in_python(list(own), person)
        jobs = {"beslut": counts["OPEN"] - counts["HELP"] + counts["SENT_BACK"], "send": counts["DECIDED"]}
        jobs |= {"svar": counts["TO_ANSWER"], "bevis": counts["ARRIVING"]}
        shown = {name: page.marked.get(name, 0) for name in jobs}
        turn, as_substitute = jobs["beslut"] + jobs["send"] + jobs["svar"], page.marked.get("substitute", 0)
        told = followups_to_remind_of(incident.cast.incident, calendar.today()).filter(letter__sender=person)
        expected: list[object] = [jobs, turn, turn + as_substitute, {counts["ARRIVED"]}]
        in_menu, arrived = page.menu("my_letters"), page.numbers_at("?vis=kommet-frem")
        found = [
            shown,
            turn if person.pk in incident.away else told.count(),
            turn + as_substitute if in_menu is None else in_menu,
            arrived or {0},
        ]
        wrong += [] if expected == found or page.has_moved_from("my_letters") else [(person, expected, found)]
    assert wrong == []


def test_menu_counts_the_decisions_of_all_boards(incident, as_user):
    """A leader's line of the menu counts what *Din tur* shows on the boards of this person, each letter once."""
    wrong, cast = [], incident.cast
    for person in (cast.jens, cast.birgitte):
        boards = [Page(as_user(person), reverse("board", args=[one.pk])) for one in units_with_board_for(person)]
        turns = [board.response.context["turn"] for board in boards]
        waiting = {row.letter.pk for turn in turns for group in turn.groups for row in group.rows}
        in_menu = Page(as_user(person), reverse("glossary")).menu("boards") or 0
        wrong += [] if in_menu == len(waiting) else [(person, len(waiting), in_menu)]
    assert wrong == []


def test_pages_of_koncern_it_agree(incident, as_user):
    """*Hændelsen*, the overview, *Mangler ansvarlig*, *Beskeder*, *Henvendelser* and the menu count the same rows."""
    cast = incident.cast
    FollowUpFactory(letter=LetterFactory(incident=cast.incident, sender=cast.anne))  # without a first notice
    client = as_user(cast.mette)
    front, root = Page(client, reverse("incident")), Page(client, reverse("board", args=[cast.root.pk]))
    counts = root.response.context["board"].counts
    numbers = {name: front.marked.get(name, 0) for name in ("letters", "not_followed_up", "unproven")}
    missing = counts["ALL"] - counts["FOLLOWED_UP"]
    assert numbers == {"letters": counts["ALL"], "not_followed_up": missing, "unproven": counts["UNPROVEN"]}
    assert counts["ALL"] == Letter.objects.active().count()
    for unit in Unit.objects.filter(kind=Unit.Kind.ADMINISTRATION):
        board = Page(client, reverse("board", args=[unit.pk])).response.context["board"]
        assert front.numbers_at(f"/enhed/{unit.pk}/?status=ALL#breve") == {board.counts["ALL"]} - {0}
        assert front.numbers_at(f"/enhed/{unit.pk}/?status=FOLLOWED_UP#breve") == {board.counts["FOLLOWED_UP"]} - {0}
    assert front.marked["receivers"] == Page(client, reverse("notices")).marked["modtagere"]
    missing = Page(client, reverse("unassigned"))
    assert front.marked["without-owner"] == missing.numbers_at("?").pop() == Letter.objects.without_owner().count()
    delivery = [Page(client, reverse(page)) for page in ("not_reached", "incoming", "alarms")]
    assert front.menu("not_reached") == sum(one.tab(page) for one, page in zip(delivery, DELIVERY_TABS, strict=True))
    assert delivery[0].tab("not_reached") == len(delivery[0].response.context["people"])
    assert delivery[1].tab("incoming") == delivery[1].response.context["numbers"]["venter"]
    assert delivery[2].tab("alarms") == delivery[2].marked.get("untaken", 0)


def test_desks_menu_and_queue_agree(incident, as_user):
    """The number of *Henvendelser* in the menu is the first pill, and a confirmation link that of the board."""
    for person in (incident.cast.pia, incident.cast.hanne, incident.cast.mette):
        page = Page(as_user(person), reverse("escalations"))
        waiting = Escalation.objects.visible_to(person).filter(resolved_at=None, is_with_asker=False)
        expected = waiting.filter(followup__letter__withdrawn_at=None).count()
        assert [page.menu("escalations"), page.response.context["pills"][0].number] == [expected, expected]
        board = Page(as_user(person), reverse("board", args=[incident.cast.root.pk])).response.context["board"]
        to_confirm = page.response.context["to_confirm"]
        assert (to_confirm.number if to_confirm else 0) == board.counts["MINE"]


def test_documentation_and_board_have_the_same_letters(incident, as_user):
    """The evidence pack lists the readable letters of the board and says how many are left out."""
    for person in (incident.cast.birgitte, incident.cast.jens, incident.cast.hanne):
        unit = incident.boards[person.name]
        counts = Page(as_user(person), reverse("board", args=[unit.pk])).response.context["board"].counts
        pack = as_user(person).get(reverse("unit_pack", args=[unit.pk]))
        if pack.status_code == 200:
            readable = [one for one in letters_on(unit, person, incident.cast.incident) if one.reader_may_read]
            assert pack.context["count"] == len(readable)
            assert len(readable) + incident_left_out(pack) == counts["ALL"]


def incident_left_out(pack) -> int:
    sentences = " ".join(pack.context["left_out"])
    return first_number(sentences) or 0


def test_sums_of_the_balance_agree_with_the_overview(incident, as_user):
    cast = incident.cast
    counts = Page(as_user(cast.mette), reverse("board", args=[cast.root.pk])).response.context["board"].counts
    letters = dict(reconciliation.sum_letters(cast.incident).parts)
    unanswered = counts["OPEN"] + counts["DECIDED"] + counts["SENT_BACK"]
    assert reconciliation.sum_notified_letters(cast.incident).total == unanswered - letters["ikke åbnet"]
    assert sum(letters.values()) - letters["trukket tilbage"] == counts["ALL"]
    assert letters.get(FollowUp.Status.CONFIRMED.label, 0) == counts["FOLLOWED_UP"]
