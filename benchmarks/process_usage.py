"""Measure CPU time and peak memory of a process together with child processes and PostgreSQL backends.

Counted are RSS (shared libraries included) of the process and the child processes, and private memory (RssAnon) of
the backends. PostgreSQL's shared buffers, 128 MB, are not counted.
"""

import re
import threading
import time
from collections import Counter
from pathlib import Path

from django.db import connection

INTERVAL_SECONDS = 0.05  # seconds
LOOKS_PER_BACKEND_LIST = 10  # samples between two queries for the list of backends


class Watch(threading.Thread):
    """Sample memory in a thread: `with Watch(pid) as watch: …`.

    Afterwards `peak_mib` is the peak of the sum, and `parts_mib` the parts at that moment. Backends are found by
    `application_name` (PGAPPNAME), in this database: a test in another database may import at the same time.
    """

    def __init__(self, pid: int, application: str = "import") -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self._application = application
        self._is_over = threading.Event()
        self._worst: Counter[str] = Counter()

    def __enter__(self) -> "Watch":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self.join()

    @property
    def peak_mib(self) -> int:
        return self._worst.total() // 1024

    @property
    def parts_mib(self) -> dict[str, int]:
        return {name: kib // 1024 for name, kib in self._worst.items()}

    def run(self) -> None:
        looks = 0
        backends: list[int] = []
        while not self._is_over.wait(INTERVAL_SECONDS):
            if looks % LOOKS_PER_BACKEND_LIST == 0:
                backends = _backends(self._application)
            looks += 1
            begun = time.monotonic()
            now = Counter(
                python=_kib(self._pid, "VmRSS"),
                child=sum(
                    _kib(child, "VmRSS")
                    for child in descendants(self._pid)
                    if _command_line(child) != _command_line(self._pid)
                ),
                postgres=sum(_kib(backend, "RssAnon") for backend in backends),
            )
            # On a busy machine a child may end between its figure and PostgreSQL's, which are then not of one moment.
            if time.monotonic() - begun < INTERVAL_SECONDS:
                self._worst = max(self._worst, now, key=Counter.total)
        connection.close()


def _backends(application: str) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() "
            "AND datname = current_database() AND application_name = %s",
            [application],
        )
        return [pid for (pid,) in cursor.fetchall()]


def descendants(pid: int) -> list[int]:
    """Return the ids of all child processes, recursively."""
    try:
        children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []
    return children + [below for child in children for below in descendants(child)]


def _command_line(pid: int) -> bytes:
    """Return the command line, or b"" if the process has ended.

    A child that has not called exec yet has the command line, and the memory, of the parent.
    """
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def _kib(pid: int, what: str) -> int:
    """Return a figure of /proc/PID/status in KiB, or 0 if the process has ended."""
    try:
        found = re.search(rf"{what}:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return int(found[1]) if found else 0


def cpu_of(pid: int, with_ended: bool = False) -> float:
    """Return the CPU seconds of a process; `with_ended`: including ended child processes.

    Return 0 for a process that has ended: the parent's figure includes the process.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(int(ticks) for ticks in fields[11 : 15 if with_ended else 13]) / 100


def cpu_with_children(pid: int) -> float:
    """Return the CPU seconds of a process and all descendants, ended processes included."""
    return sum(cpu_of(one, with_ended=True) for one in [pid, *descendants(pid)])
