"""The desk: who waits for help, who has taken it, and the answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any, NamedTuple

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from followups import duties, services
from followups.boards.board import own_units
from followups.boards.tables import link
from followups.models import Escalation
from followups.support import desk
from followups.support.answering import AnswerForm, HandOverForm, SendOnForm
from letters.models import Incident
from sepo_incident.accounts import viewing
from sepo_incident.accounts.models import Membership, User
from sepo_incident.accounts.permissions import requires_role
from sepo_incident.accounts.requests import SignedInRequest
from sepo_incident.pills import Pill

PER_PAGE = 15
SEE_AS_NOBODY = "Tag sagen først. Du kan kun se siden, som spørgeren ser den, mens du har sagen, og den ikke er lukket."
#: what somebody does with a case; takes it and ``by``
Act = Callable[..., Escalation]
at_the_desk = requires_role(*Escalation.DESK_ROLES.values())


@require_safe
@at_the_desk
def escalations(request: SignedInRequest) -> HttpResponse:
    return show_desk(request, None)


@require_safe
@at_the_desk
def escalation(request: SignedInRequest, pk: int) -> HttpResponse:
    return show_desk(request, get_object_or_404(desk.readable(request.user), pk=pk))


def show_desk(
    request: SignedInRequest, chosen: Escalation | None, form: AnswerForm | None = None, status: int = 200, **more: Any
) -> HttpResponse:
    """The queue, and beside it the chosen one; when none is chosen, the one that has waited longest."""
    now, incident = timezone.now(), Incident.objects.current()
    pill = request.GET.get("show", "")
    pill = pill if pill in desk.PARTS else ""
    page = Paginator(desk.queue(request.user, pill, now), PER_PAGE).get_page(request.GET.get("page"))
    opened = chosen or next(iter(page.object_list), None)
    shown = pills(request, pill)
    context = {
        "incident": incident,
        "pills": shown,
        "nothing": desk.PARTS[pill].nothing,
        "late": next(one for one in shown if one.tone),
        "target": desk.target() // timedelta(hours=1),
        "page_obj": page,
        "queue": [desk.seen_by(request.user, waiting, now) for waiting in page],
        "is_chosen": chosen is not None,
        "may_pick": pill != "CLOSED" and len(page) > 1,
        "opened": opened and desk.seen_by(request.user, opened, now),
        "unowned": desk.unowned_besides(request.user, opened) if opened else [],
        "to_confirm": to_confirm(request.user, incident) if incident else None,
        "form": form or (opened and AnswerForm(opened)),
        **(ways_on(opened, request.user) if opened else {}),
        "kept": _kept(request),
    } | more
    return render(request, "followups/escalations.html", context, status=status)


def ways_on(escalation: Escalation, reader: User) -> dict[str, Any]:
    """The forms by which somebody else gets an unresolved case, none where nobody else can have it; and whether the
    reader may see the site as the asker does."""
    if escalation.resolved_at or not escalation.followup.letter.may_be_read:
        return {}
    others, may_send = desk.colleagues(escalation), escalation.owner_id in (None, reader.pk)
    return {
        "hand_over_form": HandOverForm(escalation, others, reader) if others else None,
        "send_on_form": SendOnForm(escalation) if may_send and escalation.onward else None,
        "may_see_as_asker": desk.may_see_as_asker(reader, escalation) and viewing.may_be_viewed(escalation.raised_by),
    }


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
        Pill(part.label, f"{home}?show={name}" if name else home, counts[name], part.tone, name == current)
        for name, part in desk.PARTS.items()
        if name != desk.RARE or counts[name] or name == current
    ]


@require_POST
@at_the_desk
def take_escalation(request: SignedInRequest, pk: int) -> HttpResponse:
    return _act(request, pk, services.take, "Du har taget sagen.")


@require_POST
@at_the_desk
def release_escalation(request: SignedInRequest, pk: int) -> HttpResponse:
    return _act(request, pk, services.release, "Sagen er sluppet, så en anden kan tage den.")


@require_POST
@at_the_desk
def close_escalation(request: SignedInRequest, pk: int) -> HttpResponse:
    return _act(request, pk, services.close, "Sagen er lukket. Skriver spørgeren igen, er den åben igen.")


@require_POST
@at_the_desk
def hand_over_escalation(request: SignedInRequest, pk: int) -> HttpResponse:
    given = get_object_or_404(desk.readable(request.user), pk=pk)
    form = HandOverForm(given, others := desk.colleagues(given), request.user, request.POST)
    if not form.is_valid():
        return show_desk(request, given, status=422, hand_over_form=form)
    to = next(one for one in others if one.pk == form.cleaned_data["to"])
    said = "Du har taget sagen." if to == request.user else f"{to} har sagen nu."
    return _act(request, pk, partial(services.hand_over, to=to, seen_owner=form.cleaned_data["seen"]), said)


@require_POST
@at_the_desk
def send_on_escalation(request: SignedInRequest, pk: int) -> HttpResponse:
    """The case leaves the desk, so the sender of it goes back to the queue."""
    sent = get_object_or_404(desk.readable(request.user), pk=pk)
    form = SendOnForm(sent, request.POST)
    if not form.is_valid():
        return show_desk(request, sent, status=422, send_on_form=form)
    to = Escalation.Desk(form.cleaned_data["desk"])
    try:
        services.send_on(sent, to, request.user, form.cleaned_data["note"])
    except services.NotPossible as refusal:
        return back_to(request, pk, messages.ERROR, str(refusal))
    messages.success(request, f"Sagen er sendt videre til {to.label}. De svarer på brevet.")
    return redirect(f"{reverse('escalations')}{_kept(request)}")


@require_POST
@at_the_desk
def see_as_asker(request: SignedInRequest, pk: int) -> HttpResponse:
    """From here on the site is as it is to whoever asked, beginning with the letter."""
    asked = get_object_or_404(desk.readable(request.user), pk=pk)
    if not desk.may_see_as_asker(request.user, asked):
        return back_to(request, pk, messages.ERROR, SEE_AS_NOBODY)
    try:
        viewing.begin(request, asked.raised_by, asked.role, asked.pk, back=f"{reverse('escalation', args=[pk])}#sag")
    except ValidationError as refusal:
        return back_to(request, pk, messages.ERROR, " ".join(refusal.messages))
    return redirect("letter", asked.followup.letter_id)


def _act(request: SignedInRequest, pk: int, act: Act, said: str) -> HttpResponse:
    """One verb on one escalation, and back to it."""
    escalation = get_object_or_404(Escalation.objects.visible_to(request.user), pk=pk)
    try:
        act(escalation, by=request.user)
    except services.NotPossible as refusal:
        return back_to(request, pk, messages.ERROR, str(refusal))
    return back_to(request, pk, messages.SUCCESS, said)


@require_POST
@at_the_desk
def answer_escalation(request: SignedInRequest, pk: int) -> HttpResponse:
    """An answer or a note. When somebody else was first, the typed text stays on the page."""
    answered = get_object_or_404(desk.readable(request.user), pk=pk)
    form = AnswerForm(answered, request.POST)
    if request.POST.get("do") == "insert":
        return show_desk(request, answered, AnswerForm(answered, initial=form.with_standard()))
    if not form.is_valid():
        return show_desk(request, answered, form, status=422)
    try:
        said = write(request, answered, form)
    except services.NotPossible as refusal:
        messages.error(request, str(refusal), extra_tags="sag")
        return show_desk(request, get_object_or_404(desk.readable(request.user), pk=pk), form, status=409)
    return back_to(request, pk, messages.SUCCESS, said)


def write(request: SignedInRequest, answered: Escalation, form: AnswerForm) -> str:
    """Does what the form says; returns what to tell the writer."""
    text = form.cleaned_data["text"]
    if form.is_note:
        services.note(answered, text, by=request.user)
        return "Noten er gemt."
    if form.asks_back:
        services.ask_back(answered, text, by=request.user)
        return f"Spørgsmålet står på brevet, og sagen venter på {answered.raised_by.first_name}."
    if request.POST.get("do") == "keep":
        services.answer_for_now(answered, text, by=request.user)
        return "Svaret står på brevet, og du har stadig sagen."
    services.answer(answered, text, by=request.user)
    return "Svaret står på brevet, og brevet er givet tilbage."


def back_to(request: SignedInRequest, pk: int, level: int, said: str) -> HttpResponse:
    """To the case; to the queue where it is no longer theirs to see, as what Personalejura has answered for good about
    another letter than a personnel case."""
    if Escalation.objects.visible_to(request.user).filter(pk=pk).exists():
        messages.add_message(request, level, said, extra_tags="sag")
        return redirect(f"{reverse('escalation', args=[pk])}{_kept(request)}#sag")
    messages.add_message(request, level, said)
    return redirect(f"{reverse('escalations')}{_kept(request)}")


def _kept(request: SignedInRequest) -> str:
    """The part of the queue that the reader is in, for the next address."""
    return f"?{request.GET.urlencode()}" if request.GET else ""
