"""Record the arrival of resent letters by the final receipts of their dispatches, and ask where receipts disagree.

A dispatch is the resent letter if it is the sender's only one to the recipient since the decision with a subject of the
same family, and the sender has no other letter to the recipient with such a subject. Where that is not so, nothing is
guessed: a person says whether the letter arrived.
"""

from collections import defaultdict

from django.db import transaction
from django.db.models import Prefetch, Q

from followups.models import Arrival, FollowUp
from followups.services.state_machine import lock_followups_and_letters
from letters.models import Incident, LetterDispatch, Receipt
from letters.tracking.subject_family import family_of
from sepo_incident.core import danish, database
from sepo_incident.core.sql_files import read_sql

Kind, Way = Arrival.Kind, Arrival.Way
RESENT_LETTERS_SQL = read_sql(__file__, "resent_letters.sql")


@transaction.atomic
def record_receipts() -> list[Arrival]:
    """Save an arrival for each resent letter with a final receipt or a new contradiction. Return the new rows."""
    letters = sorted(_find_dispatches() | _find_contradictions())
    followups = {one.letter_id: one for one in lock_followups_and_letters(letters)}
    found = _find_dispatches() | _find_contradictions()  # as they are under the lock
    newest = {one.followup_id: one for one in Arrival.objects.newest().filter(followup__in=followups.values())}
    receipts = Prefetch("receipts", Receipt.objects.order_by("at", "received_at", "pk"))
    dispatches = LetterDispatch.objects.prefetch_related(receipts).in_bulk(found.values())
    told = [(followups[letter], dispatches[pk]) for letter, pk in found.items() if letter in followups]
    return Arrival.objects.bulk_create(
        _build_arrival(followup, dispatch) for followup, dispatch in told if _is_told(dispatch, newest.get(followup.pk))
    )


def _find_dispatches() -> dict[int, int]:
    """Return {letter id: id of its dispatch} of the letters whose dispatch is known without a guess."""
    by_letter: dict[int, list[int]] = defaultdict(list)
    for letter, subject, dispatch, family, others in database.fetch_all(RESENT_LETTERS_SQL):
        if family_of(subject) == family and family not in map(family_of, others):
            by_letter[letter].append(dispatch)
    return {letter: dispatches[0] for letter, dispatches in by_letter.items() if len(dispatches) == 1}


def _find_contradictions() -> dict[int, int]:
    """Return {letter id: dispatch id} of the letters whose proof of arrival is a receipt that is in doubt now.

    Another receipt contradicts the first one, or Koncern IT has changed the meaning of the status.
    """
    is_in_doubt = Q(dispatch__is_contradicted=True) | Q(dispatch__is_delivered=None) | Q(dispatch__is_delivered=False)
    by_receipt = Arrival.objects.active().filter(is_in_doubt, kind=Kind.RECEIPT)
    asked = Arrival.objects.filter(kind=Kind.DISPUTED).values("dispatch")
    told = by_receipt.filter(followup__has_arrived=True, followup__letter__withdrawn_at=None)
    told = told.exclude(followup__letter__incident__status=Incident.Status.CLOSED).exclude(dispatch__in=asked)
    return dict(told.values_list("followup__letter", "dispatch"))


def _is_told(dispatch: LetterDispatch, newest: Arrival | None) -> bool:
    """Return whether receipts say more of the letter than its newest arrival does.

    A person who said that the letter went by another way, or that it arrived or not, knows more than the receipts of
    what was sent before.
    """
    if newest and newest.dispatch_id == dispatch.pk:
        return True
    if not (dispatch.is_delivered or dispatch.is_contradicted):
        return False
    if newest is None:
        return True
    if newest.kind == Kind.SENT:
        return newest.way == Way.DIGITAL_POST
    return dispatch.sent_at is not None and dispatch.sent_at > newest.at


def _build_arrival(followup: FollowUp, dispatch: LetterDispatch) -> Arrival:
    """Return what the receipts of the dispatch say, as an `Arrival` that is not saved yet."""
    receipts = list(dispatch.receipts.all())
    assert dispatch.sent_at is not None  # noqa: S101 - `resent_letters.sql` looks for the time
    sent_on = danish.local_date(dispatch.sent_at)
    told = {"followup": followup, "remedy": followup.remedy, "dispatch": dispatch, "sent_on": sent_on}
    told |= {"way": Way.DIGITAL_POST, "by": None}
    if dispatch.is_contradicted or not dispatch.is_delivered:
        statuses = danish.join_with_and(list(dict.fromkeys(one.status for one in receipts)))
        return Arrival(**told, kind=Kind.DISPUTED, text=statuses)
    last = [one for one in receipts if one.is_delivered][-1]
    arrived_on = max(sent_on, danish.local_date(last.at or last.received_at))
    return Arrival(**told, kind=Kind.RECEIPT, has_arrived=True, arrived_on=arrived_on, text=last.status)
