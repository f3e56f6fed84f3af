"""What the child may use. Set before anything foreign is parsed: a 3.6 kB file can ask for 512 GiB."""

import resource

MEMORY_BYTES = 928 * 1024**2  # with the 90 MiB of its parent, `read_list` stays below the GiB that it promises
CPU_SECONDS = 90
COMPLAINT_BYTES = 64 * 1024  # all it may write to a file: what went wrong, on stderr
OUT_OF_MEMORY = 75  # exit code
MAX_ROWS = 1_048_576
MAX_COLUMNS = 200
MAX_SHEETS = 255
MAX_CELL = 5000  # characters; what is longer than its field is reported by rows.py


def apply() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (COMPLAINT_BYTES, COMPLAINT_BYTES))
