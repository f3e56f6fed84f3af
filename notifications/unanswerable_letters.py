"""Open letters that nobody present and reachable can answer for: the daily check and the page *Ingen kan svare*.

An open letter is answered for by the sender, the sender's substitute, the leader or the leader's substitute. A
decision awaiting confirmation: by the leader, the leader's substitute or whoever else may confirm it. A question at a
support desk: by the desk. For any other letter the nearest coordinator above, or Koncern IT, must find somebody. The
rule is `absences.without_answerer`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, TypedDict

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from followups.absence import takeovers
from followups.models import FollowUp
from followups.models.followup import FollowUpQuerySet
from followups.rules import responsibility, rights
from followups.rules.absences import without_answerer
from letters.assigning import unassigned_letters
from letters.incidents import incident_of
from letters.models import Incident, Letter
from letters.models.letter import SENDER_NAME
from notifications.kinds.digests import nearest_coordinator
from notifications.models import UnanswerableCheck
from notifications.models.delivery_problems import UNANSWERABLE
from sepo_incident.accounts.models import Absence, Membership, User
from sepo_incident.accounts.models.absence import StandIn
from sepo_incident.accounts.roles import SignedInRequest, requires_role
from sepo_incident.core import calendar
from sepo_incident.core.sorting import Column, ColumnSort, danish_order

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

UNANSWERABLE_COLUMNS = {
    "sender": Column(danish_order(SENDER_NAME)),
    "leader": Column(danish_order(Coalesce("leader__name", "leader_name"))),
}
PER_PAGE = 50
IS_SENDER = {True: "Er selv afsender, så en anden skal bekræfte", False: "Er også afsender"}
MAY_NOT_READ = "Stedfortræderen må ikke læse en personalesag"


class OwnerAnnotations(TypedDict):
    """`owner`: id of the coordinator who must find somebody, or None for Koncern IT."""

    owner: int | None


def open_followups(incident: Incident) -> FollowUpQuerySet:
    return FollowUp.objects.of_incident(incident).exclude(status=FollowUp.Status.CONFIRMED)


def unanswerable_followups(incident: Incident, on: date) -> QuerySet[WithAnnotations[FollowUp, OwnerAnnotations]]:
    """Return the open follow-ups of the incident that nobody present and reachable may act on that day."""
    return without_answerer(open_followups(incident), on).annotate(owner=nearest_coordinator())


def check_once_a_day() -> None:
    """Save today's check of every incident that is not closed, unless it is saved already."""
    today = calendar.today()
    checked = UnanswerableCheck.objects.filter(on=today).values("incident")
    for incident in Incident.objects.not_closed().exclude(pk__in=checked):
        found = list(unanswerable_followups(incident, today).values_list("pk", flat=True))
        numbers = {"letters": open_followups(incident).count(), "nobodys": found}
        UnanswerableCheck.objects.get_or_create(incident=incident, on=today, defaults=numbers)


@require_safe
@requires_role(*unassigned_letters.FINDER_ROLES)
def show_unanswerable_letters(request: SignedInRequest) -> HttpResponseBase:
    """Show the unanswerable letters as of now, and what is left of the latest daily check, which the menu counts."""
    incident, today = incident_of(request), calendar.today()
    if incident is None:
        return render(request, "notifications/unanswerable_letters.html")
    owners = dict(unanswerable_followups(incident, today).values_list("letter", "owner"))
    sort = ColumnSort(request.GET, UNANSWERABLE_COLUMNS)
    letters = Letter.objects.visible_to(request.user).filter(pk__in=owners)
    letters = sort.order(letters.select_related("sender", "leader", "unit", "followup"), "sent_at", "pk")
    page = Paginator(letters, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "heads": sort.heads,
        "page_obj": page,
        "rows": explain_unanswerable_letters(list(page.object_list), owners),
        "latest_check": UnanswerableCheck.objects.filter(incident=incident).first(),
        "found_by_check": FollowUp.objects.of_incident(incident).visible_to(request.user).filter(UNANSWERABLE).count(),
        "led": _senders_led_by(request.user, incident, page.object_list),
    }
    return render(request, "notifications/unanswerable_letters.html", context)


def _senders_led_by(reader: User, incident: Incident, letters: Iterable[Letter]) -> set[int]:
    """Return ids of the senders for whom the coordinator may name a substitute."""
    if Membership.Role.COORDINATOR not in reader.roles:
        return set()
    people = takeovers.senders_led_by(reader, incident).filter(pk__in=[one.sender_id for one in letters])
    return set(people.values_list("pk", flat=True))


@dataclass(frozen=True)
class UnanswerableLetter:
    """A letter with the missing action, why sender and leader cannot act, and who must find somebody.

    `sender_reason` and `leader_reason` are never both empty.
    """

    letter: Letter
    missing: str
    sender_reason: str
    leader_reason: str
    finder: str


def explain_unanswerable_letters(letters: Sequence[Letter], owners: dict[int, int | None]) -> list[UnanswerableLetter]:
    """Return a row per letter. Two queries.

    letters: loaded with follow-up, sender and leader. owners: {letter id: user id, or None for Koncern IT}.
    """
    people = {person for letter in letters for person in (letter.sender, letter.leader) if person}
    away = Absence.objects.stand_ins(calendar.today(), [one.pk for one in people])
    named = User.objects.in_bulk({owner for letter in letters if (owner := owners[letter.pk])})
    rows = []
    for letter in letters:
        owner, is_done = owners[letter.pk], letter.followup.status == FollowUp.Status.DONE
        rows.append(
            UnanswerableLetter(
                letter,
                "Skal bekræftes" if is_done else "Skal besluttes eller sendes",
                _reason_about_person(letter.sender, letter.sender_name, letter, away),
                _reason_about_leader(letter, away, is_done=is_done),
                named[owner].name if owner else "Koncern IT",
            )
        )
    return rows


def _reason_about_leader(letter: Letter, away: dict[int, StandIn], *, is_done: bool) -> str:
    if letter.leader and not rights.has_leader_besides_sender(letter):
        return IS_SENDER[is_done]
    stand_in = _stand_in_id(letter.leader, away)
    if is_done and stand_in and stand_in == (_stand_in_id(letter.sender, away) or letter.sender_id):
        return "Stedfortræderen svarer også for afsenderen, så en anden skal bekræfte"
    return _reason_about_person(letter.leader, letter.leader_name, letter, away)


def _stand_in_id(person: User | None, away: dict[int, StandIn]) -> int | None:
    stand_in = away.get(person.pk) if person else None
    return stand_in.user if stand_in else None


def _reason_about_person(person: User | None, listed_as: str, letter: Letter, away: dict[int, StandIn]) -> str:
    """Return why the person cannot answer, or "" if the person can."""
    if person is None:
        return "Er uden e-mail på listen" if listed_as else "Er ikke på listen"
    stand_in = away.get(person.pk)
    if stand_in and stand_in.user and not responsibility.substitute_may_read(stand_in, letter):
        return MAY_NOT_READ
    return takeovers.whereabouts(person, stand_in)
