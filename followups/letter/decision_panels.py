"""The decision about a letter, and the leader's question about it, as panels of the page."""

from __future__ import annotations

from django.utils.html import format_html

from followups.letter import letter_navigation, letter_page
from followups.letter.forms import RecordForm, SendBackForm, UpholdForm
from followups.letter.history import decision_sentence
from followups.letter.page import LetterPage, Status
from followups.models import Decision, FollowUp
from followups.rules import rights
from followups.rules.letter_state import LeaderQuestion
from sepo_incident.core import danish
from sepo_incident.core.jinja import url
from sepo_incident.core.panels import NOTE, PRIMARY, Actions, Answers, Panel, Part, Text, link

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
        *([Text(question.answers["question"], "copy")] if page.letter.reader_may_read else []),
        Text(f"{page.moment(question.at)} · {question.by.name}", NOTE),
        *(_reply_parts(page, asked, reply) if reply else _ways_to_reply(page)),
    ]
    return Panel("tilbage", heading, parts, "" if reply else "answer")


def _reply_parts(page: LetterPage, asked: LeaderQuestion, reply: Decision) -> list[Part]:
    did = "fastholdt beslutningen" if asked.is_upheld else "har besluttet igen"
    shows_answer = asked.is_upheld and page.letter.reader_may_read
    behalf = f" · på vegne af {reply.on_behalf_of.name}" if reply.on_behalf_of else ""
    return [
        Text(format_html("<strong>{} {}.</strong>", page.name_of(reply.by), did)),
        *([Text(reply.answers["answer"], "copy")] if shows_answer else []),
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
    corrected = followup.decisions.filter(kind=Decision.Kind.CORRECTED).select_related("by", "on_behalf_of")
    last = corrected.order_by("-version").first()
    if last is None:
        return []
    said = decision_sentence(last, page.reader, may_read=page.letter.reader_may_read)
    return [Text(f"{page.moment(last.at)}: {said} Derfor skal den bekræftes igen.")]


def _confirmed_parts(page: LetterPage, followup: FollowUp, decision: Decision) -> list[Part]:
    assert followup.confirmed_by and followup.confirmed_at  # noqa: S101, PT018 - the database sees to it
    by, day = followup.confirmed_by.name, danish.weekday_date_short(followup.confirmed_at)
    said, then = f"{by} bekræftede beslutningen {day}.", ""
    if page.may_decide:
        correct = Actions([page.correct_link(decision)])
        return [Text(f"{said} Retter du den, skal den bekræftes igen."), correct]
    if page.letter.accepts_changes:
        sender = page.letter.sender.name if page.letter.sender else "afsenderen"
        then = f" Kun {sender} og lederen kan rette den."
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
    parts: list[Part] = [page.posted_form(record, "mark_done", "Markér som sendt", PRIMARY)] if record else []
    parts.append(Actions(buttons, "save" if page.may_confirm else ""))
    if send_back := page.act_forms.get(SendBackForm.name):
        parts.append(page.folded_form("Send tilbage med spørgsmål", send_back, "send_back", "Send tilbage"))
    if page.may_confirm:
        parts.append(Text("Bagefter kræver en rettelse en begrundelse.", BELOW))
    elif page.is_own and not (page.status == Status.DECIDED or page.status == Status.SENT_BACK or page.missing_answer):
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
