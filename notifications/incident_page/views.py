"""Views of the incident's page, for Koncern IT with all acts and for others to read; the deadline and the numbers."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from followups import services
from followups.boards.tables import LinkedNumber, board_link
from followups.reporting.letter_figures import (
    FinishedUnit,
    count_letters,
    count_public_figures,
    finished_units,
    is_unit_finished,
    sum_by_unit,
)
from followups.rules.claims import list_claims, unreported_breach
from letters import incidents
from letters.incidents import addresses_under
from letters.models import AdministrationPlan, Incident, Letter
from letters.story import timeline
from letters.story.breach import clocks_of
from letters.story.plans import PlanRow, list_plans, may_edit_plan
from letters.story.story_rows import read_story_rows
from letters.tracking.drafted_incidents import alarms_of
from notifications.incident_page import closing
from notifications.incident_page.certificates import may_read_certificates
from notifications.incident_page.checklist import list_steps
from notifications.incident_page.facts import IncidentFacts, read_facts
from notifications.incident_page.next_steps import asks_breach_first, is_young, list_next_steps
from notifications.incident_page.timeline_events import incident_events
from sepo_incident.accounts.models import Membership, Unit, User
from sepo_incident.accounts.roles import Role, SignedInRequest, kit_admin_required, requires_role
from sepo_incident.core import calendar, danish, logs
from sepo_incident.core.database import Conflict
from sepo_incident.core.forms import ConstraintErrorsMixin, DanishDateField, FreeText

#: The timeline is folded after so many events, of which the nearest coming ones are at most so many.
EVENTS_SHOWN, COMING_SHOWN = 7, 3


class IncidentForm(ConstraintErrorsMixin):
    first_day = DanishDateField(label="Første dag, hvor det gik galt", help_text="For eksempel 9 12 2019")
    last_day = DanishDateField(label="Sidste dag")
    deadline = DanishDateField(label="Frist for at følge op", help_text="Fristen er ved dagens udgang.")

    class Meta:
        model = Incident
        fields = ["title", "kind", "first_day", "last_day", "deadline"]
        field_classes = {"title": FreeText}
        widgets = {"title": forms.TextInput(attrs={"class": "wide"})}
        labels = {"title": "Hvad er der sket?"}
        help_texts = {"title": "En kort titel, for eksempel »Sikker post, der ikke kom frem«."}
        error_messages = {"title": {"required": "Skriv en titel."}}


class DeadlineForm(forms.ModelForm):
    deadline = DanishDateField(label="Ny frist", help_text="Fristen er ved dagens udgang.")
    reason = FreeText(
        label="Hvorfor flyttes fristen?",
        widget=forms.Textarea(attrs={"rows": 3, "class": "wide"}),
        max_length=1000,
        error_messages={"required": "Skriv, hvorfor fristen flyttes."},
    )

    class Meta:
        model = Incident
        fields = ["deadline"]

    def __init__(self, incident: Incident, data: Any = None):
        self.was = incident.deadline
        super().__init__(data, instance=incident, initial={"deadline": None})

    def clean_deadline(self) -> date:
        new: date = self.cleaned_data["deadline"]
        if new == self.was:
            raise forms.ValidationError("Det er den nuværende frist. Vælg en anden dag.")
        self.instance.deadline = new
        try:
            self.instance.validate_constraints()  # Django skips constraints on fields outside the form
        except forms.ValidationError as refusal:
            raise forms.ValidationError(refusal.messages) from refusal
        return new


@requires_role(*Role)
def incident(request: SignedInRequest) -> HttpResponseBase:
    """Show the incident of the address. Without one, show a form for a new incident, which only Koncern IT may make."""
    current = incidents.incident_of(request)
    if current and request.method != "POST":
        return render_incident(request, current)
    if Membership.Role.KIT_ADMIN not in request.user.roles:
        if request.method == "POST":
            raise PermissionDenied
        return render(request, "notifications/no_incident.html")
    return new_incident(request)


@kit_admin_required
def new_incident(request: SignedInRequest) -> HttpResponse:
    """Create an incident. A form that is sent twice leads to the incident that it created the first time."""
    form = IncidentForm(request.POST or None)
    if not form.is_valid():
        return render(request, "notifications/new_incident.html", {"form": form}, status=422 if form.is_bound else 200)
    made = incidents.create_incident(form.instance, request.user)
    if made is form.instance:
        messages.success(request, "Hændelsen er oprettet. Indlæs nu listen med breve.")
    else:
        messages.info(request, "Hændelsen var allerede oprettet.")
    with addresses_under(None if Incident.objects.only_open() == made else made):
        return redirect("incident")


#: The figures of an administration beside its plan.
PLAN_FIGURES = ("FOLLOWED_UP", "ALL")


class PlanLine(NamedTuple):
    """An administration's plan with the numbers of its letters; no numbers where the reader has no board.

    `only_personnel`: the numbers are of personnel cases only, because the reader sees no other letters there.
    """

    unit: Unit
    plan: AdministrationPlan | None
    numbers: dict[str, LinkedNumber]
    finished: FinishedUnit | None
    may_edit: bool
    only_personnel: bool


def list_plan_lines(plans: list[PlanRow], incident: Incident, user: User) -> list[PlanLine]:
    """Return the plans with the numbers of letters. One query, and one more if an administration is finished."""
    letters = Letter.objects.counted_for(user).active().filter(incident=incident)
    figures = ("ALL", "FOLLOWED_UP", "ARRIVING")
    by_unit = count_letters(letters, "unit__lineage", reader=user, today=calendar.today(), figures=figures)
    folded, viewers = sum_by_unit(by_unit), user.effective_viewers
    units = [one.unit for one in plans if all(viewer.roles_over(one.unit.lineage) for viewer in viewers)]
    counted = {unit.pk: folded[unit.pk] for unit in units}
    finished = finished_units(letters, folded, user) if any(map(is_unit_finished, counted.values())) else {}
    return [
        PlanLine(
            unit,
            plan,
            {name: LinkedNumber(counted[unit.pk][name], board_link(unit.pk, status=name)) for name in PLAN_FIGURES}
            if unit.pk in counted
            else {},
            finished.get(unit.pk) if unit.pk in counted else None,
            may_edit_plan(user, unit),
            user.sees_only_personnel_cases(unit.lineage),
        )
        for unit, plan in plans
    ]


def render_incident(request: SignedInRequest, current: Incident, status: int = 200, **invalid: Any) -> HttpResponse:
    """Render the page. `invalid`: `form` (the deadline) or `reopen_form`, if it could not be saved."""
    shown = Incident.objects.get(pk=current.pk) if invalid else current  # an invalid form has changed `current`
    facts = read_facts(shown, request.user) if Membership.Role.KIT_ADMIN in request.user.roles else None
    context = _story_context(request, shown, facts)
    if facts:
        context |= _kit_context(facts, context)
    context |= {"form": DeadlineForm(shown)} | invalid
    context["saved_in"] = {message.extra_tags: True for message in messages.get_messages(request)}
    context["invalid_form"] = next(iter(invalid.values()), context["form"])
    return render(request, "notifications/incident.html", context, status=status)


def _story_context(request: SignedInRequest, shown: Incident, facts: IncidentFacts | None) -> dict[str, Any]:
    """Return what every reader sees. Nothing of it names a sender or tells of a letter."""
    user, today, now = request.user, calendar.today(), timezone.now()
    story, root = (facts.story, facts.root) if facts else (read_story_rows(shown), Unit.root())
    plans = list_plans(story)
    events = timeline.build_timeline(incident_events(story), now)
    sees_all = root.pk in user.membership_unit_ids
    counts = facts.counts if facts else count_public_figures(shown, today)
    return {
        "incident": shown,
        "is_kit": facts is not None,
        "reads_certificates": may_read_certificates(user, root),
        "is_open": not shown.is_closed,
        "open_days": timeline.open_days(shown, today),
        "figures": {
            name.lower(): LinkedNumber(counts[name], board_link(root.pk, status=name) if sees_all else "")
            for name in (*PLAN_FIGURES, "ARRIVED")
        },
        "plans": list_plan_lines(plans, shown, user),
        "plan_rows": plans,
        "coming_folded": events.coming[:-COMING_SHOWN],
        "coming": (coming := events.coming[-COMING_SHOWN:]),
        "past": events.past[: EVENTS_SHOWN - len(coming)],
        "past_folded": events.past[EVENTS_SHOWN - len(coming) :],
        "cause": next(iter(story.causes), None),
        "measure_rows": [(one, one.status_on(today)) for one in story.measures],
        "exchanges": story.exchanges,
        "emergencies": story.emergencies,
        "contacts": story.contacts,
        "clocks": clocks_of(story, now),
    }


def _kit_context(facts: IncidentFacts, page: dict[str, Any]) -> dict[str, Any]:
    """Return the parts for Koncern IT: steps, alarms, the history of the deadline, and the closing checklist."""
    story, steps, clocks = facts.story, list_steps(facts), page["clocks"]
    items = closing.list_closing_items(facts) if page["is_open"] else []
    unreported = unreported_breach(facts.incident, timezone.now())
    next_steps = list_next_steps(facts, steps, clocks, unreported, page["plan_rows"], calendar.today())
    return {
        "alarms": facts.alarms,
        "drafted_from": alarms_of(facts.incident) if any(one.alarm_id for one in story.lists) else [],
        "steps": steps,
        "next_steps": next_steps,
        "is_young": is_young(steps),
        "asks_breach_first": asks_breach_first(next_steps),
        "claims": list_claims(facts.incident, clocks),
        "closing_items": items,
        "closing_rest": closing.still_open(items),
        "changes": story.deadline_changes,
        "switches": story.changes_of(Incident),
        "names": story.names,
        "reopen_form": closing.StatusReasonForm(is_mandatory=True),
    }


def _redirect_to(section: str) -> HttpResponse:
    """Redirect to the section of the incident's page that shows the messages tagged with its name."""
    return redirect(f"{reverse('incident')}#{section}")


