"""Command that imports a list from KIT: `manage.py import_list FILE --incident KORTNAVN [--commit] [--json]`.

A list in doubt waits for an answer on the page *Kolonnerne i filen* or *Tjek listen*.
"""

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from letters.import_pages.columns_page import ColumnsForm, sheet_label
from letters.importing import batches
from letters.importing.files import reader, uploads
from letters.importing.files.headers import is_known_header
from letters.importing.files.limits import Refused
from letters.importing.files.parser.child_process import peak_kib
from letters.importing.files.sheet_selection import quote_names
from letters.importing.plan import letter_comparison, new_units
from letters.incidents import add_incident_option, incident_named
from letters.models import ImportBatch
from sepo_incident.core import danish

Status = ImportBatch.Status
REPORTED_COUNTS = ("rows", "new", "known", "changed", "rejected", "blank")


class Command(BaseCommand):
    help = "Læser en liste over breve, der ikke kom frem, og indlæser den med --commit."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FIL")
        add_incident_option(parser)
        parser.add_argument("--commit", action="store_true", help="indlæs brevene (ellers bliver listen kun tjekket)")
        parser.add_argument("--json", action="store_true", help="skriv resultatet som JSON og intet andet")

    def handle(self, *args: Any, file: Path, incident: str, commit: bool, **options: Any) -> None:
        started = time.perf_counter()
        try:
            batch, counts, child_kib, alike = _import_file(file, incident, commit=commit)
        except (Refused, CommandError) as refusal:
            if options["json"]:
                self.stdout.write(json.dumps({"error": str(refusal)}, ensure_ascii=False))
            raise CommandError(str(refusal)) from refusal
        seconds = round(time.perf_counter() - started, 2)
        # unknown columns that are not imported
        left_out = [header for header, field in batch.mapping if not field and header and not is_known_header(header)]
        if options["json"]:
            similar = [
                {"name": unit.name, "where": unit.where, "like": [one.name for one in unit.candidates]}
                for unit in alike
            ]
            result = {name: getattr(counts, name) for name in REPORTED_COUNTS} | {
                "seconds": seconds,
                "peak_mib": round((peak_kib() + child_kib) / 1024, 1),
                "problems": list(_problems(batch)),
                **({"alike": similar} if alike else {}),
                **({"left_out": left_out} if left_out else {}),
            }
            self.stdout.write(json.dumps(result, ensure_ascii=False))
        else:
            said = _result_sentences(batch, counts, commit, seconds, left_out)
            self.stdout.write("\n".join(filter(None, [said, _lookalike_sentence(alike, batch)])))


def _import_file(
    file: Path, slug: str, *, commit: bool
) -> tuple[ImportBatch, letter_comparison.RowCounts, int, list[new_units.NewUnit]]:
    """Return (batch, counts, peak memory of the child process in KiB, new units that look like other units).

    Counts and units are relative to the letters and units before the call.
    """
    incident = incident_named(slug)
    try:
        with file.open("rb") as content:
            batch, is_to_read = uploads.receive_file(incident, file.name, content, by=None)
    except OSError as problem:
        raise reader.cannot_open(file) from problem
    child_kib = batches.read_batch(batch.pk) if is_to_read else 0
    batch.refresh_from_db()
    if batch.status == Status.ASKING:
        _leave_out_harmless_columns(batch)
        child_kib = batches.read_batch(batch.pk)
        batch.refresh_from_db()
    if batch.status == Status.FAILED:
        raise Refused(batch.refusal)
    if batch.status == Status.COMMITTED:
        return batch, letter_comparison.count_against_letters_now(batch), child_kib, []
    units = new_units.find_new_units(batch)
    alike = [unit for unit in units.with_candidates if unit.will_be_created]
    if commit and units.administrations:
        raise CommandError(_administrations_sentence(units.administrations))
    if commit and batches.request_commit(batch, by=None):
        batches.commit_batch(batch.pk)
        batch.refresh_from_db()
    return batch, letter_comparison.count_rows(batch), child_kib, alike


