"""*Bevispakke* for a letter and for a unit. Whoever fetches one stands in the security log."""

from __future__ import annotations

from collections.abc import Iterator

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from followups import deadlines
from followups.arriving import standing
from followups.boards.board import letters_of
from followups.letter import dossier
from letters.models import Incident, Letter
from notifications.models import Pack
from notifications.packing import making, packing
from notifications.packing.zipping import Entry, zipped
from sepo_incident import danish, logs
from sepo_incident.accounts.models import Unit
from sepo_incident.accounts.permissions import only_for_oneself
from sepo_incident.accounts.requests import SignedInRequest

PER_PAGE = 50


@require_safe
@never_cache
@only_for_oneself
def letter_pack(request: SignedInRequest, pk: int) -> HttpResponse:
    letter = _readable(request, pk)
    logs.note("evidence_pack_shown", request.user.pk, letter_id=letter.pk)
    found, mails = dossier.of(letter), list(packing.mails_about([letter.pk], request.user))
    context = {"letter": letter, "dossier": found, "mails": mails}
    context["lies_under"] = "my_letters" if letter.sender_id == request.user.pk else "boards"
    return render(request, "notifications/letter_pack.html", context)


@require_safe
@never_cache
@only_for_oneself
def letter_zip(request: SignedInRequest, pk: int) -> StreamingHttpResponse:
    letter = _readable(request, pk)
    logs.note("evidence_pack_fetched", request.user.pk, letter_id=letter.pk)
    name = danish.file_name(letter.source_ref)[:60] or str(pk)
    return _download(f"bevispakke-brev-{name}.zip", packing.of_letter(letter, request.user))


@require_safe
@never_cache
@only_for_oneself
def unit_pack(request: SignedInRequest, pk: int) -> HttpResponse:
    """Its letters, page by page; a great one is made by a worker, and the page leads to it."""
    unit, incident = unit_and_incident(request, pk)
    seen = letters_of(unit, incident, request.user)
    page = Paginator(packing.to_pack(seen), PER_PAGE).get_page(request.GET.get("page"))
    letters = page.paginator.count
    standing.mark(page.object_list, deadlines.today())
    left_out = seen.count() - letters
    logs.note("evidence_pack_shown", request.user.pk, unit_id=pk, letters=letters)
    context = {
        "unit": unit,
        "incident": incident,
        "page_obj": page,
        "count": letters,
        "left_out": packing.said_of_left_out(unit, left_out, request.user),
        "is_great": letters > making.AT_ONCE,
        "made": Pack.objects.of(request.user).select_related("unit").first(),
        "lies_under": "boards",
    }
    return render(request, "notifications/unit_pack.html", context)


@require_safe
@never_cache
@only_for_oneself
def unit_zip(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """Sent while it is made; where that would take long, back to the page that asks a worker."""
    unit, incident = unit_and_incident(request, pk)
    seen = letters_of(unit, incident, request.user)
    letters = seen.readable().count()
    if letters > making.AT_ONCE:
        return redirect("unit_pack", pk)
    logs.note("evidence_pack_fetched", request.user.pk, unit_id=pk, letters=letters)
    entries = packing.of_unit(unit, incident, seen, seen.count() - letters, request.user)
    return _download(f"bevispakke-enhed-{pk}.zip", entries)


def _readable(request: SignedInRequest, pk: int) -> Letter:
    """Who may see the letter and not read it is refused, for a pack without its contents would prove nothing."""
    letters = Letter.objects.visible_to(request.user)
    fetched = letters.select_related("followup", "unit", "sender", "leader", "incident", "batch")
    letter = get_object_or_404(fetched, pk=pk)
    if not letter.may_be_read:
        raise PermissionDenied
    return letter


def unit_and_incident(request: SignedInRequest, pk: int) -> tuple[Unit, Incident]:
    unit = get_object_or_404(Unit.objects.visible_to(request.user), pk=pk)
    incident = Incident.objects.current()
    if incident is None:
        raise Http404
    return unit, incident


def _download(name: str, entries: Iterator[Entry]) -> StreamingHttpResponse:
    headers = {"Content-Disposition": str(content_disposition_header(True, name)), "X-Content-Type-Options": "nosniff"}
    return StreamingHttpResponse(zipped(entries), content_type="application/zip", headers=headers)
