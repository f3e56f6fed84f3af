"""Prepared data folders: each is made once in a run and copied for every test that needs one."""

import fcntl
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sepo_incident import embedded
from sepo_incident.embedded import paths
from tests.engines.data_folders import LETTERS, copy_folder, demo_environment

START_AND_STOP = """
from sepo_incident import embedded
with embedded.running_engines():
    pass
"""


@pytest.fixture(scope="session")
def empty_engines() -> Path:
    """A data folder of engines that have run once. The database has no tables."""

    def make(draft: Path) -> None:
        run([sys.executable, "-c", START_AND_STOP], draft)

    return make_once("empty", make)


@pytest.fixture(scope="session")
def filled_demo(empty_engines) -> Path:
    """A data folder with a demo of 200 letters and unsent mails."""

    def make(draft: Path) -> None:
        copy_folder(empty_engines, draft)
        run([sys.executable, "manage.py", "migrate", "-v", "0"], draft)
        run([sys.executable, "manage.py", "fill_demo", "--letters", str(LETTERS)], draft)

    return make_once("filled", make)


def run(command: list[str], data: Path) -> None:
    subprocess.run(command, env=demo_environment(data), cwd=paths.PROJECT, check=True, capture_output=True)


def make_once(name: str, make: Callable[[Path], None]) -> Path:
    """Make the folder in the first xdist worker that needs it. It is removed with the data folder of the run."""
    folder = embedded.data_folder() / f"made-{name}"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            draft = folder.with_suffix(".draft")
            make(draft)
            draft.rename(folder)
    return folder
