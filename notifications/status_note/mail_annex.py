"""The mail to senders as an annex of the note: the text as it was sent, with words in brackets for personal data."""

from collections.abc import Iterator

from letters.models import Incident
from notifications.kinds.mail_fields import MailDraft
from notifications.models import Dispatch, Kind, NoticeText
from notifications.texts.notice_texts import get_text_source
from notifications.texts.text_preview import sample_letter, sample_person


def first_notice_as_sent(incident: Incident) -> list[str]:
    """Return the paragraphs of the first notice about a letter; [] before one was sent. Two queries."""
    sent = incident.dispatches.filter(kind=Kind.FIRST_NOTICE).exclude(status__in=Dispatch.CUT_SHORT)
    first = sent.order_by("pk").first()
    if first is None:
        return []
    texts = NoticeText.objects.versions_of(Kind.FIRST_NOTICE, incident)
    text = texts.filter(written_at__lte=first.requested_at).first()
    wording = get_text_source(Kind.FIRST_NOTICE, text, incident.rules).parse(Kind.FIRST_NOTICE)
    receiver, leader = sample_person("[navn]"), sample_person("[lederens navn]")
    letter = sample_letter(incident, receiver, leader, 0)
    letter.subject = "[brevets emne]"
    mail = wording.mail(MailDraft(incident, receiver, [leader], [letter], incident.deadline), is_one=True)
    return [f"Emne: {mail.subject}", *_paragraphs(mail.text)]


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
