"""*På tværs af hændelser*: the figures of a unit in each incident side by side, linked into that incident's board."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from django.db.models import Count
from django.db.models.functions import Lower
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.views.decorators.http import require_safe

from followups.boards.board_letters import counted_in_every_incident, units_with_board_for
from followups.boards.consequence_list import harm_link
from followups.boards.tables import LinkedNumber, board_link
from followups.reporting.consequences import HANDLED, consequences_of
from followups.reporting.letter_figures import Tally, count_letters
from letters.incident_addresses import addresses_under
from letters.models import Incident
from letters.models.letter import LetterQuerySet
from notifications.unit_mails import NOT_REACHED, mails_known_to
from sepo_incident.accounts.list_export import TableColumn, TableExport, download_list
from sepo_incident.accounts.models import Unit, User
from sepo_incident.accounts.roles import SignedInRequest
from sepo_incident.core import calendar, danish
from sepo_incident.core.danish import Badge
from sepo_incident.web.incident_list import STATUS_BADGES
from sepo_incident.web.visible_incidents import list_incidents

#: Figure about letters -> (header, what the number counts).
INCIDENT_FIGURES = {
    "ALL": ("Breve", "breve"),
    "OPEN": ("Mangler beslutning", "mangler en beslutning"),
    "OVERDUE": ("Efter fristen", "mangler en beslutning efter fristen"),
    "ARRIVED": ("Kommet frem", "er kommet frem"),
}
CONSEQUENCES, PEOPLE = "CONSEQUENCES", "PEOPLE"
COLUMNS = INCIDENT_FIGURES | {
    CONSEQUENCES: ("Åbne konsekvenser", "konsekvenser, som ingen har taget hånd om"),
    PEOPLE: ("Ikke nået", "personer, der ikke er nået"),
}


class NamedNumber(NamedTuple):
    header: str
    what: str
    number: LinkedNumber


class IncidentFigures(NamedTuple):
    """An incident with the figures of the unit there. `url`: the unit's board in the incident."""

    incident: Incident
    status: Badge
    url: str
    counts: Tally
    numbers: list[NamedNumber]


INCIDENT_EXPORT: TableExport[IncidentFigures] = TableExport(
    "haendelser-enhed",
    "På tværs af hændelser",
    [
        TableColumn("Hændelse", lambda row: row.incident.title, 44),
        TableColumn("Status", lambda row: row.status.label, 18),
        TableColumn("Frist", lambda row: row.incident.deadline, 12),
        *(
            TableColumn(header, lambda row, name=name: row.counts[name], 18)  # type: ignore[misc]
            for name, (header, _) in COLUMNS.items()
        ),
    ],
)


@require_safe
def show_unit_incidents(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """Show the incidents in which the unit has letters that the reader may count, the closed ones last."""
    unit = get_object_or_404(units_with_board_for(request.user), pk=pk)
    rows = list_figures(unit, request.user, list_incidents(request))
    if file := download_list(request, INCIDENT_EXPORT, rows, about=[("Enhed", unit.name)]):
        return file
    sums = {name: sum(row.counts[name] for row in rows) for name in COLUMNS if name != PEOPLE}
    context = {
        "unit": unit,
        "rows": rows,
        "lies_under": "boards",
        "headers": [header for header, _ in COLUMNS.values()],
        "sums": [(COLUMNS[name][0], danish.number(number)) for name, number in sums.items()],
    }
    return render(request, "incidents/unit_incidents.html", context)


def list_figures(unit: Unit, reader: User, incidents: list[Incident]) -> list[IncidentFigures]:
    """Return the figures of the unit in each of the incidents with letters, the closed ones last. Four queries."""
    letters = counted_in_every_incident(unit, reader)
    counts = count_by_incident(letters, reader)
    found = sorted((one for one in incidents if one.pk in counts), key=lambda one: one.is_closed)
    return [to_figures(one, unit, counts[one.pk]) for one in found]


def count_by_incident(letters: LetterQuerySet, reader: User) -> Mapping[int, Tally]:
    """Return {incident id: tally of `COLUMNS`}. People not reached are persons at an address, as on *Ikke nået*."""
    groups = count_letters(letters, "incident", reader=reader, today=calendar.today(), figures=tuple(INCIDENT_FIGURES))
    opened = consequences_of(letters.readable()).filter(~HANDLED).order_by()
    consequences = dict(opened.values_list("followup__letter__incident").annotate(number=Count("pk")))
    failed = mails_known_to(reader, letters).awaiting_resolution().order_by()
    people = Counter(
        incident
        for incident, *_ in failed.values_list("notice__dispatch__incident", "recipient", Lower("address")).distinct()
    )
    return {
        group["incident"]: counts
        + Tally({CONSEQUENCES: consequences.get(group["incident"], 0), PEOPLE: people[group["incident"]]})
        for group, counts in groups
    }


def to_figures(incident: Incident, unit: Unit, counts: Tally) -> IncidentFigures:
    with addresses_under(incident):
        urls = {name: board_link(unit.pk, status=name) for name in INCIDENT_FIGURES}
        urls[CONSEQUENCES] = harm_link(unit, {"state": "open"})
        urls[PEOPLE] = f"{reverse('board_mails', args=[unit.pk])}?vis={NOT_REACHED}#mails"
        board = reverse("board", args=[unit.pk])
    numbers = [
        NamedNumber(header, what, LinkedNumber(counts[name], urls[name])) for name, (header, what) in COLUMNS.items()
    ]
    return IncidentFigures(incident, STATUS_BADGES[Incident.Status(incident.status)], board, counts, numbers)


urlpatterns = [path("enhed/<int:pk>/haendelser/", show_unit_incidents, name="unit_incidents")]
