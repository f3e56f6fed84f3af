"""The figures about letters. A number and the list behind it use the same condition, so both agree.

A unit is finished («Alle 6 breve er fulgt op») when all of its letters are confirmed; the banner says so only if every
letter is also proven to have arrived. Nothing is stored: the state follows from the confirmations, so a new letter
ends it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

from django.db.models import Case, Count, DateField, DateTimeField, ExpressionWrapper, F, Q, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce, TruncDate
from django.db.models.lookups import GreaterThan, GreaterThanOrEqual, LessThan, LessThanOrEqual

from followups.models import FollowUp
from followups.models.followup_conditions import REMEDIES_THAT_SEND
from followups.reporting.consequences import HANDLED
from followups.reporting.figure_definitions import HARM, LETTER_FIGURES, OWN_DATE, RECIPIENT
from followups.rules import absences, arrival_status, completeness, due_dates, rights
from letters.models import Incident, Letter
from letters.models.letter import HAS_DECISION, LetterQuerySet
from sepo_incident.accounts.models import User
from sepo_incident.core import danish

Status, Remedy, Review = FollowUp.Status, FollowUp.Remedy, FollowUp.ConsequenceReview

#: Name of a figure -> number of letters; 0 for a figure that was not counted.
Tally = Counter[str]
#: The values of the group, and the tally of the group.
CountedGroup = tuple[dict[str, Any], Tally]

UNDECIDED = Q(followup=None) | Q(followup__status=Status.OPEN)
FOUND, NOT_KNOWN = Q(followup__consequence_review=Review.FOUND), Q(followup__consequence_review=Review.UNKNOWN)
UNHANDLED = Q(followup__handled_at=None)
#: Each letter with a decision matches exactly one of NO_HARM, HARM_HANDLED, HARM_OPEN, HARM_UNKNOWN, HARM_CLARIFIED.
HARM_CONDITIONS = {
    "NO_HARM": Q(followup__consequence_review=Review.NONE),
    "HARM": FOUND,
    "HARM_HANDLED": FOUND & HANDLED,
    "HARM_OPEN": FOUND & UNHANDLED,
    "HARM_UNKNOWN": NOT_KNOWN & UNHANDLED,
    "HARM_CLARIFIED": NOT_KNOWN & HANDLED,
}
RECIPIENT_CONDITIONS = {kind.value: Q(recipient_kind=kind) for kind in Letter.RecipientKind}
#: The figures of a board, in its tiles and tables. The others are counted only where they are asked for.
BOARD_FIGURES = (
    *("ALL", "OPEN", "PASSED", "HELP", "GONE", "DECIDED", "SENT_BACK", "TO_ANSWER", "DONE"),
    *("HAS_DECISION", "MINE", "THEIRS", "OTHERS", "AGAIN", "ARRIVED", "ARRIVING", "UNPROVEN", "NOT_ARRIVED"),
    *("CONFIRMED", "NO_LEADER"),
    *Remedy.values,
)
#: The parts of DONE, shown only to readers who confirm on the board.
CONFIRMER_FIGURES = ("MINE", "THEIRS", "OTHERS")
READER_LABELS = {
    "MINE": "venter på din bekræftelse",
    "THEIRS": "venter på egen leder",
    "OTHERS": "skal bekræftes af en anden",
}
#: Danish labels of the tiles and the chips.
FIGURE_LABELS = READER_LABELS | {name: figure.label for name, figure in LETTER_FIGURES.items()}
#: The figures of a row of a board's tables, without the expensive ones.
ROW_FIGURES = ("ALL", "OPEN", "PASSED", "HELP", "DECIDED", "SENT_BACK", "DONE", "CONFIRMED", *Remedy.values)
#: Figures that reveal the subject or the recipient: a reader's figure only counts letters that the reader may read.
REVEALING_FIGURES = {"GONE", "TO_ANSWER"} | {
    name for name, figure in LETTER_FIGURES.items() if figure.group in (OWN_DATE, HARM, RECIPIENT)
}
#: Figures that divide all letters, or all decided ones, without the personnel cases that the reader may not read: what
#: is missing in their sum is the number of those.
DIVIDING_FIGURES = {name for name, figure in LETTER_FIGURES.items() if figure.group in (HARM, RECIPIENT)}
#: Beside a figure of `DIVIDING_FIGURES` that is shown without its units.
NOT_DIVIDED = "Tallet er ikke delt op på enheder. I en mindre enhed kan det pege på en personalesag."
#: Figure -> what its letters lack, behind «3 breve» and «Intet brev». A letter of one of these figures is open, for the
#: closing of an incident and for its certificate.
OPEN_LETTER_FIGURES = {
    "OPEN": "mangler en beslutning",
    "DECIDED": "skal sendes",
    "NOT_ARRIVED": "er sendt igen uden at komme frem",
    "SENT_BACK": "mangler svar til lederen",
    "TO_ANSWER": "mangler et svar fra afsenderen",
    "DONE": "venter på lederen",
    "ARRIVING": "mangler bevis",
}
REMEDY_LABELS = {remedy.value: look.label for remedy, look in FollowUp.REMEDY_BADGES.items()}


def letter_conditions(reader: User | None, today: date, names: Collection[str] = ()) -> dict[str, Q]:
    """Return the condition behind each figure, for letters of `visible_to`; without a reader for all letters.

    `names`: the figures that are wanted, without names all. The condition of NOBODY needs a query.

    Each letter matches exactly one of OPEN, DECIDED, SENT_BACK, TO_ANSWER, DONE and CONFIRMED, and exactly one of
    OPEN and the remedies. A letter without a follow-up is OPEN. PASSED and HELP are parts of OPEN. MINE, THEIRS
    and OTHERS divide DONE: MINE waits for the reader, THEIRS has a leader nearer, OTHERS the reader may not confirm.
    AGAIN is the whole that ARRIVED is a share of: ARRIVED, ARRIVING, and what is not sent or sent back.

    For a reader, `REVEALING_FIGURES` only match letters that the reader may read.
    """
    readable = Q(reader_may_read=True) if reader else Q()
    to_answer = completeness.missing_mandatory_answer(completeness.LETTER_PREFIX)
    done = Q(followup__status=Status.DONE) & ~(to_answer & readable)
    conditions = {
        "ALL": Q(),
        "OPEN": UNDECIDED,
        "HAS_DECISION": HAS_DECISION,
        "HELP": UNDECIDED & completeness.awaits_desk(completeness.LETTER_PREFIX),
        "GONE": Q(followup__is_original_gone=True),
        "DECIDED": Q(followup__status=Status.DECIDED),
        "SENT_BACK": Q(followup__status=Status.SENT_BACK),
        "TO_ANSWER": to_answer,
        "DONE": done,
        "AGAIN": Q(followup__remedy__in=REMEDIES_THAT_SEND),
        **arrival_status.arrival_conditions(today),
        **(_conditions_of_confirmer(reader, done) if reader else {}),
        "CONFIRMED": Q(followup__status=Status.CONFIRMED),
        "NO_LEADER": Q(leader=None)
        & (UNDECIDED | Q(followup__status__in=[Status.DECIDED, Status.SENT_BACK, Status.DONE])),
        **{remedy.value: Q(followup__remedy=remedy) for remedy in Remedy},
        **_deadline_conditions(today),
        **_own_date_conditions(today),
        **HARM_CONDITIONS,
        **RECIPIENT_CONDITIONS,
    }
    wanted = names or [*conditions, "NOBODY"]
    if "NOBODY" in wanted:
        opened = FollowUp.objects.exclude(status=Status.CONFIRMED)
        conditions["NOBODY"] = Q(followup__in=absences.without_answerer(opened, today).values("pk"))
    return {name: conditions[name] & readable if name in REVEALING_FIGURES else conditions[name] for name in wanted}


def is_open_letter(today: date) -> Q:
    """Match the active letters that are not out of the way: confirmed and, if something was sent, proven to arrive."""
    return reduce(or_, letter_conditions(None, today, OPEN_LETTER_FIGURES).values())


def _conditions_of_confirmer(reader: User, done: Q) -> dict[str, Q]:
    confirmable, mine = rights.confirmable_by(reader), rights.awaits_confirmation_by(reader)
    return {"MINE": mine, "THEIRS": confirmable & ~mine, "OTHERS": done & ~confirmable}


def _deadline_conditions(today: date) -> dict[str, Q]:
    """Return the conditions about the deadline of the incident, which the day of the deadline meets."""
    day, deadline = TruncDate("followup__decided_at", tzinfo=danish.COPENHAGEN), F("incident__deadline")
    late = HAS_DECISION & Q(GreaterThan(day, deadline))
    return {
        "IN_TIME": HAS_DECISION & Q(LessThanOrEqual(day, deadline)),
        "LATE": late,
        **{f"LATE_{name}": late & group for name, group in _by_days_late(deadline, day).items()},
        "OVERDUE": UNDECIDED & Q(incident__deadline__lt=today),
    }


def _own_date_conditions(today: date) -> dict[str, Q]:
    """Return the conditions about the letter's own date: passed without a decision, or at the decision."""
    passed = UNDECIDED & due_dates.has_passed_due_date(today)
    missed, day = Q(followup__deadline_missed=True), TruncDate("followup__decided_at", tzinfo=danish.COPENHAGEN)
    old_date = Coalesce("followup__missed_on", "followup__due_on")
    known = Q(GreaterThan(day, old_date))
    return {
        "PASSED": passed,
        **{
            f"PASSED_{name}": passed & group
            for name, group in _by_days_late(F("followup__due_on"), Value(today, DateField())).items()
        },
        "MISSED": missed,
        **{f"MISSED_{name}": missed & known & group for name, group in _by_days_late(old_date, day).items()},
        "MISSED_UNDATED": missed
        & (Q(followup__missed_on=None, followup__due_on=None) | Q(LessThanOrEqual(day, old_date))),
    }


