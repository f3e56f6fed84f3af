"""Command that imports a staff file: `manage.py import_people FILE [--commit] [--json] [--left-if-missing]`.

`--json` prints `{rows, new, known, changed, left, rejected, blank, missing, seconds, problems}`, where rows = new
+ known + changed + left + rejected. `missing`: number of people who left because the file does not name them
(`--left-if-missing`). `problems`: `{row, column, value, message}`.
"""

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from letters.importing import staff_file
from letters.importing.files import reader
from letters.importing.files.limits import Refused
from sepo_incident.accounts.models import StaffImport
from sepo_incident.accounts.staff_import import staff_changes
from sepo_incident.core import danish

REPORTED_COUNTS = ("rows", "new", "known", "changed", "left", "rejected", "blank", "missing")


class Command(BaseCommand):
    help = "Læser en personalefil og viser, hvad den ændrer. Gemmer med --commit."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FIL")
        parser.add_argument("--commit", action="store_true", help="gem (ellers læses og tjekkes filen kun)")
        parser.add_argument("--json", action="store_true", help="skriv resultatet som JSON og intet andet")
        parser.add_argument(
            "--left-if-missing",
            action="store_true",
            help="filen har alle ansatte: alle andre er fratrådt",
        )

    def handle(self, *args: Any, file: Path, commit: bool, left_if_missing: bool, **options: Any) -> None:
        started = time.perf_counter()
        try:
            staff, counts, problems = _import_file(file, commit, left_if_missing)
        except Refused as refusal:
            if options["json"]:
                self.stdout.write(json.dumps({"error": str(refusal)}, ensure_ascii=False))
            raise CommandError(str(refusal)) from refusal
        seconds = round(time.perf_counter() - started, 2)
        if options["json"]:
            reported = {name: number for name, number in asdict(counts).items() if name in REPORTED_COUNTS}
            self.stdout.write(json.dumps(reported | {"seconds": seconds, "problems": problems}, ensure_ascii=False))
        else:
            self.stdout.write(_result_sentences(staff, counts, problems, commit, seconds))


@transaction.atomic
def _import_file(
    file: Path, is_to_commit: bool, is_everybody: bool
) -> tuple[StaffImport, staff_changes.VerdictCounts, list[dict[str, Any]]]:
    """Import, and roll back without `is_to_commit`, so that a file waiting on the page is not replaced."""
    try:
        with file.open("rb") as content:
            staff = staff_file.read_staff_file(content, file.name, by=None, is_everybody=is_everybody)
    except OSError as problem:
        raise reader.cannot_open(file) from problem
    counts, problems = staff_changes.count_verdicts(staff), list(_problems(staff))
    if is_to_commit:
        staff_file.save_staff_file(staff, by=None)
    else:
        transaction.set_rollback(True)
    return staff, counts, problems


def _problems(staff: StaffImport) -> Any:
    for row, problems in staff.rows.exclude(problems=[]).values_list("row", "problems"):
        for problem in problems:
            yield {"row": row, **{name: problem[name] for name in ("column", "value", "message")}}


def _result_sentences(
    staff: StaffImport,
    counts: staff_changes.VerdictCounts,
    problems: list[dict[str, Any]],
    is_saved: bool,
    seconds: float,
) -> str:
    lines = [
        f"{staff.filename}: {danish.count(counts.rows, 'række', 'rækker')} med indhold.",
        f"  {danish.number(counts.new)} nye, {danish.number(counts.changed)} ændrede, {danish.number(counts.left)} "
        f"fratrådte, {danish.number(counts.known)} kendte, {danish.number(counts.rejected)} afviste.",
    ]
    if staff.is_everybody:
        lines.append(f"  {danish.count(counts.missing, 'person', 'personer')} mangler i filen og er fratrådt.")
    if problems:
        rows = danish.count(len({one["row"] for one in problems}), "række", "rækker")
        lines.append(f"  {rows} har fejl eller mangler, fx: {problems[0]['message']} --json viser dem alle.")
    saved = f"Gemt på {str(seconds).replace('.', ',')} sekunder."
    lines.append(f"  {saved if is_saved else 'Intet er gemt endnu. Kør igen med --commit for at gemme.'}")
    return "\n".join(lines)
