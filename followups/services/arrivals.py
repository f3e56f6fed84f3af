"""Record and take back statements and receipts about the arrival of letters, for one letter or for many."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db import connection, transaction

from followups import proof_files
from followups.models import Arrival, FollowUp
from followups.proof_files import Proof
from followups.rules.rights import LetterRights
from followups.services.state_machine import (
    ONLY_SENDER_OR_LEADER,
    WITHDRAWN,
    Kind,
    NotPossible,
    Outcome,
    Status,
    advance,
    lock_followup,
    lock_followups_and_letters,
    refusal_as_seen,
    represented_sender,
    require_decider,
    split_eligible,
)
from letters.models import Letter
from sepo_incident.accounts.models import User
from sepo_incident.core import calendar, danish
from sepo_incident.core.database import Conflict
from sepo_incident.core.sql_files import read_sql

NOT_SENT = "Brevet er ikke sendt igen. Markér det først som sendt på brevets side."
TO_REPORT_ARRIVAL = "skrive, om brevet er kommet frem"
UNDONE = "Fortrudt samme dag."
ALREADY_TAKEN_BACK = "Oplysningen er allerede trukket tilbage eller gælder ikke længere."

_STALE_ARRIVALS_SQL = read_sql(
    __file__,
    "stale_arrivals.sql",
    newest_arrival=read_sql("followups/sql/newest_arrival.sql", followup="followup.id", remedy="followup.remedy"),
)


@dataclass(frozen=True)
class ArrivalReport:
    """Report about a letter's arrival.

    `has_arrived` is None while nobody knows; `text` says how the person knows. In a report about many letters,
    `sent_on` None is the day on which each letter was sent, `way` "" the way that is known of each or else Digital
    Post, and `arrived_on` None the day on which each was sent.
    """

    sent_on: date | None = None
    way: str = ""
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
def record_arrival(letter: Letter, report: ArrivalReport, by: User, seen_newest_id: int, remedy: str = "") -> Arrival:
    """Save `by`'s report about the letter's arrival. Return the new row.

    `seen_newest_id`: id of the newest active arrival when the form was made, 0 for none. `remedy`: the follow-up's
    remedy when the form was made, "" to accept any remedy. A report of non-arrival sets the follow-up back to DECIDED.
    Raise Conflict if the newest arrival or the remedy has changed, NotPossible if the letter was not sent again, is
    withdrawn, has the same file already, or is not for `by` to decide about.
    """
    followup = lock_followup(letter)
    require_decider(followup, by, TO_REPORT_ARRIVAL)
    newest = newest_arrival_of(followup)
    if seen_newest_id != (newest.pk if newest else 0) or remedy not in ("", followup.remedy):
        raise Conflict
    if report.file:
        if refusal := _refusals_of_same_file(report.file, [followup.pk]).get(followup.pk):
            raise NotPossible(refusal)
        proof_files.store_proof(report.file)
    if not followup.is_sent_again:
        raise NotPossible(NOT_SENT)
    arrival = _build_arrival(followup, report, by)
    arrival.save(force_insert=True)
    if report.has_arrived is False:
        unconfirmed: dict[str, Any] = {"done_at": None, "confirmed_by": None, "confirmed_at": None}
        advance(followup, Kind.NOT_ARRIVED, by, status=Status.DECIDED, **unconfirmed)
    return arrival


def _complete_report(report: ArrivalReport, followup: FollowUp, newest: Arrival | None) -> ArrivalReport:
    """Return the report about one of many letters, with the days and the way that the letter has already."""
    sent_on = report.sent_on or _sent_day(followup, newest)
    way = report.way or (newest.way if newest else Arrival.usual_way(followup.remedy))
    arrived_on = (report.arrived_on or sent_on) if report.has_arrived else None
    return replace(report, sent_on=sent_on, way=way, arrived_on=arrived_on)


def _sent_day(followup: FollowUp, newest: Arrival | None) -> date:
    """Return the day on which the letter was sent again: as reported, or else as marked."""
    if newest and newest.sent_on:
        return newest.sent_on
    assert followup.done_at is not None  # noqa: S101 - a letter that is sent again has the time
    return danish.local_date(followup.done_at)


def _build_arrival(followup: FollowUp, report: ArrivalReport, by: User) -> Arrival:
    """Return the report as an `Arrival` that is not saved yet."""
    file = report.file
    return Arrival(
        followup=followup,
        kind=report.kind,
        remedy=followup.remedy,
        sent_on=report.sent_on,
        way=report.way,
        has_arrived=report.has_arrived,
        arrived_on=report.arrived_on,
        text=report.text,
        file_name=file.name if file else "",
        file_type=file.type if file else "",
        file_size=file.size if file else 0,
        file_sha256=file.sha256 if file else "",
        original_sha256=file.original_sha256 if file else "",
        by=by,
        on_behalf_of=represented_sender(followup.letter, by),
    )


def _refusals_of_same_file(file: Proof, followups: list[int]) -> dict[int, str]:
    """Return {follow-up id: refusal} for the follow-ups that have the same file already. One query."""
    same = Arrival.objects.active().with_file().filter(followup__in=followups, file_sha256=file.sha256)
    return {
        one.followup_id: f"Filen ligger allerede på brevet: {one.file_name}, lagt {danish.date(one.at)}."
        for one in same
    }


@transaction.atomic
def take_back_arrival(letter: Letter, pk: int, reason: str, by: User) -> Arrival:
    """Take an arrival back: the arrival no longer counts, and nobody is shown the file. Return the new row.

    Both rows stay in the history. A letter that the arrival reopened stays open. Open to the person who reported the
    arrival and to people who may decide about the letter. Raise NotPossible for others, and if `pk` is not
    retractable.
    """
    followup = lock_followup(letter)
    arrival = Arrival.objects.retractable().filter(followup=followup, pk=pk).first()
    if arrival is None:
        raise NotPossible(ALREADY_TAKEN_BACK)
    if arrival.by_id != by.pk:
        require_decider(followup, by, TO_REPORT_ARRIVAL)
    taken_back = _take_back(arrival, followup.letter, reason, by)
    taken_back.save(force_insert=True)
    return taken_back


@transaction.atomic
def undo_arrivals(pks: Collection[int], by: User) -> list[Arrival]:
    """Take back the arrivals that `by` reported today. Return the new rows; other arrivals stay. Four queries."""
    own = Arrival.objects.retractable().filter(pk__in=pks, by=by, at__gte=danish.midnight(calendar.today()))
    followups = lock_followups_and_letters(list(own.values_list("followup__letter", flat=True)))
    letters = {one.pk: one.letter for one in followups if one.letter.accepts_changes}
    found = own.filter(followup__in=letters)
    return Arrival.objects.bulk_create([_take_back(one, letters[one.followup_id], UNDONE, by) for one in found])


def _take_back(arrival: Arrival, letter: Letter, reason: str, by: User) -> Arrival:
    """Return a row, not saved yet, that takes the arrival back."""
    return Arrival(
        followup_id=arrival.followup_id,
        kind=Arrival.Kind.TAKEN_BACK,
        remedy=arrival.remedy,
        takes_back=arrival,
        text=reason,
        by=by,
        on_behalf_of=represented_sender(letter, by),
    )


def count_stale_arrivals() -> int:
    """Count the follow-ups whose columns of arrival differ from the arrival that counts. None, while triggers run."""
    with connection.cursor() as cursor:
        cursor.execute(_STALE_ARRIVALS_SQL)
        return int(cursor.fetchone()[0])


def newest_arrival_of(followup: FollowUp) -> Arrival | None:
    """Return the newest active arrival of the follow-up, or None."""
    return Arrival.objects.newest().filter(followup=followup).select_related("by", "on_behalf_of").first()


PROVE_PERSONNEL_CASE_ALONE = "Det er en personalesag. Vis beviset på brevets egen side."
ARRIVED_BEFORE_SENT = "Brevet kan ikke være kommet frem, før det blev sendt."


@transaction.atomic
def record_arrivals(seen_versions: Mapping[Letter, int], report: ArrivalReport, by: User) -> Outcome:
    """Save the same report that letters arrived, each letter at its version in `seen_versions`. Return the outcome.

    The number of queries does not depend on the number of letters. `record_arrival` saves reports of non-arrival.
    """
    followups = lock_followups_and_letters([letter.pk for letter in seen_versions])
    newest = {one.followup_id: one for one in Arrival.objects.newest().filter(followup__in=followups)}
    refusals: dict[int, str] = {}
    if report.file:
        # Readers of the other letters may open the file, so the file must not be about a personnel case too.
        refusals = _refusals_of_same_file(report.file, [one.pk for one in followups])
        refusals |= {one.pk: PROVE_PERSONNEL_CASE_ALONE for one in followups if one.letter.is_personnel_case}

    def refusal(followup: FollowUp, allowed: LetterRights) -> str:
        last = newest.get(followup.pk)
        if followup.letter.withdrawn_at:
            return WITHDRAWN
        if not allowed.decide:
            return ONLY_SENDER_OR_LEADER.format(TO_REPORT_ARRIVAL)
        if not followup.is_sent_again:
            return NOT_SENT
        if last and last.has_arrived:
            return "Brevet er allerede kommet frem."
        is_too_early = report.arrived_on and report.arrived_on < (report.sent_on or _sent_day(followup, last))
        return ARRIVED_BEFORE_SENT if is_too_early else refusals.get(followup.pk, "")

    found = split_eligible(followups, refusal_as_seen(seen_versions, by, refusal))
    if report.file and found.eligible:
        proof_files.store_proof(report.file)
    rows = [_build_arrival(one, _complete_report(report, one, newest.get(one.pk)), by) for one in found.eligible]
    for row in rows:
        row.at = rows[0].at
    Arrival.objects.bulk_create(rows)
    return Outcome(found.eligible, found.skipped)
