"""A letter's own clock: the date that its category's rule gives it, and where a date comes from, in words.

Date rules only. Days are counted from the one after the letter was sent, and the last of them is in time.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from followups.models import FollowUp
from letters.categories import category_deadlines
from letters.models import CategoryRule, Letter
from sepo_incident.core import calendar, danish

Clock, LengthUnit = CategoryRule.Clock, CategoryRule.LengthUnit
DAYS_PER_UNIT = {LengthUnit.DAY: 1, LengthUnit.WEEK: 7}
NO_LEGAL_SOURCE = "Koncern IT har ikke skrevet, hvor det står i loven."


class DueDateOrigin(NamedTuple):
    """Where a letter's date comes from, as a sentence, and where it stands in law; "" for what is no matter of law."""

    text: str
    source: str = ""


def due_date_by_rule(rule: CategoryRule, sent_on: date) -> date | None:
    """The last day of a letter sent that day; ``None`` where the rule asks for a day in the subject.

    Weeks and days end on the day they end, also one off; what the law says of that differs, and a person may set it.
    """
    if rule.clock == Clock.FIXED:
        return next_yearly_date(rule.fixed_days, sent_on)
    if not rule.length:
        return None
    if rule.length_unit == LengthUnit.WORKING_DAY:
        return calendar.add_working_days(sent_on, rule.length)
    return sent_on + timedelta(days=rule.length * DAYS_PER_UNIT[LengthUnit(rule.length_unit)])


def next_yearly_date(days_of_a_year: list[str], since: date) -> date:
    """The first of them ("MM-DD") on or after that day, this year or the next."""
    of_two_years = (
        date(year, *map(int, day.split("-"))) for year in (since.year, since.year + 1) for day in days_of_a_year
    )
    return min(day for day in of_two_years if day >= since)


class DeadlineProposal(NamedTuple):
    """A new deadline, and why that one."""

    new_deadline: date
    why: str

    def __str__(self) -> str:
        return f"Forslag: {danish.weekday_date(self.new_deadline)}, {self.why}."


def propose_new_deadline(rule: CategoryRule | None, letter: Letter, passed_on: date, today: date) -> DeadlineProposal:
    """For who writes the letter anew: so many working days after today as its clock says, or else as many as the
    recipient had from the day it was sent until ``passed_on``, and at least one."""
    if rule is not None and rule.new_days:
        count, whence = rule.new_days, f"som emneområdet {rule.name} giver"
    else:
        count = max(1, calendar.working_days_between(danish.local_date(letter.sent_at) + timedelta(days=1), passed_on))
        whence = "lige så længe som modtageren havde før"
    number = f"{danish.number_word(count)} {'arbejdsdag' if count == 1 else 'arbejdsdage'}"
    return DeadlineProposal(calendar.add_working_days(today, count), f"{number} efter i dag, {whence}")


def due_date_for(letter: Letter) -> date | None:
    """What the subject says, or else the clock of what the letter is about."""
    if letter.named_on:
        return letter.named_on
    rule = clock_rule_for(letter)
    return due_date_by_rule(rule, danish.local_date(letter.sent_at)) if rule else None


def clock_rule_for(letter: Letter) -> CategoryRule | None:
    """The clock of what the letter is about. One query."""
    rules = CategoryRule.objects.filter(incident=letter.incident_id, name=letter.category)
    return rules.deadline_rules().first() if letter.category else None


def explain_due_date(followup: FollowUp, rule: CategoryRule | None) -> DueDateOrigin | None:
    """Of the date on the follow-up, where there is one. It tells of the subject: only for who may read the letter."""
    letter, due_on = followup.letter, followup.due_on
    if due_on is None:
        return None
    if followup.due_by:
        return DueDateOrigin(f"{followup.due_by.name} har sat fristen.")
    if due_on == letter.named_on:
        asks_for_it = rule is not None and rule.clock in (Clock.MEETING, Clock.HEARING)
        what = "mødets dag" if rule is not None and rule.clock == Clock.MEETING else "den dag"
        return DueDateOrigin(
            f"Fristen kommer af {what}, som står i emnet.", rule.source if rule and asks_for_it else ""
        )
    if rule is not None and due_on == due_date_by_rule(rule, danish.local_date(letter.sent_at)):
        return DueDateOrigin(
            f"Fristen kommer af emneområdet {rule.name}: {category_deadlines.describe_deadline(rule)}.",
            rule.source or NO_LEGAL_SOURCE,
        )
    return DueDateOrigin("Fristen gjaldt, da der blev besluttet. Siden er emnet eller reglen ændret.")
