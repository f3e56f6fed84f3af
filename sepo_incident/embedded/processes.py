"""Child processes that die with their parent, a search for orphans, and the description of an engine."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from sepo_incident.embedded.paths import Account

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def spawn(
    command: list[str],
    *,
    dies_with: signal.Signals,
    account: Account | None = None,
    env: Mapping[str, str] | None = None,
    output: IO[bytes] | int | None = None,
    folder: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start a child in a new session; the kernel sends ``dies_with`` to the child when this process ends.

    In a session of its own the child does not get a Ctrl-C from the terminal. Call from the main thread: for the
    kernel the parent is the thread that forked.
    """
    change: dict[str, Any] = {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output is not None else None,
        env=env,
        cwd=folder,
        start_new_session=True,
        preexec_fn=_set_parent_death_signal(os.getpid(), dies_with),
        **change,
    )


def die_with_parent(death_signal: signal.Signals) -> None:
    """Ask the kernel for the signal ``wanted`` when the parent ends.

    Used under `make`: after a kill -9 `make` cannot pass on a signal.
    """
    _libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)


def _set_parent_death_signal(parent: int, wanted: signal.Signals) -> Callable[[], None]:
    """Return a function for the child to run just before exec.

    Changing the user clears the parent death signal, so the signal is set after the change.
    """

    def in_child() -> None:
        if _libc.prctl(PR_SET_PDEATHSIG, int(wanted), 0, 0, 0) != 0 or os.getppid() != parent:
            os._exit(127)  # the parent ended before prctl()

    return in_child


def stop_process(process: subprocess.Popen[bytes], steps: Iterable[tuple[signal.Signals, float]]) -> None:
    """Send each signal in turn and wait that many seconds, until the process has ended; finally send SIGKILL."""
    for wanted, seconds in steps:
        if process.poll() is not None:
            return
        process.send_signal(wanted)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            continue
    process.kill()
    process.wait()


def pids_working_in(folder: Path) -> list[int]:
    """Return the ids of the processes whose working directory is ``folder``.

    PostgreSQL and Valkey both change to the data folder of the engine.
    """
    return sorted(
        int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and _works_in(entry, folder)
    )


def _works_in(entry: Path, folder: Path) -> bool:
    try:
        return (entry / "cwd").readlink() == folder
    except (FileNotFoundError, PermissionError, ProcessLookupError):
        return False  # the process ended meanwhile or belongs to another user


def child_pids(parent: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def is_alive(pid: int) -> bool:
    """Return whether the process runs. A zombie does not count as running."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_until(condition: Callable[[], bool], seconds: float, pause: float = 0.02) -> bool:
    """Call ``is_so`` until the result is true or ``seconds`` have passed; return the last result."""
    end = time.monotonic() + seconds
    while not (answer := condition()) and time.monotonic() < end:
        time.sleep(pause)
    return answer


@dataclass(frozen=True)
class Engine:
    """Description of a bundled server for the supervisor.

    ``prepare`` runs before the start, ``answers`` tells whether the server accepts connections, ``finish`` runs when
    the server answers. ``dies_with``: signal when the parent ends. ``stop_steps``: signals for stopping, each with
    the seconds to wait.
    """

    name: str
    folder: Path
    prepare: Callable[[], None]
    command: Callable[[], list[str]]
    environment: Mapping[str, str]
    answers: Callable[[], bool]
    after_start: Callable[[], None]
    dies_with: signal.Signals
    stop_steps: tuple[tuple[signal.Signals, float], ...]
