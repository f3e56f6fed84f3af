"""Pages of the status note that change it: the text of a section, and KIT's page of the Word template."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from followups.models import NoteProse, NoteVersion
from followups.proof_files import FileRefused
from followups.reporting.consequences import CONSEQUENCES
from followups.reporting.figure_definitions import UNIT
from letters.incidents import incident_or_404
from notifications.status_note import versions
from notifications.status_note.facts import NoteFacts, NoteRefused, gather_facts, hedges_of, note_units
from notifications.status_note.sections import SECTIONS_BY_KEY, Section
from notifications.status_note.text import UnknownFigures, parse_prose, typed_numbers
from notifications.status_note.versions import chips_for
from notifications.status_note.word_file import MAX_DOCUMENT_SIZE, TOO_LARGE, WORD_TYPE
from sepo_incident.accounts.file_limits import limit_file_reading
from sepo_incident.accounts.roles import (
    Role,
    SignedInRequest,
    kit_admin_required,
    refuse_while_impersonating,
    requires_role,
)
from sepo_incident.core import danish, logs
from sepo_incident.core.database import Conflict
from sepo_incident.core.forms import FreeText, parse_version


class DocumentForm(forms.Form):
    """A Word document. `fil` becomes its bytes."""

    fil = forms.FileField(
        label="Word-fil",
        help_text="Højst 20 MB.",
        max_length=255,
        widget=forms.ClearableFileInput(attrs={"accept": ".docx"}),
        error_messages={
            "required": "Vælg en Word-fil.",
            "empty": "Filen er tom. Gem den igen i Word, og vælg den.",
            "max_length": "Filens navn er for langt. Giv den et kortere navn.",
        },
    )

    def clean_fil(self) -> bytes:
        file = self.cleaned_data["fil"]
        if file.size > MAX_DOCUMENT_SIZE:
            raise ValidationError(TOO_LARGE)
        self.cleaned_data["name"] = file.name
        return bytes(file.read())


def document_form(request: SignedInRequest) -> DocumentForm:
    """Return the form of the request, bound also to a POST without a file."""
    return DocumentForm(request.POST, request.FILES, label_suffix="") if request.method == "POST" else DocumentForm()


class ProseForm(forms.Form):
    """The text of a section. `version`: of the text that the page was made from, 0 if nobody has written one."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    text = FreeText(
        label="Tekst",
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 14, "class": "wide"}),
        error_messages={"required": "Skriv en tekst."},
    )

    def __init__(self, facts: NoteFacts, section: Section, data: Any = None, **kwargs: Any):
        super().__init__(data, label_suffix="", **kwargs)
        self.facts, self.section = facts, section
        self.chips = chips_for(facts)

    def clean_text(self) -> str:
        text: str = "\n".join(line.rstrip() for line in self.cleaned_data["text"].splitlines()).strip()
        try:
            parse_prose(text, self.chips, {})
        except UnknownFigures as unknown:
            raise ValidationError(str(unknown)) from unknown
        return text


@require_http_methods(["GET", "HEAD", "POST"])
@requires_role(Role.KIT_ADMIN, Role.COORDINATOR)
def note_prose(request: SignedInRequest, unit: int, section: str) -> HttpResponse:
    """Edit the text of a section for every later version: KIT, or a coordinator of the administration."""
    incident, about = incident_or_404(request), SECTIONS_BY_KEY.get(section)
    found = next((one for one in note_units(incident) if one.pk == unit), None)
    if about is None or about.is_annex or found is None:
        raise Http404
    if not versions.may_make(found, request.user):
        raise PermissionDenied
    try:
        facts = gather_facts(incident, found, timezone.now())
    except NoteRefused as refused:
        messages.error(request, str(refused))
        return redirect("notes")
    now = NoteProse.objects.versions_of(incident, found, section).select_related("by").first()
    if request.method != "POST":
        form = ProseForm(facts, about, initial={"version": now.version if now else 0})
        form.initial["text"] = now.text if now and now.text else form.chips.spelled(about.prose(facts))
        return _render_prose(request, form, now)
    form = ProseForm(facts, about, request.POST)
    is_reset = "tilbage" in request.POST
    if not is_reset and (not form.is_valid() or "vis" in request.POST):
        is_preview = not form.errors
        return _render_prose(request, form, now, status=200 if is_preview else 422, is_preview=is_preview)
    return _save_prose(request, form, "" if is_reset else form.cleaned_data["text"])


