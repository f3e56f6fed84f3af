"""A row of the check page: opened, corrected, put back, or taken along in a workbook.

With htmx the row is swapped, and the counts follow it.
"""

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRedirect

from letters import check_page, checking, exporting, rejected
from letters.check_page import Address
from letters.importing import correcting
from letters.importing.cells import REJECT
from letters.models import ImportBatch, ImportRow
from sepo_incident import danish, logs
from sepo_incident.accounts.permissions import Role, requires_role
from sepo_incident.accounts.requests import SignedInRequest
from sepo_incident.overtaken import Overtaken
from sepo_incident.whole import whole

NOT_WAITING = "Listen venter ikke længere på at blive indlæst, så rækken kan ikke rettes her."
OVERTAKEN = "Rækken er rettet, siden du åbnede den. Her står den, som den er nu. Din rettelse er ikke gemt."


@require_http_methods(["GET", "HEAD", "POST"])
@requires_role(Role.KIT_ADMIN)
def import_row(request: SignedInRequest, pk: int, row_pk: int) -> HttpResponse:
    batch = get_object_or_404(ImportBatch.objects.select_related("incident"), pk=pk)
    row = get_object_or_404(batch.rows, pk=row_pk)
    address = Address.of(request.GET)
    if request.method != "POST":
        return _line(request, batch, row, address, is_open="luk" not in request.GET)
    try:
        row = _corrected(request, row)
    except (correcting.NotWaiting, Overtaken) as refusal:
        messages.warning(request, NOT_WAITING if isinstance(refusal, correcting.NotWaiting) else OVERTAKEN)
        url = address.url(pk)
        return HttpResponseClientRedirect(url) if request.htmx else redirect(url)  # type: ignore[attr-defined]
    logs.note("row_corrected", request.user.pk, batch_id=pk)
    is_open = _still_rejected(row, request.POST)
    if not is_open and not request.htmx:  # type: ignore[attr-defined]
        where = danish.capitalized(batch.where(row.sheet, row.row))
        messages.success(request, f"{where} er rettet. Resultatet er nu: {row.look.label}.")
    return _line(request, batch, row, address, is_open)


def _corrected(request: SignedInRequest, row: ImportRow) -> ImportRow:
    """What was posted tells which verb it was; a number that is none has been overtaken by everything."""
    said = whole(request.POST.get("set", ""))
    seen = -1 if said is None else said
    if name := request.POST.get("tilbage"):
        return correcting.put_back(row.batch_id, row.pk, name, seen=seen, by=request.user)
    return correcting.correct(row.batch_id, row.pk, request.POST.dict(), seen=seen, by=request.user)


def _still_rejected(row: ImportRow, posted: QueryDict) -> bool:
    """Is one of the cells that were typed in still rejected?"""
    rejected = {correcting.FIELD_OF[one["column"]] for one in row.problems if one["severity"] == REJECT}
    return bool(rejected & set(posted))


def _line(request: SignedInRequest, batch: ImportBatch, row: ImportRow, at: Address, is_open: bool) -> HttpResponse:
    """The row alone with the counts, or back to the page it stands on."""
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect(at.url(batch.pk, row.pk if is_open else None))
    headings = checking.headings_named(batch, at.felter.split(","))
    [line] = checking.lines(batch, [row], headings, row.pk if is_open else None)
    seen = check_page.overview(batch, at)
    context = seen | {"line": line, "at": at.query, "is_swapped": True}
    return render(request, "letters/_row.html", context)


@require_safe
@requires_role(Role.KIT_ADMIN)
def rejected_rows(request: SignedInRequest, pk: int) -> HttpResponse:
    """The rejected rows as a workbook to send back."""
    batch = get_object_or_404(ImportBatch, pk=pk)
    number = batch.rows.filter(verdict=ImportRow.Verdict.REJECTED).count()
    if not number:
        messages.info(request, "Listen har ingen afviste rækker.")
        return redirect("import_batch", pk)
    logs.note("rejected_rows_downloaded", request.user.pk, batch_id=pk, count=number)
    headers = {"Content-Disposition": 'attachment; filename="afviste-raekker.xlsx"'}
    return HttpResponse(rejected.workbook(batch), content_type=exporting.XLSX, headers=headers)
