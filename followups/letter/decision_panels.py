"""The decision about a letter, the leader's question about it, and the question to a desk, as panels of the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from django.template.defaultfilters import linebreaksbr
from django.utils.html import format_html
from django.utils.safestring import mark_safe

from followups.decision_form import DecisionForm
from followups.letter import letter_navigation, letter_page
from followups.letter.forms import RecordForm, SendBackForm, UpholdForm
from followups.letter.history import decision_sentence
from followups.letter.page import LetterPage, Status
from followups.models import Decision, Escalation, EscalationEntry, FollowUp
from followups.rules import rights
from followups.rules.letter_state import LeaderQuestion, last_act
from sepo_incident.core import danish
from sepo_incident.core.jinja import url
from sepo_incident.core.panels import NOTE, PRIMARY, SECONDARY, Actions, Answers, Fold, Panel, Part, Text, link

BELOW = "small muted actions"

# --- The leader's question -------------------------------------------------------------------------------------------


def question_panel(page: LetterPage, asked: LeaderQuestion) -> Panel:
    """Return the leader's question about the decision, with the reply or the ways to reply."""
    question, reply = asked
    heading = f"Spørgsmål fra {question.by.name}"
    if reply:
        heading = "Spørgsmål og svar"
    elif question.by_id == page.reader.pk:
        heading = "Dit spørgsmål til afsenderen"
    parts = [
        Text(question.answers["question"], "copy") if page.letter.reader_may_read else None,
        Text(f"{page.moment(question.at)} · {question.by.name}", NOTE),
        *(_reply_parts(page, asked, reply) if reply else _ways_to_reply(page)),
    ]
    return Panel("tilbage", heading, parts, "" if reply else "answer")


def _reply_parts(page: LetterPage, asked: LeaderQuestion, reply: Decision) -> list[Part | None]:
    did = "fastholdt beslutningen" if asked.is_upheld else "har besluttet igen"
    shows_answer = asked.is_upheld and page.letter.reader_may_read
    behalf = f" · på vegne af {reply.on_behalf_of.name}" if reply.on_behalf_of else ""
    return [
        Text(format_html("<strong>{} {}.</strong>", page.name_of(reply.by), did)),
        Text(reply.answers["answer"], "copy") if shows_answer else None,
        Text(f"{page.moment(reply.at)}{behalf}", NOTE),
    ]


def _ways_to_reply(page: LetterPage) -> list[Part]:
    if page.status != Status.SENT_BACK:
        return [Text("Beslutningen er fortrudt. Beslut igen.")]
    if not page.may_decide:
        return [Text(f"{page.sender} skal rette beslutningen eller svare.")]
    if page.form or page.decision is None:
        return []
    uphold = page.act_forms[UpholdForm.name]
    fold = page.folded_form("Fasthold beslutningen", uphold, "uphold", "Send svaret")
    if not page.is_own:
        return [Text(f"{page.sender} skal rette beslutningen eller svare. Du kan gøre det i stedet."), fold]
    correct = page.correct_link(page.decision, PRIMARY)
    return [Text("Ret beslutningen, eller fasthold den."), Actions([correct], "tight screen-only"), fold]


def decision_panel(page: LetterPage, decision: Decision) -> Panel | None:
    """Return the decision in force and what the reader may do about it; None while the reader corrects it."""
    followup = page.followup
    if followup is None or page.form:
        return None
    behalf = f" på vegne af {decision.on_behalf_of.name}" if decision.on_behalf_of else ""
    parts: list[Part] = [
        Text(f"{page.moment(decision.at)} · {decision.by.name}{behalf}", NOTE),
        *([] if page.status == Status.CONFIRMED else _correction(page, followup)),
        Answers(letter_page.decision_rows(decision, page.letter)),
    ]
    if page.status == Status.CONFIRMED:
        parts += _confirmed_parts(page, followup, decision)
    elif page.may_decide or page.may_confirm:
        parts += _unconfirmed_parts(page, decision)
    return Panel("beslutning-laest", "Beslutningen", [*parts, *_next_letters(page)])


