"""Record the arrival of resent letters by the final receipts of their dispatches, and ask the sender about the others.

A dispatch is the resent letter if it is the sender's only one to the recipient since the decision with a subject of the
same family, and the sender has no other letter to the recipient with such a subject. Where that is not so, nothing is
guessed: a person says whether the letter arrived.
"""

from collections import defaultdict

from django.db import transaction
from django.db.models import Case, F, OuterRef, Prefetch, Subquery, Value, When

from followups.models import Arrival, FollowUp
from followups.models.arrival import KINDS_OF_SYSTEM
from followups.services.state_machine import lock_followups_and_letters
from letters.models import Incident, LetterDispatch, Receipt
from letters.tracking.subject_family import family_of
from sepo_incident.core import danish, database
from sepo_incident.core.sql_files import read_sql

Kind, Way = Arrival.Kind, Arrival.Way
RESENT_LETTERS_SQL = read_sql(__file__, "resent_letters.sql")


@transaction.atomic
def record_receipts() -> list[Arrival]:
    """Save an arrival for each resent letter whose final receipts prove something new. Return the new rows."""
    letters = sorted(_find_dispatches() | _find_changes())
    followups = {one.letter_id: one for one in lock_followups_and_letters(letters)}
    found = _find_dispatches() | _find_changes()  # as they are under the lock
    newest = {one.followup_id: one for one in Arrival.objects.newest().filter(followup__in=followups.values())}
    receipts = Prefetch("receipts", Receipt.objects.order_by("at", "received_at", "pk"))
    dispatches = (
        LetterDispatch.objects.annotate(proven=_proven())
        .select_related("outcome")
        .prefetch_related(receipts)
        .in_bulk(found.values())
    )
    told = [(followups[letter], dispatches[pk]) for letter, pk in found.items() if letter in followups]
    return Arrival.objects.bulk_create(
        _build_arrival(followup, dispatch, Kind(dispatch.proven))
        for followup, dispatch in told
        if _is_told(dispatch, newest.get(followup.pk))
    )


def _find_dispatches() -> dict[int, int]:
    """Return {letter id: id of its dispatch} of the letters whose dispatch is known without a guess."""
    by_letter: dict[int, list[int]] = defaultdict(list)
    for letter, subject, dispatch, family, others in database.fetch_all(RESENT_LETTERS_SQL):
        if family_of(subject) == family and family not in map(family_of, others):
            by_letter[letter].append(dispatch)
    return {letter: dispatches[0] for letter, dispatches in by_letter.items() if len(dispatches) == 1}


def _proven(dispatch: str = "") -> Case:
    """Return the kind of arrival that the final receipts of a dispatch prove. `dispatch`: lookup path to it."""
    agreed = {f"{dispatch}outcome__is_contradicted": False}
    return Case(
        When(**agreed, **{f"{dispatch}outcome__is_delivered": True}, then=Value(Kind.RECEIPT)),
        When(**agreed, **{f"{dispatch}outcome__is_delivered": False}, then=Value(Kind.REFUSED)),
        default=Value(Kind.DISPUTED),
    )


def _find_changes() -> dict[int, int]:
    """Return {letter id: dispatch id} of the letters whose newest arrival is the system's and does not hold now.

    Another receipt contradicts the first one, or Koncern IT has changed the meaning of the status. What the system said
    last of the dispatch, it does not say once more, even if a person has taken it back.
    """
    by_system = Arrival.objects.filter(kind__in=KINDS_OF_SYSTEM)
    newest = Arrival.objects.newest().filter(followup__in=by_system.values("followup"))
    last_said = by_system.filter(dispatch=OuterRef("dispatch")).order_by("-pk").values("kind")[:1]
    told = by_system.filter(pk__in=newest.values("pk"), followup__is_sent_again=True)
    told = told.filter(followup__letter__withdrawn_at=None)
    told = told.exclude(followup__letter__incident__status=Incident.Status.CLOSED)
    told = told.annotate(proven=_proven("dispatch__"), said=Subquery(last_said)).exclude(said=F("proven"))
    return dict(told.values_list("followup__letter", "dispatch"))


def _is_told(dispatch: LetterDispatch, newest: Arrival | None) -> bool:
    """Return whether receipts say more of the letter than its newest arrival does.

    A person who said that the letter went by another way, or that it arrived or not, knows more than the receipts of
    what was sent before.
    """
    if newest and newest.dispatch_id == dispatch.pk:
        return True
    if dispatch.outcome.final_at is None:
        return False
    if newest is None:
        return True
    if newest.kind == Kind.SENT:
        return newest.way == Way.DIGITAL_POST
    return dispatch.sent_at is not None and dispatch.sent_at > newest.at


def _build_arrival(followup: FollowUp, dispatch: LetterDispatch, kind: Arrival.Kind) -> Arrival:
    """Return what the receipts of the dispatch prove, as an `Arrival` that is not saved yet."""
    receipts = list(dispatch.receipts.all())
    assert dispatch.sent_at is not None  # noqa: S101 - `resent_letters.sql` looks for the time
    sent_on = danish.local_date(dispatch.sent_at)
    told = {"followup": followup, "remedy": followup.remedy, "dispatch": dispatch, "sent_on": sent_on}
    told |= {"way": Way.DIGITAL_POST, "by": None, "kind": kind}
    if kind != Kind.RECEIPT:
        counted = [one for one in receipts if one.is_final or kind == Kind.DISPUTED]
        said = [f"{one.status}: {one.error}" if one.error else one.status for one in counted]
        return Arrival(**told, text=danish.join_with_and(list(dict.fromkeys(said))))
    last = [one for one in receipts if one.is_delivered][-1]
    arrived_on = max(sent_on, danish.local_date(last.at or last.received_at))
    return Arrival(**told, has_arrived=True, arrived_on=arrived_on, text=last.status)
