"""*Personer*: a staff file is uploaded, checked, and saved or discarded."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from letters.import_pages import row_filters
from letters.import_pages.import_forms import StaffFileForm, StaffSaveForm
from letters.importing import staff_file
from letters.importing.files import reader
from letters.staff_files import staff_file_page
from sepo_incident.accounts.models import StaffImport
from sepo_incident.accounts.roles import Role, SignedInRequest, requires_role
from sepo_incident.accounts.staff_import import plan, staging
from sepo_incident.core import logs
from sepo_incident.core.conflict import Conflict

Status = StaffImport.Status
FILES_PER_PAGE, ROWS_PER_PAGE = 20, 50


@require_http_methods(["GET", "HEAD", "POST"])
@requires_role(Role.KIT_ADMIN)
def upload_staff_file(request: SignedInRequest) -> HttpResponse:
    form = StaffFileForm()
    if request.method == "POST":
        form = StaffFileForm(request.POST, request.FILES, sent_bytes=int(request.META.get("CONTENT_LENGTH") or 0))
        if form.is_valid() and (staff := receive_staff_file(request, form)):
            return redirect("staff_import", staff.pk)
    earlier = StaffImport.objects.select_related("created_by", "committed_by")
    context = {
        "form": form,
        "waiting": earlier.filter(status=Status.CHECKED).first(),
        "page_obj": Paginator(earlier.exclude(status=Status.CHECKED), FILES_PER_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "letters/staff_files.html", context, status=422 if form.errors else 200)


def receive_staff_file(request: SignedInRequest, form: StaffFileForm) -> StaffImport | None:
    """Read the uploaded file beside our users. If the file is refused, add the error to the form and return None."""
    content, is_everybody = form.cleaned_data["fil"], form.cleaned_data["alle"]
    try:
        staff = staff_file.read_staff_file(content, form.filename, by=request.user, is_everybody=is_everybody)
    except reader.Refused as refusal:
        form.add_error("fil", str(refusal))
        return None
    logs.log_security_event("staff_file_read", request.user.pk, staff_import_id=staff.pk)
    return staff


@require_safe
@requires_role(Role.KIT_ADMIN)
def show_staff_file(request: SignedInRequest, pk: int) -> HttpResponse:
    return _render_staff_file(
        request, get_object_or_404(StaffImport.objects.select_related("created_by", "committed_by"), pk=pk)
    )


def _render_staff_file(
    request: SignedInRequest, staff: StaffImport, status: int = 200, **shown: object
) -> HttpResponse:
    if staff.status == Status.DISCARDED:
        return render(request, "letters/staff_file.html", {"staff": staff})
    is_waiting = staff.status == Status.CHECKED
    if is_waiting:
        staff.committed_by = request.user  # the user who saves never leaves, so the user counts as staying
    counts, choices = plan.count_verdicts(staff), staff_file_page.available_choices(staff)
    choice = staff_file_page.find_choice(request.GET.get("vis", ""), choices, counts)
    page = Paginator(staff_file_page.rows_for_choice(staff, choice), ROWS_PER_PAGE).get_page(request.GET.get("page"))
    context: dict[str, object] = {
        "staff": staff,
        "counts": counts,
        "tiles": staff_file_page.build_staff_tiles(staff, counts),
        "choice": choice,
        "page_obj": page,
        "pills": row_filters.filter_pills(choices, choice, counts),
    }
    if is_waiting:
        context |= {
            "form": StaffSaveForm(counts.leaving),
            "is_doubtful": staff_file_page.is_suspiciously_many_leaving(counts),
        }
    return render(request, "letters/staff_file.html", context | shown, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@requires_role(Role.KIT_ADMIN)
def save_staff_file(request: SignedInRequest, pk: int) -> HttpResponse:
    """Save a staff file. A GET comes from a link on the page with form errors."""
    if request.method != "POST":
        return redirect(f"{reverse('staff_import', args=[pk])}?{request.GET.urlencode()}")
    staff = get_object_or_404(StaffImport, pk=pk)
    staff.committed_by = request.user
    form = StaffSaveForm(plan.count_verdicts(staff).leaving, request.POST)
    if staff.status == Status.CHECKED and not form.is_valid():
        return _render_staff_file(request, staff, status=422, form=form)
    try:
        is_saved = staff_file.save_staff_file(staff, by=request.user, leaving=form.seen)
    except Conflict:
        plan.set_verdicts(staff)
        return _render_staff_file(request, staff, status=409, has_moved=True)
    if is_saved:
        logs.log_security_event("staff_file_saved", request.user.pk, staff_import_id=staff.pk)
        messages.success(request, f"»{staff.filename}« er gemt.")
    else:
        messages.info(request, "Filen venter ikke længere på at blive gemt. Her er, hvad der er sket med den.")
    return redirect("staff_import", pk)


@require_POST
@requires_role(Role.KIT_ADMIN)
def discard_staff_file(request: SignedInRequest, pk: int) -> HttpResponse:
    staff = get_object_or_404(StaffImport, pk=pk)
    if staging.discard_staff_import(staff):
        messages.success(request, f"»{staff.filename}« er kasseret, og ingen personer er ændret.")
        return redirect("people")
    messages.warning(request, "Filen kan ikke kasseres, for den venter ikke længere.")
    return redirect("staff_import", pk)
