"""*Kolonnerne i filen*: the meaning of every column of the sheets found.

Asked while columns or sheets are in doubt. After reading, the same URL shows how the columns were read; the file is
gone by then, so a different reading needs a new upload.
"""

import dataclasses
from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.html import conditional_escape
from django.views.decorators.http import require_http_methods

from letters.importing import batches
from letters.importing.files.headers import LABELS, header_says_utc, is_message_id_header
from letters.importing.files.sheet_selection import column_keys, columns_from_mapping, quote_names
from letters.models import ImportBatch
from sepo_incident.accounts.roles import Role, SignedInRequest, requires_role
from sepo_incident.core import danish, task_queue
from sepo_incident.core.sheet import column_letter

NOT_TAKEN_LABEL = "Tages ikke med"
UNANSWERED = ("?", "Vælg")
FIELD_CHOICES = [
    ("", NOT_TAKEN_LABEL),
    *((name, {"recipient": "Modtager (vises aldrig)"}.get(name, label)) for name, label in LABELS.items()),
]
#: The reason why a field is required.
WHY_REQUIRED = {
    "source_ref": "Har listen ingen, kan vi lave dem.",
    "sent_at": "Vi skal vide, hvornår brevet er sendt.",
    "sender_email": "Afsenderen skal have besked.",
}
#: The value of «Alle 3 ark».
ALL_SHEETS = "alle"
ONE_AT_A_TIME = "Gem dem som hver sin fil."
#: Sheets read together must agree on: (field, test of the field's header, Danish complaint).
SHEET_CONFLICTS: list[tuple[str, Callable[[str], bool], str]] = [
    ("sent_at", header_says_utc, "kun nogle har tider i UTC"),
    ("source_ref", is_message_id_header, "nogle har Message-ID og andre Brev-id"),
]
#: Fields that hide a personnel case. A column that is certainly one of them keeps its meaning.
HIDING_FIELDS = ("recipient_kind", "subject")


@dataclasses.dataclass
class FoundColumn:
    """A column of the sheets that give the column the same header. `at`: index from 0 in the first of the sheets."""

    at: int
    header: str
    field: str
    why: str
    cells: list[str]
    is_harmless: bool = False
    sheets: list[int] = dataclasses.field(default_factory=list)
    #: «i arket »Syd«», if other sheets do not have the column
    only_in: str = ""

    @property
    def letter(self) -> str:
        return column_letter(self.at)

    @property
    def is_open(self) -> bool:
        """Tell whether the column needs an answer, because there is no guess."""
        return bool(self.why) and not self.field

    @property
    def title(self) -> str:
        """Return for example «B: Afs_mail»."""
        return f"{self.letter}: {self.header}" if self.header else f"Kolonne {self.letter}"


def merge_columns(found: Sequence[dict[str, Any]]) -> list[FoundColumn]:
    """Return every column of the sheets once, in the order of the first sheet with the column."""
    columns: dict[tuple[str, int], FoundColumn] = {}
    for sheet in found:
        for at, (key, found_column) in enumerate(
            zip(column_keys(column["header"] for column in sheet["columns"]), sheet["columns"], strict=True)
        ):
            columns.setdefault(key, FoundColumn(at, **found_column)).sheets.append(sheet["sheet"])
    for column in columns.values():
        names = [sheet["name"] for sheet in found if sheet["sheet"] in column.sheets]
        if len(names) < len(found):
            column.only_in = f"i {'arket' if len(names) == 1 else 'arkene'} {quote_names(names)}"
    return list(columns.values())


def columns_as_read(batch: ImportBatch) -> list[tuple[str, str]]:
    """Return (column, meaning) for every column of a list that was read."""
    columns = [FoundColumn(at, header, name, "", []) for at, (header, name) in enumerate(batch.mapping)]
    meaning = dict(FIELD_CHOICES)
    return [(one.header if batch.sheet_names else one.title, meaning[one.field]) for one in columns]


