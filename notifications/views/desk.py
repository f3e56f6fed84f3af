"""The sending desk: who gets a notice, the real mail to any of them, and the button that says the number."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from letters.models import Incident
from notifications.dispatches import dispatching
from notifications.forms import ChooseForm, SendForm
from notifications.models import Dispatch, NoticeText
from notifications.sending import mime
from notifications.showing import desk
from notifications.showing.desk import KIND
from notifications.showing.following import sent_in
from notifications.showing.recipients import Recipients, recipients_of, with_names
from notifications.writing.wordings import current_text
from sepo_incident import danish, logs
from sepo_incident.accounts.models import Membership
from sepo_incident.accounts.permissions import requires_role
from sepo_incident.accounts.requests import SignedInRequest
from sepo_incident.frames import mail_frame

only_kit = requires_role(Membership.Role.KIT_ADMIN)


@only_kit
@require_safe
def notices(request: SignedInRequest) -> HttpResponse:
    return answer(request)


@only_kit
@require_safe
def notice_preview(request: SignedInRequest, pk: int) -> HttpResponse:
    """The desk with this recipient's mail beside the list."""
    return answer(request, pk)


def answer(request: SignedInRequest, chosen: int | None = None) -> HttpResponse:
    incident = Incident.objects.current()
    if incident is None:
        return render(request, "notifications/desk_empty.html", {"reason": "no_incident"})
    recipients, sent = recipients_of(KIND, incident), sent_in(incident, [KIND])
    flow, text = desk.flow_of(incident), current_text(KIND, incident)
    if not recipients.everyone:
        nobody = {"reason": desk.why_nobody(incident, bool(sent)), "sent": sent, **flow}
        return render(request, "notifications/desk_empty.html", nobody)
    limit = flow["sending"].limit_passed(len(recipients), request.user)
    context: dict[str, object] = {
        "incident": incident,  # the frame would ask for it again
        "recipients": recipients,
        "text": text,
        "sent": sent,
        "under_way": next((one.dispatch for one in sent if not one.dispatch.is_written), None),
        "from_mailbox": mime.readable_sender(),
        "limit": limit,
        "must_be_approved": limit is not None,
        **flow,
        **desk.before_sending(incident, request.user, danish.day(timezone.now())),
        **list_and_mail(request, incident, recipients, text, chosen),
    }
    return render(request, "notifications/desk.html", context)


def list_and_mail(
    request: SignedInRequest, incident: Incident, recipients: Recipients, text: NoticeText | None, chosen: int | None
) -> dict[str, object]:
    """The list as it was asked for, and the mail to the one that was chosen, or else to the first on the page."""
    form = ChooseForm(request.GET)
    listed = recipients.chosen(*form.choice)
    page = Paginator(listed, desk.PER_PAGE).get_page(request.GET.get("page"))
    shown = desk.preview(request.user, incident, text, chosen or next((one.sender_id for one in page), None))
    if chosen and shown is None:
        raise Http404
    following, following_page = desk.following(listed, shown.sender.pk) if shown else (None, 1)
    return {
        "form": form,
        "pills": desk.pills(recipients, form.choice),
        "page_obj": page,
        "rows": with_names(page),
        "as_text": form.as_text,
        "preview": shown,
        "is_chosen": chosen is not None,
        "following": following,
        "following_page": following_page,
    }


@only_kit
@require_safe
@mail_frame
def notice_body(request: SignedInRequest, pk: int) -> HttpResponse:
    incident = Incident.objects.current()
    shown = desk.preview(request.user, incident, current_text(KIND, incident), pk) if incident else None
    if shown is None or shown.mail is None:
        raise Http404
    return HttpResponse(shown.mail.html)


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
        is_asked = other.dispatch.status == Dispatch.Status.ASKED
        done = "Udsendelsen venter allerede på godkendelse" if is_asked else "Varslerne er allerede sat i gang"
        messages.info(request, f"{done}. Ingen får to.")
        return redirect("dispatch", other.dispatch.pk)
    except dispatching.NumberChanged as changed:
        messages.warning(request, str(changed))
        return redirect("notices")
    logs.note("notices_sent", request.user.pk, dispatch_id=dispatch.pk, count=form.cleaned_data["lovet"])
    return redirect("dispatch", dispatch.pk)
