"""The views of the check page: commit or discard a list, correct a row, download the rejected rows.

Also *Nye enheder* (names of new units that may be known units) and the choice among the changes of known letters.
With htmx the server returns a corrected row together with the counts.
"""

from collections.abc import Iterable

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from letters.import_pages import check_page, check_table, rejected_workbook, row_comparison
from letters.import_pages.check_page import CheckPageAddress
from letters.import_pages.import_forms import CommitForm, NewUnitsForm
from letters.importing import batches, headers
from letters.importing.commit import correct_row as row_correction
from letters.importing.plan import change_selection, letter_comparison
from letters.importing.plan import new_units as naming
from letters.importing.rows.cell_rules import REJECT
from letters.models import ImportBatch, ImportRow
from sepo_incident.accounts.roles import Role, SignedInRequest, requires_role
from sepo_incident.core import danish, logs, spreadsheets, task_queue
from sepo_incident.core.conflict import Conflict
from sepo_incident.core.parsing import parse_int

Status = ImportBatch.Status


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
        form = CommitForm(counts, request.POST)
        has_changed = request.POST.get("tal") != counts.as_seen
        if batch.status == Status.CHECKED and (has_changed or not form.is_valid()):
            context = check_page.check_page_context(batch, CheckPageAddress.of(request.GET)) | (
                {} if has_changed else {"form": form}
            )
            status = 409 if has_changed else 422
            return render(request, "letters/check_batch.html", context | {"has_moved": has_changed}, status=status)
        if form.is_valid() and batches.request_commit(batch, request.user, form.takes, counts.as_seen):
            task_queue.enqueue_on_commit("letters.tasks.commit_batch", args=[batch.pk])
            logs.log_security_event("commit_asked", request.user.pk, batch_id=batch.pk)
        else:
            messages.info(request, "Listen venter ikke længere på at blive indlæst. Her er, hvad der er sket med den.")
    return redirect("import_batch", pk)


@require_POST
@requires_role(Role.KIT_ADMIN)
def discard_batch(request: SignedInRequest, pk: int) -> HttpResponse:
    batch = get_object_or_404(ImportBatch, pk=pk)
    if batches.discard_batch(batch):
        messages.success(request, f"»{batch.filename}« er kasseret, og ingen breve er indlæst.")
        return redirect(f"{reverse('imports')}?kolonner=vis" if request.POST.get("kolonner") else "imports")
    messages.warning(request, "Listen kan ikke kasseres, for den er allerede ved at blive indlæst eller er indlæst.")
    return redirect("import_batch", pk)


ROW_NOT_EDITABLE_MESSAGE = "Listen venter ikke længere på at blive indlæst, så rækken kan ikke rettes her."
ROW_CHANGED_MESSAGE = "Rækken er rettet, siden du åbnede den. Her står den, som den er nu. Din rettelse er ikke gemt."


@require_http_methods(["GET", "HEAD", "POST"])
@requires_role(Role.KIT_ADMIN)
def correct_row(request: SignedInRequest, pk: int, row_pk: int) -> HttpResponse:
    batch = get_object_or_404(ImportBatch.objects.select_related("incident"), pk=pk)
    row = get_object_or_404(batch.rows, pk=row_pk)
    address = CheckPageAddress.of(request.GET)
    if request.method != "POST":
        return _render_row(request, batch, row, address, is_open="luk" not in request.GET)
    try:
        row = _apply_correction(request, row)
    except (row_correction.BatchNotWaiting, Conflict) as refusal:
        messages.warning(
            request,
            ROW_NOT_EDITABLE_MESSAGE if isinstance(refusal, row_correction.BatchNotWaiting) else ROW_CHANGED_MESSAGE,
        )
        url = address.url(pk)
        return HttpResponseClientRedirect(url) if request.htmx else redirect(url)
    logs.log_security_event("row_corrected", request.user.pk, batch_id=pk)
    is_open = _is_still_rejected(row, request.POST)
    if not is_open and not request.htmx:
        where = danish.capitalized(batch.where(row.sheet, row.row))
        messages.success(request, f"{where} er rettet. Resultatet er nu: {row.look.label}.")
    return _render_row(request, batch, row, address, is_open)


def _apply_correction(request: SignedInRequest, row: ImportRow) -> ImportRow:
    """Correct the row or undo a correction. An invalid number of corrections always conflicts."""
    posted_count = parse_int(request.POST.get("set", ""))
    seen = -1 if posted_count is None else posted_count
    if name := request.POST.get("tilbage"):
        return row_correction.undo_correction(row.batch_id, row.pk, name, seen=seen, by=request.user)
    return row_correction.correct_cells(row.batch_id, row.pk, request.POST.dict(), seen=seen, by=request.user)


def _is_still_rejected(row: ImportRow, posted: QueryDict) -> bool:
    """Tell whether any of the posted cells is still rejected."""
    rejected = {headers.FIELD_BY_LABEL[one["column"]] for one in row.problems if one["severity"] == REJECT}
    return bool(rejected & set(posted))


