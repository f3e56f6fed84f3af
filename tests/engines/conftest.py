"""Data folders that need not be made from nothing: each is made once in a run, and copied for every test that asks."""

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sepo_incident import embedded
from sepo_incident.embedded import paths

LETTERS = 200
#: of a test run; a demo or a command of its own has none of them
SETTINGS_OF_THE_TESTS = {"DJANGO_DEBUG", "CELERY_BROKER_URL", "DATABASE_URL", "EMAIL_URL"}
START_AND_STOP = """
from sepo_incident import embedded
with embedded.engines():
    pass
"""


def environment(data: Path) -> dict[str, str]:
    """For a process beside the tests, with a data folder of its own."""
    inherited = {name: value for name, value in os.environ.items() if name not in SETTINGS_OF_THE_TESTS}
    return inherited | {"SEPO_DATA": str(data)}


def copy(folder: Path, to: Path) -> None:
    """With its owners, for the servers run as somebody else. ``to`` is made if need be."""
    subprocess.run(["cp", "-a", "--reflink=auto", "-T", folder, to], check=True)


@pytest.fixture(scope="session")
def empty_engines() -> Path:
    """A data folder of engines that have run once; their database has no tables."""

    def make(draft: Path) -> None:
        run([sys.executable, "-c", START_AND_STOP], draft)

    return made_once("empty", make)


@pytest.fixture(scope="session")
def filled_demo(empty_engines) -> Path:
    """A data folder with a demo of 200 letters, whose mails have not been sent yet."""

    def make(draft: Path) -> None:
        copy(empty_engines, draft)
        run([sys.executable, "manage.py", "migrate", "-v", "0"], draft)
        run([sys.executable, "manage.py", "fill_demo", "--letters", str(LETTERS)], draft)

    return made_once("filled", make)


def run(command: list[str], data: Path) -> None:
    subprocess.run(command, env=environment(data), cwd=paths.PROJECT, check=True, capture_output=True)


def made_once(name: str, make: Callable[[Path], None]) -> Path:
    """Whichever of xdist's workers comes first makes it; it goes with the data folder of the run."""
    folder = embedded.data_folder() / f"made-{name}"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            draft = folder.with_suffix(".draft")
            make(draft)
            draft.rename(folder)
    return folder
