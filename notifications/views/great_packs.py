"""A great *Bevispakke*: asked for, followed while a worker makes it, fetched, thrown away; by its asker alone."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from followups.boards.board import letters_of
from notifications.models import Pack
from notifications.packing import making
from notifications.views.packs import unit_and_incident
from sepo_incident import logs
from sepo_incident.accounts.permissions import only_for_oneself
from sepo_incident.accounts.requests import SignedInRequest


@require_POST
def ask_for_pack(request: SignedInRequest, pk: int) -> HttpResponse:
    unit, incident = unit_and_incident(request, pk)
    pack = making.ask(unit, incident, letters_of(unit, incident, request.user), request.user)
    if pack.unit_id != pk:
        said = f"Vi er stadig ved at lave din pakke for {pack.unit.name}, og du kan få lavet én ad gangen."
        messages.warning(request, f"{said} Vent, til den er færdig, eller stop den, og bed så om den for {unit.name}.")
    else:
        logs.note("evidence_pack_asked_for", request.user.pk, unit_id=pk, letters=len(pack.letters))
    return redirect("great_pack", pack.pk)


@require_safe
@never_cache
@only_for_oneself
def great_pack(request: SignedInRequest, pk: int) -> HttpResponse:
    """How far the worker is; then what it made, and whether that may still be fetched."""
    pack = _own(request, pk)
    context: dict[str, Any] = {"pack": pack, "total": len(pack.letters), "lies_under": "boards"}
    if request.htmx:  # type: ignore[attr-defined]
        if not pack.is_being_made:
            return HttpResponseClientRefresh()
        return render(request, "notifications/great_pack.html#progress", context)
    context["may_be_fetched"] = pack.may_be_fetched(request.user)
    return render(request, "notifications/great_pack.html", context)


@require_safe
@never_cache
@only_for_oneself
def great_zip(request: SignedInRequest, pk: int) -> StreamingHttpResponse:
    pack = _own(request, pk)
    if not pack.may_be_fetched(request.user):
        raise Http404
    if request.method == "GET":
        logs.note("evidence_pack_fetched", request.user.pk, unit_id=pack.unit_id, letters=len(pack.letters))
    headers = {
        "Content-Length": str(pack.size),
        "Content-Disposition": str(content_disposition_header(True, f"bevispakke-enhed-{pack.unit_id}.zip")),
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingHttpResponse(making.bytes_of(pack), content_type="application/zip", headers=headers)


@require_POST
def discard_pack(request: SignedInRequest, pk: int) -> HttpResponse:
    pack = _own(request, pk)
    pack.delete()
    messages.success(request, "Pakken er slettet. Du kan altid lave en ny.")
    return redirect("unit_pack", pack.unit_id)


def _own(request: SignedInRequest, pk: int) -> Pack:
    return get_object_or_404(Pack.objects.of(request.user).select_related("unit"), pk=pk)