def _save_prose(request: SignedInRequest, form: ProseForm, text: str) -> HttpResponse:
    facts = form.facts
    seen = parse_version(request.POST.get("version", ""))
    try:
        saved = versions.save_prose(facts.incident, facts.unit, form.section.key, text, seen, request.user)
    except Conflict as conflict:
        typed = {
            "text": request.POST.get("text", ""),
            "version": str(conflict.current.version if conflict.current else 0),
        }
        return _render_prose(
            request, ProseForm(facts, form.section, typed), conflict.current, status=409, is_overtaken=True
        )
    if saved is None:
        messages.info(request, "Teksten er ikke ændret.")
    else:
        said = "Teksten er gemt." if saved.text else "Systemets tekst gælder igen."
        messages.success(request, f"{said} Den kommer med i næste kladde.")
        if warning := warn_of_typed_numbers(saved.text):
            messages.warning(request, warning)
    return redirect("note_prose", facts.unit.pk, form.section.key)


def warn_of_typed_numbers(text: str) -> str:
    """Return that the numbers typed in the text do not follow the figures; "" if there are none."""
    numbers = typed_numbers(text)
    if not numbers:
        return ""
    rest = "når tallet ændrer sig. Brug et felt." if len(numbers) == 1 else "når tallene ændrer sig. Brug felter."
    return f"{danish.join_with_and(numbers)} er skrevet i hånden og følger ikke med, {rest}"


def _render_prose(
    request: SignedInRequest, form: ProseForm, now: NoteProse | None, status: int = 200, **more: Any
) -> HttpResponse:
    facts, hedges = form.facts, hedges_of(form.facts)
    typed = form["text"].value() or ""
    newest = NoteVersion.objects.of(facts.incident, facts.unit).select_related("publication").defer("content").first()
    draft = newest if newest and not newest.is_published else None
    known = typed if not form.chips.unknown(typed) else ""
    preview = parse_prose(known, form.chips, hedges[0])
    figures = {key: danish.number(one.value) for key, one in facts.figures.items()}
    context = {
        "form": form,
        "unit": facts.unit,
        "heading": form.section.heading or "Resumé",
        "prose": now if now and now.text else None,
        "draft": draft,
        "draft_is_old": versions.text_changed_since(draft) if draft else "Der er ingen kladde.",
        "preview": [
            {
                "type": block["type"],
                "text": "".join(one if isinstance(one, str) else figures[one["figure"]] for one in block["pieces"]),
            }
            for block in preview
        ],
        "chips": [
            (form.chips.name_of[key], facts.figures[key].label, figures[key])
            for key in facts.figures
            if facts.figures[key].value and not key.startswith((UNIT, f"{CONSEQUENCES}."))
        ],
        "hedges": hedges[1],
        "warning": warn_of_typed_numbers(typed) if more.get("is_preview") else "",
    }
    return render(request, "followups/note_prose.html", context | more, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@kit_admin_required
@limit_file_reading
def note_template(request: SignedInRequest) -> HttpResponse:
    """Show which Word template is in force. A POST replaces the template, after a check."""
    form = document_form(request)
    if request.method == "POST" and form.is_valid():
        try:
            versions.replace_template(form.cleaned_data["fil"], form.cleaned_data["name"], request.user)
        except FileRefused as refused:
            form.add_error("fil", str(refused))
        else:
            logs.log_security_event("note_template_replaced", request.user.pk)
            messages.success(request, "Skabelonen er skiftet. Den gælder fra næste kladde.")
            return redirect("note_template")
    context = {"form": form, "template": versions.template_in_force()}
    return render(request, "followups/note_template.html", context, status=422 if form.errors else 200)


@require_safe
@kit_admin_required
@refuse_while_impersonating
def download_note_template(request: SignedInRequest) -> HttpResponse:
    content = bytes(versions.template_in_force().content)
    headers = {"Content-Disposition": 'attachment; filename="skabelon-statusnotat.docx"'}
    return HttpResponse(content, content_type=WORD_TYPE, headers=headers)
