"""*Udkast til modtageren*: download a draft as an unsent mail, and KIT's pages to edit the texts.

The file opens as an unsent mail (`X-Unsent: 1`), so the length of an address does not limit the text. RFC 5322
requires a date and a sender. An empty To is no valid address list, so the header is left out and the mail program
shows an empty field. New Outlook is unreliable with such files, so the page also offers the text to copy.
"""

from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Any, NamedTuple

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from followups.drafts import recipient_texts
from followups.drafts.recipient_texts import (
    BRACED_FIELD,
    FIELD_MEANINGS,
    WAYS_BY_SLUG,
    Draft,
    default_body,
    fill_fields,
)
from followups.models import DraftText
from letters.categories.category_rules import NO_SUBJECT_CATEGORY
from letters.incidents import incident_of, incident_or_404
from letters.models import Incident, Letter
from sepo_incident.accounts.models import User
from sepo_incident.accounts.roles import Role, SignedInRequest, refuse_while_impersonating, requires_role
from sepo_incident.core import danish, logs
from sepo_incident.core.database import Conflict
from sepo_incident.core.forms import FreeText, parse_int, parse_version


def render_eml(draft: Draft, writer: User) -> bytes:
    """Return the draft as a mail from the writer: UTF-8, quoted-printable, lines that end in CRLF."""
    message = EmailMessage(policy=policy.SMTP)
    message["X-Unsent"] = "1"
    message["Date"] = danish.local_time(timezone.now())
    if writer.email.isascii():  # otherwise the mail program fills in the sender
        message["From"] = Address(" ".join(writer.name.split()), addr_spec=writer.email)
    message["Subject"] = " ".join(draft.subject.split())  # `email` refuses a line break in a header
    message.set_content(draft.body, charset="utf-8", cte="quoted-printable")
    return message.as_bytes()


