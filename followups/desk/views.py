"""Views of *Henvendelser*: the queue, acts on an escalation, and the same answer to several escalations."""

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
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from followups import services
from followups.boards.board_letters import own_units
from followups.desk import queue
from followups.desk.case import EscalationCase
from followups.desk.forms import BulkAnswerForm, EscalationAnswerForm, ForwardEscalationForm, HandOverEscalationForm
from followups.models import Escalation
from followups.rules import rights
from letters.incidents import incident_in_address, incident_of
from letters.models import Incident
from sepo_incident.accounts import impersonation
from sepo_incident.accounts.models import Membership, User
from sepo_incident.accounts.roles import SignedInRequest, requires_role
from sepo_incident.core import danish
from sepo_incident.core.components import Pill
from sepo_incident.core.forms import parse_int

PER_PAGE = 15
TAKE_BEFORE_VIEWING = (
    "Tag henvendelsen først. Du kan kun se siden som kollegaen, mens du har henvendelsen, og den er åben."
)
#: Service that acts on an escalation; takes the escalation and `by`.
EscalationAct = Callable[..., Escalation]
requires_desk_role = requires_role(*Escalation.DESK_ROLES.values())


@require_safe
@requires_desk_role
def escalations(request: SignedInRequest) -> HttpResponse:
    """Show the queue."""
    return render_desk(request, None)


