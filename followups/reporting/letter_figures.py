"""The figures about letters. A number and the list behind it use the same condition, so both agree.

A unit is finished («Alle breve er afsluttet») when all of its letters are confirmed; the banner says so only if every
letter is also proven to have arrived. Nothing is stored: the state follows from the confirmations, so a new letter
ends it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db.models import Count, Q

from followups.models import FollowUp
from followups.models.followup import REMEDIES_THAT_SEND
from followups.rules import arrival_status, completeness, due_dates, rights
from letters.models import Incident, Letter
from letters.models.letter import LetterQuerySet
from sepo_incident.accounts.models import User
from sepo_incident.core import danish

Status, Remedy = FollowUp.Status, FollowUp.Remedy

#: Name of a figure -> number of letters; 0 for a figure that was not counted.
Tally = Counter[str]
#: The values of the group, and the tally of the group.
CountedGroup = tuple[dict[str, Any], Tally]

UNDECIDED = Q(followup=None) | Q(followup__status=Status.OPEN)
#: Danish labels of the filter, the tiles and the chips.
FIGURE_LABELS = {
    "OPEN": "mangler en beslutning",
    "PASSED": "har en dato, der er passeret",
    "HELP": "venter på hjælp",
    "GONE": "mangler originalen",
    "DECIDED": "er besluttet, men ikke sendt",
    "SENT_BACK": "er sendt tilbage til afsenderen",
    "TO_ANSWER": "mangler et svar",
    "DONE": "venter på lederens bekræftelse",
    "MINE": "venter på din bekræftelse",
    "THEIRS": "venter på egen leder",
    "OTHERS": "skal bekræftes af en anden",
    "AGAIN": "sendes igen eller som nyt brev",
    "ARRIVED": "er kommet frem",
    "ARRIVING": "er sendt igen, men mangler bevis",
    "UNPROVEN": "har manglet bevis i mere end tre arbejdsdage",
    "NOT_ARRIVED": "kom heller ikke frem",
    "CONFIRMED": "er bekræftet",
    "NO_LEADER": "mangler en leder",
}
#: The parts of DONE, shown only to readers who confirm on the board.
CONFIRMER_FIGURES = ("MINE", "THEIRS", "OTHERS")
#: Figures of the whole board that no table row shows. The most expensive to count.
BOARD_ONLY_FIGURES = frozenset(
    {"GONE", "TO_ANSWER", *CONFIRMER_FIGURES, "AGAIN", "ARRIVED", "ARRIVING", "UNPROVEN", "NOT_ARRIVED", "NO_LEADER"}
)
REMEDY_LABELS = {remedy.value: look.label for remedy, look in FollowUp.REMEDY_BADGES.items()}


def letter_conditions(reader: User, today: date) -> dict[str, Q]:
    """Return the condition behind each figure, for letters of `visible_to`.

    Each letter matches exactly one of OPEN, DECIDED, SENT_BACK, TO_ANSWER, DONE and CONFIRMED, and exactly one of
    OPEN and the remedies. A letter without a follow-up is OPEN. PASSED and HELP are parts of OPEN. MINE, THEIRS
    and OTHERS divide DONE: MINE waits for the reader, THEIRS has a leader nearer, OTHERS the reader may not confirm.
    AGAIN is the whole that ARRIVED is a share of: ARRIVED, ARRIVING, and what is not sent or sent back.

    PASSED, GONE and TO_ANSWER reveal the subject, so these figures only match letters that the reader may read.
    """
    to_answer = completeness.missing_mandatory_answer(completeness.LETTER_PREFIX) & Q(reader_may_read=True)
    done = Q(followup__status=Status.DONE) & ~to_answer
    confirmable, mine = rights.confirmable_by(reader), rights.awaits_confirmation_by(reader)
    by_remedy = {remedy.value: Q(followup__remedy=remedy) for remedy in Remedy}
    return {
        "ALL": Q(),
        "OPEN": UNDECIDED,
        "PASSED": UNDECIDED & due_dates.has_passed_due_date(today) & Q(reader_may_read=True),
        "HELP": UNDECIDED & completeness.awaits_desk(completeness.LETTER_PREFIX),
        "GONE": Q(followup__is_original_gone=True, reader_may_read=True),
        "DECIDED": Q(followup__status=Status.DECIDED),
        "SENT_BACK": Q(followup__status=Status.SENT_BACK),
        "TO_ANSWER": to_answer,
        "DONE": done,
        "AGAIN": Q(followup__remedy__in=REMEDIES_THAT_SEND),
        **arrival_status.arrival_conditions(today),
        "MINE": mine,
        "THEIRS": confirmable & ~mine,
        "OTHERS": done & ~confirmable,
        "CONFIRMED": Q(followup__status=Status.CONFIRMED),
        "NO_LEADER": Q(leader=None)
        & (UNDECIDED | Q(followup__status__in=[Status.DECIDED, Status.SENT_BACK, Status.DONE])),
        **by_remedy,
    }


def count_letters(
    letters: LetterQuerySet, *by: str, reader: User, today: date, excluded: Collection[str] = BOARD_ONLY_FIGURES
) -> list[CountedGroup]:
    """Count every figure except `excluded` in one GROUP BY. Return (values of `by`, tally) for each group."""
    wanted = {name: condition for name, condition in letter_conditions(reader, today).items() if name not in excluded}
    counts = {name: Count("pk", filter=condition) for name, condition in wanted.items()}
    rows = letters.order_by().values(*by).annotate(**counts)
    return [({key: row[key] for key in by}, Tally({name: row[name] for name in wanted})) for row in rows]


def count_public_figures(incident: Incident, today: date) -> Tally:
    """Count ALL, OPEN and ARRIVED of the incident for readers who are not signed in. One query.

    The conditions are those of `letter_conditions`; none of the three depends on the reader or reveals a subject.
    """
    conditions = {"ALL": Q(), "OPEN": UNDECIDED, "ARRIVED": arrival_status.arrival_conditions(today)["ARRIVED"]}
    counts = {name: Count("pk", filter=condition) for name, condition in conditions.items()}
    return Tally(Letter.objects.filter(incident=incident).active().aggregate(**counts))


def sum_by_unit(groups: Iterable[CountedGroup]) -> dict[int, Tally]:
    """Sum tallies by `unit__lineage` up the tree. Return {unit id: tally of the letters at or below the unit}."""
    folded: dict[int, Tally] = defaultdict(Tally)
    for group, counts in groups:
        for unit_id in group["unit__lineage"] or []:
            folded[unit_id].update(counts)
    return folded


class FinishedUnit(NamedTuple):
    """The last confirmation at or below a unit, and the number of letters there without proof of arrival."""

    at: datetime
    by: str
    unproven: int = 0

    @property
    def when(self) -> str:
        return f"{danish.weekday_date_short(self.at)} {danish.clock(self.at)}"


def is_unit_finished(counts: Tally) -> bool:
    return 0 < counts["ALL"] == counts["CONFIRMED"]


def finished_units(letters: LetterQuerySet, by_unit: list[CountedGroup]) -> dict[int, FinishedUnit]:
    """Return {unit id: last confirmation} for each unit with nothing left at or below the unit.

    `by_unit` is the tally of `letters` by `unit__lineage`, with ARRIVING. One query; none if no unit is finished.
    """
    folded = sum_by_unit(by_unit)
    units = {pk for pk, counts in folded.items() if is_unit_finished(counts)}
    if not units:
        return {}
    newest = letters.filter(unit__in=units).order_by("unit_id", "-followup__confirmed_at").distinct("unit_id")
    found: dict[int, FinishedUnit] = {}
    rows = newest.values_list("unit__lineage", "followup__confirmed_at", "followup__confirmed_by__name")
    for lineage, at, by in rows:
        if at is None:  # a letter added between the two queries
            continue
        for pk in units.intersection(lineage):
            last = FinishedUnit(at, by, folded[pk]["ARRIVING"])
            found[pk] = max(last, found.get(pk, last))
    return found
