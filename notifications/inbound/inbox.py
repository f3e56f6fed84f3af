"""*Indgående post*: the list of incoming mails, and one mail as text with CPR numbers masked, to answer or to settle.

Only people answer mails; nothing is answered automatically.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from followups import services
from followups.desk.forms import StandardAnswerTextForm
from followups.models import Escalation
from letters.incidents import incident_in_address, incident_of
from letters.models import Incident
from notifications.inbound import settling
from notifications.inbound.settling import HandOverForm, find_writer
from notifications.mail_classifier import mail_parser
from notifications.mail_classifier.author import Heading, parse_heading
from notifications.models import Evidence, IncomingMail
from notifications.models.incoming_mail import IncomingMailQuerySet
from sepo_incident.accounts.models import User
from sepo_incident.accounts.roles import SignedInRequest, kit_admin_required
from sepo_incident.core import cpr, logs
from sepo_incident.core.components import ListFilter, build_pills, find_filter
from sepo_incident.core.forms import FreeText
from sepo_incident.core.sorting import Column, ColumnSort, danish_order

INBOX_COLUMNS = {
    "author": Column(danish_order("author")),
    "received": Column("received_at", descending_first=True),
}
PER_PAGE = 25
#: characters of a mail's text that are shown
MAX_TEXT_SHOWN = 20_000

type MailFilter = Callable[[IncomingMailQuerySet], IncomingMailQuerySet]


def filter_by_kind(kind: str) -> MailFilter:
    return lambda mails: mails.filter(kind=kind)


SLUG_BY_KIND = {
    IncomingMail.Kind.HUMAN: "svar",
    IncomingMail.Kind.AUTO_REPLY: "autosvar",
    IncomingMail.Kind.BOUNCE: "retur",
    IncomingMail.Kind.DELAY: "forsinket",
    IncomingMail.Kind.DELIVERED: "kvittering",
    IncomingMail.Kind.RELAYED: "sendt-videre",
    IncomingMail.Kind.CHALLENGE: "holdt-tilbage",
    IncomingMail.Kind.COMPLAINT: "meldt",
    IncomingMail.Kind.OTHER: "andet",
}
FILTERS: list[ListFilter[MailFilter]] = [
    ListFilter("venter", "Venter på jer", "", IncomingMailQuerySet.needing_attention),
    ListFilter("alle", "Alle", "", IncomingMailQuerySet.all),
    *(ListFilter(slug, *IncomingMail.BADGES[kind][:2], filter_by_kind(kind)) for kind, slug in SLUG_BY_KIND.items()),
    ListFilter("ukendt", "Hører ikke til nogen mail", "is-soon", IncomingMailQuerySet.unmatched),
    ListFilter("laeses", "Bliver læst", "", IncomingMailQuerySet.waiting),
]


def count_by_filter(mails: IncomingMailQuerySet) -> dict[str, int]:
    """Return the number of the mails for each filter slug. Four queries."""
    kinds = dict(mails.order_by().values_list("kind").annotate(number=Count("pk")))
    by_slug = {slug: kinds.get(kind.value, 0) for kind, slug in SLUG_BY_KIND.items()}
    rest = [one for one in FILTERS if one.slug not in by_slug and one.slug != "alle"]
    return by_slug | {"alle": sum(kinds.values())} | {one.slug: one.shows(mails).count() for one in rest}


@dataclass(frozen=True)
class OpenedMail:
    """A mail on the page: heading, masked text, attachment names, evidence, and whether the mail needs attention.

    `is_cut` is true when the text is longer than `MAX_TEXT_SHOWN`.
    """

    mail: IncomingMail
    head: Heading
    text: str
    is_cut: bool
    attachment_names: list[str]
    evidence: list[Evidence]
    needs_attention: bool

    @property
    def can_be_handed_over(self) -> bool:
        """Return whether a person wrote the mail and nobody has seen to it."""
        return self.mail.settled_at is None and settling.is_answerable(self.mail, self.head)

    @property
    def can_be_answered(self) -> bool:
        return self.mail.answer_id is None and settling.is_answerable(self.mail, self.head)


def open_mail(mail: IncomingMail) -> OpenedMail:
    raw = bytes(mail.raw)
    read = mail_parser.parse_mail(raw)
    words = "".join(sign for sign in read.text if sign.isprintable() or sign in "\n\t").strip()
    evidence = mail.evidence.select_related("delivery__recipient", "delivery__notice").order_by("pk")
    return OpenedMail(
        mail,
        parse_heading(raw),
        cpr.mask(words[:MAX_TEXT_SHOWN]),
        len(words) > MAX_TEXT_SHOWN,
        [cpr.mask(name) for name in read.attachment_names],
        list(evidence),
        IncomingMail.objects.needing_attention().filter(pk=mail.pk).exists(),
    )


class IncomingMailAnswerForm(StandardAnswerTextForm):
    """An answer to an incoming mail, with a signature filled in, and the standard answers of Koncern IT and DIT."""

    text = FreeText(
        label="Dit svar",
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text="Skriv ikke CPR-numre eller navne på modtagere af breve.",
        error_messages={"required": "Skriv et svar."},
    )

    def __init__(self, data: Any = None, *, sender: User, initial: dict[str, str] | None = None):
        self.signature = f"\n\nVenlig hilsen\n{sender.name}, Koncern IT"
        super().__init__(Escalation.Desk.KIT, Escalation.Desk.DIT, data=data, initial=initial)
        self.fields["text"].initial = self.signature


@kit_admin_required
@require_safe
def incoming(request: SignedInRequest) -> HttpResponse:
    """Show the chosen mails, or else the mails that need attention, or all mails if none does."""
    seen = IncomingMail.objects.of_incident(incident_in_address(request))
    numbers = count_by_filter(seen)
    current = find_filter(request.GET.get("slags", ""), FILTERS) or FILTERS[0 if numbers["venter"] else 1]
    mails = current.shows(seen).listed()
    sort = ColumnSort(request.GET, INBOX_COLUMNS, default="-received")
    mails = sort.order(mails.select_related("delivery__recipient", "notice", "settled_by"), "-pk")
    always_shown = {"venter", "alle", "ukendt"}
    context = {
        "numbers": numbers,
        "chosen": current,
        "pills": build_pills(FILTERS, numbers, current, f"{reverse('incoming')}?slags=", always_shown),
        "page_obj": Paginator(mails, PER_PAGE).get_page(request.GET.get("page")),
        "heads": sort.heads,
    }
    return render(request, "notifications/incoming.html", context)


@kit_admin_required
@require_safe
def incoming_mail(request: SignedInRequest, pk: int) -> HttpResponse:
    return render_mail(request, pk, IncomingMailAnswerForm(sender=request.user))


def render_mail(
    request: SignedInRequest,
    pk: int,
    form: IncomingMailAnswerForm,
    status: int = 200,
    hand_over_form: HandOverForm | None = None,
) -> HttpResponse:
    about = ("delivery__recipient", "delivery__notice", "notice", "settled_by", "answer", "escalation__followup")
    mail = get_object_or_404(IncomingMail.objects.select_related(*about), pk=pk)
    content = open_mail(mail)
    writer = find_writer(content.head.reply_to, request.user, incident_in_address(request))
    if writer and hand_over_form is None and content.can_be_handed_over:
        hand_over_form = HandOverForm(writer.letters_to_ask_about, content.text)
    context = {"content": content, "mail": mail, "form": form, "writer": writer, "hand_over_form": hand_over_form}
    return render(request, "notifications/incoming_mail.html", context, status=status)


@kit_admin_required
@require_POST
def answer_incoming(request: SignedInRequest, pk: int) -> HttpResponse:
    get_object_or_404(IncomingMail.objects.defer("raw"), pk=pk)
    form = IncomingMailAnswerForm(request.POST, sender=request.user)
    if request.POST.get("do") == "insert":
        about = Incident.objects.filter(dispatches__notices__incoming=pk).first() or incident_of(request)
        initial = form.text_with_standard_answer([about] if about else [])
        return render_mail(request, pk, IncomingMailAnswerForm(initial=initial, sender=request.user))
    if not form.is_valid():
        return render_mail(request, pk, form, status=422)
    try:
        settling.send_answer(pk, form.cleaned_data["text"], request.user)
    except settling.NotAnswerable as problem:
        messages.error(request, str(problem))
        return redirect("incoming_mail", pk)
    except settling.AlreadySettled as other:
        messages.warning(request, f"{other} Dit svar er ikke sendt. Teksten er her stadig.")
        return render_mail(request, pk, form, status=409)
    logs.log_security_event("incoming_answered", request.user.pk, mail_id=pk)
    messages.success(request, "Svaret er på vej.")
    return redirect("incoming_mail", pk)


@kit_admin_required
@require_POST
def hand_over_incoming(request: SignedInRequest, pk: int) -> HttpResponse:
    """Give the mail to a desk, as a question about one of the writer's letters."""
    content = open_mail(get_object_or_404(IncomingMail, pk=pk))
    answer = IncomingMailAnswerForm(sender=request.user)
    writer = find_writer(content.head.reply_to, request.user, incident_in_address(request))
    if writer is None or not settling.is_answerable(content.mail, content.head):
        messages.error(request, "Mailen er ikke fra en kollega med breve. Svar på den i stedet.")
        return redirect("incoming_mail", pk)
    form = HandOverForm(writer.letters_to_ask_about, "", request.POST)
    if not form.is_valid():
        return render_mail(request, pk, answer, status=422, hand_over_form=form)
    letter = next(one for one in writer.letters if one.pk == form.cleaned_data["letter"])
    try:
        escalation = settling.hand_to_desk(pk, letter, form.cleaned_data["question"], writer.user, request.user)
    except (settling.AlreadySettled, services.NotPossible) as refusal:
        messages.warning(request, f"{refusal} Spørgsmålet er ikke sendt.")
        return render_mail(request, pk, answer, status=409, hand_over_form=form)
    logs.log_security_event("incoming_handed_over", request.user.pk, mail_id=pk)
    messages.success(request, f"{escalation.get_desk_display()} har fået spørgsmålet og svarer {writer.user.name}.")
    return redirect("incoming_mail", pk)


@kit_admin_required
@require_POST
def settle_incoming(request: SignedInRequest, pk: int) -> HttpResponse:
    get_object_or_404(IncomingMail.objects.defer("raw"), pk=pk)
    try:
        settling.mark_settled(pk, request.user)
    except settling.AlreadySettled as other:
        messages.info(request, str(other))
    else:
        logs.log_security_event("incoming_settled", request.user.pk, mail_id=pk)
        messages.success(request, "Mailen er afsluttet.")
    return redirect("incoming")
