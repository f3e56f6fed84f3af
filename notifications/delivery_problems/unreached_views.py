"""*Ikke nået*: the people whom a mail has not reached, and the page that resolves the failed mails of a person."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.core.validators import EmailValidator
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from letters.incidents import incident_in_address
from notifications.delivery_problems import failed_mail
from notifications.delivery_problems.unreached_people import (
    REMEDIES,
    UNREACHED_EXPORT,
    UnreachedPerson,
    list_unreached_people,
    remedy_of,
)
from notifications.models import Delivery, FailedMailResolution, State, delivery_states
from notifications.outbox.delivery_explanations import explain_delivery
from sepo_incident.accounts.list_export import download_list
from sepo_incident.accounts.models import User
from sepo_incident.accounts.roles import SignedInRequest, kit_admin_required
from sepo_incident.accounts.users import EmailTaken, find_unapproved
from sepo_incident.core import danish, logs
from sepo_incident.core.components import Pill
from sepo_incident.core.database import Conflict
from sepo_incident.core.forms import DanishDateField, FreeText
from sepo_incident.core.sorting import Column, ColumnSort

UNREACHED_COLUMNS = {
    "name": Column(lambda one: danish.sort_key(one.name)),
    "waiting": Column(lambda one: one.waiting_time, descending_first=True),
}
PER_PAGE = 25
Kind = FailedMailResolution.Kind
ADDRESS_TAKEN = "Adressen tilhører {name}. Skal {name} have brevene, så giv dem videre under Mangler ansvarlig."


class ResolutionForm(forms.Form):
    """The base of the forms about `delivery` and the failed mails to the same person at the same address."""

    def __init__(self, data: Any = None, *, delivery: Delivery, today: date):
        self.delivery, self.today = delivery, today
        super().__init__(data)


class CorrectAddressForm(ResolutionForm):
    adresse = FreeText(
        label="Rigtig adresse",
        max_length=254,
        validators=[EmailValidator("Skriv en hel e-mailadresse, for eksempel navn@kk.example.")],
        widget=forms.EmailInput(attrs={"class": "wide", "autocomplete": "off"}),
        error_messages={"required": "Skriv den rigtige adresse."},
    )

    def clean_adresse(self) -> str:
        address: str = self.cleaned_data["adresse"].lower()
        if address == self.delivery.address.lower():
            raise forms.ValidationError("Mailen nåede ikke frem til den adresse. Skriv en anden.")
        return address


class ApproveAddressForm(ResolutionForm):
    hvorfor = FreeText(
        label="Hvorfor må mails om brevene gå til adressen?",
        help_text="For eksempel: Hun er vikar og har ingen adresse i kommunen.",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2, "class": "wide"}),
        error_messages={"required": "Skriv, hvorfor mails må gå til adressen."},
    )


class ToldForm(ResolutionForm):
    hvem = FreeText(
        label="Hvem har du talt med?",
        max_length=200,
        widget=forms.TextInput(attrs={"class": "wide"}),
        error_messages={"required": "Skriv, hvem du har talt med."},
    )
    dag = DanishDateField(label="Hvilken dag?")
    note = FreeText(
        label="Note (kan udelades)", max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        person = self.delivery.recipient
        self.initial = {"hvem": person.name if person else "", "dag": self.today}

    def clean_dag(self) -> date:
        day: date = self.cleaned_data["dag"]
        if day > self.today:
            raise forms.ValidationError("Datoen ligger i fremtiden. Vælg en tidligere.")
        return day


class NeedlessForm(ResolutionForm):
    grund = FreeText(
        label="Hvorfor er mailen ikke nødvendig?",
        help_text="For eksempel: En anden har fået brevene.",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2, "class": "wide"}),
        error_messages={"required": "Skriv, hvorfor mailen ikke er nødvendig."},
    )


@dataclass(frozen=True)
class Resolution:
    """A way to resolve failed mails: the form, the service call, and the success message.

    `held_back`: the message instead, if the person's address needs an approval now.
    """

    form: type[ResolutionForm]
    act: Callable[[Delivery, dict[str, Any], User], int]
    done: str
    held_back: str = ""


RESOLUTIONS = {
    "adresse": Resolution(
        CorrectAddressForm,
        lambda delivery, said, by: failed_mail.correct_address(delivery, said["adresse"], by),
        "Adressen er rettet, og {mails} på vej.",
        "Adressen er rettet, men den er uden for kommunen. Mailen bliver sendt, når adressen er godkendt her.",
    ),
    "godkend": Resolution(
        ApproveAddressForm,
        lambda delivery, said, by: failed_mail.approve_address(delivery, said["hvorfor"], by),
        "Adressen er godkendt, og {mails} på vej.",
    ),
    "fortalt": Resolution(
        ToldForm,
        lambda delivery, said, by: failed_mail.resolve_without_mail(
            delivery, Kind.TOLD, person_told=said["hvem"], told_on=said["dag"], note=said["note"], by=by
        ),
        "Telefonsamtalen er gemt.",
    ),
    "undvaeres": Resolution(
        NeedlessForm,
        lambda delivery, said, by: failed_mail.resolve_without_mail(delivery, Kind.NEEDLESS, note=said["grund"], by=by),
        "Mailen er taget af listen.",
    ),
}


@kit_admin_required
@require_safe
def not_reached(request: SignedInRequest) -> HttpResponseBase:
    """Show the people with one remedy, by default the first that somebody needs."""
    people, now = list_unreached_people(incident_in_address(request)), timezone.now()
    numbers = Counter(one.remedy for one in people)
    offered = [one for one in REMEDIES if numbers[one]]
    wanted = (one for one in offered if one.slug == request.GET.get("skridt"))
    remedy = next(wanted, offered[0] if offered else None)
    sort = ColumnSort(request.GET, UNREACHED_COLUMNS, default="-waiting")
    listed = sort.sort([one for one in people if one.remedy == remedy])

    def explained(some: Sequence[UnreachedPerson]) -> list[tuple[UnreachedPerson, str]]:
        return [(one, explain_delivery(one.newest_mail, now)) for one in some]

    about = [("Næste skridt", remedy.label)] if remedy else []
    if file := download_list(request, UNREACHED_EXPORT, listed, explained, about):
        return file
    page = Paginator(listed, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "heads": sort.heads,
        "page_obj": page,
        "rows": explained(list(page)),
        "people": people,
        "remedy": remedy,
        "pills": [Pill(one.label, f"?skridt={one.slug}", numbers[one], "", one == remedy) for one in offered],
    }
    return render(request, "notifications/delivery_problems.html", context)


@kit_admin_required
@require_safe
def unreached_mail(request: SignedInRequest, pk: int) -> HttpResponse:
    return render_unreached_mail(request, delivery_or_404(pk))


def render_unreached_mail(
    request: SignedInRequest, delivery: Delivery, refused: ResolutionForm | None = None
) -> HttpResponse:
    """Render the page of one person. `refused`: the invalid form, if any."""
    now = timezone.now()
    forms = {name: way.form(delivery=delivery, today=danish.local_date(now)) for name, way in RESOLUTIONS.items()}
    forms |= {name: refused for name, form in forms.items() if type(form) is type(refused) and refused}
    waiting = list(failed_mail.failed_mails_like(delivery).prefetch_related("evidence"))
    remedy = remedy_of(waiting[-1].current_state) if waiting else None
    person = delivery.recipient
    context = {
        "delivery": delivery,
        "person": person,
        "waiting_mails": [(one, explain_delivery(one, now)) for one in waiting],
        "forms": forms,
        "rejected_form": refused,
        "open_way": next((name for name, form in forms.items() if form is refused), remedy.way if remedy else ""),
        "retryable_count": sum(one.current_state in delivery_states.RETRYABLE for one in waiting),
        "has_own_domains": bool(settings.MAIL["own_domains"]),
        "is_unapproved": any(one.current_state == State.UNAPPROVED for one in waiting),
        "resolution": getattr(delivery, "resolution", None),
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
    except ValidationError as refusal:
        form.add_error(None, refusal)
        return render_unreached_mail(request, delivery, form)
    except Conflict:
        return redirect_to_changed_mail(request, delivery)
    logs.log_security_event("mail_mended", request.user.pk, delivery_id=pk, count=number)
    person, done = delivery.recipient, chosen.done
    if chosen.held_back and person and find_unapproved([(person.pk, person.email)]):
        done = chosen.held_back
    messages.success(request, done.format(mails=danish.count(number, "mail er", "mails er")))
    return redirect(f"{reverse('not_reached')}?{request.GET.urlencode()}")


@kit_admin_required
@require_POST
def send_mail_again(request: SignedInRequest, pk: int) -> HttpResponse:
    delivery = delivery_or_404(pk)
    try:
        number = failed_mail.send_again(delivery)
    except Conflict:
        return redirect_to_changed_mail(request, delivery)
    logs.log_security_event("mails_sent_again", request.user.pk, delivery_id=pk, count=number)
    messages.success(request, f"{danish.count(number, 'mail er', 'mails er')} på vej igen.")
    return redirect(f"{reverse('not_reached')}?{request.GET.urlencode()}")


def delivery_or_404(pk: int) -> Delivery:
    return get_object_or_404(
        Delivery.objects.select_related("recipient__unit", "notice__dispatch__incident", "resolution__by"), pk=pk
    )


def redirect_to_changed_mail(request: SignedInRequest, delivery: Delivery) -> HttpResponse:
    """Warn about the concurrent change, and show the page, where the change is visible."""
    messages.warning(request, "En anden var først, eller mailen er nået frem. Der er ikke ændret noget.")
    return redirect("unreached_mail", delivery.pk)
