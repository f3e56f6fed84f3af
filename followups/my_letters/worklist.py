"""A sender's letters in the order of *Mine breve*: letters without a decision first, most urgent on top."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db.models import Q

from followups.models import Arrival, FollowUp, LetterRow
from followups.models.arrival import ArrivalState
from followups.models.followup import followup_of
from followups.rules import due_dates, letter_state, responsibility, rights
from followups.rules.letter_rows import letters_for
from letters.models import Incident, Letter
from letters.models.letter import LetterQuerySet
from letters.models.visibility import letter_condition
from sepo_incident.accounts.models import Absence, User
from sepo_incident.core import calendar, danish

Status = FollowUp.Status
#: So many letters of one category are offered as one decision before the letters one by one.
ALIKE = 5
NEAR_DUE_PERIOD = timedelta(days=7)


class NamedList(NamedTuple):
    heading: str
    letters: list[LetterRow]


@dataclass(frozen=True)
class Step:
    """A step that `count` of `total` letters have taken. `name`: the list that the number links to."""

    name: str
    label: str
    count: int
    total: int


@dataclass
class Worklist:
    """The active letters of a sender in an incident, divided between the twelve lists."""

    sent_back: list[LetterRow] = field(default_factory=list)
    asked_by_desk: list[LetterRow] = field(default_factory=list)
    answered_by_desk: list[LetterRow] = field(default_factory=list)
    overdue: list[LetterRow] = field(default_factory=list)
    due_soon: list[LetterRow] = field(default_factory=list)
    not_urgent: list[LetterRow] = field(default_factory=list)
    with_desk: list[LetterRow] = field(default_factory=list)
    to_send: list[LetterRow] = field(default_factory=list)
    to_answer: list[LetterRow] = field(default_factory=list)
    awaiting_proof: list[LetterRow] = field(default_factory=list)
    finished: list[LetterRow] = field(default_factory=list)
    without_followup: list[LetterRow] = field(default_factory=list)

    @property
    def to_act_on(self) -> list[LetterRow]:
        """Letters that the sender must act on now: answer the leader's question, or decide."""
        return self.sent_back + self.to_decide

    @property
    def to_decide(self) -> list[LetterRow]:
        """Letters that lack a decision and wait for nobody but the sender."""
        return self.asked_by_desk + self.answered_by_desk + self.overdue + self.due_soon + self.not_urgent

    @property
    def deadline(self) -> date | None:
        """Return the earliest deadline of the letters that the sender must decide or send."""
        return min((one.deadline for one in self.to_act_on + self.to_send), default=None)

    @property
    def undecided(self) -> list[LetterRow]:
        return self.to_decide + self.with_desk

    @property
    def alike(self) -> tuple[str, int] | None:
        """Return the category with most letters for one bulk decision and their number; None for fewer than `ALIKE`."""
        open_to_bulk = [one.category for one in self.undecided if one.accepts_bulk_decision and one.category]
        most = Counter(open_to_bulk).most_common(1)
        return most[0] if most and most[0][1] >= ALIKE else None

    @property
    def answerable_ids(self) -> set[int]:
        """Ids of the letters that `services.record_remedial_actions` accepts: unknown consequences and no personnel
        case.
        """
        unknown = FollowUp.ConsequenceReview.UNKNOWN
        lacking = (
            letter for letter in self.to_answer if letter.followup.is_review_open and not letter.is_personnel_case
        )
        return {letter.pk for letter in lacking if letter.followup.consequence_review == unknown}

    @property
    def decided(self) -> list[LetterRow]:
        return self.sent_back + self.to_send + self.to_answer + self.done_by_sender

    @property
    def done_by_sender(self) -> list[LetterRow]:
        """Letters that need nothing more from the sender. Those in `awaiting_proof` still lack proof of arrival."""
        return self.awaiting_proof + self.finished

    @property
    def awaiting_leader(self) -> list[LetterRow]:
        """Letters that need nothing more from the sender before the leader confirms."""
        return [letter for letter in self.done_by_sender if letter.followup.status != Status.CONFIRMED]

    @property
    def with_followup(self) -> list[LetterRow]:
        return self.undecided + self.decided

    @property
    def total(self) -> int:
        return len(self.with_followup) + len(self.without_followup)

    @property
    def has_leader(self) -> bool:
        return any(rights.has_leader_besides_sender(one) for one in self.with_followup + self.without_followup)

    @property
    def to_be_sent_again(self) -> list[LetterRow]:
        """Letters whose decision is to send the letter again, or a new letter."""
        return [letter for letter in self.decided if letter.followup.remedy != FollowUp.Remedy.NO_DISPATCH]

    @property
    def not_dispatched(self) -> list[LetterRow]:
        return [letter for letter in self.decided if letter.followup.remedy == FollowUp.Remedy.NO_DISPATCH]

    @property
    def sent(self) -> list[LetterRow]:
        return [letter for letter in self.decided if letter.followup.is_sent_again]

    @property
    def arrived(self) -> list[LetterRow]:
        return [letter for letter in self.decided if letter.arrival_state == ArrivalState.ARRIVED]

    @property
    def followed_up(self) -> list[LetterRow]:
        return [letter for letter in self.decided if letter.followup.status == Status.CONFIRMED]

    @property
    def provable(self) -> list[LetterRow]:
        """Letters of `without_proof` that one proof may cover: no personnel case."""
        return [letter for letter in self.without_proof if not letter.is_personnel_case]

    @property
    def first_job(self) -> str:
        """Name of the sender's first job on the page, "" if nothing is left to do."""
        jobs = {
            "beslut": self.to_act_on,
            "afvist": self.refused,
            "send": self.to_send,
            "svar": self.to_answer,
            "bevis": self.without_proof,
        }
        return next((name for name, letters in jobs.items() if letters), "")

    @property
    def ladder(self) -> list[Step]:
        """How many letters have a decision, are sent again, followed up and arrived, for the list beside the jobs."""
        again = len(self.to_be_sent_again)
        steps = [
            Step("besluttet", "Har en beslutning", len(self.decided), len(self.with_followup)),
            Step("sendt", "Er sendt", len(self.sent), again),
            Step("fulgt-op", "Er fulgt op", len(self.followed_up), len(self.with_followup)),
            Step("kommet-frem", "Har bevis", len(self.arrived), again),
        ]
        return [step for step in steps if step.total]

    def named_list(self, name: str) -> NamedList | None:
        """Return the list that a number on the page links to (`?vis=sendt`), or None for an unknown name."""
        lists = {
            "besluttet": ("Besluttet", self.decided),
            "sendt": ("Sendt", self.sent),
            "kommet-frem": ("Kommet frem", self.arrived),
            "sendes-ikke-igen": ("Sendes ikke igen", self.not_dispatched),
            "fulgt-op": ("Fulgt op", self.followed_up),
            "uden-bevis": ("Sendt for mere end tre arbejdsdage siden, uden bevis", self.unproven),
        }
        return NamedList(*lists[name]) if name in lists else None

    @property
    def without_arrival(self) -> list[LetterRow]:
        """Letters that were sent again and have no recorded arrival, also letters that lack an answer.

        A letter that the leader sent back is answered first: it may have to be sent anew.
        """
        kept = self.to_answer + self.done_by_sender
        return [letter for letter in kept if letter.arrival and letter.arrival.is_awaited]

    @property
    def refused(self) -> list[LetterRow]:
        """Letters that were sent again and did not arrive, by a receipt, and must be sent in another way."""
        return [letter for letter in self.without_arrival if letter.arrival and letter.arrival.is_refused]

    @property
    def without_proof(self) -> list[LetterRow]:
        """Letters of `without_arrival` whose arrival the sender may prove."""
        return [letter for letter in self.without_arrival if letter.arrival and not letter.arrival.is_refused]

    @property
    def unproven(self) -> list[LetterRow]:
        """Letters of `without_proof` that were sent again more than three working days ago."""
        return [letter for letter in self.without_proof if letter.arrival_state == ArrivalState.UNPROVEN]

    @property
    def not_arrived_count(self) -> int:
        """Number of letters in `to_send` that were sent once more and did not arrive."""
        return sum(letter.arrival_state == ArrivalState.NOT_ARRIVED for letter in self.to_send)

    @property
    def groups(self) -> list[tuple[str, list[LetterRow]]]:
        """Letters to act on and letters that wait for an answer, as (heading, letters) for the letter list."""
        is_first = not (self.sent_back or self.asked_by_desk or self.answered_by_desk or self.overdue or self.due_soon)
        named = [
            ("Sendt tilbage til dig", self.sent_back),
            ("Du er blevet spurgt", self.asked_by_desk),
            ("Du har fået svar", self.answered_by_desk),
            ("Dato passeret", self.overdue),
            ("Dato nærmer sig", self.due_soon),
            ("Mangler en beslutning" if is_first else "Øvrige breve", self.not_urgent),
            ("Venter på svar", self.with_desk),
        ]
        return [(f"{heading} ({len(letters)})", letters) for heading, letters in named if letters]

    @property
    def printed_groups(self) -> list[tuple[str, list[LetterRow]]]:
        """Every letter once, as (heading, letters): first what the sender must do."""
        rest = [
            ("Skal sendes", self.to_send),
            ("Mangler svar", self.to_answer),
            ("Mangler bevis", self.awaiting_proof),
            ("Kræver ikke mere", self.finished),
            ("Ikke klar endnu", self.without_followup),
        ]
        return self.groups + [(f"{heading} ({len(letters)})", letters) for heading, letters in rest if letters]


