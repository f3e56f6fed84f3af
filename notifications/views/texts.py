"""*Tekster*: KIT writes what the notices of an incident say, sees it as anybody gets it, and can go back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from letters.incidents import current_or_404
from letters.models import Incident
from notifications.editing import history, trying, unsaved
from notifications.editing import page as page_of
from notifications.editing.elements import missing
from notifications.editing.forms import TextForm
from notifications.editing.previewing import Audience
from notifications.kinds import kind_called, name_of
from notifications.models import Kind, NoticeText
from notifications.views.desk import only_kit
from notifications.writing import wordings
from sepo_incident import danish, logs
from sepo_incident.accounts.requests import SignedInRequest
from sepo_incident.frames import mail_frame
from sepo_incident.overtaken import Overtaken


@only_kit
@require_safe
def texts(request: SignedInRequest) -> HttpResponse:
    incident = Incident.objects.current()
    lines = page_of.overview(incident) if incident else []
    return render(request, "notifications/texts.html", {"lines": lines})


@only_kit
@require_http_methods(["GET", "HEAD", "POST"])
def text(request: SignedInRequest, name: str) -> HttpResponse:
    """One text; a POST saves it, or with «vis» only shows what it becomes, or with «proeve» mails that to oneself."""
    kind, incident = kind_or_404(name), current_or_404()
    if request.method != "POST":
        return page(request, opened(request, kind, incident))
    form = TextForm(kind, incident, request.POST)
    is_sound = form.is_valid()
    if "vis" in request.POST:
        return page(request, form)
    if not is_sound:
        return page(request, form, status=422)
    return mail_to_oneself(request, form) if "proeve" in request.POST else save(request, form)


def opened(request: SignedInRequest, kind: Kind, incident: Incident) -> TextForm:
    """With what was being written, where the address says so and it is not too long ago."""
    kept = unsaved.taken_up(request.session, request.GET.get("udkast", ""))
    return TextForm(kind, incident, initial=kept or page_of.initial(kind, incident, request.GET.get("til")))


def page(request: SignedInRequest, form: TextForm, status: int = 200, **more: Any) -> HttpResponse:
    """Only what it becomes, where the page asks for it while somebody types."""
    draft = unsaved.keep(request.session, form) if request.method == "POST" else request.GET.get("udkast", "")
    frame_url = reverse("text_mail", args=[name_of(form.kind)], query={"udkast": draft, "til": form.receiver_id or ""})
    is_part = request.htmx and "vis" in request.POST  # type: ignore[attr-defined]
    context = page_of.context(form, request.user) | {"frame_url": frame_url, "is_part": is_part} | more
    return render(request, f"notifications/text.html{'#shown' if is_part else ''}", context, status=status)


def save(request: SignedInRequest, form: TextForm) -> HttpResponse:
    try:
        seen = form.cleaned_data["version"]
        saved = wordings.write(form.kind, form.incident, form.source, seen, by=request.user)
    except Overtaken:
        return overtaken(request, form)
    say_saved(request, form, saved)
    return redirect(address(form))


def overtaken(request: SignedInRequest, form: TextForm) -> HttpResponse:
    """409: the other's text beside what was typed, which carries the new version, so saving again is a choice."""
    now = wordings.current_text(form.kind, form.incident)
    typed = request.POST.copy()
    typed["version"] = str(now.version if now else wordings.DEFAULT)
    changes = history.changes(wordings.source_of(form.kind, now), form.source)
    return page(request, TextForm(form.kind, form.incident, typed), status=409, other=now, changes=changes)


def say_saved(request: SignedInRequest, form: TextForm, saved: NoticeText | None) -> None:
    if saved is None:
        messages.info(request, "Teksten er, som den var. Intet er gemt.")
        return
    logs.note("notice_text_saved", request.user.pk, version=saved.version)
    messages.success(request, f"Teksten er gemt som version {saved.version}. Den gælder for alle mails fra nu af.")
    if lacking := [one.name for one in missing(form.kind, form.wording)]:
        messages.warning(request, f"Teksten er gemt, men den mangler {danish.listed(lacking)}.")


def mail_to_oneself(request: SignedInRequest, form: TextForm) -> HttpResponse:
    """The words in the form, saved or not, as the chosen receiver would get them."""
    shown = Audience(form.kind, form.incident, request.user).preview(form.wording, form.cleaned_data["til"])
    try:
        test = trying.try_out(shown.mail, by=request.user)
    except trying.TooMany as refusal:
        messages.error(request, str(refusal))
    else:
        logs.note("test_mail_sent", request.user.pk, notice_id=test.pk)
        messages.success(request, f"Prøvemailen er på vej til {request.user.email}.")
    return redirect(f"{address(form)}?udkast={unsaved.keep(request.session, form)}#proevemail")


@only_kit
@require_safe
@mail_frame
def text_mail(request: SignedInRequest, name: str) -> HttpResponse:
    """The mail as it looks, for the frame of the preview."""
    kind, incident = kind_or_404(name), current_or_404()
    form = opened(request, kind, incident)
    return HttpResponse(Audience(kind, incident, request.user).preview(form.wording, form.receiver_id).mail.html)


@only_kit
@require_safe
def text_versions(request: SignedInRequest, name: str) -> HttpResponse:
    kind, incident = kind_or_404(name), current_or_404()
    context = history.context(kind, incident, request.GET.get("foer", ""), request.GET.get("efter", ""))
    return render(request, "notifications/text_history.html", context)


@only_kit
@require_POST
def reset_text(request: SignedInRequest, name: str) -> HttpResponse:
    kind, incident = kind_or_404(name), current_or_404()
    try:
        saved = wordings.reset(kind, incident, int(request.POST.get("version") or 0), by=request.user)
    except (Overtaken, ValueError):
        messages.warning(request, "En anden har rettet teksten imens, så intet er ændret. Se den, og vælg på ny.")
        return redirect("text_versions", name)
    if saved:
        logs.note("notice_text_reset", request.user.pk, version=saved.version)
        messages.success(request, "Standardteksten gælder igen. De tidligere versioner står stadig i historikken.")
    else:
        messages.info(request, "Det er standardteksten, der gælder.")
    return redirect("text", name)


def kind_or_404(name: str) -> Kind:
    kind = kind_called(name)
    if kind is None:
        raise Http404
    return kind


def address(form: TextForm) -> str:
    return reverse("text", args=[name_of(form.kind)])
