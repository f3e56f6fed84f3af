"""docker-compose.yml and the Dockerfile, as far as a test without a container engine can check."""

import json
import os
import re
import runpy
import shutil
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from unittest import mock

import pytest
from celery import current_app
from celery.schedules import crontab
from django.core.exceptions import ImproperlyConfigured

from sepo_incident.demo import child_processes
from sepo_incident.embedded.paths import PROJECT

COMPOSE = (PROJECT / "docker-compose.yml").read_text()
DOCKERFILE = (PROJECT / "Dockerfile").read_text()
OUR_COMMAND = re.compile(r'(?:command: |^CMD )(\["(?:python|celery|gunicorn)".*\])$', re.MULTILINE)
SECRETS = ("POSTGRES_PASSWORD", "DJANGO_SECRET_KEY", "RECIPIENT_HASH_KEY")


def compose_commands():
    """Return the commands of docker-compose.yml, with every ${VARIABLE:-default} at its default."""
    at_default = re.sub(r"\$\{\w+:-(\w*)\}", r"\1", COMPOSE)
    return [json.loads(found) for found in OUR_COMMAND.findall(at_default)]


def test_every_compose_command_exists():
    commands = [*compose_commands(), *map(json.loads, OUR_COMMAND.findall(DOCKERFILE))]
    # migrate, worker, import-worker, pack-worker, mail-worker, beat, receiver; web from the Dockerfile
    assert len(commands) == 8
    for program, *arguments in commands:
        subcommand = arguments[: {"celery": 3, "python": 2}.get(program, 0)]
        for option in (one.partition("=")[0] for one in arguments if re.fullmatch(r"--[a-z-]+=?", one)):
            assert option in help_of(program, *subcommand), (program, option)


@cache
def help_of(program, *subcommand):
    folder = Path(sys.executable).parent
    assert shutil.which(program, path=folder), program
    command = [folder / program, *subcommand, "--help"]
    asked = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True)
    assert asked.returncode == 0, asked.stderr
    return asked.stdout


def workers_per_queue(commands):
    """Return {queue: number of worker processes}."""
    return Counter(
        {
            queue: int(command[command.index("-c") + 1])
            for command in commands
            if "-Q" in command
            for queue in command[command.index("-Q") + 1].split(",")
        }
    )


@pytest.mark.parametrize("place", ["compose", "demo"])
def test_each_queue_has_a_worker(settings, tmp_path, place):
    queues = {settings.CELERY_TASK_DEFAULT_QUEUE, *(route["queue"] for route in settings.CELERY_TASK_ROUTES.values())}
    demo = (child.command for child in child_processes.background_processes(tmp_path, 25))
    served = workers_per_queue(compose_commands() if place == "compose" else demo)
    assert served.keys() == queues
    assert served["mail"] == settings.MAIL["workers"]


def test_every_routed_and_scheduled_task_exists(settings):
    current_app.loader.import_default_modules()
    scheduled = {entry["task"] for entry in current_app.conf.beat_schedule.values()}
    assert scheduled | settings.CELERY_TASK_ROUTES.keys() <= current_app.tasks.keys()
    for entry in current_app.conf.beat_schedule.values():
        each = 24 * 60 * 60 if entry["schedule"] == crontab(hour="3", minute="0") else entry["schedule"]
        assert entry["options"]["expires"] <= each


def test_imports_and_mail_have_separate_queues(settings):
    queue = {task: route["queue"] for task, route in settings.CELERY_TASK_ROUTES.items()}
    imports = {queue["letters.tasks.read_batch"], queue["letters.tasks.commit_batch"]}
    mail = {queue[f"notifications.tasks.{name}"] for name in ("poll_outbox", "write_dispatch", "drain_outbox")}
    assert (imports, mail) == ({"import"}, {"mail"})


def test_packs_have_a_queue_of_their_own(settings, tmp_path):
    routes = {task: route["queue"] for task, route in settings.CELERY_TASK_ROUTES.items()}
    queue = routes.pop("notifications.tasks.make_pack")
    assert queue not in {*routes.values(), settings.CELERY_TASK_DEFAULT_QUEUE}
    for command in [
        *compose_commands(),
        *(child.command for child in child_processes.background_processes(tmp_path, 25)),
    ]:
        if "-Q" in command and queue in (queues := command[command.index("-Q") + 1].split(",")):
            assert queues == [queue]


