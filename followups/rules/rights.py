"""Rights: what a user may do with a letter. Each right is one SQL condition on letters, and nothing else decides.

A list filters by the condition. A page or a service asks `rights_on` or `rights_by_letter`, which evaluate the same
conditions for the letters in question. Visibility lies in `LetterQuerySet.visible_to`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from functools import reduce
from operator import and_
from typing import NamedTuple

from followups.rules import letter_state
from letters.models import Incident, Letter
from letters.models.letter import LetterQuerySet
from letters.models.visibility import (
    IS_PERSONNEL_CASE,
    NOTHING,
    in_unit_trees,
    letter_condition,
    once_per_user,
    readable_as_personnel_reader,
    readable_by,
)
from sepo_incident.accounts.models import Membership, Unit, User
from sepo_incident.core.sql_expression import SqlExpression

Role = Membership.Role
#: Roles in charge of a unit and the units below
MANAGING_ROLES = (Role.LEADER, Role.COORDINATOR)
#: Is the letter a personnel case? → who confirms a letter without a leader besides the sender
CONFIRMER_WITHOUT_LEADER = {True: "Personalejura og Forhandling", False: "En anden leder eller koordinatoren"}
#: No letter of a closed incident is offered for decision or confirmation.
INCIDENT_NOT_CLOSED = letter_condition("{incident}.status <> 'CLOSED'")
#: The letters of `has_leader_besides_sender`.
WITH_LEADER_BESIDES_SENDER = letter_condition(
    "{letter}.leader_id IS NOT NULL AND {letter}.leader_id IS DISTINCT FROM {letter}.sender_id"
)
HANDED_OVER = letter_condition(
    "{escalation}.resolved_at IS NULL AND {escalation}.desk = 'HR' AND {escalation}.reason = 'HANDED_OVER'"
)


def sent_by(people: Iterable[int]) -> SqlExpression:
    """Match the letters whose sender is one of the people."""
    return letter_condition("{letter}.sender_id = ANY({people})", people=list(people)) if people else NOTHING


def led_by(people: Iterable[int]) -> SqlExpression:
    """Match the letters whose leader is one of the people."""
    return letter_condition("{letter}.leader_id = ANY({people})", people=list(people)) if people else NOTHING


@once_per_user
def leads_personally(user: User) -> SqlExpression:
    """Match the letters that the user leads as the letter's leader, or in charge of the unit or a unit above."""
    return led_by([user.pk]) | in_unit_trees(user.unit_ids_with_role(*MANAGING_ROLES))


def leads_as_substitute(user: User) -> SqlExpression:
    """Match the letters whose leader the user stands in for.

    A substitute for the sender too does not count: decision and confirmation take two persons.
    """
    return led_by(user.stands_in_for) & ~sent_by(user.stands_in_for)


@once_per_user
def leads(user: User) -> SqlExpression:
    """Match the letters that the user leads, personally or as a substitute.

    HR over the unit leads personnel cases without a leader besides the sender: no other role may read these letters.
    """
    hr_units = in_unit_trees(user.unit_ids_with_role(Role.HR))
    hr_letters = hr_units & IS_PERSONNEL_CASE & ~WITH_LEADER_BESIDES_SENDER
    return leads_personally(user) | leads_as_substitute(user) | hr_letters


def is_handed_over_to(user: User) -> SqlExpression:
    """Match the letters that sender or leader handed over to HR, where the user is HR over the unit."""
    hr_units = user.unit_ids_with_role(Role.HR)
    return in_unit_trees(hr_units) & HANDED_OVER if hr_units else NOTHING


@once_per_user
def can_decide(user: User) -> SqlExpression:
    """Match the readable letters that the user sent, or decides about on behalf of the sender.

    On behalf of the sender: a substitute, whoever leads the letter, and HR if the letter is handed over.
    """
    decides = sent_by(user.own_and_represented_ids) | leads(user) | is_handed_over_to(user)
    return decides & readable_by(user)


@once_per_user
def can_confirm(user: User) -> SqlExpression:
    """Match the readable letters that the user leads, without letters that the user sent.

    A substitute who decided about the letter may not confirm it, not on a later day either.
    """
    confirms = ~sent_by([user.pk]) & leads(user) & readable_by(user)
    if not user.stands_in_for:
        return confirms
    decided_self = letter_condition("{followup}.decided_by_id = {user}", user=user.pk)
    return confirms & (~decided_self | ~led_by(user.stands_in_for) | leads_personally(user))


def can_hand_to_hr(user: User) -> SqlExpression:
    """Match the personnel cases that the user decides about. HR does not hand over to HR."""
    return NOTHING if Role.HR in user.roles else IS_PERSONNEL_CASE & can_decide(user)


def can_classify(user: User) -> SqlExpression:
    """Match the readable letters whose category the user may set: deciders, Koncern IT and HR over the unit."""
    keeps = in_unit_trees(user.unit_ids_with_role(Role.KIT_ADMIN, Role.HR))
    return keeps & readable_by(user) | can_decide(user)


def can_set_personnel_case(user: User) -> SqlExpression:
    """Match the letters where the user says whether the letter is a personnel case.

    They are the sender, the letter's own leader, a substitute named by that leader, and HR, because they may read the
    letter with either answer.
    """
    readers = reduce(and_, map(readable_as_personnel_reader, user.effective_viewers))
    return readers | in_unit_trees(user.unit_ids_with_role(Role.HR))


def can_mark_personnel_case(user: User) -> SqlExpression:
    """Match the letters that the user may make a personnel case. Koncern IT may, and then no longer read the letter."""
    keeps = in_unit_trees(user.unit_ids_with_role(Role.KIT_ADMIN))
    return can_set_personnel_case(user) | keeps & readable_by(user)


