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
from followups.my_letters import jobs, worklist
from followups.my_letters.forms import ProofForm, SentForm
from followups.navigation import PRINT, letter_just_saved
from followups.selection import letters_at_versions, parse_versions
from followups.services import arrivals
from letters.incidents import incident_of, incident_or_404
from letters.models import Incident, Letter
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


def render_my_letters(
    request: SignedInRequest, status: int = 200, sent_form: SentForm | None = None, proof_form: ProofForm | None = None
) -> HttpResponse:
    """Render the page, with a form that could not be saved."""
    incident, user, today = incident_of(request), request.user, calendar.today()
    letters = worklist.build_worklist(user, incident, today) if incident else worklist.Worklist()
    theirs = worklist.build_substitute_worklist(user, incident) if incident else worklist.SubstituteWorklist([])
    has_substitute_boards = bool(user.stands_in_for) and bool(led_units(user))
    follows_units = bool(user.membership_unit_ids)
    if incident and (follows_units or has_substitute_boards) and not letters.total and not theirs.total:
        # A leader who got a copy of the mail and pressed its button: the board shows the letters of the mail.
        messages.info(request, "Du har ikke selv sendt nogen af brevene. Her er dem, du følger.")
        return redirect("boards")
    saved = letter_just_saved(request)
    context: dict[str, Any] = {
        "incident": incident,
        "letters": letters,
        "saved": saved.alerts(user) if saved else [],
        "substitute_worklist": theirs,
        "substitute_job": jobs.substitute_job(theirs),
        "has_substitute_boards": has_substitute_boards,
        "follows_units": follows_units,
        "refused": sent_form or proof_form,
        "body": "no_incident",
    }
    if incident and not letters.total:
        context["body"] = "only_for_others" if theirs.total else "no_letters"
    elif incident:
        context |= _context_of_letters(request, incident, letters, sent_form, proof_form)
    return render(request, "followups/my_letters.html", context, status=status)


def _context_of_letters(
    request: SignedInRequest,
    incident: Incident,
    letters: worklist.Worklist,
    sent_form: SentForm | None,
    proof_form: ProofForm | None,
) -> dict[str, Any]:
    if incident.is_closed:
        return {"body": "all_letters"}
    today, plan = calendar.today(), incident.plan_of(request.user.unit)
    return {
        "body": "jobs",
        "is_print": PRINT in request.GET,
        "shown_list": letters.named_list(request.GET.get("vis", "")),
        "jobs": jobs.list_jobs(letters),
        "is_done": letters.finished and not letters.first_job and not letters.with_desk,
        "state_sentence": jobs.state_sentence(letters, incident),
        "remaining_sentence": jobs.remaining_sentence(letters),
        "next_sentence": jobs.next_sentence(letters),
        "sent_form": sent_form or SentForm(incident),
        "proof_form": proof_form or ProofForm(incident),
        "chosen": set(parse_versions(request.POST.getlist("valgt"))),
        "last_proof": worklist.last_proof(request.user, incident, today) if letters.arrived else None,
        "plan": plan,
        "deadline": letters.deadline or incident.deadline,
    }
