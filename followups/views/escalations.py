"""The desk: who waits for help, who has taken it, and the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from followups import desk, duties, services
from followups.answering import STANDARD_ANSWERS, AnswerForm
from followups.board import own_units
from followups.models import Escalation
from followups.tables import link
from letters.models import Incident
from sepo_incident.accounts.models import Membership, User
from sepo_incident.accounts.permissions import requires_role
from sepo_incident.accounts.requests import SignedInRequest
from sepo_incident.pills import Pill

PER_PAGE = 15
at_the_desk = requires_role(Membership.Role.DIT_SUPPORT, Membership.Role.HR)


@require_safe
@at_the_desk
def escalations(request: SignedInRequest) -> HttpResponse:
    return show_desk(request, None)


@require_safe
@at_the_desk
def escalation(request: SignedInRequest, pk: int) -> HttpResponse:
    return show_desk(request, get_object_or_404(desk.readable(request.user), pk=pk))


def show_desk(
    request: SignedInRequest, chosen: Escalation | None, form: AnswerForm | None = None, status: int = 200
) -> HttpResponse:
    """The queue, and beside it the chosen one; when none is chosen, the one that has waited longest."""
    now, incident = timezone.now(), Incident.objects.current()
    pill = request.GET.get("show", "")
    pill = pill if pill in desk.PILLS else ""
    page = Paginator(desk.queue(request.user, pill, now), PER_PAGE).get_page(request.GET.get("page"))
    opened = chosen or next(iter(page.object_list), None)
    context = {
        "incident": incident,
        "pills": pills(request, pill),
        "page_obj": page,
        "queue": [desk.seen_by(request.user, waiting, now) for waiting in page],
        "is_chosen": chosen is not None,
        "opened": opened and desk.seen_by(request.user, opened, now),
        "unowned": desk.unowned_besides(request.user, opened) if opened else [],
        "to_confirm": to_confirm(request.user, incident) if incident else None,
        "form": form or (opened and AnswerForm(opened)),
        "standard_answers": STANDARD_ANSWERS,
        "kept": f"?{request.GET.urlencode()}" if request.GET else "",
    }
    return render(request, "followups/escalations.html", context, status=status)


class ToConfirm(NamedTuple):
    """Decisions that wait for the reader too, and the list that holds them."""

    number: int
    url: str


def to_confirm(user: User, incident: Incident) -> ToConfirm | None:
    """Personalejura also confirms, in the personnel cases that have no other leader."""
    if Membership.Role.HR not in user.roles:
        return None
    number = duties.waiting_for(user, incident).count()
    if not number:
        return None
    units = own_units(user)
    return ToConfirm(number, link(units[0].pk, status="MINE") if len(units) == 1 else reverse("boards"))


def pills(request: SignedInRequest, current: str) -> list[Pill]:
    counts = desk.counts(request.user, timezone.now())
    home = reverse("escalations")
    return [
        Pill(label, f"{home}?show={name}" if name else home, counts[name], tone, name == current)
        for name, (label, tone) in desk.PILLS.items()
    ]


@require_POST
@at_the_desk
def take_escalation(request: SignedInRequest, pk: int) -> HttpResponse:
    return _act(request, pk, services.take, "Du har taget sagen.")


@require_POST
@at_the_desk
def release_escalation(request: SignedInRequest, pk: int) -> HttpResponse:
    return _act(request, pk, services.release, "Sagen er sluppet, så en anden kan tage den.")


def _act(request: SignedInRequest, pk: int, act: Callable[[Escalation, User], Escalation], said: str) -> HttpResponse:
    """One verb on one escalation, and back to it."""
    escalation = get_object_or_404(Escalation.objects.visible_to(request.user), pk=pk)
    try:
        act(escalation, request.user)
    except services.NotPossible as refusal:
        messages.error(request, str(refusal), extra_tags="sag")
    else:
        messages.success(request, said, extra_tags="sag")
    return back_to(request, pk)


@require_POST
@at_the_desk
def answer_escalation(request: SignedInRequest, pk: int) -> HttpResponse:
    """An answer or a note. When somebody else was first, the typed text stays on the page."""
    answered = get_object_or_404(desk.readable(request.user), pk=pk)
    form = AnswerForm(answered, request.POST)
    if not form.is_valid():
        return show_desk(request, answered, form, status=422)
    try:
        said = write(request, answered, form)
    except services.NotPossible as refusal:
        messages.error(request, str(refusal), extra_tags="sag")
        return show_desk(request, get_object_or_404(desk.readable(request.user), pk=pk), form, status=409)
    messages.success(request, said, extra_tags="sag")
    return back_to(request, pk)


def write(request: SignedInRequest, answered: Escalation, form: AnswerForm) -> str:
    """Does what the form says; returns what to tell the writer."""
    text = form.cleaned_data["text"]
    if form.is_note:
        services.note(answered, text, by=request.user)
        return "Noten er gemt."
    keeps = request.POST.get("do") == "keep"
    services.answer(answered, text, by=request.user, resolves=not keeps)
    if keeps:
        return "Svaret står på brevet, og du har stadig sagen."
    return "Svaret står på brevet, og brevet er givet tilbage."


def back_to(request: SignedInRequest, pk: int) -> HttpResponse:
    kept = f"?{request.GET.urlencode()}" if request.GET else ""
    return redirect(f"{reverse('escalation', args=[pk])}{kept}#sag")
