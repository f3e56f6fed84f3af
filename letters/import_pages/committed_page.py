"""The page of a committed list, and undoing the import. `followups.imported_letters` lists the letters of the list.

Also the list of withdrawn letters, with the reasons and a button that reinstates a letter.
"""

from typing import Any, NamedTuple

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from letters.import_pages import check_page
from letters.import_pages.check_page import CheckPageAddress
from letters.importing.commit import undo_import, withdraw_letters
from letters.importing.plan.letter_comparison import RowCounts
from letters.incidents import incident_or_404
from letters.models import ImportBatch, Letter, LetterChange
from letters.models.letter import SENDER_NAME
from sepo_incident.accounts.roles import Role, SignedInRequest, requires_role
from sepo_incident.core import logs
from sepo_incident.core.components import Tile
from sepo_incident.core.sorting import Column, ColumnSort, danish_order

Kind, Status = LetterChange.Kind, ImportBatch.Status
WITHDRAWN_COLUMNS = {
    "sender": Column(danish_order(SENDER_NAME)),
    "withdrawn": Column("withdrawn_at", descending_first=True),
}


class WithdrawnLetter(NamedTuple):
    """A withdrawn letter, with who withdrew it last and why; "" where the history does not say so."""

    letter: Letter
    withdrawn_by: str
    reason: str


LETTERS_PER_PAGE = 50


def build_committed_context(batch: ImportBatch, at: CheckPageAddress) -> dict[str, Any]:
    page_context = check_page.check_page_context(batch, at)
    gone = LetterChange.objects.filter(batch=batch, kind=Kind.WITHDRAWN).exclude(letter__withdrawn_at=None)
    withdrawn = gone.values("letter").distinct().count()
    return page_context | {
        "tiles": build_committed_tiles(batch, page_context["counts"], withdrawn),
        "is_newest": withdraw_letters.is_newest_batch(batch),
    }


def build_committed_tiles(batch: ImportBatch, counts: RowCounts, withdrawn: int) -> list[Tile]:
    """Return the tiles: some always, the rest if not zero."""
    page = reverse("import_batch", args=[batch.pk])
    letters = {slug: reverse("batch_letters", args=[batch.pk, slug]) for slug in ("nye", "tilbage")}
    changes = reverse("changed_letters", args=[batch.pk])
    taken = counts.changed - counts.not_applied
    shown = [
        (counts.new, "nyt brev", "nye breve", "is-ok", letters["nye"], True),
        (taken, "rettet brev", "rettede breve", "is-info", changes, True),
        (counts.not_applied, "ændring ikke taget med", "ændringer ikke taget med", "is-soon", changes, False),
        (withdrawn, "brev trukket tilbage", "breve trukket tilbage", "is-soon", letters["tilbage"], False),
        (counts.known, "kendt brev", "kendte breve", "", f"{page}?vis=kendte#raekker", True),
        (counts.rejected, "afvist række", "afviste rækker", "is-late", f"{page}?vis=afviste#raekker", True),
    ]
    return [Tile.from_count(number, *told) for number, *told, is_always_there in shown if number or is_always_there]


@require_POST
@requires_role(Role.KIT_ADMIN)
def mark_full_list(request: SignedInRequest, pk: int) -> HttpResponse:
    batch = get_object_or_404(ImportBatch, pk=pk)
    is_full = request.POST.get("fuld") == "ja"
    if not withdraw_letters.mark_as_full_list(batch, is_full=is_full):
        messages.info(request, "Der er ikke ændret noget, for listen er kasseret, fortrudt eller ved at blive indlæst.")
        return redirect("import_batch", pk)
    message = "Listen er markeret som den fulde liste." if is_full else "Listen er markeret som en del af brevene."
    messages.success(request, message, extra_tags="fuld")
    return redirect(f"{reverse('import_batch', args=[pk])}#fuld")


@require_http_methods(["GET", "HEAD", "POST"])
@requires_role(Role.KIT_ADMIN)
def undo_batch(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show the effect of undoing an import. A POST undoes the import."""
    batch = get_object_or_404(ImportBatch.objects.select_related("incident"), pk=pk)
    if batch.status != Status.COMMITTED:
        messages.info(request, "Listen er ikke indlæst, så du kan ikke fortryde den.")
        return redirect("import_batch", pk)
    if request.method == "POST":
        return _undo_and_redirect(request, batch)
    preview = undo_import.preview_undo(batch)
    return render(request, "letters/undo_batch.html", {"batch": batch, "preview": preview})


def _undo_and_redirect(request: SignedInRequest, batch: ImportBatch) -> HttpResponse:
    try:
        if undo_import.undo_batch(batch, by=request.user):
            logs.log_security_event("import_undone", request.user.pk, batch_id=batch.pk)
            messages.success(request, "Indlæsningen er fortrudt.")
        else:
            messages.info(request, "Indlæsningen er allerede fortrudt.")
    except undo_import.LettersHaveDecisions:
        return redirect("undo_batch", batch.pk)  # the page shows the reason
    return redirect("import_batch", batch.pk)


@require_safe
@requires_role(Role.KIT_ADMIN)
def list_withdrawn_letters(request: SignedInRequest) -> HttpResponse:
    """List the withdrawn letters, the latest withdrawal first unless the address says otherwise."""
    sort = ColumnSort(request.GET, WITHDRAWN_COLUMNS, default="-withdrawn")
    incident = incident_or_404(request)
    letters = Letter.objects.visible_to(request.user).filter(incident=incident).withdrawn()
    in_order = sort.order(letters.select_related("sender"), "pk")
    page = Paginator(in_order, LETTERS_PER_PAGE).get_page(request.GET.get("page"))
    withdrawals = LetterChange.objects.filter(kind=Kind.WITHDRAWN, letter__in=list(page.object_list)).order_by("pk")
    told = {pk: (by or "", reason) for pk, by, reason in withdrawals.values_list("letter", "by__name", "reason")}
    rows = [WithdrawnLetter(letter, *told.get(letter.pk, ("", ""))) for letter in page.object_list]
    context = {"page_obj": page, "rows": rows, "heads": sort.heads}
    return render(request, "letters/withdrawn_letters.html", context)


@require_POST
@requires_role(Role.KIT_ADMIN)
def reinstate_letter(request: SignedInRequest, pk: int) -> HttpResponse:
    letter = get_object_or_404(Letter.objects.visible_to(request.user), pk=pk)
    if withdraw_letters.reinstate_letter(letter, by=request.user):
        logs.log_security_event("letter_taken_up", request.user.pk, letter_id=pk)
        messages.success(request, "Brevet er på listen igen, som det var.")
    else:
        messages.info(request, "Brevet var allerede på listen.")
    return redirect("withdrawn_letters") if request.POST.get("tilbage") else redirect("letter", pk)
