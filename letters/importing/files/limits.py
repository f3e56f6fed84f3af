"""What the child may use. Set before anything foreign is parsed: a 3.6 kB file can ask for 512 GiB.

Why a file is not read, in Danish sentences that say what to do.
"""

import resource
from collections.abc import Sequence

MEMORY_BYTES = 928 * 1024**2  # with the 90 MiB of its parent, `read_list` stays below the GiB that it promises
CPU_SECONDS = 90
MAX_STDERR_BYTES = 64 * 1024  # all it may write to a file: what went wrong, on stderr
OUT_OF_MEMORY = 75  # exit code
MAX_ROWS = 1_048_576
MAX_COLUMNS = 200
MAX_SHEETS = 255
MAX_CELL_LENGTH = 5000  # characters; what is longer than its field is reported by rows.py


def apply_limits() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_STDERR_BYTES, MAX_STDERR_BYTES))


BROKEN = "Filen er beskadiget og kan ikke læses. Åbn den i Excel, gem den igen som .xlsx, og prøv igen."
LOCKED = "Filen er låst med en adgangskode. Fjern adgangskoden i Excel, gem filen, og vælg den igen."
EMPTY = "Arket er tomt. Kontrollér, at listen står i filen, gem den, og vælg den igen."
NO_HEADERS = (
    "Vi kan ikke finde rækken med overskrifter. Øverst på listen skal der stå Brev-id, Sendt, Afsenders e-mail, "
    "Enhed og Emne. Tilføj overskrifterne, og prøv igen."
)
NO_ROWS = (
    "Der står ingen breve under overskrifterne. Kontrollér, at det er den rigtige liste, og at alle rækker er med."
)
MANY_ROWS = "Listen har flere rækker, end et ark i Excel kan have. Del den i flere filer."
MERGED_AND_LONG = (
    "Listen har celler, der er flettet over flere rækker, og den er for lang til, at vi kan dele dem. "
    "Ophæv fletningen i Excel (Hjem, Flet og centrer), skriv værdien i hver række, og vælg filen igen."
)
MANY_SHEETS = "Filen har flere end 255 ark. Kopiér arket med listen over i en ny projektmappe, og vælg den."
BROKEN_TEXT = "Filen kan ikke læses som csv. Ofte mangler der et anførselstegn. Åbn den i Excel, og gem den som .xlsx."


def unclosed_quote_message(row: int) -> str:
    return (
        f"I række {row} er der et anførselstegn, der ikke bliver afsluttet, så de næste rækker står i den samme celle. "
        "Fjern det, eller åbn listen i Excel, og gem den som .xlsx."
    )


class Refused(Exception):
    """Carries the Danish sentence to the parent, and the headers where the sentence is about them."""

    def __init__(self, sentence: str, headers: Sequence[str] = ()):
        super().__init__(sentence)
        self.headers = list(headers)


def missing_columns_message(labels: Sequence[str]) -> str:
    names = " og ".join(f"»{name}«" for name in labels)
    word, what = ("Kolonnen", "den") if len(labels) == 1 else ("Kolonnerne", "dem")
    return f"{word} {names} mangler på listen. Tilføj {what} med netop den overskrift, og prøv igen."
