"""The consequences on a board: the filter, the totals, and the totals of the units below."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

import django_filters
from django import forms
from django.db.models import Case, QuerySet, Value, When
from django.urls import reverse
from django.utils import timezone

from followups.boards.board import Board
from followups.boards.board_letters import board_letters
from followups.boards.tables import LinkedNumber
from followups.models import Consequence
from followups.reporting import consequences
from followups.reporting.consequences import HANDLED, Harm, Severity
from followups.reporting.figures import Scope
from followups.reporting.letter_figures import Tally, count_together
from sepo_incident.accounts.list_export import TableColumn, TableExport
from sepo_incident.accounts.models import Unit
from sepo_incident.core import danish
from sepo_incident.core.sorting import Column, danish_order

#: The worst first.
SEVERITY_ORDER = Case(*(When(severity=one, then=Value(place)) for place, one in enumerate(Severity)), default=Value(0))
CONSEQUENCE_COLUMNS = {
    "unit": Column(danish_order("followup__letter__unit__name")),
    "severity": Column(SEVERITY_ORDER, descending_first=True),
    "amount": Column("amount", descending_first=True),
    "handled": Column("followup__handled_at", descending_first=True),
}


CONSEQUENCE_EXPORT: TableExport[Consequence] = TableExport(
    "konsekvenser-enhed",
    "Konsekvenser",
    [
        TableColumn("Brev", lambda one: one.followup.letter.title, 44),
        TableColumn("Personalesag", lambda one: "Ja" if one.followup.letter.is_personnel_case else "Nej", 13),
        TableColumn("Enhed", lambda one: one.followup.letter.unit.name if one.followup.letter.unit else "", 30),
        TableColumn("Hvor alvorlig", lambda one: danish.capitalized(one.get_severity_display()), 14),
        TableColumn("For hvem", lambda one: danish.capitalized(one.get_party_display()), 16),
        TableColumn("Hvad er der sket?", lambda one: one.text, 60),
        TableColumn("Beløb", lambda one: one.amount, 14),
        TableColumn("Håndteret", lambda one: one.followup.handled_at, 17),
        TableColumn("Håndteret af", lambda one: one.followup.handled_by.name if one.followup.handled_by else ""),
    ],
)


class ConsequenceFilter(django_filters.FilterSet):
    severity = django_filters.ChoiceFilter(
        label="Hvor alvorlig", empty_label="Alle", choices=[(one, danish.capitalized(one.label)) for one in Severity]
    )
    party = django_filters.ChoiceFilter(
        label="For hvem",
        empty_label="Alle",
        choices=[(one, danish.capitalized(one.label)) for one in Consequence.Party],
    )
    state = django_filters.ChoiceFilter(
        label="Håndteret",
        empty_label="Begge dele",
        choices=[("open", "Ikke håndteret"), ("handled", "Håndteret")],
        method="by_state",
    )
    amount = django_filters.ChoiceFilter(
        label="Beløb",
        empty_label="Med og uden",
        choices=[("with", "Med et beløb"), ("without", "Uden et beløb")],
        method="by_amount",
    )

    #: The consequences of one unit, without the units below.
    unit = django_filters.NumberFilter(
        field_name="followup__letter__unit", widget=forms.HiddenInput, min_value=0, decimal_places=0
    )

    def by_state(self, rows: QuerySet[Consequence], name: str, value: str) -> QuerySet[Consequence]:
        return rows.filter(HANDLED if value == "handled" else ~HANDLED)

    def by_amount(self, rows: QuerySet[Consequence], name: str, value: str) -> QuerySet[Consequence]:
        return rows.filter(amount__isnull=value == "without")

    @property
    def is_chosen(self) -> bool:
        self.form.is_valid()
        return any(self.form.cleaned_data.values())


class HarmTotal(NamedTuple):
    """Numbers of a unit with the units below: consequences, open consequences, and known kroner."""

    name: str
    all: LinkedNumber
    open: LinkedNumber
    kroner: str
    kroner_url: str


class ConsequenceTotals:
    """The totals of the whole board. `rows`: the consequences that the reader counts, before any filter.

    On a large board the totals of the report are said too, with the consequences that the reader may not read.
    """

    def __init__(self, board: Board, rows: QuerySet[Consequence]) -> None:
        self.board, self.harms = board, consequences.list_harms(rows)
        self.reported = self.harms
        letters, reader = board.letters.readable(), None if board.is_large else board.reader
        if board.is_large:
            letters = Scope(board.incident, board.unit, timezone.now()).letters
            self.reported = consequences.list_harms(consequences.consequences_of(letters))
        self.counts = count_together(letters, reader, board.today, ("HARM_UNKNOWN", "OPEN"))
        if not board.tells_personnel_cases:  # without personnel cases the numbers would tell how many there are
            self.counts = Tally({"OPEN": board.counts["OPEN"]})

    @property
    def hidden(self) -> list[Harm]:
        """The consequences that only the report counts."""
        shown = {one.letter for one in self.harms}
        return [one for one in self.reported if one.letter not in shown]

    @property
    def hidden_sentence(self) -> str:
        """What the report counts, and the list does not show."""
        if not self.hidden:
            return ""
        total = danish.count(len(self.reported), "konsekvens", "konsekvenser")
        hidden = danish.capitalized(danish.number_word(len(self.hidden)))
        words = "er i en personalesag og vises" if len(self.hidden) == 1 else "er i personalesager og vises"
        return f"Statusnotatet tæller {total}. {hidden} {words} ikke her."

    @property
    def economy(self) -> list[tuple[str, str]]:
        """What is known about money, as (text, address or ""). A number that only the report counts has no address."""
        unknown, undecided = self.counts["HARM_UNKNOWN"], self.counts["OPEN"]
        urls = {} if self.hidden else {consequences.AMOUNT: harm_link(self.board.unit, {"amount": "with"})}
        if undecided == self.board.counts["OPEN"]:
            urls["OPEN"] = self.board.list_url("OPEN")
        if not self.board.unreadable_letters.exists():
            urls["HARM_UNKNOWN"] = self.board.list_url("HARM_UNKNOWN")
        parts = consequences.economy_parts(self.reported, unknown, undecided)
        return [(text, urls.get(figure, "")) for text, figure in parts]

    def by_unit(self) -> list[HarmTotal]:
        """Return a total for each unit right below with consequences, and last one for the unit itself.

        None on a board without units below, or whose units may be closed to the reader.
        """
        if self.board.is_alone:
            return []
        units = Unit.objects.in_bulk({one.unit for one in self.harms if one.unit})
        place = len(self.board.unit.lineage)
        groups: dict[int, list[Harm]] = defaultdict(list)
        for one in self.harms:
            lineage = units[one.unit].lineage if one.unit else []
            groups[lineage[place] if len(lineage) > place else self.board.unit.pk].append(one)
        own = groups.pop(self.board.unit.pk, None)
        below = Unit.objects.in_order().filter(pk__in=groups)
        totals = [harm_total(unit.name, unit, groups[unit.pk]) for unit in below]
        if own and totals:
            totals.append(
                harm_total(f"Direkte i {self.board.unit.name}", self.board.unit, own, unit=str(self.board.unit.pk))
            )
        return totals


def harm_total(name: str, unit: Unit, harms: list[Harm], /, **choices: str) -> HarmTotal:
    opened = sum(1 for one in harms if not one.is_handled)
    with_amount = sum(1 for one in harms if one.amount is not None)
    return HarmTotal(
        name,
        LinkedNumber(len(harms), harm_link(unit, choices)),
        LinkedNumber(opened, harm_link(unit, choices | {"state": "open"})),
        kroner_of(harms),
        harm_link(unit, choices | {"amount": "with"}) if with_amount else "",
    )


def harm_link(unit: Unit, choices: Mapping[str, str]) -> str:
    """Return the address of the unit's consequences, filtered."""
    query = f"?{urlencode(choices)}" if choices else ""
    return f"{reverse('board_consequences', args=[unit.pk])}{query}#konsekvenser"


def kroner_of(harms: list[Harm]) -> str:
    return danish.kroner(consequences.sum_amounts(harms)[0].kroner)


def consequence_rows(board: Board) -> QuerySet[Consequence, Any]:
    """Return the consequences that the reader counts: of no personnel case that the reader may not read."""
    return consequences.consequences_of(board.letters.readable())


def listed_rows(board: Board, rows: QuerySet[Consequence, Any]) -> QuerySet[Consequence, Any]:
    """Return the consequences of letters that the reader sees, with the columns of a row."""
    seen = board_letters(board.unit, board.incident, board.reader)
    listed = rows.filter(followup__letter__in=seen.order_by().values("pk"))
    return listed.select_related("followup__letter__unit", "followup__handled_by")
