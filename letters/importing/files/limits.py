"""Resource limits of the child process, and Danish sentences on why a file is refused and what to do.

The limits are set before any foreign content is parsed: a file of 3.6 kB can ask for 512 GiB.
"""

import resource
from collections.abc import Sequence

MEMORY_BYTES = 928 * 1024**2  # with the 90 MiB of the parent, the command read_list stays below the promised GiB
CPU_SECONDS = 90
MAX_STDERR_BYTES = 64 * 1024  # all that the child may write to a file: errors on stderr
OUT_OF_MEMORY = 75  # exit code
MAX_ROWS = 1_048_576
MAX_COLUMNS = 200
MAX_SHEETS = 255
MAX_CELL_LENGTH = 5000  # characters; `rows.cell_rules` reports a text that is too long for the field


def apply_limits() -> None:
    """Limit memory, processor time, core dumps and file size of the current process."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_STDERR_BYTES, MAX_STDERR_BYTES))


BROKEN = "Filen er beskadiget og kan ikke læses. Åbn den i Excel, gem den igen som .xlsx, og prøv igen."
LOCKED = "Filen er låst med en adgangskode. Fjern adgangskoden i Excel, gem filen, og vælg den igen."
EMPTY = "Arket er tomt. Vælg en fil med indhold."
NO_HEADERS = (
    "Vi kan ikke finde overskrifterne. Skriv Brev-id, Sendt, Afsenders e-mail, Enhed og Emne øverst på listen, "
    "og prøv igen."
)
NO_ROWS = "Listen har ingen breve under overskrifterne. Kontrollér, at det er den rigtige liste."
MANY_ROWS = "Listen har flere rækker, end et ark i Excel kan have. Del den i flere filer."
MANY_SHEETS = "Filen har flere end 255 ark. Kopiér arket med listen til en ny projektmappe, og vælg den."
BROKEN_TEXT = "Filen kan ikke læses som csv. Ofte mangler der et anførselstegn. Åbn den i Excel, og gem den som .xlsx."

BROKEN_JSON = "Filen kan ikke læses som JSON. Den skal være en liste af objekter, eller have et objekt på hver linje."


class Refused(Exception):
    """Raised when a file is refused, with a Danish sentence, and the headers if the sentence is about headers."""

    def __init__(self, sentence: str, headers: Sequence[str] = ()):
        super().__init__(sentence)
        self.headers = list(headers)
