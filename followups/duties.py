"""Whose turn it is on a letter. Visibility lies in ``visible_to``; this is about what somebody may do with it."""

from __future__ import annotations

from django.db.models import Q

from followups.models import FollowUp
from letters.models import Letter
from letters.models.letter import LetterQuerySet
from sepo_incident.accounts.models import Membership, Unit, User

IN_CHARGE = (Membership.Role.LEADER, Membership.Role.COORDINATOR)


def leads(user: User, letter: Letter) -> bool:
    """Is the user the letter's leader, or in charge of a unit at or above the letter's?"""
    if letter.leader_id == user.pk:
        return True
    return letter.unit is not None and user.holds_role_over(letter.unit.lineage, *IN_CHARGE)


def may_decide(user: User, letter: Letter) -> bool:
    """The sender, or who leads and may read it: then it is on the sender's behalf."""
    return letter.sender_id == user.pk or (leads(user, letter) and letter.may_be_read_by(user))


def may_confirm(user: User, letter: Letter) -> bool:
    """Who leads, but never the sender: four eyes see each letter, and nobody stands by what they may not read."""
    return letter.sender_id != user.pk and leads(user, letter) and letter.may_be_read_by(user)


def confirmable_by(user: User) -> Q:
    """The same as a condition on ``visible_to`` letters, for those that wait for it."""
    return Q(followup__status=FollowUp.Status.DONE, reader_may_read=True) & ~Q(sender=user) & led_by(user)


def led_by(user: User) -> Q:
    """``leads`` as a condition on letters."""
    return Q(leader=user) | Q(unit__in=Unit.objects.at_or_below(user.unit_ids_as(*IN_CHARGE)))


def leads_in(user: User, unit: Unit, letters: LetterQuerySet) -> bool:
    """Is there anything here for the user to confirm, now or later? ``letters`` are those of the unit."""
    return user.holds_role_over(unit.lineage, *IN_CHARGE) or letters.filter(led_by(user)).exists()
