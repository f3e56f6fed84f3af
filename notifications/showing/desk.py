"""The sending desk's read model: ways to narrow the list, the mail to anybody on it, and what to know first."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple, cast
from urllib.parse import urlencode

from django.urls import reverse

from followups.models import FollowUp
from letters.models import Incident, Letter
from notifications.kinds import name_of, owed
from notifications.models import Kind, Notice, NoticeText, Sending, SendingChange
from notifications.sending import mime
from notifications.showing.recipients import Recipient, Recipients
from notifications.writing.composing import CannotBeComposed, Composed, compose
from notifications.writing.wordings import source_of
from sepo_incident.accounts.models import User
from sepo_incident.pills import Pill

KIND = Kind.FIRST_NOTICE
PER_PAGE = 12


class Choice(NamedTuple):
    """Which recipients the list shows; the arguments of ``Recipients.chosen``."""

    administration: int | None = None
    only_lacking: bool = False
    words: str = ""


def pills(recipients: Recipients, choice: Choice) -> list[Pill]:
    """Everybody, each administration, those without a leader; the search word is kept."""

    def pill(label: str, number: int, only: Choice, tone: str = "") -> Pill:
        asked = {"forvaltning": only.administration, "mangler": only.only_lacking or None, "q": choice.words}
        query = urlencode({name: int(value) if value is True else value for name, value in asked.items() if value})
        address = reverse("notices") + (f"?{query}" if query else "")
        return Pill(label, address, number, tone, choice[:2] == only[:2])

    rows = [pill("Alle", len(recipients), Choice())]
    rows += [pill(unit.code or unit.name, number, Choice(unit.pk)) for unit, number in recipients.by_administration()]
    if recipients.lacking_leader:
        rows.append(pill("Leder mangler", len(recipients.lacking_leader), Choice(only_lacking=True), "is-soon"))
    return rows


class Preview(NamedTuple):
    """The mail to one sender as it would be written now, or no mail and the letters that stand in its way (none of
    them when the fault is elsewhere)."""

    sender: User
    mail: Composed | None
    faulty: list[Letter]

    @property
    def to(self) -> str:
        return mime.readable(self.sender.name, self.sender.email)

    @property
    def copies(self) -> list[str]:
        return [mime.readable(leader.name, leader.email) for leader in self.mail.copies] if self.mail else []

    @property
    def text_url(self) -> str:
        """Where the words are, as this sender gets them, and a test mail of them."""
        return reverse("text", args=[name_of(KIND)], query={"til": self.sender.pk})


def preview(reader: User, incident: Incident, text: NoticeText | None, sender_id: int | None) -> Preview | None:
    """In the words of ``text``, or the default; None for somebody who is owed nothing, or of whose letters the reader
    may not see every one."""
    due = owed(KIND, incident).filter(letter__sender=sender_id)
    visible = Letter.objects.visible_to(reader).filter(followup__in=due)
    letters = list(visible.select_related("sender", "leader"))
    if not letters or len(letters) != due.count():
        return None
    sender = cast(User, letters[0].sender)
    try:
        return Preview(sender, compose(KIND, incident, sender, letters, source_of(KIND, text).understood(KIND)), [])
    except CannotBeComposed as problem:
        return Preview(sender, None, problem.letters)


def following(listed: list[Recipient], sender_id: int) -> tuple[Recipient | None, int]:
    """Who comes after this one in the list, round and round, and on which page."""
    place = next((number for number, one in enumerate(listed) if one.sender_id == sender_id), -1)
    if not listed or (len(listed) == 1 and place == 0):
        return None, 1
    place = (place + 1) % len(listed)
    return listed[place], place // PER_PAGE + 1


def before_sending(incident: Incident, reader: User, today: date) -> dict[str, Any]:
    """``{text_url, tested, unreachable, is_too_late}``: where the words of the mails are; the reader's newest test
    mail, of any text; letters without anybody to write to; the deadline in the mail has gone by."""
    return {
        "text_url": reverse("text", args=[name_of(KIND)]),
        "tested": Notice.objects.newest_test(reader),
        "unreachable": FollowUp.objects.of(incident).undone().filter(letter__sender=None).count(),
        "is_too_late": incident.deadline < today,
    }


def flow_of(incident: Incident) -> dict[str, Any]:
    """``{sending, paused_why}``: does the mail flow, and why not."""
    sending = Sending.objects.of(incident)
    paused = incident.sending_changes.filter(dispatch=None, kind=SendingChange.Kind.PAUSED).select_related("by")
    return {"sending": sending, "paused_why": paused.first() if sending.paused_at else None}


def why_nobody(incident: Incident, something_sent: bool) -> str:
    """Why nobody is owed a notice: the case of ``desk_empty.html``."""
    if something_sent:
        return "all_told"
    if not Letter.objects.filter(incident=incident).standing().exists():
        return "no_letters"
    return "nobody_owed" if FollowUp.objects.of(incident).exists() else "not_opened"
