"""What people and receipts say of a letter that was sent again, and how it is taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import transaction

from followups import duties
from followups.arriving import storing
from followups.arriving.checking import Proof
from followups.models import Arrival, FollowUp
from followups.services.moving import Kind, NotPossible, Status, advance, locked_one
from letters.models import Letter
from sepo_incident import danish
from sepo_incident.accounts.models import User
from sepo_incident.overtaken import Overtaken

NOT_SENT = "Brevet er ikke sendt igen, så der er ikke noget at vise bevis for."
NOT_YOURS = "Kun afsenderen og lederen kan skrive, om brevet er kommet frem."
GONE = "Oplysningen er allerede taget tilbage, eller den gælder ikke mere."


@dataclass(frozen=True)
class Said:
    """``has_arrived`` is None while nobody knows; ``text``: how one knows."""

    sent_on: date
    way: str
    has_arrived: bool | None = None
    arrived_on: date | None = None
    text: str = ""
    file: Proof | None = None

    @property
    def kind(self) -> Arrival.Kind:
        if self.has_arrived is None:
            return Arrival.Kind.SENT
        return Arrival.Kind.FILE if self.file else Arrival.Kind.STATEMENT


@transaction.atomic
def record(letter: Letter, said: Said, by: User, seen: int, remedy: str = "") -> Arrival:
    """``seen``: the id of the newest that stood when the form was made, 0 for none. ``remedy``: what was sent then, ""
    for whatever it is. What says that the letter did not arrive opens it again. Raises ``Overtaken``, ``NotPossible``.
    """
    followup = _locked_for(letter, by)
    newest = newest_of(followup)
    if seen != (newest.pk if newest else 0) or remedy not in ("", followup.remedy):
        raise Overtaken
    if said.file:
        _keep(said.file, followup)
    return _write(followup, said, said.kind, by)


@transaction.atomic
def receive(letter: Letter, said: Said, by: User) -> Arrival:
    """A receipt about a letter that was sent again; ``said.text`` is what the receipt is called (its message's id).

    ``by``: who brought the receipts in. Only for those who read receipts, never for a page that asks people.
    """
    return _write(locked_one(letter), said, Arrival.Kind.RECEIPT, by)


def _write(followup: FollowUp, said: Said, kind: Arrival.Kind, by: User) -> Arrival:
    if not followup.is_sent_again:
        raise NotPossible(NOT_SENT)
    arrival = row_of(followup, said, kind, by)
    arrival.save(force_insert=True)
    if said.has_arrived is False:
        advance(
            followup, Kind.NOT_ARRIVED, by, status=Status.DECIDED, done_at=None, confirmed_by=None, confirmed_at=None
        )
    return arrival


def row_of(followup: FollowUp, said: Said, kind: Arrival.Kind, by: User) -> Arrival:
    """Not saved yet."""
    file = said.file
    is_receipt = kind == Arrival.Kind.RECEIPT
    return Arrival(
        followup=followup,
        kind=kind,
        remedy=followup.remedy,
        sent_on=said.sent_on,
        way=said.way,
        has_arrived=said.has_arrived,
        arrived_on=said.arrived_on,
        text=said.text,
        file_name=file.name if file else "",
        file_type=file.type if file else "",
        file_size=file.size if file else 0,
        file_sha256=file.sha256 if file else "",
        original_sha256=file.original if file else "",
        by=by,
        on_behalf_of=None if is_receipt else _on_behalf_of(followup.letter, by),
    )


def _keep(file: Proof, followup: FollowUp) -> None:
    same = Arrival.objects.standing().with_file().filter(followup=followup, file_sha256=file.sha256).first()
    if same:
        raise NotPossible(f"Den fil ligger allerede på brevet: {same.file_name}, lagt {danish.date(same.at)}.")
    storing.keep(file)


@transaction.atomic
def take_back(letter: Letter, pk: int, why: str, by: User) -> Arrival:
    """What was said does not count any more, and its file is shown to nobody; both rows stay. A letter that was opened
    again by it stays open. Whoever said it may, and those who decide about the letter."""
    followup = locked_one(letter)
    wrong = Arrival.objects.may_be_taken_back().filter(followup=followup, pk=pk).first()
    if wrong is None:
        raise NotPossible(GONE)
    if wrong.by_id != by.pk and not duties.may_decide(by, followup.letter):
        raise NotPossible(NOT_YOURS)
    return Arrival.objects.create(
        followup=followup,
        kind=Arrival.Kind.TAKEN_BACK,
        remedy=wrong.remedy,
        takes_back=wrong,
        text=why,
        by=by,
        on_behalf_of=_on_behalf_of(followup.letter, by),
    )


def newest_of(followup: FollowUp) -> Arrival | None:
    """The one that counts."""
    return Arrival.objects.newest().filter(followup=followup).select_related("by", "on_behalf_of").first()


def _locked_for(letter: Letter, by: User) -> FollowUp:
    followup = locked_one(letter)
    if not duties.may_decide(by, followup.letter):
        raise NotPossible(NOT_YOURS)
    return followup


def _on_behalf_of(letter: Letter, by: User) -> User | None:
    return letter.sender if letter.sender_id != by.pk else None