class ColumnsForm(forms.Form):
    """The questions about columns and sheets: `ImportBatch.found`. If valid, `sheets` and `mapping` are the answer."""

    chosen_fields: list[str]
    choices, labels, why_required = FIELD_CHOICES, LABELS, WHY_REQUIRED
    hiding_fields: tuple[str, ...] = HIDING_FIELDS

    lav_id = forms.BooleanField(
        label="Listen har ingen Brev-id. Lav dem",
        help_text="Vi laver dem af tidspunkt, afsender, modtager og emne. Så kender vi brevet på den næste liste.",
        required=False,
    )

    def __init__(self, found: Sequence[dict[str, Any]], data: Any = None):
        super().__init__(data)
        self.found = found
        self.columns = merge_columns(found)
        if len(found) > 1:
            self.fields["ark"] = forms.ChoiceField(
                label="Hvilke ark skal læses?",
                choices=[*((str(one["sheet"]), f"Kun {sheet_label(one)}") for one in found), *self._all_sheets_choice],
                widget=forms.RadioSelect,
                error_messages={"required": "Vælg arket med listen."},
            )
        for number, column in enumerate(self.columns):
            self.fields[f"kolonne_{number}"] = forms.ChoiceField(
                label=f"{column.title}, betyder",
                help_text=conditional_escape(column.why),
                choices=[UNANSWERED, *self.choices] if column.is_open else self.choices,
                initial=UNANSWERED[0] if column.is_open else column.field,
                required=False,
                widget=forms.Select(attrs={"class": "form-select"}),
            )
        self.order_fields(["ark", *(f"kolonne_{number}" for number in range(len(self.columns)))])

    @property
    def visible_sheets(self) -> list[dict[str, Any]]:
        """Return the sheets that «all» means."""
        return [one for one in self.found if not one["is_hidden"]]

    @property
    def _all_sheets_choice(self) -> list[tuple[str, str]]:
        rows = [one["rows"] for one in self.visible_sheets]
        row_count_text = "" if None in rows else f" ({_count_of_rows(sum(rows))})"
        sheets = "ark" if len(rows) == len(self.found) else "synlige ark"
        return [(ALL_SHEETS, f"Alle {danish.number(len(rows))} {sheets}{row_count_text}")] if len(rows) > 1 else []

    @property
    def lines(self) -> list[tuple[FoundColumn, list[tuple[str, str]], forms.BoundField]]:
        """Return (column, [(name of the row, text of the cell)], select) for every column."""
        return [
            (column, list(zip_longest(self.numbers, column.cells, fillvalue="")), self[f"kolonne_{number}"])
            for number, column in enumerate(self.columns)
        ]

    @property
    def questions(self) -> list[tuple[str, str]]:
        """Return (id of a select, doubt about the column) until the form is answered."""
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
            (
                self["lav_id"].id_for_label if name == "source_ref" else spare.id_for_label,
                f"{self.labels[name]} mangler. {self.why_required[name]}",
            )
            for name in self.why_required
            if name not in fields
        ]

    @property
    def numbers(self) -> list[str]:
        if len(self.found) > 1:
            return ["Første række", "Anden række"][: max(len(one["numbers"]) for one in self.found)]
        return [f"Række {danish.number(number)}" for number in self.found[0]["numbers"]]

    @property
    def header_row(self) -> int | None:
        """Return the row of the headers in the single sheet, or None without headers."""
        return self.found[0]["row"] if any(column.header for column in self.columns) else None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for number in range(len(self.columns)):
            if cleaned.get(f"kolonne_{number}") == UNANSWERED[0]:
                self.add_error(f"kolonne_{number}", f"Vælg, hvad kolonnen betyder, eller »{NOT_TAKEN_LABEL}«.")
        # An error removes the field from `cleaned_data`, where the next sheet would miss the value.
        self.chosen_fields = [cleaned.get(f"kolonne_{number}", "") for number in range(len(self.columns))]
        for number, (column, name) in enumerate(zip(self.columns, self.chosen_fields, strict=True)):
            if column.field in self.hiding_fields and not column.why and name != column.field:
                self._refuse(number, f"»{LABELS[column.field]}« skal læses: ellers kan personalesager ikke skjules.")
        if cleaned.get("lav_id") and "source_ref" in self.chosen_fields:
            self.add_error("lav_id", "Fjern krydset, eller vælg den kolonne fra, der er »Brev-id«.")
        for sheet in self.sheets:
            self._refuse_two_for_one(sheet)
            self._refuse_missing(sheet)
        if len(self.sheets) > 1 and not self.errors:
            self._refuse_unlike()
        return cleaned

    @property
    def sheets(self) -> list[int]:
        """Return the sheets to read; empty if not answered."""
        if len(self.found) == 1:
            return [self.found[0]["sheet"]]
        chosen = self.cleaned_data.get("ark")
        if chosen == ALL_SHEETS:
            return [one["sheet"] for one in self.visible_sheets]
        return [int(chosen)] if chosen else []

    @property
    def mapping(self) -> list[list[str]]:
        """Return [[header, field or ""], …] for the columns of the chosen sheets."""
        return [
            [column.header, name]
            for column, name in zip(self.columns, self.chosen_fields, strict=True)
            if set(column.sheets) & set(self.sheets)
        ]

    def _refuse_two_for_one(self, sheet: int) -> None:
        first: dict[str, FoundColumn] = {}
        for number, (column, name) in enumerate(zip(self.columns, self.chosen_fields, strict=True)):
            if not name or sheet not in column.sheets:
                continue
            if name in first:
                said = f"»{self.labels[name]}« er allerede valgt for {first[name].title}. Vælg en af dem fra."
                self._refuse(number, said)
            first.setdefault(name, column)

    def _refuse_missing(self, sheet: int) -> None:
        chosen = {
            number: self.chosen_fields[number] for number, column in enumerate(self.columns) if sheet in column.sheets
        }
        spare = next((number for number, name in chosen.items() if not name), min(chosen))
        where = f" i arket »{self._name(sheet)}«" if len(self.sheets) > 1 else ""
        makes_ids = self.cleaned_data.get("lav_id") and "source_ref" not in self.chosen_fields
        for name in self.why_required:
            if name not in chosen.values() and not (name == "source_ref" and makes_ids):
                self._refuse(spare, f"Vælg den kolonne{where}, der er »{self.labels[name]}«. {self.why_required[name]}")

    def _refuse_unlike(self) -> None:
        """Refuse sheets with different rules for times or ids, because corrected rows follow a single rule."""
        mapping, taken = self.mapping, [one for one in self.found if one["sheet"] in self.sheets]
        for name, is_so, words in SHEET_CONFLICTS:
            kinds = set()
            for one in taken:
                headers = [column["header"] for column in one["columns"]]
                at = columns_from_mapping(mapping, headers).get(name)
                kinds.add(is_so("" if at is None else headers[at]))
            if len(kinds) > 1:
                self.add_error("ark", f"Arkene kan ikke læses sammen, for {words}. {ONE_AT_A_TIME}")

    def _refuse(self, number: int, message: str) -> None:
        """Add the error a single time, although several sheets may have the error."""
        if message not in self.errors.get(f"kolonne_{number}", []):
            self.add_error(f"kolonne_{number}", message)

    def _name(self, sheet: int) -> str:
        return next(str(one["name"]) for one in self.found if one["sheet"] == sheet)


