"""The question to a desk, and its answers, as a panel of the letter's page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from django.template.defaultfilters import linebreaksbr
from django.utils.html import format_html
from django.utils.safestring import mark_safe

from followups.decision_form import DecisionForm
from followups.letter.page import LetterPage, Status
from followups.models import Escalation, EscalationEntry, FollowUp
from sepo_incident.core.jinja import url
from sepo_incident.core.panels import NOTE, Fold, Panel, Part, Text, link


class Conversation(NamedTuple):
    """The last question of an escalation, the entries before it, and the answers. Without the desk's own notes."""

    before: list[EscalationEntry]
    question: EscalationEntry
    answers: list[EscalationEntry]


def conversation_about(escalation: Escalation) -> Conversation:
    shown = [EscalationEntry.Kind.QUESTION, EscalationEntry.Kind.ANSWER]
    entries = list(escalation.entries.filter(kind__in=shown).select_related("by"))
    asked_last = max((n for n, entry in enumerate(entries) if entry.kind == shown[0]), default=0)
    return Conversation(entries[:asked_last], entries[asked_last], entries[asked_last + 1 :])


@dataclass(frozen=True)
class EscalationReply(Part):
    """The form to write to the desk again, posted as the question of the decision form."""

    template: ClassVar[str] = "followups/letter/escalation_reply.html"
    url: str
    keep: str
    version: int
    label: str
    hint: str
    button: str
    style: str


def escalation_panel(page: LetterPage, escalation: Escalation) -> Panel:
    """Return the question to a desk, its answers, and what the reader may do next."""
    letter = page.letter
    talk = conversation_about(escalation)
    is_at_desk = escalation.role in page.reader.roles
    parts: list[Part] = []
    if letter.reader_may_read:
        for answer in talk.answers:
            parts += [Text(answer.text, "copy"), Text(f"{page.moment(answer.at)} · {answer.by}", NOTE)]
        asked = f"{page.name_of(escalation.raised_by)} spurgte: »{talk.question.text}«"
        parts.append(Text(asked, NOTE) if talk.answers else Text(talk.question.text, "copy"))
    parts += _next_of_escalation(page, escalation, is_at_desk=is_at_desk)
    if talk.before and letter.reader_may_read:
        html = '<span class="muted">{} · {}</span><br>»{}«'
        earlier = [format_html(html, page.moment(one.at), one.by, linebreaksbr(one.text)) for one in talk.before]
        lines = [Text(line, "small") for line in earlier]
        parts.append(Fold("Tidligere spørgsmål og svar", lines, is_small=True))
    if is_at_desk:
        parts.append(Text(link(url("escalation", escalation.pk), "Åbn henvendelsen"), "screen-only"))
    heading = _escalation_heading(page, escalation, is_answered=bool(talk.answers), is_at_desk=is_at_desk)
    return Panel("hjaelp-bedt", heading, parts, "answer" if talk.answers and page.status == Status.OPEN else "")


def _escalation_heading(page: LetterPage, escalation: Escalation, *, is_answered: bool, is_at_desk: bool) -> str:
    desk, asker = escalation.get_desk_display(), escalation.raised_by
    is_reader = asker.pk == page.reader.pk
    if escalation.is_with_asker:
        return f"Spørgsmål fra {desk} til {'dig' if is_reader else asker.name}"
    if is_answered:
        return f"Svar fra {desk}"
    if escalation.is_handed_over:
        return f"{page.name_of(asker)} har overdraget brevet til {'jer' if is_at_desk else desk}"
    return f"Dit spørgsmål til {desk}" if is_reader else f"Spørgsmål fra {asker.name} til {desk}"


def _next_of_escalation(page: LetterPage, escalation: Escalation, *, is_at_desk: bool) -> list[Part]:
    """Return what happens next: the desk answers, or the reader replies or decides."""
    if page.letter.withdrawn_at:
        return []
    if escalation.is_with_desk:
        return [Text(_waiting_sentences(page, escalation, is_at_desk=is_at_desk))]
    if not page.form or page.followup is None or page.status != Status.OPEN:
        return []
    reply = _escalation_reply(page, escalation, page.form, page.followup)
    if escalation.is_with_asker:
        return [reply, Text("Du kan også beslutte nu.", "small muted actions")]
    again = Fold(f"Skriv til {escalation.get_desk_display()} igen", [reply], "screen-only", is_small=True)
    return [Text(mark_safe("<strong>Beslut nu.</strong>")), again]


def _waiting_sentences(page: LetterPage, escalation: Escalation, *, is_at_desk: bool) -> str:
    desk = escalation.get_desk_display()
    first = f"Sendt {page.moment(escalation.waiting_since).lower()}."
    if escalation.is_handed_over:
        first = "Tag henvendelsen, og beslut." if is_at_desk else "Personalejura kan nu beslutte."
    second = "Ingen har taget henvendelsen endnu."
    if escalation.owner and escalation.taken_at:
        second = f"{escalation.owner.name} fra {desk} tog henvendelsen {page.moment(escalation.taken_at).lower()}."
    third = " Du kan stadig selv beslutte." if page.form and not is_at_desk else ""
    return f"{first} {second}{third}"


def _escalation_reply(
    page: LetterPage, escalation: Escalation, form: DecisionForm, followup: FollowUp
) -> EscalationReply:
    desk, asks = escalation.get_desk_display(), escalation.is_with_asker
    return EscalationReply(
        url=page.url("letter"),
        keep=f"svar-{page.letter.pk}",
        version=followup.version,
        label=f"Dit svar til {desk}" if asks else "Hvad er du stadig i tvivl om?",
        hint=str(form.fields["question"].help_text),
        button="Send svaret" if asks else f"Send til {desk}",
        style="button-primary" if asks else "button-secondary",
    )
