"""Texts that may harm somebody, as they stand in a cell, and what must hold wherever they come to."""

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from html.parser import HTMLParser
from itertools import product

FORMULA = '=HYPERLINK("http://ond.example","klik")'
CPR = ("010270-1234", "0102701234", "010270 1234", "01.02.70-1234", "01-02-1970 1234", "610270–1234", "19700201-1234")
#: The CPR numbers come with what people write around them.
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
    """A csv in which each text stands once in each column, the other cells being those of the next ``good`` row.

    One cell of a row at a time, so that each meets the rules of its column and nothing else is wrong.
    """
    content = io.StringIO()
    writer = csv.writer(content, delimiter=";", quoting=csv.QUOTE_ALL)
    writer.writerow(headers)
    for (at, text), cells in zip(product(range(len(headers)), HOSTILE), good, strict=True):
        writer.writerow([*cells[:at], text, *cells[at + 1 :]])
    return content.getvalue().encode("utf-8-sig", "surrogateescape")


def assert_harmless(text: str, where: str) -> None:
    """No CPR number of the list, and nothing that hides or breaks a line."""
    for number in CPR:
        assert number not in text, (where, number)
    assert not (found := _CONTROL.search(text)), (where, found and hex(ord(found[0])))


def assert_shown_harmlessly(source: str, where: str) -> None:
    """A page of ours: the texts are texts in it, and no tag or attribute."""
    assert_harmless(re.sub(r"\s", " ", source), where)
    watch = _Watch()
    watch.feed(source)
    assert watch.found == [], where


class _Watch(HTMLParser):
    """Every tag that would do something, and that no page of ours has; and the end of one that never began."""

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