def build_worklist(sender: User, incident: Incident, today: date) -> Worklist:
    """Return the worklist of the sender's own letters. One query, however many letters."""
    worklist = Worklist()
    own = "{letter}.sender_id = {sender} AND {letter}.incident_id = {incident_id} AND {letter}.withdrawn_at IS NULL"
    for letter in letters_for(sender, letter_condition(own, sender=sender.pk, incident_id=incident.pk), today):
        _list_for(worklist, letter, today).append(letter)
    return worklist


@dataclass(frozen=True)
class LastProof:
    """The sender's latest report of today that letters have arrived. `pks`: ids of its rows, as text."""

    at: datetime
    count: int
    pks: str


def last_proof(sender: User, incident: Incident, today: date) -> LastProof | None:
    """Return the sender's latest press of the day, for undo. Rows of a press have the same time. One query."""
    said = Arrival.objects.active().filter(
        by=sender, has_arrived=True, at__gte=danish.midnight(today), followup__letter__incident=incident
    )
    rows = list(said.order_by("-at", "pk").values_list("at", "pk"))
    pks = [str(pk) for at, pk in rows if at == rows[0][0]]
    return LastProof(rows[0][0], len(pks), " ".join(pks)) if rows else None


@dataclass(frozen=True)
class SubstituteWorklist:
    """Letters that wait for a substitute, most urgent first, as (heading, letters).

    Letters to decide or send, also letters of a sender who cannot answer and whose leader is away, and decisions to
    confirm.
    """

    groups: list[tuple[str, list[LetterRow]]]

    @property
    def total(self) -> int:
        return sum(len(letters) for _, letters in self.groups)

    @property
    def undecided(self) -> list[LetterRow]:
        return [letter for _, letters in self.groups for letter in letters if letter.followup.is_open]

    @property
    def pickable(self) -> set[int]:
        """Ids of the letters that may be part of a bulk decision."""
        return {letter.pk for letter in self.undecided if not (letter.is_personnel_case or letter.is_with_desk)}


