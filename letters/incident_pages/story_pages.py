"""Edit the incident's facts, the rows of the story and the administrations' plans: one page for all of them."""

from typing import Any, NamedTuple

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from letters.incident_pages import story_forms
from letters.incident_pages.story_forms import PlanForm, StoryForm
from letters.incidents import incident_or_404
from letters.models import (
    Cause,
    Claim,
    Emergency,
    Incident,
    IncidentContact,
    Measure,
    SupplierExchange,
    TimelineEntry,
)
from letters.models.incident_story import StoryRow
from letters.story import plans, rows
from sepo_incident.accounts.models import Unit
from sepo_incident.accounts.roles import SignedInRequest, kit_admin_required, requires_role
from sepo_incident.core import calendar, danish, logs
from sepo_incident.core.database import Conflict
from sepo_incident.core.forms import parse_version


class Section(NamedTuple):
    """A part of the story: its name in addresses, which is also the anchor on the incident's page."""

    model: type[StoryRow]
    form: type[StoryForm]
    heading: str
    new_heading: str
    saved: str


SECTIONS = {
    "forloeb": Section(
        TimelineEntry, story_forms.TimelineForm, "Punkt i forløbet", "Nyt punkt i forløbet", "Forløbet er gemt."
    ),
    "aarsag": Section(Cause, story_forms.CauseForm, "Årsag", "Årsag", "Årsagen er gemt."),
    "udsagn": Section(Claim, story_forms.ClaimForm, "Udsagn til notatet", "Nyt udsagn", "Udsagnet er gemt."),
    "tiltag": Section(Measure, story_forms.MeasureForm, "Tiltag", "Nyt tiltag", "Tiltaget er gemt."),
    "leverandoer": Section(
        SupplierExchange, story_forms.SupplierForm, "Dialog med leverandøren", "Nyt spørgsmål til leverandøren",
        "Dialogen er gemt.",
    ),
    "beredskab": Section(
        Emergency, story_forms.EmergencyForm, "It-beredskab", "It-beredskab", "It-beredskabet er gemt."
    ),
    "kontakter": Section(IncidentContact, story_forms.ContactForm, "Kontakt", "Ny kontakt", "Kontakten er gemt."),
}  # fmt: skip


class EditPage(NamedTuple):
    """What a page says around the form of a row. `new_url`: where a row that somebody deleted is saved anew."""

    heading: str
    back_url: str
    back_label: str = "Hændelsen"
    lead: str = ""
    delete_url: str = ""
    new_url: str = ""
    action: str = ""


@require_http_methods(["GET", "HEAD", "POST"])
@kit_admin_required
def edit_facts(request: SignedInRequest) -> HttpResponse:
    incident = Incident.objects.get(pk=incident_or_404(request).pk)
    page = EditPage("Oplysninger om hændelsen", f"{reverse('incident')}#oplysninger")
    return edit_row(request, incident, story_forms.FactsForm, page, "Oplysningerne er gemt.")


@require_http_methods(["GET", "HEAD", "POST"])
@kit_admin_required
def edit_fix(request: SignedInRequest) -> HttpResponse:
    """Show and save whether the fault is fixed."""
    incident = Incident.objects.get(pk=incident_or_404(request).pk)
    page = EditPage("Er fejlen rettet?", f"{reverse('incident')}#rettet")
    return edit_row(request, incident, story_forms.FixForm, page, "Svaret er gemt.")


@require_http_methods(["GET", "HEAD", "POST"])
@kit_admin_required
def new_story_row(request: SignedInRequest, what: str) -> HttpResponse:
    section, incident = _section_or_404(what), incident_or_404(request)
    if section.model is Cause and (cause := Cause.objects.filter(incident=incident).first()):
        return redirect("story_row", what, cause.pk)
    page = EditPage(section.new_heading, _anchor(what))
    return edit_row(request, section.model(incident=incident), section.form, page, section.saved)


@require_http_methods(["GET", "HEAD", "POST"])
@kit_admin_required
def edit_story_row(request: SignedInRequest, what: str, pk: int) -> HttpResponse:
    section, incident = _section_or_404(what), incident_or_404(request)
    row = section.model._default_manager.filter(incident=incident, pk=pk).first()
    delete_url, new_url = reverse("delete_story_row", args=[what, pk]), reverse("new_story_row", args=[what])
    if section.model is Claim:  # withdrawn with a reason instead
        delete_url = ""
    page = EditPage(section.heading, _anchor(what), delete_url=delete_url, new_url=new_url)
    if row is None and request.method == "POST":
        gone = section.model(incident=incident)
        gone.pk = pk
        return _render_conflict(request, gone, section.form, page, Conflict(rows.DELETED_MESSAGE))
    if row is None:
        messages.info(request, rows.DELETED_MESSAGE, extra_tags=what)
        return redirect(_anchor(what))
    return edit_row(request, row, section.form, page, section.saved)


@require_POST
@kit_admin_required
def delete_story_row(request: SignedInRequest, what: str, pk: int) -> HttpResponse:
    """Delete the row. The change log keeps it."""
    section = _section_or_404(what)
    row = section.model._default_manager.filter(incident=incident_or_404(request), pk=pk).first()
    if row is None:
        messages.info(request, rows.DELETED_MESSAGE, extra_tags=what)
        return redirect(_anchor(what))
    try:
        rows.delete_row(row, request.user, parse_version(request.POST.get("version", "")))
    except Conflict as conflict:
        messages.warning(request, f"Der er ikke slettet noget. {conflict}")
        return redirect("story_row", what, pk)
    messages.success(request, "Slettet.", extra_tags=what)
    return redirect(_anchor(what))


