"""A list of letters as a file, with all columns. A board and the lists of imported letters offer it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from django.http import HttpResponseBase

from followups.models import FollowUp, LetterRow
from followups.models.followup import followup_of
from followups.rules.letter_rows import fetch_rows
from letters.categories.category_rules import NO_SUBJECT_CATEGORY
from letters.models.letter import LetterQuerySet
from sepo_incident.accounts.list_export import TableColumn, TableExport, download_list, to_cell, wants_file
from sepo_incident.accounts.models import Unit
from sepo_incident.accounts.roles import SignedInRequest

REVIEW_LABELS = {"NONE": "Nej", "FOUND": "Ja", "UNKNOWN": "Det ved vi ikke endnu"}


class LetterColumn(NamedTuple):
    """A column of a file of letters. `value` takes the letter and {unit id: name of its administration}.

    `width`: in characters. `is_secret`: the value reveals the subject, so the cell is empty if the reader may not read
    the letter.
    """

    header: str
    width: int
    value: Callable[[LetterRow, dict[int, str]], Any]
    is_secret: bool = False

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


COLUMNS = [
    LetterColumn("Brev-id", 16, lambda letter, _: letter.source_ref),
    LetterColumn("Sendt", 17, lambda letter, _: letter.sent_at),
    LetterColumn("Brev", 44, lambda letter, _: letter.shown_subject),
    LetterColumn("Emneområde", 26, lambda letter, _: letter.category or NO_SUBJECT_CATEGORY, is_secret=True),
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
    LetterColumn("Sendt igen", 14, lambda letter, _: letter.sent_again_on),
    LetterColumn("Kommet frem", 24, lambda letter, _: letter.arrival.badge.label if letter.arrival else ""),
    LetterColumn("Bekræftet", 17, _decision(lambda one: one.confirmed_at)),
    LetterColumn("Konsekvenser", 22, _decision(lambda one: REVIEW_LABELS.get(one.consequence_review)), is_secret=True),
    LetterColumn(
        "Originalen findes ikke", 14, _decision(lambda one: "Ja" if one.is_original_gone else ""), is_secret=True
    ),
]


def download_letters(
    request: SignedInRequest, letters: LetterQuerySet, name: str, about: Sequence[tuple[str, str]]
) -> HttpResponseBase | None:
    """Stream the letters with all columns if the address asks for a file, otherwise return None.

    `letters`: in the order of the page. `name` and `about`: see `TableExport` and `download_list`.
    """
    if not wants_file(request):
        return None
    ids, load = letters.values_list("pk", flat=True), partial(fetch_rows, request.user)
    names = administration_names()
    columns = [TableColumn(one.header, partial(one.cell, administrations=names), one.width) for one in COLUMNS]
    return download_list(request, TableExport(name, "Breve", columns), ids, load, about)
