from typing import Any

from django.core.management.base import BaseCommand, CommandParser, OutputWrapper

from sepo_incident.demo import demo_mode, sample_incident

BAR_WIDTH = 30


class Command(BaseCommand):
    help = "Lægger en troværdig hændelse ind i en tom prøvedatabase. make demo gør det selv."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--letters", type=int, default=3400, help="breve i listen (3.400)")
        parser.add_argument("--day", type=int, default=0, help="arbejdsdage, siden beskederne blev sendt (0)")

    def handle(self, *args: Any, letters: int, day: int, **options: Any) -> None:
        demo_mode.refuse_outside_demo()
        sample_incident.fill_database(letters, day, ProgressLine(self.stdout))


class ProgressLine:
    """Prints the stage and the share done: one line that changes on a terminal, otherwise a line for each stage."""

    def __init__(self, output: OutputWrapper) -> None:
        self.output, self.shown = output, ""

    def __call__(self, stage: str, share: float) -> None:
        percent, is_terminal = int(100 * share), self.output.isatty()
        bar = f"[{'#' * (percent * BAR_WIDTH // 100):<{BAR_WIDTH}}] {percent:3} %"
        shown = f"{bar} {stage}" if is_terminal else stage
        if shown == self.shown:
            return
        self.shown = shown
        if is_terminal:
            self.output.write(f"\r\033[K{shown}", ending="\n" if share == 1 else "")
        else:
            self.output.write(f"{percent:3} % {stage}{'.' if share == 1 else ' …'}")
        self.output.flush()
