"""The opened escalation beside the queue: facts, history, and the acts open to the reader."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.template.defaultfilters import linebreaksbr
from django.utils.html import format_html
from django.utils.safestring import SafeString

from followups.desk.forms import EscalationAnswerForm
from followups.desk.queue import QueueRow
from followups.models import Escalation, EscalationEntry
from followups.models.letter_row import PERSONNEL_BADGE
from letters.models import deadlines_of_letters
from sepo_incident.accounts.models import User
from sepo_incident.core import danish
from sepo_incident.core.danish import Badge
from sepo_incident.core.jinja import url
from sepo_incident.core.panels import Fact, Text, link
from sepo_incident.core.template_tags import chip

Kind = EscalationEntry.Kind
NOT_SENT = "Din tekst er ikke sendt:"


class Line(NamedTuple):
    """A line of the history."""

    at: datetime
    html: str
    is_note: bool


@dataclass(frozen=True)
class EscalationCase:
    """An escalation as the reader may see it. `form`: the answer that the reader types."""

    row: QueueRow
    form: EscalationAnswerForm
    now: datetime

    @property
    def escalation(self) -> Escalation:
        return self.row.escalation

    @property
    def asker(self) -> User:
        return self.row.escalation.raised_by

    @property
    def badges(self) -> list[Badge]:
        row, escalation = self.row, self.escalation
        owner = Badge(escalation.owner.name if escalation.owner else "Uden ejer", "", "person")
        is_gone = escalation.followup.is_original_gone and row.reader_may_read
        return [
            Badge(row.wait_words, row.wait.tone, row.wait.icon or "time"),
            Badge("Taget af dig", "is-info", "person") if row.is_mine else owner,
            *([PERSONNEL_BADGE] if row.letter.is_personnel_case else []),
            *([Badge("Overdraget", "is-soon", "arrow-forward")] if escalation.is_handed_over else []),
            *([Badge("Originalen findes ikke", "is-soon", "warning")] if is_gone else []),
        ]

    @property
    def facts(self) -> list[Fact]:
        letter, due_on = self.row.letter, self.escalation.followup.due_on
        deadline = deadlines_of_letters([letter.pk])[letter.pk]
        asker = link(url("person", self.asker.pk), self.asker.name)
        who = asker if self.asker.pk == letter.sender_id else self.asker.name
        leader = link(url("person", letter.leader.pk), letter.leader.name) if letter.leader else letter.leader_name
        sent = format_html(
            '<span class="sub">Sendt {} {}</span>', danish.day_month(letter.sent_at), danish.clock(letter.sent_at)
        )
        own_date = format_html('<span class="sub">Brevets dato: {}</span>', danish.date(due_on)) if due_on else ""
        days = danish.days_left(deadline, danish.local_date(self.now))
        return [
            Fact("Kollega", format_html("{}, {}", who, self.asker.unit.name) if self.asker.unit else who),
            Fact("Leder", leader or "Ingen leder"),
            Fact("Brev", link(url("letter", letter.pk), letter.shown_subject) + sent),
            Fact(
                "Frist",
                format_html(
                    "{} – {}{}",
                    danish.capitalized(danish.weekday_date_short(deadline)),
                    days,
                    own_date if self.row.reader_may_read else "",
                ),
            ),
        ]

    @property
    def hidden(self) -> str:
        """Return whom to call about a letter that the reader may not read, else ""."""
        incident = self.row.letter.incident
        whom = f"Ring til {incident.personnel_contact}: {incident.personnel_phone}."
        return (
            "" if self.row.reader_may_read else f"Brevet er en personalesag, og henvendelsen er skjult for dig. {whom}"
        )

    @property
    def decide(self) -> SafeString | str:
        """Return the way to the letter that was handed over to the desk, else ""."""
        if not self.escalation.is_handed_over or self.escalation.resolved_at:
            return ""
        letter_url = url("letter", self.row.letter.pk)
        if self.escalation.followup.is_open:
            to_letter = link(letter_url, "Beslut, hvad der skal ske med brevet")
            return format_html("{}. Luk henvendelsen bagefter.", to_letter)
        return format_html("{}.", link(letter_url, "Se beslutningen"))

    @property
    def lines(self) -> list[Line]:
        return [Line(one.at, self._said(one, n), one.kind == Kind.NOTE) for n, one in enumerate(self.row.entries)]

    def _said(self, entry: EscalationEntry, number: int) -> SafeString:
        """Return what the person wrote or did."""
        name, text = entry.by.first_name if entry.by else "Systemet", linebreaksbr(entry.text)
        if entry.act:
            quote = format_html(" »{}«", text) if entry.text else ""
            return format_html('<span class="muted">{} {}{}</span>', name, entry.act, quote)
        if number == 0 and entry.text == self.row.title:
            return format_html('<span class="muted">{} skrev henvendelsen.</span>', name)
        if entry.kind == Kind.NOTE:
            return format_html("{} <strong>{}:</strong> {}", chip(Badge("Intern note", "is-soon", "lock")), name, text)
        return format_html("<strong>{}:</strong> »{}«", name, text)

    @property
    def is_answered_here(self) -> bool:
        """Return whether the reader has the escalation, and may answer it now."""
        return self.row.is_mine and not self.escalation.resolved_at and self.row.letter.accepts_changes

    @property
    def may_take(self) -> bool:
        is_free = self.escalation.owner is None and not self.escalation.resolved_at
        return is_free and self.row.letter.accepts_changes

    @property
    def texts(self) -> list[Text]:
        """Return whose turn it is, or why nobody answers, and what the reader typed in vain."""
        escalation, letter = self.escalation, self.row.letter
        if escalation.resolved_at:
            when, who = self.moment(escalation.resolved_at).lower(), self.asker.first_name
            return [Text(f"Henvendelsen blev lukket {when}. Den åbner, hvis {who} skriver igen.")]
        if letter.withdrawn_at:
            said = f"Brevet blev trukket tilbage {self.moment(letter.withdrawn_at).lower()}. I skal ikke svare. "
            return self._unsent(f"{said}Henvendelsen åbner, hvis brevet kommer på listen igen.", NOT_SENT)
        if not letter.accepts_changes:
            return self._unsent("I kan ikke svare, mens hændelsen er lukket.", NOT_SENT)
        if self.row.is_mine:
            asked = escalation.answered_at if escalation.is_with_asker else None
            then = f"Næste skridt: {self.asker.name}."
            return [Text(f"Du spurgte {self.moment(asked).lower()}. {then}")] if asked else []
        if escalation.owner:
            return self._unsent(f"{escalation.owner.name} har taget henvendelsen.", f"{NOT_SENT[:-1]}. Giv den videre:")
        return self._unsent("", f"{NOT_SENT[:-1]}. Tag henvendelsen, og sæt den ind:")

    def _unsent(self, said: str, lead: str) -> list[Text]:
        typed = self.form["text"].value()
        return [*([Text(said)] if said else []), *([Text(lead), Text(typed, "copy")] if typed else [])]

    def moment(self, at: datetime) -> str:
        return danish.moment_relative(at, self.now)
