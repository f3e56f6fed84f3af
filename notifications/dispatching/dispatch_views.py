"""Pages of one dispatch: progress, mails, retries and stop; pause and resume all mail.

Every action is one conditional update: on a concurrent change nothing is changed, and the user sees the name of the
person who was first.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from letters.incidents import incident_or_404
from letters.models import Incident
from notifications.dispatching import dispatch_lifecycle
from notifications.dispatching.dispatch_lifecycle import pause_context
from notifications.dispatching.dispatch_progress import (
    MAIL_EXPORT,
    STATE_FILTERS,
    DispatchProgress,
    StateFilter,
    load_progress,
)
from notifications.models import Delivery, Dispatch, SendingChange, delivery_states
from notifications.models.delivery import DeliveryQuerySet
from notifications.outbox import replies_and_retries
from notifications.outbox.delivery_explanations import explain_apart_from_state, explain_state
from sepo_incident.accounts.list_export import download_list
from sepo_incident.accounts.roles import SignedInRequest, kit_admin_required
from sepo_incident.core import danish, logs
from sepo_incident.core.components import find_filter
from sepo_incident.core.database import Conflict
from sepo_incident.core.forms import FreeText, set_choices
from sepo_incident.core.sorting import Column, ColumnSort, danish_order

#: The columns of a list of mails to people.
MAIL_COLUMNS = {
    "name": Column(danish_order(Coalesce("recipient__name", "address"))),
    "changed": Column("changed_at", descending_first=True),
}
MAILS_PER_PAGE = 25


@kit_admin_required
@require_safe
def show_dispatch(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """Show the dispatch. An htmx request gets `#numbers`, or a full refresh once the numbers stop changing."""
    dispatch = get_object_or_404(Dispatch.objects.select_related("incident", "requested_by"), pk=pk)
    [progress] = load_progress([dispatch])
    chosen = find_filter(request.GET.get("tilstand", ""), STATE_FILTERS)
    chosen = chosen or STATE_FILTERS[0 if progress.needing_action else 1]
    mails, now = list_mails(request, dispatch, chosen), timezone.now()
    if file := download_list(request, MAIL_EXPORT, mails, lambda some: [(mail, now) for mail in some]):
        return file
    context = {
        "dispatch": dispatch,
        "progress": progress,
        "chosen": chosen,
        "pills": progress.pills(chosen, reverse("dispatch", args=[pk])),
        "lies_under": dispatch.tab,
        **pause_context(dispatch.incident),
    }
    if request.headers.get("HX-Target") == "tal":
        if not progress.is_moving:
            return HttpResponseClientRefresh()
        return render(request, "notifications/_dispatch_numbers.html", context)
    about = SendingChange.objects.filter(Q(dispatch=dispatch) | Q(incident=dispatch.incident, dispatch=None))
    context["changes"] = about.filter(at__gte=dispatch.requested_at).select_related("by")
    context |= mail_rows_context(request, progress, chosen, mails)
    return render(request, "notifications/dispatch.html", context)


def sort_mails(request: SignedInRequest) -> ColumnSort:
    return ColumnSort(request.GET, MAIL_COLUMNS, default="-changed", anchor="mails")


def list_mails(request: SignedInRequest, dispatch: Dispatch, chosen: StateFilter) -> DeliveryQuerySet:
    """Return the mails of the dispatch in the chosen states, in the order of the address."""
    found = Delivery.objects.filter(notice__dispatch=dispatch).in_states(chosen.shows)
    shown = found.select_related("recipient__unit", "notice__receiver").prefetch_related("evidence")
    return sort_mails(request).order(shown, "pk")


def mail_rows_context(
    request: SignedInRequest, progress: DispatchProgress, chosen: StateFilter, mails: DeliveryQuerySet
) -> dict[str, Any]:
    """Return a page of mails in the chosen states, each with its own reason and whether a retry is allowed.

    What all mails in a state share is in `state_explanations`: (badge, sentence) for each state on the page.
    """
    page, now = Paginator(mails, MAILS_PER_PAGE).get_page(request.GET.get("page")), timezone.now()
    states = dict.fromkeys(delivery.current_state for delivery in page)
    return {
        "heads": sort_mails(request).heads,
        "page_obj": page,
        "state_explanations": [
            (delivery_states.STATE_INFO[state].badge, said) for state in states if (said := explain_state(state))
        ],
        "rows": [
            (delivery, explain_apart_from_state(delivery, now), delivery.current_state in delivery_states.RETRYABLE)
            for delivery in page
        ],
        "retryable_count": progress.in_states([state for state in chosen.shows if state in delivery_states.RETRYABLE]),
    }


@kit_admin_required
@require_POST
def retry_deliveries(request: SignedInRequest, pk: int) -> HttpResponse:
    """Send the same mail again to the chosen recipients only."""
    form = RetryDeliveriesForm(request.POST, dispatch=get_object_or_404(Dispatch, pk=pk))
    if not form.is_valid():
        messages.warning(request, " ".join(str(one) for said in form.errors.values() for one in said))
        return redirect("dispatch", pk)
    number = replies_and_retries.retry_deliveries(form.cleaned_data["valgt"])
    logs.log_security_event("mails_sent_again", request.user.pk, dispatch_id=pk, count=number)
    messages.success(request, f"{danish.count(number, 'mail er', 'mails er')} på vej igen.")
    return redirect("dispatch", pk)


class SendingAction(NamedTuple):
    """An action on a dispatch or on all mail: the service, the texts, and the name of the security event.

    `title` and `lead`: the texts of the page that asks for the reason, if the service needs one.
    """

    service: Callable[..., Any]
    done: str
    event: str
    title: str = ""
    lead: str = ""


ACTIONS = {
    "stop": SendingAction(
        dispatch_lifecycle.stop_dispatch,
        "Udsendelsen er standset.",
        "dispatch_stopped",
        "Stands udsendelsen",
        "Usendte mails bliver taget ud af køen. Du kan ikke fortryde. Afsendere uden mail kommer på listen igen. "
        "Sendte mails kan ikke trækkes tilbage.",
    ),
    "pause_all": SendingAction(
        dispatch_lifecycle.pause_all_mails,
        "Hændelsens mails er sat på pause.",
        "sending_paused",
        "Sæt hændelsens mails på pause",
        "Alle mails, også påmindelser, venter i køen, til en i Koncern IT sætter dem i gang. Mails, der bliver sendt "
        "nu, går ud.",
    ),
    "resume_all": SendingAction(
        dispatch_lifecycle.resume_all_mails,
        "Mailene bliver sendt igen.",
        "sending_resumed",
    ),
}


@kit_admin_required
@require_http_methods(["GET", "HEAD", "POST"])
def act_with_reason(request: SignedInRequest, act: str, pk: int | None = None) -> HttpResponse:
    """Ask for the reason, then run the action on the dispatch, or without `pk` on all mail of the incident."""
    target: Dispatch | Incident = (
        get_object_or_404(Dispatch.objects.select_related("incident"), pk=pk) if pk else incident_or_404(request)
    )
    form = ReasonForm(request.POST or None)
    if form.is_valid():
        return run_action(request, ACTIONS[act], target, form.cleaned_data["grund"])
    context = {"act": ACTIONS[act], "form": form}
    if isinstance(target, Dispatch):
        [progress] = load_progress([target])
        context |= {"dispatch": target, "progress": progress, "lies_under": target.tab}
    return render(request, "notifications/confirm_with_reason.html", context, status=422 if form.is_bound else 200)


@kit_admin_required
@require_POST
def resume_all_mails(request: SignedInRequest) -> HttpResponse:
    return run_action(request, ACTIONS["resume_all"], incident_or_404(request))


def run_action(request: SignedInRequest, act: SendingAction, target: Dispatch | Incident, *reason: str) -> HttpResponse:
    """Run the service, tell the outcome, and show the dispatch, or the first notices after an action on all mail."""
    try:
        act.service(target, *reason, by=request.user)
    except Conflict:
        messages.warning(request, describe_conflict(target))
    else:
        ids = {"dispatch_id": target.pk} if isinstance(target, Dispatch) else {}
        logs.log_security_event(act.event, request.user.pk, **ids)
        messages.success(request, act.done)
    return redirect("dispatch", target.pk) if isinstance(target, Dispatch) else redirect("notices")


def describe_conflict(target: Dispatch | Incident) -> str:
    """«Mette Dahl var først og standsede udsendelsen kl. 14.02. Der er ikke ændret noget.»"""
    changes = target.changes.all() if isinstance(target, Dispatch) else target.sending_changes.filter(dispatch=None)
    change = changes.select_related("by").first()
    if change is None:
        return "Udsendelsen er ændret, siden du åbnede siden. Din handling er ikke gemt."
    who = change.by.name if change.by else "Systemet"
    return f"{who} var først og {change.get_kind_display()} {danish.clock(change.at)}. Der er ikke ændret noget."


class ReasonForm(forms.Form):
    """The reason for pausing or stopping a dispatch, shown to later readers of the dispatch."""

    grund = FreeText(
        label="Hvorfor?",
        help_text="Dine kolleger kan læse svaret.",
        widget=forms.Textarea(attrs={"rows": 3, "class": "wide"}),
        max_length=1000,
        error_messages={"required": "Skriv hvorfor."},
    )


class RetryDeliveriesForm(forms.Form):
    """The chosen retryable mails of a dispatch, or with `alle` every retryable mail that the filter shows."""

    valgt = forms.TypedMultipleChoiceField(
        coerce=int,
        required=False,
        error_messages={
            "invalid_choice": "Nogle af mailene er allerede sendt eller på vej. Gennemgå listen, og vælg igen."
        },
    )
    alle = forms.BooleanField(required=False)
    tilstand = forms.ChoiceField(choices=[(one.slug, one.label) for one in STATE_FILTERS], required=False)

    def __init__(self, *args, dispatch: Dispatch, **kwargs):
        super().__init__(*args, **kwargs)
        self.resting = Delivery.objects.filter(notice__dispatch=dispatch).retryable()
        offered = self.resting.values_list("pk", flat=True)
        set_choices(self, "valgt", [(pk, pk) for pk in offered])

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        if said.get("alle"):
            shown = next(one.shows for one in STATE_FILTERS if one.slug == (said.get("tilstand") or "handling"))
            said["valgt"] = list(self.resting.in_states(shown).values_list("pk", flat=True))
        if not said.get("valgt") and not self.errors:
            raise forms.ValidationError("Vælg mindst én mail.")
        return said
