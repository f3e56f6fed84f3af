"""Measure the sending of mails, beside other ways to send mails: `make bench-mail` or

    .venv/bin/python benchmarks/mail.py [--notices 2000 20000] [--workers 2] [--ways ours post_office]
        [--peers FOLDER]

Prints a line of JSON per number of notices. A notice goes to a sender with a leader in cc. `ours` sends an envelope
to each recipient, with a claim, a lease, a commit per outcome and the reply stored; `post_office`
(`mail_peers.py`) sends one envelope for both recipients, with the same text from the same PostgreSQL. Both ways send
to Postfix's `smtp-sink` on loopback.

`notices_per_s`: notices; `mails_per_s`: envelopes. `cpu`: CPU seconds per 1.000 envelopes, of the senders and
of PostgreSQL. `largest_process_mib`: the peak memory of the largest sender, MiB.
"""

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from io import StringIO
from pathlib import Path
from typing import Any

from filled_database import FOLDER, ROOT

os.environ["LOG_LEVEL"] = "ERROR"
os.environ["PATH"] += ":/usr/sbin"  # Debian's folder for Postfix's programs


def main() -> None:
    asked = arguments()
    from sepo_incident import embedded

    found_in = os.pathsep.join(map(str, [asked.peers.resolve(), ROOT, ROOT / "benchmarks"]))
    os.environ |= {"MAIL_WORKERS": str(asked.workers), "PYTHONPATH": found_in}
    try:
        with embedded.running_engines():
            for size in asked.notices:
                print(json.dumps({"notices": size} | side_by_side(size, asked)), flush=True)
    finally:
        shutil.rmtree(FOLDER, ignore_errors=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--notices", type=int, nargs="*", default=[2_000, 20_000])
    parser.add_argument("--workers", type=int, default=2, help="processes that send, of ours and of django-post-office")
    parser.add_argument("--ways", nargs="*", default=["ours", "post_office"])
    parser.add_argument("--peers", type=Path, default=ROOT / ".tools/peers", help="where the peers are installed")
    return parser.parse_args()


def side_by_side(size: int, asked: argparse.Namespace) -> dict[str, Any]:
    figures: dict[str, Any] = {"written": write_notices(size)}
    with smtp_sink() as port:
        for way in asked.ways:
            figures[way] = run_way(way, size, port, asked.workers)
    return figures


# --- notices ------------------------------------------------------------------------------------------------------


def write_notices(size: int) -> dict[str, float]:
    """Write `size` notices to an empty outbox, as the button does, and to a file for the other ways."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from notifications.dispatching import dispatch_lifecycle, outbox_writer
    from notifications.dispatching.first_notices import list_recipients
    from notifications.models import Notice

    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # otherwise the triggers of append-only tables refuse
        cursor.execute("TRUNCATE letters_incident, accounts_membership, django_session CASCADE")
        cursor.execute("RESET session_replication_role")
        cursor.execute("DELETE FROM accounts_user")
    incident = create_letters(size)
    call_command("open_followups", incident=incident.slug, verbosity=0, stdout=StringIO())
    begun = time.perf_counter()
    mails = list_recipients("FIRST_NOTICE", incident).mails
    dispatch = dispatch_lifecycle.request_dispatch("FIRST_NOTICE", incident, size, ticked=mails, reason="Måling")
    outbox_writer.write_until_finished(dispatch.pk)
    spent = time.perf_counter() - begun
    with notices_file().open("w") as file:
        for notice in Notice.objects.select_related("receiver", "leader").iterator():
            row = [notice.subject, notice.text, notice.html, notice.receiver.email, notice.leader.email]
            file.write(json.dumps(row) + "\n")
    connection.close()
    return {"seconds": round(spent, 1), "notices_per_s": round(size / spent)}


def create_letters(senders: int) -> Any:
    """Create two letters per sender, and ten senders per leader."""
    from letters.models import ImportBatch, Incident, Letter
    from sepo_incident.accounts.models import User
    from sepo_incident.core.danish import COPENHAGEN

    days = {"first_day": date(2019, 12, 9), "last_day": date(2019, 12, 19), "deadline": date(2020, 1, 15)}
    incident = Incident.objects.create(slug="maaling", title="Sikker post", **days)
    batch = ImportBatch.objects.create(incident=incident, filename="", sha256="")

    def people(word: str, number: int) -> list[User]:
        names = (User(name=f"{word} Sørensen {one}", email=f"{word}.{one}@kk.example") for one in range(number))
        return User.objects.bulk_create(names)

    leaders = people("jens", senders // 10 + 1)
    Letter.objects.bulk_create(
        Letter(
            incident=incident,
            batch=batch,
            source_ref=f"SEPO-{number}-{sender.pk}",
            sent_at=datetime(2019, 12, 10 + number, 9, 14, tzinfo=COPENHAGEN),
            sender=sender,
            sender_name=sender.name,
            leader=leaders[place // 10],
            leader_name=leaders[place // 10].name,
            subject=f"Indkaldelse til møde om støtte i skoleåret, sag {number}",
            recipient_kind="CITIZEN",
            recipient_key="0" * 64,
        )
        for place, sender in enumerate(people("karen", senders))
        for number in range(2)
    )
    return incident


def notices_file() -> Path:
    return Path(FOLDER) / "notices.jsonl"


# --- ways to send -------------------------------------------------------------------------------------------------


def run_way(way: str, size: int, port: int, workers: int) -> dict[str, Any]:
    """Run a way in a separate process and measure CPU time and memory."""
    from process_usage import cpu_with_children, run_script

    from sepo_incident.embedded import paths

    postmaster = int((paths.data_folder() / "postgres/postmaster.pid").read_text().split()[0])
    before = cpu_with_children(postmaster)
    script = str(ROOT / "benchmarks/mail_peers.py")
    told, peak = run_script([sys.executable, script, way, str(port), str(workers), str(notices_file())])
    senders = told.pop("cpu")
    return told | {
        "seconds": round(told["seconds"], 2),
        "notices_per_s": round(size / told["seconds"]),
        "mails_per_s": round(told["mails"] / told["seconds"]),
        "cpu": {
            "senders": round(1000 * senders / told["mails"], 2),
            "postgres": round(1000 * (cpu_with_children(postmaster) - before) / told["mails"], 2),
        },
        "largest_process_mib": peak,
    }


@contextmanager
def smtp_sink() -> Iterator[int]:
    from sepo_incident.embedded import processes

    port = free_port()
    as_nobody = ["-u", "nobody"] if os.geteuid() == 0 else []
    sink = subprocess.Popen(["smtp-sink", *as_nobody, f"127.0.0.1:{port}", "100"], stderr=subprocess.DEVNULL)
    try:
        with socket.socket() as probe:
            processes.wait_until(lambda: probe.connect_ex(("127.0.0.1", port)) == 0, seconds=4)
        yield port
    finally:
        sink.send_signal(signal.SIGTERM)
        sink.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
