"""Search for people, letters and units, within the reader's rights and across incidents.

The text comes in a POST, is not stored, and stands in no address, log or title.
"""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.db.models import Count, Model, QuerySet
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from followups.boards.board_letters import counted_in_every_incident, units_with_board_for
from followups.models.followup import FollowUp, followup_of
from followups.models.letter_row import STATUS_BADGES
from letters.incidents import addresses_under
from letters.models import Incident, Letter
from sepo_incident.accounts.models import Membership, Unit, User
from sepo_incident.accounts.models.people import UNIT_WORDS, USER_WORDS
from sepo_incident.core import danish
from sepo_incident.core.database import RowCount
from sepo_incident.core.word_search import begins_with_words, divide_words
from sepo_incident.web.people.visible_people import people_visible_to

#: Hits of a group below the search field, and on the page. More hits than that are not counted.
SUGGESTED, LISTED = 5, 50


class Hit(NamedTuple):
    """A person, a letter or a unit. `sub` stands below the name, `side` at the right. `find` marks the found words."""

    url: str
    name: str
    sub: str
    side: str


class HitGroup(NamedTuple):
    """The hits of a kind. `number` of hits, or `LISTED` if `has_more` than that."""

    key: str
    title: str
    icon: str
    hits: list[Hit]
    number: int
    has_more: bool

    @property
    def number_text(self) -> str:
        return f"mere end {danish.number(LISTED)}" if self.has_more else danish.number(self.number)


class SearchResult(NamedTuple):
    groups: list[HitGroup]

    @property
    def summary(self) -> str:
        """Return for example «4 fund.», «Søgningen gav ingen resultater.» or «Mere end 50 fund. Tilføj et ord.»."""
        number = sum(group.number for group in self.groups)
        if any(group.has_more for group in self.groups):
            return f"Mere end {danish.number(LISTED)} fund. Tilføj et ord."
        return f"{danish.number(number)} fund." if number else "Søgningen gav ingen resultater."


def search_everything(text: str, reader: User, shown: int, incident: Incident | None = None) -> SearchResult | None:
    """Return what the reader finds by the text, with at most `shown` hits of each kind; None for too short a text.

    The numbers beside people and units count letters of `incident`, to which their links lead; of all without one.
    """
    words = divide_words(text)
    people_words = divide_words(danish.parse_phone(text) or text)  # phone numbers are found as they are stored
    if not words:
        return None
    named = people_visible_to(reader).alias(words=USER_WORDS).filter(begins_with_words("words", people_words))
    people = _by_name(_fetch_listed(named.select_related("unit")), people_words)
    about = Letter.objects.visible_to(reader).search_by_index(text).select_related("incident", "followup")
    letters = sorted(_fetch_listed(about), key=lambda letter: (letter.sent_at, letter.pk), reverse=True)
    boards = units_with_board_for(reader).alias(words=UNIT_WORDS).filter(begins_with_words("words", words))
    units = _by_name(_fetch_listed(boards), words)
    groups = [
        _group("personer", "Personer", "person", people, _person_hits(people[:shown], reader, incident)),
        _group("breve", "Breve", "email", letters, [_letter_hit(letter) for letter in letters[:shown]]),
        _group("enheder", "Enheder", "business", units, _unit_hits(units[:shown], reader, incident)),
    ]
    return SearchResult(
        [group._replace(hits=_mark_hits(group.hits, words + people_words)) for group in groups if group.number]
    )


def _group(key: str, title: str, icon: str, found: Sequence[Model], hits: list[Hit]) -> HitGroup:
    return HitGroup(key, title, icon, hits, min(len(found), LISTED), len(found) > LISTED)


def _fetch_listed[Row: Model](found: QuerySet[Row]) -> list[Row]:
    """Return at most `LISTED` rows and one more. The database stops at that, so a common word costs no more."""
    return list(found.order_by()[: LISTED + 1])


def _by_name[Named: (User, Unit)](rows: list[Named], words: list[str]) -> list[Named]:
    """Sort by name, but the rows whose name begins with the first word before the others."""
    return sorted(rows, key=lambda row: (not row.name.lower().startswith(words[0]), danish.sort_key(row.name), row.pk))


def _person_hits(people: Sequence[User], reader: User, incident: Incident | None) -> list[Hit]:
    """Return the people with the number of letters from them that the reader sees. One query."""
    if not people:
        return []
    letters = Letter.objects.visible_to(reader).active().filter(sender__in=[one.pk for one in people])
    letters = letters.filter(incident=incident) if incident else letters
    counts = dict(letters.order_by().values_list("sender").annotate(number=Count("pk")))
    return [
        Hit(
            reverse("person", args=[one.pk]),
            one.name,
            _join(one.unit.name if one.unit else one.email, one.phone),
            _letter_count(counts.get(one.pk, 0)),
        )
        for one in people
    ]


def _letter_hit(letter: Letter) -> Hit:
    with addresses_under(letter.incident):
        url = reverse("letter", args=[letter.pk])
    sent = f"Sendt {danish.day_month(letter.sent_at)} {danish.clock(letter.sent_at)}"
    return Hit(url, letter.shown_subject, _join(sent, letter.shown_recipient), _status(letter))


def _status(letter: Letter) -> str:
    if letter.withdrawn_at:
        return "Trukket tilbage"
    followup = followup_of(letter)
    return STATUS_BADGES[FollowUp.Status(followup.status)].label if followup else "Ikke åbnet endnu"


def _unit_hits(units: Sequence[Unit], reader: User, incident: Incident | None) -> list[Hit]:
    """Return the units with their leaders and the number of letters that the reader counts. Two queries."""
    if not units:
        return []
    letters = [counted_in_every_incident(unit, reader).order_by() for unit in units]
    numbers = [RowCount(found.filter(incident=incident) if incident else found) for found in letters]
    counts = User.objects.values_list(*numbers).get(pk=reader.pk)
    named = [unit.pk for unit in units if not reader.only_counts(unit.lineage)]
    held = Membership.objects.filter(unit__in=named, role=Membership.Role.LEADER).order_by("-pk")
    leaders = {unit: _join(*told) for unit, *told in held.values_list("unit", "user__name", "user__phone")}
    return [
        Hit(
            reverse("board" if number else "unit_page", args=[unit.pk]),
            unit.name,
            f"Leder: {leaders[unit.pk]}" if unit.pk in leaders else unit.get_kind_display().capitalize(),
            _letter_count(number),
        )
        for unit, number in zip(units, counts, strict=True)
    ]


def _letter_count(number: int) -> str:
    return danish.count(number, "brev", "breve") if number else ""


def _join(*parts: str) -> str:
    return ", ".join(filter(None, parts))


def _mark_hits(hits: Iterable[Hit], words: list[str]) -> list[Hit]:
    longest_first = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
    begins = re.compile(rf"(?<![^\W_])({longest_first})", re.IGNORECASE)
    return [hit._replace(name=_mark(hit.name, begins), sub=_mark(hit.sub, begins)) for hit in hits]


def _mark(text: str, begins: re.Pattern[str]) -> SafeString:
    """Return the text, escaped, with <mark> around what `begins` finds."""
    parts = enumerate(begins.split(text))
    return format_html_join(
        "", "{}", ((format_html("<mark>{}</mark>", part) if at % 2 else part,) for at, part in parts)
    )
