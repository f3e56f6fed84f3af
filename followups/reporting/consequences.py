"""The consequences of letters: the rows of a list, the totals, and what is known about money.

A decision has one amount, which stands on the consequence of each party. The total counts the amount of a letter once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from django.db.models import F, Q, QuerySet

from followups.models import Consequence
from letters.models.letter import LetterQuerySet
from sepo_incident.core import danish

Party, Severity = Consequence.Party, Consequence.Severity
PARTY_LABELS = {Party.RECIPIENT: "for modtageren", Party.MUNICIPALITY: "for kommunen"}
SEVERITY_LABELS = {Severity.MINOR: "mindre", Severity.SOME: "mærkbare", Severity.GRAVE: "alvorlige"}


class Harm(NamedTuple):
    """A consequence as its figures count it. `letter`: the id of the letter."""

    letter: int
    party: str
    severity: str
    amount: Decimal | None
    is_handled: bool


class HarmCount(NamedTuple):
    """The key, the Danish words and the consequences of a figure."""

    key: str
    label: str
    sentence: str
    harms: list[Harm]


def consequences_of(letters: LetterQuerySet) -> QuerySet[Consequence]:
    return Consequence.objects.filter(followup__letter__in=letters.order_by().values("pk"))


def list_harms(letters: LetterQuerySet) -> list[Harm]:
    """Return the consequences of the letters. One query."""
    is_handled = Q(followup__handled_at__isnull=False)
    rows = consequences_of(letters).annotate(letter=F("followup__letter"), is_handled=is_handled)
    return [Harm(*row) for row in rows.values_list("letter", "party", "severity", "amount", "is_handled")]


def count_harms(harms: Sequence[Harm]) -> list[HarmCount]:
    """Return the figures: all, handled and open; by party; and by party and gravity, each handled and open."""
    counts = _split("consequences", "konsekvenser", "Konsekvenser, som afsenderne har skrevet, for hver part.", harms)
    for party, whom in PARTY_LABELS.items():
        of_party = [one for one in harms if one.party == party]
        key = f"consequences.{party.lower()}"
        counts += _split(key, f"konsekvenser {whom}", f"Konsekvenser {whom}.", of_party)
        for severity, how in SEVERITY_LABELS.items():
            part = [one for one in of_party if one.severity == severity]
            counts += _split(
                f"{key}.{severity.lower()}",
                f"{how} konsekvenser {whom}",
                f"Konsekvenser {whom} med svaret »{severity.label}«.",
                part,
            )
    counts.append(
        HarmCount(
            "consequences.without_amount",
            "konsekvenser uden et beløb",
            "Konsekvenser, hvor ingen har skrevet et beløb.",
            [one for one in harms if one.amount is None],
        )
    )
    return counts


def _split(key: str, label: str, sentence: str, harms: Sequence[Harm]) -> list[HarmCount]:
    return [
        HarmCount(key, label, sentence, list(harms)),
        HarmCount(
            f"{key}.handled",
            f"{label}, som nogen har taget hånd om",
            f"{sentence} Kun dem, hvor nogen har skrevet, hvad der er gjort.",
            [one for one in harms if one.is_handled],
        ),
        HarmCount(
            f"{key}.open",
            f"{label}, som ingen har taget hånd om",
            f"{sentence} Kun dem, hvor ingen har skrevet, hvad der er gjort.",
            [one for one in harms if not one.is_handled],
        ),
    ]


class AmountCount(NamedTuple):
    """A sum in kroner, with the Danish words and the letters behind it."""

    key: str
    label: str
    sentence: str
    kroner: Decimal
    letters: Collection[int]


def sum_amounts(harms: Iterable[Harm]) -> list[AmountCount]:
    """Return the sum of the known amounts, where a letter counts once, and the sums by party."""
    known = [one for one in harms if one.amount is not None]
    once = {one.letter: one.amount or Decimal(0) for one in sorted(known, key=lambda one: one.amount or 0)}
    sums = [
        AmountCount(
            "amount",
            "kendte beløb",
            "Kroner i alt. Et brev tæller én gang, også når både modtageren og kommunen er ramt.",
            sum(once.values(), Decimal(0)),
            once.keys(),
        )
    ]
    for party, whom in PARTY_LABELS.items():
        part = [one for one in known if one.party == party]
        kroner = sum((one.amount or Decimal(0) for one in part), Decimal(0))
        label, sentence = f"kendte beløb {whom}", f"Kroner i konsekvenser {whom}."
        sums.append(AmountCount(f"amount.{party.lower()}", label, sentence, kroner, {one.letter for one in part}))
    return sums


def economy_sentence(kroner: Decimal, letters: int, unknown: int, undecided: int) -> str:
    """Return what is known about money: some amounts, none, or not known yet.

    `letters`: number of letters with an amount. `unknown`: letters whose consequences nobody knows yet. `undecided`:
    letters without a decision. «Ingen» is said only if no amount is known and no answer is «ved ikke».
    """
    missing = [
        f"{danish.count(number, 'brev', 'breve')} {words}"
        for number, words in ((unknown, "mangler svar om konsekvenser"), (undecided, "mangler en beslutning"))
        if number
    ]
    rest = f" {danish.capitalized(danish.join_with_and(missing))}." if missing else ""
    if kroner:
        return f"Der er kendte beløb for {danish.kroner(kroner)} i {danish.count(letters, 'brev', 'breve')}.{rest}"
    if unknown:
        return f"Vi ved ikke endnu, om der er økonomiske konsekvenser.{rest}"
    return f"Ingen har lige nu oplyst økonomiske konsekvenser.{rest}"
