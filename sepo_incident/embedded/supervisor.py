"""Start and stop the bundled engines, or share engines that another process runs."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path

from sepo_incident.embedded import owner_lock, paths, processes
from sepo_incident.embedded.engines import Engine, Postgres, Valkey
from sepo_incident.embedded.paths import EngineProblem

START_SECONDS = 60  # a database that was killed replays its log first
STOP_SECONDS = 15
LOG_LINES = 12  # shown of the log of an engine that did not start
#: Names in the data folder that the engines and the demo use.
DATA_NAMES = ("postgres", "postgres.new", "valkey", "postkasse", "beat", "half-filled")


def bundled_engines(*, is_durable: bool = True) -> list[Engine]:
    """Return the engines to run: each engine that no environment variable replaces by a server elsewhere."""
    engines = {"DATABASE_URL": Postgres, "CELERY_BROKER_URL": Valkey}
    return [engine(is_durable=is_durable) for variable, engine in engines.items() if not os.environ.get(variable)]


@contextmanager
def running_engines(
    *, is_durable: bool = True, is_exclusive: bool = False, url: str = "", mail: str = ""
) -> Iterator[Callable[[], None]]:
    """Provide running engines during the block: shared engines if another process runs some, otherwise own engines.

    Yield a function that raises EngineProblem if one of the own engines has ended.

    `is_exclusive`: never share (the demo, the tests); raise EngineProblem if another process owns the engines.
    `url` and `mail`: addresses for the note that processes starting later read.
    """
    engines = bundled_engines(is_durable=is_durable)
    own: dict[Engine, subprocess.Popen[bytes]] = {}
    with ExitStack() as stack:
        while engines:
            if stack.enter_context(owner_lock.try_to_own(url, mail)):
                own = stack.enter_context(_run_own_engines(engines, is_exclusive=is_exclusive))
                break
            if is_exclusive:
                _wait_for_lock()
            elif _share_others_engines(stack, engines):
                break
        yield partial(_refuse_ended, own)


def _refuse_ended(running: dict[Engine, subprocess.Popen[bytes]]) -> None:
    for engine, process in running.items():
        if process.poll() is not None:
            raise EngineProblem(
                f"{engine.name} er stoppet (kode {process.returncode}), så resten stopper også. Prøv igen. "
                + _last_log_lines(engine)
            )


@contextmanager
def _run_own_engines(wanted: list[Engine], *, is_exclusive: bool) -> Iterator[dict[Engine, subprocess.Popen[bytes]]]:
    """Run own engines during the block; afterwards wait until the last guest has left.

    The demo, the tests (`is_exclusive`) and a Ctrl-C do not wait for guests.
    """
    with ExitStack() as stack:
        servers = stack.enter_context(ExitStack())
        running = {engine: servers.enter_context(run_engine(engine)) for engine in wanted}
        try:
            yield running
        finally:
            if not is_exclusive and not isinstance(sys.exception(), KeyboardInterrupt):
                stack.enter_context(owner_lock.wait_for_guests())
                servers.close()  # stop before new guests can enter


def _share_others_engines(stack: ExitStack, wanted: list[Engine]) -> bool:
    """Share running engines until `stack` closes.

    Return False if the owner ended meanwhile, so that the caller can become the owner.
    """
    with ExitStack() as here:
        if here.enter_context(owner_lock.share_engines()) and _are_shared(wanted):
            stack.enter_context(here.pop_all())
            return True
    processes.wait_until(lambda: owner_lock.current_owner() is None, STOP_SECONDS)
    return False


def _wait_for_lock() -> None:
    """Wait 3 seconds for a short command to end, then raise EngineProblem that names the owner."""
    if not processes.wait_until(lambda: owner_lock.current_owner() is None, seconds=3):
        raise EngineProblem(
            f"Databasen bruges allerede af {owner_lock.current_owner() or 'en anden proces'}. Stop den med: make stop"
        )


def _are_shared(wanted: list[Engine]) -> bool:
    """Return True when all engines answer, False if the owner ended meanwhile.

    Raise EngineProblem if an engine does not answer within `START_SECONDS`.
    """
    processes.wait_until(
        lambda: all(e.is_answering() for e in wanted) or owner_lock.current_owner() is None, seconds=START_SECONDS
    )
    if owner_lock.current_owner() is None:
        return False
    silent = [engine.name for engine in wanted if not engine.is_answering()]
    if silent:
        raise EngineProblem(
            f"{' og '.join(silent)} svarer ikke. Den ejes af {owner_lock.current_owner()}. Stop den, og prøv igen."
        )
    return True


@contextmanager
def run_engine(engine: Engine) -> Iterator[subprocess.Popen[bytes]]:
    """Run one engine during the block, without taking the owner lock."""
    _stop_leftover_servers(engine)
    engine.prepare()
    with _new_log(engine).open("ab") as output:
        process = processes.spawn(
            engine.command(),
            dies_with=engine.dies_with,
            account=paths.server_account(),
            env=engine.environment,
            output=output,
            folder=engine.folder,
        )
    try:
        processes.wait_until(lambda: process.poll() is not None or engine.is_answering(), seconds=START_SECONDS)
        if process.poll() is not None or not engine.is_answering():
            raise EngineProblem(f"{engine.name} startede ikke. {_last_log_lines(engine)}")
        engine.finish_start()
        yield process
    finally:
        with _second_signal_kills(process):
            processes.stop_process(process, engine.stop_steps)


def _stop_leftover_servers(engine: Engine) -> None:
    """Wait for servers of a killed owner to end, then signal remaining servers.

    Raise EngineProblem if a server survives SIGKILL.
    """
    for wanted in (None, *(step for step, _ in engine.stop_steps), signal.SIGKILL):
        if wanted:
            for pid in processes.pids_working_in(engine.folder):
                with suppress(ProcessLookupError):
                    os.kill(pid, wanted)
        if processes.wait_until(lambda: not processes.pids_working_in(engine.folder), STOP_SECONDS if wanted else 5):
            return
    left = ", ".join(map(str, processes.pids_working_in(engine.folder)))
    raise EngineProblem(f"En gammel {engine.name} i {engine.folder} kan ikke stoppes (proces {left}).")


@contextmanager
def _second_signal_kills(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Kill the server at once if a second Ctrl-C or SIGTERM comes while the server is being stopped."""
    before = {wanted: signal.signal(wanted, lambda *_: process.kill()) for wanted in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for wanted, handler in before.items():
            signal.signal(wanted, handler)


def _log_file(engine: Engine) -> Path:
    return paths.make_data_folder() / f"{engine.folder.name}.log"


def _new_log(engine: Engine) -> Path:
    """Return the path of a new log file; the log of the preceding run is kept as `.log.1`."""
    log = _log_file(engine)
    if log.exists():
        log.replace(log.with_suffix(".log.1"))
    return log


def _last_log_lines(engine: Engine) -> str:
    log = _log_file(engine)
    lines = log.read_text(errors="replace").splitlines()[-LOG_LINES:]
    return f"De sidste linjer i {log}:\n" + "\n".join(lines)


def stop_owner() -> owner_lock.Owner | None:
    """Ask the owner to stop, wait until the owner has ended, and return the former owner (None if there was none).

    Raise EngineProblem if the owner still runs after 30 seconds.
    """
    found = owner_lock.current_owner()
    if found is None:
        return None
    with suppress(ProcessLookupError):
        if found.pid:
            os.kill(found.pid, signal.SIGTERM)
    if not processes.wait_until(lambda: owner_lock.current_owner() is None, seconds=30):
        raise EngineProblem(f"{found} stopper ikke. Prøv: kill -9 {found.pid}")
    return found


def delete_data() -> None:
    """Delete the data of the engines and the mailbox (RESET=1). Secrets stay, so that open browser sessions survive."""
    _remove(*DATA_NAMES)


def delete_data_folder() -> None:
    """Delete everything that we created in the data folder, and the folder itself if nothing else is left."""
    _remove(
        *DATA_NAMES, "binaries", "secrets", "run", "*.log*", owner_lock.GUEST_LOCK_FILE, owner_lock.LOCK_FILE
    )  # the lock file is deleted while this process holds the lock
    folder = paths.data_folder()
    if folder.exists():
        shutil.rmtree(paths.run_folder(), ignore_errors=True)
        with suppress(OSError):  # the folder contains other files
            folder.rmdir()


def _remove(*names: str) -> None:
    if not paths.data_folder().exists():
        return
    with owner_lock.try_to_own() as is_ours:
        if not is_ours:
            raise EngineProblem(f"Databasen bruges af {owner_lock.current_owner()}. Stop den først: make stop")
        for engine in bundled_engines():
            _stop_leftover_servers(engine)
        for found in (path for name in names for path in paths.data_folder().glob(name)):
            shutil.rmtree(found) if found.is_dir() else found.unlink()
