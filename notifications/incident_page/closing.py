"""Close and reopen an incident: what is still open is named, and a closed incident sends no mail."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from followups.boards.consequence_list import harm_link
from followups.boards.tables import board_link
from followups.reporting.consequences import Severity
from followups.reporting.letter_figures import FIGURE_LABELS, OPEN_LETTER_FIGURES
from followups.services.state_machine import lock_followups_of
from letters.incidents import addresses_under, incident_or_404, set_status
from letters.models import Incident, Measure
from letters.story.breach import BreachClock, clocks_of
from notifications.dispatching import dispatch_lifecycle
from notifications.incident_page.facts import IncidentFacts, read_facts
from sepo_incident.accounts.models import User
from sepo_incident.accounts.roles import SignedInRequest, kit_admin_required
from sepo_incident.core import danish, logs
from sepo_incident.core.database import Conflict
from sepo_incident.core.forms import FreeText

CHANGED_MESSAGE = "Det, der mangler, har ændret sig. Se det igennem, og luk igen."


class StatusReasonForm(forms.Form):
    """The reason for closing an incident, mandatory while something is open, or for reopening."""

    reason = FreeText(
        label="Begrundelse",
        widget=forms.Textarea(attrs={"rows": 4, "class": "wide"}),
        max_length=1000,
    )

    def __init__(self, *args: Any, is_mandatory: bool, help_text: str = "", **kwargs: Any):
        super().__init__(*args, **kwargs)
        reason = self.fields["reason"]
        reason.required, reason.help_text = is_mandatory, help_text
        reason.error_messages["required"] = "Skriv en begrundelse."


class ClosingItem(NamedTuple):
    """A line of the closing checklist: open things with their number, or none."""

    text: str
    url: str
    is_open: bool


def list_closing_items(facts: IncidentFacts) -> list[ClosingItem]:
    """Return the closing checklist. A link leads to as many letters as its sentence says.

    A letter without a unit is on no board, but among those without an owner.
    """
    root, counts, measures = facts.root, facts.counts, facts.story.measures
    alarms, lists = len(facts.alarms), len(facts.waiting_lists)
    undone = sum(one.status != Measure.Status.DONE for one in measures)
    return [
        _letters(counts["unopened"], "venter på, at I åbner opfølgningen", "#trin"),
        *(
            _letters(facts.listed[one], FIGURE_LABELS[one], board_link(root.pk, status=one))
            for one in OPEN_LETTER_FIGURES
        ),
        _letters(counts["without_owner"], "mangler en ansvarlig", reverse("unassigned")),
        _item(
            counts["grave"],
            ("alvorlig konsekvens er ikke håndteret", "alvorlige konsekvenser er ikke håndteret"),
            "Alle alvorlige konsekvenser er håndteret i de breve, du kan læse",
            harm_link(root, {"severity": Severity.GRAVE.value, "state": "open"}),
        ),
        _breaches(clocks_of(facts.story, timezone.now())),
        _item(
            undone,
            ("tiltag er ikke gennemført",) * 2,
            "Alle tiltag er gennemført" if measures else "Der er ikke skrevet nogen tiltag",
            "#tiltag",
        ),
        _item(alarms, ("alarm er ikke lukket", "alarmer er ikke lukket"), "Ingen alarm er åben", reverse("alarms")),
        _item(lists, ("liste venter", "lister venter"), "Ingen lister venter", reverse("imports")),
    ]


def _breaches(clocks: Sequence[BreachClock]) -> ClosingItem:
    """Return the line of the breach question. Without a report nobody has answered it."""
    url = reverse("breach")
    unsettled = sum(not clock.is_settled for clock in clocks)
    lack = ("muligt databrud er ikke afgjort", "mulige databrud er ikke afgjort")
    if not clocks:
        return ClosingItem("Databrud er ikke vurderet", url, True)
    return _item(unsettled, lack, "Databrud er vurderet", url)


def _letters(number: int, lack: str, url: str) -> ClosingItem:
    return _item(number, (f"brev {lack}", f"breve {lack}"), f"Ingen breve {lack}", url)


def _item(number: int, lack: tuple[str, str], done: str, url: str) -> ClosingItem:
    """Return the line of a number that must be 0: `lack` follows the number, singular and plural."""
    if url.startswith("#"):
        url = reverse("incident") + url
    return ClosingItem(danish.count(number, *lack) if number else done, url, bool(number))


def still_open(items: Sequence[ClosingItem]) -> list[str]:
    return [item.text for item in items if item.is_open]


@transaction.atomic
def close(incident: Incident, reason: str, seen: Sequence[str], by: User) -> None:
    """Close the incident and pause its mails. `seen`: what the page named as still open.

    The lock on the follow-ups makes each decision and answer come before the list of what is open, or be refused. The
    incident is locked first, as an import does. Raise Conflict if something else is open now, or if somebody else
    closed the incident.
    """
    incident = Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)
    lock_followups_of(incident)
    found = still_open(list_closing_items(read_facts(incident, by)))
    if found != list(seen):
        raise Conflict(CHANGED_MESSAGE)
    set_status(incident, Incident.Status.CLOSED, by, reason, found)
    with suppress(Conflict):  # paused already
        dispatch_lifecycle.pause_all_mails(incident, "Hændelsen er lukket.", by)


@require_http_methods(["GET", "HEAD", "POST"])
@kit_admin_required
def close_incident(request: SignedInRequest) -> HttpResponse:
    """Show what is still open, and close the incident; with something open only for a reason."""
    incident = incident_or_404(request)
    items = list_closing_items(read_facts(incident, request.user))
    if request.method != "POST":
        return _render_closing(request, incident, items, _form(items))
    form, seen = _form(items, request.POST), request.POST.getlist("mangler")
    if not form.is_valid():
        return _render_closing(request, incident, items, form, status=422)
    try:
        close(incident, form.cleaned_data["reason"], seen, request.user)
    except Conflict as conflict:
        items = list_closing_items(read_facts(incident, request.user))
        return _render_closing(request, incident, items, form, 409, conflict=str(conflict))
    logs.log_security_event("incident_closed", request.user.pk, incident_id=incident.pk)
    messages.success(request, "Hændelsen er lukket. Der sendes ikke flere mails.")
    with addresses_under(incident):
        return redirect("incident")


def _form(items: Sequence[ClosingItem], data: Any = None) -> StatusReasonForm:
    is_rest = bool(still_open(items))
    help_text = (
        "Skriv, hvorfor I lukker, selv om det mangler, og hvem der tager sig af det." if is_rest else "Kan udelades."
    )
    return StatusReasonForm(data, is_mandatory=is_rest, help_text=help_text)


def _render_closing(
    request: SignedInRequest,
    incident: Incident,
    items: Sequence[ClosingItem],
    form: StatusReasonForm,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    context = {"incident": incident, "items": items, "still_open": still_open(items), "form": form} | more
    return render(request, "notifications/close_incident.html", context, status=status)
