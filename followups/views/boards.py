"""*Min enhed*: the numbers of a unit against the deadline, its letters, and the leader's confirmation."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from followups import duties, services
from followups.board import LEGEND, letters_of, overview, own_units, read
from followups.filters import LetterFilter, kept
from followups.views.origin import as_origin
from letters.models import Incident, Letter
from letters.models.letter import LetterQuerySet
from sepo_incident import danish, logs
from sepo_incident.accounts.models import Unit
from sepo_incident.accounts.requests import SignedInRequest

PER_PAGE = 50
PEOPLE_SHOWN = 10
#: Skipped letters named in a message; the rest are counted.
NAMED = 5
MEANINGLESS = "Et af valgene over listen kan ikke bruges. Der er ikke bekræftet noget. Vælg igen, og se listen igennem."
#: The value of a check box: which letter, and the version of its decision that the reader has before them.
TICKED = re.compile(r"(\d{1,18}):(\d{1,9})", re.ASCII)


@require_GET
def boards(request: SignedInRequest) -> HttpResponse:
    units = own_units(request.user)
    if len(units) == 1:
        return redirect("board", units[0].pk)
    incident = Incident.objects.current()
    rows = overview(units, incident, request.user) if incident else []
    return render(request, "followups/boards.html", {"units": units, "rows": rows, "legend": LEGEND})


@require_GET
def board(request: SignedInRequest, pk: int) -> HttpResponse:
    unit = get_object_or_404(Unit.objects.visible_to(request.user), pk=pk)
    incident = Incident.objects.current()
    context: dict[str, Any] = {"unit": unit, "incident": incident, "above": units_above(unit, request)}
    if incident is None:
        return render(request, "followups/board.html", context)
    everybody = request.GET.get("people") == "alle"
    numbers = read(unit, incident, request.user, None if everybody else PEOPLE_SHOWN)
    chosen = LetterFilter(request.GET, letters_of(unit, incident, request.user), unit)
    chosen.offer([row.name for row in numbers.categories], numbers.senders)
    page = Paginator(chosen.letters().select_related("followup", "sender"), PER_PAGE).get_page(request.GET.get("page"))
    context |= {
        "board": numbers,
        "filter": chosen,
        "page_obj": page,
        "kept": kept(request.GET),
        "chips": chosen.chips(),
        "origin": as_origin(request),
        "people_shown": PEOPLE_SHOWN,
    }
    return render(request, "followups/board.html", context | to_confirm(request, chosen.qs, page))


def units_above(unit: Unit, request: SignedInRequest) -> list[Unit]:
    """The way down to the unit, as far up as the reader may see."""
    above = Unit.objects.visible_to(request.user).filter(pk__in=unit.lineage[:-1])
    return sorted(above, key=lambda other: len(other.lineage))


def to_confirm(request: SignedInRequest, letters: LetterQuerySet, shown: Iterable[Letter]) -> dict[str, object]:
    """Which letters of the page wait for this reader's confirmation, and how many the filter holds."""
    waiting = letters.filter(duties.confirmable_by(request.user))
    on_page = waiting.filter(pk__in=[letter.pk for letter in shown])
    return {"pickable": set(on_page.values_list("pk", flat=True)), "confirmable": waiting.count()}


@require_POST
def confirm_many(request: SignedInRequest, pk: int) -> HttpResponse:
    """The letters chosen, each as it was seen, or all of the filter that wait for this leader, as many as was promised.

    What is not here is left alone.
    """
    unit = get_object_or_404(Unit.objects.visible_to(request.user), pk=pk)
    incident = get_object_or_404(Incident, pk=getattr(Incident.objects.current(), "pk", None))
    letters = letters_of(unit, incident, request.user)
    if not duties.leads_in(request.user, unit, letters):
        raise PermissionDenied
    if promised := request.POST.get("alle"):
        chosen = LetterFilter(request.GET, letters, unit)
        if not chosen.is_valid():
            messages.warning(request, MEANINGLESS, extra_tags="breve")
            return back_to(request, pk)
        waiting = chosen.qs.filter(duties.confirmable_by(request.user))
        seen, foreign = {letter: letter.followup.version for letter in waiting.select_related("followup")}, 0
        if promised != str(len(seen)):
            messages.warning(request, changed_since(len(seen)), extra_tags="breve")
            return back_to(request, pk)
    else:
        versions = as_seen(request.POST.getlist("valgt"))
        seen = {letter: versions[letter.pk] for letter in letters.filter(pk__in=versions, followup__isnull=False)}
        foreign = len(versions) - len(seen)
    outcome = services.confirm(seen, by=request.user)
    logs.note("confirmed_many", request.user.pk, count=outcome.done)
    tell(request, outcome, list(seen), foreign)
    return back_to(request, pk)


def as_seen(values: Iterable[str]) -> dict[int, int]:
    """The ticked boxes, «letter:version»; what is not written so is not from the page."""
    return {int(found[1]): int(found[2]) for value in values if (found := TICKED.fullmatch(value))}


def changed_since(waiting: int) -> str:
    now = danish.count(waiting, "brev", "breve")
    return f"Listen er ændret, siden du så den: Nu venter {now} på dig. Der er ikke bekræftet noget. Se listen igennem."


def back_to(request: SignedInRequest, pk: int) -> HttpResponse:
    return redirect(f"{reverse('board', args=[pk])}{kept(request.GET)}#breve")


def tell(request: SignedInRequest, outcome: services.Outcome, chosen: list[Letter], foreign: int) -> None:
    """How many were confirmed, and which were not and why, by what this reader may call them."""
    if outcome.done:
        messages.success(
            request, f"Du har bekræftet {danish.count(outcome.done, 'brev', 'breve')}.", extra_tags="breve"
        )
    elif not (outcome.skipped or foreign):
        messages.warning(request, "Vælg de breve, du vil bekræfte.", extra_tags="breve")
    names = {letter.pk: letter.shown_subject for letter in chosen}
    reasons = [f"»{names[letter.pk]}«: {why}" for letter, why in outcome.skipped[:NAMED]]
    if len(outcome.skipped) > NAMED:
        reasons.append(f"Og {danish.number(len(outcome.skipped) - NAMED)} andre.")
    if reasons:
        skipped = danish.count(len(outcome.skipped), "brev", "breve")
        messages.warning(request, f"{skipped} blev ikke bekræftet. {' '.join(reasons)}", extra_tags="breve")
    if foreign:
        messages.warning(
            request, f"{danish.count(foreign, 'brev', 'breve')} hører ikke til her og er ikke rørt.", extra_tags="breve"
        )
