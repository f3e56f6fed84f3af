"""`make demo`: engines, migrations, a sample incident, web server, workers, beat and a mailbox, all on this machine."""

import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from functools import partial
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from letters.models import Incident
from notifications.alarms import heartbeats
from notifications.models import Heartbeat
from sepo_incident import embedded
from sepo_incident.accounts.management.commands.migrate import refuse_older
from sepo_incident.accounts.models import User
from sepo_incident.demo import child_processes, mail_replies, mailbox, tour
from sepo_incident.demo.child_processes import ChildProcesses
from sepo_incident.demo.mailbox import SmtpReceiver, SmtpSink
from sepo_incident.embedded import processes

MAX_DAYS = 4  # working days since the mails were sent; the story ends there


class Command(BaseCommand):
    requires_system_checks = []  # system checks take a second
    help = "Starter en prøveudgave med alt: database, hjemmeside, mailkø og postkasse. Kun på denne maskine."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="hjemmesidens port (8000)")
        parser.add_argument("--reset", action="store_true", help="begynd forfra: slet prøvedata")
        parser.add_argument("--letters", type=int, default=3400, help="breve i prøvens liste (3.400)")
        day = "arbejdsdage, siden beskederne blev sendt (0; også DAY=4)"
        parser.add_argument("--day", type=int, default=0, choices=range(MAX_DAYS + 1), help=day)
        parser.add_argument("--only-fill", action="store_true", help="læg kun prøvedata ind i en tom database")
        parser.add_argument("--only-flow", action="store_true", help="lad kun breve og kvitteringer komme til sporing")

    def handle(self, *args: Any, port: int, reset: bool, letters: int, day: int, **options: Any) -> None:
        tour.refuse_outside_demo()
        if options["only_fill"]:
            from sepo_incident.demo.sample_incident import fill_database  # slow to load

            fill_database(letters, day, say=partial(print, flush=True))
            return
        if options["only_flow"]:
            from sepo_incident.demo import letter_flow  # slow to load

            letter_flow.run(Incident.objects.earliest("pk"), letters // 2)
            return
        signal.signal(signal.SIGTERM, _raise_keyboard_interrupt)
        signal.signal(signal.SIGINT, _raise_keyboard_interrupt)  # background jobs of a shell ignore SIGINT by default
        url = f"http://127.0.0.1:{port}/"
        try:
            refuse_if_running(port)
            self.delete_old_data(is_wanted=reset)
            with ExitStack() as stack:
                if not (mail := os.environ.get("EMAIL_URL", "")):
                    sink = SmtpSink(SmtpReceiver(mailbox.store_mail))
                    sink.start()
                    stack.callback(sink.stop)
                    mail = f"smtp://127.0.0.1:{sink.port}"
                engines = embedded.running_engines(is_exclusive=True, url=url, mail=mail)
                refuse_ended_engines = stack.enter_context(engines)
                shared = {"DEMO": "1", "SITE_URL": url, "EMAIL_URL": mail, "CELERY_LOG_LEVEL": "INFO"}
                children = ChildProcesses(os.environ | shared, self.stderr.write)
                stack.callback(children.stop)
                unanswered = self.start(children, port, url, letters, day)
                while True:
                    time.sleep(0.5)
                    refuse_ended_engines()
                    children.restart_dead()
                    unanswered = mail_replies.answer_mails(unanswered, timezone.now())
        except KeyboardInterrupt:
            self.stdout.write("Prøveudgaven er stoppet.")
        except (embedded.EngineProblem, OperationalError) as problem:
            raise CommandError(str(problem)) from None

    def delete_old_data(self, *, is_wanted: bool) -> None:
        """Delete the demo's data if requested, or if the data is incomplete."""
        if is_wanted:
            self.stdout.write(f"Sletter prøvedata i {embedded.data_folder()}: databasen, køen og postkassen.")
        elif tour.is_getting_ready():
            self.stdout.write("Sidst blev prøvedata kun delvist lagt ind. Begynder forfra.")
        else:
            return
        embedded.delete_data()

    def start(self, children: ChildProcesses, port: int, url: str, letters: int, day: int) -> int:
        """Start all processes, and fill an empty database. Return when the workers began, in nanoseconds."""
        has_tables = User._meta.db_table in connection.introspection.table_names()
        if is_empty := not has_tables or not User.objects.exists():
            tour.unfinished_marker().touch()
        web = child_processes.web_process(port, embedded.data_folder())
        children.start(web)  # first, so that the sign-in page is available while the rest starts
        migrate_if_needed()
        children.wait_for(web, lambda: is_answering(f"{url}sundhed/siden/"))
        if is_empty:
            self.stdout.flush()  # so that the subprocess prints after us
            fill_in_subprocess(letters, day, children.env)
        elif day:
            self.stdout.write("Der er allerede prøvedata, så DAY ændrer intet. Begynd forfra: RESET=1")
        for queue in Heartbeat.Queue:  # the time for the first heartbeats runs from now
            heartbeats.record_heartbeat(queue)
        began = time.time_ns()
        background = child_processes.background_processes(embedded.data_folder())
        for child in background:
            children.start(child)
        for child in background:
            children.wait_for(child, child.is_ready)
        children.start(child_processes.flow_process(letters, embedded.data_folder()))
        self.stdout.write(describe_running_demo(url))
        self.stdout.flush()
        return began


def _raise_keyboard_interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


def refuse_if_running(port: int) -> None:
    """Raise CommandError if a demo runs already or the port is taken, before anything is started or deleted."""
    holder = embedded.current_owner()
    if holder and holder.url:
        raise CommandError(
            f"Prøveudgaven kører allerede: {holder.url} (proces {holder.pid}). "
            "Åbn den i browseren, eller stop den med: make stop"
        )
    with socket.socket() as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as problem:
            raise CommandError(
                f"Port {port} kan ikke bruges ({problem}). Vælg en anden, fx: make demo PORT={port + 1}"
            ) from None


def migrate_if_needed() -> None:
    """Run migrations only if some are missing, so that a second start is fast."""
    executor = MigrationExecutor(connection)
    refuse_older(executor.loader)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", verbosity=0, interactive=False)


def is_answering(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310  our own loopback address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def fill_in_subprocess(letters: int, day: int, env: dict[str, str]) -> None:
    """Run `demo --only-fill` in a subprocess, which reads site URL and mailbox from the environment."""
    command = [sys.executable, "manage.py", "demo", "--only-fill", "--letters", str(letters), "--day", str(day)]
    done = processes.spawn(command, dies_with=signal.SIGKILL, env=env, folder=settings.BASE_DIR)
    try:
        code = done.wait()
    finally:  # after a Ctrl-C the subprocess must end before the database does
        done.kill()
        done.wait()
    if code:
        raise CommandError("Prøvedata blev ikke lagt ind. Se fejlen ovenfor, og prøv igen: make demo")
    tour.unfinished_marker().unlink()


def describe_running_demo(url: str) -> str:
    width = max(len(one.name) for one in tour.PERSONAS)
    people = "\n".join(f"  {one.name:<{width}}  {one.role}, {one.does}" for one in tour.PERSONAS)
    return (
        f"\nKlar: {url}\n\nLog ind uden adgangskode med en knap på siden:\n{people}\n\n"
        f"De sendte mails: {url}demo/postkasse/\n"
        f"Breve, der mangler: {url}sporing/ (om et minut)\n"
        "Stop med Ctrl-C. Begynd forfra: make demo RESET=1\n"
    )
