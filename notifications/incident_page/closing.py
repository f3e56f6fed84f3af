"""Close and reopen an incident: what is still open is named, and a closed incident sends no mail."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from followups.boards.tables import board_link
from followups.reporting.letter_figures import count_together
from followups.rules.breach_question import unreported_breach
from followups.services.state_machine import lock_followups_of
from letters.incident_addresses import addresses_under
from letters.incidents import incident_or_404, set_status
from letters.models import Incident, Letter, Measure
from letters.story.breach import list_clocks
from notifications.dispatching import dispatch_lifecycle
from notifications.incident_page.checklist import WAITING_FOR_KIT
from notifications.incident_page.forms import StatusReasonForm
from notifications.models import Alarm
from sepo_incident.accounts.models import Unit, User
from sepo_incident.accounts.roles import SignedInRequest, kit_admin_required
from sepo_incident.core import calendar, danish, logs
from sepo_incident.core.database import Conflict

CHANGED_MESSAGE = "Det, der mangler, har ændret sig. Se det igennem, og luk igen."


class ClosingItem(NamedTuple):
    """A line of the closing checklist: what is still open, or that nothing of it is."""

    text: str
    url: str
    is_open: bool


def list_closing_items(incident: Incident) -> list[ClosingItem]:
    """Return the closing checklist. At most eight queries. Counts all letters, regardless of the reader."""
    letters, root = Letter.objects.filter(incident=incident).active(), Unit.root().pk
    counts = count_together(letters, None, calendar.today(), ("OPEN", "ARRIVING", "NOT_ARRIVED"))
    without_owner = letters.without_owner().count()
    measures = Measure.objects.filter(incident=incident).exclude(status=Measure.Status.DONE).count()
    alarms, lists = Alarm.objects.open().count(), incident.batches.filter(status__in=WAITING_FOR_KIT).count()

    def board(status: str) -> str:
        return board_link(root, status=status)

    return [
        _letters(counts["OPEN"], "mangler en beslutning", board("OPEN")),
        _letters(without_owner, "mangler en ansvarlig", reverse("unassigned")),
        _letters(counts["ARRIVING"], "mangler bevis", board("ARRIVING")),
        _letters(counts["NOT_ARRIVED"], "er sendt igen uden at komme frem", board("NOT_ARRIVED")),
        _breaches(incident),
        _item(measures, ("tiltag er ikke gennemført",) * 2, "Alle tiltag er gennemført", "#tiltag"),
        _item(alarms, ("alarm er ikke lukket", "alarmer er ikke lukket"), "Ingen alarmer", reverse("alarms")),
        _item(lists, ("liste venter", "lister venter"), "Ingen lister venter", reverse("imports")),
    ]


def _breaches(incident: Incident) -> ClosingItem:
    now, url = timezone.now(), reverse("breach")
    if unreported_breach(incident, now):
        return ClosingItem("Databrud er ikke vurderet", url, True)
    clocks = list_clocks(incident, now)
    unsettled = sum(not clock.is_settled for clock in clocks)
    lack = ("muligt databrud er ikke afgjort", "mulige databrud er ikke afgjort")
    return _item(unsettled, lack, "Databrud er vurderet" if clocks else "Der er ikke registreret mulige databrud", url)


def _letters(number: int, lack: str, url: str) -> ClosingItem:
    return _item(number, (f"brev {lack}", f"breve {lack}"), f"Intet brev {lack}", url)


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
    found = still_open(list_closing_items(incident))
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
    items = list_closing_items(incident)
    if request.method != "POST":
        return _render_closing(request, incident, items, _form(items))
    form, seen = _form(items, request.POST), request.POST.getlist("mangler")
    if not form.is_valid():
        return _render_closing(request, incident, items, form, status=422)
    try:
        close(incident, form.cleaned_data["reason"], seen, request.user)
    except Conflict as conflict:
        return _render_closing(request, incident, list_closing_items(incident), form, 409, conflict=str(conflict))
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
