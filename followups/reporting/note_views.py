"""Pages of the status note: the list, a version, the letters behind a figure, its text, the template, and the check."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from followups.models import NoteProse, NoteTemplate, NoteVersion
from followups.reporting import note_versions
from followups.reporting.figures import reveals_personnel_cases
from followups.reporting.note_differences import list_changes, show_note
from followups.reporting.note_document import render_document
from followups.reporting.note_package import MAX_DOCUMENT_SIZE, TOO_LARGE, DocumentRefused
from followups.reporting.note_sections import SECTIONS_BY_KEY, Section
from followups.reporting.note_template import LINE_FIELDS, SECTION_FIELDS, check_template, shown_field
from followups.reporting.note_text import BEFORE, CHANGE, UnknownFigures, parse_prose
from followups.reporting.note_versions import NoteRefused, notes_visible_to
from followups.reporting.verify_note import verify_document
from followups.rules.letter_rows import paginate_rows
from letters.incidents import incident_of, incident_or_404
from letters.models import Incident, Letter
from sepo_incident.accounts.models import Unit
from sepo_incident.accounts.roles import (
    Role,
    SignedInRequest,
    kit_admin_required,
    refuse_while_impersonating,
    requires_role,
)
from sepo_incident.core import danish, logs
from sepo_incident.core.database import Conflict
from sepo_incident.core.forms import DanishDateField, FreeText, parse_version

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
LETTERS_PER_PAGE = 50
note_readers = requires_role(Role.KIT_ADMIN, Role.COORDINATOR, Role.READER)


class NewNoteForm(forms.Form):
    """Which unit the note is about, and its date."""

    enhed = forms.ChoiceField(label="Notatet handler om", error_messages={"invalid_choice": "Vælg en enhed på listen."})
    dato = DanishDateField(label="Notatets dato", required=False, help_text="Tom: i dag.")

    def __init__(self, incident: Incident, data: Any = None):
        super().__init__(data, label_suffix="")
        self.units = note_versions.note_units(incident)
        self.fields["enhed"].choices = [(str(unit.pk), unit.name) for unit in self.units]  # type: ignore[attr-defined]

    @property
    def unit(self) -> Unit:
        return next(unit for unit in self.units if str(unit.pk) == self.cleaned_data["enhed"])


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

    def __init__(self, facts: note_versions.NoteFacts, section: Section, data: Any = None, **kwargs: Any):
        super().__init__(data, label_suffix="", **kwargs)
        self.facts, self.section = facts, section
        self.chips = note_versions.chips_for(facts)

    def clean_text(self) -> str:
        text: str = "\n".join(line.rstrip() for line in self.cleaned_data["text"].splitlines()).strip()
        try:
            parse_prose(text, self.chips, {})
        except UnknownFigures as unknown:
            raise ValidationError(str(unknown)) from unknown
        return text


# --- The list -----------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@note_readers
def notes(request: SignedInRequest) -> HttpResponse:
    """List the notes of the incident. A POST by KIT makes a working version."""
    incident = incident_of(request)
    is_kit = Role.KIT_ADMIN in request.user.roles
    if request.method == "POST" and not is_kit:
        raise PermissionDenied
    form = NewNoteForm(incident, request.POST if request.method == "POST" else None) if incident and is_kit else None
    if request.method == "POST":
        if form is None or incident is None:
            raise Http404
        if form.is_valid():
            try:
                version = note_versions.take_version(incident, form.unit, request.user, form.cleaned_data["dato"])
            except NoteRefused as refused:
                form.add_error(None, str(refused))
            else:
                logs.log_security_event("note_made", request.user.pk, note=version.pk)
                messages.success(request, f"{version.name} er lavet. En anden skal godkende den.")
                return redirect("note", version.pk)
    versions = notes_visible_to(request.user).filter(incident=incident) if incident else []
    context = {"rows": newest_by_unit(versions), "form": form}
    return render(request, "followups/notes.html", context, status=422 if form and form.errors else 200)


def newest_by_unit(versions: Any) -> list[dict[str, Any]]:
    """Return {unit, published, draft} for each unit with a note, the whole municipality first."""
    rows: dict[int, dict[str, Any]] = {}
    for version in versions:  # newest first
        row = rows.setdefault(version.unit_id, {"unit": version.unit, "published": None, "draft": None})
        if version.is_published:
            row["published"] = row["published"] or version
        elif row["published"] is None:
            row["draft"] = row["draft"] or version
    return sorted(rows.values(), key=lambda row: (row["unit"].parent_id is not None, row["unit"].sort_key))


# --- A version ----------------------------------------------------------------------------------------------------


def _version_or_404(request: SignedInRequest, pk: int) -> NoteVersion:
    version: NoteVersion = get_object_or_404(notes_visible_to(request.user), pk=pk)
    return version


@require_safe
@note_readers
def note(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show a version, with what has changed since the version before."""
    version = _version_or_404(request, pk)
    with_changes = "rent" not in request.GET
    earlier = notes_visible_to(request.user).filter(incident=version.incident, unit=version.unit, pk__lt=version.pk)
    context = {
        "version": version,
        "shown": show_note(version, with_changes=with_changes),
        "with_changes": with_changes,
        "changes": list_changes(version),
        "earlier": earlier.published()[:10],
        "may_publish": note_versions.may_publish(version, request.user),
        "may_edit": Role.KIT_ADMIN in request.user.roles and not version.is_published,
        "editable": [key for key, section in SECTIONS_BY_KEY.items() if section.is_editable],
        "form": DocumentForm(label_suffix=""),
    }
    return render(request, "followups/note.html", context)


