"""docker-compose.yml and the Dockerfile, as far as a test without a container engine can check."""

import json
import os
import re
import runpy
import shutil
import subprocess
import sys
from collections import Counter
from contextlib import nullcontext
from functools import cache
from pathlib import Path
from unittest import mock

import pytest
from celery import current_app
from celery.schedules import crontab
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse

from notifications.models import Heartbeat
from notifications.models.alarm import SILENT_AFTER
from notifications.tasks import record_heartbeat
from sepo_incident.demo import child_processes
from sepo_incident.embedded.paths import PROJECT

COMPOSE = (PROJECT / "docker-compose.yml").read_text()
DOCKERFILE = (PROJECT / "Dockerfile").read_text()
OUR_COMMAND = re.compile(r'(?:command: |^CMD )(\["(?:python|celery|gunicorn)".*\])$', re.MULTILINE)
SECRETS = ("POSTGRES_PASSWORD", "RUNTIME_PASSWORD", "VALKEY_PASSWORD", "DJANGO_SECRET_KEY", "RECIPIENT_HASH_KEY")


def compose_commands():
    """Return the commands of docker-compose.yml, with every ${VARIABLE:-default} at its default."""
    at_default = re.sub(r"\$\{\w+:-(\w*)\}", r"\1", COMPOSE)
    return [json.loads(found) for found in OUR_COMMAND.findall(at_default)]


def test_every_compose_command_exists():
    commands = [*compose_commands(), *map(json.loads, OUR_COMMAND.findall(DOCKERFILE))]
    # migrate, worker, import-worker, mail-worker, beat, receiver; web from the Dockerfile
    assert len(commands) == 7
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
    demo = (child.command for child in child_processes.background_processes(tmp_path))
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


def test_every_queue_but_that_of_lists_gets_heartbeats(settings):
    """A heartbeat waits behind the task of a worker, and still comes before the queue counts as silent."""
    sent = [one for one in current_app.conf.beat_schedule.values() if one["task"] == record_heartbeat.name]
    queue = {task: route["queue"] for task, route in settings.CELERY_TASK_ROUTES.items()}
    wanted = {settings.CELERY_TASK_DEFAULT_QUEUE, *queue.values()} - {queue["letters.tasks.read_batch"]}
    assert {one["options"]["queue"] for one in sent} == wanted == set(Heartbeat.Queue.values)
    assert [one["args"] for one in sent] == [[one["options"]["queue"]] for one in sent]
    assert all(one["schedule"] + settings.CELERY_TASK_TIME_LIMIT < SILENT_AFTER.total_seconds() for one in sent)


def test_container_asks_for_the_site_alone(settings):
    """A dead clock must not take the site down, where its pages say so."""
    check = re.search(r"HEALTHCHECK.*http://127\.0\.0\.1:8000(/[\w/]+)", DOCKERFILE)
    assert check
    assert check.group(1) == reverse("site_health")
    assert any(re.match(exempt, check.group(1).lstrip("/")) for exempt in settings.SECURE_REDIRECT_EXEMPT)


def test_secrets_have_no_default_and_no_example_value():
    example = (PROJECT / ".env.example").read_text()
    for name in SECRETS:
        assert re.search(rf"\$\{{{name}:\?", COMPOSE)
        assert not re.search(rf"\$\{{{name}:?-", COMPOSE)
        assert re.search(rf"^{name}=$", example, re.MULTILINE)


def compose_service(name):
    """Return the lines of a service of docker-compose.yml."""
    return re.search(rf"^  {name}:\n((?:    .*\n)+)", COMPOSE, re.MULTILINE)[1]


