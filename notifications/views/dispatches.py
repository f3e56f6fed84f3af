"""One dispatch: how far it is, where each mail is and why, and sending the chosen ones again."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from letters import exporting
from notifications.dispatches import approving
from notifications.forms import RetryForm
from notifications.models import Dispatch, SendingChange, states
from notifications.recovering import mending
from notifications.showing import workbook
from notifications.showing.desk import flow_of
from notifications.showing.explaining import why
from notifications.showing.following import ByState, Progress, deliveries_in, progress_of
from notifications.views.desk import only_kit
from sepo_incident import danish, logs
from sepo_incident.accounts.models import User
from sepo_incident.accounts.requests import SignedInRequest

PER_PAGE = 25


@only_kit
@require_safe
def dispatch(request: SignedInRequest, pk: int) -> HttpResponse:
    """``#numbers`` alone when htmx asks for them; when they have come to rest, the page anew with its list of mails."""
    one = get_object_or_404(Dispatch.objects.select_related("incident", "requested_by"), pk=pk)
    [progress] = progress_of([one])
    chosen = progress.filter_called(request.GET.get("tilstand", ""))
    context = {
        "dispatch": one,
        "progress": progress,
        "chosen": chosen,
        "pills": progress.pills(chosen, reverse("dispatch", args=[pk])),
        "lies_under": one.tab,
        **flow_of(one.incident),
    }
    if request.headers.get("HX-Target") == "tal":
        if not progress.is_moving:
            return HttpResponseClientRefresh()
        return render(request, "notifications/dispatch.html#numbers", context)
    context |= mails_of(request, progress, chosen) | steering_of(one, progress)
    return render(request, "notifications/dispatch.html", context)


def steering_of(one: Dispatch, progress: Progress) -> dict[str, Any]:
    """What was done to it, the newest first; and how many notices would be approved now, when it waits for that, and to
    whom where somebody chose them."""
    about = SendingChange.objects.filter(Q(dispatch=one) | Q(incident=one.incident, dispatch=None))
    changes = list(about.filter(at__gte=one.requested_at).exclude(kind=SendingChange.Kind.RULED).select_related("by"))
    pauses = (change for change in changes if change.dispatch_id and change.kind == SendingChange.Kind.PAUSED)
    to_approve = approving.count_asked(one) if progress.is_asked else None
    to_remind = User.objects.filter(pk__in=one.receivers or []).order_by("name") if progress.is_asked else []
    paused = next(pauses, None)
    return {"changes": changes, "paused": paused, "to_approve": to_approve, "to_remind": to_remind}


@only_kit
@require_safe
def dispatch_workbook(request: SignedInRequest, pk: int) -> HttpResponse:
    one = get_object_or_404(Dispatch, pk=pk)
    content = workbook.workbook(one, timezone.now())
    logs.note("dispatch_exported", request.user.pk, dispatch_id=pk)
    headers = {"Content-Disposition": f'attachment; filename="udsendelse-{pk}.xlsx"'}
    return HttpResponse(content, content_type=exporting.XLSX, headers=headers)


def mails_of(request: SignedInRequest, progress: Progress, chosen: ByState) -> dict[str, Any]:
    """A page of the chosen mails, each with why it is where it is and whether a person may send it again."""
    found = (
        deliveries_in(progress.dispatch, chosen.shows).select_related("recipient__unit").prefetch_related("evidence")
    )
    page, now = Paginator(found, PER_PAGE).get_page(request.GET.get("page")), timezone.now()
    return {
        "page_obj": page,
        "rows": [(delivery, why(delivery, now), delivery.stands_now in states.RETRYABLE) for delivery in page],
        "retryable": progress.in_states([state for state in chosen.shows if state in states.RETRYABLE]),
    }


@only_kit
@require_POST
def retry_deliveries(request: SignedInRequest, pk: int) -> HttpResponse:
    """The same mail to the chosen recipients once more; nobody else gets it."""
    form = RetryForm(request.POST, dispatch=get_object_or_404(Dispatch, pk=pk))
    if not form.is_valid():
        messages.warning(request, " ".join(str(one) for said in form.errors.values() for one in said))
        return redirect("dispatch", pk)
    number = mending.retry(form.cleaned_data["valgt"])
    logs.note("mails_sent_again", request.user.pk, dispatch_id=pk, count=number)
    messages.success(request, f"{danish.count(number, 'mail er', 'mails er')} lagt i køen igen.")
    return redirect("dispatch", pk)
