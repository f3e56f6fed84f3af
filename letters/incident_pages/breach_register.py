"""The register of breaches of every incident (GDPR art. 33(5)): a list and a file."""

from collections.abc import Iterator

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from letters.incident_pages.breach_pages import breach_reader_required
from letters.incidents import addresses_under
from letters.models import BreachReport, Incident
from letters.story import breach
from letters.story.breach import BreachClock
from letters.story.story_rows import read_story_rows
from sepo_incident.accounts.list_export import TableColumn, TableExport, download_list
from sepo_incident.accounts.roles import SignedInRequest
from sepo_incident.core import danish


def _notified(clock: BreachClock) -> str:
    sent = clock.notification
    return " ".join(filter(None, [danish.date(sent.sent_at), sent.case_number])) if sent else "Nej"


def _measures(clock: BreachClock) -> str:
    measures = clock.report.incident.measure_rows.all()
    return "; ".join(f"{one.title}: {one.get_status_display()}, {danish.date(one.due_on)}" for one in measures)


def _information(clock: BreachClock) -> str:
    return "; ".join(f"{one}. {one.reason}" for one in clock.information)


#: The facts of each breach, its effects and the remedial action.
REGISTER_EXPORT: TableExport[BreachClock] = TableExport(
    "databrud",
    "Databrud",
    [
        TableColumn("Opdaget", lambda clock: clock.report.aware_at, 18),
        TableColumn("Hændelse", lambda clock: clock.report.incident.title, 30),
        TableColumn("Hvad er opdaget", lambda clock: clock.report.text, 50),
        TableColumn("Berørt", lambda clock: clock.report.lost_in_words, 20),
        TableColumn("Berørte breve", lambda clock: breach.affected_sentence(clock.newest, clock.report.incident), 40),
        TableColumn("Vurdering", lambda clock: clock.answer, 22),
        TableColumn("Begrundelse", lambda clock: clock.newest.reason if clock.newest else "", 50),
        TableColumn("Vurderet", lambda clock: clock.newest.at if clock.newest else "", 18),
        TableColumn("Anmeldt til Datatilsynet", _notified, 22),
        TableColumn(
            "Databeskyttelsesrådgiverens udtalelse", lambda clock: "; ".join(one.text for one in clock.opinions), 50
        ),
        TableColumn("Besked til de berørte", _information, 40),
        TableColumn("Tiltag", _measures, 50),
    ],
)


@require_safe
@breach_reader_required
def list_breaches(request: SignedInRequest) -> HttpResponseBase:
    """List the reports of every incident, those without an answer first, then the newest; or return them as a file."""
    newest_first = sorted(_all_clocks(), key=lambda clock: clock.report.aware_at, reverse=True)
    clocks = sorted(newest_first, key=lambda clock: clock.is_settled)
    if answer := download_list(request, REGISTER_EXPORT, clocks):
        return answer
    rows = []
    for clock in clocks:
        with addresses_under(clock.report.incident):
            rows.append((clock, _notified(clock), breach.address_of(clock.report)))
    return render(request, "letters/breach_register.html", {"rows": rows})


def _all_clocks() -> Iterator[BreachClock]:
    """Yield the clock of every report. A query for each incident with a report, and two: they are few."""
    reported = Incident.objects.filter(pk__in=BreachReport.objects.values("incident"))
    for incident in reported.prefetch_related("measure_rows"):
        for clock in breach.clocks_of(read_story_rows(incident), timezone.now()):
            clock.report.incident = incident
            yield clock
