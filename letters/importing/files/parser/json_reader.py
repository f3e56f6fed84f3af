"""Reading of JSON: a list of objects, or an object on each line. The keys are the headers."""

import json
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from letters.importing.files.limits import BROKEN_JSON, Refused
from letters.importing.files.parser.csv_reader import detect_encoding
from letters.importing.files.parser.sheet_tables import Sheet, SheetTable


def sheets_of(kind: str, path: str) -> Iterator[Sheet]:
    """Yield the only sheet of a JSON file."""
    yield Sheet("", is_hidden=False, open=lambda: _open_table(path))


def _open_table(path: str) -> SheetTable:
    text = Path(path).read_text(detect_encoding(path), errors="replace").lstrip("\ufeff")
    try:
        is_list = text.lstrip().startswith("[")
        objects = json.loads(text) if is_list else [json.loads(line) for line in text.split("\n") if line.strip()]
        headers = list(dict.fromkeys(chain.from_iterable(map(dict.keys, objects))))
    except (ValueError, TypeError, RecursionError) as problem:
        raise Refused(BROKEN_JSON) from problem
    rows = ([_text(one.get(key)) for key in headers] for one in objects)
    return SheetTable(iter([headers, *rows]), len(objects) + 1, len(headers))


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)
