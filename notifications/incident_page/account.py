"""*Redegørelse*: what happened, why, the dialogue with the supplier and the measures, with sources, as a Word file."""

import io
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from docx import Document
from docx.document import Document as WordDocument
from docx.shared import Pt

from letters import incidents
from letters.models import Cause, Incident
from letters.story.story_rows import read_story_rows
from letters.story.timeline import Event, build_timeline
from notifications.incident_page.timeline_events import incident_events
from notifications.status_note.word_file import WORD_TYPE
from sepo_incident.accounts.models import User
from sepo_incident.accounts.roles import SignedInRequest, kit_admin_required, refuse_while_impersonating
from sepo_incident.core import danish, logs

#: The source of an event that follows from other rows, and of a row whose writer named none.
FROM_SYSTEM, FROM_KIT = "Systemets log", "Koncern IT"


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
    """Return the Word document with what is written until `now`. Four queries."""
    story, document = read_story_rows(incident), Document()
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = "Arial", Pt(10.5)
    document.add_heading(f"Redegørelse: {incident.title}", level=0)
    number = f" Sag {incident.case_number}." if incident.case_number else ""
    document.add_paragraph(
        f"Breve sendt {incident.window} gennem {incident.system}.{number} Hentet {danish.moment(now)} af {by.name}."
    )
    events = build_timeline(incident_events(story), now).past
    _add_table(document, "Forløb", ("Tid", "Hvad skete der", "Kilde"), map(_event_cells, reversed(events)))
    _add_table(document, "Årsag", ("Det ved vi", "Det ved vi ikke", "Status", "Kilde"), map(_cause_cells, story.causes))
    document.add_heading("Kommer breve frem nu?", level=1)
    document.add_paragraph(f"{incident.fix_sentences} {incident.fix_proof}".rstrip())
    asked = [
        (danish.date(one.day), one.text, one.answer or "Ikke besvaret endnu", _written(one.changed_at))
        for one in reversed(story.exchanges)
    ]
    _add_table(document, "Dialog med leverandøren", ("Dato", "Spørgsmål", "Svar", "Kilde"), asked)
    measures = []
    for one in story.measures:
        badge, note = one.status_on(danish.local_date(now))
        state = f"{badge.label} ({note})" if note else badge.label
        measures.append((one.title, one.contact_name, danish.date(one.due_on), state, _written(one.changed_at)))
    _add_table(document, "Tiltag", ("Tiltag", "Ansvarlig", "Frist", "Status", "Kilde"), measures)
    saved = io.BytesIO()
    document.save(saved)
    return saved.getvalue()


def _event_cells(event: Event) -> tuple[str, str, str]:
    clock = f" kl. {event.time:%H.%M}" if event.time else ""
    source = (event.source or FROM_KIT) if event.entry else FROM_SYSTEM
    return f"{danish.date(event.day)}{clock}", event.text, source


def _cause_cells(cause: Cause) -> tuple[str, ...]:
    return cause.known, cause.unknown, cause.get_status_display(), _written(cause.changed_at)


def _written(at: datetime) -> str:
    return f"{FROM_KIT}, skrevet {danish.date(at)}"


def _add_table(document: WordDocument, heading: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Add a heading and a table; a sentence where there are no rows."""
    document.add_heading(heading, level=1)
    found = list(rows)
    if not found:
        document.add_paragraph("Der er ikke skrevet noget endnu.")
        return
    table = document.add_table(rows=1, cols=len(head), style="Table Grid")
    table.autofit = True
    for cell, text in zip(table.rows[0].cells, head, strict=True):
        cell.paragraphs[0].add_run(text).bold = True
    for row in found:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = "".join(char for char in text if char.isprintable() or char == "\n")  # XML forbids the others
