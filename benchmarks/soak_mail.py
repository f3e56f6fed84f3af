"""Send KIT's whole list as mails while everything fails that can fail: `make soak` or

    .venv/bin/python benchmarks/soak_mail.py [--letters 6200] [--kills 50] [--flushes 2] [--restarts 2] [--seed 1]

The short form is in tests/notifications/test_engine_restarts.py.

Runs real engines in a separate data folder, real Celery workers, and a faulty mail server
(`faulty_smtp_server.py`). At random moments SIGKILL is sent to one of the two sending processes, or to the mail
worker with both processes, as if a machine were switched off; the broker is flushed; PostgreSQL is restarted.
Afterwards

- the mail server must hold every mail except the mails that it always refuses, and we must know the refused mails;
- a mail may be delivered twice at most once per killed process, with the same Message-ID;
- `manage.py balance` must agree.

Otherwise the exit code is 1. Two waits are shortened so that an hour is enough: a lease lasts 20 seconds instead of
120, and deferred mails are retried at once. At the end KIT's part is played: mails that are *Uvist* or given up and
did not arrive are sent again.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]
os.environ |= {"DJANGO_SETTINGS_MODULE": "sepo_incident.settings", "DJANGO_DEBUG": "1", "LOG_LEVEL": "ERROR"}
os.environ["EMAIL_TIMEOUT"] = "3"
for elsewhere in ("DATABASE_URL", "CELERY_BROKER_URL"):  # never kill an engine that this script did not start
    os.environ.pop(elsewhere, None)

from faulty_smtp_server import HostileSink, is_never_taken  # noqa: E402

from sepo_incident.embedded import engines, processes  # noqa: E402

PATIENCE = 2400  # seconds until all mails must be sent
SENDERS = 2  # sending processes
Mail = tuple[str, str]  # (Message-ID, recipient)


def main() -> int:
    import django

    options = arguments()
    os.environ["MAIL_LEASE"] = "20"
    with ExitStack() as stack:
        os.environ["SEPO_DATA"] = stack.enter_context(temporary_folder())
        sink = HostileSink(options.seed)
        sink.start()
        stack.callback(sink.stop)
        os.environ["EMAIL_URL"] = f"smtp://127.0.0.1:{sink.port}"
        stack.enter_context(engines.run_engine(engines.Valkey(is_durable=True)))
        django.setup()
        soak = Soak(options, sink, stack)
        create_letters(options.letters)
        soak.send()
        return soak.judge()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    for name, value in (("letters", 6200), ("kills", 50), ("flushes", 2), ("restarts", 2), ("seed", 1)):
        parser.add_argument(f"--{name}", type=int, default=value)
    return parser.parse_args()


@contextmanager
def temporary_folder() -> Iterator[str]:
    folder = Path(tempfile.gettempdir()) / f"sepo-soak-{os.getpid()}"
    try:
        yield str(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def create_letters(letters: int) -> None:
    """Create letters as in production: make_list, import_list --commit, open_followups."""
    from django.core.management import call_command

    from letters.models import Incident

    call_command("migrate", verbosity=0)
    days = {"first_day": date(2019, 12, 9), "last_day": date(2019, 12, 19), "deadline": date(2020, 1, 15)}
    Incident.objects.create(slug="sepo-2019", title="Sikker post", **days)
    workbook = str(Path(os.environ["SEPO_DATA"]) / "liste.xlsx")
    call_command("make_list", workbook, letters=letters, seed=2019)
    call_command("import_list", workbook, incident="sepo-2019", commit=True)
    call_command("open_followups", incident="sepo-2019")


class Soak:
    """The engines and workers, the failures that hit engines and workers, and the final checks."""

    def __init__(self, options: argparse.Namespace, sink: HostileSink, stack: ExitStack) -> None:
        self.chance = random.Random(options.seed)
        self.sink = sink
        self.database = stack.enter_context(ExitStack())
        self.start_database()
        self.workers = stack.enter_context(ExitStack())
        self.failures: list[Callable[[], None]] = [
            *[self.kill] * options.kills,
            *[self.flush] * options.flushes,
            *[self.restart] * options.restarts,
        ]
        self.chance.shuffle(self.failures)
        self.killed = 0
        self.seconds = 0.0

    # --- sending --------------------------------------------------------------------------------------------------

    def send(self) -> None:
        """Send the first notices while failures happen, then wait until all mails are sent."""
        from letters.models import Incident
        from notifications.dispatching import dispatch_lifecycle
        from notifications.dispatching.first_notices import list_recipients
        from notifications.kinds.notice_kinds import owed_followups
        from notifications.kinds.receivers import count_receivers

        for words in (("worker", "-Q", "celery", "-c", "1"), ("beat", "-s", f"{os.environ['SEPO_DATA']}/beat")):
            self.workers.callback(kill_all, start_celery(*words))
        self.mail_worker = start_celery("worker", "-Q", "mail", "-c", str(SENDERS))
        self.workers.callback(lambda: kill_all(self.mail_worker))
        incident, begun = Incident.objects.get(), time.monotonic()
        number = count_receivers(owed_followups("FIRST_NOTICE", incident))
        mails = list_recipients("FIRST_NOTICE", incident).mails
        dispatch_lifecycle.request_dispatch("FIRST_NOTICE", incident, number, ticked=mails, reason="Måling")
        self.inject_failures(mails=number * 2)
        self.sink.script.is_calm = True
        self.settle(until=begun + PATIENCE)
        self.retry_lost_mails()
        self.settle(until=begun + PATIENCE)
        self.seconds = time.monotonic() - begun
        self.workers.close()

    def inject_failures(self, mails: int) -> None:
        """Run the failures in turn, spread over the sending of the mails."""
        every = mails * 0.8 / (len(self.failures) + 1)
        for number, blow in enumerate(self.failures, start=1):
            patience = time.monotonic() + 60  # after a minute the failure happens anyway
            while len(self.sink.mails) < every * number and time.monotonic() < patience:
                make_deferred_mails_due()
                self.restart_exited_worker()
                time.sleep(0.1)
            time.sleep(self.chance.uniform(0, 0.05))
            blow()

    def settle(self, until: float) -> None:
        """Wait until no mail is due and no dispatch unwritten, or until `until`."""
        from notifications.models import Delivery, Dispatch

        while time.monotonic() < until:
            is_quiet = not Delivery.objects.filter(next_attempt_at__isnull=False).exists()
            if is_quiet and not Dispatch.objects.filter(written_at=None).exists():
                return
            make_deferred_mails_due()
            self.restart_exited_worker()
            time.sleep(0.3)

    def retry_lost_mails(self) -> None:
        """Send again the mails that did not arrive and whose recipients are not known to be unreachable."""
        from notifications.models import Delivery
        from notifications.outbox import enqueue, replies_and_retries

        arrived = set(self.sink.received)
        resting = Delivery.objects.filter(state__in=["UNKNOWN", "GIVEN_UP"]).values_list(
            "pk", "notice__message_id", "address", "state"
        )
        again = [pk for pk, *mail, _ in resting if tuple(mail) not in arrived]
        print_now(f"KIT: {dict(Counter(state for *_, state in resting))}, of which {len(again)} are sent again")
        replies_and_retries.retry_deliveries(again)
        enqueue.wake_mail_workers()

    # --- failures -------------------------------------------------------------------------------------------------

    def kill(self) -> None:
        pool = pool_process_ids(self.mail_worker)
        if pool and self.chance.random() < 0.7:
            os.kill(self.chance.choice(pool), signal.SIGKILL)
            self.killed += 1
        elif self.mail_worker.poll() is None:
            kill_all(self.mail_worker)
            self.killed += SENDERS
        self.restart_exited_worker()

    def restart_exited_worker(self) -> None:
        """Start the mail worker again if it has exited, as a service manager does.

        Celery gives up when a pool process is killed while the worker starts.
        """
        if self.mail_worker.poll() is not None:
            self.mail_worker = start_celery("worker", "-Q", "mail", "-c", str(SENDERS))

    def flush(self) -> None:
        import redis

        redis.Redis(unix_socket_path=engines.broker_url().partition("://")[2].partition("?")[0]).flushall()
        print_now(f"broker flushed after {len(self.sink.mails)} mails")

    def restart(self) -> None:
        from django.db import connection

        connection.close()
        self.database.close()
        self.start_database()
        print_now(f"PostgreSQL restarted after {len(self.sink.mails)} mails")

    def start_database(self) -> None:
        self.database.enter_context(engines.run_engine(engines.Postgres(is_durable=True)))

    # --- checks ---------------------------------------------------------------------------------------------------

    def judge(self) -> int:
        """Print the figures; return 0 if the mail server, our records and `balance` agree, otherwise 1."""
        from notifications.models import Delivery

        rows = Delivery.objects.values_list("notice__message_id", "address", "state")
        owed: dict[Mail, str] = {(message_id, address): state for message_id, address, state in rows}
        never = {mail for mail in owed if is_never_taken(mail[1])}
        got = Counter(self.sink.received)
        missing, strangers = owed.keys() - got.keys() - never, got.keys() - owed.keys()
        wrong_states = {mail for mail, state in owed.items() if (state == "REFUSED") != (mail in never)}
        duplicates = sum(number - 1 for number in got.values())
        print_now(f"{len(owed)} mails owed, {len(self.sink.mails)} received in {self.seconds:.0f} s")
        print_now(
            f"{len(missing)} missing, {len(strangers)} unknown, {len(never)} never taken, "
            f"{len(wrong_states)} told wrong"
        )
        print_now(f"{duplicates} duplicates, {self.killed} processes killed; states {dict(Counter(owed.values()))}")
        good = not (missing or strangers or wrong_states) and duplicates <= self.killed and is_balance_ok()
        print_now("GOOD" if good else "BAD")
        return 0 if good else 1


def is_balance_ok() -> bool:
    from django.core.management import call_command

    try:
        call_command("balance")
    except SystemExit:
        return False
    return True


def make_deferred_mails_due() -> None:
    """Make deferred mails due now."""
    from django.utils import timezone

    from notifications.models import Delivery

    Delivery.objects.filter(state="DEFERRED").update(next_attempt_at=timezone.now())


def start_celery(*words: str) -> subprocess.Popen[bytes]:
    quiet = ["--without-gossip", "--without-mingle"] if words[0] == "worker" else ["--pidfile="]
    command = [sys.executable, "-m", "celery", "-A", "sepo_incident", *words, *quiet]
    with (Path(os.environ["SEPO_DATA"]) / "celery.log").open("ab") as log:
        return processes.spawn(command, dies_with=signal.SIGKILL, env=os.environ, output=log, folder=ROOT)


def kill_all(worker: subprocess.Popen[bytes]) -> None:
    """Kill the worker and the worker's pool processes."""
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()


def pool_process_ids(worker: subprocess.Popen[bytes]) -> list[int]:
    """Return the worker's pool processes, waiting up to 30 seconds until there are some."""
    end = time.monotonic() + 30
    while not (found := processes.child_pids(worker.pid)) and worker.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    return found


def print_now(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
