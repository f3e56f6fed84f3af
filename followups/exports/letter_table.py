"""A list of letters as the rows of a file: one letter per row, with what the reader may read."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import batched
from typing import Any

from followups.rules.letter_columns import COLUMNS, administration_names
from followups.rules.letter_rows import fetch_rows
from letters.models.letter import LetterQuerySet
from sepo_incident.accounts.models import User

#: So many letters are fetched at a time: the browser gets rows at once, and no transaction waits for a slow browser.
ROWS_PER_FETCH = 1000


def letter_rows(letters: LetterQuerySet, reader: User) -> Iterator[list[Any]]:
    """Yield the rows of the letters in the order of the queryset. A query for each `ROWS_PER_FETCH` letters."""
    administrations = administration_names()
    for ids in batched(letters.values_list("pk", flat=True), ROWS_PER_FETCH):
        for letter in fetch_rows(reader, ids):
            yield [column.cell(letter, administrations) for column in COLUMNS]