class DraftTextForm(forms.Form):
    """Edit the text of a draft. `version` is the version that the page was made from, 0 if KIT has written none."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    body = FreeText(
        label="Tekst",
        help_text="Felter i {} udfyldes for hvert brev. Tekst i [] skriver afsenderen selv.",
        widget=forms.Textarea(attrs={"rows": 16, "class": "wide"}),
        max_length=4000,
        error_messages={"required": "Skriv en tekst."},
    )

    def __init__(self, incident: Incident, category: str, way: DraftText.Way, data: Any = None, **kwargs: Any):
        super().__init__(data, label_suffix="", **kwargs)
        self.incident, self.category, self.way = incident, category, way
        self.name = next(name for name, one in WAYS_BY_SLUG.items() if one == way)

    @property
    def words(self) -> str:
        """The typed text, or the default text if nothing is typed."""
        return self["body"].value() or default_body(self.category, self.way, self.incident.rules)

    def clean_body(self) -> str:
        """Return the text with plain line ends. Raise ValidationError for an unknown field."""
        body: str = "\n".join(line.rstrip() for line in self.cleaned_data["body"].splitlines())
        if names := [name for name in dict.fromkeys(BRACED_FIELD.findall(body)) if name not in FIELD_MEANINGS]:
            listed = danish.join_with_and([f"{{{name}}}" for name in names])
            raise ValidationError(f"{listed} findes ikke. Brug felterne under teksten.")
        return body


class DraftCell(NamedTuple):
    """A draft in the overview. `text`: KIT's, None if the default is in force. `has_own`: it is the category's own."""

    name: str
    label: str
    text: DraftText | None
    has_own: bool


def draft_overview(incident: Incident) -> dict[str, list[DraftCell]]:
    """Return {category: its drafts}. Two queries, however many categories."""
    written = recipient_texts.written_texts(incident)

    def cell(category: str, name: str, way: DraftText.Way) -> DraftCell:
        text = written.newest.get((category, way))
        counts = text if text and not text.is_reset else None
        return DraftCell(name, way.label, counts, bool(recipient_texts.category_body(category, way, written)))

    categories, ways = recipient_texts.draft_categories(incident), recipient_texts.ways_of(incident)
    return {category: [cell(category, name, way) for name, way in ways.items()] for category in categories}


def initial_values(incident: Incident, category: str, way: DraftText.Way, fetched: str) -> dict[str, Any]:
    """Return the initial values of the form: the text in force, or the text of the version in `fetched`."""
    versions = DraftText.objects.versions_of(incident, category, way)
    now, chosen = versions.first(), versions.filter(version=parse_int(fetched) or 0, is_reset=False).first()
    body = chosen.body if chosen else recipient_texts.body_for(category, way, recipient_texts.written_texts(incident))
    return {"version": now.version if now else 0, "body": body}


def draft_text_context(form: DraftTextForm, reader: User) -> dict[str, Any]:
    versions = list(DraftText.objects.versions_of(form.incident, form.category, form.way).select_related("written_by"))
    sample = sample_letter(form, reader)
    return {
        "form": form,
        "versions": versions,
        "text": versions[0] if versions else None,
        "fields": [(f"{{{name}}}", meaning) for name, meaning in FIELD_MEANINGS.items()],
        "sample": sample,
        "filled_text": fill_fields(form.words, form.incident, sample),
    }


def sample_letter(form: DraftTextForm, reader: User) -> Letter | None:
    """Return the newest letter of the category that the reader may read, as an example, or None.

    Usually None for personnel cases.
    """
    about: dict[str, dict[str, Any]] = {
        NO_SUBJECT_CATEGORY: {"category": ""},
        recipient_texts.ALL_OTHER_CATEGORIES: {},
        recipient_texts.PERSONNEL_CATEGORY: {"is_personnel_case": True},
    }
    letters = Letter.objects.visible_to(reader).active().readable().filter(incident=form.incident)
    alike = letters.filter(**about.get(form.category, {"category": form.category}))
    return alike.select_related("followup", "sender", "unit").order_by("-sent_at", "-pk").first()


#: Buttons that preview the text and restore the default.
SHOW_BUTTON, RESET_BUTTON = "vis", "tilbage"


@require_safe
@never_cache
@refuse_while_impersonating
def draft_mail(request: SignedInRequest, pk: int, name: str) -> HttpResponse:
    """Download a draft as an unsent mail without recipient. 403 for a reader who may not read the letter."""
    letters = Letter.objects.visible_to(request.user).select_related("followup", "incident", "sender", "unit")
    letter = get_object_or_404(letters, pk=pk)
    if not letter.reader_may_read:
        raise PermissionDenied
    draft = next((one for one in recipient_texts.drafts_for_letter(letter) if one.name == name), None)
    if draft is None:
        raise Http404
    disposition = {"Content-Disposition": f'attachment; filename="udkast-{letter.pk}.eml"'}
    return HttpResponse(render_eml(draft, request.user), content_type="message/rfc822", headers=disposition)


@require_safe
@requires_role(Role.KIT_ADMIN)
def draft_texts(request: SignedInRequest) -> HttpResponse:
    incident = incident_of(request)
    context = {"lines": draft_overview(incident), "ways": recipient_texts.ways_of(incident)} if incident else {}
    return render(request, "followups/draft_texts.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires_role(Role.KIT_ADMIN)
def draft_text(request: SignedInRequest, name: str, category: str) -> HttpResponse:
    """Show a draft text and the versions. A POST saves, previews («vis») or restores the default."""
    incident = incident_or_404(request)
    way = recipient_texts.ways_of(incident).get(name)
    if way is None or category not in recipient_texts.draft_categories(incident):
        raise Http404
    if request.method != "POST":
        initial = initial_values(incident, category, way, request.GET.get("hent", ""))
        return _render_draft_text(request, DraftTextForm(incident, category, way, initial=initial))
    form = DraftTextForm(incident, category, way, request.POST)
    if RESET_BUTTON in request.POST:
        return _save_draft_text(request, form, "")
    if not form.is_valid() or SHOW_BUTTON in request.POST:
        return _render_draft_text(request, form, status=422 if form.errors else 200)
    return _save_draft_text(request, form, form.cleaned_data["body"])


def _save_draft_text(request: SignedInRequest, form: DraftTextForm, body: str) -> HttpResponse:
    try:
        seen = parse_version(request.POST.get("version", ""))
        saved = recipient_texts.save_draft_text(form.incident, form.category, form.way, body, seen, by=request.user)
    except Conflict:
        now = DraftText.objects.versions_of(form.incident, form.category, form.way).first()
        typed = {"body": form.data.get("body", ""), "version": str(now.version if now else 0)}
        again = DraftTextForm(form.incident, form.category, form.way, typed)  # saving it overwrites on purpose
        return _render_draft_text(request, again, status=409, is_overtaken=True)
    if saved is None:
        messages.info(request, "Udkastet er ikke ændret.")
    else:
        logs.log_security_event("draft_text_saved", request.user.pk, version=saved.version)
        said = "Standardteksten gælder igen." if saved.is_reset else f"Udkastet er gemt som version {saved.version}."
        messages.success(request, f"{said} Afsenderne ser det nu.")
    return redirect("draft_text", form.name, form.category)


def _render_draft_text(request: SignedInRequest, form: DraftTextForm, status: int = 200, **more: Any) -> HttpResponse:
    context = draft_text_context(form, request.user) | more
    return render(request, "followups/draft_text.html", context, status=status)