def _render_row(
    request: SignedInRequest, batch: ImportBatch, row: ImportRow, at: CheckPageAddress, is_open: bool
) -> HttpResponse:
    """Render the row alone with the counts for htmx, otherwise redirect to the row on the page."""
    if not request.htmx:
        return redirect(at.url(batch.pk, row.pk if is_open else None))
    headings = check_table.headings_for_fields(batch, at.felter.split(","))
    [line] = check_table.build_lines(batch, [row], headings, row.pk if is_open else None)
    seen = check_page.check_page_overview(batch, at)
    context = seen | {"line": line, "at": at.query, "is_swapped": True}
    return render(request, "letters/_check_row.html", context)


@require_safe
@requires_role(Role.KIT_ADMIN)
def download_rejected_rows(request: SignedInRequest, pk: int) -> HttpResponse:
    """Return the rejected rows as a workbook to send back."""
    batch = get_object_or_404(ImportBatch, pk=pk)
    number = batch.rows.filter(verdict=ImportRow.Verdict.REJECTED).count()
    if not number:
        messages.info(request, "Listen har ingen afviste rækker.")
        return redirect("import_batch", pk)
    logs.log_security_event("rejected_rows_downloaded", request.user.pk, batch_id=pk, count=number)
    headers = {"Content-Disposition": 'attachment; filename="afviste-raekker.xlsx"'}
    return HttpResponse(
        rejected_workbook.rejected_rows_workbook(batch), content_type=spreadsheets.XLSX, headers=headers
    )


QUESTIONS_PER_PAGE, UNITS_PER_PAGE = 50, 100


@require_http_methods(["GET", "HEAD", "POST"])
@requires_role(Role.KIT_ADMIN)
def review_new_units(request: SignedInRequest, pk: int) -> HttpResponse:
    batch = get_object_or_404(ImportBatch.objects.select_related("incident"), pk=pk)
    if batch.status != ImportBatch.Status.CHECKED:
        return redirect("import_batch", pk)
    found = naming.find_new_units(batch)
    form = NewUnitsForm(found.asked[:QUESTIONS_PER_PAGE], request.POST or None)
    if form.is_bound and form.is_valid():
        return save_unit_answers(request, batch, form.answers)
    context = {
        "batch": batch,
        "found": found,
        "form": form,
        "page_obj": Paginator(found.made, UNITS_PER_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "letters/new_units.html", context, status=422 if form.errors else 200)


def save_unit_answers(request: SignedInRequest, batch: ImportBatch, answers: dict[str, str]) -> HttpResponse:
    number = naming.save_answers(batch, answers, by=request.user)
    if number is None:
        messages.info(request, "Listen venter ikke længere på at blive indlæst, så svarene er ikke gemt.")
        return redirect("import_batch", batch.pk)
    if number:
        messages.success(request, f"{danish.count(number, 'svar', 'svar')} gemt.")
    left = naming.find_new_units(batch).unanswered
    return redirect("new_units", batch.pk) if left else redirect("import_batch", batch.pk)


_Status = ImportBatch.Status
CHANGES_PER_PAGE = 50


@require_http_methods(["GET", "HEAD", "POST"])
@requires_role(Role.KIT_ADMIN)
def review_changes(request: SignedInRequest, pk: int) -> HttpResponse:
    batch = get_object_or_404(ImportBatch.objects.select_related("incident"), pk=pk)
    look = request.GET.get("vis", "")
    if look not in row_comparison.CHANGE_FILTERS:
        raise Http404
    if request.method == "POST":
        return _save_chosen_changes(request, batch)
    rows = row_comparison.changed_rows(batch)
    page = Paginator(row_comparison.filter_changes(rows, look), CHANGES_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "batch": batch,
        "counts": letter_comparison.count_rows(batch),
        "is_open": batch.status == _Status.CHECKED,
        "pills": row_comparison.build_change_pills(rows, look),
        "page_obj": page,
        "revised": row_comparison.describe_changed_letters(batch, page, request.user),
    }
    return render(request, "letters/changed_letters.html", context)


def _save_chosen_changes(request: SignedInRequest, batch: ImportBatch) -> HttpResponse:
    """Save the ticks of the page, or choose all changes or none."""
    if batch.status != _Status.CHECKED:
        messages.info(request, "Listen venter ikke længere på et valg. Her er, hvad der er sket med den.")
        return redirect("import_batch", batch.pk)
    if everything := request.POST.get("alle", ""):
        change_selection.choose_all_changes(batch, is_chosen=everything == "ja")
    else:
        change_selection.choose_changes(
            batch, _parse_ids(request.POST.getlist("vist")), _parse_ids(request.POST.getlist("valgt"))
        )
    counts = letter_comparison.count_rows(batch)
    messages.success(request, f"{danish.number(counts.chosen)} af {danish.number(counts.changed)} ændringer er valgt.")
    if request.POST.get("tilbage"):
        return redirect(f"{reverse('import_batch', args=[batch.pk])}#indlaes")
    return redirect(f"{reverse('changed_letters', args=[batch.pk])}?{_page_address(request)}#aendringer")


def _page_address(request: SignedInRequest) -> str:
    """Return the query string of the URL, with the page number of a pressed button."""
    choices = request.GET.copy()
    if page := request.POST.get("side"):
        choices["page"] = page
    return choices.urlencode()


def _parse_ids(values: Iterable[str]) -> list[int]:
    """Return the ids of rows, without values that are no ids."""
    return [number for number in map(parse_int, values) if number is not None]