def edit_row(
    request: SignedInRequest,
    row: StoryRow | Incident,
    form_class: type[StoryForm],
    page: EditPage,
    saved: str,
    save: Any = rows.save_row,
) -> HttpResponse:
    """Show the page of a row, and save a POST with `save(row, by, version)`. Answer 409 with what others saved.

    The page of the incident shows the message in the section that `page.back_url` names.
    """
    if request.method != "POST":
        return _render(request, form_class(instance=row), page)
    form = form_class(request.POST, instance=row)
    if not form.is_valid():
        return _render(request, form, page, status=422)
    form.prepare(request.user)
    version = form.cleaned_data["version"]
    try:
        save(row, request.user, -1 if version is None else version)
    except Conflict as conflict:
        return _render_conflict(request, row, form_class, page, conflict)
    except ValidationError as refusal:
        form.add_error(None, refusal)
        return _render(request, form, page, status=422)
    logs.log_security_event("incident_story_saved", request.user.pk, table=row._meta.db_table, row_id=row.pk)
    messages.success(request, saved, extra_tags=page.back_url.partition("#")[2])
    return redirect(page.back_url)


def _render_conflict(
    request: SignedInRequest,
    row: StoryRow | Incident,
    form_class: type[StoryForm],
    page: EditPage,
    conflict: Conflict,
) -> HttpResponse:
    """Answer 409 with the row as it is now beside the typed values, or only with the reason if it is gone.

    The form gets the new version, so saving again is a deliberate choice. A deleted row would be saved anew.
    """
    posted, current = request.POST.copy(), conflict.current
    posted["version"] = str(current.version) if current else ""
    if current is None and row.pk is not None and isinstance(row, StoryRow):
        page = page._replace(delete_url="", action=page.new_url)
        row = type(row)(incident=row.incident)
    form = form_class(posted, instance=type(row)._default_manager.get(pk=current.pk) if current else row)
    form.is_valid()
    context: dict[str, Any] = {"conflict": str(conflict)}
    if current:
        context |= {"other": form_class(instance=current), "other_by": _last_editor(current)}
    return _render(request, form, page, status=409, **context)


def _last_editor(row: StoryRow | Incident) -> str:
    if isinstance(row, StoryRow):
        return row.changed_by.name if row.changed_by else ""
    found = rows.corrections_of(type(row), [row.pk]).get(row.pk)
    return found[0].by if found else ""


def _render(request: SignedInRequest, form: StoryForm, page: EditPage, status: int = 200, **more: Any) -> HttpResponse:
    row = form.instance
    other: StoryForm | None = more.pop("other", None)
    only = list(form.fields) if isinstance(row, Incident) else None
    context = {
        "form": form,
        "page": page,
        "row": row,
        "corrections": rows.corrections_of(type(row), [row.pk], only).get(row.pk, ()) if row.pk else (),
        "now_saved": _shown_values(other) if other else (),
    }
    return render(request, "letters/story_row.html", context | more, status=status)


def _shown_values(form: StoryForm) -> list[tuple[str, str]]:
    """Return (label, value) of each visible field as people read it."""
    found = []
    for field in form.visible_fields():
        value = field.field.prepare_value(form.get_initial_for_field(field.field, field.name))
        choices = dict(getattr(field.field, "choices", ()))
        text = danish.date(value) if hasattr(value, "year") else choices.get(value, value)
        found.append((str(field.label), str(text or "tomt")))
    return found


def _section_or_404(what: str) -> Section:
    if what not in SECTIONS:
        raise Http404
    return SECTIONS[what]


def _anchor(what: str) -> str:
    return f"{reverse('incident')}#{what}"


@require_safe
@requires_role(*plans.ROLES)
def own_plan(request: SignedInRequest) -> HttpResponse:
    """Redirect a coordinator to the plan of the administration, or Koncern IT to the list of plans."""
    units = list(plans.editable_units(request.user)[:2])
    if not units:
        raise Http404
    if len(units) == 1:
        return redirect("administration_plan", units[0].pk)
    return redirect(f"{reverse('incident')}#planer")


@require_http_methods(["GET", "HEAD", "POST"])
@requires_role(*plans.ROLES)
def administration_plan(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show and save the plan of an administration. Another administration's coordinator gets 403."""
    incident = incident_or_404(request)
    unit = get_object_or_404(Unit, pk=pk, kind=Unit.Kind.ADMINISTRATION)
    if not plans.may_edit_plan(request.user, unit):
        raise PermissionDenied
    plan = plans.find_or_begin_plan(incident, unit, request.user)
    lead = danish.deadline_sentence(incident.deadline, calendar.today())
    if plan.pk and plan.is_written:
        lead = f"Modtaget {danish.moment(plan.received_at)} fra {plan.received_by.name}. {lead}"
    page = EditPage(f"Plan for {unit.name}", f"{reverse('incident')}#planer", lead=lead)
    saved = "Gemt. Koncern IT kan se det nu."
    return edit_row(request, plan, PlanForm, page, saved, save=plans.save_plan)
