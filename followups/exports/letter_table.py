"""A list of letters as the rows of a file: one letter per row, with what the reader may read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from itertools import batched
from typing import Any, NamedTuple

from followups.models import FollowUp, LetterRow
from followups.models.followup import followup_of
from followups.rules.letter_rows import fetch_rows
from letters.models.letter import LetterQuerySet
from sepo_incident.accounts.models import Unit, User
from sepo_incident.core import cpr, danish

#: So many letters are fetched at a time: the browser gets rows at once, and no transaction waits for a slow browser.
ROWS_PER_FETCH = 1000
REVIEW_LABELS = {"NONE": "Nej", "FOUND": "Ja", "UNKNOWN": "Det ved vi ikke endnu"}


class LetterColumn(NamedTuple):
    """A column of the file. `value` takes the letter and {unit id: name of its administration}.

    `is_secret`: the value reveals the subject, so the cell is empty if the reader may not read the letter.
    """

    header: str
    width: int
    value: Callable[[LetterRow, dict[int, str]], Any]
    is_secret: bool = False


def letter_rows(letters: LetterQuerySet, reader: User) -> Iterator[list[Any]]:
    """Yield the rows of the letters in the order of the queryset. A query for each `ROWS_PER_FETCH` letters."""
    administrations = administration_names()
    for ids in batched(letters.values_list("pk", flat=True), ROWS_PER_FETCH):
        for letter in fetch_rows(reader, ids):
            yield [_value(letter, column, administrations) for column in COLUMNS]


def administration_names() -> dict[int, str]:
    """Return {unit id: name of the administration that the unit belongs to}. One query."""
    units = list(Unit.objects.only("pk", "name", "kind", "lineage"))
    names = {unit.pk: unit.name for unit in units if unit.kind == Unit.Kind.ADMINISTRATION}
    return {unit.pk: next((names[pk] for pk in unit.lineage if pk in names), "") for unit in units}


def _value(letter: LetterRow, column: LetterColumn, administrations: dict[int, str]) -> Any:
    if column.is_secret and not letter.reader_may_read:
        return None
    value = column.value(letter, administrations)
    if isinstance(value, datetime):
        return danish.local_time(value).replace(tzinfo=None)
    return cpr.mask(value) if isinstance(value, str) else value


def _decision[V](read: Callable[[FollowUp], V]) -> Callable[[LetterRow, dict[int, str]], V | None]:
    """Return a column's value that reads the follow-up; None for a letter whose follow-up is not opened."""

    def value(letter: LetterRow, administrations: dict[int, str]) -> V | None:
        followup = followup_of(letter)
        return read(followup) if followup else None

    return value


def _arrival(letter: LetterRow, administrations: dict[int, str]) -> str:
    return letter.arrival.badge.label if letter.arrival else ""


def _sent_again(letter: LetterRow, administrations: dict[int, str]) -> date | None:
    return letter.sent_again_on


COLUMNS = [
    LetterColumn("Brev-id", 16, lambda letter, _: letter.source_ref),
    LetterColumn("Sendt", 17, lambda letter, _: letter.sent_at),
    LetterColumn("Brev", 44, lambda letter, _: letter.shown_subject),
    LetterColumn("Emneområde", 26, lambda letter, _: letter.category or "Uden emne", is_secret=True),
    LetterColumn("Modtager", 20, lambda letter, _: letter.shown_recipient),
    LetterColumn("Personalesag", 13, lambda letter, _: "Ja" if letter.is_personnel_case else "Nej"),
    LetterColumn("Afsender", 26, lambda letter, _: letter.sender.name if letter.sender else letter.sender_name),
    LetterColumn("Leder", 26, lambda letter, _: letter.leader.name if letter.leader else letter.leader_name),
    LetterColumn("Enhed", 30, lambda letter, _: letter.unit.name if letter.unit else ""),
    LetterColumn("Forvaltning", 32, lambda letter, names: names.get(letter.unit_id or 0, "")),
    LetterColumn(
        "Status",
        24,
        lambda letter, _: letter.impersonal_status_badge.label if followup_of(letter) else "Mangler beslutning",
    ),
    LetterColumn("Beslutning", 24, _decision(lambda one: one.remedy_badge.label if one.remedy_badge else "")),
    LetterColumn("Brevets dato", 14, _decision(lambda one: one.due_on), is_secret=True),
    LetterColumn("Ny dato", 14, _decision(lambda one: one.new_deadline), is_secret=True),
    LetterColumn("Besluttet", 17, _decision(lambda one: one.decided_at)),
    LetterColumn("Sendt igen", 14, _sent_again),
    LetterColumn("Kommet frem", 24, _arrival),
    LetterColumn("Bekræftet", 17, _decision(lambda one: one.confirmed_at)),
    LetterColumn("Konsekvenser", 22, _decision(lambda one: REVIEW_LABELS.get(one.consequence_review)), is_secret=True),
    LetterColumn(
        "Originalen findes ikke", 14, _decision(lambda one: "Ja" if one.is_original_gone else ""), is_secret=True
    ),
]
