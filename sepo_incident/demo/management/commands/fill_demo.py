from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from sepo_incident.demo import sample_incident


class Command(BaseCommand):
    help = "Lægger en troværdig hændelse ind i en tom prøvedatabase. make demo gør det selv."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--letters", type=int, default=3400, help="breve i listen (3.400)")
        parser.add_argument("--day", type=int, default=0, help="arbejdsdage, siden beskederne blev sendt (0)")

    def handle(self, *args: Any, letters: int, day: int, **options: Any) -> None:
        sample_incident.fill_database(letters, day, say=partial(print, flush=True))
