"""*Tekster*: KIT edits the notice texts of an incident, previews the mails, and can go back to the default."""

from datetime import datetime
from typing import Any, NamedTuple

from django.contrib import messages
from django.db.models import Max
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from letters.incidents import incident_of, incident_or_404
from letters.models import Incident
from notifications.kinds.notice_kinds import KINDS, kind_slug
from notifications.models import Kind, Notice, NoticeText
from notifications.outbox import mime
from notifications.outbox.enqueue import enqueue_standalone_mail
from notifications.texts import notice_texts, text_form
from notifications.texts.notice_texts import (
    DEFAULT_VERSION,
    current_text,
    default_source,
    diff_sources,
    get_text_source,
)
from notifications.texts.text_form import TextElement, TextForm, missing_elements
from notifications.texts.text_preview import Audience, list_field_chips
from sepo_incident.accounts.models import User
from sepo_incident.accounts.roles import SignedInRequest, kit_admin_required
from sepo_incident.core import danish, logs
from sepo_incident.core.components import mail_frame
from sepo_incident.core.database import Conflict
from sepo_incident.core.forms import parse_version


@kit_admin_required
@require_safe
def show_texts(request: SignedInRequest) -> HttpResponse:
    incident = incident_of(request)
    lines = list_texts(incident) if incident else []
    return render(request, "notifications/texts.html", {"lines": lines})


@kit_admin_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_text(request: SignedInRequest, name: str) -> HttpResponse:
    """Show a text. POST saves the text; with «vis» only previews, and with «proeve» sends a test mail to the user."""
    kind, incident = kind_or_404(name), incident_or_404(request)
    if request.method != "POST":
        return render_text_page(request, open_text_form(request, kind, incident))
    form = TextForm(kind, incident, request.POST)
    is_sound = form.is_valid()
    if "vis" in request.POST:
        return render_text_page(request, form)
    if not is_sound:
        return render_text_page(request, form, status=422)
    return send_test_mail_to_self(request, form) if "proeve" in request.POST else save_text(request, form)


def open_text_form(request: SignedInRequest, kind: Kind, incident: Incident) -> TextForm:
    """Return the form with the unsaved text named in the URL, or with the current text."""
    kept = request.session.get(text_form.SESSION_KEY, {}).get(request.GET.get("udkast", ""))
    text = current_text(kind, incident)
    written = get_text_source(kind, text, incident.rules)._asdict()
    shown = {"version": text.version if text else DEFAULT_VERSION, "til": request.GET.get("til")}
    return TextForm(kind, incident, initial=kept or written | shown)


def render_text_page(request: SignedInRequest, form: TextForm, status: int = 200, **more: Any) -> HttpResponse:
    """Render the page, or only the preview when htmx asks while the user types."""
    draft = (
        text_form.keep_unsaved_text(request.session, form)
        if request.method == "POST"
        else request.GET.get("udkast", "")
    )
    frame_url = reverse(
        "text_preview_mail", args=[kind_slug(form.kind)], query={"udkast": draft, "til": form.receiver_id or ""}
    )
    is_part = request.htmx and "vis" in request.POST
    as_text = "tekst" in (request.POST or request.GET)
    context = text_page_context(form, request.user) | {"frame_url": frame_url, "is_part": is_part, "as_text": as_text}
    template = "notifications/_edit_text_shown.html" if is_part else "notifications/edit_text.html"
    return render(request, template, context | more, status=status)


def save_text(request: SignedInRequest, form: TextForm) -> HttpResponse:
    """Save the text, or show somebody else's newer text beside it, with status 409.

    The form then carries the new version, so saving again overwrites on purpose.
    """
    kind, incident = form.kind, form.incident
    try:
        saved = notice_texts.save_new_version(kind, incident, form.source, form.cleaned_data["version"], request.user)
    except Conflict:
        now = current_text(kind, incident)
        typed = request.POST.copy()
        typed["version"] = str(now.version if now else DEFAULT_VERSION)
        changes = diff_sources(get_text_source(kind, now, incident.rules), form.source)
        return render_text_page(request, TextForm(kind, incident, typed), status=409, other=now, changes=changes)
    if saved is None:
        messages.info(request, "Du har ikke ændret teksten, så intet er gemt.")
        return redirect(text_url(form))
    logs.log_security_event("notice_text_saved", request.user.pk, version=saved.version)
    messages.success(request, f"Teksten er gemt som version {saved.version}. Den gælder for nye mails.")
    if lacking := [one.name for one in missing_elements(kind, form.wording, incident.rules)]:
        messages.warning(request, f"Teksten er gemt, men den mangler {danish.join_with_and(lacking)}.")
    return redirect(text_url(form))