@require_safe
@note_readers
@refuse_while_impersonating
def note_word(request: SignedInRequest, pk: int) -> HttpResponse:
    """Download the version as a Word document."""
    version = _version_or_404(request, pk)
    logs.log_security_event("note_downloaded", request.user.pk, note=version.pk)
    name = f"statusnotat-{slugify(version.unit.code or version.unit.name)}-{version.number}.docx"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(render_document(version), content_type=WORD, headers=headers)


@require_POST
@requires_role(Role.KIT_ADMIN, Role.COORDINATOR)
def publish_note(request: SignedInRequest, pk: int) -> HttpResponse:
    """Publish the version as its second pair of eyes."""
    version = _version_or_404(request, pk)
    if not version.is_published and not note_versions.may_publish(version, request.user):
        messages.error(request, "Du har selv lavet kladden. Bed en anden i Koncern IT om at godkende den.")
        return redirect("note", pk)
    try:
        note_versions.publish_version(version, request.user)
    except NoteRefused as refused:
        messages.error(request, str(refused))
    else:
        logs.log_security_event("note_published", request.user.pk, note=pk)
        messages.success(request, f"Udgave {version.number} er udgivet. Sekretariatet kan læse den nu.")
    return redirect("note", pk)


@require_safe
@note_readers
def note_figure(request: SignedInRequest, pk: int, name: str) -> HttpResponse:
    """Show what is behind a figure as frozen, in the reader's rights. A reader of figures sees no letter.

    A figure counts personnel cases too. One about subjects or recipients is not divided by the units of an
    administration, where a number may point at a person.
    """
    version = _version_or_404(request, pk)
    key, is_before = name.removesuffix(BEFORE).removesuffix(CHANGE), name.endswith(BEFORE)
    source = version.previous if is_before else version
    figure = source.figures.filter(key=key).first() if source else None
    named = note_versions.named_figures(version).get(name)
    if named is None or (figure is None and not is_before):
        raise Http404
    ids = (figure.letters if figure else None) or []
    visible = Letter.objects.visible_to(request.user).filter(pk__in=ids)
    sees_letters = visible.exists() or not request.user.only_counts(version.unit.lineage)
    is_secret = version.unit.parent_id is not None and reveals_personnel_cases(key)
    context: dict[str, Any] = {
        "version": version,
        "source": source,
        "figure": named,
        "is_counted": bool(figure and figure.letters is not None),
        "split": [] if is_secret else split_by_unit(version, ids),
        "is_secret": is_secret,
        "sees_letters": sees_letters,
    }
    if sees_letters and ids:
        page = paginate_rows(
            visible.order_by("-sent_at", "pk"), LETTERS_PER_PAGE, request.GET.get("page"), request.user
        )
        context |= {"page_obj": page, "left_out": len(ids) - page.paginator.count}
    return render(request, "followups/note_figure.html", context)


def split_by_unit(version: NoteVersion, ids: list[int]) -> list[tuple[str, int]]:
    """Return (name, letters) of each administration, or of each unit in the note of an administration."""
    depth = 1 if version.unit.parent_id is None else -1
    counts: dict[int | None, int] = {}
    for (lineage,) in Letter.objects.filter(pk__in=ids).values_list("unit__lineage"):
        unit = lineage[min(depth, len(lineage) - 1)] if lineage else None
        counts[unit] = counts.get(unit, 0) + 1
    names = {unit.pk: unit for unit in Unit.objects.filter(pk__in=[pk for pk in counts if pk])}
    known = [(unit.name, counts[pk]) for pk, unit in sorted(names.items(), key=lambda one: one[1].sort_key)]
    return [*known, *([("Uden enhed", counts[None])] if None in counts else [])]


