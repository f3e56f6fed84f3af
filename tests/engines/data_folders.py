"""Data folders of demos and engines beside the tests."""

import os
import subprocess
from pathlib import Path

LETTERS = 200
#: settings of the test run, which a demo or a command beside the tests must not inherit
SETTINGS_OF_THE_TESTS = {"DJANGO_DEBUG", "CELERY_BROKER_URL", "DATABASE_URL", "EMAIL_URL"}


def demo_environment(data: Path) -> dict[str, str]:
    """Return the environment of a process beside the tests, with a data folder of its own."""
    inherited = {name: value for name, value in os.environ.items() if name not in SETTINGS_OF_THE_TESTS}
    return inherited | {"SEPO_DATA": str(data)}


def copy_folder(folder: Path, to: Path) -> None:
    """Copy a data folder with its owners, since the servers run as another user. Create ``to`` if it is missing."""
    subprocess.run(["cp", "-a", "--reflink=auto", "-T", folder, to], check=True)
