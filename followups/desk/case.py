"""The opened escalation beside the queue: its facts, its history, and what the reader may do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.forms import BaseForm
from django.template.defaultfilters import linebreaksbr
from django.utils.html import format_html
from django.utils.safestring import SafeString

from followups.desk.forms import EscalationAnswerForm
from followups.desk.queue import QueueRow
from followups.models import Escalation, EscalationEntry
from followups.models.letter_row import PERSONNEL_BADGE
from sepo_incident.accounts.models import User
from sepo_incident.core import danish
from sepo_incident.core.danish import Badge
from sepo_incident.core.jinja import url
from sepo_incident.core.panels import PRIMARY, SECONDARY, Action, Fact, Fold, Part, Text, link
from sepo_incident.core.template_tags import chip, icon

Kind = EscalationEntry.Kind


class Line(NamedTuple):
    """A line of the history."""

    at: datetime
    when: str
    html: str
    style: str


@dataclass(frozen=True)
class DeskForm(Part):
    """A button in a row, below the fields of `form`. `keep`: the name under which the browser keeps what is typed."""

    template = "followups/desk/desk_form.html"
    label: str
    url: str
    style: str = SECONDARY
    row_style: str = "actions tight"
    form: BaseForm | None = None
    keep: str = ""
    is_after_another: bool = False


@dataclass(frozen=True)
class Composer(Part):
    """The form to write to the person who asked, or an internal note."""

    template = "followups/desk/composer.html"
    form: EscalationAnswerForm
    url: str


@dataclass(frozen=True)
class EscalationCase:
    """An escalation as the reader may see it. `others`: ids without owner; `query`: of the queue, for the way back.

    `more`: the forms of `views.forwarding_forms`, and whether the reader may see the site as the person who asked.
    """

    row: QueueRow
    form: EscalationAnswerForm
    more: Mapping[str, Any]
    others: list[int]
    query: str
    now: datetime

    @property
    def escalation(self) -> Escalation:
        return self.row.escalation

    @property
    def asker(self) -> User:
        return self.row.escalation.raised_by

    @property
    def refused(self) -> BaseForm | None:
        forms = (self.more.get("hand_over_form"), self.more.get("send_on_form"))
        return next((form for form in forms if form and form.errors), None)

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
        letter, deadline, due_on = self.row.letter, self.row.letter.incident.deadline, self.escalation.followup.due_on
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
        return [
            Line(
                entry.at, self.moment(entry.at), self._said(entry, number), "is-note" if entry.kind == Kind.NOTE else ""
            )
            for number, entry in enumerate(self.row.entries)
        ]

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
    def parts(self) -> list[Part]:
        """Return what the reader may do about the letter now, or why nothing."""
        escalation, letter, asker = self.escalation, self.row.letter, self.asker.first_name
        if escalation.resolved_at:
            when = self.moment(escalation.resolved_at).lower()
            return [Text(f"Henvendelsen blev lukket {when}. Den åbner, hvis {asker} skriver igen.")]
        if letter.withdrawn_at:
            when = self.moment(letter.withdrawn_at).lower()
            then = "I skal ikke svare. Henvendelsen åbner, hvis brevet kommer på listen igen."
            return [Text(f"Brevet blev trukket tilbage {when}. {then}"), *self._unsent("Din tekst er ikke sendt:")]
        if not letter.accepts_changes:
            closed = Text("I kan ikke svare, mens hændelsen er lukket.")
            return [closed, *self._unsent("Din tekst er ikke sendt:")]
        if self.row.is_mine:
            return self._parts_of_owner()
        if escalation.owner:
            taken = Text(f"{escalation.owner.name} har taget henvendelsen.")
            return [taken, *self._unsent("Din tekst er ikke sendt. Giv den videre:")]
        take = DeskForm("Tag henvendelsen", self.act_url("take_escalation"), PRIMARY)
        unsent = self._unsent("Din tekst er ikke sendt. Tag henvendelsen, og sæt den ind:")
        return [*unsent, take, Text("Så kan du svare.", "small muted")]

    def _unsent(self, lead: str) -> list[Part]:
        typed = self.form["text"].value()
        return [Text(lead), Text(typed, "copy")] if typed else []

    def _parts_of_owner(self) -> list[Part]:
        escalation, asker, parts = self.escalation, self.asker, list[Part]()
        if escalation.is_with_asker and escalation.answered_at:
            when = self.moment(escalation.answered_at).lower()
            parts.append(Text(f"Du spurgte {when}. Næste skridt: {asker.name}."))
        if escalation.answered_at or not escalation.followup.is_open:
            parts.append(DeskForm("Luk henvendelsen", self.act_url("close_escalation")))
        release_url = self.act_url("release_escalation")
        release = DeskForm("Læg henvendelsen tilbage i køen", release_url, "linkish", "small actions")
        parts += [Composer(self.form, self.act_url("answer_escalation")), release]
        if self.more.get("may_see_as_asker"):
            label = f"Se siden som {asker.first_name}"
            see = DeskForm(label, self.act_url("see_as_asker"), row_style="actions")
            parts.append(Fold(label, [Text(SEEN_AS_ASKER.format(asker.name)), see], is_small=True))
        return parts

    @property
    def forwarding(self) -> list[Part]:
        """Return the forms that give the escalation to somebody else."""
        to_person, to_desk = self.more.get("hand_over_form"), self.more.get("send_on_form")
        forms: list[Part] = []
        if to_person:
            where = self.act_url("hand_over_escalation")
            forms.append(DeskForm("Giv henvendelsen", where, row_style="actions", form=to_person))
        if to_desk:
            where = self.act_url("forward_escalation")
            label = format_html("{}Send henvendelsen videre", icon("arrow-forward"))
            keep, is_second = f"videre-{self.escalation.pk}", bool(forms)
            forms.append(
                DeskForm(label, where, row_style="actions", form=to_desk, keep=keep, is_after_another=is_second)
            )
        is_open = self.refused is not None
        return [Fold("Giv henvendelsen videre", forms, is_open=is_open, is_small=True)] if forms else []

    @property
    def next(self) -> list[Action]:
        """Return the way to the next escalation without owner."""
        if not self.others:
            return []
        label = f"Næste henvendelse ({danish.number(len(self.others))} uden ejer)"
        where = f"{url('escalation', self.others[0])}{self.query}#sag"
        return [Action(label, where, PRIMARY if self.escalation.resolved_at else SECONDARY)]

    def act_url(self, name: str) -> str:
        return f"{url(name, self.escalation.pk)}{self.query}"

    def moment(self, at: datetime) -> str:
        return danish.moment_relative(at, self.now)


SEEN_AS_ASKER = (
    "I et kvarter ser du alle sider, som {} ser dem. Du kan ikke gemme, sende eller hente noget. Det, der er skjult "
    "for dig, er stadig skjult. Brevets historik viser, at du har set med, og hvornår."
)
