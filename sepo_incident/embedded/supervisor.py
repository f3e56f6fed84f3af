"""Run the bundled engines, or share engines that another process runs.

The process that runs the engines is the owner. The owner holds a lock on `engines.lock`, which contains a note on the
owner; the kernel releases the lock however the owner ends.
"""

import fcntl
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import NamedTuple

from sepo_incident.embedded import paths, processes
from sepo_incident.embedded.engines import START_SECONDS, Engine, Postgres, Valkey, last_log_lines, run_engine
from sepo_incident.embedded.paths import EngineProblem

LOCK_FILE = "engines.lock"
#: Names in the data folder that the engines and the demo use.
DATA_NAMES = ("postgres", "postgres.new", "valkey", "postkasse", "beat", "half-filled")


class Owner(NamedTuple):
    """The process that runs the engines, its site and its mailbox (as in `SITE_URL` and `EMAIL_URL`; "" without)."""

    pid: int
    url: str
    mail: str

    def __str__(self) -> str:
        return f"{self.url} (proces {self.pid})" if self.url else f"proces {self.pid}"


@contextmanager
def _try_to_own(url: str = "", mail: str = "") -> Iterator[bool]:
    """Try to become the owner without waiting. Yield whether this process owns the engines."""
    path = paths.make_data_folder() / LOCK_FILE
    path.touch(mode=0o600)
    with path.open("r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        file.truncate(0)
        file.write(json.dumps(Owner(os.getpid(), url, mail)._asdict()))
        file.flush()
        yield True
        file.truncate(0)


def current_owner() -> Owner | None:
    path = paths.data_folder() / LOCK_FILE
    try:
        with path.open("r+") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return None
    except FileNotFoundError:
        return None
    except BlockingIOError:
        pass
    try:
        return Owner(**json.loads(path.read_text()))
    except (ValueError, TypeError):  # the owner has not written the note yet
        return Owner(0, "", "")


@contextmanager
def running_engines(
    *, is_durable: bool = True, is_exclusive: bool = False, url: str = "", mail: str = ""
) -> Iterator[Callable[[], None]]:
    """Provide running engines during the block: shared engines if another process runs some, otherwise own engines.

    Yield a function that raises EngineProblem if one of the own engines has ended. Shared engines stop with their
    owner.

    `is_durable`: without it the engines do not sync, for tests. `is_exclusive`: never share (the demo, the tests);
    raise EngineProblem if another process owns the engines. `url` and `mail`: addresses for the note that processes
    starting later read.
    """
    # a variable that names a server elsewhere replaces the engine
    replaced_by: dict[str, type[Engine]] = {"DATABASE_URL": Postgres, "CELERY_BROKER_URL": Valkey}
    engines = [engine(is_durable=is_durable) for name, engine in replaced_by.items() if not os.environ.get(name)]
    own: dict[Engine, subprocess.Popen[bytes]] = {}

    def refuse_ended() -> None:
        for engine, process in own.items():
            if process.poll() is not None:
                raise EngineProblem(
                    f"{engine.name} er stoppet (kode {process.returncode}), så resten stopper også. Prøv igen. "
                    + last_log_lines(engine.folder.with_suffix(".log"))
                )

    with ExitStack() as stack:
        while engines and not own:
            if stack.enter_context(_try_to_own(url, mail)):
                own.update({engine: stack.enter_context(run_engine(engine)) for engine in engines})
            elif is_exclusive:  # a short command may end
                if not processes.wait_until(lambda: current_owner() is None, seconds=3):
                    raise EngineProblem(f"Databasen bruges allerede af {current_owner()}. Stop den med: make stop")
            elif _are_answering(engines):
                break
        yield refuse_ended


def _are_answering(engines: list[Engine]) -> bool:
    """Wait until all shared engines answer; return False if their owner ends meanwhile."""
    answer = processes.wait_until(
        lambda: current_owner() is None or all(engine.is_answering() for engine in engines), START_SECONDS
    )
    if not answer:
        raise EngineProblem(f"Databasen eller køen svarer ikke. Den ejes af {current_owner()}. Stop den, og prøv igen.")
    return current_owner() is not None


def stop_owner() -> Owner | None:
    """Ask the owner to stop, wait until the owner has ended, and return the former owner (None if there was none).

    Raise EngineProblem if the owner still runs after 30 seconds.
    """
    found = current_owner()
    if found is None:
        return None
    with suppress(ProcessLookupError):
        if found.pid:
            os.kill(found.pid, signal.SIGTERM)
    if not processes.wait_until(lambda: current_owner() is None, seconds=30):
        raise EngineProblem(f"{found} stopper ikke. Prøv: kill -9 {found.pid}")
    return found


def delete_data(*, everything: bool = False) -> None:
    """Delete the data of the engines and the mailbox (RESET=1). Secrets stay, so that open browser sessions survive.

    With `everything`, delete all that we made in the data folder, and the folder itself if nothing else is left.
    """
    folder = paths.data_folder()
    if not folder.exists():
        return
    names = DATA_NAMES + (("binaries", "secrets", "*.log*", LOCK_FILE) if everything else ())
    with _try_to_own() as is_ours:
        if not is_ours:
            raise EngineProblem(f"Databasen bruges af {current_owner()}. Stop den først: make stop")
        for found in (path for name in names for path in folder.glob(name)):
            shutil.rmtree(found) if found.is_dir() else found.unlink()
    if everything:
        shutil.rmtree(paths.run_folder(), ignore_errors=True)
        with suppress(OSError):  # the folder contains other files
            folder.rmdir()
