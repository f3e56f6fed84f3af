"""One owner of the engines at a time, and a note that says who; and a door that guests hold open while they share them.

The kernel lets go however a process ends.
"""

import fcntl
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, NamedTuple

from sepo_incident.embedded.paths import data_folder, make_data_folder

LOCK_FILE, DOOR_FILE = "engines.lock", "engines.door"


class Owner(NamedTuple):
    """Who runs the engines: process id, what it does (``demo``, ``migrate`` …), since when, and where it answers.

    ``url`` is the site and ``mail`` its mailbox, as ``SITE_URL`` and ``EMAIL_URL`` have them; "" for who has none.
    """

    pid: int
    what: str
    since: str
    url: str
    mail: str

    def __str__(self) -> str:
        where = f" på {self.url}" if self.url else ""
        return f"{self.what}{where} (proces {self.pid}, startet {self.since})"


@contextmanager
def try_to_own(url: str = "", mail: str = "") -> Iterator[bool]:
    """Try to become the owner; yields whether we did. ``url`` and ``mail`` are told to those who come later."""
    path = make_data_folder() / LOCK_FILE
    path.touch(mode=0o600)
    with path.open("r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        note = Owner(os.getpid(), _command_name(), datetime.now().strftime("%d.%m.%Y kl. %H.%M"), url, mail)
        file.truncate(0)
        file.write(json.dumps(note._asdict()))
        file.flush()
        yield True
        file.truncate(0)


@contextmanager
def share_engines() -> Iterator[bool]:
    """Hold the door open while we use somebody else's engines; yields False when it is just being shut."""
    with _open_door_file() as door:
        try:
            fcntl.flock(door, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


@contextmanager
def wait_for_guests(wait: Callable[[], None]) -> Iterator[None]:
    """The owner's: everybody has left, and then nobody comes in. ``wait`` is told when somebody is there.

    Who comes while others are there is let in too, so the owner stays until there is a moment with nobody.
    """
    with _open_door_file() as door:
        try:
            fcntl.flock(door, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            wait()
            fcntl.flock(door, fcntl.LOCK_EX)
        yield


def _open_door_file() -> IO[str]:
    path = make_data_folder() / DOOR_FILE
    path.touch(mode=0o600)
    return path.open("r+")


def current_owner() -> Owner | None:
    """Who has the lock now, or None."""
    path = data_folder() / LOCK_FILE
    try:
        with path.open("r+") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return None
    except FileNotFoundError:
        return None
    except BlockingIOError:
        return _read_owner(path)


def _read_owner(path: Path) -> Owner:
    try:
        return Owner(**json.loads(path.read_text()))
    except (ValueError, TypeError):
        return Owner(0, "en anden proces", "nu", "", "")  # it has the lock and has not written its note yet


def _command_name() -> str:
    program = Path(sys.argv[0]).name or "python"
    return sys.argv[1] if program == "manage.py" and len(sys.argv) > 1 else program
