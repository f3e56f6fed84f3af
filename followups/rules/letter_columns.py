"""The columns of a list of letters beside those that every list has: chosen on a board, and all of them in a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, NamedTuple

from followups.models import FollowUp, LetterRow
from followups.models.followup import followup_of
from letters.categories.category_rules import NO_SUBJECT_CATEGORY
from sepo_incident.accounts.list_export import to_cell
from sepo_incident.accounts.models import Unit
from sepo_incident.core import danish

REVIEW_LABELS = {"NONE": "Nej", "FOUND": "Ja", "UNKNOWN": "Det ved vi ikke endnu"}


class LetterColumn(NamedTuple):
    """A column of a letter list. `value` takes the letter and {unit id: name of its administration}.

    `width`: in a file, in characters. `is_secret`: the value reveals the subject, so the cell is empty if the reader
    may not read the letter. `choice`: the name by which a board's list shows the column, "" if only files have it.
    """

    header: str
    width: int
    value: Callable[[LetterRow, dict[int, str]], Any]
    is_secret: bool = False
    choice: str = ""

    def cell(self, letter: LetterRow, administrations: dict[int, str]) -> Any:
        """Return the value that the reader may see, times in Copenhagen without a zone."""
        if self.is_secret and not letter.reader_may_read:
            return None
        return to_cell(self.value(letter, administrations))


def administration_names() -> dict[int, str]:
    """Return {unit id: name of the administration that the unit belongs to}. One query."""
    units = list(Unit.objects.only("pk", "name", "kind", "lineage"))
    names = {unit.pk: unit.name for unit in units if unit.kind == Unit.Kind.ADMINISTRATION}
    return {unit.pk: next((names[pk] for pk in unit.lineage if pk in names), "") for unit in units}


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
    LetterColumn(
        "Emneområde", 26, lambda letter, _: letter.category or NO_SUBJECT_CATEGORY, is_secret=True, choice="emne"
    ),
    LetterColumn("Modtager", 20, lambda letter, _: letter.shown_recipient),
    LetterColumn("Personalesag", 13, lambda letter, _: "Ja" if letter.is_personnel_case else "Nej"),
    LetterColumn("Afsender", 26, lambda letter, _: letter.sender.name if letter.sender else letter.sender_name),
    LetterColumn(
        "Leder", 26, lambda letter, _: letter.leader.name if letter.leader else letter.leader_name, choice="leder"
    ),
    LetterColumn("Enhed", 30, lambda letter, _: letter.unit.name if letter.unit else "", choice="enhed"),
    LetterColumn("Forvaltning", 32, lambda letter, names: names.get(letter.unit_id or 0, ""), choice="forvaltning"),
    LetterColumn(
        "Status",
        24,
        lambda letter, _: letter.impersonal_status_badge.label if followup_of(letter) else "Mangler beslutning",
    ),
    LetterColumn("Beslutning", 24, _decision(lambda one: one.remedy_badge.label if one.remedy_badge else "")),
    LetterColumn("Brevets dato", 14, _decision(lambda one: one.due_on), is_secret=True),
    LetterColumn("Ny dato", 14, _decision(lambda one: one.new_deadline), is_secret=True),
    LetterColumn("Besluttet", 17, _decision(lambda one: one.decided_at), choice="besluttet"),
    LetterColumn("Sendt igen", 14, _sent_again, choice="sendt-igen"),
    LetterColumn("Kommet frem", 24, _arrival),
    LetterColumn("Bekræftet", 17, _decision(lambda one: one.confirmed_at), choice="bekraeftet"),
    LetterColumn("Konsekvenser", 22, _decision(lambda one: REVIEW_LABELS.get(one.consequence_review)), is_secret=True),
    LetterColumn(
        "Originalen findes ikke", 14, _decision(lambda one: "Ja" if one.is_original_gone else ""), is_secret=True
    ),
]
#: The columns that a board's list can show: name in the address -> column.
CHOICES = {column.choice: column for column in COLUMNS if column.choice}


def column_cells(letters: Iterable[LetterRow], columns: Iterable[LetterColumn]) -> dict[int, list[tuple[str, str]]]:
    """Return {letter id: (header, text) of each column}. One query if there is a column."""
    columns = list(columns)
    names = administration_names() if columns else {}
    return {letter.pk: [(one.header, _as_text(one.cell(letter, names))) for one in columns] for letter in letters}


def _as_text(value: Any) -> str:
    return danish.date(value) if isinstance(value, date) else str(value or "")
