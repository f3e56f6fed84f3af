"""The form on *Hvad betyder kolonnerne?*: for each column of the lists that were found, what it means."""

import dataclasses
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

from django import forms
from django.utils.html import conditional_escape

from letters.checking import excel_letter
from letters.importing.columns import LABELS, REQUIRED
from letters.importing.lists import keys
from sepo_incident import danish

NOT_TAKEN = "Tages ikke med"
UNANSWERED = ("?", "Vælg")
MEANINGS = [
    ("", NOT_TAKEN),
    *((name, {"recipient": "Modtager (vises aldrig)"}.get(name, label)) for name, label in LABELS.items()),
]
#: Why we cannot do without it.
NEEDED_FOR = {
    "source_ref": "Vi skal kunne kende brevet igen.",
    "sent_at": "Vi skal vide, hvornår brevet er sendt.",
    "sender_email": "Vi skal vide, hvem der skal have besked.",
}


@dataclasses.dataclass
class Column:
    """A column of one list, or of several that call it the same. ``at`` is where in the first of them, from 0."""

    at: int
    header: str
    field: str
    why: str
    cells: list[str]
    sheets: list[int] = dataclasses.field(default_factory=list)

    @property
    def letter(self) -> str:
        return excel_letter(self.at)

    @property
    def is_open(self) -> bool:
        """We have no guess, so somebody must say it."""
        return bool(self.why) and not self.field

    @property
    def title(self) -> str:
        """«B: Afs_mail»"""
        return f"{self.letter}: {self.header}" if self.header else f"Kolonne {self.letter}"


def columns_of(found: Sequence[dict[str, Any]]) -> list[Column]:
    """Every column of the lists once, in the order of the first list that has it."""
    columns: dict[tuple[str, int], Column] = {}
    for one in found:
        for at, (key, told) in enumerate(
            zip(keys(column["header"] for column in one["columns"]), one["columns"], strict=True)
        ):
            columns.setdefault(key, Column(at, **told)).sheets.append(one["sheet"])
    return list(columns.values())


class ColumnsForm(forms.Form):
    """``found`` is what ``ImportBatch.found`` keeps. ``sheets`` and ``mapping`` are the answer, when it is valid."""

    husk = forms.BooleanField(
        label="Husk valgene til næste fil med de samme overskrifter", required=False, initial=True
    )

    def __init__(self, found: Sequence[dict[str, Any]], data: Any = None):
        super().__init__(data)
        self.found = found
        self.columns = columns_of(found)
        if len(found) > 1:
            self.fields["ark"] = forms.ChoiceField(
                label="Hvilket ark skal læses?",
                choices=[(str(one["sheet"]), sheet_label(one)) for one in found],
                widget=forms.RadioSelect,
                error_messages={"required": "Vælg det ark, listen står i."},
            )
        for number, column in enumerate(self.columns):
            self.fields[f"kolonne_{number}"] = forms.ChoiceField(
                label=f"{column.title}, betyder",
                help_text=conditional_escape(column.why),
                choices=[UNANSWERED, *MEANINGS] if column.is_open else MEANINGS,
                initial=UNANSWERED[0] if column.is_open else column.field,
                required=False,
                widget=forms.Select(attrs={"class": "form-select"}),
            )
        self.order_fields(["ark", *(f"kolonne_{number}" for number in range(len(self.columns)))])

    @property
    def lines(self) -> list[tuple[Column, list[tuple[str, str]], forms.BoundField]]:
        """Each column, its cells as (what the row is called, the text), and its select."""
        return [
            (column, list(zip_longest(self.numbers, column.cells, fillvalue="")), self[f"kolonne_{number}"])
            for number, column in enumerate(self.columns)
        ]

    @property
    def questions(self) -> list[tuple[str, str]]:
        """(id of a select, what is in doubt about its column), until it is answered."""
        if self.is_bound:
            return []
        doubts = [
            (field.id_for_label, f"Kolonne {column.letter}: {column.why}")
            for column, _, field in self.lines
            if column.why
        ]
        return self._missing({column.field for column in self.columns}) + doubts

    def _missing(self, fields: set[str]) -> list[tuple[str, str]]:
        spare = next((select for column, _, select in self.lines if not column.field), self.lines[0][2])
        return [
            (spare.id_for_label, f"{LABELS[name]} mangler. {NEEDED_FOR[name]}")
            for name in REQUIRED
            if name not in fields
        ]

    @property
    def numbers(self) -> list[str]:
        """What the rows shown are called."""
        if len(self.found) > 1:
            return ["Første række", "Anden række"][: max(len(one["numbers"]) for one in self.found)]
        return [f"Række {danish.number(number)}" for number in self.found[0]["numbers"]]

    @property
    def header_row(self) -> int | None:
        """Which row the headers of the only list were taken from; None where it has none."""
        return self.found[0]["row"] if any(column.header for column in self.columns) else None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for number in range(len(self.columns)):
            if cleaned.get(f"kolonne_{number}") == UNANSWERED[0]:
                self.add_error(f"kolonne_{number}", f"Vælg, hvad kolonnen betyder, eller »{NOT_TAKEN}«.")
        for sheet in self.sheets:
            self._refuse_two_for_one(sheet)
            self._refuse_missing(sheet)
        return cleaned

    @property
    def sheets(self) -> list[int]:
        """Those that are to be read; none where that is not answered."""
        if len(self.found) == 1:
            return [self.found[0]["sheet"]]
        chosen = self.cleaned_data.get("ark")
        return [int(chosen)] if chosen else []

    @property
    def mapping(self) -> list[list[str]]:
        """[[header, field or ""], …] of the columns of those sheets."""
        return [
            [column.header, self.cleaned_data.get(f"kolonne_{number}", "")]
            for number, column in enumerate(self.columns)
            if set(column.sheets) & set(self.sheets)
        ]

    def _refuse_two_for_one(self, sheet: int) -> None:
        first: dict[str, Column] = {}
        for number, column in enumerate(self.columns):
            name = self.cleaned_data.get(f"kolonne_{number}", "")
            if not name or sheet not in column.sheets:
                continue
            if name in first:
                said = f"»{LABELS[name]}« er allerede valgt for {first[name].title}. Vælg den ene af dem fra."
                self.add_error(f"kolonne_{number}", said)
            first.setdefault(name, column)

    def _refuse_missing(self, sheet: int) -> None:
        mine = [number for number, column in enumerate(self.columns) if sheet in column.sheets]
        chosen = {number: self.cleaned_data.get(f"kolonne_{number}", "") for number in mine}
        spare = next((number for number, name in chosen.items() if not name), mine[0])
        for name in REQUIRED:
            if name not in chosen.values():
                self.add_error(f"kolonne_{spare}", f"Vælg den kolonne, der er »{LABELS[name]}«. {NEEDED_FOR[name]}")


def sheet_label(one: dict[str, Any]) -> str:
    rows = "" if one["rows"] is None else f", {danish.count(one['rows'], 'række', 'rækker')}"
    return f"{one['name']}{rows}{', skjult' if one['is_hidden'] else ''}"
