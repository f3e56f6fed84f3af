"""Record the same answer about consequences on many selected letters.

The rules of the letter page apply. A letter that cannot take the statement is skipped with a reason; the rest go on.
"""

from collections.abc import Iterable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from followups import selection, services
from followups.bulk import bulk_page
from followups.letter.forms import RemedialActionForm
from followups.letter.letter_navigation import BackLink
from followups.navigation import add_origin, board_origin
from followups.rules.letter_rows import fetch_rows
from followups.selection import Selection, format_versions, letters_at_versions, parse_versions
from letters.incidents import incident_or_404
from letters.models import Letter
from sepo_incident.accounts.roles import SignedInRequest
from sepo_incident.core import danish, logs

NONE_CHOSEN = "Du har ikke valgt nogen breve. Gå tilbage, og sæt kryds ved dem, du vil svare for."
NONE_LEFT = "Ingen af brevene kan få svaret."


@require_http_methods(["GET", "HEAD", "POST"])
def record_remedial_actions(request: SignedInRequest) -> HttpResponse:
    """Record the same findings on all selected letters whose consequences are unknown."""
    found = _selected_letters(request)
    sorted_now = services.preview_remedial_actions(found.seen_versions, request.user)
    if not sorted_now.eligible:
        return _render_none_possible(request, found, sorted_now.skipped)
    form = RemedialActionForm(sorted_now.eligible[0], request.POST if selection.is_answered(request) else None)
    if form.is_valid():
        outcome = services.record_remedial_actions(found.seen_versions, request.user, form.cleaned_data["text"])
        if outcome.done:
            logs.log_security_event("handled_together", request.user.pk, count=len(outcome.done))
            return _redirect_with_outcome(request, found, outcome)
        return _render_none_possible(request, found, outcome.skipped)
    return _render_page(request, found, sorted_now, form)


def _selected_letters(request: SignedInRequest) -> Selection:
    """Return the ticked letters (`valgt=12:1`), or those of the form (`breve`), that the reader may read."""
    incident = incident_or_404(request)
    letters = Letter.objects.visible_to(request.user).active().readable().filter(incident=incident)
    ticked = (request.POST if request.method == "POST" else request.GET).getlist("valgt")
    values = request.POST.get("breve", "").split() if selection.is_answered(request) else ticked
    versions = parse_versions(values)
    seen = letters_at_versions(letters.select_related("incident"), versions)
    return Selection(*seen, NONE_LEFT if versions else NONE_CHOSEN)


def _redirect_with_outcome(request: SignedInRequest, found: Selection, outcome: services.Outcome) -> HttpResponse:
    messages.success(request, f"Svaret er gemt på {danish.count(len(outcome.done), 'brev', 'breve')}.")
    if outcome.skipped:
        skipped = danish.count(len(outcome.skipped), "brev", "breve")
        messages.warning(request, f"{skipped} blev ikke ændret: {outcome.reasons}")
    return redirect(_back_link(request, found).url)


def _render_none_possible(
    request: SignedInRequest, found: Selection, skipped: Iterable[tuple[Letter, str]]
) -> HttpResponse:
    """Render the page when no letter can take the statement. The typed text is shown to copy.

    An act reads the letters again under its lock, without the reader's rights. So the page shows the selected letters.
    """
    letters = {letter.pk: letter for letter in found.seen_versions}
    sorted_now = services.Eligibility([], [(letters[letter.pk], why) for letter, why in skipped])
    status = (409 if found.seen_versions else 422) if selection.is_answered(request) else 200
    return _render_page(request, found, sorted_now, None, request.POST.get("text", ""), status)


def _render_page(
    request: SignedInRequest,
    found: Selection,
    sorted_now: services.Eligibility,
    form: RemedialActionForm | None,
    typed: str = "",
    status: int = 200,
) -> HttpResponse:
    letters = fetch_rows(request.user, [followup.letter_id for followup in sorted_now.eligible])
    back = _back_link(request, found)
    context = {
        "form": form,
        "typed": typed,
        "as_text": format_versions(found.seen_versions),
        "letters": letters,
        "skipped": selection.group_by_reason(sorted_now.skipped),
        "outside_list": found.outside_list,
        "empty_message": found.empty_message,
        "others_too": any(letter.sender_id != request.user.pk for letter in letters),
        "folds_after": selection.FOLD_AFTER,
        "back": back,
        "lies_under": "my_letters" if back.url == reverse("my_letters") else "boards",
        "origin": add_origin("", request),
    }
    return render(request, "followups/bulk_statement.html", context, status=422 if form and form.errors else status)


def _back_link(request: SignedInRequest, found: Selection) -> BackLink:
    is_own = all(letter.sender_id in request.user.own_and_represented_ids for letter in found.seen_versions)
    return bulk_page.list_back_link(request.user, board_origin(request), is_own=is_own)