def _correction(page: LetterPage, followup: FollowUp) -> list[Part]:
    """Return the last correction of a confirmed decision, which awaits a new confirmation."""
    last = last_act(followup, Decision.Kind.CORRECTED)
    if last is None:
        return []
    said = decision_sentence(last, page.reader, may_read=page.letter.reader_may_read)
    return [Text(f"{page.moment(last.at)}: {said} Derfor skal den bekræftes igen.")]


def _confirmed_parts(page: LetterPage, followup: FollowUp, decision: Decision) -> list[Part]:
    assert followup.confirmed_by and followup.confirmed_at  # noqa: S101, PT018 - the database sees to it
    by, day = followup.confirmed_by.name, danish.weekday_date_short(followup.confirmed_at)
    said = f"{by} bekræftede beslutningen {day}."
    if page.may_decide:
        correct = Actions([page.correct_link(decision)])
        return [Text(f"{said} Retter du den, skal den bekræftes igen."), correct]
    sender = page.letter.sender.name if page.letter.sender else "afsenderen"
    then = f" Kun {sender} og lederen kan rette den." if page.letter.accepts_changes else ""
    return [Text(f"{said}{then}")]


def _unconfirmed_parts(page: LetterPage, decision: Decision) -> list[Part]:
    record = page.act_forms.get(RecordForm.name) if page.status == Status.DECIDED else None
    buttons = [page.button("confirm_letter", "Bekræft beslutningen", PRIMARY)] if page.may_confirm else []
    if page.may_decide:
        if page.status == Status.DECIDED and not record:
            buttons.append(page.button("mark_done", "Markér som sendt", PRIMARY))
        if not (page.status == Status.SENT_BACK and page.is_own):
            buttons.append(page.correct_link(decision))
        buttons.append(page.button("undo_decision", "Fortryd beslutningen"))
    parts: list[Part] = []
    incident = page.letter.incident
    if page.may_decide and page.status == Status.DECIDED and not incident.fixed_from:
        parts.append(Text(incident.fix_advice))
    if record:
        parts.append(page.posted_form(record, "mark_done", "Markér som sendt", PRIMARY))
    parts.append(Actions(buttons, "save" if page.may_confirm else ""))
    if send_back := page.act_forms.get(SendBackForm.name):
        parts.append(page.folded_form("Send tilbage med spørgsmål", send_back, "send_back", "Send tilbage"))
    if page.may_confirm:
        parts.append(Text("Den kan rettes bagefter, men kun med en begrundelse.", BELOW))
    elif page.is_own and page.status not in (Status.DECIDED, Status.SENT_BACK) and not page.missing_answer:
        who = rights.confirmer_label(page.letter)
        parts.append(Text(f"{who} bekræfter beslutningen. Indtil da kan du rette den.", BELOW))
    return parts


def _next_letters(page: LetterPage) -> list[Part]:
    """Return the links to the next letter to confirm, and to the next letter to decide about."""
    letter, queue = page.letter, page.queue
    links: list[tuple[int, str]] = []
    if page.allowed.confirm and (waiting := letter_navigation.other_letters_to_confirm(letter, page.reader)):
        links.append((waiting[0], f"Næste brev til bekræftelse ({danish.number(len(waiting))})"))
    if queue and queue.next_id:
        sender = letter.sender.name if letter.sender else letter.sender_name or "ukendt afsender"
        whose = "" if page.is_own else f" fra {sender}"
        links.append((queue.next_id, f"Næste brev uden beslutning{whose} ({queue.next_place})"))
    return [Text(link(f"{url('letter', pk)}{page.origin}", label), "screen-only") for pk, label in links]


# --- The question to a desk ------------------------------------------------------------------------------------------


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

    template = "followups/letter/escalation_reply.html"
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
    if not page.form or page.status != Status.OPEN:
        return []
    reply = _escalation_reply(escalation, page.form)
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


def _escalation_reply(escalation: Escalation, form: DecisionForm) -> EscalationReply:
    desk, hint = escalation.get_desk_display(), str(form.fields["question"].help_text)
    if escalation.is_with_asker:
        return EscalationReply(f"Dit svar til {desk}", hint, "Send svaret", PRIMARY)
    return EscalationReply("Hvad er du stadig i tvivl om?", hint, f"Send til {desk}", SECONDARY)
