"""Explanations on *Ingen kan svare*: the missing action, why sender and leader cannot act, and the person in charge."""

from __future__ import annotations

from followups.absence import takeovers
from followups.models import FollowUp
from followups.rules import responsibility, rights
from letters.models import Letter
from sepo_incident.accounts.models import Absence, User
from sepo_incident.accounts.models.absence import StandIn
from sepo_incident.core import calendar

#: Shown when no absence explains the case: the confirmation rules forbid the leader to answer.
MAY_NOT = "Må ikke svare for brevet"
IS_SENDER = {True: "Er selv afsender, så en anden skal bekræfte", False: "Er også afsender"}
MAY_NOT_READ = "Stedfortræderen må ikke læse en personalesag"
SAME_STAND_IN = "Stedfortræderen svarer også for afsenderen, så en anden skal bekræfte"


def explain_unanswered_letters(letters: list[Letter], owners: dict[int, int | None]) -> None:
    """Set ``waits_for``, ``sender_is``, ``leader_is`` and ``finder`` on every letter. Two queries.

    letters: loaded with follow-up, sender and leader. owners: {letter id: user id, or None for Koncern IT}.
    ``sender_is`` and ``leader_is`` are never both empty.
    """
    people = {person for letter in letters for person in (letter.sender, letter.leader) if person}
    away = Absence.objects.stand_ins(calendar.today(), [one.pk for one in people])
    named = User.objects.in_bulk({owner for letter in letters if (owner := owners[letter.pk])})
    for letter in letters:
        owner = owners[letter.pk]
        is_done = letter.followup.status == FollowUp.Status.DONE
        letter.waits_for = "Skal bekræftes" if is_done else "Skal besluttes eller sendes"  # type: ignore[attr-defined]
        letter.finder = named[owner].name if owner else "Koncern IT"  # type: ignore[attr-defined]
        letter.sender_is = _reason_about_person(letter.sender, letter.sender_name, letter, away)  # type: ignore[attr-defined]
        letter.leader_is = _reason_about_leader(letter, away, is_done=is_done)  # type: ignore[attr-defined]


def _reason_about_leader(letter: Letter, away: dict[int, StandIn], *, is_done: bool) -> str:
    if letter.leader and not rights.has_leader_besides_sender(letter):
        return IS_SENDER[is_done]
    stand_in = _stand_in_id(letter.leader, away)
    if is_done and stand_in and stand_in == (_stand_in_id(letter.sender, away) or letter.sender_id):
        return SAME_STAND_IN
    return _reason_about_person(letter.leader, letter.leader_name, letter, away) or MAY_NOT


def _stand_in_id(person: User | None, away: dict[int, StandIn]) -> int | None:
    stand_in = away.get(person.pk) if person else None
    return stand_in.user if stand_in else None


def _reason_about_person(person: User | None, listed_as: str, letter: Letter, away: dict[int, StandIn]) -> str:
    """Return why the person cannot answer, or "" if the person can."""
    if person is None:
        return "Står uden e-mail på listen" if listed_as else "Står ikke på listen"
    stand_in = away.get(person.pk)
    if stand_in and stand_in.user and not responsibility.substitute_may_read(stand_in, letter):
        return MAY_NOT_READ
    return takeovers.whereabouts(person, stand_in)
