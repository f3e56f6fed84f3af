"""Acts on a letter: undo, mark as sent, confirm, send back, set the due date, hand to HR, classify and more."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from followups import services
from followups.letter import letter_page
from followups.letter.forms import (
    ActForm,
    ClassifyForm,
    DeletionForm,
    DueDateForm,
    HandToHrForm,
    RecordForm,
    RemedialActionForm,
    SendBackForm,
    UpholdForm,
)
from followups.letter.page import LetterPage
from followups.letter.views import decision_form_if_due, render_letter_page, unbound_decision_form
from followups.models import Decision, FollowUp, LetterRow
from followups.models.followup import followup_of
from followups.navigation import add_origin
from followups.rules import rights
from followups.rules.letter_rows import fetch_rows, get_letter_or_404
from letters import reclassification
from letters.models import Letter
from sepo_incident.accounts.models import User
from sepo_incident.accounts.roles import SignedInRequest
from sepo_incident.core.database import Conflict
from sepo_incident.core.forms import parse_version

CHANGED_MEANWHILE = "Brevet er ændret, mens du læste. Se det igennem, og prøv igen."


def _completion_clause(confirmed: FollowUp) -> str:
    """Return the end of the confirmation message: what is left to prove. One query."""
    assert confirmed.confirmed_by is not None  # noqa: S101 - the database sees to it
    rows = fetch_rows(confirmed.confirmed_by, [confirmed.letter_id])
    awaits_proof = any(letter.arrival and letter.arrival.is_awaited for letter in rows)
    return ". Der mangler stadig bevis for, at det er kommet frem" if awaits_proof else ""


def _missing_answer_sentences(followup: FollowUp) -> list[str]:
    """Return sentences about an answer that must be given before the leader can confirm, or an empty list."""
    lacks = services.explain_missing_answer(followup)
    return ["Lederen kan ikke bekræfte endnu.", lacks] if lacks else []


def _saved_sentence(now: FollowUp) -> str:
    return " ".join(("Svaret er gemt.", *_missing_answer_sentences(now)))


class LetterAct(NamedTuple):
    """An act on one letter: the end of the address, the service, the kind of row in the history, the message to the
    person, the form of an act with an answer, and the right to act.
    """

    slug: str
    do: Callable[..., FollowUp]
    kind: Decision.Kind
    message: str | Callable[[FollowUp], str]
    form: type[ActForm] | None = None
    right: str = "decide"


#: Acts by the name of the address.
ACTS = {
    "undo_decision": LetterAct(
        "fortryd",
        services.undo_decision,
        Decision.Kind.UNDONE,
        "Beslutningen er fortrudt. Du kan hente den tilbage i brevets historik.",
    ),
    "mark_done": LetterAct(
        "sendt",
        services.mark_done,
        Decision.Kind.DONE,
        lambda now: " ".join(("Brevet er markeret som sendt.", *_missing_answer_sentences(now))),
    ),
    "confirm_letter": LetterAct(
        "bekraeft",
        services.confirm_letter,
        Decision.Kind.CONFIRMED,
        lambda now: f"Beslutningen er bekræftet, og brevet er fulgt op{_completion_clause(now)}.",
        right="confirm",
    ),
    "original_gone": LetterAct(
        "original/vaek",
        services.mark_original_missing,
        Decision.Kind.ORIGINAL_GONE,
        "Det er noteret, at originalen ikke findes. Se på siden, hvad du kan gøre.",
    ),
    "original_found": LetterAct(
        "original/fundet",
        services.mark_original_found,
        Decision.Kind.ORIGINAL_FOUND,
        "Det er noteret, at originalen er fundet.",
    ),
    "send_back": LetterAct(
        "tilbage",
        services.send_back,
        Decision.Kind.SENT_BACK,
        "Brevet er sendt tilbage. Du får det igen, når afsenderen har svaret.",
        SendBackForm,
        right="confirm",
    ),
    "uphold": LetterAct(
        "fasthold",
        services.uphold,
        Decision.Kind.UPHELD,
        lambda now: " ".join(
            ("Svaret er sendt.", *(_missing_answer_sentences(now) or ["Beslutningen afventer bekræftelse igen."]))
        ),
        UpholdForm,
    ),
    "record_remedial_action": LetterAct(
        "foelger", services.record_remedial_action, Decision.Kind.HANDLED, _saved_sentence, RemedialActionForm
    ),
    "put_on_record": LetterAct(
        "paa-sagen", services.put_on_record, Decision.Kind.RECORDED, _saved_sentence, RecordForm
    ),
    "record_deletion": LetterAct(
        "sletning", services.record_deletion, Decision.Kind.DELETION, _saved_sentence, DeletionForm
    ),
    "hand_to_hr": LetterAct(
        "personalejura",
        services.hand_to_hr,
        Decision.Kind.HANDED_TO_HR,
        "Brevet er overdraget til Personalejura og Forhandling. De kan nu beslutte.",
        HandToHrForm,
        right="hand_to_hr",
    ),
}


@require_POST
def act_on_letter(request: SignedInRequest, pk: int, name: str) -> HttpResponse:
    """Run the act of `ACTS`. A letter is marked as sent with the answer about the record, if the page asked for it."""
    act = ACTS[name]
    if name == "mark_done" and "journalised" in request.POST:
        act = act._replace(form=RecordForm)
    return _run_act(request, pk, act)


@require_POST
def set_due_date(request: SignedInRequest, pk: int) -> HttpResponse:
    """Set the letter's due date, or let the due date follow the subject and the rules again."""
    letter = _get_letter_with_right(request, pk, "decide")
    form = DueDateForm(letter.followup, request.POST)
    if not form.is_valid():
        decision = unbound_decision_form(request, letter, None) if letter.followup.is_open else None
        return render_letter_page(LetterPage(request, letter, decision, date_form=form), status=422)

    def do(letter: Letter, by: User, version: int) -> FollowUp:
        return services.set_due_date(letter, form.due_date, by, version)

    said = "Brevets dato er gemt." if form.due_date else "Den automatiske dato gælder igen."
    return _run_act(request, pk, LetterAct("dato", do, Decision.Kind.DATE_SET, said))


