"""Hostile cell texts, and the assertions that hold wherever such a text is stored or shown."""

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from html.parser import HTMLParser
from itertools import product

FORMULA = '=HYPERLINK("http://ond.example","klik")'
CPR = ("010270-1234", "0102701234", "010270 1234", "01.02.70-1234", "01-02-1970 1234", "610270–1234", "19700201-1234")
#: CPR numbers stand among other words, as people write them.
HOSTILE = [
    FORMULA, "+1+1", "-1+1", "@SUM(A1)", "\t=1+1",
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "javascript:alert(1)", "</textarea></title>",
    "Karen\r\nBcc: ond@ond.example", "a\rb", "karen@kk.example\r\nBcc: ond@ond.example", "a\u2028b\u0085c\x0bd",
    "x" * 5000, "vend\u202eom\u2066", "usyn\u200b\ufeffligt", "nul\x00tegn", "halv\udc80",
    "😀 𝒳 👩‍👩‍👧", "e\u0301\u0323" * 40, "{{ 7*7 }}", "{% debug %}", "%s %(x)s %d", "\\N", "\\.", "\\x00", "${7*7}",
    "'; DROP TABLE letters_letter; --", "../../etc/passwd", "#N/A", "NULL", "–" * 300, "ﷺ" * 200,
    *(f"Vedr. {number}, haster" for number in CPR),
]  # fmt: skip
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_ADDRESSES = ("href", "src", "action", "formaction")


def in_every_column(headers: Sequence[str], good: Sequence[Sequence[str]]) -> bytes:
    """Return a csv in which each hostile text stands once in each column.

    Only one cell of a row is hostile; the other cells are those of the next `good` row. So each text meets the
    rules of its column alone.
    """
    content = io.StringIO()
    writer = csv.writer(content, delimiter=";", quoting=csv.QUOTE_ALL)
    writer.writerow(headers)
    for (at, text), cells in zip(product(range(len(headers)), HOSTILE), good, strict=True):
        writer.writerow([*cells[:at], text, *cells[at + 1 :]])
    return content.getvalue().encode("utf-8-sig", "surrogateescape")


def assert_harmless(text: str, where: str) -> None:
    """Assert that the text holds no CPR number of the list and no control or invisible character."""
    for number in CPR:
        assert number not in text, (where, number)
    assert not (found := _CONTROL.search(text)), (where, found and hex(ord(found[0])))


def assert_shown_harmlessly(source: str, where: str) -> None:
    """Assert that the hostile texts are plain text in the HTML page, not a tag or an attribute."""
    assert_harmless(re.sub(r"\s", " ", source), where)
    parser = _ActiveHtmlParser()
    parser.feed(source)
    assert parser.found == [], where


class _ActiveHtmlParser(HTMLParser):
    """Collects active tags that our pages never have, and end tags without a start tag."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._begun: Counter[str] = Counter()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._begun[tag] += 1
        given = {name: (value or "").strip().lower() for name, value in attrs}
        runs = any(name.startswith("on") for name in given)
        leads_astray = any(given.get(name, "").startswith(("javascript:", "data:")) for name in _ADDRESSES)
        if runs or leads_astray or tag == "img" or (tag == "script" and "src" not in given):
            self.found.append(self.get_starttag_text() or tag)

    def handle_endtag(self, tag: str) -> None:
        self._begun[tag] -= 1
        if self._begun[tag] < 0:
            self.found.append(f"</{tag}>")
