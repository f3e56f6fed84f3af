"""`make demo`: engines, migrations, a believable incident, web, workers, beat and a mailbox, all local."""

import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from typing import Any

from aiosmtpd.smtp import Envelope
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from sepo_incident import embedded
from sepo_incident.accounts.management.commands.migrate import refuse_older
from sepo_incident.demo import children, guard, mailbox, personas, readiness
from sepo_incident.demo.answering import Postman
from sepo_incident.demo.children import Family
from sepo_incident.demo.sink import Receiver, Sink
from sepo_incident.embedded import processes

UP_SECONDS = 60
LONGEST_AGO = 30  # working days since the mails went out


class Command(BaseCommand):
    requires_system_checks = []  # they cost a second start its time; the one that matters here is asked for below
    help = "Starter en prøveudgave med alt: database, hjemmeside, mailkø og postkasse. Kun på denne maskine."

    def add_arguments(self, parser: CommandParser) -> None:
        # numbers are read in ``handle``, for argparse speaks English
        parser.add_argument("--port", default="8000", help="hjemmesidens port (8000)")
        parser.add_argument("--reset", action="store_true", help="start forfra: slet prøvens data (også RESET=1)")
        parser.add_argument("--letters", default="3400", help="breve i prøvens liste (3.400)")
        parser.add_argument("--day", default="0", help="arbejdsdage, siden varslerne blev sendt (0; også DAY=4)")
        parser.add_argument(
            "--dies-with-parent", action="store_true", help="stop, når det, der startede os, er væk (make bruger det)"
        )

    def handle(self, *args: Any, reset: bool, dies_with_parent: bool, **options: Any) -> None:
        guard.refuse_outside_demo()
        port = whole_number("PORT", options["port"], 1, 65535)
        letters = whole_number("Antal breve", options["letters"], 1, 20_000)
        day = whole_number("DAY", options["day"], 0, LONGEST_AGO)
        signal.signal(signal.SIGTERM, _as_ctrl_c)
        signal.signal(signal.SIGINT, _as_ctrl_c)  # a shell lets its background jobs ignore it
        if dies_with_parent:
            processes.die_with_parent(signal.SIGTERM)
        url = f"http://127.0.0.1:{port}/"
        try:
            refuse_second(url)
            self.begin_anew(is_wanted=reset or os.environ.get("RESET") == "1")
            with ExitStack() as stack:
                postman = Postman()
                mail = os.environ.get("EMAIL_URL") or open_mailbox(stack, postman)
                stack.enter_context(embedded.engines(is_alone=True, url=url, mail=mail))
                self.run(stack, port, url, mail, letters, day, postman)
        except KeyboardInterrupt:
            self.stdout.write("Prøveudgaven er stoppet.")
        except embedded.EngineProblem as problem:
            raise CommandError(str(problem)) from None

    def begin_anew(self, *, is_wanted: bool) -> None:
        if is_wanted:
            self.stdout.write(f"Sletter prøvens data i {embedded.data_folder()}: databasen, køen og postkassen.")
        elif readiness.is_getting_ready():
            self.stdout.write("Sidst blev prøvedata ikke lagt helt ind, så der begyndes forfra.")
        else:
            return
        embedded.reset()

    def run(self, stack: ExitStack, port: int, url: str, mail: str, letters: int, day: int, postman: Postman) -> None:
        shared = {"DEMO": "1", "SITE_URL": url, "EMAIL_URL": mail, "CELERY_LOG_LEVEL": "INFO"}
        family = Family(os.environ | shared, self.stderr.write)
        stack.callback(family.stop)
        logs = embedded.data_folder()
        if is_empty := readiness.is_empty():
            readiness.half_filled().touch()
        web = children.web(port, logs, lambda: answers(f"{url}sundhed/"))
        family.start(web)  # first of all, so that its page is there while the rest gets ready
        migrate()
        family.wait_for(web, UP_SECONDS)
        if is_empty:
            self.stdout.flush()  # what it says comes after what we have said
            fill(letters, day, family.env)
        elif day:
            self.stdout.write("Der er prøvedata i forvejen, så DAY ændrer intet. Start forfra med: RESET=1")
        door = free_port()
        for child in [*children.workers(logs), children.beat(logs), children.listener(door, logs)]:
            family.start(child)
        postman.begin(door)
        for child in family.children:
            family.wait_for(child, UP_SECONDS)
        self.stdout.write(ready_text(url))
        self.stdout.flush()
        connection.close()
        while True:
            time.sleep(0.5)
            family.revive()


def whole_number(name: str, text: str, lowest: int, highest: int) -> int:
    if text.isascii() and text.isdigit() and lowest <= int(text) <= highest:
        return int(text)
    raise CommandError(f"{name} skal være et tal fra {lowest} til {highest}, ikke »{text}«.")


def _as_ctrl_c(*_: Any) -> None:
    raise KeyboardInterrupt


def refuse_second(url: str) -> None:
    """Say who is in the way, before anything is started or dropped."""
    holder = embedded.holder()
    if holder and holder.url:
        raise CommandError(
            f"Prøveudgaven kører allerede: {holder.url} (proces {holder.pid}, startet {holder.since}). "
            "Åbn den i browseren, eller stop den med Ctrl-C der, hvor den kører, eller med make stop."
        )
    port = int(url.rstrip("/").rpartition(":")[2])
    with socket.socket() as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind(("127.0.0.1", port))
        except OSError as problem:
            raise CommandError(
                f"Port {port} kan ikke bruges ({problem.strerror}). Vælg en anden, fx: make demo PORT={port + 1}"
            ) from None


def migrate() -> None:
    """Only when something is missing: a second start has no time for it."""
    executor = MigrationExecutor(connection)
    refuse_older(executor.loader)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", verbosity=0, interactive=False)


def open_mailbox(stack: ExitStack, postman: Postman) -> str:
    """The mailbox that the demo brings, open until the stack ends; returns its address. The postman hears of each."""

    def keep(envelope: Envelope) -> None:
        mailbox.keep(envelope)
        postman.take(envelope)

    sink = Sink(Receiver(keep))
    sink.start()
    stack.callback(sink.stop)
    return f"smtp://127.0.0.1:{sink.port}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310  our own loopback address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def fill(letters: int, day: int, env: dict[str, str]) -> None:
    """In a process of its own, which knows the address and the mailbox from its environment."""
    command = [sys.executable, "manage.py", "fill_demo", "--letters", str(letters), "--day", str(day)]
    done = processes.spawn(command, dies_with=signal.SIGKILL, env=env, folder=settings.BASE_DIR)
    try:
        code = done.wait()
    finally:  # a Ctrl-C meanwhile: it must be gone before the database is
        done.kill()
        done.wait()
    if code:
        raise CommandError("Prøvedata kunne ikke lægges ind; fejlen står ovenfor. Prøv igen med: make demo")
    readiness.half_filled().unlink()


def ready_text(url: str) -> str:
    found = personas.personas()
    width = max((len(one["name"]) for one in found), default=0)
    people = "\n".join(f"  {one['name']:<{width}}  {one['role']}. {one['does']}." for one in found)
    return (
        f"\nKlar: {url}\n\nLog på uden adgangskode med en af knapperne på siden:\n{people}\n\n"
        f"De mails, der sendes, ligger i {url}demo/postkasse/\n"
        "Stop med Ctrl-C. Start forfra med: make demo RESET=1\n"
    )
