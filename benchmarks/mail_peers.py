"""The ways to send the notices. `mail.py` starts a process per way and reads one line of JSON.

    mail_peers.py WAY PORT WORKERS FILE

`FILE` has a notice per line: [subject, text, html, to, cc]. Time is measured from the moment when all notices are
queued and the senders are ready, until the last notice is marked as sent.
"""

import json
import logging
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from process_usage import cpu_with_children  # noqa: E402

SENDER = "besked@kit.example"
Figures = dict[str, float]


def main() -> None:
    way, port, workers, file = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
    print(json.dumps(WAYS[way](port, workers, file)))


def send_with_mail_worker(port: int, workers: int, file: Path) -> Figures:
    """Send with our mail worker, started by Celery and woken by tasks as in production."""
    import django

    os.environ["EMAIL_URL"] = f"smtp://127.0.0.1:{port}"
    django.setup()
    from django.db.models import Max

    from notifications.models import Attempt, Delivery
    from notifications.outbox import enqueue

    worker = start_worker(workers)
    before, begun = cpu_with_children(worker.pid), time.time()
    for _ in range(workers):
        enqueue.wake_mail_workers()
    wait_until(lambda: not Delivery.objects.filter(next_attempt_at__isnull=False).exists())
    ended = Attempt.objects.aggregate(last=Max("ended_at"))["last"].timestamp()
    used = cpu_with_children(worker.pid) - before
    worker.send_signal(signal.SIGTERM)
    worker.wait()
    if Delivery.objects.exclude(state="ACCEPTED").exists():
        raise SystemExit("not all were accepted")
    return {"seconds": ended - begun, "mails": Attempt.objects.count(), "cpu": used}


def post_office(port: int, workers: int, file: Path) -> Figures:
    """Send with `manage.py send_queued_mail -p WORKERS` of django-post-office, default batches and threads."""
    os.environ |= {"DJANGO_SETTINGS_MODULE": "mail_peer_settings", "PEER_PORT": str(port)}
    import django
    from mail_peer_settings import new_database

    new_database()
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, run_syncdb=True)
    from post_office import mail
    from post_office.models import Email

    rows = [json.loads(line) for line in file.open()]
    for chunk in range(0, len(rows), 500):
        mail.send_many(
            {"recipients": to, "cc": cc, "sender": SENDER, "subject": subject, "message": text, "html_message": html}
            for subject, text, html, to, cc in rows[chunk : chunk + 500]
        )
    logging.disable(logging.INFO)
    before, begun = cpu_seconds(), time.perf_counter()
    call_command("send_queued_mail", processes=workers, log_level=1)
    seconds, used = time.perf_counter() - begun, cpu_seconds() - before
    if Email.objects.filter(status=0).count() != len(rows):
        raise SystemExit("not all were sent")
    return {"seconds": seconds, "mails": len(rows), "cpu": used}


WAYS: dict[str, Callable[[int, int, Path], Figures]] = {
    "ours": send_with_mail_worker,
    "post_office": post_office,
}


# --- helpers ------------------------------------------------------------------------------------------------------


def start_worker(workers: int) -> subprocess.Popen[bytes]:
    """Start our Celery worker and wait until the worker is ready."""
    command = [sys.executable, "-m", "celery", "-A", "sepo_incident", "worker", "-Q", "mail", "-c", str(workers)]
    log = Path(os.environ["SEPO_DATA"]) / "worker.log"
    environment = os.environ | {"CELERY_LOG_LEVEL": "INFO", "LOG_LEVEL": "INFO"}
    with log.open("wb") as output:
        worker = subprocess.Popen(
            [*command, "-l", "INFO", "--without-gossip", "--without-mingle"],
            stdout=output,
            stderr=output,
            env=environment,
            cwd=ROOT,
        )
    wait_until(lambda: " ready." in log.read_text())
    return worker


def wait_until(is_so: Callable[[], bool]) -> None:
    while not is_so():
        time.sleep(0.05)


def cpu_seconds() -> float:
    """Return the CPU seconds of this process and of ended child processes."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


if __name__ == "__main__":
    main()