def substitute_letters(user: User, incident: Incident) -> LetterQuerySet:
    """Return the letters that fall to the user as a substitute today and that the user may read.

    Letters of the senders whom the user stands in for, and letters left to a leader whom the user stands in for.
    """
    letters = _readable(user, incident)
    return letters.filter(Q(sender__in=user.stands_in_for) | Q(pk__in=_letters_left_to_leader(user, letters)))


def letters_awaiting_substitute(user: User, incident: Incident) -> LetterQuerySet:
    """Return the letters that the user, as a substitute, can act on now: none in a closed incident. One query before
    the letters' own.
    """
    undone = Q(pk__in=substitute_letters(user, incident).values("pk"), followup__status__in=FollowUp.NOT_DONE)
    to_confirm = Q(leader__in=user.stands_in_for) & rights.confirmable_by(user)
    return _readable(user, incident).filter(undone | to_confirm, rights.INCIDENT_NOT_CLOSED)


def build_substitute_worklist(user: User, incident: Incident) -> SubstituteWorklist:
    """Return the worklist of the user as a substitute.

    Four queries; none for a user who stands in for nobody.
    """
    if not user.stands_in_for:
        return SubstituteWorklist([])
    theirs = list(letters_awaiting_substitute(user, incident).values_list("pk", flat=True))
    piles: dict[str, list[LetterRow]] = {}
    for letter in letters_for(user, letter_condition("{letter}.id = ANY({ids})", ids=theirs)):
        piles.setdefault(_heading(letter, user), []).append(letter)
    return SubstituteWorklist([(f"{heading} ({len(letters)})", letters) for heading, letters in sorted(piles.items())])


