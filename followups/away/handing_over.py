"""Who takes over somebody's letters: while they are away (``Absence``), or for good, as their new sender.

Everybody says it of themselves for a while. Whoever leads all of a person's letters themselves says it of that person;
who leads some of them may give those to somebody for good.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from django.db.models import Count, Q, QuerySet

from followups import duties
from followups.models import FollowUp
from letters import assigning, candidates
from letters.models import Assignment, Incident, Letter
from letters.models.letter import LetterQuerySet
from sepo_incident import danish
from sepo_incident.accounts.models import Absence, Membership, Unit, User
from sepo_incident.accounts.models.absence import AbsenceQuerySet, StandIn

#: what the sender has still to do something about, or will have
UNDONE = Q(followup=None) | Q(followup__status__in=FollowUp.OWED)


def led_letters(leader: User, incident: Incident | None) -> LetterQuerySet:
    """The letters of others that this leader leads themselves."""
    letters = Letter.objects.visible_to(leader).standing().filter(incident=incident, sender__isnull=False)
    return letters.filter(duties.led_in_person(leader)).exclude(sender=leader)


def people_led(leader: User, incident: Incident | None) -> QuerySet[User]:
    return User.objects.filter(pk__in=led_letters(leader, incident).values("sender"))


def leads_all(leader: User, person: User, incident: Incident | None) -> bool:
    """Does the leader lead all that the person has sent or leads? A substitute has all of it."""
    all_of_it = Letter.objects.standing().filter(Q(sender=person) | Q(leader=person), incident=incident)
    led = Letter.objects.filter(duties.led_in_person(leader))
    return not all_of_it.exclude(pk__in=led.values("pk")).exists()


def colleagues_of(user: User) -> QuerySet[User]:
    """Those that this user may name: who works in their unit or in one they are in charge of, who is in charge of
    their own, and the leaders of their letters. Koncern IT may name everybody, as *Mangler ansvarlig* lets them."""
    if Membership.Role.KIT_ADMIN in user.roles:
        return candidates.here()
    led = Unit.objects.at_or_below(user.unit_ids_as(*duties.IN_CHARGE))
    above = Membership.objects.filter(unit__in=user.unit.lineage if user.unit else [], role__in=duties.IN_CHARGE)
    leaders = Letter.objects.standing().filter(sender=user)
    known = Q(unit__in=led) | Q(pk__in=above.values("user")) | Q(pk__in=leaders.values("leader"))
    return candidates.here().filter(known | Q(unit=user.unit_id, unit__isnull=False))


def choosable(user: User, person: User, *, is_led: bool) -> QuerySet[User]:
    """Whom the user may name to take over from the person; also themselves, where they lead all that the person has."""
    taking = colleagues_of(user)
    return (taking | User.objects.filter(pk=user.pk) if is_led else taking.exclude(pk=user.pk)).exclude(pk=person.pk)


class Owing(NamedTuple):
    """A person with the number of letters that they have still to do something about, and where they are."""

    person: User
    letters: int
    away: str


def people_owing(leader: User, incident: Incident | None, words: str = "") -> list[tuple[User, int]]:
    """People with how many letters they have still to do something about, those with most first.

    Of those people each of the words is in the name, the address or the name of the unit. Two queries."""
    counted = led_letters(leader, incident).filter(UNDONE).order_by().values_list("sender").annotate(Count("pk"))
    numbers = dict(counted)
    people = _called(words, User.objects.select_related("unit").filter(pk__in=numbers))
    return sorted(((one, numbers[one.pk]) for one in people), key=lambda row: (-row[1], danish.sort_key(row[0].name)))


def _called(words: str, people: QuerySet[User]) -> QuerySet[User]:
    for word in words.replace("\0", "").split():
        holds = Q(name__icontains=word) | Q(email__icontains=word) | Q(unit__name__icontains=word)
        people = people.filter(holds)
    return people


def owing(people: Iterable[tuple[User, int]], on: date) -> list[Owing]:
    """The same people, and where they are that day."""
    people = list(people)
    stand_ins = Absence.objects.stand_ins(on, [one.pk for one, _ in people])
    return [Owing(one, letters, where_is(one, stand_ins.get(one.pk))) for one, letters in people]


def where_is(person: User, stand_in: StandIn | None) -> str:
    """«Er fratrådt», «Væk til og med 3. januar 2020: Mette Dahl svarer», or "" for somebody who is here."""
    if person.left_on:
        return "Er fratrådt"
    if stand_in:
        return stand_in.said
    return "Kan ikke få mail" if person.unreachable_since else ""


def to_give(leader: User, person: User, incident: Incident | None) -> LetterQuerySet:
    """What the leader may give to somebody else for good: what the person still owes, and the leader may read."""
    return led_letters(leader, incident).filter(UNDONE, sender=person).readable()


def give_for_good(leader: User, person: User, to: User, incident: Incident, expected: int) -> Assignment:
    """Raises ``Overtaken`` and ``assigning.ShutOut``; then nothing is changed."""
    letters = to_give(leader, person, incident)
    return assigning.assign(incident, letters, "afsender", to, by=leader, expected=expected)


def takeable_back(user: User, incident: Incident | None, on: date) -> AbsenceQuerySet:
    """Absences that are not over, and that this user may take back: their own, and those of people whom they lead."""
    theirs = Q(person=user) | Q(said_by=user) | Q(person__in=people_led(user, incident))
    return Absence.objects.not_over(on).filter(theirs)
