"""A list of letters as a file, with all columns. A board and the lists of imported letters offer it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from django.http import HttpResponseBase

from followups.models import LetterRow
from followups.rules.letter_columns import COLUMNS, administration_names
from followups.rules.letter_rows import fetch_rows
from letters.models.letter import LetterQuerySet
from sepo_incident.accounts.list_export import TableColumn, TableExport, download_list, wants_file
from sepo_incident.accounts.roles import SignedInRequest


def download_letters(
    request: SignedInRequest, letters: LetterQuerySet, name: str, about: Sequence[tuple[str, str]]
) -> HttpResponseBase | None:
    """Stream the letters with all columns if the address asks for a file, otherwise return None.

    `letters`: in the order of the page. `name` and `about`: see `TableExport` and `download_list`.
    """
    if not wants_file(request):
        return None
    ids, load = letters.values_list("pk", flat=True), partial(fetch_rows, request.user)
    return download_list(request, letter_export(name), ids, load, about)


def letter_export(name: str) -> TableExport[LetterRow]:
    """Return all columns of a letter list as a file. One query."""
    names = administration_names()
    columns = [TableColumn(one.header, partial(one.cell, administrations=names), one.width) for one in COLUMNS]
    return TableExport(name, "Breve", columns)
