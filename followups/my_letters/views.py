"""*Mine breve*: the sender's own letters as jobs, and what the sender says about many of them at once.

Every notice links here, also notices to leaders.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from followups import services
from followups.boards.board_letters import led_units
from followups.my_letters import worklist
from followups.my_letters.forms import ProofForm, SentForm
from followups.navigation import PRINT, letter_just_saved
from followups.selection import format_current_versions, letters_at_versions, parse_versions
from followups.services import arrivals
from letters.incidents import incident_of, incident_or_404
from letters.models import Incident, Letter
from letters.story import plans
from sepo_incident.accounts.file_limits import limit_file_reading
from sepo_incident.accounts.roles import SignedInRequest
from sepo_incident.core import calendar, danish, logs
from sepo_incident.core.forms import parse_int


@require_safe
def my_letters(request: SignedInRequest) -> HttpResponse:
    return render_my_letters(request)


@require_POST
def mark_letters_sent(request: SignedInRequest) -> HttpResponse:
    """Mark the ticked letters (`valgt`) as sent on a day, today unless the form says otherwise."""
    incident = incident_or_404(request)
    chosen = _ticked_letters(request, incident)
    form = SentForm(incident, request.POST, ticked=chosen)
    if not form.is_valid():
        return render_my_letters(request, status=422, sent_form=form)
    outcome = services.mark_letters_done(chosen, request.user, form.cleaned_data["sent_on"])
    logs.log_security_event("sent_together", request.user.pk, count=len(outcome.done))
    _tell_outcome(request, outcome, ("brev er markeret som sendt.", "breve er markeret som sendt."))
    return redirect("my_letters")


@require_POST
@limit_file_reading
def prove_letters(request: SignedInRequest) -> HttpResponse:
    """Save one proof that the ticked letters (`valgt`) have arrived."""
    incident = incident_or_404(request)
    chosen = _ticked_letters(request, incident)
    form = ProofForm(incident, request.POST, request.FILES, ticked=chosen)
    if not form.is_valid():
        return render_my_letters(request, status=422, proof_form=form)
    outcome = arrivals.record_arrivals(chosen, form.report, request.user)
    logs.log_security_event("arrived_together", request.user.pk, count=len(outcome.done))
    _tell_outcome(request, outcome, ("brev er kommet frem.", "breve er kommet frem."))
    return redirect("my_letters")


@require_POST
def undo_proof(request: SignedInRequest) -> HttpResponse:
    """Take back the reader's reports of today (`oplysninger`, ids) that letters have arrived."""
    pks = [pk for value in request.POST.get("oplysninger", "").split() if (pk := parse_int(value)) is not None]
    undone = arrivals.undo_arrivals(pks, request.user)
    logs.log_security_event("arrivals_undone", request.user.pk, count=len(undone))
    if undone:
        messages.success(request, f"Fortrudt: {danish.count(len(undone), 'brev', 'breve')} mangler igen bevis.")
    else:
        messages.warning(request, arrivals.ALREADY_TAKEN_BACK)
    return redirect("my_letters")


def _ticked_letters(request: SignedInRequest, incident: Incident) -> dict[Letter, int]:
    """Return the ticked letters, or with the button `alle` all letters of the job, with the versions of the page."""
    own = Letter.objects.visible_to(request.user).active().filter(incident=incident, sender=request.user)
    values = request.POST["alle"].split() if "alle" in request.POST else request.POST.getlist("valgt")
    return letters_at_versions(own, parse_versions(values))[0]


def _tell_outcome(request: SignedInRequest, outcome: services.Outcome, said: tuple[str, str]) -> None:
    if outcome.done:
        messages.success(request, danish.count(len(outcome.done), *said))
    if outcome.skipped:
        number = danish.count(len(outcome.skipped), "brev er ikke ændret", "breve er ikke ændret")
        messages.warning(request, f"{number}: {outcome.reasons}")


