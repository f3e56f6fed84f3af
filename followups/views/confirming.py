"""The leader confirms many letters: first a page that says what will happen, then one button that does it."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from followups import duties, services
from followups.boards.board import letters_of, openable_by
from followups.boards.filters import THEIRS, LetterFilter, kept
from followups.together import chosen, confirm_page
from followups.together.chosen import Chosen
from followups.views.origin import as_origin
from letters.incidents import current_or_404
from letters.models import Letter
from letters.models.letter import LetterQuerySet
from sepo_incident import danish, logs
from sepo_incident.accounts.models import Unit
from sepo_incident.accounts.requests import SignedInRequest

#: Skipped letters named in a message; the rest are counted.
NAMED = 5
#: More letters than this fold away, so that the button stays near.
FOLDS_AFTER = 12
NONE_CHOSEN = "Du har ikke valgt nogen breve. Gå tilbage, og sæt kryds ved dem, du vil bekræfte."
NONE_WAITING = "Ingen af brevene venter på din bekræftelse."


@require_http_methods(["GET", "HEAD", "POST"])
def confirm_many(request: SignedInRequest, pk: int) -> HttpResponse:
    """On GET what would be confirmed: the letters chosen, or all of the filter (``?alle=1``). On POST it is done."""
    unit = get_object_or_404(openable_by(request.user), pk=pk)
    letters = letters_of(unit, current_or_404(), request.user)
    if not duties.leads_in(request.user, unit, letters):
        raise PermissionDenied
    choices = kept(request.GET, without=("alle", "valgt"))
    back = f"{reverse('board', args=[pk])}{choices}#breve"
    if request.method == "POST":
        return _confirm(request, letters, back)
    preview = _preview(request, duties.with_falls_to(letters, request.user), unit)
    context = preview | {"unit": unit, "back": back, "kept": choices, "origin": as_origin(request)}
    return render(request, "followups/confirm.html", context)


def _preview(request: SignedInRequest, letters: LetterQuerySet, unit: Unit) -> dict[str, object]:
    """What would happen to the letters chosen."""
    found = _chosen(request, letters, unit)
    return {
        "preview": confirm_page.preview(found.seen, request.user, spares_others=_spares_others(request)),
        "foreign": found.foreign,
        "none": found.none,
        "folds_after": FOLDS_AFTER,
    }


def _chosen(request: SignedInRequest, letters: LetterQuerySet, unit: Unit) -> Chosen:
    ticked = chosen.of_address(request.GET, letters, NONE_CHOSEN, NONE_WAITING)
    return ticked or chosen.of_filter(LetterFilter(request.GET, letters, unit, request.user), NONE_WAITING)


def _spares_others(request: SignedInRequest) -> bool:
    """«All» is all that wait for the reader, unless the reader asked for the others or chose them one by one."""
    return "alle" in request.GET and request.GET.get("status") != THEIRS


def _confirm(request: SignedInRequest, letters: LetterQuerySet, back: str) -> HttpResponse:
    """What the page showed, each letter as it was shown. What is not here is left alone."""
    versions = chosen.as_seen(request.POST.get("breve", "").split())
    seen, foreign = chosen.with_versions(letters.filter(followup__isnull=False), versions)
    outcome = services.confirm(seen, by=request.user)
    logs.note("confirmed_many", request.user.pk, count=outcome.done)
    tell(request, outcome, seen, foreign)
    return redirect(back)


def tell(request: SignedInRequest, outcome: services.Outcome, seen: Iterable[Letter], foreign: int) -> None:
    """How many were confirmed, and which were not and why, by what this reader may call them."""
    if outcome.done:
        messages.success(
            request, f"Du har bekræftet {danish.count(outcome.done, 'brev', 'breve')}.", extra_tags="breve"
        )
    names = {letter.pk: letter.shown_subject for letter in seen}
    reasons = [f"»{names[letter.pk]}«: {why}" for letter, why in outcome.skipped[:NAMED]]
    if len(outcome.skipped) > NAMED:
        reasons.append(f"Og {danish.number(len(outcome.skipped) - NAMED)} andre.")
    if reasons:
        skipped = danish.count(len(outcome.skipped), "brev", "breve")
        messages.warning(request, f"{skipped} blev ikke bekræftet. {' '.join(reasons)}", extra_tags="breve")
    if foreign or not (outcome.done or outcome.skipped):
        not_here = danish.count(foreign, "brev", "breve")
        said = f"{not_here} hører ikke til her og er ikke rørt." if foreign else "Der er ikke bekræftet noget."
        messages.warning(request, said, extra_tags="breve")
