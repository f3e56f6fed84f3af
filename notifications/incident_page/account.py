"""*Redegørelse*: what happened, why, the dialogue with the supplier and the measures, with sources, as a Word file."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from markupsafe import Markup

from letters import incidents
from letters.models import Cause, Incident
from letters.story.story_rows import read_story_rows
from letters.story.timeline import Event, build_timeline
from notifications.incident_page.timeline_events import incident_events
from notifications.status_note.document import HEADINGS, cells_table, fill_template, margin_values, paragraph, run
from notifications.status_note.versions import read_margin, template_in_force
from notifications.status_note.word_file import WORD_TYPE
from sepo_incident.accounts.models import Unit, User
from sepo_incident.accounts.roles import SignedInRequest, kit_admin_required, refuse_while_impersonating
from sepo_incident.core import danish, logs
from sepo_incident.core.control_characters import strip_control_characters

#: The source of an event that other rows tell, typed or not, and of a row whose writer named none.
FROM_SYSTEM, FROM_KIT = "Registreret i systemet", "Koncern IT"
#: Heads and widths of the tables, which all lie beside the margin column.
EVENTS = {"Tid": 1650, "Hvad skete der": 3330, "Kilde": 2250}
CAUSES = {"Det ved vi": 2530, "Det ved vi ikke": 1900, "Status": 1200, "Kilde": 1600}
EXCHANGES = {"Dato": 1300, "Spørgsmål": 2330, "Svar": 2000, "Kilde": 1600}
MEASURES = {"Tiltag": 1930, "Ansvarlig": 1200, "Frist": 1200, "Status": 1400, "Kilde": 1500}


@require_safe
@kit_admin_required
@refuse_while_impersonating
def download_account(request: SignedInRequest) -> HttpResponse:
    incident, now = incidents.incident_or_404(request), timezone.now()
    logs.log_security_event("account_downloaded", request.user.pk, incident_id=incident.pk)
    name = f"redegoerelse-{incident.slug}-{danish.local_date(now)}.docx"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(render_account(incident, request.user, now), content_type=WORD_TYPE, headers=headers)


def render_account(incident: Incident, by: User, now: datetime) -> bytes:
    """Return the Word document with what is written until `now`, in the template of the status note."""
    story, today = read_story_rows(incident), danish.local_date(now)
    margin = read_margin(incident, Unit.root(), by, "Redegørelse") | {"title": incident.title, "document_number": ""}
    events = build_timeline(incident_events(story), now).past
    asked = [
        (danish.date(one.day), one.text, one.answer or "Ikke besvaret endnu", _written(one.changed_at))
        for one in reversed(story.exchanges)
    ]
    measures = []
    for one in story.measures:
        badge, note = one.status_on(today)
        state = f"{badge.label} ({note})" if note else badge.label
        measures.append((one.title, one.contact_name, danish.date(one.due_on), state, _written(one.changed_at)))
    written = [
        paragraph(run(f"Breve sendt {incident.window} gennem {incident.system}."), "Normal"),
        _part("Forløb", EVENTS, map(_event_cells, reversed(events))),
        _part("Årsag", CAUSES, map(_cause_cells, story.causes)),
        paragraph(run("Er fejlen rettet?"), HEADINGS[0]),
        paragraph(run(f"{incident.fix_report} {incident.fix_proof}".rstrip()), "Normal"),
        _part("Dialog med leverandøren", EXCHANGES, asked),
        _part("Tiltag", MEASURES, measures),
    ]
    values = margin_values(margin) | {
        "dato": danish.date(today),
        "udgave": danish.date(today),
        "tidspunkt": danish.moment(now),
        "forbehold": f"Hentet {danish.moment(now)} af {by.name}.",
        "notat": Markup("".join(written)),  # noqa: S704  # we escape
        "bilag": "",
    }
    return fill_template(bytes(template_in_force().content), values, "")


def _event_cells(event: Event) -> tuple[str, str, str]:
    clock = f" kl. {event.time:%H.%M}" if event.time else ""
    source = (event.source or FROM_KIT) if event.entry else FROM_SYSTEM
    return f"{danish.date(event.day)}{clock}", event.text, source


def _cause_cells(cause: Cause) -> tuple[str, ...]:
    return cause.known, cause.unknown, cause.get_status_display(), _written(cause.changed_at)


def _written(at: datetime) -> str:
    return f"{FROM_KIT}, skrevet {danish.date(at)}"


def _part(heading: str, columns: dict[str, int], rows: Iterable[Sequence[str]]) -> str:
    """Return a heading and a table; a sentence where there are no rows. `columns`: {head: width}."""
    lines = [[strip_control_characters(" ".join(text.split())) for text in row] for row in rows]
    empty = paragraph(run("Der er ikke skrevet noget endnu."), "Normal")
    table = cells_table(columns, lines, [*columns.values()]) if lines else empty
    return paragraph(run(heading), HEADINGS[0]) + table
