"""Views of the page *Er brevet kommet frem?*: report an arrival, take an arrival back, download a proof file."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.csp import CSP
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from followups import proof_files, services
from followups.arrival import arrival_page
from followups.arrival.forms import ArrivalForm, TakeBackArrivalForm
from followups.models import Arrival, LetterRow
from followups.navigation import add_origin, menu_line_of
from followups.rules.letter_rows import get_letter_or_404
from followups.services import arrivals
from letters.models import Letter
from sepo_incident.accounts.file_limits import limit_file_reading
from sepo_incident.accounts.roles import SignedInRequest, refuse_while_impersonating
from sepo_incident.core import danish, logs
from sepo_incident.core.database import Conflict

FILE_ALTERED = "Filen er beskadiget og kan ikke hentes. Kontakt Koncern IT."
SAVED_MESSAGES = {
    None: "Oplysningen er gemt. Brevet afventer bevis.",
    True: "Oplysningen er gemt. Brevet er kommet frem.",
    False: "Oplysningen er gemt. Send brevet igen, gerne på en anden måde.",
}


@require_http_methods(["GET", "HEAD", "POST"])
@limit_file_reading
def arrival(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show the page, and save a report on POST. Answer 422 for errors, 409 for a conflict."""
    letter = get_letter_or_404(request.user, pk)
    if request.method != "POST":
        asks = arrival_page.may_report_arrival(request.user, letter) and letter.followup.is_sent_again
        return _render_page(request, letter, arrival_page.arrival_form_for(letter) if asks else None)
    if not arrival_page.may_report_arrival(request.user, letter):
        raise PermissionDenied
    form = arrival_page.arrival_form_for(letter, request.POST, request.FILES)
    if not form.is_valid():
        return _render_page(request, letter, _ask_for_file_again(form), status=422)
    try:
        seen, remedy = form.cleaned_data["seen"], form.cleaned_data["remedy"]
        arrivals.record_arrival(letter, form.report, request.user, seen, remedy)
    except Conflict:
        if not _is_repeated_report(letter, form, request):
            return _conflict(request, letter, form)
    except services.NotPossible as refusal:
        form.add_error(None, str(refusal))
        return _render_page(request, letter, _ask_for_file_again(form), status=409)
    messages.success(request, SAVED_MESSAGES[form.report.has_arrived] + _other_letters_sentence(letter, form, request))
    return redirect(add_origin(reverse("letter", args=[pk]), request))


@require_POST
def take_back_arrival(request: SignedInRequest, pk: int, arrival_id: int) -> HttpResponse:
    """Take an arrival back, and return to the page. `arrival_id`: id of the arrival."""
    letter = get_letter_or_404(request.user, pk)
    wrong = get_object_or_404(Arrival.objects.filter(followup__letter=letter).select_related("followup"), pk=arrival_id)
    may_report = arrival_page.may_report_arrival(request.user, letter)
    if not (may_report or arrival_page.may_take_back_arrival(request.user, letter, wrong, may_report=may_report)):
        raise PermissionDenied
    form = TakeBackArrivalForm(wrong, request.POST)
    if not form.is_valid():
        return _render_page(request, letter, None, status=422, refused=form)
    try:
        arrivals.take_back_arrival(letter, arrival_id, form.cleaned_data["text"], request.user)
    except services.NotPossible as refusal:
        messages.warning(request, str(refusal))
    else:
        what = "Filen" if wrong.file_sha256 else "Oplysningen"
        messages.success(request, f"{what} er trukket tilbage. Brevets historik viser hvorfor.")
    return redirect(add_origin(reverse("arrival", args=[pk]), request))


@require_safe
@never_cache
@csp_override({"default-src": [CSP.NONE], "base-uri": [CSP.NONE], "frame-ancestors": [CSP.NONE], "sandbox": [""]})
@refuse_while_impersonating
def arrival_file(request: SignedInRequest, pk: int, arrival_id: int) -> HttpResponseBase:
    """Serve a proof file as a download, never as a page. Withdrawn, erased and altered files are not served."""
    letter = get_letter_or_404(request.user, pk)
    if not letter.reader_may_read:
        raise Http404
    found = get_object_or_404(
        Arrival.objects.with_file().filter(followup__letter=letter, taken_back=None), pk=arrival_id
    )
    try:
        parts = proof_files.read_proof(found.file_sha256)
    except proof_files.ProofAltered:
        messages.error(request, FILE_ALTERED)
        return redirect("arrival", pk)
    if request.method == "GET":
        logs.log_security_event("proof_file_fetched", request.user.pk, letter_id=letter.pk, arrival_id=found.pk)
    headers = {
        "Content-Length": str(found.file_size),
        "Content-Disposition": str(content_disposition_header(True, found.file_name)),
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingHttpResponse(parts, content_type=found.file_type, headers=headers)


def _other_letters_sentence(letter: Letter, form: ArrivalForm, request: SignedInRequest) -> str:
    """Return a Danish sentence with the number of other readable letters that have the same file; "" for none."""
    if form.report.file is None:
        return ""
    theirs = (
        Letter.objects.visible_to(request.user).readable().filter(incident=letter.incident_id).exclude(pk=letter.pk)
    )
    same = Arrival.objects.active().with_file().filter(file_sha256=form.report.file.sha256, followup__letter__in=theirs)
    many = same.values("followup").distinct().count()
    return f" Den samme fil ligger også på {danish.count(many, 'andet brev', 'andre breve')}." if many else ""


def _is_repeated_report(letter: Letter, form: ArrivalForm, request: SignedInRequest) -> bool:
    """Return whether the same person just saved the same report from the same page: a double click is no conflict."""
    newest = arrivals.newest_arrival_of(letter.followup)
    if newest is None or newest.by_id != request.user.pk or newest.pk <= form.cleaned_data["seen"]:
        return False
    report = form.report
    was = (newest.has_arrived, newest.sent_on, newest.way, newest.arrived_on, newest.text, newest.file_sha256)
    sha256 = report.file.sha256 if report.file else ""
    return was == (report.has_arrived, report.sent_on, report.way, report.arrived_on, report.text, sha256)


def _conflict(request: SignedInRequest, letter: LetterRow, form: ArrivalForm) -> HttpResponse:
    """Answer 409: show the other person's report beside the typed form.

    The form has the new ids, so that saving again is a choice.
    """
    newest = arrivals.newest_arrival_of(letter.followup)
    typed = request.POST.copy()
    typed["seen"], typed["remedy"] = str(newest.pk if newest else 0), letter.followup.remedy
    again = arrival_page.arrival_form_for(letter, typed, request.FILES)
    again.is_valid()
    again.errors.clear()
    again.add_error(None, "En anden har skrevet om brevet imens. Se det nedenfor. Gemmer du, gælder dit svar.")
    return _render_page(request, letter, _ask_for_file_again(again), status=409)


def _ask_for_file_again(form: ArrivalForm) -> ArrivalForm:
    """Add an error asking for the file again, because no browser resends a chosen file."""
    if form.files and "file" not in form.errors:
        form.add_error("file", "Vælg filen igen. Den er ikke gemt endnu.")
    return form


def _render_page(
    request: SignedInRequest,
    letter: LetterRow,
    form: ArrivalForm | None,
    status: int = 200,
    refused: TakeBackArrivalForm | None = None,
) -> HttpResponse:
    context = arrival_page.arrival_page_context(letter, request.user, refused)
    context |= {"form": form, "rejected_form": refused, "origin": add_origin("", request)}
    context["lies_under"] = menu_line_of(letter, request.user)
    return render(request, "followups/arrival.html", context, status=status)
