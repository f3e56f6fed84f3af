"""Beside a letter: help to find its mail, drafts for the recipient, category and date. Below it: the history."""

from __future__ import annotations

from dataclasses import dataclass

from followups.drafts.recipient_texts import Draft, drafts_for_letter
from followups.letter import history
from followups.letter.forms import ClassifyForm, DueDateForm, due_date_form_for
from followups.letter.letter_page import outlook_search_text
from followups.letter.page import LetterPage
from followups.rules import due_dates
from sepo_incident.core import danish
from sepo_incident.core.panels import Action


@dataclass(frozen=True)
class FindMail:
    """How to find the mail. `agree_with`: who has it, "" for the reader; `missing`: says that nobody can find it."""

    heading: str
    agree_with: str
    search_text: str
    sent_at: str
    missing_label: str
    missing: Action | None


@dataclass(frozen=True)
class Side:
    """`category` and `due_origin` are "" for a reader who may not know; the forms are for a reader who may change."""

    find: FindMail | None
    drafts: list[Draft]
    category: str
    classify_form: ClassifyForm | None
    due_origin: str
    date_form: DueDateForm | None
    date_summary: str


@dataclass(frozen=True)
class History:
    """`fetchable`: the versions of undone decisions whose answers can be fetched again."""

    is_open: bool
    events: list[history.HistoryEvent]
    fetchable: dict[int, str]
    tells_reminder: bool


def build_side(page: LetterPage) -> Side:
    letter, followup = page.letter, page.followup
    may_classify = page.allowed.classify and letter.accepts_changes
    origin = due_dates.explain_due_date(followup) if followup and letter.reader_may_read else None
    return Side(
        find=_find_mail(page),
        drafts=drafts_for_letter(letter) if page.shows_help else [],
        category=letter.category or "intet" if letter.reader_may_read else "",
        classify_form=ClassifyForm(None, letter, page.reader, page.allowed) if may_classify else None,
        due_origin=" ".join(filter(None, origin)) if origin else "",
        date_form=page.date_form or (due_date_form_for(letter) if page.may_decide else None),
        date_summary="Ret brevets dato" if followup and followup.due_on else "Sæt en dato på brevet",
    )


def _find_mail(page: LetterPage) -> FindMail | None:
    """Return the help for the sender, and for a leader who decides instead."""
    letter = page.letter
    if not letter.reader_may_read or not (page.shows_help or (page.form and not page.is_own)):
        return None
    has_mail = page.is_own and letter.first_sender in (None, page.reader)
    holder = letter.first_sender.name if letter.first_sender else "afsenderen"
    say = page.may_say_original and not page.original_gone
    return FindMail(
        heading="Find mailen i Outlook" if page.is_own else "Find mailen hos afsenderen",
        agree_with="" if has_mail else holder,
        search_text=outlook_search_text(letter),
        sent_at="" if letter.subject else danish.clock(letter.sent_at),
        missing_label="Jeg kan ikke finde mailen" if page.is_own or not say else "Mailen kan ikke findes",
        missing=page.button("original_gone", "Notér, at originalen ikke findes") if say else None,
    )


def build_history(page: LetterPage) -> History:
    events = history.letter_events(page.letter, page.reader)
    undone = [event.undoes for event in events if event.undoes]
    may_fetch = page.is_open and page.may_decide and not page.other
    return History(
        is_open=not (page.may_decide or page.may_confirm) or bool(page.changed_by_list_at or undone),
        events=events,
        fetchable={version: page.fetch_url(version) for version in undone} if may_fetch else {},
        tells_reminder=page.followup is not None and page.letter.accepts_changes,
    )
