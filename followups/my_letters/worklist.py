"""A sender's letters in the order of *Mine breve*: what lacks a decision first, most urgent on top."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce

from followups.models import Escalation, FollowUp
from followups.rules import arrival_status, completeness, responsibility, rights
from followups.rules.arrival_status import ArrivalState
from letters.models import Incident, Letter
from letters.models.letter import LetterQuerySet
from sepo_incident.accounts.models import Absence, User
from sepo_incident.core import calendar, danish
from sepo_incident.core.danish import Badge

Status, Desk = FollowUp.Status, Escalation.Desk
NEAR_DUE_PERIOD = timedelta(days=7)

#: The mark of a letter about which a desk has written.
ANSWER_LOOKS = {
    Desk.DIT: Badge("Svar fra DIT", "is-info", "reply"),
    Desk.HR: Badge("Svar fra Personalejura", "is-info", "reply"),
    Desk.KIT: Badge("Svar fra Koncern IT", "is-info", "reply"),
}
#: The mark of a letter about which a desk has asked something itself.
QUESTION_LOOKS = {
    Desk.DIT: Badge("DIT venter på dig", "is-soon", "reply"),
    Desk.HR: Badge("Personalejura venter på dig", "is-soon", "reply"),
    Desk.KIT: Badge("Koncern IT venter på dig", "is-soon", "reply"),
}
#: The mark of one that a desk has not answered, by whether somebody there has taken it.
NOT_TAKEN = Badge("Ingen har taget spørgsmålet endnu", "", "hourglass")


@dataclass
class Worklist:
    """Every standing letter of one sender in one incident, each in one of twelve piles."""

    sent_back: list[Letter] = field(default_factory=list)
    asked_back: list[Letter] = field(default_factory=list)
    answered: list[Letter] = field(default_factory=list)
    passed: list[Letter] = field(default_factory=list)
    near: list[Letter] = field(default_factory=list)
    others: list[Letter] = field(default_factory=list)
    asked: list[Letter] = field(default_factory=list)
    to_send: list[Letter] = field(default_factory=list)
    to_answer: list[Letter] = field(default_factory=list)
    awaited: list[Letter] = field(default_factory=list)
    finished: list[Letter] = field(default_factory=list)
    unopened: list[Letter] = field(default_factory=list)

    @property
    def in_hand(self) -> list[Letter]:
        """What the sender is to answer now: the leader's question, or what is to happen with the letter."""
        return self.sent_back + self.to_decide

    @property
    def to_decide(self) -> list[Letter]:
        """What lacks a decision and waits for nobody else."""
        return self.asked_back + self.answered + self.passed + self.near + self.others

    @property
    def undecided(self) -> list[Letter]:
        return self.to_decide + self.asked

    @property
    def answerable(self) -> set[int]:
        """Of which what is found out about the consequences may be said of many at once (``services.handle_many``)."""
        unknown = FollowUp.ConsequenceReview.UNKNOWN
        lacking = (one for one in self.to_answer if one.followup.is_review_open and not one.is_personnel_case)
        return {one.pk for one in lacking if one.followup.consequence_review == unknown}

    @property
    def decided(self) -> list[Letter]:
        return self.sent_back + self.to_send + self.to_answer + self.settled

    @property
    def settled(self) -> list[Letter]:
        """What the sender need do no more about: but of those ``awaited`` there is no proof yet that they arrived."""
        return self.awaited + self.finished

    @property
    def opened(self) -> list[Letter]:
        return self.undecided + self.decided

    @property
    def total(self) -> int:
        return len(self.opened) + len(self.unopened)

    @property
    def leaders(self) -> list[str]:
        """Who follows up on the letters, by name; not the sender."""
        names = {x.leader.name for x in self.opened + self.unopened if x.leader and x.leader_id != x.sender_id}
        return sorted(names, key=danish.sort_key)

    @property
    def arrived(self) -> int:
        return sum(self._stands(letter, ArrivalState.ARRIVED) for letter in self.decided)

    @property
    def without_proof(self) -> list[Letter]:
        """Sent again, and nobody has said whether they arrived: also those that lack an answer or are sent back."""
        return [letter for letter in self.decided if letter.arrival and letter.arrival.is_awaited]  # type: ignore[attr-defined]

    @property
    def unproven(self) -> list[Letter]:
        """Sent again some working days ago, and nobody has said whether they arrived."""
        return [letter for letter in self.decided if self._stands(letter, ArrivalState.UNPROVEN)]

    @property
    def not_arrived(self) -> int:
        """How many of those to send were sent once more, and still did not arrive."""
        return sum(self._stands(letter, ArrivalState.NOT_ARRIVED) for letter in self.to_send)

    @staticmethod
    def _stands(letter: Any, state: ArrivalState) -> bool:
        return letter.arrival is not None and letter.arrival.state == state

    @property
    def confirmed(self) -> int:
        return sum(letter.followup.status == Status.CONFIRMED for letter in self.settled)

    @property
    def groups(self) -> list[tuple[str, list[Letter]]]:
        """What is in hand and what waits for an answer, as (heading, letters) for the letter list."""
        is_first = not (self.sent_back or self.asked_back or self.answered or self.passed or self.near)
        named = [
            ("Sendt tilbage til dig", self.sent_back),
            ("Du er blevet spurgt", self.asked_back),
            ("Du har fået svar", self.answered),
            ("En frist er passeret", self.passed),
            ("En frist nærmer sig", self.near),
            ("Mangler en beslutning" if is_first else "De øvrige breve", self.others),
            ("Venter på svar", self.asked),
        ]
        return [(f"{heading} ({len(letters)})", letters) for heading, letters in named if letters]


