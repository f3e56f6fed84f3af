"""File locks for the bundled engines: one process owns the engines, other processes (guests) share running engines.

The owner holds engines.lock, which contains a note on the owner; guests hold engines.door. The kernel releases both
locks however a process ends.
"""

import fcntl
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, NamedTuple

from sepo_incident.embedded.paths import data_folder, make_data_folder

LOCK_FILE, GUEST_LOCK_FILE = "engines.lock", "engines.door"


class Owner(NamedTuple):
    """The process that runs the engines: process id, command (`demo`, `migrate` …), start time and addresses.

    `url` is the site and `mail` the mailbox, in the form of `SITE_URL` and `EMAIL_URL`; "" without a site or
    mailbox.
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
    """Try to become the owner without waiting. Yield whether this process owns the engines.

    `url` and `mail` are written to the note for processes that start later.
    """
    path = make_data_folder() / LOCK_FILE
    path.touch(mode=0o600)
    with path.open("r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        program = Path(sys.argv[0]).name or "python"
        command = sys.argv[1] if program == "manage.py" and len(sys.argv) > 1 else program
        note = Owner(os.getpid(), command, datetime.now().strftime("%d.%m.%Y kl. %H.%M"), url, mail)
        file.truncate(0)
        file.write(json.dumps(note._asdict()))
        file.flush()
        yield True
        file.truncate(0)


@contextmanager
def share_engines() -> Iterator[bool]:
    """Hold the door open while this process uses the owner's engines. Yield False if the owner is shutting down."""
    with _open_guest_lock_file() as door:
        try:
            fcntl.flock(door, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


@contextmanager
def wait_for_guests() -> Iterator[None]:
    """Wait until all guests have left, then keep new guests out during the block. Called by the owner.

    New guests may still enter while others are present, so the owner
    waits for a moment without guests.
    """
    with _open_guest_lock_file() as door:
        try:
            fcntl.flock(door, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.stderr.write("Venter på en anden kommando, der bruger databasen. Ctrl-C stopper databasen for begge.\n")
            fcntl.flock(door, fcntl.LOCK_EX)
        yield


def _open_guest_lock_file() -> IO[str]:
    path = make_data_folder() / GUEST_LOCK_FILE
    path.touch(mode=0o600)
    return path.open("r+")


def current_owner() -> Owner | None:
    """Return the owner of the engines, or None."""
    path = data_folder() / LOCK_FILE
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
        return Owner(0, "en anden proces", "nu", "", "")
