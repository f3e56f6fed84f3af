"""KIT's whole list as mails, with the mail worker killed on the way: ``make soak`` or

    .venv/bin/python benchmarks/kill_mail_worker.py [--letters 3400] [--kills 3] [--seed 1]

Real engines in a folder of their own, a real SMTP server, real Celery workers. SIGKILL goes at random moments to one of
the two processes that send, or (--whole) to the mail worker with both of them at once, as when a machine is switched
off. Afterwards the mail server must hold every mail; a mail may be there twice at most once per killed process, under
the same Message-ID; `manage.py balance` must agree. Exit 1 when not.
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
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ |= {"DJANGO_SETTINGS_MODULE": "sepo_incident.settings", "DJANGO_DEBUG": "1", "LOG_LEVEL": "WARNING"}
os.environ["SEPO_DATA"] = str(Path(tempfile.gettempdir()) / f"sepo-soak-{os.getpid()}")

from sepo_incident import embedded  # noqa: E402
from sepo_incident.embedded import processes  # noqa: E402

PATIENCE = 600  # seconds until everything must have been sent


def main() -> int:
    options = arguments()
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, os.environ["SEPO_DATA"], ignore_errors=True)
        received, port = start_sink(stack)
        os.environ["EMAIL_URL"] = f"smtp://127.0.0.1:{port}"
        stack.enter_context(embedded.engines())
        fill(options.letters)
        return run(stack, options, received)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--letters", type=int, default=3400)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def start_sink(stack: ExitStack) -> tuple[list[tuple[str, str]], int]:
    """[(Message-ID, recipient)] of every mail the server said 250 to, and its port."""
    from sepo_incident.demo.sink import Receiver, Sink

    received: list[tuple[str, str]] = []

    def keep(envelope) -> None:
        head = envelope.content.partition(b"\r\n\r\n")[0].decode("ascii")
        message_id = head.partition("Message-ID: ")[2].partition("\r\n")[0]
        received.append((message_id, envelope.rcpt_tos[0]))

    sink = Sink(Receiver(keep))
    sink.start()
    stack.callback(sink.stop)
    return received, sink.port


def fill(letters: int) -> None:
    """make_list → import_list --commit → opened, with the seconds of each step."""
    import django

    django.setup()
    from datetime import date

    from django.core.management import call_command

    from letters.models import Incident

    with timed("migrate"):
        call_command("migrate", verbosity=0)
    Incident.objects.create(
        slug="sepo-2019",
        title="Sikker post",
        first_day=date(2019, 12, 9),
        last_day=date(2019, 12, 19),
        deadline=date(2020, 1, 15),
    )
    workbook = Path(os.environ["SEPO_DATA"]) / "liste.xlsx"
    with timed("make_list"):
        call_command("make_list", str(workbook), letters=letters, seed=2019)
    with timed("import_list"):
        call_command("import_list", str(workbook), incident="sepo-2019", commit=True)
    with timed("open_followups"):
        call_command("open_followups", incident="sepo-2019")


class timed:
    def __init__(self, what: str):
        self.what = what

    def __enter__(self) -> None:
        self.begun = time.perf_counter()

    def __exit__(self, *problem: object) -> None:
        say(f"{self.what}: {time.perf_counter() - self.begun:.1f} s")


def say(text: str) -> None:
    print(text, flush=True)


def start_celery(*words: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "celery", "-A", "sepo_incident", *words]
    with (Path(os.environ["SEPO_DATA"]) / "celery.log").open("ab") as log:
        return processes.spawn(command, dies_with=signal.SIGKILL, env=os.environ, output=log, folder=ROOT)


def start_mail_worker() -> subprocess.Popen[bytes]:
    return start_celery("worker", "-Q", "mail", "-c", "2", "--without-gossip", "--without-mingle")


def kill(worker: subprocess.Popen[bytes]) -> None:
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()


def senders_of(worker: subprocess.Popen[bytes]) -> list[int]:
    """The pool processes of a worker: its children."""
    return [int(pid) for pid in Path(f"/proc/{worker.pid}/task/{worker.pid}/children").read_text().split()]


def run(stack: ExitStack, options: argparse.Namespace, received: list[tuple[str, str]]) -> int:
    from letters.models import Incident
    from notifications import dispatching
    from notifications.models import Delivery

    for words in (
        ("worker", "-Q", "celery", "-c", "1", "--without-gossip", "--without-mingle"),
        ("beat", "-s", f"{os.environ['SEPO_DATA']}/beat", "--pidfile="),
    ):
        stack.callback(kill, start_celery(*words))
    mail_worker = start_mail_worker()
    time.sleep(8)  # until they listen; a bell rung earlier would be found by the poller, later
    incident = Incident.objects.get()
    begun = time.perf_counter()
    dispatch = dispatching.request_dispatch("FIRST_NOTICE", incident, dispatching.count_owed("FIRST_NOTICE", incident))
    chance = random.Random(options.seed)
    kills, moments, written_after = 0, kill_moments(options, chance, dispatch.promised), 0.0
    while time.perf_counter() - begun < PATIENCE:
        dispatch.refresh_from_db()
        if dispatch.is_written and not written_after:
            written_after = (dispatch.written_at - dispatch.requested_at).total_seconds()
        if kills < len(moments) and len(received) >= moments[kills]:
            time.sleep(chance.uniform(0, 0.02))
            kills += 1
            say(f"kill -9 number {kills} after {len(received)} mails")
            if options.whole:
                kill(mail_worker)
                mail_worker = start_mail_worker()
            else:
                os.kill(chance.choice(senders_of(mail_worker)), signal.SIGKILL)
        if dispatch.is_written and not Delivery.objects.filter(next_attempt_at__isnull=False).exists():
            break
        time.sleep(0.02)
    seconds = time.perf_counter() - begun
    kill(mail_worker)
    say(f"{dispatch.written} varsler skrevet på {written_after:.1f} s")
    return judge(received, seconds, kills, allowed=kills * (2 if options.whole else 1)) or int(kills != options.kills)


def kill_moments(options: argparse.Namespace, chance: random.Random, senders: int) -> list[int]:
    """After how many received mails to kill: somewhere in each part of the way."""
    part = senders * 2 // (options.kills + 1)
    return [part * number + chance.randint(0, part // 2) for number in range(options.kills)]


def judge(received: list[tuple[str, str]], seconds: float, kills: int, allowed: int) -> int:
    from django.core.management import call_command

    from notifications.models import Attempt, Delivery

    owed = Counter(Delivery.objects.values_list("notice__message_id", "address"))
    got = Counter(received)
    missing, strangers = owed.keys() - got.keys(), got.keys() - owed.keys()
    duplicates = sum(number - 1 for number in got.values())
    first, last = (Attempt.objects.order_by(by).first() for by in ("ended_at", "-ended_at"))
    sending = (last.ended_at - first.started_at).total_seconds()
    say(f"{len(owed)} mails owed, {len(received)} received in {seconds:.1f} s ({len(received) / sending:.0f} mails/s)")
    say(f"{len(missing)} missing, {len(strangers)} unknown, {duplicates} duplicates after {kills} kills")
    unsent = Delivery.objects.exclude(state="ACCEPTED").count()
    try:
        call_command("balance")
        balanced = True
    except SystemExit:
        balanced = False
    good = not missing and not strangers and not unsent and duplicates <= allowed and balanced
    say("GOOD" if good else f"BAD: {unsent} unsent")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