def build_worklist(sender: User, incident: Incident, today: date) -> Worklist:
    """The sender's own letters. Two queries, however many."""
    worklist = Worklist()
    own = Letter.objects.visible_to(sender).active().filter(sender=sender, incident=incident)
    letters = list(_order_by_urgency(own).select_related("followup", "leader"))
    arrival_status.attach_arrival_status(letters, today)
    for letter in letters:
        letter.answer_look = _escalation_look(letter)  # type: ignore[attr-defined]
        _pile_of(worklist, letter, today).append(letter)
    return worklist


def _escalation_look(letter: Any) -> Badge | None:
    """Where the letter's question stands; nothing when nobody has asked."""
    if letter.answered_by or not letter.is_asked:
        return (QUESTION_LOOKS if letter.is_with_asker else ANSWER_LOOKS).get(letter.answered_by)
    return Badge(f"{letter.taken_by} har spørgsmålet", "is-info", "person") if letter.taken_by else NOT_TAKEN


@dataclass(frozen=True)
class SubstituteWorklist:
    """What waits for a substitute: letters to decide or send, also those of a sender who cannot answer and whose
    leader is away, and decisions to confirm, most urgent first."""

    groups: list[tuple[str, list[Letter]]]

    @property
    def total(self) -> int:
        return sum(len(letters) for _, letters in self.groups)

    @property
    def undecided(self) -> list[Letter]:
        return [letter for _, letters in self.groups for letter in letters if letter.followup.is_open]

    @property
    def pickable(self) -> set[int]:
        """Those that one decision about many may be about."""
        return {one.pk for one in self.undecided if not (one.is_personnel_case or one.is_asked)}  # type: ignore[attr-defined]


def substitute_letters(user: User, incident: Incident) -> LetterQuerySet:
    """What they have sent for whom the user stands in today, and what is left to a leader for whom they do, as far as
    the user may read it."""
    theirs = _readable(user, incident)
    return theirs.filter(Q(sender__in=user.stands_in_for) | Q(pk__in=_letters_left_to_leader(user, theirs)))


def count_bulk_decidable(undecided: Iterable[Letter], today: date) -> int:
    """How many of them get one decision about many whatever it says: ``duties.takes_one_decision`` in memory."""
    return sum(
        not (one.is_personnel_case or one.is_asked or _has_passed(one.followup, today))  # type: ignore[attr-defined]
        for one in undecided
    )


def _has_passed(followup: FollowUp, today: date) -> bool:
    return followup.due_on is not None and calendar.is_overdue(followup.due_on, today)


def build_substitute_worklist(user: User, incident: Incident) -> SubstituteWorklist:
    """Only what the user may do something about. Three queries; none for somebody who stands in for nobody."""
    if not user.stands_in_for:
        return SubstituteWorklist([])
    undone = Q(pk__in=substitute_letters(user, incident).values("pk"), followup__status__in=FollowUp.OWED)
    to_confirm = Q(leader__in=user.stands_in_for) & rights.confirmable_by(user)
    theirs = _readable(user, incident).filter(undone | to_confirm)
    piles: dict[str, list[Letter]] = {}
    for letter in _order_by_urgency(theirs).select_related("followup", "sender", "leader"):
        piles.setdefault(_heading(letter, user), []).append(letter)
    return SubstituteWorklist([(f"{heading} ({len(letters)})", letters) for heading, letters in sorted(piles.items())])


def _readable(user: User, incident: Incident) -> LetterQuerySet:
    return Letter.objects.visible_to(user).active().readable().filter(incident=incident)


def _letters_left_to_leader(user: User, letters: LetterQuerySet) -> list[int]:
    """Unfinished ones whose sender cannot answer, and whose leader is away, so that this substitute has the ball."""
    people = responsibility.SubstituteDirectory(Absence.objects.stand_ins(calendar.today()))
    cannot_answer = Q(sender=None) | Q(sender__left_on__isnull=False) | Q(sender__unreachable_since__isnull=False)
    undone = letters.filter(leader__in=user.stands_in_for, followup__status__in=FollowUp.OWED)
    asked = Escalation.objects.with_desk().filter(followup__letter=OuterRef("pk"))
    those = undone.filter(cannot_answer | Q(sender__in=list(people.stand_ins))).exclude(Exists(asked))
    known = those.exclude(sender__in=user.stands_in_for).select_related("followup", "sender", "leader")
    return [letter.pk for letter in known if people.responsible_for(letter).user == user.pk]


