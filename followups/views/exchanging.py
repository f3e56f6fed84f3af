"""Answers in a workbook: fetched from *Mine breve* or a board, filled in, looked through here, and then saved."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from followups.boards.board import letters_of, openable_by
from followups.boards.filters import SORTS, LetterFilter
from followups.exchanging import comparing, proposal, reading, sheet
from followups.exchanging.comparing import Differences
from followups.exchanging.form import WorkbookForm
from followups.views.origin import origin, with_origin
from letters import exporting
from letters.importing import reader
from letters.incidents import current_or_404
from letters.models import Letter
from letters.models.letter import LetterQuerySet
from sepo_incident import cpr, danish, logs
from sepo_incident.accounts.permissions import only_for_oneself
from sepo_incident.accounts.requests import SignedInRequest

MOST_CHANGES = 2000  # all of them stand on one page, which takes two seconds for each thousand
#: More letters than this fold away, so that the button stays near.
FOLDS_AFTER = 12
TOO_MANY = (
    "Arket ændrer {} breve, og der kan gemmes {} ad gangen. Lav en kopi, fjern arkets beskyttelse under Gennemse, "
    "slet en halvdel af rækkerne i hver, og vælg de to regneark efter hinanden."
)
GONE = "Du har ikke længere adgang til brevene i regnearket, og der er ikke gemt noget."
TOO_OLD = "Det er for længe siden, regnearket blev læst. Vælg det igen. Der er ikke gemt noget endnu."


@require_safe
@only_for_oneself
def my_workbook(request: SignedInRequest) -> HttpResponse:
    """The letters that the reader sent, or whose sender they stand in for."""
    letters = Letter.objects.visible_to(request.user).standing().filter(incident=current_or_404())
    letters = letters.filter(sender__in=request.user.answers_for).order_by(*SORTS[""][1], "sent_at", "pk")
    return _workbook(request, letters, "mine-breve", is_own=not request.user.stands_in_for)


@require_safe
@only_for_oneself
def board_workbook(request: SignedInRequest, pk: int) -> HttpResponse:
    """All letters of the filter, in its order."""
    unit = get_object_or_404(openable_by(request.user), pk=pk)
    letters = letters_of(unit, current_or_404(), request.user)
    chosen = LetterFilter(request.GET, letters, unit, request.user)
    return _workbook(request, chosen.letters(), f"breve-enhed-{pk}", is_own=False)


def _workbook(request: SignedInRequest, letters: LetterQuerySet, name: str, *, is_own: bool) -> HttpResponse:
    content = sheet.workbook(letters, request.user, is_own=is_own)
    logs.note("letters_exported", request.user.pk, count=letters.count())
    headers = {"Content-Disposition": f'attachment; filename="{name}.xlsx"'}
    return HttpResponse(content, content_type=exporting.XLSX, headers=headers)


@require_http_methods(["GET", "HEAD", "POST"])
def exchange(request: SignedInRequest) -> HttpResponse:
    """Where a workbook is chosen, and on POST what would happen; nothing is saved before ``apply_workbook``."""
    form = WorkbookForm()
    if request.method == "POST":
        form = WorkbookForm(request.POST, request.FILES, sent_bytes=int(request.META.get("CONTENT_LENGTH") or 0))
        if form.is_valid() and (found := _compared(request, form)):
            return _preview(request, found, form.filename)
    context = _whence(request) | {"form": form}
    return render(request, "followups/exchange.html", context, status=422 if form.errors else 200)


def _compared(request: SignedInRequest, form: WorkbookForm) -> Differences | None:
    """What the file would change; what is wrong with it is said in the form."""
    try:
        found = comparing.compare(reading.read(form.cleaned_data["fil"]), request.user)
    except reader.Refused as refusal:
        form.add_error("fil", str(refusal))
        return None
    if len(found.changes) > MOST_CHANGES:
        form.add_error("fil", TOO_MANY.format(danish.number(len(found.changes)), danish.number(MOST_CHANGES)))
        return None
    return found


def _preview(request: SignedInRequest, found: Differences, filename: str) -> HttpResponse:
    context = _whence(request) | {
        "found": found,
        "filename": cpr.mask(filename),
        "proposal": proposal.as_text(found.changes, request.user) if found.changes else "",
        "folds_after": FOLDS_AFTER,
    }
    return render(request, "followups/exchange_preview.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def apply_workbook(request: SignedInRequest) -> HttpResponse:
    """Save what the page has shown, as it was shown. A GET comes from signing in again."""
    again = redirect(with_origin(reverse("exchange"), request))
    if request.method != "POST":
        return again
    shown = proposal.as_shown(request.POST.get("vist", ""), request.user)
    if shown is None:
        messages.warning(request, TOO_OLD)
        return again
    bulk = proposal.apply(shown, request.user)
    if bulk is None:
        messages.warning(request, GONE)
        return again
    logs.note("workbook_applied", request.user.pk, count=len(shown))
    return redirect(with_origin(reverse("bulk_decision", args=[bulk.pk]), request))


def _whence(request: SignedInRequest) -> dict[str, str]:
    """Back to the board with its filters, or to the reader's own letters; and what the links of the page end with."""
    came_from = origin(request)
    back = f"{came_from}#breve" if came_from else reverse("my_letters")
    return {"back": back, "kept": with_origin("", request), "lies_under": "boards" if came_from else "my_letters"}
