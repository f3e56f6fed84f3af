"""Views of *Indgående post*: the list of incoming mails, a single mail, and answering or settling a mail."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from notifications.inbound import inbox
from notifications.models import IncomingMail
from sepo_incident.accounts.models import User
from sepo_incident.accounts.roles import SignedInRequest, kit_admin_required
from sepo_incident.core import logs
from sepo_incident.core.forms import FreeText

PER_PAGE = 25


@kit_admin_required
@require_safe
def incoming(request: SignedInRequest) -> HttpResponse:
    numbers = inbox.count_by_filter()
    current = inbox.selected_filter(request.GET.get("slags", ""), numbers)
    context = {
        "numbers": numbers,
        "chosen": current,
        "pills": inbox.filter_pills(numbers, current),
        "page_obj": Paginator(inbox.list_mails(current), PER_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "notifications/incoming.html", context)


@kit_admin_required
@require_safe
def incoming_mail(request: SignedInRequest, pk: int) -> HttpResponse:
    return render_mail(request, pk, IncomingMailAnswerForm(sender=request.user))


def render_mail(request: SignedInRequest, pk: int, form: IncomingMailAnswerForm, status: int = 200) -> HttpResponse:
    about = ("delivery__recipient", "delivery__notice", "notice", "settled_by", "answer")
    mail = get_object_or_404(IncomingMail.objects.select_related(*about), pk=pk)
    context = {"opened": inbox.open_mail(mail), "mail": mail, "form": form}
    return render(request, "notifications/incoming_mail.html", context, status=status)


@kit_admin_required
@require_POST
def answer_incoming(request: SignedInRequest, pk: int) -> HttpResponse:
    get_object_or_404(IncomingMail.objects.defer("raw"), pk=pk)
    form = IncomingMailAnswerForm(request.POST, sender=request.user)
    if not form.is_valid():
        return render_mail(request, pk, form, status=422)
    try:
        inbox.send_answer(pk, form.cleaned_data["text"], request.user)
    except inbox.NotAnswerable as problem:
        messages.error(request, str(problem))
        return redirect("incoming_mail", pk)
    except inbox.AlreadySettled as other:
        messages.warning(request, f"{other} Dit svar er ikke sendt. Teksten står her endnu.")
        return render_mail(request, pk, form, status=409)
    logs.log_security_event("incoming_answered", request.user.pk, mail_id=pk)
    messages.success(request, "Svaret er lagt i køen og bliver sendt nu.")
    return redirect("incoming_mail", pk)


@kit_admin_required
@require_POST
def settle_incoming(request: SignedInRequest, pk: int) -> HttpResponse:
    get_object_or_404(IncomingMail.objects.defer("raw"), pk=pk)
    try:
        inbox.mark_settled(pk, request.user)
    except inbox.AlreadySettled as other:
        messages.info(request, str(other))
    else:
        logs.log_security_event("incoming_settled", request.user.pk, mail_id=pk)
        messages.success(request, "Mailen er sat som klaret.")
    return redirect("incoming")


class IncomingMailAnswerForm(forms.Form):
    """An answer to an incoming mail, with a signature filled in."""

    text = FreeText(
        label="Dit svar",
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text="Svaret sendes som en mail. Skriv ikke CPR-numre eller navne på modtagere af breve.",
        error_messages={"required": "Skriv et svar."},
    )

    def __init__(self, *args, sender: User, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["text"].initial = f"\n\nVenlig hilsen\n{sender.name}, Koncern IT"
