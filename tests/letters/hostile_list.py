"""A list with every hostile text once in every column."""

from letters.samples import COLUMNS
from tests.letters.awkward.hostile_cells import HOSTILE, in_every_column
from tests.letters.list_files import row

ROWS = len(COLUMNS) * len(HOSTILE)


def build_hostile_list() -> bytes:
    return in_every_column(COLUMNS, [list(row(number).values()) for number in range(1, ROWS + 1)])
