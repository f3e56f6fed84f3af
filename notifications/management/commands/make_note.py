"""Command `manage.py make_note --incident KORTNAVN [--unit KODE] --out FIL.docx`: a working version of the note."""

from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from letters.incidents import add_incident_option, incident_named
from letters.models import Incident
from notifications.status_note.document import render_document
from notifications.status_note.facts import NoteRefused, note_units
from notifications.status_note.versions import take_version
from sepo_incident.accounts.models import Unit
from sepo_incident.core import danish


class Command(BaseCommand):
    help = "Laver en kladde til statusnotatet som Word-fil, med tallene fra nu."

    def add_arguments(self, parser: CommandParser) -> None:
        add_incident_option(parser)
        parser.add_argument("--unit", metavar="KODE", help="forvaltningens kode, fx BUF; uden koden hele kommunen")
        parser.add_argument("--out", required=True, metavar="FIL.docx", help="den fil, notatet skrives i")
        parser.add_argument("--date", metavar="DATO", help="notatets dato, fx 2020-01-14; ellers i dag")

    def handle(self, *args: Any, **options: Any) -> None:
        incident = incident_named(options["incident"])
        try:
            version = take_version(incident, _unit(incident, options["unit"]), None, _date(options["date"]))
        except NoteRefused as refused:
            raise CommandError(str(refused)) from refused
        out = Path(options["out"])
        try:
            out.write_bytes(render_document(version))
        except OSError as failed:
            raise CommandError(f"Filen {out} kan ikke skrives: {failed.strerror}.") from failed
        figures = danish.count(version.figures.count(), "tal", "tal")
        self.stdout.write(f"{version.name} om {version.unit} er skrevet i {out}. {figures} er gemt.")


def _unit(incident: Incident, code: str | None) -> Unit:
    """Return the unit with the code, or the whole municipality without a code."""
    units = note_units(incident)
    if not code:
        return units[0]
    found = next((unit for unit in units if unit.code.lower() == code.lower()), None)
    if found is None:
        known = ", ".join(unit.code for unit in units if unit.code) or "ingen"
        raise CommandError(f"Ingen forvaltning med breve har koden »{code}«. Disse har: {known}.")
    return found


def _date(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as wrong:
        raise CommandError(f"»{text}« er ikke en dato. Skriv den som 2020-01-14.") from wrong