def test_only_migrate_connects_as_the_owner_of_the_tables():
    owner = re.search(r"POSTGRES_USER: (\w+)", compose_service("postgres"))[1]
    role = re.search(r"RUNTIME_ROLE: (\w+)", compose_service("migrate"))[1]
    assert role != owner
    users = re.findall(r"postgres://(\w+):\$\{(\w+):\?", COMPOSE)
    assert users == [(role, "RUNTIME_PASSWORD"), (owner, "POSTGRES_PASSWORD")]
    assert f"postgres://{owner}:" in compose_service("migrate")
    assert f"postgres://{role}:" in COMPOSE.partition("\nservices:\n")[0]


def test_valkey_asks_for_a_password():
    command = json.loads(re.search(r"command: (\[.*\])", compose_service("valkey"))[1])
    assert command[command.index("--requirepass") + 1].startswith("${VALKEY_PASSWORD:?")
    assert re.search(r'CELERY_BROKER_URL: "redis://:\$\{VALKEY_PASSWORD:\?[^}]+\}@valkey:', COMPOSE)
    assert '-a "$$VALKEY_PASSWORD" ping' in compose_service("valkey"), "otherwise the health check is refused"


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


def production_settings(environment):
    """Return the settings in production, with this environment and nothing else."""
    with mock.patch.dict(os.environ, environment, clear=True):
        return runpy.run_path(str(PROJECT / "sepo_incident" / "settings.py"))


def test_cookies_of_production_belong_to_this_host_alone():
    found = production_settings(REQUIRED_SETTINGS)
    names = {found["SESSION_COOKIE_NAME"], found["CSRF_COOKIE_NAME"]}
    assert names == {"__Host-sepo_session", "__Host-csrftoken"}
    assert found["SESSION_COOKIE_SECURE"] is found["CSRF_COOKIE_SECURE"] is True
    assert found["MAIL"]["starttls"] is True


@pytest.mark.parametrize(
    ("environment", "is_refused"),
    [
        ({"DATABASE_URL": "postgres://sepo@localhost/sepo"}, False),
        ({"DATABASE_URL": "postgres://sepo@db.example/sepo"}, True),
        ({"DJANGO_ALLOWED_HOSTS": "opfoelgning.example"}, True),
    ],
)
def test_demo_stays_on_this_machine(environment, is_refused):
    with pytest.raises(ImproperlyConfigured, match="DEMO=1") if is_refused else nullcontext():
        production_settings({"DEMO": "1", "SEPO_DATA": os.environ["SEPO_DATA"]} | environment)


OIDC = {"OIDC_ISSUER": "https://id.example", "OIDC_CLIENT_ID": "opfoelgning", "OIDC_CLIENT_SECRET": "x"}


@pytest.mark.parametrize(
    ("given", "codes"),
    [({}, True), (OIDC, False), (OIDC | {"SIGN_IN_CODES": "1"}, True), ({"SIGN_IN_CODES": "0"}, False)],
)
def test_codes_are_off_with_a_provider_unless_asked_for(given, codes):
    found = production_settings(REQUIRED_SETTINGS | given)
    assert found["SIGN_IN_CODES"] is codes
    assert found["SECOND_FACTOR"] is True


def test_provider_without_client_is_refused():
    with pytest.raises(ImproperlyConfigured, match="OIDC_CLIENT_SECRET"):
        production_settings(REQUIRED_SETTINGS | OIDC | {"OIDC_CLIENT_SECRET": ""})


@pytest.mark.parametrize("name", REQUIRED_SETTINGS)
def test_production_refuses_a_missing_setting(name):
    without = {key: value for key, value in REQUIRED_SETTINGS.items() if key != name}
    with pytest.raises(ImproperlyConfigured, match=f"Set the {name} environment variable"):
        production_settings(without)
    assert f"{name}: " in COMPOSE


def test_env_example_is_enough_to_start():
    example = (PROJECT / ".env.example").read_text()
    to_try = dict(re.findall(r"^#([A-Z_]+)=(.+)$", example, re.MULTILINE))
    mail = production_settings(REQUIRED_SETTINGS | to_try)["MAIL"]
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
