"""Write a believable list as KIT has it: ``manage.py make_list --letters 3400 --seed 2019 LISTE.xlsx``."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from letters import exporting
from letters.samples import COLUMNS, MAIL_OUT_DAY, make_rows
from sepo_incident import danish

WIDTHS = (14, 18, 24, 24, 24, 24, 38, 30, 30, 26, 14, 28, 48)


class Command(BaseCommand):
    help = "Skriver en troværdig liste over breve, der ikke kom frem. Samme frø giver samme fil."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FIL", help="slutter på .xlsx eller .csv")
        parser.add_argument("--letters", type=int, default=3400, help="antal breve (3400)")
        parser.add_argument("--seed", type=int, default=2019, help="frø (2019)")
        parser.add_argument(
            "--shift-to",
            type=date.fromisoformat,
            metavar="ÅÅÅÅ-MM-DD",
            help="flyt datoerne, så varslerne sendes den dag",
        )

    def handle(self, *args: Any, file: Path, letters: int, seed: int, shift_to: date | None, **options: Any) -> None:
        if letters < 1:
            raise CommandError("Der skal være mindst ét brev på listen.")
        shift = (shift_to - MAIL_OUT_DAY) if shift_to else timedelta()
        rows = make_rows(letters, seed, shift)
        match file.suffix.lower():
            case ".csv":
                content = exporting.to_csv(COLUMNS, rows)
            case ".xlsx":
                content = exporting.to_xlsx(COLUMNS, rows, "Breve uden kvittering", WIDTHS)
            case _:
                raise CommandError(f"Filen skal slutte på .xlsx eller .csv, ikke »{file.suffix}«.")
        file.write_bytes(content)
        self.stdout.write(f"{file.name}: {danish.count(len(rows), 'brev', 'breve')}.")
