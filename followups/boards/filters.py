"""The filters above the letter list. Filters live in the address, so paging, saving and a shared link keep the
filters.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import django_filters
from django import forms
from django.db.models import Q
from django.http import QueryDict

from followups.reporting.figure_definitions import LETTER_FIGURES
from followups.reporting.letter_figures import (
    FIGURE_LABELS,
    READER_LABELS,
    REMEDY_LABELS,
    letter_conditions,
)
from followups.rules.letter_rows import sort_letters
from letters.models import Letter
from letters.models.letter import UNKNOWN_SENDER, LetterQuerySet
from sepo_incident.accounts.models import Unit, User
from sepo_incident.core import calendar, danish

#: With more senders the filter is no list: the reader searches for a name, or comes from the table of people.
MANY_SENDERS = 60

#: Two of `CONFIRMER_FIGURES`, which are offered only to readers who confirm on this board.
STATUS_MINE, STATUS_THEIRS = "MINE", "THEIRS"
#: Heading above fields of the form, in the order of the page. The other fields are hidden or folded.
FIELD_GROUPS = {
    "Find brevet": ("words", "category", "deadline"),
    "Hvor langt er det?": ("status", "remedy"),
    "Fra hvem, til hvem?": ("sender", "recipient"),
}


class FilterChip(NamedTuple):
    """An active filter as a chip: the label, and the address without the filter."""

    label: str
    without: str


def status_choices() -> list[tuple[str, Any]]:
    """Return the figures about letters in groups, after the choice of all; those about the reader come first."""
    groups: dict[str, list[tuple[str, str]]] = {"Dig": list(READER_LABELS.items())}
    for name, figure in LETTER_FIGURES.items():
        if figure.filter == "status" and name != "ALL":
            groups.setdefault(figure.group, []).append((name, figure.label))
    return [("ALL", "Alle breve"), *groups.items()]


class LetterFilter(django_filters.FilterSet):
    status = django_filters.ChoiceFilter(
        label="Vis breve, der", empty_label=None, choices=status_choices, method="by_figure"
    )
    remedy = django_filters.ChoiceFilter(
        label="Beslutning",
        empty_label="Alle beslutninger",
        choices=list(REMEDY_LABELS.items()),
        field_name="followup__remedy",
    )
    recipient = django_filters.ChoiceFilter(
        label="Modtager",
        empty_label="Alle modtagere",
        choices=[(kind, LETTER_FIGURES[kind].label) for kind in Letter.RecipientKind.values],
        method="by_figure",
    )
    category = django_filters.CharFilter(label="Emne", field_name="shown_category", widget=forms.Select)
    sender = django_filters.NumberFilter(
        label="Afsender", method="by_sender", widget=forms.HiddenInput, min_value=0, decimal_places=0
    )
    deadline = django_filters.ChoiceFilter(
        label="Brevets dato",
        empty_label="Med og uden",
        choices=[("1", "Breve med en dato")],
        method="by_deadline",
    )
    words = django_filters.CharFilter(label="Emne, navn, enhed eller sagsnummer", method="by_words")
    #: Chosen by the column heads; the form carries the order on.
    sort = django_filters.CharFilter(widget=forms.HiddenInput, method="in_place")
    #: The letters of one unit, without the units below.
    unit = django_filters.NumberFilter(
        label="Underenheder", field_name="unit", widget=forms.HiddenInput, min_value=0, decimal_places=0
    )

    def __init__(self, data: QueryDict, letters: LetterQuerySet, unit: Unit, reader: User):
        super().__init__(data, letters)
        self.board_unit, self.reader = unit, reader

    def offer(self, categories: Sequence[str], senders: Sequence[tuple[str, str]], may_confirm: bool) -> None:
        """Set the choices of the filters to the categories and senders of this board.

        `senders` are (id, name). A reader who confirms nothing here is not offered the statuses about confirmation.
        """
        fields = self.form.fields
        fields["category"].widget.choices = [("", "Alle emner"), *((name, name) for name in categories)]
        if not may_confirm:
            fields["status"].choices = [choice for choice in status_choices() if choice[0] != "Dig"]
        if len(senders) <= MANY_SENDERS:
            fields["sender"].widget = forms.Select(choices=[("", "Alle afsendere"), *senders])

    # --- what each choice means -------------------------------------------------------------------------------

    def by_figure(self, letters: LetterQuerySet, name: str, value: str) -> LetterQuerySet:
        return letters.filter(letter_conditions(self.reader, calendar.today(), [value])[value])

    def by_sender(self, letters: LetterQuerySet, name: str, value: Decimal) -> LetterQuerySet:
        return letters.filter(sender=int(value) or None)

    def by_deadline(self, letters: LetterQuerySet, name: str, value: str) -> LetterQuerySet:
        """Keep letters with a date in the subject, a date from a rule or a person, or a mark in the list.

        Only letters that the reader may read, because the date reveals the subject.
        """
        return letters.readable().filter(
            Q(has_deadline=True) | Q(named_on__isnull=False) | Q(followup__due_on__isnull=False)
        )

    def by_words(self, letters: LetterQuerySet, name: str, value: str) -> LetterQuerySet:
        """Keep letters that match every word, in what `matching` says or at the beginning of the record number."""
        return letters.matching(value, lambda word: Q(followup__record_number__istartswith=word, reader_may_read=True))

    def in_place(self, letters: LetterQuerySet, name: str, value: str) -> LetterQuerySet:
        return letters

    # --- the answer -------------------------------------------------------------------------------------------

    def letters(self) -> LetterQuerySet:
        """Return the filtered letters in the chosen order."""
        ordered: LetterQuerySet = sort_letters(self.data).order(self.qs, "sent_at", "pk")
        return ordered

    @property
    def letters_to_act_on(self) -> LetterQuerySet:
        """The filtered letters; none for an invalid filter, which a list ignores."""
        found: LetterQuerySet = self.qs if self.is_valid() else self.qs.none()
        return found

    def takes_together(self) -> int:
        """Count the filtered letters that the reader may include in a decision about many letters."""
        together = self.by_figure(self.qs, "status", "TOGETHER")
        return together.count()

    @property
    def chosen(self) -> dict[str, Any]:
        """The valid filters by name. Invalid filters are ignored."""
        self.form.is_valid()
        return {name: value for name, value in self.form.cleaned_data.items() if value not in ("", None, [])}

    @property
    def only_figure(self) -> str:
        """The figure whose letters are listed, or "" if another filter narrows the list too."""
        narrower = self.chosen.keys() - {"status", "sort"}
        return "" if narrower else self.chosen.get("status", "ALL")

    @property
    def groups(self) -> dict[str, list[forms.BoundField]]:
        """The fields of the form that stand open, by heading."""
        return {heading: [self.form[name] for name in names] for heading, names in FIELD_GROUPS.items()}

    def chips(self) -> list[FilterChip]:
        return [
            FilterChip(self._words(name, value), f"{self._query_without(name)}#breve")
            for name, value in self.chosen.items()
            if name != "sort" and value != "ALL"
        ]

    def _query_without(self, name: str) -> str:
        """Return the filters without one: an address without a status lists what lacks a decision."""
        left = self.data.copy()
        left.pop("page", None)
        if name == "status":
            left["status"] = "ALL"
        else:
            left.pop(name, None)
        return filter_query(left) or "?"

    def _words(self, name: str, value: Any) -> str:
        if name == "sender":
            return self._sender_words(int(value))
        if name == "unit":
            return self._unit_words(int(value))
        if name == "words":
            return f"»{value}«"
        labels = FIGURE_LABELS if name == "status" else dict(getattr(self.form.fields[name], "choices", []))
        return danish.capitalized(str(labels.get(value, value)))

    def _sender_words(self, pk: int) -> str:
        theirs = self.queryset.filter(sender=pk or None).values_list("sender__name", flat=True)
        return next((name or UNKNOWN_SENDER for name in theirs[:1]), "En afsender uden breve her")

    def _unit_words(self, pk: int) -> str:
        if pk == self.board_unit.pk:
            return "Kun enheden selv"
        below = Unit.objects.at_or_below([self.board_unit.pk]).filter(pk=pk).first()
        return f"Kun {below}" if below else "En enhed uden breve her"


def filter_query(data: QueryDict, without: Sequence[str] = ()) -> str:
    """Return the filters as a query string, for example «?status=DONE», or "", without the names in `without`."""
    left = data.copy()
    for gone in without:
        left.pop(gone, None)
    return f"?{left.urlencode()}" if left else ""
