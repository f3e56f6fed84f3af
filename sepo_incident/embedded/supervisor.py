"""Start the engines, share those that run, stop them in order."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from sepo_incident.embedded import lock, places, postgres, processes, valkey
from sepo_incident.embedded.engine import Engine
from sepo_incident.embedded.places import EngineProblem

START_SECONDS = 60  # a database that was killed reads its log first
GONE_SECONDS = 15
#: what the engines and the demo keep in the data folder
CONTENTS = ("postgres", "postgres.new", "valkey", "postkasse", "beat", "half-filled")


def bundled(*, is_durable: bool = True) -> list[Engine]:
    """The engines we bring ourselves: those that no environment variable points elsewhere."""
    chosen = []
    if not os.environ.get("DATABASE_URL"):
        chosen.append(postgres.engine(is_durable=is_durable))
    if not os.environ.get("CELERY_BROKER_URL"):
        chosen.append(valkey.engine(is_durable=is_durable))
    return chosen


@contextmanager
def engines(*, is_durable: bool = True, is_alone: bool = False, url: str = "", mail: str = "") -> Iterator[None]:
    """Engines that answer, for as long as the block lasts: those that run already, else our own.

    ``is_alone`` refuses to share (the demo, the tests). ``url`` and ``mail`` are told to whoever comes later.
    """
    wanted = bundled(is_durable=is_durable)
    with ExitStack() as stack:
        while wanted:
            if stack.enter_context(lock.held(url, mail)):
                stack.enter_context(_own(wanted, is_alone=is_alone))
                break
            if is_alone:
                _wait_for_lock()
            elif _join(stack, wanted):
                break
        yield


@contextmanager
def _own(wanted: list[Engine], *, is_alone: bool) -> Iterator[None]:
    """Our own engines. Where guests may share them, they outlive our own work until the last has left.

    A Ctrl-C means now; so does the end of the demo and of the tests, which somebody has asked for.
    """
    with ExitStack() as stack:
        servers = stack.enter_context(ExitStack())
        for engine in wanted:
            servers.enter_context(running(engine))
        try:
            yield
        finally:
            if not is_alone and not isinstance(sys.exception(), KeyboardInterrupt):
                stack.enter_context(lock.shut(_say_that_we_wait))
                servers.close()  # before the door opens again


def _say_that_we_wait() -> None:
    sys.stderr.write("En anden kommando bruger databasen og bliver ventet på. Ctrl-C stopper den under begge.\n")


def _join(stack: ExitStack, wanted: list[Engine]) -> bool:
    """Share those that run; False when they ended meanwhile, and it is our turn to start them."""
    with ExitStack() as here:
        if here.enter_context(lock.visit()) and _are_shared(wanted):
            stack.enter_context(here.pop_all())
            return True
    processes.wait_until(lambda: lock.holder() is None, GONE_SECONDS)
    return False


def _wait_for_lock() -> None:
    """A short command may just be ending; anything longer is refused with the name of who has it."""
    if not processes.wait_until(lambda: lock.holder() is None, seconds=3):
        raise EngineProblem(
            f"Databasen bruges allerede af {lock.holder() or 'en anden proces'}. "
            "Stop den med Ctrl-C der, hvor den kører, eller med: make stop"
        )


def _are_shared(wanted: list[Engine]) -> bool:
    """True when all answer; False when their owner ended meanwhile, and it is our turn to start them."""
    processes.wait_until(lambda: all(e.answers() for e in wanted) or lock.holder() is None, seconds=START_SECONDS)
    if lock.holder() is None:
        return False
    silent = [engine.name for engine in wanted if not engine.answers()]
    if silent:
        raise EngineProblem(f"{' og '.join(silent)} svarer ikke. Den ejes af {lock.holder()}. Stop den, og prøv igen.")
    return True


@contextmanager
def running(engine: Engine) -> Iterator[subprocess.Popen[bytes]]:
    """One engine by itself, as long as the block lasts; nobody else is told, and nobody is asked."""
    _see_off(engine)
    engine.prepare()
    log = _log_file(engine)
    with log.open("ab") as output:
        process = processes.spawn(
            engine.command(),
            dies_with=engine.dies_with,
            account=places.account(),
            env=engine.environment,
            output=output,
            folder=engine.folder,
        )
    try:
        processes.wait_until(lambda: process.poll() is not None or engine.answers(), seconds=START_SECONDS)
        if process.poll() is not None or not engine.answers():
            raise EngineProblem(f"{engine.name} ville ikke starte. Det sidste, den skrev ({log}):\n{_tail(log)}")
        engine.finish()
        yield process
    finally:
        with _second_signal_kills(process):
            processes.stop(process, engine.stop_steps)


def _see_off(engine: Engine) -> None:
    """Servers of an owner that was killed are on their way out; wait for them, and help those that are not."""
    for wanted in (None, *(step for step, _ in engine.stop_steps), signal.SIGKILL):
        for pid in processes.living_in(engine.folder) if wanted else ():
            _signal(pid, wanted)
        if processes.wait_until(lambda: not processes.living_in(engine.folder), GONE_SECONDS if wanted else 5):
            return
    left = ", ".join(map(str, processes.living_in(engine.folder)))
    raise EngineProblem(f"En gammel {engine.name} i {engine.folder} lader sig ikke stoppe (proces {left}).")


def _signal(pid: int, wanted: signal.Signals | None) -> None:
    if wanted is not None:
        try:
            os.kill(pid, wanted)
        except ProcessLookupError:
            return


@contextmanager
def _second_signal_kills(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """While a server is being stopped, another Ctrl-C or SIGTERM means now."""
    before = {wanted: signal.signal(wanted, lambda *_: process.kill()) for wanted in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for wanted, handler in before.items():
            signal.signal(wanted, handler)


def _log_file(engine: Engine) -> Path:
    """This run's log; the one before is kept beside it."""
    log = places.made_data_folder() / f"{engine.folder.name}.log"
    if log.exists():
        log.replace(log.with_suffix(".log.1"))
    return log


def _tail(log: Path, lines: int = 12) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def stop_holder(seconds: float = 30) -> lock.Holder | None:
    """Ask whoever runs the engines to stop, and wait until it has. Answers who it was."""
    found = lock.holder()
    if found is None:
        return None
    _signal(found.pid, signal.SIGTERM) if found.pid else None
    if not processes.wait_until(lambda: lock.holder() is None, seconds):
        raise EngineProblem(f"{found} stopper ikke. Prøv: kill -9 {found.pid}")
    return found


def reset() -> None:
    """Forget everything the engines and the mailbox hold (RESET=1). Secrets stay, so open browser tabs do not break."""
    _remove(*CONTENTS)


def forget() -> None:
    """Remove all that we ever made in the data folder, and the folder itself where nothing else lies in it."""
    _remove(*CONTENTS, "binaries", "secrets", "run", "*.log*", lock.DOOR, lock.FILE)  # the lock itself while we have it
    folder = places.data_folder()
    if folder.exists():
        shutil.rmtree(places.run_folder(), ignore_errors=True)
        with suppress(OSError):  # somebody else keeps something there
            folder.rmdir()


def _remove(*names: str) -> None:
    if not places.data_folder().exists():
        return
    with lock.held() as is_ours:
        if not is_ours:
            raise EngineProblem(f"Databasen bruges af {lock.holder()}. Stop den først: make stop")
        for engine in bundled():
            _see_off(engine)
        for found in (path for name in names for path in places.data_folder().glob(name)):
            shutil.rmtree(found) if found.is_dir() else found.unlink()
