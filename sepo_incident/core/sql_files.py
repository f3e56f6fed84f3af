"""Load SQL from files. Migrations install the SQL, and the schema checks compare the database with the same text."""

import re
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).parents[2]


def read_sql(path: str, **replacements: str) -> str:
    """Return the text of the file at ``path`` in the project, without the comments at the top.

    Each keyword argument replaces ``{name}`` in the text; other braces stay.
    """
    return re.sub(r"\{(\w+)\}", lambda name: replacements.get(name[1], name[0]), _read(path))


@cache
def _read(path: str) -> str:
    lines = (PROJECT / path).read_text(encoding="utf-8").splitlines()
    while lines[0].startswith("--"):
        del lines[0]
    return "\n".join(lines).strip()
