"""Pages of the workbook: download from *Mine breve* or a board, upload and preview, and save."""

from typing import Any, BinaryIO

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from followups import services
from followups.boards.board_letters import board_letters, units_with_list_for
from followups.boards.filters import LetterFilter
from followups.models import BulkDecision
from followups.navigation import add_origin, board_origin
from followups.rules.letter_rows import sort_letters
from followups.workbook import comparison, sheet
from followups.workbook.comparison import WorkbookDifferences
from letters.import_pages.upload_page import FileForm
from letters.importing.files import uploads
from letters.importing.files.limits import Refused
from letters.incident_kinds import USUAL_RULES
from letters.incidents import incident_of, incident_or_404
from letters.models import Letter
from letters.models.letter import LetterQuerySet
from sepo_incident.accounts.file_limits import limit_file_reading, limit_workbook_building
from sepo_incident.accounts.roles import SignedInRequest, refuse_while_impersonating
from sepo_incident.core import cpr, danish, logs, spreadsheets

MAX_BYTES = 20 * 1024**2


class WorkbookForm(FileForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["fil"]
        field.label = "Regnearket med dine svar"
        field.help_text = "Højst 20 MB."
        field.error_messages |= {
            "required": "Vælg regnearket med dine svar.",
            "empty": "Filen er tom. Gem regnearket igen i Excel, og vælg det.",
        }
        field.widget = forms.ClearableFileInput(attrs={"accept": ".xlsx,.ods,.xls"})

    def clean_fil(self) -> BinaryIO:
        file = self.cleaned_data["fil"]
        if file.size > MAX_BYTES:
            raise ValidationError("Filen fylder mere end 20 MB. Slet billeder og andre ark, gem den, og vælg den igen.")
        return super().clean_fil()


MAX_CHANGES = 2000  # All changes are on one page, which takes two seconds per thousand.
#: A longer list of letters is folded, so that the button stays near.
FOLD_AFTER = 12
TOO_MANY_CHANGES = (
    "Arket ændrer {} breve, men du kan kun gemme {} ad gangen. Lav en kopi, fjern beskyttelsen under Gennemse, og "
    "slet hver sin halvdel af rækkerne. Vælg så de to regneark efter hinanden."
)
LETTERS_NOT_VISIBLE = (
    "Der er ikke gemt noget, for du har ikke adgang til brevene mere. Er det en fejl, så skriv til DIT."
)


@require_safe
@refuse_while_impersonating
def my_workbook(request: SignedInRequest) -> HttpResponseBase:
    """Download the letters of the reader and of the senders whom the reader stands in for."""
    letters = Letter.objects.visible_to(request.user).active().filter(incident=incident_or_404(request))
    letters = letters.filter(sender__in=request.user.own_and_represented_ids)
    letters = sort_letters(QueryDict()).order(letters, "sent_at", "pk")
    return _workbook_response(request, letters, "mine-breve", is_own=not request.user.stands_in_for)


@require_safe
@refuse_while_impersonating
def board_workbook(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """Download all letters of the board's filter, in the order of the filter."""
    unit = get_object_or_404(units_with_list_for(request.user), pk=pk)
    letters = board_letters(unit, incident_or_404(request), request.user)
    chosen = LetterFilter(request.GET, letters, unit, request.user)
    return _workbook_response(request, chosen.letters(), f"breve-enhed-{pk}", is_own=False)


#: A workbook of so many letters is built at once, in half a second. A longer one needs a place.
LETTERS_WITHOUT_PLACE = 300


def _workbook_response(
    request: SignedInRequest, letters: LetterQuerySet, name: str, *, is_own: bool
) -> HttpResponseBase:
    count = letters.count()
    build = _build_workbook if count <= LETTERS_WITHOUT_PLACE else limit_workbook_building(_build_workbook)
    return build(request, letters, name, count, is_own=is_own)


def _build_workbook(
    request: SignedInRequest, letters: LetterQuerySet, name: str, count: int, *, is_own: bool
) -> HttpResponse:
    content = sheet.build_workbook(letters, request.user, incident_or_404(request).rules, is_own=is_own)
    logs.log_security_event("letters_exported", request.user.pk, count=count)
    headers = {"Content-Disposition": f'attachment; filename="{name}.xlsx"'}
    return HttpResponse(content, content_type=spreadsheets.XLSX, headers=headers)


@require_http_methods(["GET", "HEAD", "POST"])
@limit_file_reading
def upload_workbook(request: SignedInRequest) -> HttpResponse:
    """Show the upload form. On POST show the preview; `apply_workbook` saves."""
    form = WorkbookForm()
    if request.method == "POST":
        form = WorkbookForm(request.POST, request.FILES, sent_bytes=uploads.count_sent_bytes(request))
        if form.is_valid() and (differences := _compare_upload(request, form)):
            return _render_preview(request, differences, form.filename)
    context = _origin_context(request) | {"form": form}
    return render(request, "followups/workbook.html", context, status=422 if form.errors else 200)


def _compare_upload(request: SignedInRequest, form: WorkbookForm) -> WorkbookDifferences | None:
    """Return the differences in the file, or None after adding the errors to the form."""
    try:
        incident = incident_of(request)
        filled = sheet.read_workbook(form.cleaned_data["fil"], incident.rules if incident else USUAL_RULES)
        differences = WorkbookDifferences(filled, request.user, incident)
    except Refused as refusal:
        form.add_error("fil", str(refusal))
        return None
    if len(differences.changes) > MAX_CHANGES:
        form.add_error(
            "fil", TOO_MANY_CHANGES.format(danish.number(len(differences.changes)), danish.number(MAX_CHANGES))
        )
        return None
    return differences


def _render_preview(request: SignedInRequest, differences: WorkbookDifferences, filename: str) -> HttpResponse:
    context = _origin_context(request) | {
        "differences": differences,
        "filename": cpr.mask(filename),
        "proposal": comparison.sign_proposal(differences.changes, request.user) if differences.changes else "",
        "folds_after": FOLD_AFTER,
    }
    return render(request, "followups/workbook_preview.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def apply_workbook(request: SignedInRequest) -> HttpResponse:
    """Save the changes as the preview showed. A GET comes after signing in again and redirects to the upload page."""
    again = redirect(add_origin(reverse("upload_workbook"), request))
    if request.method != "POST":
        return again
    shown = comparison.read_proposal(request.POST.get("vist", ""), request.user)
    if shown is None:
        messages.warning(
            request, "Der er ikke gemt noget. Det er for længe siden, du valgte regnearket. Vælg det igen."
        )
        return again
    letters = Letter.objects.visible_to(request.user).filter(pk__in=list(shown), followup__isnull=False)
    requested = {letter: shown[letter.pk] for letter in letters}
    if not requested:
        messages.warning(request, LETTERS_NOT_VISIBLE)
        return again
    bulk = services.start_bulk_decision(requested, request.user, BulkDecision.Way.WORKBOOK)
    logs.log_security_event("workbook_applied", request.user.pk, count=len(shown))
    return redirect(add_origin(reverse("bulk_decision", args=[bulk.pk]), request))


def _origin_context(request: SignedInRequest) -> dict[str, str]:
    """Return the link back to the board or to *Mine breve*, and the query string for the page's links."""
    came_from = board_origin(request)
    back = f"{came_from}#breve" if came_from else reverse("my_letters")
    return {"back": back, "origin": add_origin("", request), "lies_under": "boards" if came_from else "my_letters"}
