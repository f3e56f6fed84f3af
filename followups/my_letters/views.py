"""*Mine breve*: the sender's own letters, most urgent on top. Every notice links here, also notices to leaders."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from followups.boards.board import led_units
from followups.my_letters import sentences, worklist
from followups.navigation import letter_just_saved
from letters.models import Incident
from sepo_incident.accounts.roles import SignedInRequest
from sepo_incident.core import calendar


@require_safe
def my_letters(request: SignedInRequest) -> HttpResponse:
    incident = Incident.objects.current()
    today = calendar.today()
    letters = worklist.build_worklist(request.user, incident, today) if incident else worklist.Worklist()
    substitute_worklist = (
        worklist.build_substitute_worklist(request.user, incident) if incident else worklist.SubstituteWorklist([])
    )
    has_substitute_boards = bool(request.user.stands_in_for) and bool(led_units(request.user))
    follows_units = bool(request.user.membership_unit_ids)
    if incident and (follows_units or has_substitute_boards) and not letters.total and not substitute_worklist.total:
        # A leader who got a copy of the mail and pressed its button: the board shows the letters of the mail.
        return redirect("boards")
    is_overdue = incident is not None and calendar.is_overdue(incident.deadline, today)
    context = {
        "incident": incident,
        "letters": letters,
        "substitute_worklist": substitute_worklist,
        "has_substitute_boards": has_substitute_boards,
        "bulk_count": sum(letter.accepts_bulk_decision for letter in letters.undecided),
        "substitute_bulk_count": sum(letter.accepts_bulk_decision for letter in substitute_worklist.undecided),
        "pickable": {letter.pk for letter in letters.to_decide if not letter.is_personnel_case},
        "answerable_ids": letters.answerable_ids,
        "first_letter": letters.to_act_on[0] if letters.to_act_on else None,
        "is_overdue": is_overdue,
        "is_due_today": incident is not None and incident.deadline == today,
        "undecided_sentence": sentences.undecided_sentence(letters),
        "advice_sentence": sentences.advice_sentence(letters, is_overdue=is_overdue),
        "waiting_sentence": sentences.waiting_sentence(letters),
        "finished_sentence": sentences.finished_sentence(letters),
        "leaders": letters.leaders,
        "follows_units": follows_units,
        "only_unproven": request.GET.get("vis") == "uden-bevis",
        "saved_letter": letter_just_saved(request),
    }
    return render(request, "followups/my_letters.html", context)
