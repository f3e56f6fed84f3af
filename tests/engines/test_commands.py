"""``manage.py`` from the outside, when a setting, data or a mail server is missing."""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from sepo_incident import embedded
from sepo_incident.embedded import paths
from tests.engines.data_folders import copy_folder, demo_environment

pytestmark = pytest.mark.engines


def test_production_names_the_missing_setting_in_a_sentence():
    without = {"DJANGO_DEBUG", "DEMO", "RECIPIENT_HASH_KEY"}
    env = {name: value for name, value in os.environ.items() if name not in without}
    given = {"DJANGO_SECRET_KEY": "s" * 40, "DJANGO_ALLOWED_HOSTS": "opf.example", "SITE_URL": "https://opf.example"}
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate"], env=env | given, cwd=paths.PROJECT, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "Systemet er ikke sat helt op" in done.stderr
    assert "RECIPIENT_HASH_KEY" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def data():
    folder = Path(tempfile.mkdtemp(prefix="sepo-place-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def run_in_shell(data):
    """A function that runs a shell command with the test's data folder."""

    def run_in_shell(command: str) -> subprocess.CompletedProcess[str]:
        script = command.replace("manage.py", f"{shlex.quote(sys.executable)} manage.py")
        here = demo_environment(data) | {"FOLDER": str(data)}
        shell = ["bash", "-o", "pipefail", "-c", script]
        return subprocess.run(shell, env=here, cwd=paths.PROJECT, capture_output=True, text=True, timeout=120)

    return run_in_shell


@pytest.fixture
def open_engines(data, empty_engines, monkeypatch):
    """Running engines that the commands share, so that each command need not start its own."""
    copy_folder(empty_engines, data)
    monkeypatch.setenv("SEPO_DATA", str(data))
    monkeypatch.delenv("CELERY_BROKER_URL", raising=False)
    with embedded.running_engines():
        yield


def test_commands_on_an_empty_database_name_make_demo(open_engines, run_in_shell):
    run_in_shell("manage.py make_list --letters 20 $FOLDER/liste.csv")
    for command in (
        "import_list $FOLDER/liste.csv --incident sepo",
        "open_followups --incident sepo",
        "send_notices --incident sepo --wait",
        "make_list $FOLDER/liste.csv --incident sepo",
        "balance",
    ):
        done = run_in_shell(f"manage.py {command}")
        assert done.returncode == 1, command
        assert done.stderr.startswith("Databasen er tom. Kør først make demo"), done.stderr
        assert done.stderr.count("\n") == 1


def test_undelivered_notices_exit_with_one(data, filled_demo, run_in_shell):
    """No mail server listens on the given port."""
    copy_folder(filled_demo, data)
    done = run_in_shell("EMAIL_URL=smtp://127.0.0.1:1 manage.py send_notices --incident sepo --wait")
    assert "prøvet, 0 afleveret på " in done.stdout
    assert done.returncode == 1
    assert "Mailserveren på 127.0.0.1:1 svarer ikke." in done.stderr
    assert "bliver i køen og prøves igen senere" in done.stderr
    again = run_in_shell("manage.py fill_demo")
    assert again.stdout.startswith("Der er prøvedata i forvejen"), again.stdout
    cut_short = run_in_shell("manage.py balance | head -0")
    assert (cut_short.returncode, cut_short.stderr) == (0, "")
