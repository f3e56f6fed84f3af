"""The letter page: show the letter, save the decision, and keep drafts (*kladde*) while the writer types."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from followups import services
from followups.decision_form import DecisionForm, initial_from_answers
from followups.decision_questions import NO, YES
from followups.letter import decision_drafts, form_panels, history, letter_navigation, letter_page, panels
from followups.letter.decision_drafts import DraftNotKept
from followups.letter.form_panels import DraftState, kept_draft_state, posted_draft_version, refused_draft_state
from followups.letter.frame import Head, Side
from followups.letter.page import LetterPage
from followups.models import FollowUp, LetterRow
from followups.models.answers import DecisionAnswers
from followups.models.followup import followup_of
from followups.navigation import add_origin, letter_just_saved, menu_line_of
from followups.rules import due_dates, rights
from followups.rules.letter_rows import get_letter_or_404
from letters.models import Letter
from sepo_incident.accounts.roles import SignedInRequest
from sepo_incident.core import calendar
from sepo_incident.core.database import Conflict
from sepo_incident.core.forms import parse_int

CONTINUE_DRAFT = "kladde"  # query parameter: continue the stored draft
NO_TO_BOTH = "nej"  # button that answers no to the questions about a date and about consequences
BACK_TO_LIST = "liste"  # button that returns to the list instead of the next letter


@require_http_methods(["GET", "HEAD", "POST"])
def letter(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show the letter page. Save the decision on POST."""
    letter = get_letter_or_404(request.user, pk)
    if request.method == "POST":
        return _save_decision(request, letter)
    if CONTINUE_DRAFT in request.GET and (draft := decision_drafts.draft_of(letter, request.user)):
        filled = build_decision_form(request, letter, initial=draft.typed | {"version": letter.followup.version})
        return render_letter_page(LetterPage(request, letter, filled, is_fetched=True, draft=draft))
    fetched = letter_page.earlier_answers(letter, request.GET["hent"]) if "hent" in request.GET else None
    form = decision_form_if_due(request, letter, fetched)
    is_fetched, saved = form is not None and fetched is not None, letter_just_saved(request)
    return render_letter_page(LetterPage(request, letter, form, is_fetched=is_fetched, saved=saved))


def _save_decision(request: SignedInRequest, letter: LetterRow) -> HttpResponse:
    if followup_of(letter) is None or letter.withdrawn_at or not rights.rights_from(letter).decide:
        raise PermissionDenied
    form = build_decision_form(request, letter, _posted_answers(request))
    if not form.is_valid():
        return render_letter_page(LetterPage(request, letter, form), status=422)
    turn = letter_navigation.queue_position(letter, request.user)
    version, reason = form.cleaned_data["version"], form.cleaned_data.get("correction_reason")
    try:
        if reason:
            services.correct_decision(letter, form.answers, request.user, version, reason)
        else:
            services.decide(letter, form.answers, request.user, version)
    except Conflict as conflict:
        if not letter_page.is_repeated_decision(conflict.current, form.answers, request.user):
            return _conflict(request, letter, conflict)
    except services.NotPossible as refusal:
        form.add_error(None, str(refusal))
        return render_letter_page(LetterPage(request, letter, form), status=409)
    return redirect(_next_url(request, letter, turn))


def _posted_answers(request: SignedInRequest) -> QueryDict:
    """Return the form. The button *Nej til 2 og 3* answers those that are not answered."""
    posted = request.POST.copy()
    if NO_TO_BOTH in posted:
        for name, no in {"deadline_missed": NO, "consequence_review": FollowUp.ConsequenceReview.NONE.value}.items():
            posted.setdefault(name, no)
    return posted


def _next_url(request: SignedInRequest, letter: Letter, turn: letter_navigation.QueuePosition) -> str:
    """Return the next letter that lacks a decision, else the sender's list; a leader returns to the same letter."""
    if turn.next_id and request.POST.get("then") != BACK_TO_LIST:
        page = reverse("letter", args=[turn.next_id])
    elif letter.sender_id == request.user.pk:
        page = reverse("my_letters")
    else:
        page = reverse("letter", args=[letter.pk])
    return add_origin(f"{page}?gemt={letter.pk}", request)


def _conflict(request: SignedInRequest, letter: LetterRow, conflict: Conflict) -> HttpResponse:
    """Answer 409 with the other person's answers beside the typed form.

    The form carries the new version, so saving again overwrites the other decision on purpose. If nobody has acted on
    the letter, the kind of the incident has changed, and the form asks the questions of the new kind.
    """
    followup: FollowUp = conflict.current
    typed: QueryDict = request.POST.copy()
    typed["version"] = str(followup.version)
    letter = get_letter_or_404(request.user, letter.pk)
    other = letter_page.latest_history_row(followup)
    if other is None:
        form = build_decision_form(request, letter, typed)
        if not form.non_field_errors():
            form.add_error(None, str(conflict))
        return render_letter_page(LetterPage(request, letter, form), status=409)
    form, lost_reason = build_decision_form(request, letter, typed), ""
    if "correction_reason" in form.fields:
        form.errors.pop("correction_reason", None)  # the field was not on the page that was posted
    else:
        lost_reason = typed.get("correction_reason", "")
    return render_letter_page(LetterPage(request, letter, form, other=other, lost_reason=lost_reason), status=409)


