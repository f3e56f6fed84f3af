"""Command `manage.py verify_note FIL.docx [--json]`: every figure of a document that people have edited.

Exit status 1 if a figure is changed, removed or typed by hand. A figure that is no longer true is named, but the note
was true on its day, so it does not count.
"""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from followups.models import NoteVersion
from followups.proof_files import FileRefused
from notifications.status_note.verify import verify_document


class Command(BaseCommand):
    help = "Kontrollerer tallene i et statusnotat, som nogen har rettet i Word eller LibreOffice."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FIL.docx", help="notatet")
        parser.add_argument("--json", action="store_true", help="skriv resultatet som JSON og intet andet")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            content = Path(options["file"]).read_bytes()
            report = verify_document(content, NoteVersion.objects.all(), timezone.now())
        except OSError as failed:
            raise CommandError(f"Filen {options['file']} kan ikke læses: {failed.strerror}.") from failed
        except FileRefused as refused:
            raise CommandError(str(refused)) from refused
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json(), ensure_ascii=False))
        else:
            lines = [f"{one.sentence} Der stod {one.was}, nu står der {one.now}." for one in report.changed]
            lines += [f"Slettet: {one.sentence} Der stod {one.was}." for one in report.removed]
            lines += [f"Skrevet i hånden: {one.text} (»{one.around}«)." for one in report.untagged]
            lines += [f"Forældet: {one.sentence} Der står {one.was}, nu er det {one.now}." for one in report.stale]
            self.stdout.write("\n".join([report.verdict, *lines]))
        if not report.ok:
            sys.exit(1)
