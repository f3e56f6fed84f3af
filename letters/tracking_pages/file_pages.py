"""*Indlæs en fil*: upload a file of letters and receipts, choose its columns, follow the work and see the result."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRefresh

from letters.import_pages.columns_page import NOT_TAKEN_LABEL, ColumnsForm
from letters.import_pages.upload_page import FileForm, earlier_files
from letters.importing.files import uploads
from letters.importing.files.limits import Refused
from letters.models import Channel, ReceiptStatus, TrackingFile
from letters.tracking import tracking_files
from letters.tracking.file_rows import FILE_HEADERS, IDENTIFIERS, FileRows
from letters.tracking.receipt_codes import find_status
from letters.tracking.take_in import APPROVED, UnusableRow
from letters.tracking.told_statuses import unknown_statuses
from sepo_incident.accounts.file_limits import limit_file_reading
from sepo_incident.accounts.roles import SignedInRequest, kit_admin_required
from sepo_incident.core import danish, database, logs
from sepo_incident.core.forms import FreeText

Status, Meaning = TrackingFile.Status, ReceiptStatus.Meaning


class TrackingFileForm(FileForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["fil"]
        field.label, field.error_messages["required"] = "Fil fra Excel, .csv eller JSON", "Vælg filen."
        field.widget.attrs["accept"] += ",.json,.jsonl"


class TrackingColumnsForm(ColumnsForm):
    """The meaning of the file's columns, and the channel of a file without a column for it."""

    choices = [("", NOT_TAKEN_LABEL), *FILE_HEADERS.labels.items()]
    labels, why_required, hiding_fields = FILE_HEADERS.labels, {}, ()
    kanal = FreeText(
        label="Kanal",
        max_length=80,
        required=False,
        help_text="Udfyld kun, hvis filen ikke har en kolonne med kanalen.",
    )

    def __init__(self, file: TrackingFile, data: Any = None):
        super().__init__([file.found], data)
        del self.fields["lav_id"]
        if known := list(Channel.objects.values_list("name", flat=True)[:10]):
            self.fields["kanal"].help_text += f" I kender allerede {danish.join_with_and(known)}."

    @property
    def rows(self) -> FileRows:
        """Return the reader of the rows by the columns as chosen, or as proposed."""
        fields = self.chosen_fields if self.is_bound else [column.field for column in self.columns]
        columns = {field: at for at, field in enumerate(fields) if field}
        return FileRows(columns, [column.header for column in self.columns], "", database.now())

    def clean(self) -> dict[str, Any]:
        cleaned, chosen = super().clean(), {*self.chosen_fields}
        if not self.rows.has_letters:
            if not chosen & IDENTIFIERS:
                self.add_error(None, "Vælg den kolonne, der siger, hvilket brev en status er om, fx »MessageUUID«.")
        elif not chosen & {"sent_at", "approved_at"}:
            self.add_error(None, "Vælg den kolonne, der er »Sendt«. Vi skal vide, hvornår brevet er sendt.")
        elif "channel" not in chosen and not cleaned.get("kanal"):
            self.add_error("kanal", "Skriv kanalens navn, fx SEPO.")
        return cleaned

    @property
    def first_rows(self) -> Iterator[str]:
        """Yield what each of the first rows tells, as a sentence."""
        for name, cells in zip(self.numbers, zip(*(column.cells for column in self.columns), strict=True), strict=True):
            try:
                letters, receipts = self.rows.read(cells)
                stages = {
                    "godkendt" if one["stage"] == APPROVED else "sendt": danish.moment(one["sent_at"])
                    for one in letters
                }
                told = [f"{stage} {at}" for stage, at in stages.items()]
                told += [status_in_words(one["code"] or one["status"]) for one in receipts]
                yield f"{name}: {', '.join(told)}"
            except UnusableRow as problem:
                yield f"{name}: {problem}"


def status_in_words(said: str) -> str:
    status = find_status(said)
    told = None if status.is_known else ReceiptStatus.objects.filter(name__iexact=status.name).first()
    meaning = Meaning.DELIVERED if status.is_delivered else Meaning.FAILED if status.is_final else Meaning.ON_THE_WAY
    words = told.get_meaning_display() if told else meaning.label if status.is_known else "Det kender vi ikke endnu"
    return f"»{status.name}« ({words.lower()})"


@require_http_methods(["GET", "HEAD", "POST"])
@kit_admin_required
@limit_file_reading
def upload_file(request: SignedInRequest) -> HttpResponse:
    form = TrackingFileForm()
    if request.method == "POST":
        form = TrackingFileForm(request.POST, request.FILES, sent_bytes=uploads.count_sent_bytes(request))
        if form.is_valid():
            try:
                file = tracking_files.receive_file(form.cleaned_data["fil"], form.filename, request.user)
                return redirect("tracking_file", file.pk)
            except Refused as refusal:
                form.add_error("fil", str(refusal))
    earlier = earlier_files(request, TrackingFile.objects.select_related("created_by"), "total_rows")
    return render(request, "letters/tracking_files.html", {"form": form, **earlier}, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@kit_admin_required
def show_file(request: SignedInRequest, pk: int) -> HttpResponse:
    """Ask about the columns of a file, and take it in or discard it; then show the progress and the result."""
    file = get_object_or_404(TrackingFile, pk=pk)
    if file.status != Status.WAITING:
        return redirect("tracking_file", pk) if request.method == "POST" else _show_result(request, file)
    if "kasser" in request.POST:
        TrackingFile.objects.filter(pk=pk, status=Status.WAITING).delete()
        messages.success(request, f"»{file.filename}« er kasseret. Der er ikke gemt noget.")
        return redirect("tracking_files")
    form = TrackingColumnsForm(file, request.POST if request.method == "POST" else None)
    if form.is_valid():
        tracking_files.request_taking_in(file, form.mapping, form.cleaned_data["kanal"])
        logs.log_security_event("tracking_file_taken_in", request.user.pk, tracking_file_id=pk)
        return redirect("tracking_file", pk)
    context = {"file": file, "form": form}
    return render(request, "letters/tracking_file.html", context, status=422 if form.errors else 200)


def _show_result(request: SignedInRequest, file: TrackingFile) -> HttpResponse:
    if request.htmx and file.status == Status.TAKING:
        return render(request, "letters/_tracking_file_progress.html", {"file": file})
    if request.htmx:
        return HttpResponseClientRefresh()
    context = {"file": file, "unknown": len(unknown_statuses())}
    return render(request, "letters/tracking_file_result.html", context)