# --- The check ----------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@requires_role(Role.KIT_ADMIN, Role.COORDINATOR, Role.READER)
@refuse_while_impersonating
def verify_note_page(request: SignedInRequest) -> HttpResponse:
    """Check a note that people have edited. Nothing of the file is kept."""
    form = document_form(request)
    report = None
    if request.method == "POST" and form.is_valid():
        try:
            report = verify_document(form.cleaned_data["fil"], notes_visible_to(request.user), timezone.now())
        except DocumentRefused as refused:
            form.add_error("fil", str(refused))
        else:
            logs.log_security_event("note_verified", request.user.pk, note=report.version.pk)
    context = {"form": form, "report": report}
    return render(request, "followups/verify_note.html", context, status=422 if form.errors else 200)


# --- KIT's text and template --------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@kit_admin_required
def note_prose(request: SignedInRequest, unit: int, section: str) -> HttpResponse:
    """Edit the text of a section for every later version."""
    incident, about = incident_or_404(request), SECTIONS_BY_KEY.get(section)
    found = next((one for one in note_versions.note_units(incident) if one.pk == unit), None)
    if about is None or not about.is_editable or found is None:
        raise Http404
    try:
        facts = note_versions.gather_facts(incident, found, timezone.now())
    except NoteRefused as refused:
        messages.error(request, str(refused))
        return redirect("notes")
    now = NoteProse.objects.versions_of(incident, found, section).select_related("by").first()
    if request.method != "POST":
        text = now.text if now and now.text else note_versions.default_text(about, facts)
        form = ProseForm(facts, about, initial={"version": now.version if now else 0, "text": text})
        return _render_prose(request, form, now)
    form = ProseForm(facts, about, request.POST)
    is_reset = "tilbage" in request.POST
    if not is_reset and (not form.is_valid() or "vis" in request.POST):
        return _render_prose(request, form, now, status=422 if form.errors else 200)
    return _save_prose(request, form, "" if is_reset else form.cleaned_data["text"], now)


def _save_prose(request: SignedInRequest, form: ProseForm, text: str, now: NoteProse | None) -> HttpResponse:
    facts = form.facts
    seen = parse_version(request.POST.get("version", ""))
    try:
        saved = note_versions.save_prose(facts.incident, facts.unit, form.section.key, text, seen, request.user)
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
    return redirect("note_prose", facts.unit.pk, form.section.key)


def _render_prose(
    request: SignedInRequest, form: ProseForm, now: NoteProse | None, status: int = 200, **more: Any
) -> HttpResponse:
    facts, hedges = form.facts, note_versions.hedges_of(form.facts)
    typed = form["text"].value() or ""
    known = typed if not form.chips.unknown(typed) else ""
    preview = parse_prose(known, form.chips, hedges[0])
    figures = {key: danish.number(one.value) for key, one in facts.figures.items()}
    context = {
        "form": form,
        "unit": facts.unit,
        "heading": form.section.heading(facts),
        "prose": now if now and now.text else None,
        "preview": [
            {
                "type": block["type"],
                "text": "".join(one if isinstance(one, str) else figures[one["figure"]] for one in block["pieces"]),
            }
            for block in preview
        ],
        "chips": [
            (form.chips.name_of[key], figures[key])
            for key in facts.figures
            if facts.figures[key].value and not key.startswith(("letters.unit.", "consequences."))
        ],
        "hedges": hedges[1],
    }
    return render(request, "followups/note_prose.html", context | more, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@kit_admin_required
def note_template(request: SignedInRequest) -> HttpResponse:
    """Show the fields of the Word template. A POST replaces the template, after a check."""
    form = document_form(request)
    if request.method == "POST" and form.is_valid():
        try:
            content = check_template(form.cleaned_data["fil"])
        except DocumentRefused as refused:
            form.add_error("fil", str(refused))
        else:
            note_versions.replace_template(content, form.cleaned_data["name"], request.user)
            logs.log_security_event("note_template_replaced", request.user.pk)
            messages.success(request, "Skabelonen er skiftet. Den gælder fra næste kladde.")
            return redirect("note_template")
    context = {
        "form": form,
        "template": NoteTemplate.objects.select_related("by").first(),
        "fields": [(shown_field(name), meaning) for name, meaning in LINE_FIELDS.items()],
        "sections": [shown_field(name) for name in SECTION_FIELDS],
    }
    return render(request, "followups/note_template.html", context, status=422 if form.errors else 200)


@require_safe
@kit_admin_required
@refuse_while_impersonating
def download_note_template(request: SignedInRequest) -> HttpResponse:
    """Download the template in force."""
    newest = NoteTemplate.objects.first()
    content = bytes(newest.content) if newest else note_versions.build_template()
    headers = {"Content-Disposition": 'attachment; filename="skabelon-statusnotat.docx"'}
    return HttpResponse(content, content_type=WORD, headers=headers)
