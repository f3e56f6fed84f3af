"""Command that imports a list from KIT: `manage.py import_list FILE --incident KORTNAVN [--commit] [--json]`.

`--columns "Emnefelt=Emne"`, `--sheet NAVN` and `--all-sheets` answer what the page *Kolonnerne i filen*
asks.
"""

import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from letters.import_pages.columns_page import ALL_SHEETS, ColumnsForm, sheet_label
from letters.importing import batches
from letters.importing.commit import withdraw_letters
from letters.importing.files import reader, uploads
from letters.importing.files.headers import LABELS, is_known_header, normalize_header
from letters.importing.files.limits import Refused
from letters.importing.files.sheet_selection import quote_names
from letters.importing.plan import letter_comparison, new_units
from letters.incidents import add_incident_option, incident_named
from letters.models import ImportBatch
from sepo_incident.core import danish
from sepo_incident.core.forms import refuse_cpr

_FIELD_BY_LABEL = {normalize_header(label): name for name, label in LABELS.items()} | {"": ""}


@dataclass(frozen=True)
class ColumnsAnswer:
    """An answer about columns and sheets. `columns`: «HEADER=LABEL», or «HEADER=» to leave a column out."""

    columns: Sequence[str] = ()
    sheet: str = ""
    all_sheets: bool = False
    make_ids: bool = False

    def __bool__(self) -> bool:
        return bool(self.columns or self.sheet or self.all_sheets or self.make_ids)

    def apply_to(self, batch: ImportBatch) -> None:
        """Answer the question of the waiting batch. Raise CommandError on open doubts or a wrong answer.

        A column that is harmless is left out without an answer.
        """
        form = ColumnsForm(batch.found)
        doubts = len(form.questions) - sum(column.is_harmless for column in form.columns)
        if not self and (doubts or "ark" in form.fields):
            raise CommandError(_doubts_sentence(form))
        answered = ColumnsForm(batch.found, self._posted(form))
        if not answered.is_valid():
            raise CommandError("\n".join(str(error) for errors in answered.errors.values() for error in errors))
        batches.answer_columns(batch, answered.sheets, answered.mapping, by=None, is_to_remember=False)

    def _posted(self, form: ColumnsForm) -> dict[str, str]:
        posted = {f"kolonne_{number}": column.field for number, column in enumerate(form.columns)}
        for answer in self.columns:
            header, sign, label = answer.rpartition("=")
            if not sign:
                raise CommandError(f"»{answer}« kan ikke forstås. Skriv det som OVERSKRIFT=BETYDNING.")
            if normalize_header(label) not in _FIELD_BY_LABEL:
                raise CommandError(f"»{label}« er ingen betydning. Disse findes: {', '.join(LABELS.values())}.")
            for number in self._named(form, header):
                posted[f"kolonne_{number}"] = _FIELD_BY_LABEL[normalize_header(label)]
        if self.make_ids:
            posted["lav_id"] = "on"
        return posted | ({"ark": self._sheet(form)} if "ark" in form.fields else {})

    def _named(self, form: ColumnsForm, header: str) -> list[int]:
        named = [
            number
            for number, column in enumerate(form.columns)
            if normalize_header(column.header) == normalize_header(header)
        ]
        if not named:
            names = ", ".join(f"»{column.header}«" for column in form.columns)
            raise CommandError(f"Ingen kolonne hedder »{header}«. Disse findes: {names}.")
        return named

    def _sheet(self, form: ColumnsForm) -> str:
        if self.all_sheets and len(form.visible_sheets) > 1:
            return ALL_SHEETS
        if self.all_sheets or not self.sheet:
            raise CommandError(_sheets_sentence(form))
        for one in form.found:
            if one["name"].casefold() == self.sheet.casefold():
                return str(one["sheet"])
        raise CommandError(f"Intet ark hedder »{self.sheet}«. {_sheets_sentence(form)}")


def _doubts_sentence(form: ColumnsForm) -> str:
    lines = ["Intet er indlæst, for vi er i tvivl om listen."]
    lines += [f"  {words}" for _, words in form.questions]
    if doubtful := [column for column in form.columns if column.why and not column.is_harmless]:
        said = " ".join(f'"{column.header}={LABELS.get(column.field, "")}"' for column in doubtful)
        lines.append(f"Er gættet rigtigt, så kør igen med --columns {said}")
    if all(column.field != "source_ref" for column in form.columns):
        lines.append("Har listen ingen Brev-id, så kør med --make-ids")
    if "ark" in form.fields:
        lines.append(_sheets_sentence(form))
    lines.append("Eller svar på siden Indlæs liste.")
    return "\n".join(lines)


