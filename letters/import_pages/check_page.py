"""The check page: commit or discard a list, correct a row, download the rejected rows."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import partial
from operator import itemgetter, methodcaller
from typing import Any, Self
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Q
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from letters.import_pages import check_table
from letters.importing import batches
from letters.importing.commit import correct_row as row_correction
from letters.importing.commit import withdraw_letters
from letters.importing.files.headers import FIELD_BY_LABEL, LABELS
from letters.importing.plan import letter_comparison, new_units
from letters.importing.plan.letter_comparison import RowCounts
from letters.importing.plan.new_units import NewUnit
from letters.importing.rows.row_parser import shown_cells
from letters.importing.rows.row_problems import REJECT, ProblemKind
from letters.models import ImportBatch, ImportRow, Letter
from sepo_incident.accounts.list_export import TableColumn, TableExport, stream_list
from sepo_incident.accounts.roles import Role, SignedInRequest, requires_role
from sepo_incident.core import danish, logs, task_queue
from sepo_incident.core.database import Conflict
from sepo_incident.core.forms import HintedRadios, parse_int, parse_version, set_choices

Status = ImportBatch.Status
ROWS_PER_PAGE = 20


@dataclass(frozen=True)
class CheckPageAddress:
    """The query string: filters (`vis`, `slags`), the open row (`ret`), columns of a row alone (`felter`)."""

    vis: str = ""
    slags: str = ""
    page: str = ""
    ret: str = ""
    felter: str = ""

    @classmethod
    def of(cls, query: QueryDict) -> Self:
        return cls(*(query.get(field.name, "") for field in fields(cls)))

    @property
    def query(self) -> str:
        return urlencode({name: value for name, value in asdict(self).items() if value})

    def url(self, batch_id: int, row_id: int | None = None) -> str:
        """Return the URL of the check page, with a row open or at the top of the rows."""
        query = replace(self, ret=str(row_id or ""), felter="").query
        return f"{reverse('import_batch', args=[batch_id])}?{query}#{f'raekke-{row_id}' if row_id else 'raekker'}"


def check_page_overview(batch: ImportBatch, at: CheckPageAddress) -> dict[str, Any]:
    """Return the context of the check page without the rows: counts, filters and the form."""
    counts = letter_comparison.count_rows(batch)
    is_waiting = batch.status == Status.CHECKED
    units = new_units.find_new_units(batch) if is_waiting else None
    filters, kind = check_table.ROW_FILTERS, ProblemKind(at.slags) if at.slags in ProblemKind.values else None
    # rows with problems, or all rows if there are none
    choice = next((one for one in filters if one.slug == at.vis), filters[0 if counts.with_problems else -1])
    tallies = check_table.count_problems_by_kind(batch)
    letters = Letter.objects.filter(incident=batch.incident).active()
    have_ids = {bool(one.header_of("source_ref")) for one in batch.incident.batches.filter(status=Status.COMMITTED)}
    return {
        "batch": batch,
        "may_come_twice": (not batch.header_of("source_ref")) in have_ids,
        "counts": counts,
        "new_units": units,
        "form": CommitForm(counts, units.administrations if units else []),
        "missing_counts": withdraw_letters.count_missing_letters(batch),
        "tiles": check_table.count_tiles(counts),
        "pills": check_table.filter_pills(filters, None if kind else choice, counts),
        "error_pills": check_table.problem_pills(tallies, kind, rejects=True),
        "remark_pills": check_table.problem_pills(tallies, kind, rejects=False),
        "choice": choice,
        "kind": kind,
        "letters_after": letters.count() + (counts.new if is_waiting else 0),
        "without_owner": 0 if is_waiting else letters.without_owner().count(),
    }


def check_page_context(batch: ImportBatch, at: CheckPageAddress) -> dict[str, Any]:
    overview = check_page_overview(batch, at)
    kind = overview["kind"]
    rows = batch.rows.filter(Q(problems__contains=[{"kind": kind.value}]) if kind else overview["choice"].condition)
    page = Paginator(rows, ROWS_PER_PAGE).get_page(at.page)
    headings, lines = check_table.build_table(batch, page.object_list, parse_int(at.ret))
    here = replace(at, felter=",".join(heading.field for heading in headings), ret="").query
    return overview | {"page_obj": page, "headings": headings, "lines": lines, "at": here}


class CommitForm(forms.Form):
    """The choice for letters that the list changes, without a default, and the confirmation of the totals shown.

    New administrations have a box of their own, because most are typing errors.
    """

    use_required_attribute = False  # a screen reader calls an empty required box invalid before it is answered

    aendringer = forms.ChoiceField(
        label="Skal ændringerne med?",
        widget=HintedRadios,
        error_messages={"required": "Vælg, om ændringerne skal med."},
    )
    ny_forvaltning = forms.BooleanField(
        label="De nye forvaltninger findes og er stavet rigtigt",
        error_messages={"required": "Sæt kryds, hvis forvaltningen er rigtig. Ellers svar under Nye enheder."},
    )
    stemmer = forms.BooleanField(
        label="Tallene passer med listen",
        error_messages={"required": "Sæt kryds, når tallene passer med listen."},
    )

    def __init__(self, counts: RowCounts, administrations: Sequence[NewUnit], data: Any = None) -> None:
        super().__init__(data)
        changes = "ændringen" if counts.changed == 1 else f"alle {danish.number(counts.changed)} ændringer"
        letters = "Behold brevet, som det er" if counts.changed == 1 else "Behold brevene, som de er"
        set_choices(self, "aendringer", [(TAKE_CHANGES, f"Tag {changes} med"), (KEEP_LETTERS, letters)])
        if not counts.changed:
            del self.fields["aendringer"]
        if not administrations:
            del self.fields["ny_forvaltning"]

    @property
    def takes_changes(self) -> bool:
        return self.cleaned_data.get("aendringer") == TAKE_CHANGES


TAKE_CHANGES, KEEP_LETTERS = "ALL", "NONE"


@require_http_methods(["GET", "HEAD", "POST"])
@requires_role(Role.KIT_ADMIN)
def commit_batch(request: SignedInRequest, pk: int) -> HttpResponse:
    """Commit a list. A GET comes from a link on the page with form errors."""
    if request.method != "POST":
        return redirect(f"{reverse('import_batch', args=[pk])}?{request.GET.urlencode()}")
    with transaction.atomic():
        waiting = ImportBatch.objects.select_related("incident").select_for_update(of=("self",), no_key=True)
        batch = get_object_or_404(waiting, pk=pk)
        counts = letter_comparison.count_rows(batch)
        form = CommitForm(counts, new_units.find_new_units(batch).administrations, request.POST)
        has_changed = request.POST.get("tal") != counts.as_seen
        if batch.status == Status.CHECKED and (has_changed or not form.is_valid()):
            context = check_page_context(batch, CheckPageAddress.of(request.GET)) | (
                {} if has_changed else {"form": form}
            )
            status = 409 if has_changed else 422
            return render(request, "letters/check_batch.html", context | {"has_moved": has_changed}, status=status)
        if form.is_valid() and batches.request_commit(
            batch, request.user, takes_changes=form.takes_changes, confirmed_totals=counts.as_seen
        ):
            task_queue.enqueue_on_commit("letters.tasks.commit_batch", args=[batch.pk])
            logs.log_security_event("commit_asked", request.user.pk, batch_id=batch.pk)
        else:
            messages.info(request, "Listen kan ikke længere indlæses. Her er resultatet.")
    return redirect("import_batch", pk)


@require_POST
@requires_role(Role.KIT_ADMIN)
def discard_batch(request: SignedInRequest, pk: int) -> HttpResponse:
    batch = get_object_or_404(ImportBatch, pk=pk)
    if batches.discard_batch(batch):
        messages.success(request, f"»{batch.filename}« er kasseret. Ingen breve er indlæst.")
        return redirect(f"{reverse('imports')}?kolonner=vis" if request.POST.get("kolonner") else "imports")
    messages.warning(request, "Listen er indlæst eller er ved at blive det, så den kan ikke kasseres.")
    return redirect("import_batch", pk)


ROW_NOT_EDITABLE_MESSAGE = "Listen kan ikke længere ændres her. Ret rækken i Excel, og indlæs den igen."

ROW_CHANGED_MESSAGE = "Din rettelse er ikke gemt, for rækken er rettet imens. Her er rækken nu."


@require_http_methods(["GET", "HEAD", "POST"])
@requires_role(Role.KIT_ADMIN)
def correct_row(request: SignedInRequest, pk: int, row_pk: int) -> HttpResponse:
    batch = get_object_or_404(ImportBatch.objects.select_related("incident"), pk=pk)
    row = get_object_or_404(batch.rows, pk=row_pk)
    address = CheckPageAddress.of(request.GET)
    if request.method != "POST":
        return _render_row(request, batch, row, address, is_open="luk" not in request.GET)
    try:
        shown = parse_version(request.POST.get("set", ""))
        row = row_correction.correct_cells(pk, row_pk, request.POST.dict(), corrections_shown=shown, by=request.user)
    except (row_correction.BatchNotWaiting, Conflict) as refusal:
        messages.warning(
            request,
            ROW_NOT_EDITABLE_MESSAGE if isinstance(refusal, row_correction.BatchNotWaiting) else ROW_CHANGED_MESSAGE,
        )
        url = address.url(pk)
        return HttpResponseClientRedirect(url) if request.htmx else redirect(url)
    logs.log_security_event("row_corrected", request.user.pk, batch_id=pk)
    rejected = {FIELD_BY_LABEL[problem["column"]] for problem in row.problems if problem["severity"] == REJECT}
    is_open = bool(rejected & set(request.POST))
    if not is_open and not request.htmx:
        where = danish.capitalized(batch.where(row.sheet, row.row))
        messages.success(request, f"{where} er rettet. Resultat: {row.badge.label}.")
    return _render_row(request, batch, row, address, is_open)


def _render_row(
    request: SignedInRequest, batch: ImportBatch, row: ImportRow, at: CheckPageAddress, is_open: bool
) -> HttpResponse:
    """Render the row alone with the counts for htmx, otherwise redirect to the row on the page."""
    if not request.htmx:
        return redirect(at.url(batch.pk, row.pk if is_open else None))
    shown = set(at.felter.split(","))
    headings = [one for one in check_table.headings_of(batch, shown & set(LABELS)) if one.field in shown]
    [line] = check_table.build_lines(batch, [row], headings, row.pk if is_open else None)
    overview = check_page_overview(batch, at)
    context = overview | {"line": line, "at": at.query, "is_swapped": True}
    return render(request, "letters/_check_row.html", context)


#: A row is {field: text} with `where` and `why`.
REJECTED_ROWS_EXPORT: TableExport[dict[str, str]] = TableExport(
    "afviste-raekker",
    "Afviste rækker",
    [
        TableColumn("Række på listen", itemgetter("where")),
        TableColumn("Hvad skal rettes", itemgetter("why"), 70),
        *(TableColumn(label, methodcaller("get", name, "")) for name, label in LABELS.items()),
    ],
)


@require_safe
@requires_role(Role.KIT_ADMIN)
def download_rejected_rows(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """Return the rejected rows as a workbook that says what to correct on the list."""
    batch = get_object_or_404(ImportBatch, pk=pk)
    rows = batch.rows.filter(verdict=ImportRow.Verdict.REJECTED).select_related("batch")
    if not rows.exists():
        messages.info(request, "Listen har ingen afviste rækker.")
        return redirect("import_batch", pk)
    return stream_list(request, REJECTED_ROWS_EXPORT, rows, "xlsx", partial(map, _rejected_cells))


def _rejected_cells(row: ImportRow) -> dict[str, str]:
    why = " ".join(f"{problem['column']}: {problem['message']}" for problem in row.problems)
    return shown_cells(row) | {"where": row.where, "why": why}
