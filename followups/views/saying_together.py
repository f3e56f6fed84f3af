"""Said once of many letters that were chosen on a list: what became known of their consequences, and that they
arrived. The rules of a letter's own page hold; what is in the way of one is told, and the others go on."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from followups import deadlines, services
from followups.arriving import recording_many
from followups.arriving.form_for_many import ArrivalsForm
from followups.letter.letter_page import Back
from followups.letter.sayings import HandledForm, Saying
from followups.together import bulk_page, chosen
from followups.together.chosen import Chosen
from followups.views.origin import origin, with_origin
from letters.incidents import current_or_404
from letters.models import Letter
from sepo_incident import danish, logs
from sepo_incident.accounts.requests import SignedInRequest
from sepo_incident.whole import whole

NONE_CHOSEN = "Du har ikke valgt nogen breve. Gå tilbage, og sæt kryds ved dem, det handler om."
NONE_LEFT = "Det kan ikke skrives om nogen af brevene."
#: More letters than this fold away, so that the form stays near.
FOLDS_AFTER = 12


@require_http_methods(["GET", "HEAD", "POST"])
def handle_together(request: SignedInRequest) -> HttpResponse:
    """Has the fault harmed somebody? What is found out is the same for all that were chosen."""
    found = _chosen(request)
    sorted_now = services.would_handle(found.seen, request.user)
    if not sorted_now.sound:
        return _none(request, found, sorted_now)
    form = HandledForm(sorted_now.sound[0], request.POST if request.method == "POST" else None)
    if form.is_valid():
        done = services.handle_many(found.seen, request.user, form.cleaned_data["text"])
        if done.done:
            logs.note("handled_together", request.user.pk, count=done.done)
            return _done(request, found, done, "Svaret står nu på {}.")
        return _none(request, found, services.Sorted([], done.skipped))
    return _page(request, found, sorted_now, form, {"asks": "handled", "as_text": chosen.as_text(found.seen)})


@require_http_methods(["GET", "HEAD", "POST"])
def arrived_together(request: SignedInRequest) -> HttpResponse:
    """Sent again the same day in the same way: when, how, and whether all have arrived."""
    found = _chosen(request)
    said = recording_many.newest_of([one.followup.pk for one in found.seen if hasattr(one, "followup")])
    newest = recording_many.newest_among(said)
    if request.method == "POST":
        newest = whole(request.POST.get("seen", "")) or 0
    else:  # what the page shows is as it is now, however old the list was
        now = {one: one.followup.version if hasattr(one, "followup") else 0 for one in found.seen}
        found = Chosen(now, found.foreign, found.none)
    sorted_now = recording_many.would_record(found.seen, said, request.user, newest)
    if not sorted_now.sound:
        return _none(request, found, sorted_now)
    form = ArrivalsForm(sorted_now.sound, said, deadlines.today(), request.POST if request.method == "POST" else None)
    if form.is_valid():
        done = recording_many.record_many(found.seen, form.said, request.user, newest)
        if done.done:
            logs.note("arrived_together", request.user.pk, count=done.done)
            return _done(request, found, done, "Det er gemt på {}.")
        return _none(request, found, services.Sorted([], done.skipped))
    return _page(request, found, sorted_now, form, {"asks": "arrived", "as_text": chosen.as_text(found.seen)})


def _chosen(request: SignedInRequest) -> Chosen:
    """The ticked letters (``?valgt=12:1``), or as the page showed them (``breve``); only those within sight."""
    incident = current_or_404()
    letters = Letter.objects.visible_to(request.user).standing().readable().filter(incident=incident)
    values = request.POST.get("breve", "").split() if request.method == "POST" else request.GET.getlist("valgt")
    versions = chosen.as_seen(values)
    seen = chosen.with_versions(letters.select_related("incident"), versions)
    return Chosen(*seen, NONE_LEFT if versions else NONE_CHOSEN)


def _done(request: SignedInRequest, found: Chosen, done: services.Outcome, said: str) -> HttpResponse:
    messages.success(request, said.format(danish.count(done.done, "brev", "breve")))
    if done.skipped:
        left = danish.count(len(done.skipped), "brev", "breve")
        messages.warning(request, f"{left} blev ikke rørt: {' '.join(sorted({why for _, why in done.skipped}))}")
    return redirect(_back(request, found).url)


def _none(request: SignedInRequest, found: Chosen, sorted_now: services.Sorted) -> HttpResponse:
    """Nothing can be said of any of them; what was typed stands there to copy."""
    status = (409 if found.seen else 422) if request.method == "POST" else 200
    return _page(request, found, sorted_now, None, {"typed": request.POST.get("text", "")}, status)


def _page(
    request: SignedInRequest,
    found: Chosen,
    sorted_now: services.Sorted,
    form: Saying | ArrivalsForm | None,
    more: dict[str, object],
    status: int = 200,
) -> HttpResponse:
    letters = [followup.letter for followup in sorted_now.sound]
    context = more | {
        "form": form,
        "letters": letters,
        "left": chosen.by_reason(sorted_now.left),
        "foreign": found.foreign,
        "none": found.none,
        "others_too": any(letter.sender_id != request.user.pk for letter in letters),
        "folds_after": FOLDS_AFTER,
        "back": _back(request, found),
        "origin": with_origin("", request),
    }
    context["lies_under"] = "my_letters" if context["back"].url == reverse("my_letters") else "boards"  # type: ignore[attr-defined]
    return render(request, "followups/said_together.html", context, status=422 if form and form.errors else status)


def _back(request: SignedInRequest, found: Chosen) -> Back:
    is_own = all(letter.sender_id in request.user.answers_for for letter in found.seen)
    return bulk_page.list_of(request.user, origin(request), is_own=is_own)
