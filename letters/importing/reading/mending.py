"""Letters that were written in one encoding and read in another: «SÃ¸ren» → «Søren». Pure."""

import re

#: What UTF-8 is taken for: Windows, Unix before 2000, Macs, DOS
_TAKEN_FOR = ("cp1252", "latin-1", "mac_roman", "cp850")
_RIGHT = [*map(chr, range(0xA0, 0x180)), *"–—‘’“”„…•€"]
_RIGHT_OF = {
    right.encode().decode(encoding): right
    for encoding in _TAKEN_FOR
    for right in _RIGHT
    if encoding != "cp1252" or not set(right.encode()) & {0x81, 0x8D, 0x8F, 0x90, 0x9D}  # it has no letters there
}
_WRONG = re.compile("|".join(sorted(map(re.escape, _RIGHT_OF), key=len, reverse=True)))
#: What such a text begins its letters and dashes with; to look for them costs little.
_SIGNS = ("Ã", "Â", "â\x80", "â€", "√", "¬", "‚Ä", "├", "┬", "ÔÇ")
_MOST_TIMES = 3  # that a text went wrong over again


class Mender:
    """``has_mended``: some text was wrong so far."""

    def __init__(self) -> None:
        self.has_mended = False

    def mend(self, text: str) -> str:
        for sign in _SIGNS:  # any() costs more to begin
            if sign in text:
                break
        else:
            return text
        for _ in range(_MOST_TIMES):
            text, times = _WRONG.subn(lambda found: _RIGHT_OF[found[0]], text)
            if not times:
                break
            self.has_mended = True
        return text
