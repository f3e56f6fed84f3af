"""The keys of figures. They stand in versions of the note and in Word documents, so a key is never spelled anew."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from django.utils.text import slugify

from letters.categories.category_rules import NO_SUBJECT_CATEGORY, OTHER_CATEGORY
from sepo_incident.core import danish

MAX_KEY_LENGTH = 50
#: How the keys of the letters of a category, of an administration with its units, and of a unit alone begin.
CATEGORY, ADMINISTRATION, UNIT = "letters.category.", "letters.administration.", "letters.unit."
#: How the keys of the letters with an answer about deletion begin.
DELETION = "letters.deletion."


def letter_key(name: str) -> str:
    """Return the key of a figure about letters: «letters», «letters.open»."""
    return "letters" if name == "ALL" else f"letters.{name.lower()}"


def category_key(name: str) -> str:
    """Return the key of a category in ASCII: «letters.category.boernehave». A long name ends in a part of its hash."""
    key = f"{CATEGORY}{slugify(danish.spell_ascii(name.lower()))}"
    return key if len(key) <= MAX_KEY_LENGTH else f"{key[: MAX_KEY_LENGTH - 7]}-{hash_of(name)}"


def hash_of(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:6]


def administration_key(pk: int) -> str:
    return f"{ADMINISTRATION}{pk}"


def unit_key(pk: int) -> str:
    return f"{UNIT}{pk}"


def keys_of(group: str, keys: Iterable[str]) -> list[str]:
    """Return the keys of a group: `CATEGORY`, `ADMINISTRATION`, `UNIT` or `DELETION`."""
    return [key for key in keys if key.startswith(group)]


#: The two categories that say nothing of a subject.
NO_SUBJECT, OTHER = category_key(NO_SUBJECT_CATEGORY), category_key(OTHER_CATEGORY)
