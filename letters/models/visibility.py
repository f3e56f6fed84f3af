"""Visibility of letters: the conditions behind `visible_to` and `counted_for`, and who may read a personnel case.

A user sees own letters, letters led, letters of represented persons, and letters of the unit trees of the user's roles.
The role READER opens no letter: a user counts the letters of its unit trees.
In a personnel case only the sender, the letter's own leader and HR may read subject and recipient. A substitute of the
sender or the leader may read if the letter's leader registered the absence (`Absence`); a substitute named by somebody
else, or by several persons together, may not. Whom one person alone has typed or assigned reads only what Personalejura
has opened (`letters/sql/is_open_to.sql`). Triggers keep the answer in `is_open_to_sender` and `is_open_to_leader`.
"""

from __future__ import annotations

from functools import reduce
from operator import and_
from typing import TYPE_CHECKING

from django.apps import apps
from django.db.models import Q
from django.db.models.expressions import Combinable

from sepo_incident.accounts.models import Membership, Unit, User

#: An escalation to Personalejura (a question or a handover) is not resolved. The relation is given by name too.
AWAITING_HR = Q(
    followup__escalation__desk=Membership.Role.HR,  # the desk has the same name as the role
    followup__escalation__resolved_at=None,
)

if TYPE_CHECKING:
    from letters.models.letter import Letter


def personnel_reader_condition(reader: int | Combinable, registered_by: int | Combinable | None, letter: str = "") -> Q:
    """Match the letters that `reader` may read: as sender, as leader, or as a substitute whom the leader named.

    The letter must be open to the sender or leader. `registered_by` is the person who registered the absence for which
    `reader` stands in (`StandIn`); the caller checks that the absence concerns the letter's sender or leader. Both are
    ids or expressions for an id (NULL for nobody). `letter`: path to the letter, such as «letter__».
    """
    sent = Q(**{f"{letter}sender": reader, f"{letter}is_open_to_sender": True})
    led = Q(**{f"{letter}leader": reader, f"{letter}is_open_to_leader": True})
    if registered_by is None:
        return sent | led
    return sent | led | Q(**{f"{letter}leader": registered_by, f"{letter}is_open_to_leader": True})


def is_personnel_reader(reader: int, registered_by: int | None, letter: Letter) -> bool:
    """Tell whether `personnel_reader_condition` matches the letter. One query."""
    letters = apps.get_model("letters", "Letter").objects  # the model imports this module
    return letters.filter(personnel_reader_condition(reader, registered_by), pk=letter.pk).exists()


def readable_as_personnel_reader(user: User) -> Q:
    """Match the letters that the user may read whatever the subject.

    The user is the sender or leader, or stands in for either by an absence that the letter's leader registered.
    """
    condition = personnel_reader_condition(user.pk, None)
    for person, registered_by in user.stands_in_for.items():
        condition |= Q(Q(sender=person) | Q(leader=person), personnel_reader_condition(user.pk, registered_by))
    return condition


def in_unit_trees(unit_ids: list[int]) -> Q:
    """Match letters from a unit at or below any of `unit_ids`. An empty list matches nothing."""
    return Q(unit__in=Unit.objects.at_or_below(unit_ids)) if unit_ids else Q(pk__in=[])


def visible_without_hr_role(user: User) -> Q:
    """Match the letters that the user may see without the role HR.

    The user sent the letter, is the leader, or stands in for either; or the user holds a role other than HR and READER
    at the unit or above.
    """
    own = Q(sender__in=user.own_and_represented_ids) | Q(leader__in=user.own_and_represented_ids)
    return own | in_unit_trees(user.unit_ids_with_other_role(Membership.Role.HR, Membership.Role.READER))


def visible_to_hr() -> Q:
    """Match the letters that a membership as HR opens: personnel cases, and letters that await an answer from HR."""
    letters = apps.get_model("letters", "Letter").objects
    return Q(is_personnel_case=True) | Q(pk__in=letters.filter(AWAITING_HR).values("pk"))


def visible_condition(user: User) -> Q:
    """Match the letters that the user may see, including the letters opened by the role HR."""
    hr_units = user.unit_ids_with_role(Membership.Role.HR)
    condition = visible_without_hr_role(user)
    return condition | in_unit_trees(hr_units) & visible_to_hr() if hr_units else condition


def counted_condition(user: User) -> Q:
    """Match the letters that the user may count: the visible ones, and those of the unit trees of the role READER."""
    return visible_condition(user) | in_unit_trees(user.unit_ids_with_role(Membership.Role.READER))


def readable_condition(user: User) -> Q:
    """Match the visible letters whose subject and recipient the user may read."""
    return (
        Q(is_personnel_case=False)
        | readable_as_personnel_reader(user)
        | in_unit_trees(user.unit_ids_with_role(Membership.Role.HR))
    )


def readable_by(user: User) -> Q:
    """Match the letters whose subject and recipient the user may read; during an impersonation the viewer too."""
    return reduce(and_, map(readable_condition, user.effective_viewers))
