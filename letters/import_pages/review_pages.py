"""The pages on which KIT reviews a list before the commit: *Nye enheder*, and the changes of known letters.

Also the origin of a row: the earlier list that brought the letter or rejected the row.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_safe

from letters import recipient_keys
from letters.importing.files.headers import LABELS
from letters.importing.plan import letter_comparison
from letters.importing.plan import new_units as naming
from letters.importing.plan.new_units import ANSWER_NEW_UNIT, NewUnit
from letters.models import ImportBatch, ImportRow, Letter
from sepo_incident.accounts.models import User
from sepo_incident.accounts.roles import Role, SignedInRequest, requires_role
from sepo_incident.core import danish
from sepo_incident.core.danish import Badge
from sepo_incident.core.forms import HintedRadios
from sepo_incident.core.template_tags import chip

Status, Verdict = ImportBatch.Status, ImportRow.Verdict
ANSWER_BADGES = {True: Badge("Besvaret", "is-ok", "check"), False: Badge("Mangler svar", "is-soon", "warning")}


class NewUnitsForm(forms.Form):
    """A question for every new name that resembles a known name. Every question may be left for later."""

    def __init__(self, units: Sequence[NewUnit], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields |= {unit.key: self._question(unit) for unit in units}

    @property
    def answers(self) -> dict[str, str]:
        return {key: value for key, value in self.cleaned_data.items() if value}

    @staticmethod
    def _question(unit: NewUnit) -> forms.ChoiceField:
        same = [(one.value, f"Samme som »{one.name}«") for one in unit.candidates]
        where = f" under {unit.where}" if unit.where else ""
        return forms.ChoiceField(
            label=f"»{unit.name}«",
            help_text=format_html(
                "{} på listen{}. {}",
                danish.count(unit.letters, "brev", "breve"),
                where,
                chip(ANSWER_BADGES[bool(unit.answer)]),
            ),
            choices=[*same, (ANSWER_NEW_UNIT, "En ny enhed")],
            widget=HintedRadios(hints={one.value: one.where for one in unit.candidates}),
            initial=unit.answer,
            required=False,
            error_messages={"invalid_choice": "Listen er ændret imens. Vælg igen."},
        )


QUESTIONS_PER_PAGE, UNITS_PER_PAGE, CHANGES_PER_PAGE = 50, 100, 50


@require_http_methods(["GET", "HEAD", "POST"])
@requires_role(Role.KIT_ADMIN)
def review_new_units(request: SignedInRequest, pk: int) -> HttpResponse:
    batch = get_object_or_404(ImportBatch.objects.select_related("incident"), pk=pk)
    if batch.status != Status.CHECKED:
        return redirect("import_batch", pk)
    new_units = naming.find_new_units(batch)
    form = NewUnitsForm(new_units.with_candidates[:QUESTIONS_PER_PAGE], request.POST or None)
    if form.is_bound and form.is_valid():
        return save_unit_answers(request, batch, form.answers)
    context = {
        "batch": batch,
        "new_units": new_units,
        "form": form,
        "page_obj": Paginator(new_units.to_create, UNITS_PER_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "letters/new_units.html", context, status=422 if form.errors else 200)


def save_unit_answers(request: SignedInRequest, batch: ImportBatch, answers: dict[str, str]) -> HttpResponse:
    number = naming.save_answers(batch, answers, by=request.user)
    if number is None:
        messages.info(request, "Svarene er ikke gemt, for listen kan ikke længere ændres.")
        return redirect("import_batch", batch.pk)
    if number:
        messages.success(request, f"{danish.count(number, 'svar', 'svar')} gemt.")
    left = naming.find_new_units(batch).unanswered
    return redirect("new_units", batch.pk) if left else redirect("import_batch", batch.pk)


class FieldChange(NamedTuple):
    label: str
    before: str
    after: str


class ChangedLetter(NamedTuple):
    """A row about a known letter. `letter` is None if the reader may not see the letter."""

    row: ImportRow
    letter: Letter | None
    facts: list[FieldChange]
    is_decided: bool


def describe_changed_letters(batch: ImportBatch, rows: Iterable[ImportRow], reader: User) -> list[ChangedLetter]:
    """Return the changes of the rows of a page. One query."""
    rows = list(rows)
    seen = Letter.objects.visible_to(reader).filter(incident=batch.incident_id)
    letters = {one.source_ref: one for one in seen.filter(source_ref__in=[row.source_ref for row in rows])}
    return [
        ChangedLetter(row, letters.get(row.source_ref), _field_changes(row), row.is_decided)  # type: ignore[attr-defined]
        for row in rows
    ]


def _field_changes(row: ImportRow) -> list[FieldChange]:
    named = LABELS | {"withdrawn": "På listen"}
    return [
        FieldChange(label, display_value(name, row.changes[name][0]), display_value(name, row.changes[name][1]))
        for name, label in named.items()
        if name in row.changes
    ]


def display_value(name: str, value: str) -> str:
    """Return a side of a change as people read the value; a recipient only as the short code."""
    match name:
        case "recipient":
            return f"kode {recipient_keys.short_recipient_code(value)}" if value else "(tom)"
        case "sent_at" if value:
            at = datetime.strptime(value, "%d-%m-%Y %H:%M")  # Danish local time, as `plan` wrote the value
            return f"{danish.date(at)} {danish.clock(at)}"
        case "recipient_kind":
            return {"CITIZEN": "Borger", "EMPLOYEE": "Medarbejder"}.get(value, "Ukendt")
    return value or "(tom)"


def find_row_origins(batch: ImportBatch, rows: Sequence[ImportRow]) -> dict[int, str]:
    """Return {row id: «Kendt fra »liste 7. januar.xlsx«, række 12» or «Afvist på …», the last list}. Two queries."""
    refs = {row.source_ref: row.pk for row in rows if row.source_ref and row.verdict in (Verdict.NEW, Verdict.REJECTED)}
    earlier = ImportRow.objects.filter(batch__incident=batch.incident_id, batch__lt=batch.pk, source_ref__in=refs)
    rejected_rows = earlier.filter(verdict=Verdict.REJECTED).select_related("batch").order_by("batch", "-sheet", "-row")
    origins = {refs[one.source_ref]: f"Afvist på »{one.batch.filename}«, {one.where}" for one in rejected_rows}
    refs = {row.source_ref: row.pk for row in rows if row.verdict in (Verdict.KNOWN, Verdict.CHANGED)}
    letters = Letter.objects.filter(incident=batch.incident_id, source_ref__in=refs).exclude(batch=batch)
    for one in letters.select_related("batch").only(
        "source_ref", "batch_sheet", "batch_row", "batch__filename", "batch__sheet_names"
    ):
        place = f", {one.batch.where(one.batch_sheet, one.batch_row)}" if one.batch_row else ""
        origins[refs[one.source_ref]] = f"Kendt fra »{one.batch.filename}«{place}"
    return origins


@require_safe
@requires_role(Role.KIT_ADMIN)
def review_changes(request: SignedInRequest, pk: int) -> HttpResponse:
    batch = get_object_or_404(ImportBatch.objects.select_related("incident"), pk=pk)
    same = Letter.objects.decided().filter(incident=batch.incident_id, source_ref=OuterRef("source_ref"))
    rows = batch.rows.filter(verdict=Verdict.CHANGED).annotate(is_decided=Exists(same))
    page = Paginator(rows, CHANGES_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "batch": batch,
        "counts": letter_comparison.count_rows(batch),
        "is_open": batch.status == Status.CHECKED,
        "page_obj": page,
        "changed_letters": describe_changed_letters(batch, page, request.user),
    }
    return render(request, "letters/changed_letters.html", context)
