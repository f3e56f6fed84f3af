"""Bulk decisions: the decision form for many letters, the preview, and the page about the outcome.

The form asks the questions of the decision form, except questions that only a single letter can answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from followups import selection, services
from followups.boards.board_letters import board_letters, units_with_list_for
from followups.boards.filters import LetterFilter, filter_query
from followups.bulk import bulk_page
from followups.decision_form import BulkDecisionForm
from followups.decision_questions import number_of, summarize_decision
from followups.models import BulkDecision, FollowUp
from followups.models.answers import DecisionAnswers
from followups.my_letters import worklist
from followups.navigation import add_origin, board_origin
from followups.rules import rights
from followups.rules.letter_rows import fetch_rows
from followups.selection import Selection, format_versions, letters_at_versions, parse_versions
from followups.services.decisions import DUE_DATE_PASSED
from letters.incidents import incident_of, incident_or_404
from letters.models import Incident, Letter
from letters.models.letter import LetterQuerySet
from sepo_incident.accounts.roles import SignedInRequest
from sepo_incident.core import danish, logs

NONE_CHOSEN = "Du har ikke valgt nogen breve. Gå tilbage, og sæt kryds ved dem, du vil beslutte om."
NONE_LEFT = "Ingen af brevene mangler en beslutning fra dig."
#: DUE_DATE_PASSED, worded for a decision that is not yet filled in, with the number of the question about the date
DUE_DATE_MAY_HAVE_PASSED = "Brevets dato er passeret. Brevet får kun beslutningen, hvis du skriver den dato i {}."
#: name of the step field, and the value of each button
STEP_FIELD, STEP_PREVIEW, STEP_CHANGE, STEP_SAVE = "trin", "vis", "ret", "gem"


@dataclass(frozen=True)
class SourceList:
    """The list that the letters were selected on.

    `letters` are the letters of the list, `everything` those of «alle», and `back` is the address of the list.
    """

    incident: Incident
    letters: LetterQuerySet
    everything: LetterQuerySet
    name: str
    back: str
    lies_under: str
    filter_query: str = ""  # query string with the filters of the list
    outside_list_reason: str = "Brevet er ikke på denne liste."  # reason for selected letters that are not in the list

    @property
    def origin(self) -> str:
        """Query string for links to letters, so that the letter page leads back to the board. "" for *Mine breve*."""
        return f"?{urlencode({'fra': self.back})}" if self.lies_under == "boards" else ""


@require_http_methods(["GET", "HEAD", "POST"])
def decide_my_letters(request: SignedInRequest, *, as_substitute: bool = False) -> HttpResponse:
    """Decide from *Mine breve* about the reader's own letters, or `as_substitute` about those of absent people.

    «Alle» are the undecided letters, of `?emne=` if any. Each step looks up the absences again, so letters whose
    absence has ended are skipped.
    """
    incident, back = incident_or_404(request), reverse("my_letters")
    letters = Letter.objects.visible_to(request.user).active().filter(incident=incident, sender=request.user)
    if as_substitute:
        letters, back = worklist.substitute_letters(request.user, incident), f"{back}#stedfortraeder"
    undecided = letters.filter(followup__status=FollowUp.Status.OPEN)
    if "emne" in request.GET:
        undecided = undecided.filter(category=request.GET["emne"], is_personnel_case=False)
    source = SourceList(incident, letters, undecided, "Mine breve", back, "my_letters")
    if as_substitute:
        source = replace(source, outside_list_reason="Du er ikke længere stedfortræder for brevet.")
    return _decision_page(request, source)


@require_http_methods(["GET", "HEAD", "POST"])
def decide_board_letters(request: SignedInRequest, pk: int) -> HttpResponse:
    """Decide about letters of a board. «Alle» are all letters of the filter."""
    unit = get_object_or_404(units_with_list_for(request.user), pk=pk)
    incident = incident_or_404(request)
    letters = board_letters(unit, incident, request.user)
    if not rights.may_confirm_in_unit(request.user, unit, letters):
        raise PermissionDenied
    choices = filter_query(request.GET, without=("alle", "valgt"))
    everything = LetterFilter(request.GET, letters, unit, request.user).letters_to_act_on
    back = f"{reverse('board', args=[pk])}{choices}"
    return _decision_page(request, SourceList(incident, letters, everything, unit.name, back, "boards", choices))


def _decision_page(request: SignedInRequest, source: SourceList) -> HttpResponse:
    if not selection.is_answered(request):
        choices = request.POST if request.method == "POST" else request.GET
        found = selection.select_letters(choices, source.letters, source.everything, NONE_CHOSEN, NONE_LEFT)
        return _render_form(request, source, found, None)
    versions = parse_versions(request.POST.get("breve", "").split())
    selected = Selection(*letters_at_versions(source.letters, versions), NONE_LEFT if versions else NONE_CHOSEN)
    form = _build_form(request, source, selected.seen_versions)
    if request.POST.get(STEP_FIELD) == STEP_CHANGE or not selected.seen_versions or not form.is_valid():
        return _render_form(request, source, selected, form)
    requested = {
        letter: services.RequestedDecision(version, form.answers) for letter, version in selected.seen_versions.items()
    }
    if request.POST.get(STEP_FIELD) != STEP_SAVE:
        return _render_preview(request, source, selected, form, requested)
    bulk = services.start_bulk_decision(requested, request.user, BulkDecision.Way.PAGE)
    logs.log_security_event("decided_together", request.user.pk, count=len(requested))
    if selected.outside_list:
        gone = danish.count(selected.outside_list, "brev", "breve")
        messages.warning(request, f"{gone} er ikke på listen længere og er ikke ændret.")
    return redirect(f"{reverse('bulk_decision', args=[bulk.pk])}{source.origin}")


def _build_form(request: SignedInRequest, source: SourceList, seen: Mapping[Letter, int]) -> BulkDecisionForm:
    is_own = all(letter.sender_id == request.user.pk for letter in seen)
    data = request.POST if selection.is_answered(request) else None
    incident = source.incident
    return BulkDecisionForm(data, is_own=is_own, between=incident.plausible_dates, rules=incident.rules)


def _render_form(
    request: SignedInRequest, source: SourceList, found: Selection, form: BulkDecisionForm | None
) -> HttpResponse:
    """Render the form, or only the reasons if no letter can get a decision, whatever the answers."""
    unanswered = {
        letter: services.RequestedDecision(version, DecisionAnswers(""))
        for letter, version in found.seen_versions.items()
    }
    sorted_now = services.preview_decisions(unanswered, request.user, BulkDecision.Way.PAGE)
    form = form or _build_form(request, source, found.seen_versions)
    passed = sum(why == DUE_DATE_PASSED for _, why in sorted_now.skipped)
    may_have_passed = DUE_DATE_MAY_HAVE_PASSED.format(number_of("deadline_missed", source.incident.rules))
    skipped = [(letter, may_have_passed if why == DUE_DATE_PASSED else why) for letter, why in sorted_now.skipped]
    context = _letters_context(request, source, found, sorted_now) | {
        "form": form,
        "letter_count": len(sorted_now.eligible) or passed,
        "skipped_count": len(skipped) if sorted_now.eligible else len(skipped) - passed,
        "skipped": selection.group_by_reason(skipped),
    }
    return render(request, "followups/bulk_decision_form.html", context, status=422 if form.errors else 200)


def _render_preview(
    request: SignedInRequest,
    source: SourceList,
    found: Selection,
    form: BulkDecisionForm,
    requested: Mapping[Letter, services.RequestedDecision],
) -> HttpResponse:
    """Render the effect of the decision. Hidden fields carry the answers to the next step."""
    sorted_now = services.preview_decisions(requested, request.user, BulkDecision.Way.PAGE)
    eligible = [followup.letter for followup in sorted_now.eligible]
    typed = [(name, value) for name, values in request.POST.lists() for value in values]
    context = _letters_context(request, source, found, sorted_now) | {
        "rows": summarize_decision(form.answers, eligible[0]) if eligible else [],
        "lacks_review": form.answers.consequence_review == FollowUp.ConsequenceReview.UNKNOWN,
        "typed": [(name, value) for name, value in typed if name not in ("csrfmiddlewaretoken", STEP_FIELD)],
    }
    return render(request, "followups/bulk_decision_form.html", context)


def _letters_context(
    request: SignedInRequest, source: SourceList, found: Selection, sorted_now: services.Eligibility
) -> dict[str, object]:
    letters = [followup.letter for followup in sorted_now.eligible]
    return {
        "source": source,
        "lies_under": source.lies_under,
        "letters": letters,
        "listed_letters": fetch_rows(request.user, [letter.pk for letter in letters[: selection.MAX_LISTED]]),
        "others_too": any(letter.sender_id != request.user.pk for letter in letters),
        "skipped": selection.group_by_reason(sorted_now.skipped),
        "outside_list": found.outside_list,
        "outside_list_reason": source.outside_list_reason,
        "empty_message": found.empty_message,
        "as_text": format_versions(found.seen_versions),
        "origin": source.origin,
        "folds_after": selection.FOLD_AFTER,
    }


# --- What became of it ----------------------------------------------------------------------------------------------


@require_safe
def bulk_decisions(request: SignedInRequest) -> HttpResponse:
    """List the reader's own bulk decisions, newest first."""
    bulks = bulk_page.latest_bulk_decisions(request.user, incident_of(request))
    return render(request, "followups/bulk_decisions.html", {"bulks": bulks, "lies_under": "my_letters"})


@require_safe
def bulk_decision(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show the worker's progress, or the outcome for each letter. Only for the maker of the bulk decision."""
    context = bulk_page.bulk_page_context(_get_own_bulk_decision(request, pk), request.user, board_origin(request)) | {
        "origin": add_origin("", request),
        "lies_under": "boards" if board_origin(request) else "my_letters",
    }
    if request.htmx:
        if not context["is_at_work"]:
            return HttpResponseClientRefresh()
        return render(request, "followups/_bulk_progress.html", context)
    return render(request, "followups/bulk_decision.html", context)


@require_POST
def undo_bulk_decision(request: SignedInRequest, pk: int) -> HttpResponse:
    services.undo_bulk_decision(_get_own_bulk_decision(request, pk))
    logs.log_security_event("undid_together", request.user.pk)
    return redirect(add_origin(reverse("bulk_decision", args=[pk]), request))


def _get_own_bulk_decision(request: SignedInRequest, pk: int) -> BulkDecision:
    return get_object_or_404(BulkDecision.objects.filter(by=request.user), pk=pk)