def sheet_label(sheet: dict[str, Any]) -> str:
    """Return for example «»Nord« (1.200 rækker, skjult)»."""
    details = [_count_of_rows(sheet["rows"])] if sheet["rows"] is not None else []
    details += ["skjult"] if sheet["is_hidden"] else []
    return f"»{sheet['name']}«" + (f" ({', '.join(details)})" if details else "")


def _count_of_rows(number: int) -> str:
    return danish.count(number, "række", "rækker")


@require_http_methods(["GET", "HEAD", "POST"])
@requires_role(Role.KIT_ADMIN)
def confirm_columns(request: SignedInRequest, pk: int) -> HttpResponse:
    batch = get_object_or_404(ImportBatch.objects.select_related("incident"), pk=pk)
    if batch.status == ImportBatch.Status.CHECKED and request.method != "POST":
        context = {
            "batch": batch,
            "columns": columns_as_read(batch),
            "corrected": batch.rows.exclude(corrections=[]).count(),
        }
        return render(request, "letters/columns_as_read.html", context)
    if batch.status != ImportBatch.Status.ASKING:
        return redirect("import_batch", pk)
    form = ColumnsForm(batch.found, request.POST if request.method == "POST" else None)
    if form.is_valid():
        with transaction.atomic():
            if batches.answer_columns(batch, form.sheets, form.mapping):
                task_queue.enqueue_on_commit("letters.tasks.read_batch", args=[batch.pk])
        return redirect("import_batch", pk)
    context = {"batch": batch, "form": form}
    return render(request, "letters/confirm_columns.html", context, status=422 if form.errors else 200)
