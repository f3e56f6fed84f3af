"""Pages of the status note: the list, a version, the letters behind a figure, and the check of a document."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from followups.models import NoteVersion
from followups.proof_files import FileRefused
from followups.rules.letter_rows import paginate_rows
from letters.incidents import incident_of
from letters.models import Incident
from notifications.status_note import versions
from notifications.status_note.differences import list_changes, show_note
from notifications.status_note.document import render_document
from notifications.status_note.edit_views import DocumentForm, document_form
from notifications.status_note.facts import NoteRefused, note_units
from notifications.status_note.frozen_figures import letters_behind, named_figures
from notifications.status_note.sections import OUTLINES
from notifications.status_note.text import ascii_name
from notifications.status_note.verify import verify_document
from notifications.status_note.versions import may_make, notes_visible_to
from notifications.status_note.word_file import WORD_TYPE
from sepo_incident.accounts.file_limits import limit_file_reading
from sepo_incident.accounts.models import Membership, Unit, User
from sepo_incident.accounts.roles import (
    Role,
    SignedInRequest,
    refuse_while_impersonating,
    requires_role,
)
from sepo_incident.core import logs
from sepo_incident.core.forms import DanishDateField

LETTERS_PER_PAGE = 50
note_readers = requires_role(Role.KIT_ADMIN, Role.COORDINATOR, *Membership.COUNTING_ROLES)


# --- The list -----------------------------------------------------------------------------------------------------


class NewNoteForm(forms.Form):
    """Form for a new note: unit, outline and date. `units`: those whose note the user may make."""

    enhed = forms.ChoiceField(label="Notatet handler om", error_messages={"invalid_choice": "Vælg en enhed på listen."})
    opbygning = forms.ChoiceField(
        label="Opbygning",
        required=False,
        choices=[("", "Den sædvanlige"), *((name, one.label) for name, one in OUTLINES.items())],
        error_messages={"invalid_choice": "Vælg en opbygning på listen."},
    )
    dato = DanishDateField(
        label="Notatets dato", required=False, help_text="Lad feltet være tomt for at bruge dagens dato."
    )

    def __init__(self, incident: Incident, user: User, data: Any = None):
        super().__init__(data, label_suffix="")
        self._all = note_units(incident)
        self.units = [unit for unit in self._all if may_make(unit, user)]
        self.fields["enhed"].choices = [(str(unit.pk), unit.name) for unit in self.units]  # type: ignore[attr-defined]

    @property
    def names_foreign_unit(self) -> bool:
        """Tell whether the data names a unit whose note the user may not make."""
        return self.data.get("enhed") in {str(unit.pk) for unit in self._all if unit not in self.units}

    @property
    def unit(self) -> Unit:
        return next(unit for unit in self.units if str(unit.pk) == self.cleaned_data["enhed"])


@require_http_methods(["GET", "HEAD", "POST"])
@note_readers
def notes(request: SignedInRequest) -> HttpResponse:
    """List the notes of the incident. A POST by KIT or a coordinator makes a working version."""
    incident = incident_of(request)
    form = _new_note_form(request, incident) if incident else None
    if request.method == "POST":
        if incident is None:
            raise Http404
        if form is None or form.names_foreign_unit:
            raise PermissionDenied
        if form.is_valid():
            try:
                chosen = form.cleaned_data["dato"], form.cleaned_data["opbygning"]
                version = versions.take_version(incident, form.unit, request.user, *chosen)
            except NoteRefused as refused:
                form.add_error(None, str(refused))
            else:
                logs.log_security_event("note_made", request.user.pk, note=version.pk)
                messages.success(request, f"{version.name} er lavet. En anden skal udgive den.")
                return redirect("note", version.pk)
    visible = notes_visible_to(request.user).filter(incident=incident) if incident else []
    is_kit = Role.KIT_ADMIN in request.user.roles
    context = {"rows": newest_by_unit(visible), "form": form, "is_kit": is_kit}
    return render(request, "followups/notes.html", context, status=422 if form and form.errors else 200)


def _new_note_form(request: SignedInRequest, incident: Incident) -> NewNoteForm | None:
    """Return the form with the units whose note the user may make, or None if there are none."""
    if request.user.roles.isdisjoint((Role.KIT_ADMIN, Role.COORDINATOR)):
        return None
    form = NewNoteForm(incident, request.user, request.POST if request.method == "POST" else None)
    return form if form.units else None


class NotesOfUnit(NamedTuple):
    """The newest published version about a unit, and the newest draft that is newer."""

    unit: Unit
    published: NoteVersion | None = None
    draft: NoteVersion | None = None


def newest_by_unit(found: Iterable[NoteVersion]) -> list[NotesOfUnit]:
    """Return the newest versions of each unit with a note, the whole municipality first. `found`: newest first."""
    rows: dict[int, NotesOfUnit] = {}
    for version in found:
        row = rows.get(version.unit_id, NotesOfUnit(version.unit))
        if version.is_published and not row.published:
            row = row._replace(published=version)
        elif not row.published and not row.draft:
            row = row._replace(draft=version)
        rows[version.unit_id] = row
    return sorted(rows.values(), key=lambda row: (not row.unit.is_root, row.unit.sort_key))


# --- A version ----------------------------------------------------------------------------------------------------


def _version_or_404(request: SignedInRequest, pk: int) -> NoteVersion:
    versions_with_text = notes_visible_to(request.user).defer(None).select_related("incident", "previous")
    version: NoteVersion = get_object_or_404(versions_with_text, pk=pk)
    return version


@require_safe
@note_readers
def note(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show a version, with the paragraphs that are new since the version before."""
    version = _version_or_404(request, pk)
    earlier = notes_visible_to(request.user).filter(incident=version.incident, unit=version.unit, pk__lt=version.pk)
    publishers = {} if version.is_published else versions.publishers_of(version)
    may_publish = request.user.pk in publishers and not request.user.viewer
    context = {
        "version": version,
        "sections": (sections := show_note(version)),
        "news": sum(block.is_new for section in sections for block in section.blocks),
        "changes": list_changes(version),
        "earlier": earlier.published()[:10],
        "may_publish": may_publish,
        "publishers": list(publishers.values()),
        "questions": versions.open_questions(version.incident, timezone.now()) if may_publish else [],
        "newer": None if version.is_published else versions.newer_version(version),
        "text_changed": "" if version.is_published else versions.text_changed_since(version),
        "may_make": versions.may_make(version.unit, request.user) and not version.is_published,
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
    what = "udgave" if version.is_published else "kladde"
    name = f"statusnotat-{ascii_name(version.unit.code or version.unit.name)}-{what}-{version.number}.docx"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(render_document(version), content_type=WORD_TYPE, headers=headers)


@require_POST
@requires_role(Role.KIT_ADMIN, Role.COORDINATOR)
def publish_note(request: SignedInRequest, pk: int) -> HttpResponse:
    """Publish the version. The user is a second person, who wrote nothing of it.

    `laest`: each text of the open questions that the user has ticked.
    """
    version = _version_or_404(request, pk)
    if not version.is_published and not versions.may_make(version.unit, request.user):
        raise PermissionDenied
    try:
        versions.publish_version(version, request.user, request.POST.getlist("laest"))
    except NoteRefused as refused:
        messages.error(request, str(refused))
    else:
        logs.log_security_event("note_published", request.user.pk, note=pk)
        messages.success(request, f"Udgave {version.number} er udgivet. Sekretariatet kan læse den nu.")
    return redirect("note", pk)


@require_safe
@note_readers
def note_figure(request: SignedInRequest, pk: int, name: str) -> HttpResponse:
    """Show what is behind a figure as frozen, in the reader's rights. A reader of figures sees no letter."""
    version = _version_or_404(request, pk)
    figure = named_figures(version).get(name)
    if figure is None:
        raise Http404
    behind = letters_behind(version, figure, request.user)
    context: dict[str, Any] = {"version": version, "figure": figure, "behind": behind}
    if behind.counted and behind.visible is not None:
        letters = behind.visible.order_by("-sent_at", "pk")
        page = paginate_rows(letters, LETTERS_PER_PAGE, request.GET.get("page"), request.user)
        context |= {"page_obj": page, "left_out": behind.counted - page.paginator.count}
    return render(request, "followups/note_figure.html", context)


# --- The check ----------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@note_readers
@refuse_while_impersonating
@limit_file_reading
def verify_note_page(request: SignedInRequest) -> HttpResponse:
    """Check a note that people have edited. Nothing of the file is kept."""
    form = document_form(request)
    report = None
    if request.method == "POST" and form.is_valid():
        try:
            report = verify_document(form.cleaned_data["fil"], notes_visible_to(request.user), timezone.now())
        except FileRefused as refused:
            form.add_error("fil", str(refused))
        else:
            logs.log_security_event("note_verified", request.user.pk, note=report.version.pk)
    is_other = report is not None and report.version.incident != incident_of(request)
    context = {"form": form, "report": report, "is_other_incident": is_other}
    return render(request, "followups/verify_note.html", context, status=422 if form.errors else 200)
