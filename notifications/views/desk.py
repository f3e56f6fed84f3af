"""The sending desk: who gets a notice, the real mail to any of them, and the button that says the number."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from followups.models import FollowUp
from letters.models import Incident, Letter
from notifications import dispatching, mime
from notifications.composing import Composed, compose
from notifications.forms import ChooseForm, SendForm
from notifications.kinds import owed
from notifications.models import Dispatch, Kind
from notifications.recipients import Recipient, Recipients, recipients_of, with_names
from notifications.views.frames import mail_frame
from sepo_incident import danish, logs
from sepo_incident.accounts.models import Membership, User
from sepo_incident.accounts.permissions import requires_role
from sepo_incident.accounts.requests import SignedInRequest

KIND = Kind.FIRST_NOTICE
PER_PAGE = 12

only_kit = requires_role(Membership.Role.KIT_ADMIN)


@only_kit
@require_safe
def notices(request: SignedInRequest) -> HttpResponse:
    return desk(request)


@only_kit
@require_safe
def notice_preview(request: SignedInRequest, pk: int) -> HttpResponse:
    """The desk with this recipient's mail beside the list."""
    return desk(request, pk)


def desk(request: SignedInRequest, chosen_pk: int | None = None) -> HttpResponse:
    incident = Incident.objects.current()
    if incident is None:
        return render(request, "notifications/desk_empty.html", {"reason": "no_incident"})
    recipients = recipients_of(KIND, incident)
    dispatches = Dispatch.objects.of(incident).select_related("requested_by")[:20]
    if not recipients.everyone:
        reason = why_nobody(incident, bool(dispatches))
        return render(request, "notifications/desk_empty.html", {"reason": reason, "dispatches": dispatches})
    form = ChooseForm(request.GET)
    choice = form.cleaned_data if form.is_valid() else {}
    listed = recipients.chosen(choice.get("forvaltning"), choice.get("mangler") or False, choice.get("q") or "")
    page = Paginator(listed, PER_PAGE).get_page(request.GET.get("page"))
    shown = preview(request, incident, recipients, listed, page, chosen_pk)
    context = {
        "form": form,
        "recipients": recipients,
        "pills": pills(recipients, choice),
        "page_obj": page,
        "rows": with_names(page),
        "as_text": choice.get("visning") == "tekst",
        "dispatches": dispatches,
        "under_way": next((one for one in dispatches if not one.is_written), None),
        "unreachable": FollowUp.objects.of(incident).undone().filter(letter__sender=None).count(),
        "is_too_late": incident.deadline < danish.day(timezone.now()),
        "from_mailbox": mime.readable_sender(),
        **shown,
    }
    return render(request, "notifications/desk.html", context)


def why_nobody(incident: Incident, something_sent: bool) -> str:
    if something_sent:
        return "all_told"
    if not Letter.objects.filter(incident=incident).standing().exists():
        return "no_letters"
    return "nobody_owed" if FollowUp.objects.of(incident).exists() else "not_opened"


def pills(recipients: Recipients, choice: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows for components/pills.html; the search word is kept."""

    def pill(label: str, count: int, tone: str = "", **where: Any) -> dict[str, Any]:
        asked = where | ({"q": choice["q"]} if choice.get("q") else {})
        is_current = choice.get("forvaltning") == where.get("forvaltning") and (choice.get("mangler") or False) == (
            "mangler" in where
        )
        address = reverse("notices") + (f"?{urlencode(asked)}" if asked else "")
        return {"label": label, "count": count, "url": address, "tone": tone, "is_current": is_current}

    rows = [pill("Alle", len(recipients))]
    rows += [
        pill(unit.code or unit.name, number, forvaltning=unit.pk) for unit, number in recipients.by_administration()
    ]
    if recipients.lacking_leader:
        rows.append(pill("Leder mangler", len(recipients.lacking_leader), "is-soon", mangler=1))
    return rows


def preview(
    request: SignedInRequest,
    incident: Incident,
    recipients: Recipients,
    listed: list[Recipient],
    page: Page[Recipient],
    chosen_pk: int | None,
) -> dict[str, Any]:
    """The mail beside the list: the recipient asked for, or the first on the page; and who comes next."""
    if chosen_pk is not None and all(one.sender_id != chosen_pk for one in recipients.everyone):
        raise Http404
    pk = chosen_pk or next((one.sender_id for one in page), None)
    if pk is None:
        return {"mail": None}
    place = next((number for number, one in enumerate(listed) if one.sender_id == pk), -1)
    mail = composed_for(request.user, incident, pk)
    return {
        "mail": mail,
        "to": mime.readable(mail.sender.name, mail.sender.email),
        "copies": [mime.readable(leader.name, leader.email) for leader in mail.copies],
        "following": listed[(place + 1) % len(listed)] if len(listed) > 1 else None,
        "following_page": (place + 1) % len(listed) // PER_PAGE + 1 if listed else 1,
    }


def composed_for(user: User, incident: Incident, pk: int) -> Composed:
    """The real mail to one sender as it would be written now; 404 unless the user may see every letter in it."""
    due = owed(KIND, incident).filter(letter__sender=pk)
    letters = list(Letter.objects.visible_to(user).filter(followup__in=due).select_related("leader"))
    if not letters or len(letters) != due.count():
        raise Http404
    return compose(KIND, incident, get_object_or_404(User, pk=pk), letters)


@only_kit
@require_safe
@mail_frame
def notice_body(request: SignedInRequest, pk: int) -> HttpResponse:
    incident = Incident.objects.current()
    if incident is None:
        raise Http404
    return HttpResponse(composed_for(request.user, incident, pk).html)


@only_kit
@require_POST
def send_notices(request: SignedInRequest) -> HttpResponse:
    incident, form = Incident.objects.current(), SendForm(request.POST)
    if incident is None:
        raise Http404
    if not form.is_valid():
        messages.error(request, "Tallet på knappen mangler, så der er ikke sendt noget. Prøv igen.")
        return redirect("notices")
    try:
        dispatch = dispatching.request_dispatch(KIND, incident, form.cleaned_data["lovet"], by=request.user)
    except dispatching.AlreadyUnderWay as other:
        messages.info(request, "Varslerne er allerede sat i gang. Ingen får to.")
        return redirect("dispatch", other.dispatch.pk)
    except dispatching.NumberChanged as changed:
        messages.warning(request, str(changed))
        return redirect("notices")
    logs.note("notices_sent", request.user.pk, dispatch_id=dispatch.pk, count=form.cleaned_data["lovet"])
    return redirect("dispatch", dispatch.pk)
