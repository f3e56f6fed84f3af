"""Who takes over somebody's letters: while they are away (``Absence``), or for good, as their new sender.

Everybody says it of themselves for a while. Whoever leads all of a person's letters themselves says it of that person;
who leads some of them may give those to somebody for good.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from django.db.models import Count, Q, QuerySet

from followups.models import FollowUp
from followups.rules import rights
from letters.assigning import assignments, candidates
from letters.models import Assignment, Incident, Letter
from letters.models.letter import LetterQuerySet
from sepo_incident.accounts.models import Absence, Membership, Unit, User
from sepo_incident.accounts.models.absence import AbsenceQuerySet, StandIn
from sepo_incident.core import danish

#: what the sender has still to do something about, or will have
OWED_BY_SENDER = Q(followup=None) | Q(followup__status__in=FollowUp.OWED)


def led_letters(leader: User, incident: Incident | None) -> LetterQuerySet:
    """The letters of others that this leader leads themselves."""
    letters = Letter.objects.visible_to(leader).active().filter(incident=incident, sender__isnull=False)
    return letters.filter(rights.letters_led_personally_by(leader)).exclude(sender=leader)


def people_led(leader: User, incident: Incident | None) -> QuerySet[User]:
    return User.objects.filter(pk__in=led_letters(leader, incident).values("sender"))


def leads_all(leader: User, person: User, incident: Incident | None) -> bool:
    """Does the leader lead all that the person has sent or leads? A substitute has all of it."""
    all_of_it = Letter.objects.active().filter(Q(sender=person) | Q(leader=person), incident=incident)
    led = Letter.objects.filter(rights.letters_led_personally_by(leader))
    return not all_of_it.exclude(pk__in=led.values("pk")).exists()


def nameable_colleagues(user: User) -> QuerySet[User]:
    """Those that this user may name: who works in their unit or in one they are in charge of, who is in charge of
    their own, and the leaders of their letters. Koncern IT may name everybody, as *Mangler ansvarlig* lets them."""
    if Membership.Role.KIT_ADMIN in user.roles:
        return candidates.reachable_people()
    led = Unit.objects.at_or_below(user.unit_ids_with_role(*rights.MANAGING_ROLES))
    above = Membership.objects.filter(unit__in=user.unit.lineage if user.unit else [], role__in=rights.MANAGING_ROLES)
    leaders = Letter.objects.active().filter(sender=user)
    known = Q(unit__in=led) | Q(pk__in=above.values("user")) | Q(pk__in=leaders.values("leader"))
    return candidates.reachable_people().filter(known | Q(unit=user.unit_id, unit__isnull=False))


def possible_successors(user: User, person: User, *, is_led: bool) -> QuerySet[User]:
    """Whom the user may name to take over from the person; also themselves, where they lead all that the person has."""
    taking = nameable_colleagues(user)
    return (taking | User.objects.filter(pk=user.pk) if is_led else taking.exclude(pk=user.pk)).exclude(pk=person.pk)


class PersonWithLetters(NamedTuple):
    """A person with the number of letters that they have still to do something about, and where they are."""

    person: User
    letters: int
    away: str


def count_owed_letters(leader: User, incident: Incident | None, words: str = "") -> list[tuple[User, int]]:
    """People with how many letters they have still to do something about, those with most first.

    Of those people each of the words is in the name, the address or the name of the unit. Two queries."""
    counted = (
        led_letters(leader, incident).filter(OWED_BY_SENDER).order_by().values_list("sender").annotate(Count("pk"))
    )
    numbers = dict(counted)
    people = _matching_words(words, User.objects.select_related("unit").filter(pk__in=numbers))
    return sorted(((one, numbers[one.pk]) for one in people), key=lambda row: (-row[1], danish.sort_key(row[0].name)))


def _matching_words(words: str, people: QuerySet[User]) -> QuerySet[User]:
    for word in words.replace("\0", "").split():
        holds = Q(name__icontains=word) | Q(email__icontains=word) | Q(unit__name__icontains=word)
        people = people.filter(holds)
    return people


def people_with_letters(people: Iterable[tuple[User, int]], on: date) -> list[PersonWithLetters]:
    """The same people, and where they are that day."""
    people = list(people)
    stand_ins = Absence.objects.stand_ins(on, [one.pk for one, _ in people])
    return [PersonWithLetters(one, letters, whereabouts(one, stand_ins.get(one.pk))) for one, letters in people]


def whereabouts(person: User, stand_in: StandIn | None) -> str:
    """«Er fratrådt», «Væk til og med 3. januar 2020: Mette Dahl svarer», or "" for somebody who is here."""
    if person.left_on:
        return "Er fratrådt"
    if stand_in:
        return stand_in.said
    return "Kan ikke få mail" if person.unreachable_since else ""


def letters_to_hand_over(leader: User, person: User, incident: Incident | None) -> LetterQuerySet:
    """What the leader may give to somebody else for good: what the person still owes, and the leader may read."""
    return led_letters(leader, incident).filter(OWED_BY_SENDER, sender=person).readable()


def hand_over_permanently(leader: User, person: User, to: User, incident: Incident, expected: int) -> Assignment:
    """Raises ``Overtaken`` and ``assigning.ShutOut``; then nothing is changed."""
    letters = letters_to_hand_over(leader, person, incident)
    return assignments.assign_letters(incident, letters, "afsender", to, by=leader, expected=expected)


def retractable_absences(user: User, incident: Incident | None, on: date) -> AbsenceQuerySet:
    """Absences that are not over, and that this user may take back: their own, and those of people whom they lead."""
    theirs = Q(person=user) | Q(said_by=user) | Q(person__in=people_led(user, incident))
    return Absence.objects.current_or_upcoming(on).filter(theirs)