def _get_letter_with_right(request: SignedInRequest, pk: int, right: str) -> LetterRow:
    """Return the letter, if it has a follow-up and the reader has the right, a field of `LetterRights`, on it.

    Only a decision needs a letter that is not withdrawn; other acts refuse in the service, with the reason. Raise
    Http404 or PermissionDenied.
    """
    letter = get_letter_or_404(request.user, pk)
    is_withdrawn = right == "decide" and letter.withdrawn_at is not None
    if followup_of(letter) is None or is_withdrawn or not getattr(rights.rights_from(letter), right):
        raise PermissionDenied
    return letter


def _run_act(request: SignedInRequest, pk: int, act: LetterAct) -> HttpResponse:
    """Run an act on one letter at the version that the person read, and redirect to the letter page.

    If an answer cannot be saved, the page shows the typed text again. A double click is no conflict.
    """
    letter = _get_letter_with_right(request, pk, act.right)
    form = act.form(letter.followup, request.POST) if act.form else None
    if form and not form.is_valid():
        return _show_unsaved_text(request, letter, form, status=422)
    seen = parse_version(request.POST.get("version", ""))
    try:
        now = act.do(letter, request.user, seen, *([form.answer] if form else []))
    except (Conflict, services.NotPossible) as refusal:
        letter = get_letter_or_404(request.user, pk)
        if not letter_page.is_repeated_act(letter.followup, act.kind, request.user, seen):
            if form:
                return _show_unsaved_text(request, letter, form, status=409, refusal_text=str(refusal))
            messages.warning(request, CHANGED_MEANWHILE if isinstance(refusal, Conflict) else str(refusal))
    else:
        messages.success(request, act.message if isinstance(act.message, str) else act.message(now))
    return redirect(add_origin(reverse("letter", args=[pk]), request))


def _show_unsaved_text(
    request: SignedInRequest, letter: LetterRow, form: ActForm, status: int, refusal_text: str = ""
) -> HttpResponse:
    """Render the letter as it is now, with the typed text in its form or as text to copy."""
    decision = decision_form_if_due(request, letter)
    return render_letter_page(LetterPage(request, letter, decision, act_form=form, refusal=refusal_text), status=status)


NO_LONGER_VISIBLE = (
    "Brevet er ikke en personalesag mere, og du kan ikke se det. Var det en fejl, så bed afsenderen, brevets leder "
    "eller Koncern IT om at sætte krydset igen."
)


@require_POST
def classify_letter(request: SignedInRequest, pk: int) -> HttpResponse:
    seen = Letter.objects.visible_to(request.user).select_related("incident", "unit")
    letter = get_object_or_404(seen, pk=pk)
    allowed = rights.rights_on(request.user, letter)
    if not allowed.classify:
        raise PermissionDenied
    form = ClassifyForm(request.POST, letter, request.user, allowed)
    if not form.is_valid():
        messages.warning(request, "Emneområdet findes ikke længere. Vælg et andet.")
    else:
        reclassification.classify_letter(letter, *form.classification, by=request.user)
        if not seen.filter(pk=pk).exists():
            messages.success(request, NO_LONGER_VISIBLE)
            return redirect("home")
        what = "Emneområdet" if form.cleaned_data["category"] else "Svaret"
        messages.success(request, f"{what} er gemt. En ny liste ændrer det ikke.")
    return redirect(add_origin(reverse("letter", args=[pk]), request))
