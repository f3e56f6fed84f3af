"""The mail to senders as an annex of the note: as it was sent, with words in brackets for names and letters."""

import re
from collections.abc import Iterator

from letters.models import Incident
from notifications.kinds.mail_fields import one_line_without_cpr
from notifications.models import Delivery, Kind, Notice
from notifications.models.delivery_states import TAKEN_BY_SERVER

#: The list of letters. Each row: subject, when the letter was sent, and the address of the letter's page.
LETTER_ROWS = re.compile(r"(?:^- (?:(?!^- ).)*?^  https?://\S+/brev/\d+/\n)+", re.MULTILINE | re.DOTALL)
#: Mails that are searched for one with the present name of each recipient: a mail keeps the name of before a wedding.
TRIED = 50


def first_notice_as_sent(incident: Incident) -> list[str]:
    """Return the paragraphs of the oldest first notice that a mail server took; [] before one was. Three queries."""
    role, states = Delivery.Role.TO, TAKEN_BY_SERVER
    notices = Notice.objects.filter(kind=Kind.FIRST_NOTICE, dispatch__incident=incident)
    taken = notices.filter(deliveries__role=role, deliveries__state__in=states)
    for notice in taken.defer("html").prefetch_related("deliveries__recipient").order_by("pk")[:TRIED]:
        words = {
            one_line_without_cpr(one.recipient.name): "[navn]" if one.role == role else "[lederens navn]"
            for one in notice.deliveries.all()
            if one.recipient
        }
        paragraphs = [f"Emne: {notice.subject}", *_paragraphs(LETTER_ROWS.sub("- [brevets emne]\n", notice.text))]
        if all(any(name in one for one in paragraphs) for name in words):
            return [_replace_names(one, words) for one in paragraphs]
    return []


def _replace_names(text: str, words: dict[str, str]) -> str:
    """Replace each name in the text with its word. A name that begins with another name is replaced whole."""
    names = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
    return re.sub(names, lambda found: words[found[0]], text)


def _paragraphs(text: str) -> Iterator[str]:
    """Yield the paragraphs of a mail in plain text, each on one line, without addresses and what leads to them."""
    for block in text.split("\n\n"):
        lines: list[str] = []
        for line in map(str.strip, block.splitlines()):
            words, _, address = line.partition("http")
            if lines and not line.startswith(("- ", "1)", "2)", "3)")) and not lines[-1].isupper():
                lines[-1] = f"{lines[-1]} {words}".rstrip()
            else:
                lines.append(words.rstrip())
            if address and lines[-1].endswith(":"):
                lines.pop()
        yield from (line.removeprefix("-- ") for line in lines)
