"""Child processes that die with their parent, and a search for orphans."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from pwd import struct_passwd
from typing import IO, Any

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def spawn(
    command: list[str],
    *,
    dies_with: signal.Signals,
    account: struct_passwd | None = None,
    env: Mapping[str, str] | None = None,
    output: IO[bytes] | int | None = None,
    folder: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start a child in a new session; the kernel sends `dies_with` to the child when this process ends.

    In a session of its own the child does not get a Ctrl-C from the terminal. Call from the main thread: for the
    kernel the parent is the thread that forked.
    """
    parent = os.getpid()

    def set_death_signal() -> None:  # runs just before exec, because changing the user clears the signal
        if _libc.prctl(PR_SET_PDEATHSIG, int(dies_with), 0, 0, 0) != 0 or os.getppid() != parent:
            os._exit(127)  # the parent ended before prctl()

    change: dict[str, Any] = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output is not None else None,
        env=env,
        cwd=folder,
        start_new_session=True,
        preexec_fn=set_death_signal,
        **change,
    )


def stop_process(process: subprocess.Popen[bytes], wanted: signal.Signals, seconds: float) -> None:
    """Send `wanted`, and SIGKILL if the process still runs `seconds` later."""
    process.send_signal(wanted)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def pids_working_in(folder: Path) -> list[int]:
    """Return the ids of the processes whose working directory is `folder`.

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


def wait_until(condition: Callable[[], bool], seconds: float, pause: float = 0.02) -> bool:
    """Call `condition` until the result is true or `seconds` have passed; return the last result."""
    end = time.monotonic() + seconds
    while not (answer := condition()) and time.monotonic() < end:
        time.sleep(pause)
    return answer
