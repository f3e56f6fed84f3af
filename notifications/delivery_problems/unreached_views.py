"""*Ikke nået*: the people whom a mail has not reached, and the page that resolves the failed mails of a person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from notifications.delivery_problems import failed_mail, unreached_people
from notifications.delivery_problems.failed_mail_forms import (
    CorrectAddressForm,
    NeedlessForm,
    OtherRecipientForm,
    ResolutionForm,
    ToldForm,
)
from notifications.models import Delivery, delivery_states
from sepo_incident.accounts.models import User
from sepo_incident.accounts.roles import SignedInRequest, kit_admin_required
from sepo_incident.accounts.users import EmailTaken
from sepo_incident.core import danish, logs
from sepo_incident.core.conflict import Conflict

PER_PAGE = 25
ADDRESS_TAKEN = "Adressen er {name}s. Skal {name} have brevene, så giv dem videre på siden Mangler ansvarlig."


class Resolution(NamedTuple):
    """A way to resolve failed mails: the form, the service call, and the success message."""

    form: type[ResolutionForm]
    act: Callable[[Delivery, dict[str, Any], User], int]
    done: str


RESOLUTIONS = {
    "adresse": Resolution(
        CorrectAddressForm,
        lambda delivery, said, by: failed_mail.correct_address(delivery, said["adresse"], by),
        "Adressen er rettet, og {mails} på vej til den.",
    ),
    "anden": Resolution(
        OtherRecipientForm,
        lambda delivery, said, by: failed_mail.send_to_another(delivery, said["person"], by),
        "{mails} på vej til den, du valgte.",
    ),
    "fortalt": Resolution(
        ToldForm,
        lambda delivery, said, by: failed_mail.record_told(delivery, said["hvem"], said["dag"], said["note"], by),
        "Det er skrevet ned, hvem der har fået det at vide.",
    ),
    "undvaeres": Resolution(
        NeedlessForm,
        lambda delivery, said, by: failed_mail.record_needless(delivery, said["grund"], by),
        "Det er skrevet ned, hvorfor det ikke er nødvendigt.",
    ),
}


@kit_admin_required
@require_safe
def not_reached(request: SignedInRequest) -> HttpResponse:
    people = unreached_people.list_unreached_people()
    current = unreached_people.selected_filter(request.GET.get("tilstand", ""))
    shown = [one for one in people if one.state in current.shows]
    page, now = Paginator(shown, PER_PAGE).get_page(request.GET.get("page")), timezone.now()
    context = {
        "page_obj": page,
        "rows": [(one, one.why(now)) for one in page],
        "pills": unreached_people.filter_pills(people, current),
        "number": len(people),
    }
    return render(request, "notifications/delivery_problems.html", context)


@kit_admin_required
@require_safe
def unreached_mail(request: SignedInRequest, pk: int) -> HttpResponse:
    return render_unreached_mail(request, delivery_or_404(pk))


def render_unreached_mail(
    request: SignedInRequest, delivery: Delivery, refused: ResolutionForm | None = None
) -> HttpResponse:
    """Render the page of one person. ``refused``: the invalid form, if any."""
    now = timezone.now()
    forms = {name: way.form(delivery=delivery, today=danish.local_date(now)) for name, way in RESOLUTIONS.items()}
    forms |= {name: refused for name, form in forms.items() if type(form) is type(refused) and refused}
    waiting = list(failed_mail.failed_mails_like(delivery).prefetch_related("evidence"))
    context = {
        "delivery": delivery,
        "person": delivery.recipient,
        "waiting": [(one, unreached_people.explain_delivery(one, now)) for one in waiting],
        "forms": forms,
        "refused": refused,
        "retryable": sum(one.current_state in delivery_states.RETRYABLE for one in waiting),
        "mending": getattr(delivery, "mending", None),
    }
    return render(request, "notifications/delivery_problem.html", context, status=422 if refused else 200)


@kit_admin_required
@require_POST
def resolve_mail(request: SignedInRequest, pk: int, way: str) -> HttpResponse:
    if way not in RESOLUTIONS:
        raise Http404
    delivery, chosen = delivery_or_404(pk), RESOLUTIONS[way]
    form = chosen.form(request.POST, delivery=delivery, today=danish.local_date(timezone.now()))
    if not form.is_valid():
        return render_unreached_mail(request, delivery, form)
    try:
        number = chosen.act(delivery, form.cleaned_data, request.user)
    except EmailTaken as other:
        form.add_error("adresse", ADDRESS_TAKEN.format(name=other.holder.name))
        return render_unreached_mail(request, delivery, form)
    except Conflict:
        return redirect_to_changed_mail(request, delivery)
    logs.log_security_event("mail_mended", request.user.pk, delivery_id=pk, count=number)
    messages.success(request, chosen.done.format(mails=danish.count(number, "mail er", "mails er")))
    return redirect("not_reached")


@kit_admin_required
@require_POST
def send_mail_again(request: SignedInRequest, pk: int) -> HttpResponse:
    delivery = delivery_or_404(pk)
    try:
        number = failed_mail.send_again(delivery)
    except Conflict:
        return redirect_to_changed_mail(request, delivery)
    logs.log_security_event("mails_sent_again", request.user.pk, delivery_id=pk, count=number)
    messages.success(request, f"{danish.count(number, 'mail er', 'mails er')} lagt i køen igen.")
    return redirect("not_reached")


def delivery_or_404(pk: int) -> Delivery:
    return get_object_or_404(Delivery.objects.select_related("recipient__unit", "notice", "mending__by"), pk=pk)


def redirect_to_changed_mail(request: SignedInRequest, delivery: Delivery) -> HttpResponse:
    """Warn about the concurrent change, and show the page, where the change is visible."""
    messages.warning(request, "En anden var først, eller mailen er nået frem i mellemtiden. Intet er ændret.")
    return redirect("unreached_mail", delivery.pk)
