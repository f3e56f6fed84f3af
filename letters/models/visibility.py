"""Conditions on letters in SQL, and those behind `visible_to` and `counted_for`: who sees, counts and reads a letter.

A user sees own letters, letters led, letters of represented persons, and letters of the unit trees of the user's roles.
The roles READER and ADVISER open no letter: a user counts the letters of their unit trees.
In a personnel case only the sender, the letter's own leader and HR may read subject and recipient. A substitute of the
sender or the leader may read if the letter's leader registered the absence (`Absence`); a substitute named by somebody
else, or by several persons together, may not. Whom one person alone has typed or assigned reads only what Personalejura
has opened (`letters/sql/is_open_to.sql`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce, wraps
from operator import and_
from typing import TYPE_CHECKING, Any

from django.apps import apps

from sepo_incident.accounts.models import Membership, User
from sepo_incident.core.sql_expression import SqlExpression, sql_expression
from sepo_incident.core.sql_files import read_sql

if TYPE_CHECKING:
    from letters.models.incident import Incident
    from letters.models.letter import Letter

#: {name in the SQL: lookup path from a letter}. The tables of the apps above are given by name.
LETTER_TABLES = {
    "letter": "source_ref",
    "incident": "incident__status",
    "followup": "followup__status",
    "escalation": "followup__escalation__desk",
}


def letter_condition(text: str, **values: Any) -> SqlExpression:
    """Return a condition on letters, or a part of one: `sql_expression` over `LETTER_TABLES`."""
    return sql_expression(text, LETTER_TABLES, **values)


def once_per_user(make: Callable[[User], SqlExpression]) -> Callable[[User], SqlExpression]:
    """Keep the condition that a function makes of a user on the user, who lives for one request and has its roles."""

    @wraps(make)
    def kept(user: User) -> SqlExpression:
        conditions: dict[str, SqlExpression] = user.__dict__.setdefault("conditions", {})
        if make.__name__ not in conditions:
            conditions[make.__name__] = make(user)
        return conditions[make.__name__]

    return kept


SENDER, LEADER = letter_condition("{letter}.sender_id"), letter_condition("{letter}.leader_id")
#: `is_open_to` as a function, for the letter's own sender or leader: `% "sender_id"`.
OPEN_TO_OWNER = """letters_is_open_to(
    {letter}.%s, {letter}.sender_id, {letter}.leader_id, {letter}.id,
    {letter}.listed_sender_id, {letter}.listed_leader_id, {letter}.listed_at
)"""
IS_OPEN_TO_SQL = read_sql("letters/sql/is_open_to.sql")
NOTHING, EVERY_LETTER = letter_condition("false"), letter_condition("true")
IS_PERSONNEL_CASE = letter_condition("{letter}.is_personnel_case")
#: An escalation to Personalejura (a question or a handover) is not resolved. The desk has the same name as the role.
AWAITS_HR = letter_condition("""{letter}.id IN (
    SELECT followup.letter_id FROM followups_escalation AS escalation
    JOIN followups_followup AS followup ON followup.id = escalation.followup_id
    WHERE escalation.desk = 'HR' AND escalation.resolved_at IS NULL
)""")


def of_incident(incident: Incident) -> SqlExpression:
    """Match the letters of the incident."""
    return letter_condition("{letter}.incident_id = {incident_id}", incident_id=incident.pk)


def is_open_to(person: Any, *, sender: Any = SENDER, leader: Any = LEADER) -> SqlExpression:
    """Match the letters that are open to their sender or leader `person`, if they are personnel cases.

    `sender`, `leader`: the letter's, or whom it may get. Each is an id or an expression for an id.
    """
    return letter_condition(IS_OPEN_TO_SQL, person=person, sender=sender, leader=leader)


def personnel_reader_condition(reader: Any, registered_by: Any) -> SqlExpression:
    """Match the letters that `reader` may read: as sender, as leader, or as a substitute whom the leader named.

    The letter must be open to the sender or leader. `registered_by` is the person who registered the absence for which
    `reader` stands in (`StandIn`); the caller checks that the absence concerns the letter's sender or leader. Both are
    ids or expressions for an id (NULL for nobody).
    """
    return letter_condition(
        "{letter}.sender_id = {reader} AND " + OPEN_TO_OWNER % "sender_id" + " OR {letter}.leader_id IN"
        " ({reader}, {registered_by}) AND " + OPEN_TO_OWNER % "leader_id",
        reader=reader,
        registered_by=registered_by,
    )


def is_personnel_reader(reader: int, registered_by: int | None, letter: Letter) -> bool:
    """Tell whether `personnel_reader_condition` matches the letter. One query."""
    letters = apps.get_model("letters", "Letter").objects  # the model imports this module
    return letters.filter(personnel_reader_condition(reader, registered_by), pk=letter.pk).exists()


@once_per_user
def readable_as_personnel_reader(user: User) -> SqlExpression:
    """Match the letters that the user may read whatever the subject.

    The user is the sender or leader, or stands in for either by an absence that the letter's leader registered.
    """
    condition = personnel_reader_condition(user.pk, None)
    for person, registered_by in user.stands_in_for.items():
        concerned = letter_condition("{person} IN ({letter}.sender_id, {letter}.leader_id)", person=person)
        condition |= concerned & personnel_reader_condition(user.pk, registered_by)
    return condition


def in_unit_trees(unit_ids: list[int]) -> SqlExpression:
    """Match letters from a unit at or below any of `unit_ids`. An empty list matches nothing."""
    if not unit_ids:
        return NOTHING
    return letter_condition(
        "{letter}.unit_id IN (SELECT id FROM accounts_unit WHERE lineage && {units}::bigint[])", units=unit_ids
    )


def visible_without_hr_role(user: User) -> SqlExpression:
    """Match the letters that the user may see without the role HR.

    The user sent the letter, is the leader, or stands in for either; or the user holds a role that opens letters at
    the unit or above.
    """
    own = letter_condition(
        "{letter}.sender_id = ANY({people}) OR {letter}.leader_id = ANY({people})", people=user.own_and_represented_ids
    )
    return own | in_unit_trees(user.unit_ids_with_other_role(Membership.Role.HR, *Membership.COUNTING_ROLES))


#: The letters that a membership as HR opens: personnel cases, and letters that await an answer from HR.
VISIBLE_TO_HR = IS_PERSONNEL_CASE | AWAITS_HR


def visible_condition(user: User) -> SqlExpression:
    """Match the letters that the user may see, including the letters opened by the role HR."""
    hr_units = user.unit_ids_with_role(Membership.Role.HR)
    condition = visible_without_hr_role(user)
    return condition | in_unit_trees(hr_units) & VISIBLE_TO_HR if hr_units else condition


def counted_condition(user: User) -> SqlExpression:
    """Match the letters that the user may count: the visible ones, and those in the unit trees of `COUNTING_ROLES`."""
    return visible_condition(user) | in_unit_trees(user.unit_ids_with_role(*Membership.COUNTING_ROLES))


def readable_condition(user: User) -> SqlExpression:
    """Match the visible letters whose subject and recipient the user may read."""
    hr_letters = in_unit_trees(user.unit_ids_with_role(Membership.Role.HR))
    return ~IS_PERSONNEL_CASE | readable_as_personnel_reader(user) | hr_letters


@once_per_user
def visible_by(user: User) -> SqlExpression:
    """Match the letters that the user may see; during an impersonation the viewer too."""
    return reduce(and_, map(visible_condition, user.effective_viewers))


@once_per_user
def counted_by(user: User) -> SqlExpression:
    """Match the letters that the user may count; during an impersonation the viewer too."""
    return reduce(and_, map(counted_condition, user.effective_viewers))


@once_per_user
def readable_by(user: User) -> SqlExpression:
    """Match the letters whose subject and recipient the user may read; during an impersonation the viewer too."""
    return reduce(and_, map(readable_condition, user.effective_viewers))
