"""Load SQL from files: the statements of a module from files beside the module, and the SQL that migrations install."""

import re
from functools import cache
from pathlib import Path
from typing import Any

from django.db.models import QuerySet

PROJECT = Path(__file__).parents[2]


def read_sql(path: str, name: str = "", **replacements: str) -> str:
    """Return the text of an SQL file, without the comments at the top.

    `read_sql(__file__, "new_letters.sql")` reads a file beside the module. `read_sql("letters/sql/new.sql")` reads
    a path in the project. Each keyword argument replaces `{keyword}` in the text; other braces stay. A value belongs
    in a parameter, `%(name)s`; a replacement is for what no parameter can be: the name of a table, or a query in
    another file.
    """
    file = Path(path).with_name(name) if name else PROJECT / path
    return re.sub(r"\{(\w+)\}", lambda found: replacements.get(found[1], found[0]), _read(file))


def sql_with_named_parameters(rows: QuerySet[Any, Any]) -> tuple[str, dict[str, Any]]:
    """Return the SQL of a query as part of a statement in a file, and the values of the named parameters."""
    text, params = rows.query.sql_with_params()
    values = {f"value_{number}": value for number, value in enumerate(params)}
    return text.replace("%%", "%%%%") % tuple(f"%({name})s" for name in values), values


@cache
def _read(file: Path) -> str:
    lines = file.read_text(encoding="utf-8").splitlines()
    while lines[0].startswith("--"):
        del lines[0]
    return "\n".join(lines).strip()
