"""Read KIT's list and bring its letters in: ``manage.py import_list FILE --incident KORTNAVN [--commit] [--json]``."""

import json
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from letters.importing import batches, new_units, plan, reader, withdrawing
from letters.management.answers import Answer
from letters.management.incidents import add_incident, incident_named
from letters.models import ImportBatch
from sepo_incident import cpr, danish
from sepo_incident.forms import no_cpr

Status = ImportBatch.Status
#: {name, where: the names above it, like: [name, …]}
type Alike = dict[str, Any]


class Command(BaseCommand):
    help = "Læser en liste over breve, der ikke kom frem, og indlæser den med --commit."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FIL")
        add_incident(parser)
        parser.add_argument("--commit", action="store_true", help="indlæs brevene (ellers bliver listen kun tjekket)")
        parser.add_argument("--leave-changes", action="store_true", help="lad de breve, listen ændrer, stå som de er")
        parser.add_argument("--full", action="store_true", help="den fulde liste: sig, hvilke breve den mangler")
        parser.add_argument("--withdraw", action="store_true", help="træk dem tilbage, der ikke har en beslutning")
        parser.add_argument("--reason", default="", metavar="TEKST", help="hvorfor de trækkes tilbage")
        parser.add_argument(
            "--columns", nargs="+", default=[], metavar="OVERSKRIFT=BETYDNING", help='fx "Emnefelt=Emne" "Bem.="'
        )
        sheets = parser.add_mutually_exclusive_group()
        sheets.add_argument("--sheet", default="", metavar="NAVN", help="læs dette ark")
        sheets.add_argument("--all-sheets", action="store_true", help="læs alle ark, der ikke er skjult")
        parser.add_argument("--json", action="store_true", help="skriv resultatet som JSON og intet andet")

    def handle(self, *args: Any, file: Path, incident: str, commit: bool, **options: Any) -> None:
        started = time.perf_counter()
        try:
            _must_make_sense(commit=commit, **options)
            answer = Answer(options["columns"], options["sheet"], options["all_sheets"])
            batch, counts, child_kib, alike = _import(file, incident, commit, answer, _takes(**options))
            missing = _missing(batch, **options)
        except (reader.Refused, CommandError) as refusal:
            if options["json"]:
                self.stdout.write(json.dumps({"error": str(refusal)}, ensure_ascii=False))
            raise CommandError(str(refusal)) from refusal
        seconds = round(time.perf_counter() - started, 2)
        if options["json"]:
            result = _summary(batch, counts) | {
                "seconds": seconds,
                "peak_mib": round((_peak_kib() + child_kib) / 1024, 1),
                "problems": list(_problems(batch)),
                **missing,
                **({"alike": alike} if alike else {}),
            }
            self.stdout.write(json.dumps(result, ensure_ascii=False))
        else:
            self.stdout.write(_in_words(batch, counts, commit, seconds))
            self.stdout.write(_missing_in_words(**missing))
            self.stdout.write(_alike_in_words(alike, batch))


def _must_make_sense(*, commit: bool, full: bool, withdraw: bool, reason: str, **_: Any) -> None:
    if withdraw and not (commit and full and reason.strip()):
        raise CommandError('--withdraw kræver --full, --commit og --reason "…".')
    try:
        no_cpr(reason)
    except ValidationError as refusal:
        raise CommandError(refusal.messages[0]) from refusal


def _takes(*, leave_changes: bool, **_: Any) -> ImportBatch.Take:
    return ImportBatch.Take.NONE if leave_changes else ImportBatch.Take.ALL


def _missing(batch: ImportBatch, *, full: bool, withdraw: bool, reason: str, **_: Any) -> dict[str, Any]:
    """``{missing: [Brev-id, …], withdrawn: how many}`` for a full list, else nothing."""
    if not full or not withdrawing.mark_full(batch, is_full=True):
        return {}
    batch.refresh_from_db()
    named = list(withdrawing.missing(batch).order_by("source_ref").values_list("source_ref", flat=True))
    return {"missing": named, "withdrawn": withdrawing.withdraw(batch, reason, by=None) if withdraw else 0}


def _missing_in_words(missing: Sequence[str] = (), withdrawn: int = 0) -> str:
    if not missing:
        return ""
    named = "\n".join(f"    {source_ref}" for source_ref in missing)
    return (
        f"  {danish.count(len(missing), 'brev', 'breve')} fra ældre lister står ikke på denne, "
        f"og {danish.number(withdrawn)} er trukket tilbage:\n{named}"
    )


