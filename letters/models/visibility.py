"""Visibility of letters: the conditions behind `visible_to` and `counted_for`, and who may read a personnel case.

A user sees own letters, letters led, letters of represented persons, and letters of the unit trees of the user's roles.
The role READER opens no letter: a user counts the letters of its unit trees.
In a personnel case only the sender, the letter's own leader and HR may read subject and recipient. A substitute of the
sender or the leader may read if the letter's leader registered the absence (`Absence`); a substitute named by somebody
else, or by several persons together, may not. Whom one person alone has typed or assigned reads only what Personalejura
has opened (`open_readers`).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING

from django.apps import apps
from django.db.models import BigIntegerField, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.lookups import In

from sepo_incident.accounts.models import EmailChange, Membership, Unit, User

#: An escalation to Personalejura (a question or a handover) is not resolved. The relation is given by name too.
AWAITING_HR = Q(
    followup__escalation__desk=Membership.Role.HR,  # the desk has the same name as the role
    followup__escalation__resolved_at=None,
)

if TYPE_CHECKING:
    from letters.models.letter import Letter


def open_readers(letter: str = "", owner: Mapping[str, int] = {}) -> QuerySet[User]:
    """Return, for a letter of the outer query at the path `letter`, the sender and the leader to whom it is open.

    `owner`: {"sender" or "leader": id of a person in place of the present one}, to see what an assignment would open.

    The list that brought the letter named the person, and the address was known by then from that list, an earlier
    staff file or the municipality's sign-in. Whatever one person has typed, assigned or changed since waits until
    Personalejura opens the letter for the person (`PersonnelOpening`). A correction of the address ends the opening,
    also when the address comes back: whoever signed in meanwhile may have left a way in.
    """
    corrections = EmailChange.objects.filter(user=OuterRef("user"), at__gte=OuterRef("at"))
    openings = apps.get_model("letters", "PersonnelOpening").objects.exclude(Exists(corrections))
    opened = openings.filter(user=OuterRef("pk"), letter=OuterRef(OuterRef(f"{letter}pk")))
    known = Q(address_since__lte=OuterRef(f"{letter}listed_at"))
    is_sender, is_leader = (Q(pk=owner.get(one, OuterRef(f"{letter}{one}"))) for one in ("sender", "leader"))
    sent = is_sender & Q(pk=OuterRef(f"{letter}listed_sender"))
    led = is_leader & Q(pk=OuterRef(f"{letter}listed_leader"))
    return User.objects.filter(is_sender | is_leader).filter((sent | led) & known | Exists(opened))


def personnel_reader_condition(reader: int | Combinable, registered_by: int | Combinable | None, letter: str = "") -> Q:
    """Match the letters that `reader` may read: as sender, as leader, or as a substitute whom the leader named.

    The letter must be open to the sender or leader (`open_readers`). `registered_by` is the person who registered the
    absence for which `reader` stands in (`StandIn`); the caller checks that the absence concerns the letter's sender or
    leader. Both are ids or expressions for an id (NULL for nobody). `letter`: path to the letter, such as «letter__».
    """
    is_reader = Q(**{f"{letter}sender": reader}) | Q(**{f"{letter}leader": reader})
    read = is_reader & Q(is_among(reader, open_readers(letter)))
    if registered_by is None:
        return read
    is_named = Q(**{f"{letter}leader": registered_by}) & Q(is_among(registered_by, open_readers(letter)))
    return read | is_named


def is_among(person: int | Combinable, people: QuerySet[User]) -> In:
    """Match rows where `person`, an id or an expression for an id, is one of `people`."""
    if isinstance(person, int):
        return In(Value(person, BigIntegerField()), people.filter(pk=person).values("pk"))
    return In(person, people.values("pk"))


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
