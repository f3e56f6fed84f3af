"""*Hændelser*: the front page across incidents, with what waits for the reader in each."""

from typing import NamedTuple

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import is_valid_path, path, reverse
from django.views.decorators.http import require_safe

from followups.boards.board_letters import own_units
from followups.boards.followed_up import followed_up_figure, followed_up_sentence
from followups.boards.tables import board_link
from followups.reporting.letter_figures import Tally, count_letters, missing_letters
from letters.incidents import ADDRESS_OF_ALL, address_under, addresses_under
from letters.models import Incident, Letter
from notifications.models.incoming_mail import NEEDS_ATTENTION, answers
from sepo_incident.accounts.models import Membership, Unit
from sepo_incident.accounts.roles import SignedInRequest
from sepo_incident.core import calendar, danish
from sepo_incident.core.danish import Badge
from sepo_incident.web.menu import MAILS, MenuScope, Rows, count_rows, count_rows_of_each, menu_entries_for
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

#: The menu of an incident counts mails of no incident too. Here they would wait in each incident.
ONLY_OF_INCIDENT: dict[str, Rows] = {
    "incoming": lambda scope: count_rows(MAILS, NEEDS_ATTENTION & answers(scope.addressed)),
}

#: The page that the reader asked for without an incident, in the query of the front page.
WANTED = "side"


class IncidentRow(NamedTuple):
    """An incident on the page, the address of its front page or the wanted page, and what waits as (label, address)."""

    incident: Incident
    url: str
    status: Badge
    waiting: list[tuple[str, str]]


@require_safe
def show_incidents(request: SignedInRequest) -> HttpResponse:
    """List the incidents that are the reader's business, the nearest deadline first and the closed ones last.

    A reader who asked for a page without an incident chooses the incident here, and comes to that page.
    """
    seen, wanted = visible_incidents(request.user, list_incidents(request)), request.GET.get(WANTED, "")
    if not (wanted.startswith("/") and is_valid_path(wanted.partition("?")[0])):
        wanted = ""  # no page of the site
    incidents = sorted(seen, key=lambda one: (one.is_closed, one.deadline, -one.pk))
    lines = [one for entry in menu_entries_for(request.user.roles) for one in (entry, *entry.tabs)]
    lines = [one._replace(waiting=ONLY_OF_INCIDENT.get(one.page, one.waiting)) for one in lines]
    lines = [one for one in lines if one.page in WAITING_WORDS and one.waiting]
    counts = count_rows_of_each(lines, [MenuScope(request.user, one, one) for one in incidents])
    units, is_kit = own_units(request.user), Membership.Role.KIT_ADMIN in request.user.roles
    letters: dict[int, Tally] = {}
    if units:
        theirs = Letter.objects.counted_for(request.user).active()
        groups = count_letters(
            theirs, "incident", reader=request.user, today=calendar.today(), figures=("ALL", "FOLLOWED_UP")
        )
        letters = {group["incident"]: tally for group, tally in groups}
    rows = []
    for one, counted in zip(incidents, counts, strict=True):
        with addresses_under(one):
            waiting = [
                (danish.count(counted[line.waiting], *WAITING_WORDS[line.page]), reverse(line.page))
                for line in lines
                if counted[line.waiting]
            ]
            waiting += unit_links(one, units, letters.get(one.pk, Tally()), is_kit)
            url = address_under(one, wanted) if wanted else reverse("home")
            rows.append(IncidentRow(one, url, STATUS_BADGES[Incident.Status(one.status)], waiting))
    context = {
        "is_choice": bool(wanted),
        "rows": rows,
        "may_create": is_kit,
        "new_url": reverse("new_incident"),
    }
    return render(request, "incidents/incidents.html", context)


def unit_links(incident: Incident, units: list[Unit], counts: Tally, is_kit: bool) -> list[tuple[str, str]]:
    """Return how many letters of the units are not followed up; for KIT that an incident lacks its list."""
    if incident.is_closed:
        return []
    if is_kit and not counts["ALL"]:
        return [("Listen mangler", reverse("imports"))]
    if not missing_letters(counts):
        return []
    url = board_link(units[0].pk, status=followed_up_figure(counts)) if len(units) == 1 else reverse("boards")
    return [(followed_up_sentence(counts), url)]


urlpatterns = [path(ADDRESS_OF_ALL.lstrip("/"), show_incidents, name="incidents")]
