"""*Personalefil*: a staff file is uploaded, checked, and saved or discarded."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from letters.import_pages import check_table
from letters.import_pages.check_table import RowFilter
from letters.import_pages.upload_page import MAX_SIZE_TEXT, FileForm, earlier_files
from letters.importing import staff_file
from letters.importing.files import uploads
from letters.importing.files.limits import Refused
from sepo_incident.accounts.file_limits import limit_file_reading
from sepo_incident.accounts.list_export import DOWNLOAD, TableColumn, TableExport, stream_list, wants_file
from sepo_incident.accounts.models import StaffImport, StaffRow, User
from sepo_incident.accounts.roles import Role, SignedInRequest, requires_role
from sepo_incident.accounts.staff_import import staff_changes
from sepo_incident.accounts.staff_import.staff_changes import HAS_REMARKS, VerdictCounts
from sepo_incident.core import danish, logs
from sepo_incident.core.components import Tile
from sepo_incident.core.database import Conflict
from sepo_incident.core.forms import parse_version

Status, Verdict = StaffImport.Status, StaffRow.Verdict
ROWS_PER_PAGE = 50
KNOWN = RowFilter("kendte", "Kendte", "", Q(verdict=Verdict.KNOWN), "known")
MISSING = RowFilter("mangler", "Mangler i filen", "is-soon", Q(), "missing")
CHOICES = [
    RowFilter("afviste", "Afvist", "is-late", Q(verdict=Verdict.REJECTED), "rejected"),
    RowFilter("bemaerk", "Bemærk", "is-soon", HAS_REMARKS, "noticed"),
    RowFilter("fratraadte", "Fratrådt", "is-soon", Q(verdict=Verdict.LEFT), "left"),
    MISSING,
    RowFilter("nye", "Nye", "is-ok", Q(verdict=Verdict.NEW), "new"),
    RowFilter("aendrede", "Ændrede", "is-info", Q(verdict=Verdict.CHANGED), "changed"),
    KNOWN,
]

ROWS_EXPORT: TableExport[StaffRow] = TableExport(
    "personalefil",
    "Personer",
    [
        TableColumn("Person", lambda row: row.name or row.email or "Uden navn", 28),
        TableColumn("E-mail", lambda row: row.email, 32),
        TableColumn("Række", lambda row: row.row or None, 8),
        TableColumn("Enhed", lambda row: row.unit.name if row.unit else "", 32),
        TableColumn("Resultat", lambda row: row.badge.label, 14),
        TableColumn("Bemærkninger", lambda row: "; ".join(row.sentences), 70),
        TableColumn("Fratrådt", lambda row: row.left_on, 12),
    ],
)


class StaffFileForm(FileForm):
    alle = forms.BooleanField(
        label="Filen har alle ansatte",
        help_text="Vi regner alle andre for fratrådte.",
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["fil"].label = "Personalefilen fra Excel eller som .csv"
        self.fields["fil"].help_text = f"{MAX_SIZE_TEXT} Med overskrifter."


class StaffSaveForm(forms.Form):
    """The confirmation that people have left, as many as shown: nobody is locked out by a single tap."""

    fratraadt = forms.BooleanField(error_messages={"required": "Sæt kryds, når du har tjekket, at de er fratrådt."})

    def __init__(self, leaving: int, data: Any = None) -> None:
        super().__init__(data)
        who = "personen" if leaving == 1 else f"de {danish.number(leaving)}"
        self.fields["fratraadt"].label = f"Ja, {who} er fratrådt"
        if not leaving:
            del self.fields["fratraadt"]


def available_choices(staff: StaffImport) -> list[RowFilter]:
    """Return the filters of the page. A saved file no longer has the rows that changed nobody."""
    is_waiting = staff.status == Status.CHECKED
    return [choice for choice in CHOICES if is_waiting or choice not in (MISSING, KNOWN)]


def find_choice(slug: str, among: list[RowFilter], counts: VerdictCounts) -> RowFilter:
    """Return the filter that the URL names, or the first filter with rows."""
    named = (choice for choice in among if choice.slug == slug)
    return next(named, next((choice for choice in among if getattr(counts, choice.count_name)), among[-1]))


def rows_for_choice(staff: StaffImport, choice: RowFilter) -> QuerySet[StaffRow] | list[StaffRow]:
    """Return the rows of the file, or for MISSING unsaved rows (number 0) of the people missing from the file."""
    if choice != MISSING:
        return staff.rows.filter(choice.condition).select_related("unit")
    missing = User.objects.filter(pk__in=staff_changes.list_missing_user_ids(staff)).select_related("unit")
    return [
        StaffRow(row=0, name=one.name, email=one.email, unit=one.unit, verdict=Verdict.LEFT)
        for one in missing.order_by("name", "pk")
    ]


def build_staff_tiles(staff: StaffImport, counts: VerdictCounts) -> list[Tile]:
    """Return tiles that link to the rows; the people missing from a saved file have left, and have no link."""
    url = {choice.slug: choice.url for choice in available_choices(staff)}
    there = url.get(MISSING.slug, "")
    not_there = Tile.from_count(counts.missing, "mangler i filen", "mangler i filen", "is-soon", there)
    return [
        Tile.from_count(counts.new, "ny person", "nye personer", "is-ok", url["nye"]),
        Tile.from_count(counts.changed, "ændret person", "ændrede personer", "is-info", url["aendrede"]),
        Tile.from_count(counts.left, "fratrådt", "fratrådte", "is-soon", url["fratraadte"]),
        *([not_there] if staff.is_everybody else []),
        Tile.from_count(counts.rejected, "afvist række", "afviste rækker", "is-late", url["afviste"]),
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@requires_role(Role.KIT_ADMIN)
@limit_file_reading
def upload_staff_file(request: SignedInRequest) -> HttpResponse:
    form = StaffFileForm()
    if request.method == "POST":
        form = StaffFileForm(request.POST, request.FILES, sent_bytes=uploads.count_sent_bytes(request))
        if form.is_valid() and (staff := receive_staff_file(request, form)):
            return redirect("staff_import", staff.pk)
    earlier = StaffImport.objects.select_related("created_by").exclude(status=Status.CHECKED)
    context = {
        "form": form,
        "waiting_file": StaffImport.objects.filter(status=Status.CHECKED).first(),
        **earlier_files(request, earlier, "counts__rows"),
    }
    return render(request, "letters/staff_files.html", context, status=422 if form.errors else 200)


def receive_staff_file(request: SignedInRequest, form: StaffFileForm) -> StaffImport | None:
    """Read the uploaded file beside our users. If the file is refused, add the error to the form and return None."""
    content, is_everybody = form.cleaned_data["fil"], form.cleaned_data["alle"]
    try:
        staff = staff_file.read_staff_file(content, form.filename, by=request.user, is_everybody=is_everybody)
    except Refused as refusal:
        form.add_error("fil", str(refusal))
        return None
    logs.log_security_event("staff_file_read", request.user.pk, staff_import_id=staff.pk)
    return staff


@require_safe
@requires_role(Role.KIT_ADMIN)
def show_staff_file(request: SignedInRequest, pk: int) -> HttpResponseBase:
    staff = get_object_or_404(StaffImport.objects.select_related("created_by", "committed_by"), pk=pk)
    if staff.status == Status.DISCARDED or not wants_file(request):
        return _render_staff_file(request, staff)
    choice = find_choice(request.GET.get("vis", ""), available_choices(staff), _count_verdicts(request, staff))
    about = [("Fil", staff.filename), ("Filter", choice.label)]
    return stream_list(request, ROWS_EXPORT, rows_for_choice(staff, choice), request.GET[DOWNLOAD], about=about)


def _count_verdicts(request: SignedInRequest, staff: StaffImport) -> VerdictCounts:
    if staff.status == Status.CHECKED:
        staff.committed_by = request.user  # the user who saves never leaves, so the user counts as staying
    return staff_changes.count_verdicts(staff)


def _render_staff_file(
    request: SignedInRequest, staff: StaffImport, status: int = 200, **shown: object
) -> HttpResponse:
    if staff.status == Status.DISCARDED:
        return render(request, "letters/staff_file.html", {"staff": staff})
    counts, choices = _count_verdicts(request, staff), available_choices(staff)
    choice = find_choice(request.GET.get("vis", ""), choices, counts)
    page = Paginator(rows_for_choice(staff, choice), ROWS_PER_PAGE).get_page(request.GET.get("page"))
    context: dict[str, object] = {
        "staff": staff,
        "counts": counts,
        "tiles": build_staff_tiles(staff, counts),
        "choice": choice,
        "page_obj": page,
        "pills": check_table.filter_pills(choices, choice, counts),
    }
    if staff.status == Status.CHECKED:
        present = User.objects.filter(is_active=True, left_on=None).count()
        # if more than a tenth would leave, the file may be incomplete
        context |= {"form": StaffSaveForm(counts.leaving), "is_doubtful": counts.leaving * 10 > present}
    return render(request, "letters/staff_file.html", context | shown, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@requires_role(Role.KIT_ADMIN)
def save_staff_file(request: SignedInRequest, pk: int) -> HttpResponse:
    """Save a staff file. A GET comes from a link on the page with form errors."""
    if request.method != "POST":
        return redirect(f"{reverse('staff_import', args=[pk])}?{request.GET.urlencode()}")
    staff = get_object_or_404(StaffImport, pk=pk)
    staff.committed_by = request.user
    form = StaffSaveForm(staff_changes.count_verdicts(staff).leaving, request.POST)
    if staff.status == Status.CHECKED and not form.is_valid():
        return _render_staff_file(request, staff, status=422, form=form)
    try:
        is_saved = staff_file.save_staff_file(staff, request.user, parse_version(request.POST.get("tal", "")))
    except Conflict:
        staff_changes.set_verdicts(staff)
        return _render_staff_file(request, staff, status=409, has_moved=True)
    if is_saved:
        logs.log_security_event("staff_file_saved", request.user.pk, staff_import_id=staff.pk)
        messages.success(request, f"»{staff.filename}« er gemt.")
    else:
        messages.info(request, "Filen kan ikke længere gemmes. Her er resultatet.")
    return redirect("staff_import", pk)


@require_POST
@requires_role(Role.KIT_ADMIN)
def discard_staff_file(request: SignedInRequest, pk: int) -> HttpResponse:
    staff = get_object_or_404(StaffImport, pk=pk)
    if staff_changes.discard_staff_import(staff):
        messages.success(request, f"»{staff.filename}« er kasseret. Ingen personer er ændret.")
        return redirect("staff_files")
    messages.warning(request, "Filen er allerede gemt eller kasseret.")
    return redirect("staff_import", pk)
