"""``manage.py`` from the outside, where something is not as it should be."""

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
from tests.engines.conftest import copy, environment

pytestmark = pytest.mark.engines


def test_a_production_that_lacks_a_setting_is_told_which_in_a_sentence():
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
def run(data):
    """A function that runs a command in the shell, with that data folder."""

    def run(command: str) -> subprocess.CompletedProcess[str]:
        script = command.replace("manage.py", f"{shlex.quote(sys.executable)} manage.py")
        here = environment(data) | {"FOLDER": str(data)}
        shell = ["bash", "-o", "pipefail", "-c", script]
        return subprocess.run(shell, env=here, cwd=paths.PROJECT, capture_output=True, text=True, timeout=120)

    return run


@pytest.fixture
def open_engines(data, empty_engines, monkeypatch):
    """Engines that the commands share, so that not each has to start its own."""
    copy(empty_engines, data)
    monkeypatch.setenv("SEPO_DATA", str(data))
    monkeypatch.delenv("CELERY_BROKER_URL", raising=False)
    with embedded.running_engines():
        yield


def test_on_an_empty_database_each_command_says_where_to_begin(open_engines, run):
    run("manage.py make_list --letters 20 $FOLDER/liste.csv")
    for command in (
        "import_list $FOLDER/liste.csv --incident sepo",
        "open_followups --incident sepo",
        "send_notices --incident sepo --wait",
        "make_list $FOLDER/liste.csv --incident sepo",
        "balance",
    ):
        done = run(f"manage.py {command}")
        assert done.returncode == 1, command
        assert done.stderr.startswith("Databasen er tom. Kør først make demo"), done.stderr
        assert done.stderr.count("\n") == 1


def test_mails_that_nobody_took_are_no_success(data, filled_demo, run):
    """Without a demo there is no mail server at the address that is tried."""
    copy(filled_demo, data)
    done = run("EMAIL_URL=smtp://127.0.0.1:1 manage.py send_notices --incident sepo --wait")
    assert "prøvet, 0 afleveret på " in done.stdout
    assert done.returncode == 1
    assert "Mailserveren på 127.0.0.1:1 svarer ikke." in done.stderr
    assert "bliver i køen og prøves igen senere" in done.stderr
    again = run("manage.py fill_demo")
    assert again.stdout.startswith("Der er prøvedata i forvejen"), again.stdout
    cut_short = run("manage.py balance | head -0")
    assert (cut_short.returncode, cut_short.stderr) == (0, "")
