"""The check page of a list, and what is done with the list from there: brought in, or discarded."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from letters import checking, problems
from letters.forms import ChangesForm
from letters.importing import batches, new_units, plan, withdrawing
from letters.models import ImportBatch, Letter
from sepo_incident import bells, logs
from sepo_incident.accounts.permissions import Role, requires_role
from sepo_incident.accounts.requests import SignedInRequest

Status = ImportBatch.Status
ROWS_PER_PAGE = 20


def context(request: SignedInRequest, batch: ImportBatch, form: ChangesForm | None = None) -> dict[str, object]:
    counts = plan.count(batch)
    choice = checking.chosen(request.GET.get("vis", ""), counts)
    kind = problems.chosen(request.GET.get("slags", ""))
    page = Paginator(checking.rows_of(batch, choice, kind), ROWS_PER_PAGE).get_page(request.GET.get("page"))
    headings, lines = checking.sheet(batch, page.object_list)
    letters = Letter.objects.filter(incident=batch.incident).standing()
    return {
        "batch": batch,
        "counts": counts,
        "new_units": new_units.of(batch) if batch.status == Status.CHECKED else None,
        "form": form or ChangesForm(counts),
        "lacking": withdrawing.lacking(batch),
        "tiles": checking.tiles(counts),
        "pills": checking.pills(None if kind else choice, counts),
        "kinds": problems.pills(problems.by_kind(batch), kind),
        "choice": choice,
        "kind": kind,
        "page_obj": page,
        "headings": headings,
        "lines": lines,
        "letters_after": letters.count() + (counts.new if batch.status == Status.CHECKED else 0),
        "without_owner": letters.without_owner().count(),
    }


@require_POST
@requires_role(Role.KIT_ADMIN)
def commit_batch(request: SignedInRequest, pk: int) -> HttpResponse:
    batch = get_object_or_404(ImportBatch.objects.select_related("incident"), pk=pk)
    form = ChangesForm(plan.count(batch), request.POST)
    if batch.status == Status.CHECKED and not form.is_valid():
        return render(request, "letters/check.html", context(request, batch, form), status=422)
    with transaction.atomic():
        if form.is_valid() and batches.ask_to_commit(batch, by=request.user, takes=form.takes):
            bells.ring("letters.tasks.commit_batch", args=[batch.pk])
            logs.note("commit_asked", request.user.pk, batch_id=batch.pk)
        else:
            messages.info(request, "Listen venter ikke længere på at blive indlæst. Her er, hvad der er sket med den.")
    return redirect("import_batch", pk)


@require_POST
@requires_role(Role.KIT_ADMIN)
def discard_batch(request: SignedInRequest, pk: int) -> HttpResponse:
    batch = get_object_or_404(ImportBatch, pk=pk)
    if batches.discard(batch):
        messages.success(request, f"»{batch.filename}« er kasseret, og ingen breve er indlæst.")
        return redirect("imports")
    messages.warning(request, "Listen kan ikke kasseres, for den er allerede ved at blive indlæst eller er indlæst.")
    return redirect("import_batch", pk)
