"""*Ikke nået*: whom a mail has not reached, and seeing it through for one of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from notifications.models import Delivery, states
from notifications.recovering import mending, unreached
from notifications.recovering.mending_forms import AddressForm, AnotherForm, MendingForm, NeedlessForm, ToldForm
from notifications.views.desk import only_kit
from sepo_incident import danish, logs
from sepo_incident.accounts.addresses import Taken
from sepo_incident.accounts.models import User
from sepo_incident.accounts.requests import SignedInRequest
from sepo_incident.overtaken import Overtaken

PER_PAGE = 25
TAKEN = "Adressen er {name}s. Skal {name} have brevene, så giv dem videre på siden Mangler ansvarlig."


class Way(NamedTuple):
    """One to see it through: what it asks for, what it does with the answers, and what it says then."""

    form: type[MendingForm]
    act: Callable[[Delivery, dict[str, Any], User], int]
    done: str


WAYS = {
    "adresse": Way(
        AddressForm,
        lambda delivery, said, by: mending.correct_address(delivery, said["adresse"], by),
        "Adressen er rettet, og {mails} på vej til den.",
    ),
    "anden": Way(
        AnotherForm,
        lambda delivery, said, by: mending.send_to(delivery, said["person"], by),
        "{mails} på vej til den, du valgte.",
    ),
    "fortalt": Way(
        ToldForm,
        lambda delivery, said, by: mending.tell(delivery, said["hvem"], said["dag"], said["note"], by),
        "Det er skrevet ned, hvem der har fået det at vide.",
    ),
    "undvaeres": Way(
        NeedlessForm,
        lambda delivery, said, by: mending.let_go(delivery, said["grund"], by),
        "Det er skrevet ned, hvorfor det ikke er nødvendigt.",
    ),
}


@only_kit
@require_safe
def not_reached(request: SignedInRequest) -> HttpResponse:
    people = unreached.everybody()
    current = unreached.chosen(request.GET.get("tilstand", ""))
    shown = [one for one in people if one.state in current.shows]
    page, now = Paginator(shown, PER_PAGE).get_page(request.GET.get("page")), timezone.now()
    context = {
        "page_obj": page,
        "rows": [(one, one.why(now)) for one in page],
        "pills": unreached.pills(people, current),
        "number": len(people),
    }
    return render(request, "notifications/unreached.html", context)


@only_kit
@require_safe
def unreached_mail(request: SignedInRequest, pk: int) -> HttpResponse:
    return answer(request, delivery_or_404(pk))


def answer(request: SignedInRequest, delivery: Delivery, refused: MendingForm | None = None) -> HttpResponse:
    """The page of one person; ``refused`` is the form that was not filled in."""
    now = timezone.now()
    forms = {name: way.form(delivery=delivery, today=danish.day(now)) for name, way in WAYS.items()}
    forms |= {name: refused for name, form in forms.items() if type(form) is type(refused) and refused}
    waiting = list(mending.waiting_like(delivery).prefetch_related("evidence"))
    context = {
        "delivery": delivery,
        "person": delivery.recipient,
        "waiting": [(one, unreached.why(one, now)) for one in waiting],
        "forms": forms,
        "refused": refused,
        "retryable": sum(one.stands_now in states.RETRYABLE for one in waiting),
        "mending": getattr(delivery, "mending", None),
    }
    return render(request, "notifications/unreached_mail.html", context, status=422 if refused else 200)


@only_kit
@require_POST
def mend(request: SignedInRequest, pk: int, way: str) -> HttpResponse:
    if way not in WAYS:
        raise Http404
    delivery, chosen = delivery_or_404(pk), WAYS[way]
    form = chosen.form(request.POST, delivery=delivery, today=danish.day(timezone.now()))
    if not form.is_valid():
        return answer(request, delivery, form)
    try:
        number = chosen.act(delivery, form.cleaned_data, request.user)
    except Taken as other:
        form.add_error("adresse", TAKEN.format(name=other.holder.name))
        return answer(request, delivery, form)
    except Overtaken:
        return too_late(request, delivery)
    logs.note("mail_mended", request.user.pk, delivery_id=pk, count=number)
    messages.success(request, chosen.done.format(mails=danish.count(number, "mail er", "mails er")))
    return redirect("not_reached")


@only_kit
@require_POST
def send_mail_again(request: SignedInRequest, pk: int) -> HttpResponse:
    delivery = delivery_or_404(pk)
    try:
        number = mending.send_again(delivery)
    except Overtaken:
        return too_late(request, delivery)
    logs.note("mails_sent_again", request.user.pk, delivery_id=pk, count=number)
    messages.success(request, f"{danish.count(number, 'mail er', 'mails er')} lagt i køen igen.")
    return redirect("not_reached")


def delivery_or_404(pk: int) -> Delivery:
    return get_object_or_404(Delivery.objects.select_related("recipient__unit", "notice", "mending__by"), pk=pk)


def too_late(request: SignedInRequest, delivery: Delivery) -> HttpResponse:
    """Who was first is told by the page itself."""
    messages.warning(request, "En anden var først, eller mailen er nået frem i mellemtiden. Intet er ændret.")
    return redirect("unreached_mail", delivery.pk)