def render_my_letters(request: SignedInRequest, status: int = 200, **more: Any) -> HttpResponse:
    """Render the page. `more`: the form that could not be saved."""
    incident = incident_of(request)
    today = calendar.today()
    letters = worklist.build_worklist(request.user, incident, today) if incident else worklist.Worklist()
    substitute_worklist = (
        worklist.build_substitute_worklist(request.user, incident) if incident else worklist.SubstituteWorklist([])
    )
    has_substitute_boards = bool(request.user.stands_in_for) and bool(led_units(request.user))
    follows_units = bool(request.user.membership_unit_ids)
    if incident and (follows_units or has_substitute_boards) and not letters.total and not substitute_worklist.total:
        # A leader who got a copy of the mail and pressed its button: the board shows the letters of the mail.
        messages.info(request, "Du har ikke selv sendt nogen af brevene. Her er dem, du følger.")
        return redirect("boards")
    context = {
        "incident": incident,
        "letters": letters,
        "is_print": PRINT in request.GET,
        "shown_list": letters.named_list(request.GET.get("vis", "")),
        "substitute_worklist": substitute_worklist,
        "has_substitute_boards": has_substitute_boards,
        "bulk_count": sum(letter.accepts_bulk_decision for letter in letters.undecided),
        "substitute_bulk_count": sum(letter.accepts_bulk_decision for letter in substitute_worklist.undecided),
        "pickable": {letter.pk for letter in letters.to_decide if not letter.is_personnel_case},
        "to_send_versions": format_current_versions(letters.to_send),
        "provable_ids": {letter.pk for letter in letters.provable},
        "provable_versions": format_current_versions(letters.provable),
        "state_sentence": state_sentence(letters, incident) if incident else "",
        "remaining_sentence": remaining_sentence(letters),
        "next_sentence": next_sentence(letters),
        "sent_form": SentForm(incident) if incident and letters.to_send else None,
        "proof_form": ProofForm(incident) if incident and letters.provable else None,
        "chosen": set(parse_versions(request.POST.getlist("valgt"))),
        "follows_units": follows_units,
        "saved_letter": letter_just_saved(request),
        "last_proof": worklist.last_proof(request.user, incident, today) if incident and letters.arrived else None,
        "plan": plans.plan_for_sender(request.user, incident) if incident and letters.total else None,
    }
    return render(request, "followups/my_letters.html", context | more, status=status)


def state_sentence(letters: worklist.Worklist, incident: Incident) -> str:
    """Return what went wrong with the letters, or how many have a decision."""
    decided, total = len(letters.decided), letters.total
    if not decided:
        which = "Et af dine breve" if total == 1 else f"{danish.capitalized(danish.number_word(total))} af dine breve"
        return f"{which} fra {incident.window} {incident.fault.short}."
    if decided < total:
        return f"{danish.number(decided)} af dine {danish.number(total)} breve har en beslutning."
    return "Dit brev har en beslutning." if total == 1 else f"Alle dine {danish.number(total)} breve har en beslutning."


def remaining_sentence(letters: worklist.Worklist) -> str:
    """Return what the sender must do now, in the order of the page; "" if nothing."""
    jobs = [
        (letters.sent_back, "svare lederen om {}"),
        (letters.to_decide, "tage stilling til {}"),
        (letters.to_send, "sende {}"),
        (letters.to_answer, "besvare de manglende spørgsmål om {}"),
        (letters.without_proof, "vise, at {} er kommet frem"),
    ]
    what = [said.format(_letter_count(len(them))) for them, said in jobs if them]
    return f"Nu mangler du at {danish.join_with_and(what)}." if what else ""


def next_sentence(letters: worklist.Worklist) -> str:
    """Return the next step of the desk, Koncern IT or the leader; "" before the first decision."""
    if letters.with_desk:
        return f"Du venter på svar om {_letter_count(len(letters.with_desk))}. Du må gerne beslutte, før svaret kommer."
    if letters.without_followup:
        return (
            f"Koncern IT gør {_letter_count(len(letters.without_followup))} klar. Du får en mail, når du skal i gang."
        )
    decided, confirmed = len(letters.decided), len(letters.confirmed)
    if not decided:
        return ""
    if confirmed == decided:
        return "Beslutningen er bekræftet." if decided == 1 else "Alle beslutningerne er bekræftet."
    if not confirmed:
        leader = "Din leder" if letters.leaders else "En leder"
        return f"{leader} bekræfter {'beslutningen' if decided == 1 else 'beslutningerne'}."
    return f"{danish.number(confirmed)} af {danish.number(decided)} beslutninger er bekræftet."


def _letter_count(number: int) -> str:
    return danish.count(number, "brev", "breve")