class LetterRights(NamedTuple):
    """The rights of a user on a letter."""

    read: bool
    lead: bool
    decide: bool
    confirm: bool
    hand_to_hr: bool
    classify: bool
    set_personnel_case: bool
    mark_personnel_case: bool
    is_handed_over: bool


RIGHTS: dict[str, Callable[[User], SqlExpression]] = {
    "read": readable_by,
    "lead": leads,
    "decide": can_decide,
    "confirm": can_confirm,
    "hand_to_hr": can_hand_to_hr,
    "classify": can_classify,
    "set_personnel_case": can_set_personnel_case,
    "mark_personnel_case": can_mark_personnel_case,
    "is_handed_over": is_handed_over_to,
}


#: {right: name of the annotated column}
COLUMNS = {name: f"right_{name}" for name in LetterRights._fields}


def rights_from(letter: Letter) -> LetterRights:
    """Return the rights on a letter of `letter_rows.letters_for`. Raises AttributeError for any other letter."""
    return LetterRights(*(bool(getattr(letter, column)) for column in COLUMNS.values()))


def rights_by_letter(user: User, letters: Iterable[int]) -> dict[int, LetterRights]:
    """Return {letter id: the user's rights}, as the database has the letters now. One query."""
    columns = {column: RIGHTS[name](user) for name, column in COLUMNS.items()}
    rows = Letter.objects.filter(pk__in=list(letters)).annotate(**columns).values_list("pk", *columns)
    return {pk: LetterRights(*map(bool, flags)) for pk, *flags in rows}


def rights_on(user: User, letter: Letter) -> LetterRights:
    """Return the user's rights on the letter, as the database has the letter now. One query."""
    return rights_by_letter(user, [letter.pk])[letter.pk]


def has_right(user: User, right: Callable[[User], SqlExpression], letter: Letter) -> bool:
    """Return whether the user has the right, for example `can_decide`, as the database has the letter now.

    One query, cheaper to build than the query of `rights_on`, which is for callers that need several rights.
    """
    return Letter.objects.filter(right(user), pk=letter.pk).exists()


def has_leader_besides_sender(letter: Letter) -> bool:
    """Return whether the letter has a leader who is not the sender."""
    return letter.leader_id not in (None, letter.sender_id)


def confirmer_label(letter: Letter) -> str:
    """Return who confirms the letter, as the beginning of a Danish sentence: «Jens Ågård»."""
    if letter.leader is not None and has_leader_besides_sender(letter):
        return letter.leader.name
    return CONFIRMER_WITHOUT_LEADER[letter.is_personnel_case]


# --- Conditions for lists and counts --------------------------------------------------------------------------------


@once_per_user
def decidable_by(user: User) -> SqlExpression:
    """Match the undecided letters that the user may include in a decision about many letters."""
    undecided = letter_condition("{followup}.status = 'OPEN' AND NOT {letter}.is_personnel_case")
    return undecided & INCIDENT_NOT_CLOSED & can_decide(user)


def bulk_decidable_by(user: User, on: date) -> SqlExpression:
    """Match the letters of `decidable_by` that get a decision about many letters, whatever the decision.

    No desk is asked about the letter, and the letter's own date has not passed on the day `on`.
    """
    return decidable_by(user) & ~letter_state.has_passed_due_date(on) & ~letter_state.AWAITS_DESK


@once_per_user
def confirmable_by(user: User) -> SqlExpression:
    """Match the letters that the user may confirm now: sent, and no answer is missing."""
    return letter_state.AWAITS_CONFIRMATION & INCIDENT_NOT_CLOSED & can_confirm(user)


@once_per_user
def awaits_confirmation_by(user: User) -> SqlExpression:
    """Match the letters of `confirmable_by` that wait for this user, and not for somebody nearer to the letter."""
    return confirmable_by(user) & has_no_nearer_confirmer(user)


@once_per_user
def has_no_nearer_confirmer(user: User) -> SqlExpression:
    """Match the letters to which no confirmer is nearer than the user.

    The user is the letter's leader or stands in for the leader; or the letter has no leader besides the sender, and
    nobody in charge is nearer.
    """
    managed = user.unit_ids_with_role(*MANAGING_ROLES)
    is_nearest = letter_condition(NEAREST_MANAGED_UNIT + " = ANY({managed})", managed=managed) if managed else NOTHING
    return led_by(user.own_and_represented_ids) | ~WITH_LEADER_BESIDES_SENDER & (IS_PERSONNEL_CASE | is_nearest)


#: The first unit on the way up from the letter's unit where somebody besides the sender is in charge.
NEAREST_MANAGED_UNIT = """(
    SELECT managed.unit_id FROM accounts_unit AS own
    JOIN accounts_membership AS managed ON managed.unit_id = ANY(own.lineage)
    WHERE own.id = {letter}.unit_id AND managed.role IN ('LEADER', 'COORDINATOR')
        AND managed.user_id IS DISTINCT FROM {letter}.sender_id
    ORDER BY array_position(own.lineage, managed.unit_id) DESC LIMIT 1
)"""


def letters_awaiting_confirmation_by(user: User, incident: Incident) -> LetterQuerySet:
    """Return the letters of the incident that wait for confirmation by this user, the longest waiting first."""
    letters = Letter.objects.visible_to(user).active().filter(incident=incident)
    return letters.filter(awaits_confirmation_by(user)).order_by("followup__decided_at", "pk")


def may_confirm_in_unit(user: User, unit: Unit, letters: LetterQuerySet) -> bool:
    """Return whether the user may confirm letters of the unit, now or later. `letters`: the letters of the unit."""
    return user.holds_role_over(unit.lineage, *MANAGING_ROLES) or letters.filter(leads(user)).exists()
