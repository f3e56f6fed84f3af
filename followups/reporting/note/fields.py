"""Fields of a Word document: which of them show text that a reader sees, and which Word computes anew."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FORMAT = r"(?:\s+\\\*\s*(?:MERGEFORMAT|CHARFORMAT|Arabic|roman))*\s*"
#: Fields whose value Word computes anew.
_COMPUTED_FIELD = re.compile(rf"\s*(?:PAGE|NUMPAGES|SECTIONPAGES|SECTION){_FORMAT}", re.IGNORECASE)
#: Fields that show text of the document. The instruction of any other field is read as text, because it may be shown.
_REFERENCE_FIELD = re.compile(
    rf"\s*(?:(?:TOC|INDEX)\b[^#]*|(?:REF|PAGEREF|NOTEREF|HYPERLINK\s+\\l)\s+[\"\w]+(?:\s+\\[a-z])*{_FORMAT})",
    re.IGNORECASE,
)


@dataclass
class Field:
    """An open field. `is_computed`: Word computes the result anew, so the result is no text."""

    is_locked: bool
    instruction: str = ""
    is_result: bool = False
    is_computed: bool = False

    def begin_result(self) -> str:
        """Begin the result, and return what the instruction shows: "" for fields of numbers and references."""
        self.is_result = True
        is_number = bool(_COMPUTED_FIELD.fullmatch(self.instruction))
        self.is_computed = is_number and not self.is_locked
        return "" if is_number or _REFERENCE_FIELD.fullmatch(self.instruction) else self.instruction
