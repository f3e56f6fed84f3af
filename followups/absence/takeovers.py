"""Takeovers: a substitute during absence (`Absence`), or a new sender for good.

Everybody may name a substitute of their own. A leader of all letters of a person may name a substitute of that
person; a leader of some of the letters may give those letters to a new sender for good.
"""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from django.db.models import Count, Q, QuerySet

from followups.models import FollowUp
from followups.rules import rights
from letters.assigning import candidates
from letters.models import Incident, Letter
from letters.models.letter import LetterQuerySet
from sepo_incident.accounts.models import Absence, Membership, Unit, User
from sepo_incident.accounts.models.absence import AbsenceQuerySet, StandIn
from sepo_incident.core import danish

#: Matches the letters that a new sender can take over: not done, or without a follow-up.
CAN_BE_HANDED_OVER = Q(followup=None) | Q(followup__status__in=FollowUp.NOT_DONE)


def letters_led_by(leader: User) -> LetterQuerySet:
    """Return the active letters of other senders that the leader leads personally, in all incidents."""
    letters = Letter.objects.visible_to(leader).active().filter(sender__isnull=False)
    return letters.filter(rights.leads_personally(leader)).exclude(sender=leader)


def letters_of_others_led_by(leader: User, incident: Incident | None) -> LetterQuerySet:
    """Return those of the letters that are of the incident."""
    return letters_led_by(leader).filter(incident=incident)


def senders_led_by(leader: User, incident: Incident | None) -> QuerySet[User]:
    """Return the senders of the letters of others that the leader leads personally."""
    return User.objects.filter(pk__in=letters_of_others_led_by(leader, incident).values("sender"))


def leads_all_letters_of(leader: User, person: User) -> bool:
    """Return whether the leader leads every letter that the person sent or leads, in all incidents not closed.

    Only then may the leader name a substitute, because a substitute takes over all of the letters.
    """
    incidents = Incident.objects.not_closed().values("pk")
    letters = Letter.objects.active().filter(Q(sender=person) | Q(leader=person), incident__in=incidents)
    led = Letter.objects.filter(rights.leads_personally(leader))
    return not letters.exclude(pk__in=led.values("pk")).exists()


def nameable_colleagues(user: User) -> QuerySet[User]:
    """Return the people whom the user may name as substitute or new sender.

    Colleagues in the user's unit and in units that the user manages, managers of the user's unit and the units above,
    and leaders of the user's letters. Koncern IT may name everybody, as on the page *Mangler ansvarlig*.
    """
    if Membership.Role.KIT_ADMIN in user.roles:
        return candidates.reachable_people()
    led = Unit.objects.at_or_below(user.unit_ids_with_role(*rights.MANAGING_ROLES))
    above = Membership.objects.filter(unit__in=user.unit.lineage if user.unit else [], role__in=rights.MANAGING_ROLES)
    leaders = Letter.objects.active().filter(sender=user)
    known = Q(unit__in=led) | Q(pk__in=above.values("user")) | Q(pk__in=leaders.values("leader"))
    return candidates.reachable_people().filter(known | Q(unit=user.unit_id, unit__isnull=False))


def possible_successors(user: User, person: User, *, is_led: bool) -> QuerySet[User]:
    """Return the people whom the user may name to take over from `person`.

    Includes the user if `is_led`: the user leads every letter of the person.
    """
    colleagues, own = nameable_colleagues(user), User.objects.filter(pk=user.pk)
    return (colleagues | own if is_led else colleagues.exclude(pk=user.pk)).exclude(pk=person.pk)


class PersonWithLetters(NamedTuple):
    """A person, the number of letters that the person still owes something, and the person's absence."""

    person: User
    letters: int
    away: str


def people_owing_letters(leader: User, incident: Incident | None) -> list[tuple[User, int]]:
    """Return (person, number of letters that the person still owes something), highest number first. Two queries."""
    counted = (
        letters_of_others_led_by(leader, incident)
        .filter(CAN_BE_HANDED_OVER)
        .order_by()
        .values_list("sender")
        .annotate(Count("pk"))
    )
    numbers = dict(counted)
    people = User.objects.select_related("unit").filter(pk__in=numbers)
    return sorted(((one, numbers[one.pk]) for one in people), key=lambda row: (-row[1], danish.sort_key(row[0].name)))


def people_with_letters(people: Iterable[tuple[User, int]], on: date) -> list[PersonWithLetters]:
    """Return the people with the number of letters and the absence on the day. One query."""
    people = list(people)
    stand_ins = Absence.objects.stand_ins(on, [one.pk for one, _ in people])
    return [PersonWithLetters(one, letters, whereabouts(one, stand_ins.get(one.pk))) for one, letters in people]


def whereabouts(person: User, stand_in: StandIn | None) -> str:
    """Return where the person is, as Danish text; "" if present.

    «Er fratrådt», «Væk til og med 3. januar 2020: Mette Dahl svarer» or «Kan ikke få mail».
    """
    if person.left_on:
        return "Er fratrådt"
    if stand_in:
        return stand_in.description
    return "Kan ikke få mail" if person.unreachable_since else ""


def letters_to_hand_over(leader: User, person: User, incident: Incident | None) -> LetterQuerySet:
    """Return the letters that the leader may give to a new sender, without unreadable letters."""
    return letters_of_others_led_by(leader, incident).filter(CAN_BE_HANDED_OVER, sender=person).readable()


def retractable_absences(user: User, on: date) -> AbsenceQuerySet:
    """Return current and future absences that the user may take back.

    The user's own, absences that the user registered, and absences of people whom the user leads in an incident that
    is not closed.
    """
    led = letters_led_by(user).exclude(incident__status=Incident.Status.CLOSED)
    theirs = Q(person=user) | Q(registered_by=user) | Q(person__in=led.values("sender"))
    return Absence.objects.current_or_upcoming(on).filter(theirs)
