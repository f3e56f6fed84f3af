"""What stands in the places of a text for one mail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from notifications.texts.parsing import Choice, Slot
from sepo_incident import danish


class Facts(NamedTuple):
    """The value of each field by its name, and whether the mail is about one letter."""

    values: Mapping[str, Any]
    is_one: bool


type Part = str | Slot | Choice


def words(part: Part, facts: Facts) -> str:
    """One line; "" when there is nothing to fill in, and then without the space before it."""
    if isinstance(part, str):
        return part
    if isinstance(part, Choice):
        filled = part.one if facts.is_one else part.more
    else:
        filled = facts.values[part.field.name]
        filled = danish.capitalized(filled) if part.is_capital else filled
    return f"{part.lead}{filled}" if filled else ""
