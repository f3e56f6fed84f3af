"""The figures about letters. A number and the list behind it use the same condition, so both agree.

A letter is followed up (*fulgt op*) when it is decided, done and confirmed by the leader: what the deadline asks
(decision 69). Whether the letter has arrived is counted apart. A unit with only such letters is finished («Alle 6 breve
er fulgt op»). Nothing is stored: the state follows from the confirmations, so a new letter ends it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db.models import Case, F, Q, Subquery, Value, When

from followups.models import FollowUp
from followups.reporting.figure_definitions import HARM, LETTER_FIGURES, OWN_DATE, RECIPIENT
from followups.rules import absences, letter_state, rights
from letters.models import DEADLINE, Incident, Letter
from letters.models.letter import LetterQuerySet
from letters.models.visibility import letter_condition, readable_by
from sepo_incident.accounts.models import User
from sepo_incident.core import danish
from sepo_incident.core.sql_expression import SqlCounts

Status, Remedy = FollowUp.Status, FollowUp.Remedy

#: Name of a figure -> number of letters; 0 for a figure that was not counted.
Tally = Counter[str]
#: The values of the group, and the tally of the group.
CountedGroup = tuple[dict[str, Any], Tally]

#: Not `coalesce(status, 'OPEN')`: PostgreSQL knows how often the two parts are true, and so which way to join.
UNDECIDED = "({followup}.status = 'OPEN' OR {followup}.id IS NULL)"
#: Days that the confirmation came after the letter's deadline, that the decision came after the letter's own
#: date, and that an undecided letter's date has passed.
DAYS_LATE = "({followup}.confirmed_at AT TIME ZONE 'Europe/Copenhagen')::date - {deadline}"
DAYS_MISSED = "{followup}.deadline_missed AND {followup}.decided_on - coalesce({followup}.missed_on, {followup}.due_on)"
DAYS_PASSED = f"{UNDECIDED} AND {{today}} - {{followup}}.due_on"
#: The parts of a figure about days: name and condition.
DAYS = {"1_7": "BETWEEN 1 AND 7", "8_30": "BETWEEN 8 AND 30", "31": "> 30"}
FOUND, NOT_KNOWN = "{followup}.consequence_review = 'FOUND'", "{followup}.consequence_review = 'UNKNOWN'"
UNHANDLED, HANDLED = "{followup}.handled_at IS NULL", "{followup}.handled_at IS NOT NULL"
#: Figure -> condition on letters, in SQL. Each letter with a decision matches exactly one of NO_HARM, HARM_HANDLED,
#: HARM_OPEN, HARM_UNKNOWN, HARM_CLARIFIED.
CONDITIONS = {
    "ALL": "true",
    "OPEN": UNDECIDED,
    "LACKS_DECISION": f"({UNDECIDED} OR {{followup}}.status = 'SENT_BACK')",
    "HAS_DECISION": "{followup}.decided_at IS NOT NULL",
    "HELP": f"{UNDECIDED} AND {{escalation}}.is_with_desk",
    "GONE": "{followup}.is_original_gone",
    "DECIDED": "{followup}.status = 'DECIDED'",
    "SENT_BACK": "{followup}.status = 'SENT_BACK'",
    "AGAIN": "{followup}.remedy IN ('RESEND', 'NEW_LETTER', 'RESEND_AND_NEW', 'PAPER')",
    "FOLLOWED_UP": "{followup}.status = 'CONFIRMED'",
    "NOT_FOLLOWED_UP": "{followup}.status IS DISTINCT FROM 'CONFIRMED'",
    "NO_LEADER": "{letter}.leader_id IS NULL AND {followup}.status IS DISTINCT FROM 'CONFIRMED'",
    "IN_TIME": f"{DAYS_LATE} <= 0",
    "LATE": f"{DAYS_LATE} > 0",
    "OVERDUE": "{followup}.status IS DISTINCT FROM 'CONFIRMED' AND {deadline} < {today}",
    "PASSED": f"{DAYS_PASSED} > 0",
    "MISSED": "{followup}.deadline_missed",
    "MISSED_UNDATED": f"{{followup}}.deadline_missed AND ({DAYS_MISSED} > 0) IS NOT TRUE",
    "NO_HARM": "{followup}.consequence_review = 'NONE'",
    "HARM": FOUND,
    "HARM_HANDLED": f"{FOUND} AND {HANDLED}",
    "HARM_OPEN": f"{FOUND} AND {UNHANDLED}",
    "DECISION_CHANGED": "{followup}.is_decision_changed",
    "HARM_UNKNOWN": f"{NOT_KNOWN} AND {UNHANDLED}",
    "HARM_CLARIFIED": f"{NOT_KNOWN} AND {HANDLED}",
    **{f"LATE_{name}": f"{DAYS_LATE} {days}" for name, days in DAYS.items()},
    **{f"PASSED_{name}": f"{DAYS_PASSED} {days}" for name, days in DAYS.items()},
    **{f"MISSED_{name}": f"{DAYS_MISSED} {days}" for name, days in DAYS.items()},
    **{remedy: f"{{followup}}.remedy = '{remedy}'" for remedy in Remedy.values},
    **{kind: f"{{letter}}.recipient_kind = '{kind}'" for kind in Letter.RecipientKind.values},
}
IS_DONE = letter_condition("{followup}.status = 'DONE'")
#: What is missing until a letter is followed up, by whose turn it is: the sender's, and last the leader's. With
#: FOLLOWED_UP they divide all letters.
SENDERS_TURN, LEADERS_TURN = ("LACKS_DECISION", "DECIDED", "TO_ANSWER"), ("DONE",)
#: The figures of a board, in its tiles and tables. The others are counted only where they are asked for.
BOARD_FIGURES = (
    *("ALL", "FOLLOWED_UP", "LACKS_DECISION", "DECIDED", "TO_ANSWER", "DONE"),
    *("OPEN", "SENT_BACK", "PASSED", "HELP", "GONE"),
    *("HAS_DECISION", "MINE", "THEIRS", "OTHERS", "ARRIVED", "ARRIVING", "UNPROVEN", "NOT_ARRIVED"),
    *("NO_LEADER", "TOGETHER"),
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
ROW_FIGURES = (
    *("ALL", "FOLLOWED_UP", "LACKS_DECISION", "DECIDED", "TO_ANSWER", "DONE"),
    *("OPEN", "SENT_BACK", "PASSED", "HELP"),
    *Remedy.values,
)
#: Figures that reveal the subject or the recipient: a reader's figure only counts letters that the reader may read.
REVEALING_FIGURES = {"GONE", "TO_ANSWER"} | {
    name for name, figure in LETTER_FIGURES.items() if figure.group in (OWN_DATE, HARM, RECIPIENT)
}
#: Figures that divide all letters, or all decided ones, without the personnel cases that the reader may not read: what
#: is missing in their sum is the number of those.
DIVIDING_FIGURES = {name for name, figure in LETTER_FIGURES.items() if figure.group in (HARM, RECIPIENT)}
#: Beside a figure of `DIVIDING_FIGURES` that is shown without its units.
NOT_DIVIDED = "Tallet er ikke delt op på enheder. I en mindre enhed kan det pege på en personalesag."
#: A letter of one of these figures is open, for the closing of an incident and for its certificate.
OPEN_LETTER_FIGURES = ("LACKS_DECISION", "DECIDED", "NOT_ARRIVED", "TO_ANSWER", "DONE", "ARRIVING")
REMEDY_LABELS = {remedy.value: look.label for remedy, look in FollowUp.REMEDY_BADGES.items()}


def letter_conditions(reader: User | None, today: date, names: Collection[str] = ()) -> dict[str, Any]:
    """Return the condition behind each figure, for letters of `visible_to`; without a reader for all letters.

    `names`: the figures that are wanted, without names all. The condition of NOBODY needs a query.

    Each letter matches exactly one of FOLLOWED_UP and the figures of `SENDERS_TURN` and `LEADERS_TURN`, and exactly one
    of OPEN and the remedies. A letter without a follow-up is OPEN. OPEN and SENT_BACK are the parts of LACKS_DECISION,
    PASSED and HELP are parts of OPEN. MINE, THEIRS and OTHERS divide DONE: MINE waits for the reader, THEIRS has a
    leader nearer, OTHERS the reader may not confirm. TOGETHER: the reader may decide about many of them at once.
    AGAIN is the whole that ARRIVED is a share of: ARRIVED, ARRIVING, and what is not sent or sent back.

    For a reader, `REVEALING_FIGURES` only match letters that the reader may read.
    """
    figures = READER_LABELS if reader else {}
    made = letter_state.arrival_conditions(today) | {"TO_ANSWER": letter_state.MISSES_ANSWER}

    def condition(name: str) -> Any:
        if reader and name in READER_LABELS:
            confirmable, mine = rights.confirmable_by(reader), rights.awaits_confirmation_by(reader)
            return {"MINE": mine, "THEIRS": confirmable & ~mine, "OTHERS": condition("DONE") & ~confirmable}[name]
        if reader and name == "TOGETHER":
            return rights.bulk_decidable_by(reader, today)
        if name == "DONE":
            return IS_DONE & ~condition("TO_ANSWER")
        if name == "NOBODY":
            opened = FollowUp.objects.exclude(status=Status.CONFIRMED)
            waiting = absences.without_answerer(opened, today).values("pk")
            return letter_condition("{followup}.id IN {waiting}", waiting=Subquery(waiting))
        found = made.get(name) or letter_condition(CONDITIONS[name], today=today, deadline=DEADLINE)
        return found & readable_by(reader) if reader and name in REVEALING_FIGURES else found

    return {name: condition(name) for name in names or [*CONDITIONS, *made, *figures, "DONE", "NOBODY"]}


def count_letters(
    letters: LetterQuerySet, *by: str, reader: User | None, today: date, figures: Collection[str] = ROW_FIGURES
) -> list[CountedGroup]:
    """Count `figures` in one GROUP BY. Return (values of `by`, tally) for each group."""
    conditions = letter_conditions(reader, today, figures)
    rows = letters.order_by().values(*by).annotate(counts=SqlCounts(conditions.values()))
    return [({key: row[key] for key in by}, Tally(dict(zip(conditions, row["counts"], strict=True)))) for row in rows]


def count_together(letters: LetterQuerySet, reader: User | None, today: date, figures: Collection[str]) -> Tally:
    """Count `figures` of all the letters. One query."""
    groups = count_letters(letters, "incident", reader=reader, today=today, figures=figures)
    return sum((counts for _, counts in groups), Tally())


def count_public_figures(incident: Incident, today: date) -> Tally:
    """Count ALL, FOLLOWED_UP and ARRIVED of the incident for who is not signed in: none of them reveals a subject."""
    letters = Letter.objects.filter(incident=incident).active()
    return count_together(letters, None, today, ("ALL", "FOLLOWED_UP", "ARRIVED"))


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


def missing_letters(counts: Tally) -> int:
    """Return the number of letters that are not followed up: NOT_FOLLOWED_UP where only its whole was counted."""
    return counts["ALL"] - counts["FOLLOWED_UP"]


def is_unit_finished(counts: Tally) -> bool:
    return counts["ALL"] > 0 and not missing_letters(counts)


def finished_units(letters: LetterQuerySet, folded: Mapping[int, Tally], reader: User) -> dict[int, FinishedUnit]:
    """Return {unit id: last confirmation} for each unit with nothing left at or below the unit.

    `letters` may be more than the reader sees. A confirmation is named to who sees its letter.
    `folded`: `sum_by_unit` of `letters`, with ARRIVING. One query; none if no unit is finished.
    """
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
UNIT_FIGURES = ("ALL", "HAS_DECISION", "FOLLOWED_UP")
#: Choice of units -> (key of the figure, label, sentence).
UNIT_TOTALS = {
    "all": ("units", "enheder med breve", "Enheder og underenheder, der selv har sendt mindst et af brevene."),
    "begun": ("units.begun", "enheder i gang", "Enheder, hvor mindst et af enhedens egne breve har en beslutning."),
    "finished": (
        "units.finished",
        "enheder, hvor alt er fulgt op",
        "Enheder, hvor alle breve i enheden og underenhederne er fulgt op.",
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