def _import(
    file: Path, slug: str, is_to_commit: bool, answer: Answer, takes: str
) -> tuple[ImportBatch, plan.Counts, int, list[Alike]]:
    """The batch, its counts, the memory of the reading child (KiB), and the new units that look like others.

    Counts and units are told against what was here before this call.
    """
    incident = incident_named(slug)
    try:
        with file.open("rb") as content:
            batch, is_to_read = batches.receive(incident, file.name, content, by=None, is_to_ask=bool(answer))
    except OSError as problem:
        raise reader.Refused(f"Filen »{cpr.mask(str(file))}« kan ikke åbnes. Kontrollér navnet og mappen.") from problem
    child_kib = batches.read(batch.pk) if is_to_read else 0
    batch.refresh_from_db()
    if batch.status == Status.ASKING:
        answer.give(batch)
        child_kib = batches.read(batch.pk)
        batch.refresh_from_db()
    if batch.status == Status.FAILED:
        raise reader.Refused(batch.refusal)
    if batch.status == Status.COMMITTED:
        return batch, plan.count_anew(batch), child_kib, []
    alike = _alike(batch)
    if is_to_commit and batches.ask_to_commit(batch, by=None, takes=takes):
        batches.commit(batch.pk)
        batch.refresh_from_db()
    return batch, plan.count(batch), child_kib, alike


def _alike(batch: ImportBatch) -> list[Alike]:
    """The new units that look like others, and about which the check page asks."""
    return [
        {"name": unit.name, "where": unit.where, "like": [candidate.name for candidate in unit.candidates]}
        for unit in new_units.of(batch).asked
        if unit.will_be_made
    ]


def _alike_in_words(alike: Sequence[Alike], batch: ImportBatch) -> str:
    if not alike:
        return ""
    named = "\n".join(f"    »{unit['name']}« ligner »{'« og »'.join(unit['like'])}«" for unit in alike)
    counted = f"{danish.count(len(alike), 'ny enhed', 'nye enheder')} ligner andre"
    if batch.status == Status.COMMITTED:
        return f"  {counted}, og er oprettet:\n{named}"
    return f"  {counted}. Svar på listens side, hvis de ikke skal oprettes:\n{named}"


def _summary(batch: ImportBatch, counts: plan.Counts) -> dict[str, int]:
    return {name: getattr(counts, name) for name in ("rows", "new", "known", "changed", "rejected", "blank")}


def _problems(batch: ImportBatch) -> Any:
    """In the file's order; each names its sheet where several were read."""
    for sheet, row, problems in batch.rows.exclude(problems=[]).values_list("sheet", "row", "problems"):
        where = {"sheet": batch.sheet_names[sheet]} if batch.sheet_names else {}
        for problem in problems:
            yield where | {"row": row} | {name: problem[name] for name in ("column", "value", "message")}


def _in_words(batch: ImportBatch, counts: plan.Counts, is_to_commit: bool, seconds: float) -> str:
    lines = [
        f"{batch.filename}: {danish.count(counts.rows, 'række', 'rækker')} med indhold.",
        f"  {danish.number(counts.new)} nye, {danish.number(counts.changed)} ændrede, "
        f"{danish.number(counts.known)} kendte, {danish.number(counts.rejected)} afviste.",
    ]
    if batch.status == Status.COMMITTED and not counts.coming and is_to_commit:
        lines.append(f"  Intet er ændret. {_why_nothing_changed(counts)}")
    elif batch.status == Status.COMMITTED:
        lines.append(f"  Indlæst på {str(seconds).replace('.', ',')} sekunder.")
    else:
        lines.append("  Intet er gemt endnu. Kør igen med --commit for at indlæse.")
    return "\n".join(lines)


def _why_nothing_changed(counts: plan.Counts) -> str:
    if not counts.rejected:
        return "Brevene var her i forvejen."
    mend = "Ret dem i Excel, og indlæs listen igen. Med --json står der, hvad der er galt med hver række."
    if not counts.known:
        return f"Alle rækker er afvist. {mend}"
    return f"De andre breve var her i forvejen. {danish.count(counts.rejected, 'række', 'rækker')} er afvist. {mend}"


def _peak_kib() -> int:
    """The most memory this process has used."""
    match = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(match[1]) if match else 0
