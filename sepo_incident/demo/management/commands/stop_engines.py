from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sepo_incident import embedded


class Command(BaseCommand):
    help = "Stopper prøveudgaven eller den kommando, der har de medfølgende servere i gang."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            stopped = embedded.stop_holder()
        except embedded.EngineProblem as problem:
            raise CommandError(str(problem)) from None
        self.stdout.write(f"Stoppet: {stopped}." if stopped else "Der kørte ikke noget.")