def _sheets_sentence(form: ColumnsForm) -> str:
    names = danish.join_with_and([sheet_label(one) for one in form.found])
    or_all = ", eller tag dem alle med --all-sheets" if len(form.visible_sheets) > 1 else ""
    return f"Vælg et ark med --sheet NAVN: {names}{or_all}."


Status = ImportBatch.Status
REPORTED_COUNTS = ("rows", "new", "known", "changed", "rejected", "blank")


class Command(BaseCommand):
    help = "Læser en liste over breve, der ikke kom frem, og indlæser den med --commit."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FIL")
        add_incident_option(parser)
        parser.add_argument("--commit", action="store_true", help="indlæs brevene (ellers bliver listen kun tjekket)")
        parser.add_argument("--leave-changes", action="store_true", help="behold de breve, som listen ændrer")
        parser.add_argument("--full", action="store_true", help="den fulde liste: vis de breve, den mangler")
        parser.add_argument("--withdraw", action="store_true", help="træk manglende breve uden beslutning tilbage")
        parser.add_argument("--reason", default="", metavar="TEKST", help="hvorfor brevene trækkes tilbage")
        parser.add_argument(
            "--columns", nargs="+", default=[], metavar="OVERSKRIFT=BETYDNING", help='fx "Emnefelt=Emne" "Bem.="'
        )
        sheets = parser.add_mutually_exclusive_group()
        sheets.add_argument("--sheet", default="", metavar="NAVN", help="læs dette ark")
        sheets.add_argument("--all-sheets", action="store_true", help="læs alle ark, der ikke er skjult")
        parser.add_argument("--make-ids", action="store_true", help="listen har ingen Brev-id: lav dem")
        parser.add_argument("--new-administrations", action="store_true", help="opret forvaltninger, vi ikke kender")
        parser.add_argument("--json", action="store_true", help="skriv resultatet som JSON og intet andet")

    def handle(self, *args: Any, file: Path, incident: str, commit: bool, **options: Any) -> None:
        started = time.perf_counter()
        try:
            _check_options(commit=commit, **options)
            answer = ColumnsAnswer(options["columns"], options["sheet"], options["all_sheets"], options["make_ids"])
            batch, counts, child_kib, alike = _import_file(file, incident, answer, commit=commit, **options)
            missing = _handle_missing_letters(batch, **options)
        except (Refused, CommandError) as refusal:
            if options["json"]:
                self.stdout.write(json.dumps({"error": str(refusal)}, ensure_ascii=False))
            raise CommandError(str(refusal)) from refusal
        seconds = round(time.perf_counter() - started, 2)
        if options["json"]:
            left_out = _left_out_columns(batch)
            result = {name: getattr(counts, name) for name in REPORTED_COUNTS} | {
                "seconds": seconds,
                "peak_mib": round((_peak_kib() + child_kib) / 1024, 1),
                "problems": list(_problems(batch)),
                **missing,
                **({"alike": list(map(_unit_as_json, alike))} if alike else {}),
                **({"left_out": left_out} if left_out else {}),
            }
            self.stdout.write(json.dumps(result, ensure_ascii=False))
        else:
            said = _result_sentences(batch, counts, commit, seconds), _missing_sentence(**missing)
            self.stdout.write("\n".join(filter(None, [*said, _lookalike_sentence(alike, batch)])))


def _check_options(*, commit: bool, full: bool, withdraw: bool, reason: str, **_: Any) -> None:
    if withdraw and not (commit and full and reason.strip()):
        raise CommandError('--withdraw kræver --full, --commit og --reason "…".')
    try:
        refuse_cpr(reason)
    except ValidationError as refusal:
        raise CommandError(refusal.messages[0]) from refusal


def _handle_missing_letters(batch: ImportBatch, *, full: bool, withdraw: bool, reason: str, **_: Any) -> dict[str, Any]:
    """Return `{missing: [Brev-id, …], withdrawn: number}` for a full list, else `{}`."""
    if not full or not withdraw_letters.mark_as_full_list(batch, is_full=True):
        return {}
    batch.refresh_from_db()
    named = list(withdraw_letters.missing_letters(batch).order_by("source_ref").values_list("source_ref", flat=True))
    return {
        "missing": named,
        "withdrawn": withdraw_letters.withdraw_missing_letters(batch, reason, by=None) if withdraw else 0,
    }


def _missing_sentence(missing: Sequence[str] = (), withdrawn: int = 0) -> str:
    if not missing:
        return ""
    named = "\n".join(f"    {source_ref}" for source_ref in missing)
    return (
        f"  {danish.count(len(missing), 'brev', 'breve')} fra ældre lister mangler på denne, "
        f"og {danish.number(withdrawn)} er trukket tilbage:\n{named}"
    )