def _by_days_late(due: Combinable, day: Combinable) -> dict[str, Q]:
    """Divide the rows whose `day` is after `due` by the days between: 1 to 7, 8 to 30, and more."""
    week, month = (_days_before(day, days) for days in (7, 30))
    return {
        "1_7": Q(GreaterThanOrEqual(due, week)),
        "8_30": Q(LessThan(due, week)) & Q(GreaterThanOrEqual(due, month)),
        "31": Q(LessThan(due, month)),
    }


def _days_before(day: Combinable, days: int) -> Cast:
    return Cast(ExpressionWrapper(day - timedelta(days=days), DateTimeField()), DateField())


def count_letters(
    letters: LetterQuerySet, *by: str, reader: User | None, today: date, figures: Collection[str] = ROW_FIGURES
) -> list[CountedGroup]:
    """Count `figures` in one GROUP BY. Return (values of `by`, tally) for each group."""
    conditions = letter_conditions(reader, today, figures)
    counts = {name: Count("pk", filter=condition) for name, condition in conditions.items()}
    rows = letters.order_by().values(*by).annotate(**counts)
    return [({key: row[key] for key in by}, Tally({name: row[name] for name in counts})) for row in rows]


def count_together(letters: LetterQuerySet, reader: User | None, today: date, figures: Collection[str]) -> Tally:
    """Count `figures` of all the letters. One query."""
    groups = count_letters(letters, "incident", reader=reader, today=today, figures=figures)
    return sum((counts for _, counts in groups), Tally())


