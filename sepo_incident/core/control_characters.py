"""Characters that neither XML nor a mail can hold. They come with text that is pasted."""

import re

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")


def strip_control_characters(text: str) -> str:
    """Return the text without the characters that a Word file or a workbook cannot hold (XML 1.0, section 2.2)."""
    return _NOT_XML.sub("", text)
