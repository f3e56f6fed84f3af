"""The check page of a list, and what is done with the list from there: brought in, or discarded."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from letters import check_page
from letters.check_page import Address
from letters.forms import ChangesForm
from letters.importing import batches, discarding, plan
from letters.models import ImportBatch
from sepo_incident import bells, logs
from sepo_incident.accounts.permissions import Role, requires_role
from sepo_incident.accounts.requests import SignedInRequest

Status = ImportBatch.Status


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
            shown = check_page.context(batch, Address.of(request.GET)) | ({} if has_moved else {"form": form})
            status = 409 if has_moved else 422
            return render(request, "letters/check.html", shown | {"has_moved": has_moved}, status=status)
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
