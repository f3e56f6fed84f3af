"""*Hændelser*: the front page across incidents, with what waits for the reader in each."""

from __future__ import annotations

from typing import NamedTuple

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_safe

from followups.boards.overview import led_units, own_units
from letters.incident_addresses import ADDRESS_OF_ALL, addresses_under
from letters.models import Incident
from sepo_incident.accounts.models import Membership
from sepo_incident.accounts.roles import SignedInRequest
from sepo_incident.core import danish
from sepo_incident.core.danish import Badge
from sepo_incident.web.menu import Counts, MenuEntry, MenuScope, count_rows_of_each, menu_entries_for
from sepo_incident.web.visible_incidents import list_incidents, visible_incidents

STATUS_BADGES = {
    Incident.Status.PREPARING: Badge("Under forberedelse", "is-soon"),
    Incident.Status.OPEN: Badge("Åben", "is-info"),
    Incident.Status.CLOSED: Badge("Lukket", "is-ok", "check"),
}
#: What waits behind a line or tab of the menu, by the name of the page. Alarms are about no incident.
WAITING_WORDS = {
    "my_letters": ("brev venter på dig", "breve venter på dig"),
    "boards": ("beslutning venter på din bekræftelse", "beslutninger venter på din bekræftelse"),
    "escalations": ("henvendelse venter på svar", "henvendelser venter på svar"),
    "nobodys": ("brev kan ingen svare for", "breve kan ingen svare for"),
    "not_reached": ("person er ikke nået", "personer er ikke nået"),
    "incoming": ("mail venter på svar", "mails venter på svar"),
}


class WaitingLink(NamedTuple):
    label: str
    url: str


class IncidentRow(NamedTuple):
    """An incident on the page, the address of its front page, and what waits for the reader in it."""

    incident: Incident
    url: str
    status: Badge
    waiting: list[WaitingLink]


@require_safe
def show_incidents(request: SignedInRequest) -> HttpResponse:
    """List the incidents that are the reader's business, newest first, and the closed ones last."""
    newest_first = visible_incidents(request.user, list_incidents(request))
    incidents = sorted(newest_first, key=lambda one: one.status == Incident.Status.CLOSED)
    lines = [one for entry in menu_entries_for(request.user.roles) for one in (entry, *entry.tabs)]
    lines = [one for one in lines if one.page in WAITING_WORDS and one.waiting]
    counts = count_rows_of_each(lines, [MenuScope(request.user, one, one) for one in incidents])
    context = {
        "rows": [to_row(one, lines, counted) for one, counted in zip(incidents, counts, strict=True)],
        "units": [*own_units(request.user), *led_units(request.user)] if len(incidents) > 1 else [],
        "may_create": Membership.Role.KIT_ADMIN in request.user.roles,
        "new_url": reverse("new_incident"),
    }
    return render(request, "incidents/incidents.html", context)


def to_row(incident: Incident, lines: list[MenuEntry], counts: Counts) -> IncidentRow:
    with addresses_under(incident):
        waiting = [
            WaitingLink(danish.count(counts[one.waiting], *WAITING_WORDS[one.page]), reverse(one.page))
            for one in lines
            if counts[one.waiting]
        ]
        return IncidentRow(incident, reverse("home"), STATUS_BADGES[Incident.Status(incident.status)], waiting)


urlpatterns = [path(ADDRESS_OF_ALL.lstrip("/"), show_incidents, name="incidents")]
