"""The top of the page of a letter: title, way back, place in the queue, lead and facts."""

from __future__ import annotations

from dataclasses import dataclass

from django.forms import BaseForm
from django.utils.html import format_html
from django.utils.safestring import SafeString

from followups.letter.letter_navigation import BackLink, back_link
from followups.letter.page import LetterPage
from followups.models import FollowUp
from followups.models.letter_row import OTHER_DEADLINE_BADGE, PERSONNEL_BADGE
from followups.navigation import board_origin
from followups.rules import responsibility
from sepo_incident.accounts.models import User
from sepo_incident.core import danish
from sepo_incident.core.jinja import url
from sepo_incident.core.panels import Alert, Fact
from sepo_incident.core.template_tags import chip, unbroken

#: On a phone the sender sees only what differs from letter to letter.
WIDE = "wide-only"
COLUMNS: dict[str, str] = {FollowUp.Remedy.NEW_LETTER: "is-new", FollowUp.Remedy.RESEND_AND_NEW: "is-both"}


@dataclass(frozen=True)
class Head:
    """`refused`: the form whose errors stand above the facts. `columns`: the CSS class that chooses drafts."""

    title: str
    saved: list[Alert]
    back: BackLink
    place: str
    heading: str
    lead: str
    lead_style: str
    facts: list[Fact]
    refused: BaseForm | None
    columns: str


def build_head(page: LetterPage) -> Head:
    forms = (page.form, page.date_form, page.act_form)
    error = "Fejl: " if any(form and form.errors for form in forms) else ""
    return Head(
        title=f"{error}{page.letter.page_title}",
        saved=page.saved.alerts(page.reader, page.origin) if page.saved else [],
        back=back_link(page.letter, page.reader, board_origin(page.request)),
        place=_place(page),
        heading=danish.hyphenated(page.letter.shown_subject),
        lead=_lead(page),
        lead_style=WIDE if page.is_own else "",
        facts=[fact for fact in _facts(page) if fact],
        refused=page.act_form or page.form,
        columns=COLUMNS.get(page.followup.remedy, "") if page.followup and not page.form else "",
    )


def _place(page: LetterPage) -> str:
    if page.queue is None or page.queue.position is None:
        return ""
    sender = f" fra {page.letter.sender.name}" if page.letter.sender and not page.is_own else ""
    return f"Brev {danish.number(page.queue.position)} af {danish.number(page.queue.count)}{sender}"


def _lead(page: LetterPage) -> str:
    """Return what happened to the letter and who decides; "" where the form is not shown from the start."""
    if not page.form or page.other or page.form.errors:
        return ""
    decides = "Afsenderen er ikke fundet, så du beslutter."
    if page.is_own:
        decides = "Beslut, hvad der skal ske nu."
    elif page.letter.sender:
        decides = f"Du kan beslutte på vegne af {page.letter.sender.name}."
    return f"{page.letter.incident.fault.one} {decides}"


def _facts(page: LetterPage) -> list[Fact | None]:
    return [
        Fact("Sendt", unbroken(danish.capitalized(danish.moment(page.letter.sent_at)))),
        Fact("Modtager", _recipient(page)),
        _date_fact(page),
        None if page.is_own else Fact("Afsender", _sender(page)),
        _leader_fact(page),
        _next_step_fact(page),
        _deadline_fact(page, page.followup) if page.followup else None,
    ]


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
    letter, deadline = page.letter, page.letter.incident.deadline
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
