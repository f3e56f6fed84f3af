"""*Indlæs liste*: a file comes in, and the page that watches over its way."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from letters import batch_page, check_page, waiting
from letters.check_page import Address
from letters.forms import UploadForm
from letters.importing import batches
from letters.models import ImportBatch, Incident
from sepo_incident import bells, danish, logs
from sepo_incident.accounts.permissions import Role, requires_role
from sepo_incident.accounts.requests import SignedInRequest

Status = ImportBatch.Status
LISTS_PER_PAGE = 50


@require_http_methods(["GET", "HEAD", "POST"])
@requires_role(Role.KIT_ADMIN)
def imports(request: SignedInRequest) -> HttpResponse:
    incident = Incident.objects.current()
    form = UploadForm(initial={"vis_kolonner": "kolonner" in request.GET})
    if request.method == "POST" and incident:
        form = UploadForm(request.POST, request.FILES, sent_bytes=int(request.META.get("CONTENT_LENGTH") or 0))
        if form.is_valid():
            return redirect("import_batch", receive(request, incident, form).pk)
    earlier = incident.batches.select_related("created_by", "committed_by") if incident else ImportBatch.objects.none()
    page = Paginator(earlier, LISTS_PER_PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page_obj": page}
    return render(request, "letters/imports.html", context, status=422 if form.errors else 200)


def receive(request: SignedInRequest, incident: Incident, form: UploadForm) -> ImportBatch:
    """The batch of the file; a file we have met before leads to what became of it then."""
    with transaction.atomic():
        batch, is_to_read = batches.receive(
            incident,
            form.filename,
            form.content,
            by=request.user,
            is_to_ask=form.cleaned_data["vis_kolonner"],
        )
        if is_to_read:
            bells.ring("letters.tasks.read_batch", args=[batch.pk])
        else:
            when = danish.moment_relative(batch.created_at, timezone.now())
            messages.info(request, f"Den fil er læst før: {when[:1].lower()}{when[1:]}. Intet er ændret.")
    return batch


@require_safe
@requires_role(Role.KIT_ADMIN)
def import_batch(request: SignedInRequest, pk: int) -> HttpResponse:
    batch = get_object_or_404(ImportBatch.objects.select_related("incident", "committed_by", "undone_by"), pk=pk)
    if batch.is_at_work:
        template = "letters/progress.html#progress" if request.htmx else "letters/progress.html"  # type: ignore[attr-defined]
        return render(request, template, waiting.context(batch, timezone.now()))
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponseClientRefresh()
    if batch.status == Status.ASKING:
        return redirect("import_columns", pk)
    if batch.status in (Status.FAILED, Status.DISCARDED):
        return render(request, "letters/refused.html", {"batch": batch})
    at = Address.of(request.GET)
    if batch.status in (Status.COMMITTED, Status.UNDONE):
        return render(request, "letters/batch.html", batch_page.context(batch, at))
    return render(request, "letters/check.html", check_page.context(batch, at))


@require_POST
@requires_role(Role.KIT_ADMIN)
def stop_batch(request: SignedInRequest, pk: int) -> HttpResponse:
    batch = get_object_or_404(ImportBatch, pk=pk)
    if batches.stop(batch, by=request.user):
        logs.note("import_stopped", request.user.pk, batch_id=batch.pk)
    else:
        messages.info(request, "Arbejdet med listen var allerede slut. Her er, hvad der er sket med den.")
    return redirect("import_batch", pk)