@require_POST
@kit_admin_required
def open_followups(request: SignedInRequest) -> HttpResponse:
    """Open the follow-ups of all letters. A second click finds nothing to open."""
    opened = services.open_followups(incidents.incident_or_404(request), request.user)
    if opened:
        number = danish.count(opened, "brev", "breve")
        messages.success(request, f"Opfølgningen er åbnet for {number}.", extra_tags="trin")
    else:
        messages.info(request, "Alle breve var allerede åbnet.", extra_tags="trin")
    return _redirect_to("trin")


@require_POST
@kit_admin_required
def move_deadline(request: SignedInRequest) -> HttpResponse:
    current = incidents.incident_or_404(request)
    form = DeadlineForm(current, request.POST)
    if not form.is_valid():
        return render_incident(request, current, status=422, form=form)
    change = incidents.move_deadline(
        current, form.cleaned_data["deadline"], form.cleaned_data["reason"], by=request.user
    )
    if change:
        messages.success(request, f"Fristen er flyttet til {danish.weekday_date(change.new)}.", extra_tags="frist")
    else:
        messages.info(request, "En anden har lige flyttet fristen til den dag.", extra_tags="frist")
    return _redirect_to("frist")


@require_POST
@kit_admin_required
def show_public_figures(request: SignedInRequest) -> HttpResponse:
    is_on = request.POST.get("vis") == "1"
    if incidents.show_public_figures(incidents.incident_or_404(request), is_on, by=request.user):
        said = "Forsiden viser nu tallene." if is_on else "Forsiden viser ikke tallene mere."
        messages.success(request, said, extra_tags="forside")
    return _redirect_to("forside")


@require_POST
@kit_admin_required
def reopen_incident(request: SignedInRequest) -> HttpResponse:
    """Open a closed incident again, with a reason. Mails stay paused until somebody resumes them."""
    incident = incidents.incident_or_404(request)
    form = closing.StatusReasonForm(request.POST, is_mandatory=True)
    if not form.is_valid():
        return render_incident(request, incident, status=422, reopen_form=form)
    try:
        incidents.set_status(incident, Incident.Status.OPEN, request.user, form.cleaned_data["reason"])
    except Conflict as conflict:
        messages.info(request, str(conflict))
        return redirect("incident")
    logs.log_security_event("incident_reopened", request.user.pk, incident_id=incident.pk)
    said = 'Hændelsen er åben igen. Mails er på pause, til du <a href="{}">sætter dem i gang</a>.'
    messages.success(request, format_html(said, reverse("notices")))
    return redirect("incident")