def _readable(user: User, incident: Incident) -> LetterQuerySet:
    return Letter.objects.visible_to(user).active().readable().filter(incident=incident)


def _letters_left_to_leader(user: User, letters: LetterQuerySet) -> list[int]:
    """Return ids of unfinished letters whose sender cannot answer and whose absent leader this substitute stands in
    for.
    """
    people = responsibility.SubstituteDirectory(Absence.objects.stand_ins(calendar.today()))
    cannot_answer = Q(sender=None) | Q(sender__left_on__isnull=False) | Q(sender__unreachable_since__isnull=False)
    undone = letters.filter(leader__in=user.stands_in_for, followup__status__in=FollowUp.NOT_DONE)
    undone_without_sender = undone.filter(cannot_answer | Q(sender__in=list(people.stand_ins))).filter(
        ~letter_state.AWAITS_DESK
    )
    known = undone_without_sender.exclude(sender__in=user.stands_in_for).select_related("followup", "sender", "leader")
    return [letter.pk for letter in known if people.responsible_for(letter).user == user.pk]


def _heading(letter: Letter, user: User) -> str:
    if letter.followup.status == Status.DONE:
        return f"Til bekræftelse for {letter.leader}"
    if letter.sender_id in user.stands_in_for:
        return f"Breve fra {letter.sender}"
    sender = letter.sender or letter.sender_name or "en ukendt afsender"
    return f"Breve fra {sender}, for {letter.leader}"


def _list_for(worklist: Worklist, letter: LetterRow, today: date) -> list[LetterRow]:
    followup = followup_of(letter)
    if followup is None:
        return worklist.without_followup
    if not followup.is_open:
        return _list_for_decided(worklist, letter, followup)
    if letter.is_with_desk:
        return worklist.with_desk
    if letter.answered_by:
        return worklist.asked_by_desk if letter.is_with_asker else worklist.answered_by_desk
    if not letter.reader_may_read or followup.due_on is None or followup.due_on > today + NEAR_DUE_PERIOD:
        return worklist.not_urgent
    return worklist.overdue if due_dates.passed_due_date(letter, today) else worklist.due_soon


def _list_for_decided(worklist: Worklist, letter: LetterRow, followup: FollowUp) -> list[LetterRow]:
    if followup.is_sent_back:
        return worklist.sent_back
    if followup.status == Status.DECIDED:
        return worklist.to_send
    if followup.lacks_answer:
        return worklist.to_answer
    return worklist.awaiting_proof if letter.arrival and letter.arrival.is_awaited else worklist.finished
