"""COPY from lines that are made while the database stores those before: two are at work, and no list lies in memory."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

_LINES_AT_A_TIME = 100


def copy_in(cursor: Any, statement: str, lines: Iterable[str]) -> None:
    """``lines`` are of COPY's text format. An error in making them is raised when what came before it is stored."""
    stream = _Stream(iter(lines))
    cursor.copy_expert(statement, stream)
    if stream.problem:
        raise stream.problem


class _Stream:
    """Lines as a file. psycopg2 would hide an error in ``read`` behind its own, and the server would log its words."""

    def __init__(self, lines: Iterator[str]):
        self._lines = lines
        self.problem: BaseException | None = None

    def read(self, size: int) -> bytes:
        try:
            return "".join(islice(self._lines, _LINES_AT_A_TIME)).encode()
        except BaseException as problem:
            self.problem = problem
            return b""
