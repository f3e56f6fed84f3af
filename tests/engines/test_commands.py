"""`manage.py` when a setting, data or a mail server is missing."""

import os
import subprocess
import sys
from unittest import mock

import pytest
from django.core.management import call_command
from django.db import connection

import manage
from sepo_incident.embedded import paths
from tests.fixtures_sink import server_at


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
def exit_code_of(monkeypatch):
    """A function that runs `manage.py` in this process and returns the argument of `sys.exit`."""

    def run(*arguments: str) -> int | str:
        monkeypatch.setattr(sys, "argv", ["manage.py", *arguments])
        with pytest.raises(SystemExit) as ended:
            manage.main()
        return ended.value.code

    return run


@pytest.fixture
def empty_database(transactional_db):
    """Django is connected to PostgreSQL's own database, which has no tables."""
    connection.close()
    with mock.patch.dict(connection.settings_dict, NAME="postgres"):
        yield
        connection.close()


def test_commands_on_an_empty_database_name_make_demo(empty_database, exit_code_of, tmp_path, capfd):
    file = str(tmp_path / "liste.csv")
    call_command("make_list", file, letters=20)
    for command in (
        ["import_list", file, "--incident", "sepo"],
        ["open_followups", "--incident", "sepo"],
        ["send_notices", "--incident", "sepo", "--wait"],
        ["make_list", file, "--incident", "sepo"],
        ["balance"],
    ):
        message = exit_code_of(*command)
        assert str(message).startswith("Databasen er tom. Kør først make demo"), command
        assert "\n" not in message
        assert capfd.readouterr().err == "", command


def test_commands_without_a_database_say_so(transactional_db, exit_code_of, tmp_path, capfd):
    connection.close()
    with mock.patch.dict(connection.settings_dict, HOST="127.0.0.1", PORT="1"):
        for command in (
            ["grant_role", "ny@kk.example", "HR", "--name", "Ny"],
            ["make_list", str(tmp_path / "liste.csv"), "--incident", "sepo"],
            ["balance"],
            ["migrate"],
        ):
            message = str(exit_code_of(*command))
            assert message.startswith("Databasen svarer ikke."), command
            assert "DATABASE_URL" in message
            assert "Traceback" not in capfd.readouterr().err, command
        connection.close()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "command",
    [
        ["grant_role", "ny@kk.example", "HR", "--name", "N" * 500],
        ["grant_role", "ny@kk.example", "HR", "--name", "\udcff"],
        ["make_list", "never.csv", "--shift-to", "0001-01-01"],
    ],
    ids=lambda command: " ".join(command)[:40].encode("ascii", "replace").decode(),
)
def test_argument_that_does_not_fit_is_refused_in_a_sentence(cast, exit_code_of, command):
    assert "Ret det" in str(exit_code_of(*command))


def test_undelivered_notices_exit_with_one(cast, exit_code_of, settings, capfd):
    """No mail server listens on the given port."""
    settings.MAIL = {**settings.MAIL, "servers": [server_at(1)]}
    assert exit_code_of("send_notices", "--incident", cast.incident.slug, "--wait") == 1
    output = capfd.readouterr()
    assert "5 mails prøvet, 0 afleveret på " in output.out
    assert "Mailserveren på 127.0.0.1:1 svarer ikke." in output.err
    assert "bliver i køen og prøves igen senere" in output.err
