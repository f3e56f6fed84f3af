"""*Udkast til modtageren*: one letter's as an unsent mail, and KIT's pages of their words."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from followups.drafts import editing, texts
from followups.drafts.eml import as_eml
from followups.drafts.forms import DraftForm
from letters.incidents import current_or_404
from letters.models import Incident, Letter
from sepo_incident import logs
from sepo_incident.accounts.permissions import Role, only_for_oneself, requires_role
from sepo_incident.accounts.requests import SignedInRequest
from sepo_incident.overtaken import Overtaken

#: the buttons that do not save: only show, and take back KIT's words
SHOW, TAKE_BACK = "vis", "tilbage"


@require_safe
@never_cache
@only_for_oneself
def draft_mail(request: SignedInRequest, pk: int, name: str) -> HttpResponse:
    """A file that opens as a mail to nobody; whoever may not read the letter gets none."""
    letters = Letter.objects.visible_to(request.user).select_related("followup", "incident", "sender", "unit")
    letter = get_object_or_404(letters, pk=pk)
    if not letter.may_be_read:
        raise PermissionDenied
    draft = next((one for one in texts.of_letter(letter) if one.name == name), None)
    if draft is None:
        raise Http404
    disposition = {"Content-Disposition": f'attachment; filename="udkast-{letter.pk}.eml"'}
    return HttpResponse(as_eml(draft, request.user), content_type="message/rfc822", headers=disposition)


@require_safe
@requires_role(Role.KIT_ADMIN)
def draft_texts(request: SignedInRequest) -> HttpResponse:
    incident = Incident.objects.current()
    return render(request, "followups/draft_texts.html", {"lines": editing.overview(incident) if incident else []})


@require_http_methods(["GET", "HEAD", "POST"])
@requires_role(Role.KIT_ADMIN)
def draft_text(request: SignedInRequest, name: str, category: str) -> HttpResponse:
    """One draft and its versions; a POST saves it, or with «vis» only shows it, or takes KIT's words back."""
    incident, way = current_or_404(), texts.IN_ADDRESSES.get(name)
    if way is None or category not in texts.categories(incident):
        raise Http404
    if request.method != "POST":
        initial = editing.initial(incident, category, way, request.GET.get("hent", ""))
        return _page(request, DraftForm(incident, category, way, initial=initial))
    form = DraftForm(incident, category, way, request.POST)
    if TAKE_BACK in request.POST:
        return _save(request, form, "")
    if not form.is_valid() or SHOW in request.POST:
        return _page(request, form, status=422 if form.errors else 200)
    return _save(request, form, form.cleaned_data["body"])


def _save(request: SignedInRequest, form: DraftForm, body: str) -> HttpResponse:
    try:
        saved = texts.write(form.incident, form.category, form.way, body, form.seen, by=request.user)
    except Overtaken:
        return _page(request, form.seen_anew(), status=409, is_overtaken=True)
    if saved is None:
        messages.info(request, "Udkastet er, som det var. Intet er gemt.")
    else:
        logs.note("draft_text_saved", request.user.pk, version=saved.version)
        said = "Standardteksten gælder igen." if saved.is_reset else f"Udkastet er gemt som version {saved.version}."
        messages.success(request, f"{said} Det ses på brevene fra nu af.")
    return redirect("draft_text", form.name, form.category)


def _page(request: SignedInRequest, form: DraftForm, status: int = 200, **more: Any) -> HttpResponse:
    context = editing.context(form, request.user) | more
    return render(request, "followups/draft_text.html", context, status=status)
