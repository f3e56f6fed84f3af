"""A sender's letters in the order of *Mine breve*: what lacks a decision first, most urgent on top."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import Exists, F, OuterRef, Q

from followups import deadlines
from followups.models import Escalation, FollowUp
from letters.models import Incident, Letter
from letters.models.letter import LetterQuerySet
from sepo_incident import danish
from sepo_incident.accounts.models import User

Status = FollowUp.Status
NEAR = timedelta(days=7)


@dataclass
class Worklist:
    """Every standing letter of one sender in one incident, each in one of seven piles."""

    passed: list[Letter] = field(default_factory=list)
    near: list[Letter] = field(default_factory=list)
    others: list[Letter] = field(default_factory=list)
    asked: list[Letter] = field(default_factory=list)
    to_send: list[Letter] = field(default_factory=list)
    finished: list[Letter] = field(default_factory=list)
    unopened: list[Letter] = field(default_factory=list)

    @property
    def undecided(self) -> list[Letter]:
        return self.passed + self.near + self.others + self.asked

    @property
    def decided(self) -> list[Letter]:
        return self.to_send + self.finished

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
        return sum(letter.arrived_at is not None for letter in self.finished)

    @property
    def groups(self) -> list[tuple[str, list[Letter]]]:
        """What lacks a decision, as (heading, letters) for the letter list."""
        named = [
            ("En dato i brevet er passeret", self.passed),
            ("En frist nærmer sig", self.near),
            ("De øvrige breve" if self.passed or self.near else "Breve, der mangler en beslutning", self.others),
            ("Du har spurgt og venter på svar", self.asked),
        ]
        return [(f"{heading} ({len(letters)})", letters) for heading, letters in named if letters]


def of_sender(sender: User, incident: Incident, today: date) -> Worklist:
    """The sender's own letters. One query, however many."""
    worklist = Worklist()
    own = Letter.objects.visible_to(sender).standing().filter(sender=sender, incident=incident)
    for letter in _in_order(own).select_related("followup", "leader"):
        _pile(worklist, letter, today).append(letter)
    return worklist


def _pile(worklist: Worklist, letter: Letter, today: date) -> list[Letter]:
    followup: FollowUp | None = getattr(letter, "followup", None)
    if followup is None:
        return worklist.unopened
    if not followup.is_open:
        return worklist.to_send if followup.status == Status.DECIDED else worklist.finished
    if letter.is_asked:  # type: ignore[attr-defined]
        return worklist.asked
    if followup.due_on is None or followup.due_on > today + NEAR:
        return worklist.others
    return worklist.passed if deadlines.is_overdue(followup.due_on, today) else worklist.near


def _in_order(letters: LetterQuerySet) -> LetterQuerySet:
    """What waits for an answer last, the earliest date first, letters without a date by when they were sent."""
    waiting = Escalation.objects.unresolved().filter(followup__letter=OuterRef("pk"))
    return letters.annotate(is_asked=Exists(waiting)).order_by(
        "is_asked", F("followup__due_on").asc(nulls_last=True), "sent_at", "pk"
    )


@dataclass(frozen=True)
class Turn:
    """Where a letter stands among those of its sender that lack a decision; positions count from 1."""

    position: int | None  # None: this letter lacks none
    count: int
    next_id: int | None
    next_position: int


def turn(letter: Letter, reader: User) -> Turn:
    """The place among those the reader may read, and the one after it; after the last comes the first."""
    undecided = Q(followup__status=Status.OPEN, reader_may_read=True)
    theirs = Letter.objects.visible_to(reader).standing().filter(incident=letter.incident_id, sender=letter.sender_id)
    line = list(_in_order(theirs.filter(undecided | Q(pk=letter.pk))).values_list("pk", flat=True))
    place = line.index(letter.pk)
    after = (place + 1) % len(line)
    is_open = letter.followup.is_open
    return Turn(
        position=place + 1 if is_open else None,
        count=len(line) if is_open else len(line) - 1,
        next_id=line[after] if len(line) > 1 else None,
        next_position=after + 1 if is_open or after < place else after,
    )
