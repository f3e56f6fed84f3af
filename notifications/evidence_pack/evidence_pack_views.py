"""*Dokumentation* for a letter and for a unit. Every view and download is recorded in the security log.

A worker builds large packs. Only the user who asked for a pack can follow, download and delete the pack.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from followups.boards.board_letters import board_letters
from followups.models import LetterRow
from followups.navigation import menu_line_of
from followups.rules.letter_rows import letters_for, paginate_rows
from letters.incidents import incident_of
from letters.models import Incident
from notifications.evidence_pack import large_packs, pack_contents
from notifications.models import EvidencePack
from sepo_incident.accounts.models import Unit
from sepo_incident.accounts.roles import SignedInRequest, refuse_while_impersonating
from sepo_incident.core import calendar, danish, logs

LETTERS_PER_PAGE = 50


@require_safe
@never_cache
@refuse_while_impersonating
def letter_pack(request: SignedInRequest, pk: int) -> HttpResponse:
    letter = _readable_letter_or_404(request, pk)
    logs.log_security_event("evidence_pack_shown", request.user.pk, letter_id=letter.pk)
    context = {
        "letter": letter,
        "dossier": pack_contents.build_dossier(letter),
        "mails": list(pack_contents.mails_about([letter.pk], request.user)),
        "lies_under": menu_line_of(letter, request.user),
    }
    return render(request, "notifications/letter_pack.html", context)


@require_safe
@never_cache
@refuse_while_impersonating
def letter_zip(request: SignedInRequest, pk: int) -> StreamingHttpResponse:
    letter = _readable_letter_or_404(request, pk)
    logs.log_security_event("evidence_pack_fetched", request.user.pk, letter_id=letter.pk)
    name = danish.ascii_file_name(letter.source_ref)[:60] or str(pk)
    entries = pack_contents.letter_entries(letter, request.user)
    return _zip_response(f"dokumentation-brev-{name}.zip", pack_contents.stream_zip(entries))


@require_safe
@never_cache
@refuse_while_impersonating
def unit_pack(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show the unit's letters, page by page. For many letters, the page offers a pack built by a worker."""
    unit, incident = unit_and_incident(request, pk)
    seen = board_letters(unit, incident, request.user)
    packed = pack_contents.packable_letters(seen)
    page = paginate_rows(packed, LETTERS_PER_PAGE, request.GET.get("page"), request.user)
    letters = page.paginator.count
    left_out = seen.count() - letters
    incident_packs = EvidencePack.objects.ordered_by(request.user).filter(incident=incident)
    logs.log_security_event("evidence_pack_shown", request.user.pk, unit_id=pk, letters=letters)
    context = {
        "unit": unit,
        "incident": incident,
        "page_obj": page,
        "count": letters,
        "left_out": pack_contents.omission_lines(unit, left_out, request.user),
        "is_great": letters > large_packs.MAX_STREAMED_LETTERS,
        "latest_pack": incident_packs.select_related("unit").first(),
        "lies_under": "boards",
    }
    return render(request, "notifications/unit_pack.html", context)


@require_safe
@never_cache
@refuse_while_impersonating
def unit_zip(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """Stream the zip while building, or redirect to the page for a large pack."""
    unit, incident = unit_and_incident(request, pk)
    seen = board_letters(unit, incident, request.user)
    letters = seen.readable().count()
    if letters > large_packs.MAX_STREAMED_LETTERS:
        return redirect("unit_pack", pk)
    logs.log_security_event("evidence_pack_fetched", request.user.pk, unit_id=pk, letters=letters)
    entries = pack_contents.unit_entries(unit, incident, seen, seen.count() - letters, request.user)
    return _zip_response(f"dokumentation-enhed-{pk}.zip", pack_contents.stream_zip(entries))


def _readable_letter_or_404(request: SignedInRequest, pk: int) -> LetterRow:
    """Return the letter. Raise PermissionDenied if the user may see but not read the letter.

    A pack without the contents of the letter would prove nothing.
    """
    letters = letters_for(request.user, calendar.today()).select_related("incident", "batch")
    letter = get_object_or_404(letters, pk=pk)
    if not letter.reader_may_read:
        raise PermissionDenied
    return letter


def unit_and_incident(request: SignedInRequest, pk: int) -> tuple[Unit, Incident]:
    unit = get_object_or_404(Unit.objects.listed_for(request.user), pk=pk)
    incident = incident_of(request)
    if incident is None:
        raise Http404
    return unit, incident


def _zip_response(name: str, parts: Iterator[bytes], **headers: str) -> StreamingHttpResponse:
    headers |= {"Content-Disposition": str(content_disposition_header(True, name)), "X-Content-Type-Options": "nosniff"}
    return StreamingHttpResponse(parts, content_type="application/zip", headers=headers)


@require_POST
def ask_for_pack(request: SignedInRequest, pk: int) -> HttpResponse:
    unit, incident = unit_and_incident(request, pk)
    pack = large_packs.request_pack(unit, incident, board_letters(unit, incident, request.user), request.user)
    if (pack.unit_id, pack.incident_id) != (pk, incident.pk):
        said = f"Vi laver stadig din dokumentation for {pack.unit.name}."
        messages.warning(request, f"{said} Vent, til den er klar, eller stop den, før du laver en ny.")
    else:
        logs.log_security_event("evidence_pack_asked_for", request.user.pk, unit_id=pk, letters=len(pack.letters))
    return redirect("large_pack", pack.pk)


@require_safe
@never_cache
@refuse_while_impersonating
def large_pack(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show the progress, and afterwards whether the pack may still be downloaded."""
    pack = _own_pack_or_404(request, pk)
    context: dict[str, Any] = {"pack": pack, "total": len(pack.letters), "lies_under": "boards"}
    if request.htmx:
        if not pack.is_in_progress:
            return HttpResponseClientRefresh()
        return render(request, "notifications/large_pack.html#progress", context)
    context["may_be_fetched"] = pack.may_be_fetched(request.user)
    return render(request, "notifications/large_pack.html", context)


@require_safe
@never_cache
@refuse_while_impersonating
def large_pack_zip(request: SignedInRequest, pk: int) -> StreamingHttpResponse:
    pack = _own_pack_or_404(request, pk)
    if not pack.may_be_fetched(request.user):
        raise Http404
    if request.method == "GET":
        logs.log_security_event(
            "evidence_pack_fetched", request.user.pk, unit_id=pack.unit_id, letters=len(pack.letters)
        )
    name, size = f"dokumentation-enhed-{pack.unit_id}.zip", {"Content-Length": str(pack.size)}
    return _zip_response(name, large_packs.stream_parts(pack), **size)


@require_POST
def discard_pack(request: SignedInRequest, pk: int) -> HttpResponse:
    pack = _own_pack_or_404(request, pk)
    pack.delete()
    messages.success(request, "Dokumentationen er slettet. Du kan altid lave en ny.")
    return redirect("unit_pack", pack.unit_id)


def _own_pack_or_404(request: SignedInRequest, pk: int) -> EvidencePack:
    return get_object_or_404(EvidencePack.objects.ordered_by(request.user).select_related("unit"), pk=pk)
