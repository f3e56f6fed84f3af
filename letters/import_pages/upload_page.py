"""*Indlæs liste*: upload a list, and show the state of a batch and the progress of the worker."""

from typing import Any, BinaryIO

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from letters.import_pages import check_page, committed_page
from letters.import_pages.check_page import CheckPageAddress
from letters.importing import batches
from letters.importing.files import uploads
from letters.importing.files.file_type import MAX_BYTES, detect_file_type, too_big
from letters.importing.files.limits import Refused
from letters.importing.plan import letter_comparison
from letters.incidents import incident_of
from letters.models import ImportBatch, ImportProgress, Incident
from sepo_incident.accounts.roles import Role, SignedInRequest, requires_role
from sepo_incident.core import danish, logs, task_queue
from sepo_incident.core.sorting import Column, ColumnSort, danish_order

Status = ImportBatch.Status
FILES_PER_PAGE = 50
MAX_SIZE_TEXT = f"Højst {MAX_BYTES // 1024**2} MB."


class FileForm(forms.Form):
    """An upload. `fil` becomes the open file; a large file lies on the disk and is never in memory as a whole."""

    fil = forms.FileField(
        label="Listen fra Excel eller som .csv",
        help_text=f"{MAX_SIZE_TEXT} Med overskrifter.",
        error_messages={
            "required": "Vælg filen med listen.",
            "empty": "Filen er tom. Gem listen igen i Excel, og vælg den nye fil.",
            "max_length": "Filens navn er for langt. Giv den et kortere navn.",
        },
        max_length=255,
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.xlsm,.xls,.ods,.csv,.tsv,.txt"}),
    )

    def __init__(self, *args: Any, sent_bytes: int = 0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # the upload was cut off on the way in, so the file would seem to be missing
        if uploads.is_upload_too_big(sent_bytes):
            self.fields["fil"].error_messages["required"] = too_big(sent_bytes)

    def clean_fil(self) -> BinaryIO:
        file: BinaryIO = self.cleaned_data["fil"].file
        try:
            detect_file_type(file)
        except Refused as refusal:
            raise ValidationError(str(refusal)) from refusal
        return file

    @property
    def filename(self) -> str:
        return getattr(self.files.get("fil"), "name", "") or "liste"


class UploadForm(FileForm):
    vis_kolonner = forms.BooleanField(
        label="Vis mig kolonnerne først",
        help_text="Er vi i tvivl om en kolonne, spørger vi altid.",
        required=False,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires_role(Role.KIT_ADMIN)
def upload_list(request: SignedInRequest) -> HttpResponse:
    incident = incident_of(request)
    form = UploadForm(initial={"vis_kolonner": "kolonner" in request.GET})
    if request.method == "POST" and incident:
        form = UploadForm(request.POST, request.FILES, sent_bytes=uploads.count_sent_bytes(request))
        if form.is_valid():
            return redirect("import_batch", receive_upload(request, incident, form).pk)
    earlier = incident.batches.select_related("created_by") if incident else ImportBatch.objects.none()
    context = {"form": form, **earlier_files(request, earlier, "total_rows")}
    return render(request, "letters/imports.html", context, status=422 if form.errors else 200)


def earlier_files(request: SignedInRequest, files: QuerySet[Any], rows: str) -> dict[str, Any]:
    """Return the context of `letters/_earlier_files.html`. `rows`: the field with the number of rows."""
    columns = {
        "file": Column(danish_order("filename")),
        "read": Column("created_at", descending_first=True),
        "rows": Column(rows, descending_first=True),
    }
    sort = ColumnSort(request.GET, columns, default="-read", anchor="tidligere")
    page = Paginator(sort.order(files, "-pk"), FILES_PER_PAGE).get_page(request.GET.get("page"))
    return {"page_obj": page, "heads": sort.heads}


def receive_upload(request: SignedInRequest, incident: Incident, form: UploadForm) -> ImportBatch:
    """Return the batch of the file. A file uploaded before leads to the earlier batch."""
    with transaction.atomic():
        batch, is_to_read = uploads.receive_file(
            incident,
            form.filename,
            form.cleaned_data["fil"],
            by=request.user,
            is_to_ask=form.cleaned_data["vis_kolonner"],
        )
        if is_to_read:
            task_queue.enqueue_on_commit("letters.tasks.read_batch", args=[batch.pk])
        else:
            when = danish.moment_relative(batch.created_at, timezone.now())
            messages.info(request, f"Der er ikke ændret noget. Filen blev læst {when[:1].lower()}{when[1:]}.")
    return batch


@require_safe
@requires_role(Role.KIT_ADMIN)
def show_batch(request: SignedInRequest, pk: int) -> HttpResponse:
    batch = get_object_or_404(ImportBatch.objects.select_related("incident", "committed_by", "undone_by"), pk=pk)
    if batch.is_at_work:
        template = "letters/_batch_progress.html" if request.htmx else "letters/batch_progress.html"
        return render(request, template, progress_context(batch))
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
        messages.info(request, "Arbejdet med listen var allerede slut. Her er resultatet.")
    return redirect("import_batch", pk)


def progress_context(batch: ImportBatch) -> dict[str, Any]:
    """Return the context of the progress page. `counts` is None until the batch is being committed."""
    progress = ImportProgress.objects.select_related("stop_asked_by").filter(batch=batch).first()
    progress = progress or ImportProgress(batch=batch)
    return {
        "batch": batch,
        "counts": letter_comparison.count_rows(batch) if batch.status == Status.COMMITTING else None,
        "progress": progress,
        "percent": 100 * progress.done // progress.total if progress.total else None,
    }