def _heading(letter: Letter, user: User) -> str:
    if letter.followup.status == Status.DONE:
        return f"Venter på, at du bekræfter for {letter.leader}"
    if letter.sender_id in user.stands_in_for:
        return f"Breve fra {letter.sender}"
    sender = letter.sender or letter.sender_name or "en ukendt afsender"
    return f"Breve fra {sender}, som du tager dig af for {letter.leader}"


def _pile_of(worklist: Worklist, letter: Letter, today: date) -> list[Letter]:
    followup: FollowUp | None = getattr(letter, "followup", None)
    if followup is None:
        return worklist.unopened
    if not followup.is_open:
        return _pile_of_decided(worklist, letter)
    if letter.is_asked:  # type: ignore[attr-defined]
        return worklist.asked
    if letter.answered_by:  # type: ignore[attr-defined]
        return worklist.asked_back if letter.is_with_asker else worklist.answered  # type: ignore[attr-defined]
    if not letter.may_be_read or followup.due_on is None or followup.due_on > today + NEAR_DUE_PERIOD:
        return worklist.others
    return worklist.passed if calendar.is_overdue(followup.due_on, today) else worklist.near


def _pile_of_decided(worklist: Worklist, letter: Letter) -> list[Letter]:
    followup, arrival = letter.followup, letter.arrival  # type: ignore[attr-defined]
    if followup.is_sent_back:
        return worklist.sent_back
    if followup.status == Status.DECIDED:
        return worklist.to_send
    if followup.lacks_answer:
        return worklist.to_answer
    return worklist.awaited if arrival and arrival.is_awaited else worklist.finished


def _order_by_urgency(letters: LetterQuerySet) -> LetterQuerySet:
    """What the leader has sent back first, then what a desk asks about, then what has got an answer, then the earliest
    date, letters without a date by when they were sent.

    Each letter knows whether it waits (``is_asked``) and who at the desk has taken that (``taken_by``), or which desk
    has written last (``answered_by``) and whether it asks in its turn (``is_with_asker``), and what the leader asks.
    """
    escalations = Escalation.objects.filter(followup__letter=OuterRef("pk"))
    last = escalations.annotate(answerer=Case(When(answered_at__isnull=False, then=F("desk")))).order_by("-pk")
    known = completeness.annotate_leader_question(letters).annotate(
        is_asked=Exists(escalations.with_desk()),
        taken_by=Subquery(escalations.with_desk().values("owner__name")[:1]),
        answered_by=Subquery(last.values("answerer")[:1]),
        is_with_asker=Coalesce(Subquery(last.values("is_with_asker")[:1]), False),
    )
    return known.order_by(
        Case(When(followup__status=Status.SENT_BACK, then=Value(0)), default=Value(1)),
        Case(When(is_with_asker=True, then=Value(0)), When(answered_by=None, then=Value(2)), default=Value(1)),
        F("followup__due_on").asc(nulls_last=True),
        "sent_at",
        "pk",
    )


@dataclass(frozen=True)
class QueuePosition:
    """Where a letter stands among all of its sender's: those handled first, then those in hand in their order.

    A letter is handled when it is decided and not sent back, or waits for an answer. So the number stays as one works
    from the top, and the count stays always.
    """

    position: int | None  # counts from 1; None: this letter is handled
    count: int
    next_id: int | None
    next_position: int


def queue_position(letter: Letter, reader: User) -> QueuePosition:
    """The place among those the reader may read, and the one after it; after the last comes the first."""
    theirs = Letter.objects.visible_to(reader).active().readable().filter(followup__isnull=False)
    theirs = theirs.filter(_same_sender(letter), incident=letter.incident_id)
    everything = list(_order_by_urgency(theirs).values_list("pk", "followup__status", "is_asked"))  # type: ignore[misc]
    in_hand = {pk for pk, status, is_asked in everything if _is_in_hand(status, is_asked=is_asked)}
    line = [pk for pk, *_ in everything if pk == letter.pk or pk in in_hand]
    is_in_hand = letter.pk in in_hand
    handled = len(everything) - len(line) + (not is_in_hand)
    place = line.index(letter.pk)
    after = (place + 1) % len(line)
    return QueuePosition(
        position=handled + place + 1 if is_in_hand else None,
        count=len(everything),
        next_id=line[after] if len(line) > 1 else None,
        next_position=handled + is_in_hand + after - (after > place) + 1,  # once this letter has left the line
    )


def _is_in_hand(status: str, *, is_asked: bool) -> bool:
    return status == Status.SENT_BACK or (status == Status.OPEN and not is_asked)


def _same_sender(letter: Letter) -> Q:
    """A sender without an account is known by the name on the list, in that unit."""
    if letter.sender_id:
        return Q(sender=letter.sender_id)
    return Q(sender=None, sender_name=letter.sender_name, unit=letter.unit_id)
