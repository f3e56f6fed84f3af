from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from sepo_incident import embedded


class Command(BaseCommand):
    help = "Stopper prøveudgaven eller den kommando, der har de medfølgende servere i gang."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--forget", action="store_true", help="slet også deres data")

    def handle(self, *args: Any, forget: bool, **options: Any) -> None:
        try:
            stopped = embedded.stop_owner()
            if forget:
                embedded.delete_data(everything=True)
        except embedded.EngineProblem as problem:
            raise CommandError(str(problem)) from None
        nothing = f"Intet kørte i {embedded.data_folder()}. Brug den SEPO_DATA, som prøveudgaven blev startet med."
        self.stdout.write(f"Stoppet: {stopped}." if stopped else nothing)
