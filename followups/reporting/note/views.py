"""Pages of the status note: the list, a version, the letters behind a figure, and the check of a document."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from followups.models import NoteVersion
from followups.reporting.figures import reveals_personnel_cases
from followups.reporting.letter_figures import NOT_DIVIDED
from followups.reporting.note import versions
from followups.reporting.note.differences import list_changes, show_note
from followups.reporting.note.document import render_document
from followups.reporting.note.facts import MUNICIPALITY_LETTERS, NoteRefused
from followups.reporting.note.forms import DocumentForm, NewNoteForm, document_form
from followups.reporting.note.frozen_figures import named_figures
from followups.reporting.note.package import WORD_TYPE, DocumentRefused
from followups.reporting.note.sections import SECTIONS_BY_KEY
from followups.reporting.note.text import BEFORE, CHANGE
from followups.reporting.note.verify import verify_document
from followups.reporting.note.versions import notes_visible_to
from followups.rules.letter_rows import paginate_rows
from letters.incidents import incident_of
from letters.models import Letter
from sepo_incident.accounts.models import Unit
from sepo_incident.accounts.roles import (
    Role,
    SignedInRequest,
    refuse_while_impersonating,
    requires_role,
)
from sepo_incident.core import logs

LETTERS_PER_PAGE = 50
note_readers = requires_role(Role.KIT_ADMIN, Role.COORDINATOR, Role.READER)


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
                version = versions.take_version(incident, form.unit, request.user, form.cleaned_data["dato"])
            except NoteRefused as refused:
                form.add_error(None, str(refused))
            else:
                logs.log_security_event("note_made", request.user.pk, note=version.pk)
                messages.success(request, f"{version.name} er lavet. En anden skal godkende den.")
                return redirect("note", version.pk)
    visible = notes_visible_to(request.user).filter(incident=incident) if incident else []
    context = {"rows": newest_by_unit(visible), "form": form}
    return render(request, "followups/notes.html", context, status=422 if form and form.errors else 200)


def newest_by_unit(found: Any) -> list[dict[str, Any]]:
    """Return {unit, published, draft} for each unit with a note, the whole municipality first."""
    rows: dict[int, dict[str, Any]] = {}
    for version in found:  # newest first
        row = rows.setdefault(version.unit_id, {"unit": version.unit, "published": None, "draft": None})
        if version.is_published:
            row["published"] = row["published"] or version
        elif row["published"] is None:
            row["draft"] = row["draft"] or version
    return sorted(rows.values(), key=lambda row: (row["unit"].parent_id is not None, row["unit"].sort_key))


# --- A version ----------------------------------------------------------------------------------------------------


def _version_or_404(request: SignedInRequest, pk: int) -> NoteVersion:
    versions_with_text = notes_visible_to(request.user).defer(None).select_related("incident", "previous")
    version: NoteVersion = get_object_or_404(versions_with_text, pk=pk)
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
        "may_publish": versions.may_publish(version, request.user),
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
    return HttpResponse(render_document(version), content_type=WORD_TYPE, headers=headers)


@require_POST
@requires_role(Role.KIT_ADMIN, Role.COORDINATOR)
def publish_note(request: SignedInRequest, pk: int) -> HttpResponse:
    """Publish the version as its second pair of eyes."""
    version = _version_or_404(request, pk)
    if not version.is_published and not versions.may_publish(version, request.user):
        messages.error(request, "Du har selv lavet kladden. Bed en anden i Koncern IT om at godkende den.")
        return redirect("note", pk)
    try:
        versions.publish_version(version, request.user)
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
    administration, where a number may point at a person, and lists only letters whose subject the user may read. One
    about the whole municipality is not divided in the note of an administration.
    """
    version = _version_or_404(request, pk)
    named = named_figures(version).get(name)
    if named is None:
        raise Http404
    key, is_before = name.removesuffix(BEFORE).removesuffix(CHANGE), name.endswith(BEFORE)
    source = version.previous if is_before else version
    figure = source.figures.filter(key=key).first() if source else None
    if figure is None and not is_before:
        raise Http404
    ids = (figure.letters if figure else None) or []
    visible = Letter.objects.visible_to(request.user).filter(pk__in=ids)
    is_revealing = reveals_personnel_cases(key)
    if is_revealing:
        visible = visible.readable()
    sees_letters = visible.exists() or not request.user.only_counts(version.unit.lineage)
    is_secret = version.unit.parent_id is not None and is_revealing
    context: dict[str, Any] = {
        "version": version,
        "source": source,
        "figure": named,
        "is_counted": bool(figure and figure.letters is not None),
        "split": [] if is_secret or key == MUNICIPALITY_LETTERS else split_by_unit(version, ids),
        "remark": NOT_DIVIDED if is_secret else "",
        "has_letters": bool(ids),
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
    is_other = report is not None and report.version.incident != incident_of(request)
    context = {"form": form, "report": report, "is_other_incident": is_other}
    return render(request, "followups/verify_note.html", context, status=422 if form.errors else 200)