def _leave_out_harmless_columns(batch: ImportBatch) -> None:
    """Answer the question of the waiting batch if harmless columns are the only doubt. Otherwise raise CommandError."""
    form = ColumnsForm(batch.found)
    if "ark" in form.fields or len(form.questions) > sum(column.is_harmless for column in form.columns):
        doubts = [f"  {words}" for _, words in form.questions]
        if "ark" in form.fields:
            doubts.append(
                f"  Flere ark har en liste: {danish.join_with_and([sheet_label(one) for one in form.found])}."
            )
        raise CommandError(
            "\n".join(["Listen er ikke indlæst, for vi er i tvivl om den.", *doubts, "Svar på siden Indlæs liste."])
        )
    guesses = {f"kolonne_{number}": column.field for number, column in enumerate(form.columns)}
    answered = ColumnsForm(batch.found, guesses)
    if not answered.is_valid():
        raise CommandError("\n".join(str(error) for errors in answered.errors.values() for error in errors))
    batches.answer_columns(batch, answered.sheets, answered.mapping)


def _administrations_sentence(administrations: Sequence[new_units.NewUnit]) -> str:
    named = "\n".join(
        f"  »{unit.name}«. Nærmeste navne: {unit.nearest_names or 'kender vi ikke'}." for unit in administrations
    )
    return (
        f"Der er ikke indlæst noget, for listen har forvaltninger, vi ikke kender:\n{named}\n"
        "Ret dem på listen, eller svar på siden Tjek listen."
    )


def _lookalike_sentence(alike: Sequence[new_units.NewUnit], batch: ImportBatch) -> str:
    if not alike:
        return ""
    named = "\n".join(f"    »{unit.name}« ligner {unit.nearest_names}" for unit in alike)
    counted = f"{danish.count(len(alike), 'ny enhed', 'nye enheder')} ligner andre"
    if batch.status == Status.COMMITTED:
        return f"  {counted} og er oprettet:\n{named}"
    return f"  {counted}. Svar på listens side, hvis de ikke skal oprettes:\n{named}"


def _problems(batch: ImportBatch) -> Any:
    for sheet, row, problems in batch.rows.exclude(problems=[]).values_list("sheet", "row", "problems"):
        where = {"sheet": batch.sheet_names[sheet]} if batch.sheet_names else {}
        for problem in problems:
            yield where | {"row": row} | {name: problem[name] for name in ("column", "value", "message")}


def _result_sentences(
    batch: ImportBatch,
    counts: letter_comparison.RowCounts,
    is_to_commit: bool,
    seconds: float,
    left_out: Sequence[str],
) -> str:
    lines = [
        f"{batch.filename}: {danish.count(counts.rows, 'række', 'rækker')} med indhold.",
        f"  {danish.number(counts.new)} nye, {danish.number(counts.changed)} ændrede, "
        f"{danish.number(counts.known)} kendte, {danish.number(counts.rejected)} afviste.",
    ]
    if left_out:
        lines.append(f"  Ikke taget med: {quote_names(left_out)}.")
    if batch.status == Status.COMMITTED and not counts.coming and is_to_commit:
        lines.append(f"  Der er ikke ændret noget. {_why_nothing_changed(counts)}")
    elif batch.status == Status.COMMITTED:
        lines.append(f"  Indlæst på {str(seconds).replace('.', ',')} sekunder.")
    elif counts.coming:
        lines.append("  Der er ikke gemt noget endnu. Kør igen med --commit for at indlæse.")
    else:
        lines.append(f"  Listen indlæser intet. {_why_nothing_changed(counts)}")
    return "\n".join(lines)


def _why_nothing_changed(counts: letter_comparison.RowCounts) -> str:
    if not counts.rejected:
        return "Brevene er kendt i forvejen."
    mend = "Ret dem i Excel, og indlæs listen igen. --json viser fejlene i hver række."
    if not counts.known:
        return f"Alle rækker er afvist. {mend}"
    return f"De andre breve er kendt i forvejen. {danish.count(counts.rejected, 'række', 'rækker')} er afvist. {mend}"
