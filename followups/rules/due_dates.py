"""Due date of a letter: the date in the subject, or the deadline of the category's rule, and the explanation in Danish.

Days are counted from the day after sending; the last day is in time.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from followups.models import FollowUp
from followups.models.followup import followup_of
from letters.categories import category_rules
from letters.models import CategoryRule, Letter
from sepo_incident.core import calendar, danish

Status = FollowUp.Status
Clock, LengthUnit = CategoryRule.Clock, CategoryRule.LengthUnit
DAYS_PER_UNIT = {LengthUnit.DAY: 1, LengthUnit.WEEK: 7}


class DueDateOrigin(NamedTuple):
    """Explanation of a due date: a Danish sentence, and the source in law, "" if none is known."""

    text: str
    source: str = ""


def passed_due_date(letter: Letter, on: date) -> date | None:
    """Return the date of a letter of `letter_state.has_passed_due_date`, or None for another letter."""
    followup = followup_of(letter)
    due_on = followup.due_on if followup else None
    return due_on if due_on and calendar.is_overdue(due_on, on) else None


def due_date_by_rule(rule: CategoryRule, sent_on: date) -> date | None:
    """Return the last day of a letter sent on `sent_on`; None for a rule that needs a date in the subject.

    A period of weeks or days may end on a day off. The law may say otherwise for a subject; a person may then set the
    date.
    """
    if rule.clock == Clock.FIXED:
        return next_yearly_date(rule.fixed_days, sent_on)
    if not rule.length:
        return None
    if rule.length_unit == LengthUnit.WORKING_DAY:
        return calendar.add_working_days(sent_on, rule.length)
    return sent_on + timedelta(days=rule.length * DAYS_PER_UNIT[LengthUnit(rule.length_unit)])


def next_yearly_date(days_of_a_year: list[str], since: date) -> date:
    """Return the first of the days ("MM-DD") on or after `since`, this year or next year."""
    of_two_years = (
        date(year, *map(int, day.split("-"))) for year in (since.year, since.year + 1) for day in days_of_a_year
    )
    return min(day for day in of_two_years if day >= since)


class DeadlineProposal(NamedTuple):
    """Proposal for the date in a new letter, with the reason in Danish."""

    new_deadline: date
    why: str

    def __str__(self) -> str:
        return f"Forslag: {danish.weekday_date(self.new_deadline)}, {self.why}."


def propose_new_deadline(rule: CategoryRule | None, letter: Letter, passed_on: date, today: date) -> DeadlineProposal:
    """Return a proposal for the date in a new letter, counted in working days after `today`.

    The number of days is the rule's `new_days`, or else the days that the recipient had from sending until
    `passed_on`, at least one.
    """
    if rule is not None and rule.new_days:
        count, whence = rule.new_days, f"som emneområdet {rule.name} giver"
    else:
        count = max(1, calendar.working_days_between(danish.local_date(letter.sent_at) + timedelta(days=1), passed_on))
        whence = "lige så længe som modtageren havde før"
    number = f"{danish.number_word(count)} {'arbejdsdag' if count == 1 else 'arbejdsdage'}"
    return DeadlineProposal(calendar.add_working_days(today, count), f"{number} efter i dag, {whence}")


def due_date_for(letter: Letter) -> date | None:
    """Return the date in the subject, or else the due date by the category's rule. One query without a date in the
    subject.
    """
    if letter.named_on:
        return letter.named_on
    rule = deadline_rule_for(letter)
    return due_date_by_rule(rule, danish.local_date(letter.sent_at)) if rule else None


def deadline_rule_for(letter: Letter) -> CategoryRule | None:
    """Return the deadline rule of the letter's category, or None. One query."""
    rules = CategoryRule.objects.filter(incident=letter.incident_id, name=letter.category)
    return rules.deadline_rules().first() if letter.category else None


def explain_due_date(followup: FollowUp) -> DueDateOrigin | None:
    """Return the origin of the follow-up's due date, or None without a due date. One query for a date that nobody set.

    The explanation reveals the subject: show it only to readers who may read the letter.
    """
    letter, due_on = followup.letter, followup.due_on
    if due_on is None:
        return None
    if followup.due_by:
        return DueDateOrigin(f"{followup.due_by.name} har sat datoen.")
    rule = deadline_rule_for(letter)
    if due_on == letter.named_on:
        asks_for_it = rule is not None and rule.clock in (Clock.MEETING, Clock.HEARING)
        what = "mødedatoen" if rule is not None and rule.clock == Clock.MEETING else "dagen"
        return DueDateOrigin(f"Datoen er {what} i emnet.", rule.source if rule and asks_for_it else "")
    if rule is not None and due_on == due_date_by_rule(rule, danish.local_date(letter.sent_at)):
        return DueDateOrigin(
            f"Datoen følger af emneområdet {rule.name}: {category_rules.describe_deadline(rule)}.",
            rule.source,
        )
    return DueDateOrigin("Datoen gjaldt ved beslutningen. Siden er emnet eller reglen ændret.")
