"""`make demo`: engines, migrations, a sample incident, web server, workers, beat and a mailbox, all on this machine."""

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

from notifications.alarms import heartbeats
from notifications.models import Heartbeat
from sepo_incident import embedded
from sepo_incident.accounts.management.commands.migrate import refuse_older
from sepo_incident.demo import child_processes, demo_mode, mailbox, personas
from sepo_incident.demo.child_processes import ChildProcesses
from sepo_incident.demo.mail_replies import ReplyDeliverer
from sepo_incident.demo.mailbox import SmtpReceiver, SmtpSink
from sepo_incident.embedded import processes

START_SECONDS = 60
MAX_DAYS = 4  # working days since the mails were sent; the story ends there


class Command(BaseCommand):
    requires_system_checks = []  # system checks take a second; handle() runs the demo's own check
    help = "Starter en prøveudgave med alt: database, hjemmeside, mailkø og postkasse. Kun på denne maskine."

    def add_arguments(self, parser: CommandParser) -> None:
        # handle() parses numbers, because argparse reports errors in English
        parser.add_argument("--port", default="8000", help="hjemmesidens port (8000)")
        parser.add_argument("--reset", action="store_true", help="begynd forfra: slet prøvedata (også RESET=1)")
        parser.add_argument("--letters", default="3400", help="breve i prøvens liste (3.400)")
        parser.add_argument("--day", default="0", help="arbejdsdage, siden beskederne blev sendt (0; også DAY=4)")
        parser.add_argument(
            "--dies-with-parent", action="store_true", help="stop, når det, der startede os, er væk (make bruger det)"
        )

    def handle(self, *args: Any, reset: bool, dies_with_parent: bool, **options: Any) -> None:
        demo_mode.refuse_outside_demo()
        port = parse_number_option("PORT", options["port"], 1, 65535)
        letters = parse_number_option("Antal breve", options["letters"], 1, 20_000)
        day = parse_number_option("DAY", options["day"], 0, MAX_DAYS)
        signal.signal(signal.SIGTERM, _raise_keyboard_interrupt)
        signal.signal(signal.SIGINT, _raise_keyboard_interrupt)  # background jobs of a shell ignore SIGINT by default
        if dies_with_parent:
            processes.die_with_parent(signal.SIGTERM)
        url = f"http://127.0.0.1:{port}/"
        try:
            refuse_if_running(url)
            self.delete_old_data(is_wanted=reset or os.environ.get("RESET") == "1")
            with ExitStack() as stack:
                reply_deliverer = ReplyDeliverer()
                mail = os.environ.get("EMAIL_URL") or open_mailbox(stack, reply_deliverer)
                engines = embedded.running_engines(is_exclusive=True, url=url, mail=mail)
                refuse_ended_engines = stack.enter_context(engines)
                children = self.start(stack, port, url, mail, letters, day, reply_deliverer)
                while True:
                    time.sleep(0.5)
                    refuse_ended_engines()
                    children.restart_dead()
        except KeyboardInterrupt:
            self.stdout.write("Prøveudgaven er stoppet.")
        except embedded.EngineProblem as problem:
            raise CommandError(str(problem)) from None

    def delete_old_data(self, *, is_wanted: bool) -> None:
        """Delete the demo's data if requested, or if the data is incomplete."""
        if is_wanted:
            self.stdout.write(f"Sletter prøvedata i {embedded.data_folder()}: databasen, køen og postkassen.")
        elif demo_mode.is_getting_ready():
            self.stdout.write("Sidst blev prøvedata kun delvist lagt ind. Begynder forfra.")
        else:
            return
        embedded.delete_data()

    def start(
        self, stack: ExitStack, port: int, url: str, mail: str, letters: int, day: int, reply_deliverer: ReplyDeliverer
    ) -> ChildProcesses:
        """Start all processes, fill an empty database, and return the processes."""
        shared = {"DEMO": "1", "SITE_URL": url, "EMAIL_URL": mail, "CELERY_LOG_LEVEL": "INFO"}
        children = ChildProcesses(os.environ | shared, self.stderr.write)
        stack.callback(children.stop)
        logs = embedded.data_folder()
        if is_empty := demo_mode.is_database_empty():
            demo_mode.unfinished_marker().touch()
        web = child_processes.web_process(port, logs, lambda: is_answering(f"{url}sundhed/siden/"))
        children.start(web)  # first, so that the sign-in page is available while the rest starts
        migrate_if_needed()
        children.wait_for(web, START_SECONDS)
        if is_empty:
            self.stdout.flush()  # so that the subprocess prints after us
            fill_in_subprocess(letters, day, children.env)
        elif day:
            self.stdout.write("Der er allerede prøvedata, så DAY ændrer intet. Begynd forfra: RESET=1")
        for queue in Heartbeat.Queue:  # the time for the first heartbeats runs from now
            heartbeats.record_heartbeat(queue)
        listener_port = free_port()
        for child in child_processes.background_processes(logs, listener_port):
            children.start(child)
        reply_deliverer.start(listener_port)
        for child in children.children:
            children.wait_for(child, START_SECONDS)
        self.stdout.write(describe_running_demo(url))
        self.stdout.flush()
        connection.close()
        return children