def test_secrets_have_no_default_and_no_example_value():
    example = (PROJECT / ".env.example").read_text()
    for name in SECRETS:
        assert re.search(rf"\$\{{{name}:\?", COMPOSE)
        assert not re.search(rf"\$\{{{name}:?-", COMPOSE)
        assert re.search(rf"^{name}=$", example, re.MULTILINE)


REQUIRED_SETTINGS = {
    "DATABASE_URL": "postgres://x.example/x",
    "CELERY_BROKER_URL": "redis://x.example/0",
    "DJANGO_SECRET_KEY": "x" * 50,
    "RECIPIENT_HASH_KEY": "y" * 50,
    "DJANGO_ALLOWED_HOSTS": "x.example",
    "SITE_URL": "https://x.example",
    "EMAIL_URL": "smtp://x.example:25",
    "MAIL_FROM": "besked@x.example",
    "MAIL_BOUNCE_DOMAIN": "x.example",
    "MAIL_WATCH": "driftsvagt@x.example",
}


def production_mail_settings(environment):
    """Return the mail settings in production, with this environment and nothing else."""
    with mock.patch.dict(os.environ, environment, clear=True):
        return runpy.run_path(str(PROJECT / "sepo_incident" / "settings.py"))["MAIL"]


def test_production_has_starttls_and_the_given_addresses():
    mail = production_mail_settings(REQUIRED_SETTINGS)
    addresses = (mail["from_address"], mail["bounce_domain"], mail["watch_address"])
    assert addresses == ("besked@x.example", "x.example", "driftsvagt@x.example")
    assert mail["starttls"] is True
    assert 'EMAIL_STARTTLS: "${EMAIL_STARTTLS:-1}"' in COMPOSE


@pytest.mark.parametrize("name", REQUIRED_SETTINGS)
def test_production_refuses_a_missing_setting(name):
    without = {key: value for key, value in REQUIRED_SETTINGS.items() if key != name}
    with pytest.raises(ImproperlyConfigured, match=f"Set the {name} environment variable"):
        production_mail_settings(without)
    assert f"{name}: " in COMPOSE


def test_env_example_is_enough_to_start():
    example = (PROJECT / ".env.example").read_text()
    to_try = dict(re.findall(r"^#([A-Z_]+)=(.+)$", example, re.MULTILINE))
    mail = production_mail_settings(REQUIRED_SETTINGS | to_try)
    assert [(server["host"], server["port"]) for server in mail["servers"]] == [("mail", 1025)]
    assert mail["starttls"] is False
    address = f"https://{to_try['DJANGO_ALLOWED_HOSTS']}:8443"
    assert to_try["SITE_URL"] == address
    assert "${PROXY_PORT:-127.0.0.1:8443}:8443" in COMPOSE
    assert set(REQUIRED_SETTINGS) - {"DATABASE_URL", "CELERY_BROKER_URL"} <= set(
        re.findall(r"^#?([A-Z_]+)=", example, re.MULTILINE)
    )


#: read by the bundled engines, the demo and the tests only
LOCAL_SETTINGS = {"SEPO_DATA", "DEMO", "DJANGO_DEBUG", "CHROMIUM"}


def test_every_documented_setting_reaches_the_containers():
    operations = (PROJECT / "docs" / "operations.md").read_text()
    configuration = operations.partition("\n## Configuration")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.+?) \|", configuration, re.MULTILINE)
    names = {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)} - LOCAL_SETTINGS
    assert "EMAIL_TIMEOUT" in names
    assert [name for name in sorted(names) if f"    {name}: " not in COMPOSE] == []


def test_image_runs_unprivileged_with_locked_versions():
    last_stage = DOCKERFILE.rpartition("\nFROM ")[2]
    assert "\nUSER sepo\n" in last_stage
    assert "collectstatic" in last_stage
    assert "HEALTHCHECK" in last_stage
    assert "--require-hashes -r requirements.lock" in DOCKERFILE
    assert "npm ci" in DOCKERFILE


def test_image_holds_every_app():
    from django.conf import settings

    ours = {app.partition(".")[0] for app in settings.INSTALLED_APPS if (PROJECT / app.partition(".")[0]).is_dir()}
    for app in ours:
        assert f"COPY {app} {app}\n" in DOCKERFILE
        assert f"!{app}\n" in (PROJECT / ".dockerignore").read_text()
