"""Child processes that die with their parent, and a look for those that did not.

What the supervisor has to know about a server.
"""

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
    """Start a child in a session of its own (a Ctrl-C is ours to pass on) that gets ``dies_with`` when we are gone.

    Call it from the main thread: the kernel counts the *thread* that forked as the parent.
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


def die_with_parent(wanted: signal.Signals) -> None:
    """Get ``wanted`` when whoever started us is gone: `make`, which a kill -9 gives no time to pass anything on."""
    _libc.prctl(PR_SET_PDEATHSIG, int(wanted), 0, 0, 0)


def _set_parent_death_signal(parent: int, wanted: signal.Signals) -> Callable[[], None]:
    """Runs in the child just before exec, thus after the change of user, which would have cleared the wish."""

    def in_child() -> None:
        if _libc.prctl(PR_SET_PDEATHSIG, int(wanted), 0, 0, 0) != 0 or os.getppid() != parent:
            os._exit(127)  # the parent was gone before we could ask

    return in_child


def stop_process(process: subprocess.Popen[bytes], steps: Iterable[tuple[signal.Signals, float]]) -> None:
    """Send each signal in turn and wait its seconds, until the process has ended."""
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
    """Ids of the processes whose working folder is ``folder``: both engines go and stand in their own."""
    return sorted(
        int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and _works_in(entry, folder)
    )


def _works_in(entry: Path, folder: Path) -> bool:
    try:
        return (entry / "cwd").readlink() == folder
    except (FileNotFoundError, PermissionError, ProcessLookupError):
        return False  # it ended while we looked, or it is somebody else's


def child_pids(parent: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def is_alive(pid: int) -> bool:
    """Running, that is: a zombie is dead."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_until(is_so: Callable[[], bool], seconds: float, pause: float = 0.02) -> bool:
    end = time.monotonic() + seconds
    while not (answer := is_so()) and time.monotonic() < end:
        time.sleep(pause)
    return answer


@dataclass(frozen=True)
class Engine:
    """One server: what to do before, which command, when it answers, and which signals stop it (with seconds)."""

    name: str
    folder: Path
    prepare: Callable[[], None]
    command: Callable[[], list[str]]
    environment: Mapping[str, str]
    answers: Callable[[], bool]
    finish: Callable[[], None]
    dies_with: signal.Signals
    stop_steps: tuple[tuple[signal.Signals, float], ...]
