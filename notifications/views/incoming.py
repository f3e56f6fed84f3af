"""*Indgående post*: what has come back to us, what was made of it, and the answers to people."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from notifications.forms import AnswerForm
from notifications.inbound import answering, showing
from notifications.models import IncomingMail
from notifications.views.desk import only_kit
from sepo_incident import logs
from sepo_incident.accounts.requests import SignedInRequest

PER_PAGE = 25


@only_kit
@require_safe
def incoming(request: SignedInRequest) -> HttpResponse:
    numbers = showing.counts()
    current = showing.chosen(request.GET.get("slags", ""), numbers)
    context = {
        "numbers": numbers,
        "chosen": current,
        "pills": showing.pills(numbers, current),
        "page_obj": Paginator(showing.listed(current), PER_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "notifications/incoming.html", context)


@only_kit
@require_safe
def incoming_mail(request: SignedInRequest, pk: int) -> HttpResponse:
    return show(request, pk, AnswerForm(sender=request.user))


def show(request: SignedInRequest, pk: int, form: AnswerForm, status: int = 200) -> HttpResponse:
    about = ("delivery__recipient", "delivery__notice", "notice", "settled_by", "answer")
    mail = get_object_or_404(IncomingMail.objects.select_related(*about), pk=pk)
    context = {"opened": showing.opened(mail), "mail": mail, "form": form}
    return render(request, "notifications/incoming_mail.html", context, status=status)


@only_kit
@require_POST
def answer_incoming(request: SignedInRequest, pk: int) -> HttpResponse:
    get_object_or_404(IncomingMail.objects.defer("raw"), pk=pk)
    form = AnswerForm(request.POST, sender=request.user)
    if not form.is_valid():
        return show(request, pk, form, status=422)
    try:
        answering.answer(pk, form.cleaned_data["text"], request.user)
    except answering.NobodyToAnswer as problem:
        messages.error(request, str(problem))
        return redirect("incoming_mail", pk)
    except answering.AlreadySettled as other:
        messages.warning(request, f"{other} Dit svar er ikke sendt. Teksten står her endnu.")
        return show(request, pk, form, status=409)
    logs.note("incoming_answered", request.user.pk, mail_id=pk)
    messages.success(request, "Svaret er lagt i køen og bliver sendt nu.")
    return redirect("incoming_mail", pk)


@only_kit
@require_POST
def settle_incoming(request: SignedInRequest, pk: int) -> HttpResponse:
    get_object_or_404(IncomingMail.objects.defer("raw"), pk=pk)
    try:
        answering.settle(pk, request.user)
    except answering.AlreadySettled as other:
        messages.info(request, str(other))
    else:
        logs.note("incoming_settled", request.user.pk, mail_id=pk)
        messages.success(request, "Mailen er sat som klaret.")
    return redirect("incoming")
