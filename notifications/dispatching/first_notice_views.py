"""The first-notice page: the recipients, a preview of the mail to a recipient, and the button that sends."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from letters.incidents import incident_of
from letters.models import Incident
from notifications.dispatching import dispatch_lifecycle, first_notices
from notifications.dispatching.dispatch_lifecycle import NotAssured
from notifications.dispatching.dispatch_progress import list_dispatches_with_progress
from notifications.dispatching.first_notices import (
    FIRST_NOTICE,
    RecipientFilter,
    Recipients,
    list_recipients,
    with_place_and_leader,
)
from notifications.models import NoticeText
from notifications.outbox import mime
from notifications.texts.notice_texts import current_text
from sepo_incident.accounts.roles import SignedInRequest, kit_admin_required
from sepo_incident.accounts.users import find_unapproved
from sepo_incident.core import danish, logs
from sepo_incident.core.components import mail_frame
from sepo_incident.core.forms import FreeText, search_text
from sepo_incident.core.sorting import ColumnSort


@kit_admin_required
@require_safe
def notices(request: SignedInRequest) -> HttpResponse:
    return render_first_notices(request)


@kit_admin_required
@require_safe
def notice_preview(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show the page with the preview of this sender's mail."""
    return render_first_notices(request, pk)


def render_first_notices(
    request: SignedInRequest, chosen: int | None = None, form: AssuredSendForm | None = None, status: int = 200
) -> HttpResponse:
    incident = incident_of(request)
    if incident is None:
        return render(request, "notifications/first_notices_empty.html", {"reason": "no_incident"})
    recipients, sent = list_recipients(FIRST_NOTICE, incident), list_dispatches_with_progress(incident, [FIRST_NOTICE])
    flow = dispatch_lifecycle.pause_context(incident)
    if not recipients.everyone:
        unopened = first_notices.count_unopened(incident)
        reason = first_notices.reason_for_no_recipients(incident, bool(sent), unopened)
        title = f"{danish.count(unopened, 'brev er', 'breve er')} ikke åbnet"
        nobody = {"reason": reason, "unopened_title": title, "dispatches": sent, **flow}
        return render(request, "notifications/first_notices_empty.html", nobody)
    text = current_text(FIRST_NOTICE, incident)
    context: dict[str, object] = {
        "incident": incident,  # reused by the base template
        "recipients": recipients,
        "unapproved": len(find_unapproved((one.sender_id, one.email) for one in recipients.everyone)),
        "text": text,
        "dispatches": sent,
        "dispatch_under_way": next((one.dispatch for one in sent if not one.dispatch.is_written), None),
        "from_mailbox": mime.readable_sender(),
        "is_large": recipients.mails > dispatch_lifecycle.MAX_MAILS_AT_ONCE,
        "send_form": (form or AssuredSendForm()).named(recipients.mails),
        **flow,
        **first_notices.checks_before_sending(incident, text, request.user, danish.local_date(timezone.now())),
        **list_and_preview_context(request, incident, recipients, text, chosen),
    }
    return render(request, "notifications/first_notices.html", context, status=status)


def list_and_preview_context(
    request: SignedInRequest, incident: Incident, recipients: Recipients, text: NoticeText | None, chosen: int | None
) -> dict[str, object]:
    """Return the filtered list, and the preview for the chosen sender or the first sender on the page."""
    form = RecipientFilterForm(request.GET)
    sort = ColumnSort(request.GET, first_notices.RECIPIENT_COLUMNS, default="name")
    listed = sort.sort(recipients.matching(form.choice))
    page = Paginator(listed, first_notices.RECIPIENTS_PER_PAGE).get_page(request.GET.get("page"))
    shown = first_notices.preview_notice(
        request.user, incident, text, chosen or next((one.sender_id for one in page), None)
    )
    if chosen and shown is None:
        raise Http404
    return {
        "form": form,
        "pills": first_notices.recipient_pills(recipients, form.choice),
        "page_obj": page,
        "heads": sort.heads,
        "rows": with_place_and_leader(page),
        "as_text": form.as_text,
        "preview": shown,
        "is_chosen": chosen is not None,
    }


@kit_admin_required
@require_safe
@mail_frame
def notice_body(request: SignedInRequest, pk: int) -> HttpResponse:
    incident = incident_of(request)
    shown = (
        first_notices.preview_notice(request.user, incident, current_text(FIRST_NOTICE, incident), pk)
        if incident
        else None
    )
    if shown is None or shown.mail is None:
        raise Http404
    return HttpResponse(shown.mail.html)


@kit_admin_required
@require_POST
def send_notices(request: SignedInRequest) -> HttpResponse:
    incident, form = incident_of(request), AssuredSendForm(request.POST)
    if incident is None:
        raise Http404
    if not form.is_valid():
        if "lovet" not in form.errors:
            return render_first_notices(request, form=form, status=422)
        messages.error(request, "Der er ikke sendt noget. Prøv igen.")
        return redirect("notices")
    said = form.cleaned_data
    try:
        dispatch = dispatch_lifecycle.request_dispatch(
            FIRST_NOTICE,
            incident,
            said["lovet"],
            request.user,
            ticked=said["mails"] if said["kryds"] else None,
            reason=said["grund"],
        )
    except NotAssured as refusal:
        form.add_error(refusal.lacks, str(refusal))
        return render_first_notices(request, form=form, status=422)
    except dispatch_lifecycle.DispatchAlreadyRequested as other:
        messages.info(request, "Beskederne er allerede på vej. Ingen får to.")
        return redirect("dispatch", other.dispatch.pk)
    except dispatch_lifecycle.RecipientCountChanged as changed:
        messages.warning(request, str(changed))
        return redirect("notices")
    logs.log_security_event("notices_sent", request.user.pk, dispatch_id=dispatch.pk, count=said["lovet"])
    return redirect("dispatch", dispatch.pk)


class RecipientFilterForm(forms.Form):
    """The filter of the recipient list. All fields are optional and live in the URL."""

    forvaltning = forms.IntegerField(required=False)
    mangler = forms.BooleanField(required=False)
    q = forms.CharField(label="Find en modtager", required=False)
    visning = forms.ChoiceField(choices=[("", "Mail"), ("tekst", "Kun tekst")], required=False)

    @property
    def choice(self) -> RecipientFilter:
        """Return the filter; an invalid query string means everybody."""
        query = self.cleaned_data if self.is_valid() else {}
        return RecipientFilter(query.get("forvaltning"), query.get("mangler", False), search_text(query.get("q", "")))

    @property
    def as_text(self) -> bool:
        return self.is_valid() and self.cleaned_data["visning"] == "tekst"


class AssuredSendForm(forms.Form):
    """The number shown on the button, and what a large dispatch asks for: the number of mails, ticked, and a reason."""

    lovet = forms.IntegerField(min_value=1, error_messages={"required": "Tallet på knappen mangler. Prøv igen."})
    mails = forms.IntegerField(required=False)
    kryds = forms.BooleanField(required=False)
    grund = FreeText(
        label="Hvorfor sender du uden prøvemail?",
        help_text="Dine kolleger kan læse svaret.",
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=500,
        required=False,
    )

    def named(self, mails: int) -> AssuredSendForm:
        """Return the form with the number of mails beside the tick."""
        self["kryds"].label = f"Ja, jeg vil sende {danish.count(mails, 'mail', 'mails')}"
        return self