def count_public_figures(incident: Incident, today: date) -> Tally:
    """Count ALL, OPEN and ARRIVED of the incident for readers who are not signed in: none of them reveals a subject."""
    return count_together(Letter.objects.filter(incident=incident).active(), None, today, ("ALL", "OPEN", "ARRIVED"))


def sum_by_unit(groups: Iterable[CountedGroup]) -> dict[int, Tally]:
    """Sum tallies by `unit__lineage` up the tree. Return {unit id: tally of the letters at or below the unit}."""
    folded: dict[int, Tally] = defaultdict(Tally)
    for group, counts in groups:
        for unit_id in group["unit__lineage"] or []:
            folded[unit_id].update(counts)
    return folded


class FinishedUnit(NamedTuple):
    """The last confirmation at or below a unit, and the number of letters there without proof of arrival.

    `by`: the name of who confirmed, "" for a reader who does not see the letter.
    """

    at: datetime
    by: str
    unproven: int = 0

    @property
    def when(self) -> str:
        return f"{danish.weekday_date_short(self.at)} {danish.clock(self.at)}"

    @property
    def when_and_by(self) -> str:
        return f"{self.when} af {self.by}" if self.by else self.when


def is_unit_finished(counts: Tally) -> bool:
    return 0 < counts["ALL"] == counts["CONFIRMED"]


