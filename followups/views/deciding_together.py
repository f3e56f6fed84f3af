"""One decision about many letters: the form, then a page that says what it would do, then one button that does it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from followups import duties, services
from followups.answers import Answers
from followups.boards.board import letters_of, openable_by
from followups.boards.filters import LetterFilter, kept
from followups.letter.retelling import retold
from followups.mine import worklist
from followups.models import BulkDecision, FollowUp
from followups.services.deciding_many import HAS_PASSED
from followups.together import bulk_page, chosen
from followups.together.chosen import Chosen
from followups.together.forms_for_many import ManyForm
from followups.views.origin import origin, with_origin
from letters.incidents import current_or_404
from letters.models import Incident, Letter
from letters.models.letter import LetterQuerySet
from sepo_incident import danish, logs
from sepo_incident.accounts.requests import SignedInRequest

NONE_CHOSEN = "Du har ikke valgt nogen breve. Gå tilbage, og sæt kryds ved dem, beslutningen handler om."
NONE_LEFT = "Ingen af brevene mangler en beslutning, som du kan tage her."
#: ``HAS_PASSED``, of a decision that is still to be answered
MAY_HAVE_PASSED = "Brevets egen dato er passeret. Brevet får kun beslutningen, når det er den dato, du svarer i 2."
#: the field that says which button was pressed, and what it says
STEP, SHOW, CHANGE, SAVE = "trin", "vis", "ret", "gem"
#: More letters than this fold away, so that the form stays near.
FOLDS_AFTER = 12
#: More than this are counted and not listed: nobody reads a thousand, and each takes its time to write.
LISTED = 200


@dataclass(frozen=True)
class Place:
    """The list that the letters were chosen on: what it has, what «all» of it is, and the way back to it."""

    incident: Incident
    letters: LetterQuerySet
    everything: Callable[[], Chosen]
    name: str
    back: str
    lies_under: str
    kept: str = ""  # the choices above the list
    why_foreign: str = "Brevet hører ikke til her."  # a letter that was chosen, and is not among them

    @property
    def origin(self) -> str:
        """What links to letters end with, so that they lead back to the list."""
        return f"?{urlencode({'fra': self.back})}" if self.lies_under == "boards" else ""


@require_http_methods(["GET", "HEAD", "POST"])
def decide_my_letters(request: SignedInRequest) -> HttpResponse:
    """From *Mine breve*; «all» are those that lack a decision."""
    incident = current_or_404()
    letters = Letter.objects.visible_to(request.user).standing().filter(incident=incident, sender=request.user)
    undecided = letters.filter(followup__status=FollowUp.Status.OPEN)
    place = Place(
        incident,
        letters,
        lambda: Chosen(chosen.as_they_are(undecided), none=NONE_LEFT),
        name="Mine breve",
        back=reverse("my_letters"),
        lies_under="my_letters",
    )
    return _page(request, place)


@require_http_methods(["GET", "HEAD", "POST"])
def decide_stood_in(request: SignedInRequest) -> HttpResponse:
    """From what waits for a substitute on *Mine breve*; «all» are those that lack a decision. Each step asks anew whom
    they stand in for, so what an absence covers no more is left alone."""
    incident = current_or_404()
    letters = worklist.letters_stood_in(request.user, incident)
    undecided = letters.filter(followup__status=FollowUp.Status.OPEN)
    place = Place(
        incident,
        letters,
        lambda: Chosen(chosen.as_they_are(undecided), none=NONE_LEFT),
        name="Mine breve",
        back=f"{reverse('my_letters')}#stedfortraeder",
        lies_under="my_letters",
        why_foreign="Du tager dig ikke længere af brevet som stedfortræder.",
    )
    return _page(request, place)


@require_http_methods(["GET", "HEAD", "POST"])
def decide_many(request: SignedInRequest, pk: int) -> HttpResponse:
    """From a board; «all» are all of the filter."""
    unit = get_object_or_404(openable_by(request.user), pk=pk)
    incident = current_or_404()
    letters = letters_of(unit, incident, request.user)
    if not duties.leads_in(request.user, unit, letters):
        raise PermissionDenied
    choices = kept(request.GET, without=("alle", "valgt"))
    place = Place(
        incident,
        letters,
        lambda: chosen.of_filter(LetterFilter(request.GET, letters, unit, request.user), NONE_LEFT),
        name=unit.name,
        back=f"{reverse('board', args=[pk])}{choices}",
        lies_under="boards",
        kept=choices,
    )
    return _page(request, place)


def _page(request: SignedInRequest, place: Place) -> HttpResponse:
    if request.method != "POST":
        ticked = chosen.of_address(request.GET, place.letters, NONE_CHOSEN, NONE_LEFT)
        return _ask(request, place, ticked or place.everything(), None)
    versions = chosen.as_seen(request.POST.get("breve", "").split())
    seen = Chosen(*chosen.with_versions(place.letters, versions), NONE_LEFT if versions else NONE_CHOSEN)
    form = _form(request, place, seen.seen)
    if request.POST.get(STEP) == CHANGE or not seen.seen or not form.is_valid():
        return _ask(request, place, seen, form)
    asked = {letter: services.Asked(version, form.answers) for letter, version in seen.seen.items()}
    if request.POST.get(STEP) != SAVE:
        return _show(request, place, seen, form, asked)
    bulk = services.begin(asked, request.user, BulkDecision.Way.PAGE)
    logs.note("decided_together", request.user.pk, count=len(asked))
    if seen.foreign:
        gone = danish.count(seen.foreign, "brev hører", "breve hører")
        messages.warning(request, f"{gone} ikke til her længere og er ikke rørt.")
    return redirect(f"{reverse('bulk_decision', args=[bulk.pk])}{place.origin}")


def _form(request: SignedInRequest, place: Place, seen: Mapping[Letter, int]) -> ManyForm:
    is_own = all(letter.sender_id == request.user.pk for letter in seen)
    data = request.POST if request.method == "POST" else None
    return ManyForm(data, is_own=is_own, between=place.incident.dates_about_it)


def _ask(request: SignedInRequest, place: Place, found: Chosen, form: ManyForm | None) -> HttpResponse:
    """The form, unless none of the letters can get a decision whatever is answered."""
    unanswered = {letter: services.Asked(version, Answers("")) for letter, version in found.seen.items()}
    sorted_now = services.would_decide(unanswered, request.user, BulkDecision.Way.PAGE)
    form = form or _form(request, place, found.seen)
    passed = sum(why == HAS_PASSED for _, why in sorted_now.left)
    left = [(letter, MAY_HAVE_PASSED if why == HAS_PASSED else why) for letter, why in sorted_now.left]
    context = _context(request, place, found, sorted_now) | {
        "form": form,
        "about": len(sorted_now.sound) or passed,
        "apart": len(left) if sorted_now.sound else len(left) - passed,
        "left": chosen.by_reason(left),
    }
    return render(request, "followups/together.html", context, status=422 if form.errors else 200)


def _show(
    request: SignedInRequest, place: Place, found: Chosen, form: ManyForm, asked: Mapping[Letter, services.Asked]
) -> HttpResponse:
    """What would happen. The answers travel on in hidden fields."""
    sorted_now = services.would_decide(asked, request.user, BulkDecision.Way.PAGE)
    sound = [followup.letter for followup in sorted_now.sound]
    typed = [(name, value) for name, values in request.POST.lists() for value in values]
    context = _context(request, place, found, sorted_now) | {
        "rows": retold(form.answers, sound[0]) if sound else [],
        "lacks_review": form.answers.consequence_review == FollowUp.ConsequenceReview.UNKNOWN,
        "typed": [(name, value) for name, value in typed if name not in ("csrfmiddlewaretoken", STEP)],
    }
    return render(request, "followups/together.html", context)


def _context(request: SignedInRequest, place: Place, found: Chosen, sorted_now: services.Sorted) -> dict[str, object]:
    letters = [followup.letter for followup in sorted_now.sound]
    return {
        "place": place,
        "lies_under": place.lies_under,
        "letters": letters,
        "listed": letters[:LISTED],
        "others_too": any(letter.sender_id != request.user.pk for letter in letters),
        "left": chosen.by_reason(sorted_now.left),
        "foreign": found.foreign,
        "why_foreign": place.why_foreign,
        "none": found.none,
        "seen": found.seen,
        "as_text": chosen.as_text(found.seen),
        "origin": place.origin,
        "folds_after": FOLDS_AFTER,
    }


# --- What became of it ----------------------------------------------------------------------------------------------


@require_safe
def bulk_decisions(request: SignedInRequest) -> HttpResponse:
    """The reader's own, the newest first: the way back to one whose page was closed."""
    return render(request, "followups/bulks.html", {"bulks": bulk_page.latest(request.user)})


@require_safe
def bulk_decision(request: SignedInRequest, pk: int) -> HttpResponse:
    """How far the worker is, or what became of each letter; only for the one who made it."""
    context = bulk_page.context(_own(request, pk), request.user, origin(request)) | {"origin": with_origin("", request)}
    if request.htmx:  # type: ignore[attr-defined]
        if not context["is_at_work"]:
            return HttpResponseClientRefresh()
        return render(request, "followups/bulk.html#progress", context)
    return render(request, "followups/bulk.html", context)


@require_POST
def undo_bulk(request: SignedInRequest, pk: int) -> HttpResponse:
    services.undo_bulk(_own(request, pk))
    logs.note("undid_together", request.user.pk)
    return redirect(with_origin(reverse("bulk_decision", args=[pk]), request))


@require_POST
def stop_bulk(request: SignedInRequest, pk: int) -> HttpResponse:
    services.stop(_own(request, pk))
    return redirect(with_origin(reverse("bulk_decision", args=[pk]), request))


def _own(request: SignedInRequest, pk: int) -> BulkDecision:
    return get_object_or_404(BulkDecision.objects.filter(by=request.user), pk=pk)
