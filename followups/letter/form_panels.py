"""The decision form on the page of a letter: what stands above it, its buttons, and the draft kept below it."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.html import format_html

from followups.decision_form import DecisionForm, initial_from_answers
from followups.decision_questions import AnswerRow, number_of, summarize_decision
from followups.letter import decision_drafts, letter_page
from followups.letter.decision_drafts import DraftNotKept
from followups.letter.history import decision_sentence
from followups.letter.page import LetterPage, Status
from followups.letter.panels import is_known_personnel_case, personnel_panel
from followups.models import Decision, DecisionDraft, FollowUp
from followups.models.answers import DecisionAnswers
from followups.rules import due_dates
from followups.rules.letter_state import last_act
from sepo_incident.core.forms import parse_int
from sepo_incident.core.jinja import change_query, url
from sepo_incident.core.panels import PRIMARY, SECONDARY, Action, Actions, Alert, Answers, Part, Text, alert_text
from sepo_incident.core.template_tags import icon

Review = FollowUp.ConsequenceReview
#: Questions that one button answers with no.
NO_TO = ("deadline_missed", "consequence_review")


# --- Above the form --------------------------------------------------------------------------------------------------


def parts_above(page: LetterPage) -> list[Part | None]:
    """Return what stands above the facts: what somebody else saved, or a draft to continue."""
    return [conflict_alert(page, page.other) if page.other else None, draft_offer(page)]


def conflict_alert(page: LetterPage, other: Decision) -> Alert:
    """Return what somebody else saved while the form was filled in."""
    heading = f"{other.by.name} har gemt brevet imens"
    then = "Gemmer du, gælder dine svar. Historikken beholder de andre."
    if other.by_id == page.reader.pk:
        heading = "Du har gemt brevet et andet sted"
    if page.status == Status.CONFIRMED:
        then = "Retter du den bekræftede beslutning, skal den bekræftes igen."
    said = f"{page.moment(other.at)}: {decision_sentence(other, page.reader)}"
    rows = letter_page.decision_rows(other, page.letter)
    lost = f"Din begrundelse er ikke nødvendig mere: »{page.lost_reason}«"
    parts = [
        alert_text(format_html("{} Dine svar vises stadig, men er <strong>ikke gemt</strong>.", said)),
        Answers(rows) if rows else None,
        alert_text(then),
        alert_text(lost) if page.lost_reason else None,
        Actions([Action("Behold det gemte", page.url("letter"))]),
    ]
    return Alert("warning", heading, parts, role="alert", label_id="sagt-2", id="imens")


def draft_offer(page: LetterPage) -> Alert | None:
    """Return the draft that the reader may continue. After a POST the page shows the posted answers instead."""
    if page.draft or page.request.method == "POST" or not page.letter.has_draft:
        return None
    draft = decision_drafts.draft_of(page.letter, page.reader)
    if draft is None:
        return None
    proceed = Action("Fortsæt kladden", change_query(page.request.GET, kladde=1, gemt=None, hent=None))
    discard = Action("Kassér kladden", page.url("discard_decision_draft"), fields={"kladde": draft.version})
    parts = [alert_text(f"Kun du kan se den.{_since(page, draft)}"), Actions([proceed, discard])]
    return Alert("info", f"Du har en kladde fra {_saved_at(page, draft)}", parts, style="screen-only")


def _since(page: LetterPage, draft: DecisionDraft) -> str:
    since = decision_drafts.last_act_since(draft, page.letter.followup, page.reader)
    return f" Sket siden: {since}" if since else ""


def fetched_alert(page: LetterPage) -> Alert | None:
    """Say where the answers in the form come from; None for a form without answers."""
    if not page.is_fetched:
        return None
    label_id, said = "sagt-5", "Ret beslutningen, og gem."
    if page.draft:
        label_id, said = "sagt-3", f"Din kladde fra {_saved_at(page, page.draft)}. Den gælder først, når du gemmer "
        said += f"beslutningen.{_since(page, page.draft)}"
    elif page.status == Status.OPEN:
        label_id, said = "sagt-4", "De tidligere svar er hentet. De gælder først, når du gemmer."
    elif page.status == Status.CONFIRMED:
        by = page.letter.followup.confirmed_by
        said = f"{by and by.name} har bekræftet beslutningen. Retter du den, skal den bekræftes igen."
    return Alert("info", "", [Text(said, "alert-text", label_id)], "", "screen-only", "status", label_id)


@dataclass(frozen=True)
class SameAgain(Part):
    """The decision about the letter saved just before, offered again in one press."""

    template = "followups/letter/same_again.html"
    rows: list[AnswerRow]
    action: Action


def same_again(page: LetterPage) -> SameAgain | None:
    """Return None if the letter needs other answers than the letter before. One query.

    A personnel case, a passed date and a missing original need other answers. A decision with a date, a reason, a
    number or a consequence is not offered, and neither is the decision about a letter that is open again.
    """
    letter, before = page.letter, page.saved.letter if page.saved else None
    if before is None or page.is_fetched or not letter.accepts_bulk_decision or letter.followup.is_original_gone:
        return None
    decision = None if before.followup.is_open else last_act(before.followup, Decision.Kind.DECIDED)
    if decision is None or before.incident_id != letter.incident_id or page.status != Status.OPEN:
        return None
    answers = DecisionAnswers.from_json(decision.answers)
    plain = DecisionAnswers(answers.remedy, answers.is_sent, deadline_missed=False, consequence_review=Review.NONE)
    if answers != plain:
        return None
    fields = page.version | {name: value for name, value in initial_from_answers(answers).items() if value}
    label = "Samme svar, gem og vis næste brev" if page.queue and page.queue.next_id else "Samme svar, og gem"
    return SameAgain(summarize_decision(answers, letter), Action(label, page.url("letter"), fields=fields))


# --- The form --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Button:
    """A button that saves the form. `value` of `name` says what else it does."""

    label: str
    style: str
    name: str = ""
    value: str = ""


@dataclass(frozen=True)
class DraftState:
    """The line about the draft. `version`: of the stored draft, 0 for none; `overwrites`: the other draft."""

    version: int
    keep_url: str
    said: str
    button: str = "Gem som kladde"
    is_refused: bool = False
    overwrites: int = 0
    other_url: str = ""


@dataclass(frozen=True)
class DecisionPart(Part):
    """The decision form with its buttons, the line about the draft and a note."""

    template = "followups/letter/decision_form.html"
    buttons: list[Button]
    draft: DraftState
    note: str


def form_parts(page: LetterPage) -> list[Part | None]:
    """Return the decision form, and what stands above and below it. Empty without a form."""
    if page.form is None:
        return []
    told = personnel_panel(page, is_told=True) if is_known_personnel_case(page) else None
    part = DecisionPart(_buttons(page, page.form), _draft_state(page), _note(page))
    return [fetched_alert(page), same_again(page), part, told]


def _buttons(page: LetterPage, form: DecisionForm) -> list[Button]:
    """Return the buttons to save the decision, and those that a question for a desk shows instead."""
    if page.other:
        return [Button("Gem min beslutning i stedet", PRIMARY, "then", "liste")]
    decide, ask = " unless-help", " when-help"
    send, desk = icon("send"), _asked_desk(page)
    if page.queue and page.queue.next_id:
        then = "gå til Mine breve" if page.is_own else "bliv på brevet"
        next_label = format_html("Gem og vis næste brev ({}){}", page.queue.next_place, icon("arrow-forward"))
        send_label = format_html("{}Send til {} og vis næste brev ({})", send, desk, page.queue.next_place)
        save = [Button(next_label, PRIMARY + decide), Button(f"Gem og {then}", SECONDARY + decide, "then", "liste")]
        asks = [Button(send_label, PRIMARY + ask), Button(f"Send og {then}", SECONDARY + ask, "then", "liste")]
    else:
        save = [Button("Gem beslutningen", PRIMARY + decide, "then", "liste")]
        asks = [Button(format_html("{}Send spørgsmålet til {}", send, desk), PRIMARY + ask, "then", "liste")]
    if form.fields.keys() >= set(NO_TO) and not due_dates.passed_due_date(page.letter, page.today):
        first, second = sorted(number_of(name, page.letter.incident.rules) for name in NO_TO)
        save.append(Button(f"Nej til {first} og {second}, og gem", SECONDARY + decide, "nej", "ja"))
    return save + asks


def _asked_desk(page: LetterPage) -> str:
    if page.letter.is_personnel_case:
        return "Personalejura"
    return page.escalation.get_desk_display() if page.escalation else "DIT"


def _note(page: LetterPage) -> str:
    letter = page.letter
    undo = '<span class="unless-help">Du kan fortryde, indtil beslutningen er bekræftet.</span>'
    help_note = '<span class="when-help">Svaret kommer her på siden, og du får en mail.</span>'
    who = ""
    if letter.sender and not page.is_own:
        who = f"Du beslutter på vegne af {letter.sender.name}. "
    elif letter.leader and letter.leader_id != page.reader.pk:
        who = format_html('<span class="unless-help">{} bekræfter din beslutning. </span>', letter.leader.name)
    return format_html("{}" + undo + help_note, who)


# --- The draft -------------------------------------------------------------------------------------------------------


def posted_draft_version(page: LetterPage) -> int:
    """Return the version of the draft that the posted page wrote on, 0 for none."""
    return parse_int(page.request.POST.get("kladde", "")) or 0


def _draft_state(page: LetterPage) -> DraftState:
    version = page.draft.version if page.draft else posted_draft_version(page)
    if page.draft_refusal:
        return refused_draft_state(page, version, page.draft_refusal)
    said = f"Kladden er fra {_saved_at(page, page.draft)}. " if page.draft else ""
    return DraftState(version, page.url("keep_decision_draft"), f"{said}Kun du kan se den.")


def kept_draft_state(page: LetterPage, draft: DecisionDraft | None) -> DraftState:
    """Return the state after the draft was saved; without a draft nothing is typed."""
    said = f"Kladden er gemt {_saved_at(page, draft)}. " if draft else ""
    return DraftState(draft.version if draft else 0, page.url("keep_decision_draft"), f"{said}Kun du kan se den.")


def refused_draft_state(page: LetterPage, version: int, refusal: DraftNotKept) -> DraftState:
    """Return the state after the draft was not saved, because there is another draft or a decision."""
    stored, keep_url = refusal.stored, page.url("keep_decision_draft")
    since = f" fra {_saved_at(page, stored)}" if stored else ""
    said = f"Kladden er ikke gemt. {refusal}{since}. Teksten bliver i denne fane."
    if stored is None:
        return DraftState(version, keep_url, said, "Gem som kladde alligevel", is_refused=True)
    other_url = url("letter", page.letter.pk) + change_query(page.request.GET, kladde=1, gemt=None, hent=None)
    return DraftState(version, keep_url, said, "Gem denne i stedet", True, stored.version, other_url)


def _saved_at(page: LetterPage, draft: DecisionDraft) -> str:
    return page.moment(draft.saved_at).lower()