def finished_units(letters: LetterQuerySet, by_unit: list[CountedGroup], reader: User) -> dict[int, FinishedUnit]:
    """Return {unit id: last confirmation} for each unit with nothing left at or below the unit.

    `letters` may be more than the reader sees. A confirmation is named to who sees its letter.
    `by_unit` is the tally of `letters` by `unit__lineage`, with ARRIVING. One query; none if no unit is finished.
    """
    folded = sum_by_unit(by_unit)
    units = {pk for pk, counts in folded.items() if is_unit_finished(counts)}
    if not units:
        return {}
    newest = letters.filter(unit__in=units).order_by("unit_id", "-followup__confirmed_at").distinct("unit_id")
    is_seen = Q(pk__in=Letter.objects.visible_to(reader).order_by().values("pk"))
    name = Case(When(is_seen, then=F("followup__confirmed_by__name")), default=Value(""))
    found: dict[int, FinishedUnit] = {}
    for lineage, at, by in newest.values_list("unit__lineage", "followup__confirmed_at", name):
        if at is None:  # a letter added between the two queries
            continue
        for pk in units.intersection(lineage):
            last = FinishedUnit(at, by, folded[pk]["ARRIVING"])
            found[pk] = max(last, found.get(pk, last))
    return found


# --- Units --------------------------------------------------------------------------------------------------------

#: The figures that the choices of units need.
UNIT_FIGURES = ("ALL", "HAS_DECISION", "CONFIRMED")
#: Choice of units -> (key of the figure, label, sentence).
UNIT_TOTALS = {
    "all": ("units", "enheder med breve", "Enheder og underenheder, der selv har sendt mindst et af brevene."),
    "begun": ("units.begun", "enheder i gang", "Enheder, hvor mindst et af enhedens egne breve er besluttet."),
    "finished": (
        "units.finished",
        "enheder, hvor alt er bekræftet",
        "Enheder, hvor alle breve i enheden og underenhederne er bekræftet.",
    ),
}


def units_in_choice(groups: list[CountedGroup], choice: str) -> dict[int, Tally]:
    """Return {unit id: tally of the unit's own letters} of the units of a choice of `UNIT_TOTALS`.

    `groups`: counts of `UNIT_FIGURES` by `unit__lineage`, of letters that have a unit.
    """
    own: dict[int, Tally] = defaultdict(Tally)
    for group, counts in groups:
        own[group["unit__lineage"][-1]].update(counts)
    if choice == "begun":
        return {pk: counts for pk, counts in own.items() if counts["HAS_DECISION"]}
    if choice == "finished":
        folded = sum_by_unit(groups)
        return {pk: counts for pk, counts in own.items() if is_unit_finished(folded[pk])}
    return own
