"""The consequences of letters: the rows of a list, the totals, and what is known about money.

A decision has one amount, which stands on the consequence of each party. The total counts the amount of a letter once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Q, QuerySet

from followups.models import Consequence
from followups.reporting.figure_definitions import LETTER_FIGURES
from letters.models.letter import LetterQuerySet
from sepo_incident.core import danish

Party, Severity = Consequence.Party, Consequence.Severity
#: Somebody has written what was done about the consequences of the letter.
HANDLED = Q(followup__handled_at__isnull=False)
#: What `money_knowledge` says while an answer is missing.
MONEY_UNKNOWN = "Det vides endnu ikke, om der er økonomiske konsekvenser."
#: Keys of the figures of all consequences, of all kroner and of the grave consequences.
CONSEQUENCES, AMOUNT = "consequences", "amount"
GRAVE = f"{CONSEQUENCES}.grave"
PARTY_LABELS = {Party.RECIPIENT: "for modtageren", Party.MUNICIPALITY: "for kommunen"}
SEVERITY_LABELS = {Severity.MINOR: "mindre", Severity.SOME: "mærkbare", Severity.GRAVE: "alvorlige"}


class Harm(NamedTuple):
    """A consequence to count. `letter` and `unit`: ids."""

    letter: int
    unit: int | None
    party: str
    severity: str
    amount: Decimal | None
    is_handled: bool


class HarmCount(NamedTuple):
    """The key, the Danish words and the consequences of a figure. `choices`: the filter of the list that has them."""

    key: str
    label: str
    sentence: str
    choices: dict[str, str]
    harms: list[Harm]


def consequences_of(letters: LetterQuerySet) -> QuerySet[Consequence]:
    return Consequence.objects.filter(followup__letter__in=letters.order_by().values("pk"))


def list_harms(rows: QuerySet[Consequence]) -> list[Harm]:
    """Return a `Harm` for each consequence. One query."""
    found = rows.annotate(is_handled=HANDLED).order_by("pk")
    fields = ("followup__letter", "followup__letter__unit", "party", "severity", "amount", "is_handled")
    return [Harm(*row) for row in found.values_list(*fields)]


def count_harms(harms: Sequence[Harm]) -> list[HarmCount]:
    """Return the figures: all, handled and open; the grave ones; by party; and by party and gravity, each divided."""
    found = "Konsekvenser, som afsenderne har fundet"
    all_harms, *states = _split(CONSEQUENCES, "konsekvenser", found, {}, harms)
    both = f"{found}. Et brev kan have en for modtageren og en for kommunen."
    counts = [all_harms._replace(sentence=both), *states]
    graves = [one for one in harms if one.severity == Severity.GRAVE]
    said = f"{found}, med svaret »{Severity.GRAVE.label}«"
    counts += _split(GRAVE, "alvorlige konsekvenser", said, {"severity": Severity.GRAVE.value}, graves)
    for party, whom in PARTY_LABELS.items():
        of_party = [one for one in harms if one.party == party]
        key, choices = f"{CONSEQUENCES}.{party.lower()}", {"party": party.value}
        counts += _split(key, f"konsekvenser {whom}", f"Konsekvenser {whom}", choices, of_party)
        for severity, how in SEVERITY_LABELS.items():
            part = [one for one in of_party if one.severity == severity]
            label, words = f"{how} konsekvenser {whom}", f"Konsekvenser {whom} med svaret »{severity.label}«"
            counts += _split(f"{key}.{severity.lower()}", label, words, choices | {"severity": severity.value}, part)
    sentence = "Konsekvenser, hvor ingen har skrevet et beløb."
    without = [one for one in harms if one.amount is None]
    key = f"{CONSEQUENCES}.without_amount"
    return [*counts, HarmCount(key, "konsekvenser uden et beløb", sentence, {"amount": "without"}, without)]


def _split(key: str, label: str, which: str, choices: dict[str, str], harms: Sequence[Harm]) -> list[HarmCount]:
    """Return the figures of all, handled and open consequences. `which`: the sentence of the first, without «.»."""
    counts = [HarmCount(key, label, f"{which}.", choices, list(harms))]
    for state, words, is_handled in (("handled", "som er håndteret", True), ("open", "som ikke er håndteret", False)):
        part = [one for one in harms if one.is_handled is is_handled]
        said = f"{which}, hvor {'nogen' if is_handled else 'ingen'} har skrevet, hvad der er gjort."
        counts.append(HarmCount(f"{key}.{state}", f"{label}, {words}", said, choices | {"state": state}, part))
    return counts


class AmountCount(NamedTuple):
    """A sum in kroner, with the Danish words and the letters behind it. `choices`: as of `HarmCount`."""

    key: str
    label: str
    sentence: str
    choices: dict[str, str]
    kroner: Decimal
    letters: Collection[int]


def sum_amounts(harms: Iterable[Harm]) -> list[AmountCount]:
    """Return the sum of the known amounts, where a letter counts once, and the sums by party."""
    known = [one for one in harms if one.amount is not None]
    once = {one.letter: one.amount or Decimal(0) for one in sorted(known, key=lambda one: one.amount or 0)}
    sums = [
        AmountCount(
            AMOUNT,
            "kendte beløb",
            "Kroner i alt. Et brev tæller én gang, også når både modtageren og kommunen er ramt.",
            {"amount": "with"},
            sum(once.values(), Decimal(0)),
            once.keys(),
        )
    ]
    for party, whom in PARTY_LABELS.items():
        part = [one for one in known if one.party == party]
        kroner = sum((one.amount or Decimal(0) for one in part), Decimal(0))
        label, sentence = f"kendte beløb {whom}", f"Kroner i konsekvenser {whom}."
        choices = {"amount": "with", "party": party.value}
        letters = {one.letter for one in part}
        sums.append(AmountCount(f"{AMOUNT}.{party.lower()}", label, sentence, choices, kroner, letters))
    return sums


def money_knowledge(kroner: int | Decimal, unknown: int | Decimal) -> str:
    """Return the sentence about money where no amount is known, or "" where the known amounts are `kroner`.

    `unknown`: letters whose consequences nobody knows yet. «Ingen» is said only if there are none.
    """
    if kroner:
        return ""
    if unknown:
        return MONEY_UNKNOWN
    return "Der er ikke oplyst økonomiske konsekvenser."


def economy_parts(harms: Iterable[Harm], unknown: int, undecided: int) -> list[tuple[str, str]]:
    """Return what is known about money, and how many letters may change it; as (text, figure that it counts or "").

    `unknown`: as of `money_knowledge`. `undecided`: letters without a decision. The figure of the amounts is `AMOUNT`.
    """
    total = sum_amounts(harms)[0]
    if nothing := money_knowledge(total.kroner, unknown):
        parts = [(nothing, "")]
    else:
        letters = danish.count(len(total.letters), "brev", "breve")
        parts = [("Der er ", ""), (f"kendte beløb for {danish.kroner(total.kroner)}", AMOUNT), (f" i {letters}.", "")]
    missing = [
        (f"{danish.count(number, 'brev', 'breve')} {words}", figure)
        for number, words, figure in (
            (unknown, LETTER_FIGURES["HARM_UNKNOWN"].label, "HARM_UNKNOWN"),
            (undecided, "har ingen beslutning", "OPEN"),
        )
        if number
    ]
    for begins, part in zip((" ", " og "), missing, strict=False):
        parts += [(begins, ""), part]
    return [*parts, (".", "")] if missing else parts
