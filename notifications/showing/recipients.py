"""The sending desk's list: who is owed a notice, about how many letters, with whom in cc. One grouped query."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.contrib.postgres.aggregates import BoolAnd
from django.db.models import Aggregate, BooleanField, Count, F, Q
from django.db.models.functions import Coalesce

from letters.models import Incident
from notifications.kinds import owed
from sepo_incident import danish
from sepo_incident.accounts.models import Unit, User


class MostCommon(Aggregate):
    """PostgreSQL's ``mode()``: the value that occurs most often; NULL counts for nothing."""

    template = "mode() WITHIN GROUP (ORDER BY %(expressions)s)%(filter)s"
    name = "MostCommon"


@dataclass(frozen=True)
class Recipient:
    """A sender who is owed a notice. ``leader_id``: the leader of most of the letters; ``leaders``: how many in cc."""

    sender_id: int
    name: str
    unit_id: int | None
    administration_id: int | None
    letters: int
    leader_id: int | None
    leaders: int
    is_own_leader: bool

    @property
    def lacks_leader(self) -> bool:
        return not self.leaders and not self.is_own_leader


@dataclass
class Recipients:
    """All of them, in Danish alphabetical order, and what the desk counts."""

    everyone: list[Recipient] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.everyone)

    @property
    def letters(self) -> int:
        return sum(one.letters for one in self.everyone)

    @property
    def lacking_leader(self) -> list[Recipient]:
        return [one for one in self.everyone if one.lacks_leader]

    @property
    def own_leaders(self) -> list[Recipient]:
        return [one for one in self.everyone if one.is_own_leader and not one.leaders]

    @property
    def mails(self) -> int:
        return sum(1 + one.leaders for one in self.everyone)

    def by_administration(self) -> list[tuple[Unit, int]]:
        """[(administration, how many)], the largest first."""
        numbers = Counter(one.administration_id for one in self.everyone if one.administration_id)
        units = Unit.objects.in_bulk(numbers)
        return [(units[pk], number) for pk, number in numbers.most_common()]

    def chosen(self, administration: int | None = None, only_lacking: bool = False, words: str = "") -> list[Recipient]:
        """Those that fit all that is asked for."""
        wanted = danish.sort_key(words)
        return [
            one
            for one in self.everyone
            if (administration is None or one.administration_id == administration)
            and (not only_lacking or one.lacks_leader)
            and wanted in danish.sort_key(one.name)
        ]


def recipients_of(kind: str, incident: Incident) -> Recipients:
    """Who the button would write to now."""
    sender, leader = F("letter__sender"), F("letter__leader")
    others = Q(letter__leader__isnull=False) & ~Q(letter__leader=sender)
    grouped = (
        owed(kind, incident)
        .values("letter__sender")
        .annotate(
            number=Count("pk"),
            leader=MostCommon(leader, filter=others),
            leaders=Count(leader, filter=others, distinct=True),
            own=BoolAnd(Coalesce(Q(letter__leader=sender), False, output_field=BooleanField())),
            unit=MostCommon("letter__unit"),
            name=F("letter__sender__name"),
        )
        .values_list("letter__sender", "name", "unit", "number", "leader", "leaders", "own")
    )
    rows = list(grouped)
    administrations = administration_of({row[2] for row in rows if row[2]})
    everyone = [
        Recipient(sender_id, name, unit, administrations.get(unit or 0), number, leader_id, leaders, own)
        for sender_id, name, unit, number, leader_id, leaders, own in rows
    ]
    return Recipients(sorted(everyone, key=lambda one: (danish.sort_key(one.name), one.sender_id)))


def administration_of(unit_ids: Iterable[int]) -> dict[int, int]:
    """{unit: its administration}"""
    administrations = set(Unit.objects.filter(kind=Unit.Kind.ADMINISTRATION).values_list("pk", flat=True))
    lineages = Unit.objects.filter(pk__in=list(unit_ids)).values_list("pk", "lineage")
    return {pk: above for pk, lineage in lineages for above in lineage if above in administrations}


def with_names(page: Iterable[Recipient]) -> list[tuple[Recipient, str, User | None]]:
    """[(recipient, «Svalevejens Skole, BUF», the leader)] for one page: two queries."""
    shown = list(page)
    ids = {pk for one in shown for pk in (one.unit_id, one.administration_id) if pk}
    units, leaders = Unit.objects.in_bulk(ids), User.objects.in_bulk({one.leader_id for one in shown if one.leader_id})
    return [(one, place(one, units), leaders.get(one.leader_id or 0)) for one in shown]


def place(one: Recipient, units: dict[int, Unit]) -> str:
    unit, administration = units.get(one.unit_id or 0), units.get(one.administration_id or 0)
    names = [unit.name if unit else "", (administration.code or administration.name) if administration else ""]
    return ", ".join(dict.fromkeys(filter(None, names))) or "Enheden er ukendt"