def parse_number_option(name: str, text: str, lowest: int, highest: int) -> int:
    """Return the option as an int; raise CommandError with a Danish message if the value is outside the bounds."""
    if text.isascii() and text.isdigit() and lowest <= int(text) <= highest:
        return int(text)
    raise CommandError(f"{name} skal være et tal fra {lowest} til {highest}, ikke »{text}«.")


def _raise_keyboard_interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


def refuse_if_running(url: str) -> None:
    """Raise CommandError if a demo runs already or the port is taken, before anything is started or deleted."""
    holder = embedded.current_owner()
    if holder and holder.url:
        raise CommandError(
            f"Prøveudgaven kører allerede: {holder.url} (proces {holder.pid}). "
            "Åbn den i browseren, eller stop den med: make stop"
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


def migrate_if_needed() -> None:
    """Run migrations only if some are missing, so that a second start is fast."""
    executor = MigrationExecutor(connection)
    refuse_older(executor.loader)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", verbosity=0, interactive=False)


def open_mailbox(stack: ExitStack, reply_deliverer: ReplyDeliverer) -> str:
    """Start the demo's SMTP server until the stack closes and return the server's URL."""

    def keep(envelope: Envelope) -> None:
        mailbox.store_mail(envelope)
        reply_deliverer.add_replies_to(envelope)

    sink = SmtpSink(SmtpReceiver(keep))
    sink.start()
    stack.callback(sink.stop)
    return f"smtp://127.0.0.1:{sink.port}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_answering(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310  our own loopback address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def fill_in_subprocess(letters: int, day: int, env: dict[str, str]) -> None:
    """Run fill_demo in a subprocess, which reads site URL and mailbox from the environment."""
    command = [sys.executable, "manage.py", "fill_demo", "--letters", str(letters), "--day", str(day)]
    done = processes.spawn(command, dies_with=signal.SIGKILL, env=env, folder=settings.BASE_DIR)
    try:
        code = done.wait()
    finally:  # after a Ctrl-C the subprocess must end before the database does
        done.kill()
        done.wait()
    if code:
        raise CommandError("Prøvedata blev ikke lagt ind. Se fejlen ovenfor, og prøv igen: make demo")
    demo_mode.unfinished_marker().unlink()


def describe_running_demo(url: str) -> str:
    found = personas.list_personas()
    width = max((len(one.name) for one in found), default=0)
    people = "\n".join(f"  {one.name:<{width}}  {one.role}, {one.does}" for one in found)
    return (
        f"\nKlar: {url}\n\nLog ind uden adgangskode med en knap på siden:\n{people}\n\n"
        f"De sendte mails: {url}demo/postkasse/\n"
        "Stop med Ctrl-C. Begynd forfra: make demo RESET=1\n"
    )