def decision_form_if_due(
    request: SignedInRequest, letter: LetterRow, fetched: DecisionAnswers | None = None
) -> DecisionForm | None:
    """Return the unbound decision form about an undecided letter, or to change an earlier decision (`fetched`).

    None if the page does not show the form to this reader.
    """
    followup = followup_of(letter)
    is_asked = followup is not None and (followup.is_open or fetched is not None)
    return unbound_decision_form(request, letter, fetched) if is_asked and letter.reader_may_decide_now else None


def unbound_decision_form(request: SignedInRequest, letter: LetterRow, fetched: DecisionAnswers | None) -> DecisionForm:
    """Return the decision form filled from an earlier decision, or with the due date that has passed."""
    initial: dict[str, Any] = {"missed_on": letter.followup.due_on}
    if fetched:
        initial = initial_from_answers(fetched)
    elif due_dates.passed_due_date(letter, calendar.today()):
        initial["deadline_missed"] = YES
    return build_decision_form(request, letter, initial=initial | {"version": letter.followup.version})


def build_decision_form(
    request: SignedInRequest, letter: LetterRow, data: QueryDict | None = None, initial: dict[str, Any] | None = None
) -> DecisionForm:
    """Return the decision form for the letter and the reader.

    While a desk has an open question, the form does not offer to ask again; the service judges a posted question. The
    reason of a correction is asked for only if the reader saw the confirmed version.
    """
    seen = letter.followup.version if data is None else parse_int(data.get("version", ""))
    passed_on = due_dates.passed_due_date(letter, calendar.today())
    return DecisionForm(
        data,
        initial=initial,
        is_personnel_case=letter.is_personnel_case,
        may_ask=data is not None or not letter.is_with_desk,
        is_own=letter.sender_id == request.user.pk,
        passed_on=passed_on,
        proposal=letter_page.new_deadline_proposal(letter) if passed_on else None,
        between=letter.incident.plausible_dates,
        is_original_gone=letter.followup.is_original_gone,
        rules=letter.incident.rules,
        corrects=letter.followup.status == FollowUp.Status.CONFIRMED and seen == letter.followup.version,
    )


def render_letter_page(page: LetterPage, status: int = 200) -> HttpResponse:
    events = history.letter_events(page.letter, page.reader)
    context = {
        "page": page,
        "form": page.form,
        "incident": page.letter.incident,
        "lies_under": menu_line_of(page.letter, page.reader),
        "head": Head(page),
        "above": form_panels.parts_above(page),
        "parts": [*panels.status_parts(page), *form_panels.form_parts(page)],
        "side": Side(page, events),
    }
    return render(page.request, "followups/letter.html", context, status=status)


#: Button that overwrites the stored draft. The value is the version of the draft that the page showed.
OVERWRITE_FIELD = "i-stedet"
#: Only an answer with this header replaces the draft status on the page, so the sign-in page never does.
DRAFT_HEADER = "X-Draft"


@require_POST
def keep_decision_draft(request: SignedInRequest, pk: int) -> HttpResponse:
    letter = _get_decidable_letter(request, pk)
    words, seen = decision_drafts.typed_fields(request.POST), parse_int(request.POST.get("version", "")) or 0
    seen = min(seen, letter.followup.version)  # no page has seen a later version
    overwritten_version = parse_int(request.POST.get(OVERWRITE_FIELD, ""))
    is_explicit = overwritten_version is not None
    page = LetterPage(request, letter)
    version = posted_draft_version(page) if overwritten_version is None else overwritten_version
    try:
        draft = decision_drafts.keep_draft(letter.followup, request.user, words, seen, version, is_explicit=is_explicit)
    except DraftNotKept as refusal:
        if request.htmx:
            return _render_draft_state(request, refused_draft_state(page, version, refusal), status=409)
        form = build_decision_form(request, letter, initial=words | {"version": seen})
        return render_letter_page(LetterPage(request, letter, form, draft_refusal=refusal), status=409)
    if request.htmx:
        return _render_draft_state(request, kept_draft_state(page, draft))
    messages.success(request, "Kladden er gemt. Den gælder først, når du gemmer beslutningen.")
    return redirect(add_origin(f"{reverse('letter', args=[pk])}?kladde=1", request))


@require_POST
def discard_decision_draft(request: SignedInRequest, pk: int) -> HttpResponse:
    letter = _get_decidable_letter(request, pk)
    try:
        decision_drafts.discard_draft(letter.followup, request.user, posted_draft_version(LetterPage(request, letter)))
    except DraftNotKept:
        messages.warning(request, "Kladden er ændret et andet sted. Se den igennem, før du kasserer den.")
    else:
        messages.success(request, "Kladden er kasseret.")
    return redirect(add_origin(reverse("letter", args=[pk]), request))


def _get_decidable_letter(request: SignedInRequest, pk: int) -> LetterRow:
    letter = get_letter_or_404(request.user, pk)
    if followup_of(letter) is None or not letter.reader_may_decide_now:
        raise PermissionDenied
    return letter


def _render_draft_state(request: SignedInRequest, state: DraftState, status: int = 200) -> HttpResponse:
    response = render(request, "followups/letter/draft_state.html", {"state": state}, status=status)
    response[DRAFT_HEADER] = "1"
    return response
