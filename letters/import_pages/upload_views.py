"""*Indlæs liste*: upload a list, show the state of the batch, and confirm the columns.

*Hvad betyder kolonnerne?* is shown while columns or sheet are in doubt. After reading, the same URL shows how the
columns were read; the file is gone by then, so a different reading needs a new upload.
"""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from letters.import_pages import check_page, committed_page, progress_page
from letters.import_pages.check_page import CheckPageAddress
from letters.import_pages.columns_form import ColumnsForm, columns_as_read
from letters.import_pages.import_forms import UploadForm
from letters.importing import batches
from letters.importing.files import uploads
from letters.models import ImportBatch, Incident
from sepo_incident.accounts.roles import Role, SignedInRequest, requires_role
from sepo_incident.core import danish, logs, task_queue

Status = ImportBatch.Status
LISTS_PER_PAGE = 50


@require_http_methods(["GET", "HEAD", "POST"])
@requires_role(Role.KIT_ADMIN)
def upload_list(request: SignedInRequest) -> HttpResponse:
    incident = Incident.objects.current()
    form = UploadForm(initial={"vis_kolonner": "kolonner" in request.GET})
    if request.method == "POST" and incident:
        form = UploadForm(request.POST, request.FILES, sent_bytes=int(request.META.get("CONTENT_LENGTH") or 0))
        if form.is_valid():
            return redirect("import_batch", receive_upload(request, incident, form).pk)
    earlier = incident.batches.select_related("created_by", "committed_by") if incident else ImportBatch.objects.none()
    page = Paginator(earlier, LISTS_PER_PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page_obj": page}
    return render(request, "letters/imports.html", context, status=422 if form.errors else 200)


def receive_upload(request: SignedInRequest, incident: Incident, form: UploadForm) -> ImportBatch:
    """Return the batch of the file. A file uploaded before leads to the earlier batch."""
    with transaction.atomic():
        batch, is_to_read = uploads.receive_file(
            incident,
            form.filename,
            form.content,
            by=request.user,
            is_to_ask=form.cleaned_data["vis_kolonner"],
        )
        if is_to_read:
            task_queue.enqueue_on_commit("letters.tasks.read_batch", args=[batch.pk])
        else:
            when = danish.moment_relative(batch.created_at, timezone.now())
            messages.info(request, f"Den fil er læst før: {when[:1].lower()}{when[1:]}. Intet er ændret.")
    return batch


@require_safe
@requires_role(Role.KIT_ADMIN)
def show_batch(request: SignedInRequest, pk: int) -> HttpResponse:
    batch = get_object_or_404(ImportBatch.objects.select_related("incident", "committed_by", "undone_by"), pk=pk)
    if batch.is_at_work:
        template = "letters/batch_progress.html#progress" if request.htmx else "letters/batch_progress.html"
        return render(request, template, progress_page.progress_context(batch, timezone.now()))
    if request.htmx:
        return HttpResponseClientRefresh()
    if batch.status == Status.ASKING:
        return redirect("import_columns", pk)
    if batch.status in (Status.FAILED, Status.DISCARDED):
        return render(request, "letters/batch_not_imported.html", {"batch": batch})
    at = CheckPageAddress.of(request.GET)
    if batch.status in (Status.COMMITTED, Status.UNDONE):
        return render(request, "letters/committed_batch.html", committed_page.build_committed_context(batch, at))
    return render(request, "letters/check_batch.html", check_page.check_page_context(batch, at))


@require_POST
@requires_role(Role.KIT_ADMIN)
def stop_batch(request: SignedInRequest, pk: int) -> HttpResponse:
    batch = get_object_or_404(ImportBatch, pk=pk)
    if batches.request_stop(batch, by=request.user):
        logs.log_security_event("import_stopped", request.user.pk, batch_id=batch.pk)
    else:
        messages.info(request, "Arbejdet med listen var allerede slut. Her er, hvad der er sket med den.")
    return redirect("import_batch", pk)


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
            if batches.answer_columns(batch, form.sheets, form.mapping, request.user, form.cleaned_data["husk"]):
                task_queue.enqueue_on_commit("letters.tasks.read_batch", args=[batch.pk])
        return redirect("import_batch", pk)
    context = {"batch": batch, "form": form}
    return render(request, "letters/confirm_columns.html", context, status=422 if form.errors else 200)
