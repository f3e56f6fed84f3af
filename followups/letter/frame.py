"""Around the panels of a letter: its head and facts above, help beside, and its history below."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from django.forms import BaseForm
from django.utils.html import format_html
from django.utils.safestring import SafeString

from followups.drafts.recipient_texts import Draft, drafts_for_letter
from followups.letter import letter_navigation
from followups.letter.forms import ClassifyForm, DueDateForm, due_date_form_for
from followups.letter.history import HistoryEvent
from followups.letter.page import LetterPage, Status
from followups.models import FollowUp
from followups.models.letter_row import OTHER_DEADLINE_BADGE, PERSONNEL_BADGE
from followups.navigation import board_origin
from followups.rules import due_dates, responsibility
from letters.story import plans
from sepo_incident.accounts.models import User
from sepo_incident.core import danish
from sepo_incident.core.jinja import url
from sepo_incident.core.outlook import outlook_search_text
from sepo_incident.core.panels import Action, Alert, Fact
from sepo_incident.core.template_tags import chip, unbroken

#: On a phone the sender sees only what differs from letter to letter.
WIDE = "wide-only"
COLUMNS: dict[str, str] = {
    FollowUp.Remedy.NEW_LETTER: "is-new",
    FollowUp.Remedy.RESEND_AND_NEW: "is-both",
    FollowUp.Remedy.PAPER: "is-paper",
}


@dataclass(frozen=True)
class Head:
    """What stands above the panels."""

    page: LetterPage

    @property
    def title(self) -> str:
        forms = (self.page.form, self.page.date_form, self.page.act_form)
        return f"{'Fejl: ' if any(form and form.errors for form in forms) else ''}{self.page.letter.page_title}"

    @property
    def saved(self) -> list[Alert]:
        return self.page.saved.alerts(self.page.reader, self.page.origin) if self.page.saved else []

    @property
    def back(self) -> letter_navigation.BackLink:
        return letter_navigation.back_link(self.page.letter, self.page.reader, board_origin(self.page.request))

    @property
    def place(self) -> str:
        """Return «Brev 2 af 14 fra Karen Bülow Møller», or "" for a letter that nobody works through."""
        queue, sender = self.page.queue, self.page.letter.sender
        if queue is None or queue.position is None:
            return ""
        whose = f" fra {sender.name}" if sender and not self.page.is_own else ""
        return f"Brev {danish.number(queue.position)} af {danish.number(queue.count)}{whose}"

    @property
    def lead(self) -> str:
        """Return what happened to the letter and who decides; "" where the form is not shown from the start."""
        form, letter = self.page.form, self.page.letter
        if not form or self.page.other or form.errors:
            return ""
        decides = "Afsenderen er ikke fundet, så du beslutter."
        if self.page.is_own:
            decides = "Beslut nu."
        elif letter.sender:
            decides = f"Du kan beslutte på vegne af {letter.sender.name}."
        incident = letter.incident
        fixed = incident.fix_state if incident.fixed_from else incident.fix_advice
        return f"{incident.fault.one} {fixed} {decides}"

    @property
    def lead_style(self) -> str:
        """Return the CSS class: on a phone the sender reads only what to do while the fault is not fixed."""
        return WIDE if self.page.is_own and not self.page.letter.incident.until_fixed else ""

    @property
    def refused(self) -> BaseForm | None:
        """Return the form whose errors stand above the facts. Those of the date stand below."""
        return self.page.act_form or self.page.form

    @property
    def columns(self) -> str:
        """Return the CSS class that chooses the drafts beside a decision."""
        followup = self.page.followup
        return COLUMNS.get(followup.remedy, "") if followup and not self.page.form else ""

    @property
    def facts(self) -> list[Fact]:
        page, letter = self.page, self.page.letter
        found = [
            Fact("Sendt", unbroken(danish.capitalized(danish.moment(letter.sent_at)))),
            Fact("Modtager", _recipient(page)),
            _date_fact(page),
            None if page.is_own else Fact("Afsender", _sender(page)),
            _leader_fact(page),
            _next_step_fact(page),
            _deadline_fact(page, page.followup) if page.followup else None,
        ]
        return [fact for fact in found if fact]


def _recipient(page: LetterPage) -> str:
    if not page.letter.is_personnel_case or page.form:
        return page.letter.shown_recipient
    return format_html("{} {}", page.letter.shown_recipient, chip(PERSONNEL_BADGE))


def _date_fact(page: LetterPage) -> Fact | None:
    letter, day = page.letter, page.letter.date_in_force
    if day is None:
        return Fact("Brevets dato", chip(OTHER_DEADLINE_BADGE)) if letter.has_other_deadline else None
    if not letter.reader_may_read or page.followup is None:
        return None
    label = "Ny dato" if page.followup.new_deadline else "Brevets dato"
    if page.followup.deletion_due_on:
        label = "Spørg igen om sletning"
    shown = chip(letter.date_badge) or danish.capitalized(danish.day_month(day))
    if day < page.today:
        return Fact(label, shown)
    return Fact(label, format_html('{}<span class="sub">{}</span>', shown, danish.date(day)))


def _sender(page: LetterPage) -> str:
    letter = page.letter
    who = person_link(letter.sender) if letter.sender else letter.sender_name or "Ikke fundet"
    return format_html("{}, {}", who, letter.unit.name) if letter.unit else who


def _leader_fact(page: LetterPage) -> Fact:
    letter = page.letter
    who: str = letter.leader_name or "Ikke fundet endnu"
    if letter.leader:
        who = "Dig" if letter.leader_id == page.reader.pk else person_link(letter.leader)
    return Fact("Din leder", who, WIDE) if page.is_own else Fact("Leder", who)


def _next_step_fact(page: LetterPage) -> Fact | None:
    responsible = responsibility.responsible_for(page.letter, page.escalation)
    who = responsible.label_for(page.reader) if responsible else ""
    if responsible is None or (page.form and who == "Dig"):
        return None
    return Fact("Næste skridt", who, WIDE if page.is_own and not responsible.is_delegated else "")


def _deadline_fact(page: LetterPage, followup: FollowUp) -> Fact:
    letter, deadline = page.letter, page.letter.deadline
    if followup.is_open:
        day = unbroken(danish.capitalized(danish.weekday_date_short(deadline)))
        value_style = "late" if deadline < page.today else ""
        return Fact("Frist", f"{day} – {danish.days_left(deadline, page.today)}", value_style=value_style)
    status = chip(letter.status_badge)
    return Fact("Status", format_html("{} {}", status, chip(letter.arrival.badge)) if letter.arrival else status)


def person_link(person: User) -> SafeString:
    """Return the name as a link; on paper only the name."""
    html = '<a class="screen-only" href="{}">{}</a><span class="print-only">{}</span>'
    return format_html(html, url("person", person.pk), person.name, person.name)


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
    """What stands beside the panels. `events`: the history, read first, because it fetches the letter's changes."""

    page: LetterPage
    events: list[HistoryEvent]

    @property
    def find(self) -> FindMail | None:
        """Return the help for the sender, and for a leader who decides instead."""
        page, letter = self.page, self.page.letter
        if not letter.reader_may_read or not (page.shows_help or (page.form and not page.is_own)):
            return None
        has_mail = page.is_own and letter.first_sender in (None, page.reader)
        say = page.may_say_original and not page.original_gone
        return FindMail(
            heading="Find mailen i Outlook" if page.is_own else "Find mailen hos afsenderen",
            agree_with="" if has_mail else letter.first_sender.name if letter.first_sender else "afsenderen",
            search_text=outlook_search_text(letter.subject, letter.sent_at),
            sent_at="" if letter.subject else danish.clock(letter.sent_at),
            missing_label="Jeg kan ikke finde mailen" if page.is_own or not say else "Mailen kan ikke findes",
            missing=page.button("original_gone", "Notér, at originalen ikke findes") if say else None,
        )

    @property
    def drafts(self) -> list[Draft]:
        return drafts_for_letter(self.page.letter) if self.page.shows_help else []

    @property
    def category(self) -> str:
        """Return the category; "" for a reader who may not know it."""
        return self.page.letter.category or "intet" if self.page.letter.reader_may_read else ""

    @cached_property
    def classify_form(self) -> ClassifyForm | None:
        page = self.page
        may_classify = page.allowed.classify and page.letter.accepts_changes
        return ClassifyForm(None, page.letter, page.reader, page.allowed) if may_classify else None

    @cached_property
    def due_origin(self) -> str:
        """Return where the letter's date comes from; "" without a date, and for a reader who may not know it."""
        followup = self.page.followup
        origin = due_dates.explain_due_date(followup) if followup and self.page.letter.reader_may_read else None
        return " ".join(filter(None, origin)) if origin else ""

    @cached_property
    def date_form(self) -> DueDateForm | None:
        return self.page.date_form or (due_date_form_for(self.page.letter) if self.page.may_decide else None)

    @property
    def may_extend(self) -> bool:
        """Return whether the reader may extend the letter's deadline."""
        return self.page.letter.accepts_changes and plans.may_extend_deadline(self.page.reader, self.page.letter.unit)

    @property
    def opens_history(self) -> bool:
        page, has_undone = self.page, any(event.undoes for event in self.events)
        return not (page.may_decide or page.may_confirm) or bool(page.changed_by_list_at) or has_undone

    @property
    def may_fetch(self) -> bool:
        """Return whether the reader may take up an undone decision again."""
        return self.page.status == Status.OPEN and self.page.may_decide and not self.page.other