def _import_file(
    file: Path,
    slug: str,
    answer: ColumnsAnswer,
    *,
    commit: bool,
    leave_changes: bool,
    new_administrations: bool,
    **_: Any,
) -> tuple[ImportBatch, letter_comparison.RowCounts, int, list[new_units.NewUnit]]:
    """Return (batch, counts, peak memory of the child process in KiB, new units that look like other units).

    Counts and units are relative to the letters and units before the call.
    """
    incident = incident_named(slug)
    try:
        with file.open("rb") as content:
            batch, is_to_read = uploads.receive_file(incident, file.name, content, by=None, is_to_ask=bool(answer))
    except OSError as problem:
        raise reader.cannot_open(file) from problem
    child_kib = batches.read_batch(batch.pk) if is_to_read else 0
    batch.refresh_from_db()
    if batch.status == Status.ASKING:
        answer.apply_to(batch)
        child_kib = batches.read_batch(batch.pk)
        batch.refresh_from_db()
    if batch.status == Status.FAILED:
        raise Refused(batch.refusal)
    if batch.status == Status.COMMITTED:
        return batch, letter_comparison.count_against_letters_now(batch), child_kib, []
    units = new_units.find_new_units(batch)
    alike = [unit for unit in units.with_candidates if unit.will_be_created]
    if commit and units.administrations and not new_administrations:
        raise CommandError(_administrations_sentence(units.administrations))
    change_policy = ImportBatch.ChangePolicy.NONE if leave_changes else ImportBatch.ChangePolicy.ALL
    if commit and batches.request_commit(batch, by=None, change_policy=change_policy):
        batches.commit_batch(batch.pk)
        batch.refresh_from_db()
    return batch, letter_comparison.count_rows(batch), child_kib, alike


def _administrations_sentence(administrations: Sequence[new_units.NewUnit]) -> str:
    named = "\n".join(
        f"  »{unit.name}«. Nærmeste navne: {unit.nearest_names or 'kender vi ikke'}." for unit in administrations
    )
    return (
        f"Intet er indlæst, for listen har forvaltninger, vi ikke kender:\n{named}\n"
        "Ret dem på listen, svar på siden Tjek listen, eller kør igen med --new-administrations."
    )


def _unit_as_json(unit: new_units.NewUnit) -> dict[str, Any]:
    return {"name": unit.name, "where": unit.where, "like": [candidate.name for candidate in unit.candidates]}


def _lookalike_sentence(alike: Sequence[new_units.NewUnit], batch: ImportBatch) -> str:
    if not alike:
        return ""
    named = "\n".join(f"    »{unit.name}« ligner {unit.nearest_names}" for unit in alike)
    counted = f"{danish.count(len(alike), 'ny enhed', 'nye enheder')} ligner andre"
    if batch.status == Status.COMMITTED:
        return f"  {counted} og er oprettet:\n{named}"
    return f"  {counted}. Svar på listens side, hvis de ikke skal oprettes:\n{named}"


def _left_out_columns(batch: ImportBatch) -> list[str]:
    """Return the headers that we do not know, and whose columns are not imported."""
    return [header for header, field in batch.mapping if not field and header and not is_known_header(header)]


def _problems(batch: ImportBatch) -> Any:
    for sheet, row, problems in batch.rows.exclude(problems=[]).values_list("sheet", "row", "problems"):
        where = {"sheet": batch.sheet_names[sheet]} if batch.sheet_names else {}
        for problem in problems:
            yield where | {"row": row} | {name: problem[name] for name in ("column", "value", "message")}


def _result_sentences(
    batch: ImportBatch, counts: letter_comparison.RowCounts, is_to_commit: bool, seconds: float
) -> str:
    lines = [
        f"{batch.filename}: {danish.count(counts.rows, 'række', 'rækker')} med indhold.",
        f"  {danish.number(counts.new)} nye, {danish.number(counts.changed)} ændrede, "
        f"{danish.number(counts.known)} kendte, {danish.number(counts.rejected)} afviste.",
    ]
    if left_out := _left_out_columns(batch):
        lines.append(f"  Ikke taget med: {quote_names(left_out)}.")
    if batch.status == Status.COMMITTED and not counts.coming and is_to_commit:
        lines.append(f"  Intet er ændret. {_why_nothing_changed(counts)}")
    elif batch.status == Status.COMMITTED:
        lines.append(f"  Indlæst på {str(seconds).replace('.', ',')} sekunder.")
    elif counts.coming:
        lines.append("  Intet er gemt endnu. Kør igen med --commit for at indlæse.")
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


def _peak_kib() -> int:
    match = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(match[1]) if match else 0
