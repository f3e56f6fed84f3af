"""The check page of a list, and what is done with the list from there: brought in, or discarded."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from letters import checking, problems, row_choices
from letters.check_address import Address
from letters.forms import ChangesForm
from letters.importing import batches, discarding, new_units, plan, withdrawing
from letters.models import ImportBatch, Letter
from sepo_incident import bells, logs
from sepo_incident.accounts.permissions import Role, requires_role
from sepo_incident.accounts.requests import SignedInRequest
from sepo_incident.whole import whole

Status = ImportBatch.Status
ROWS_PER_PAGE = 20


def overview(batch: ImportBatch, vis: str = "", slags: str = "") -> dict[str, Any]:
    """What is counted, and how the rows may be looked at; ``vis`` and ``slags`` as in the address."""
    counts = plan.count(batch)
    choice, kind = checking.chosen(vis, counts), problems.chosen(slags)
    tallies = problems.by_kind(batch)
    letters = Letter.objects.filter(incident=batch.incident).standing()
    return {
        "batch": batch,
        "counts": counts,
        "sum": checking.sum_of_rows(counts),
        "new_units": new_units.of(batch) if batch.status == Status.CHECKED else None,
        "form": ChangesForm(counts),
        "lacking": withdrawing.lacking(batch),
        "tiles": checking.tiles(counts),
        "pills": row_choices.pills(checking.CHOICES, None if kind else choice, counts),
        "wrong": problems.pills(tallies, kind, rejects=True),
        "remarked": problems.pills(tallies, kind, rejects=False),
        "choice": choice,
        "kind": kind,
        "letters_after": letters.count() + (counts.new if batch.status == Status.CHECKED else 0),
        "without_owner": letters.without_owner().count(),
    }


def context(request: SignedInRequest, batch: ImportBatch) -> dict[str, Any]:
    address = Address.of(request.GET)
    seen = overview(batch, address.vis, address.slags)
    page = Paginator(checking.rows_of(batch, seen["choice"], seen["kind"]), ROWS_PER_PAGE).get_page(address.page)
    headings, lines = checking.sheet(batch, page.object_list, whole(address.ret))
    at = address._replace(felter=",".join(heading.field for heading in headings), ret="").query
    return seen | {"page_obj": page, "headings": headings, "lines": lines, "at": at}


@require_http_methods(["GET", "HEAD", "POST"])
@requires_role(Role.KIT_ADMIN)
def commit_batch(request: SignedInRequest, pk: int) -> HttpResponse:
    """A GET comes from a link on the page that said what was missing."""
    if request.method != "POST":
        return redirect(f"{reverse('import_batch', args=[pk])}?{request.GET.urlencode()}")
    with transaction.atomic():
        waiting = ImportBatch.objects.select_related("incident").select_for_update(of=("self",), no_key=True)
        batch = get_object_or_404(waiting, pk=pk)
        counts = plan.count(batch)
        form = ChangesForm(counts, request.POST)
        has_moved = request.POST.get("tal") != counts.as_seen
        if batch.status == Status.CHECKED and (has_moved or not form.is_valid()):
            shown = {"has_moved": True} if has_moved else {"form": form}
            return render(
                request, "letters/check.html", context(request, batch) | shown, status=409 if has_moved else 422
            )
        if form.is_valid() and batches.ask_to_commit(batch, request.user, form.takes, counts.as_seen):
            bells.ring("letters.tasks.commit_batch", args=[batch.pk])
            logs.note("commit_asked", request.user.pk, batch_id=batch.pk)
        else:
            messages.info(request, "Listen venter ikke længere på at blive indlæst. Her er, hvad der er sket med den.")
    return redirect("import_batch", pk)


@require_POST
@requires_role(Role.KIT_ADMIN)
def discard_batch(request: SignedInRequest, pk: int) -> HttpResponse:
    batch = get_object_or_404(ImportBatch, pk=pk)
    if discarding.discard(batch):
        messages.success(request, f"»{batch.filename}« er kasseret, og ingen breve er indlæst.")
        return redirect(f"{reverse('imports')}?kolonner=vis" if request.POST.get("kolonner") else "imports")
    messages.warning(request, "Listen kan ikke kasseres, for den er allerede ved at blive indlæst eller er indlæst.")
    return redirect("import_batch", pk)