@require_safe
@requires_desk_role
def escalation(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show the queue with the escalation opened."""
    return render_desk(request, queue.get_escalation_or_404(request.user, pk))


def render_desk(
    request: SignedInRequest,
    chosen: Escalation | None,
    form: EscalationAnswerForm | None = None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    """Show the queue, and beside it `chosen`, or the first escalation on the page of the queue."""
    now, incident, addressed = timezone.now(), incident_of(request), incident_in_address(request)
    asked = request.GET.get("show", "")
    pill = asked if asked in queue.QUEUE_PARTS else ""  # "": what waits
    sort = queue.sort_queue(request.GET, pill)
    of_incident = queue.escalations_for(request.user).of_incident(addressed)
    waiting = sort.order(of_incident.filter(queue.queue_conditions(request.user, now)[pill]), "pk")
    page = Paginator(waiting, PER_PAGE).get_page(request.GET.get("page"))
    page.object_list = queue.with_letters(request.user, page.object_list)
    opened = chosen or next(iter(page.object_list), None)
    shown = queue_pills(request, pill)
    context = {
        "incident": incident,
        "pills": shown,
        "empty_text": queue.QUEUE_PARTS[pill].empty_text,
        "late_pill": next(one for one in shown if one.tone),
        "target": queue.answer_target() // timedelta(hours=1),
        "page_obj": page,
        "heads": sort.heads,
        "queue": [queue.queue_row(request.user, one, now) for one in page],
        "is_chosen": chosen is not None,
        "may_pick": pill != "CLOSED" and len(page) > 1,
        "opened": None,
        "to_confirm": confirmation_link(request.user, incident) if incident else None,
        "queue_query": _queue_query(request),
    }
    if opened:
        row, forms = queue.queue_row(request.user, opened, now), forwarding_forms(opened, request.user) | more
        form, others = form or EscalationAnswerForm(opened), queue.other_unowned_ids(request.user, addressed, opened)
        context |= forms | {"opened": row, "form": form, "case": EscalationCase(row, form, now), "unowned_ids": others}
    return render(request, "followups/escalations.html", context, status=status)


def forwarding_forms(escalation: Escalation, reader: User) -> dict[str, Any]:
    """Return context for handing over and forwarding an escalation, and for viewing the site as the person who asked.

    Empty if the escalation is resolved, or the letter takes no changes or is hidden from the reader. A form is None
    where no other person or desk can have the escalation.
    """
    letter = escalation.followup.letter
    if escalation.resolved_at or not letter.accepts_changes or not letter.reader_may_read:
        return {}
    colleagues, may_send = queue.eligible_colleagues(escalation), escalation.owner_id in (None, reader.pk)
    return {
        "hand_over_form": HandOverEscalationForm(escalation, colleagues, reader) if colleagues else None,
        "send_on_form": ForwardEscalationForm(escalation) if may_send and escalation.forwardable_desks else None,
        "may_see_as_asker": queue.may_view_as_asker(reader, escalation)
        and impersonation.can_be_impersonated(escalation.raised_by),
    }


class ConfirmationLink(NamedTuple):
    """Number of decisions that also wait for the reader's confirmation, and the address of the list."""

    number: int
    url: str


def confirmation_link(user: User, incident: Incident) -> ConfirmationLink | None:
    """Return the link to decisions that Personalejura must confirm: personnel cases without another leader.

    None if nothing waits, or if the user does not work in Personalejura.
    """
    if Membership.Role.HR not in user.roles:
        return None
    number = rights.letters_awaiting_confirmation_by(user, incident).count()
    if not number:
        return None
    units = own_units(user)
    url = f"{reverse('board', args=[units[0].pk])}#din-tur" if len(units) == 1 else reverse("boards")
    return ConfirmationLink(number, url)


def queue_pills(request: SignedInRequest, current: str) -> list[Pill]:
    """Return the pills of the queue with numbers. One query."""
    counts = queue.count_queue_parts(request.user, incident_in_address(request), timezone.now())
    home = reverse("escalations")
    return [
        Pill(part.label, f"{home}?show={name}" if name else home, counts[name], part.tone, name == current)
        for name, part in queue.QUEUE_PARTS.items()
        if name != queue.OPTIONAL_PART or counts[name] or name == current
    ]


@require_POST
@requires_desk_role
def take_escalation(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take the escalation."""
    return _run_act(request, pk, services.take_escalation, "Du har taget henvendelsen.")


@require_POST
@requires_desk_role
def release_escalation(request: SignedInRequest, pk: int) -> HttpResponse:
    """Return the escalation to the queue."""
    return _run_act(request, pk, services.release_escalation, "Henvendelsen er tilbage i køen.")


@require_POST
@requires_desk_role
def close_escalation(request: SignedInRequest, pk: int) -> HttpResponse:
    """Close the escalation."""
    message = "Henvendelsen er lukket. Den åbner, hvis kollegaen skriver igen."
    return _run_act(request, pk, services.close_escalation, message)


@require_POST
@requires_desk_role
def hand_over_escalation(request: SignedInRequest, pk: int) -> HttpResponse:
    """Hand the escalation over to a colleague, or to the reader."""
    escalation = queue.get_escalation_or_404(request.user, pk)
    colleagues = queue.eligible_colleagues(escalation)
    form = HandOverEscalationForm(escalation, colleagues, request.user, request.POST)
    if not form.is_valid():
        return render_desk(request, escalation, status=422, hand_over_form=form)
    to = next(one for one in colleagues if one.pk == form.cleaned_data["to"])
    act = partial(services.hand_over_escalation, to=to, seen_owner=form.cleaned_data["seen"])
    return _run_act(
        request, pk, act, "Du har taget henvendelsen." if to == request.user else f"{to} har henvendelsen nu."
    )


@require_POST
@requires_desk_role
def forward_escalation(request: SignedInRequest, pk: int) -> HttpResponse:
    """Forward the escalation to another desk, and return to the queue, because the escalation left the desk."""
    escalation = queue.get_escalation_or_404(request.user, pk)
    form = ForwardEscalationForm(escalation, request.POST)
    if not form.is_valid():
        return render_desk(request, escalation, status=422, send_on_form=form)
    to = Escalation.Desk(form.cleaned_data["desk"])
    try:
        services.forward_escalation(escalation, to, request.user, form.cleaned_data["note"])
    except services.NotPossible as refusal:
        return redirect_to_case(request, pk, messages.ERROR, str(refusal))
    messages.success(request, f"Henvendelsen er sendt videre til {to.label}. Nu svarer de.")
    return redirect(f"{reverse('escalations')}{_queue_query(request)}")


@require_POST
@requires_desk_role
def see_as_asker(request: SignedInRequest, pk: int) -> HttpResponse:
    """Start impersonation of the person who asked, on the letter's page."""
    escalation = queue.get_escalation_or_404(request.user, pk)
    if not queue.may_view_as_asker(request.user, escalation):
        return redirect_to_case(request, pk, messages.ERROR, TAKE_BEFORE_VIEWING)
    try:
        back = f"{reverse('escalation', args=[pk])}#sag"
        impersonation.start_impersonation(request, escalation.raised_by, escalation.role, escalation.pk, back=back)
    except ValidationError as refusal:
        return redirect_to_case(request, pk, messages.ERROR, " ".join(refusal.messages))
    return redirect("letter", escalation.followup.letter_id)


def _run_act(request: SignedInRequest, pk: int, act: EscalationAct, message: str) -> HttpResponse:
    escalation = get_object_or_404(Escalation.objects.visible_to(request.user), pk=pk)
    try:
        act(escalation, by=request.user)
    except services.NotPossible as refusal:
        return redirect_to_case(request, pk, messages.ERROR, str(refusal))
    return redirect_to_case(request, pk, messages.SUCCESS, message)


@require_POST
@requires_desk_role
def answer_escalation(request: SignedInRequest, pk: int) -> HttpResponse:
    """Save an answer, a question or a note. In a conflict the typed text stays on the page."""
    escalation = queue.get_escalation_or_404(request.user, pk)
    form = EscalationAnswerForm(escalation, request.POST)
    if request.POST.get("do") == "insert":
        form = EscalationAnswerForm(
            escalation, initial=form.text_with_standard_answer([escalation.followup.letter.incident])
        )
        return render_desk(request, escalation, form)
    if not form.is_valid():
        return render_desk(request, escalation, form, status=422)
    try:
        said = save_answer(request, escalation, form)
    except services.NotPossible as refusal:
        messages.error(request, str(refusal), extra_tags="sag")
        return render_desk(request, queue.get_escalation_or_404(request.user, pk), form, status=409)
    return redirect_to_case(request, pk, messages.SUCCESS, said)


def save_answer(request: SignedInRequest, escalation: Escalation, form: EscalationAnswerForm) -> str:
    """Save what the form says. Return the Danish message for the writer."""
    text = form.cleaned_data["text"]
    if form.cleaned_data["kind"] == "note":
        services.add_note(escalation, text, by=request.user)
        return "Noten er gemt."
    if form.cleaned_data["kind"] == "ask":
        services.ask_back(escalation, text, by=request.user)
        return f"Spørgsmålet er sendt. Næste skridt: {escalation.raised_by.name}."
    if request.POST.get("do") == "keep":
        services.answer_and_keep(escalation, text, by=request.user)
        return "Svaret er sendt, og du har stadig henvendelsen."
    services.answer_escalation(escalation, text, by=request.user)
    return "Svaret er sendt, og henvendelsen er lukket."


def redirect_to_case(request: SignedInRequest, pk: int, level: int, message: str) -> HttpResponse:
    """Redirect to the escalation, or to the queue if the reader may no longer see the escalation.

    Personalejura, for example, sees a letter that is no personnel case only until the escalation is closed.
    """
    if Escalation.objects.visible_to(request.user).filter(pk=pk).exists():
        messages.add_message(request, level, message, extra_tags="sag")
        return redirect(f"{reverse('escalation', args=[pk])}{_queue_query(request)}#sag")
    messages.add_message(request, level, message)
    return redirect(f"{reverse('escalations')}{_queue_query(request)}")


def _queue_query(request: SignedInRequest) -> str:
    return f"?{request.GET.urlencode()}" if request.GET else ""


@require_http_methods(["GET", "HEAD", "POST"])
@requires_desk_role
def answer_escalations(request: SignedInRequest) -> HttpResponse:
    """Show the ticked escalations (`valgt`), and the skipped escalations with reasons; on POST save the answer."""
    posted = request.POST if request.method == "POST" else None
    ids = {pk for one in (posted or request.GET).getlist("valgt") if (pk := parse_int(one)) is not None}
    seen = queue.escalations_for(request.user).of_incident(incident_in_address(request))
    chosen = queue.with_letters(request.user, seen.filter(pk__in=ids).order_by("waiting_since", "pk"))
    if not chosen:
        messages.warning(request, "Vælg de henvendelser, der skal have det samme svar.")
        return redirect("escalations")
    form = BulkAnswerForm(chosen[0].desk, data=posted)
    if posted and posted.get("do") == "insert":
        incidents = [one.followup.letter.incident for one in chosen]
        form = BulkAnswerForm(chosen[0].desk, initial=form.text_with_standard_answer(incidents))
        return _render_bulk_answer(request, chosen, form)
    if not posted or not form.is_valid():
        return _render_bulk_answer(request, chosen, form, status=422 if posted else 200)
    done = services.answer_escalations([one.pk for one in chosen], form.cleaned_data["text"], request.user)
    if not done.eligible:
        return _render_bulk_answer(request, chosen, form, status=409)
    messages.success(request, _outcome_sentence(done))
    return redirect("escalations")


def _render_bulk_answer(
    request: SignedInRequest, chosen: list[Escalation], form: BulkAnswerForm, status: int = 200
) -> HttpResponse:
    now = timezone.now()
    together = services.split_answerable(chosen, request.user)
    context = {
        "form": form,
        "answerable": [queue.queue_row(request.user, one, now) for one in together.eligible],
        "skipped": [(queue.queue_row(request.user, one, now), why) for one, why in together.skipped],
    }
    return render(request, "followups/escalations_bulk_answer.html", context, status=status)


def _outcome_sentence(done: services.AnswerableQuestions) -> str:
    said = f"{danish.count(len(done.eligible), 'henvendelse', 'henvendelser')} er besvaret."
    if done.skipped:
        skipped = danish.count(len(done.skipped), "henvendelse", "henvendelser")
        said += f" {skipped} fik ikke svaret: {' '.join(sorted({why for _, why in done.skipped}))}"
    return said