def send_test_mail_to_self(request: SignedInRequest, form: TextForm) -> HttpResponse:
    """Send the text in the form, saved or not, as the chosen receiver would get the mail."""
    shown = Audience(form.kind, form.incident, request.user).preview(form.wording, form.cleaned_data["til"])
    digest = form.source.digest(form.kind, form.incident)
    subject, by = f"Prøve: {shown.mail.subject}", request.user
    test = enqueue_standalone_mail(Kind.TEST, by, subject, shown.mail.text, shown.mail.html, by=by, text_digest=digest)
    logs.log_security_event("test_mail_sent", by.pk, notice_id=test.pk)
    messages.success(request, f"Prøvemailen er på vej til {by.email}.")
    return redirect(f"{text_url(form)}?udkast={text_form.keep_unsaved_text(request.session, form)}#proevemail")


@kit_admin_required
@require_safe
@mail_frame
def text_mail_frame(request: SignedInRequest, name: str) -> HttpResponse:
    kind, incident = kind_or_404(name), incident_or_404(request)
    form = open_text_form(request, kind, incident)
    return HttpResponse(Audience(kind, incident, request.user).preview(form.wording, form.receiver_id).mail.html)


@kit_admin_required
@require_safe
def compare_text_versions(request: SignedInRequest, name: str) -> HttpResponse:
    """List the versions of a text, and what a version changed, by default the newest."""
    kind, incident = kind_or_404(name), incident_or_404(request)
    versions = list(NoticeText.objects.versions_of(kind, incident).select_related("written_by"))
    texts = {text.version: text for text in versions}
    newest, wanted = max(texts, default=DEFAULT_VERSION), parse_version(request.GET.get("efter", ""))
    shown = wanted if wanted in texts else newest
    before, after = (get_text_source(kind, texts.get(one), incident.rules) for one in (shown - 1, shown))
    context = {
        "kind": kind,
        "name": name,
        "versions": versions,
        "newest_version": newest,
        "shown": shown,
        "changes": diff_sources(before, after),
    }
    return render(request, "notifications/text_history.html", context)


@kit_admin_required
@require_POST
def reset_text(request: SignedInRequest, name: str) -> HttpResponse:
    kind, incident = kind_or_404(name), incident_or_404(request)
    try:
        seen = parse_version(request.POST.get("version") or "0")
        default = default_source(kind, incident.rules)
        saved = notice_texts.save_new_version(kind, incident, default, seen, by=request.user, is_reset=True)
    except Conflict:
        messages.warning(request, "En anden har rettet teksten, så intet er ændret. Læs den, og vælg igen.")
        return redirect("text_versions", name)
    if saved:
        logs.log_security_event("notice_text_reset", request.user.pk, version=saved.version)
        messages.success(request, "Standardteksten gælder igen.")
    else:
        messages.info(request, "Standardteksten gælder allerede.")
    return redirect("text", name)


def kind_or_404(name: str) -> Kind:
    kind = next((one for one in KINDS if kind_slug(one) == name), None)
    if kind is None:
        raise Http404
    return kind


def text_url(form: TextForm) -> str:
    return reverse("text", args=[kind_slug(form.kind)])


class TextListRow(NamedTuple):
    """A kind of notice with the current text.

    `text` is None if the default text applies. `sent_at`: when the latest mail of the kind was written.
    """

    kind: Kind
    name: str
    text: NoticeText | None
    sent_at: datetime | None
    missing_elements: list[TextElement]
    is_sound: bool


def list_texts(incident: Incident) -> list[TextListRow]:
    """Return a row per kind of notice. Two queries for any number of kinds."""
    newest = NoticeText.objects.filter(incident=incident).newest().select_related("written_by")
    texts = {text.kind: text for text in newest}
    sent = dict(
        Notice.objects.filter(dispatch__incident=incident).order_by().values_list("kind").annotate(Max("created_at"))
    )
    lines = []
    for kind in KINDS:
        words = get_text_source(kind, texts.get(kind), incident.rules).parse(kind)
        lines.append(
            TextListRow(
                kind,
                kind_slug(kind),
                texts.get(kind),
                sent.get(kind),
                missing_elements(kind, words, incident.rules),
                words.is_sound,
            )
        )
    return lines


def text_page_context(form: TextForm, reader: User) -> dict[str, Any]:
    """Return the context of the text page: the form, valid or not, and the resulting mail."""
    kind, incident, wording = form.kind, form.incident, form.wording
    shown = Audience(kind, incident, reader).preview(wording, form.receiver_id)
    return {
        "form": form,
        "kind": kind,
        "name": kind_slug(kind),
        "text": current_text(kind, incident),
        "preview": shown,
        "chips": list(list_field_chips(KINDS[kind].fields, shown.draft)),
        "missing": [one for one in missing_elements(kind, wording, incident.rules) if not one.is_needed],
        "mail_from": mime.readable_sender(),
        "mail_to": mime.readable_mailbox(shown.draft.receiver.name, shown.draft.receiver.email),
        "mail_cc": [mime.readable_mailbox(one.name, one.email) for one in shown.draft.copies],
        "test_mail": Notice.objects.latest_test_mail(reader, form.source.digest(kind, incident)),
    }
