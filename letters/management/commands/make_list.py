"""Command that writes a sample list as KIT has it: `manage.py make_list --letters 3400 --seed 2019 LISTE.xlsx`."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from letters.incidents import incident_named
from letters.samples import COLUMNS, FIRST_DAY, FULL_SIZE, MAIL_OUT_DAY, SEED, make_rows
from sepo_incident.core import danish, spreadsheets

MAX_LETTERS = 1_000_000
WIDTHS = (14, 18, 24, 24, 24, 24, 38, 30, 30, 26, 14, 28, 48)


class Command(BaseCommand):
    help = "Skriver en troværdig liste over breve, der ikke kom frem. Samme frø giver samme fil."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FIL", help="slutter på .xlsx eller .csv")
        parser.add_argument("--letters", type=int, default=FULL_SIZE, help="antal breve (3400)")
        parser.add_argument("--seed", type=int, default=SEED, help="frø (2019)")
        when = parser.add_mutually_exclusive_group()
        when.add_argument(
            "--shift-to",
            type=date.fromisoformat,
            metavar="ÅÅÅÅ-MM-DD",
            help="flyt datoerne, så beskederne sendes den dag",
        )
        when.add_argument("--incident", metavar="KORTNAVN", help="flyt datoerne ind i den hændelses periode")

    def handle(self, *args: Any, file: Path, letters: int, seed: int, **options: Any) -> None:
        if not 1 <= letters <= MAX_LETTERS:
            raise CommandError(
                f"Der skal være fra 1 til {danish.number(MAX_LETTERS)} breve på listen, ikke {danish.number(letters)}."
            )
        mail_out_day, shift = options["shift_to"], timedelta()
        if options["incident"]:
            shift = incident_named(options["incident"]).first_day - FIRST_DAY
        elif mail_out_day:
            shift = mail_out_day - MAIL_OUT_DAY
        rows = make_rows(letters, seed, shift)
        match file.suffix.lower():
            case ".csv":
                content = spreadsheets.build_csv(COLUMNS, rows)
            case ".xlsx":
                content = spreadsheets.build_xlsx(COLUMNS, rows, "Breve uden kvittering", WIDTHS)
            case _:
                raise CommandError(f"Filen skal slutte på .xlsx eller .csv, ikke »{file.suffix}«.")
        try:
            file.write_bytes(content)
        except OSError as problem:
            raise CommandError(f"Filen »{file}« kan ikke skrives. Kontrollér navnet og mappen.") from problem
        self.stdout.write(f"{file.name}: {danish.count(len(rows), 'brev', 'breve')}.")
