"""One Celery task per mail, the usual approach: a way of `mail_peers.py`."""

import os
from typing import Any

import django
from celery import Celery
from django.db import connection

from sepo_incident import embedded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mail_peer_settings")
django.setup()

app = Celery("mail_task", broker=embedded.broker_url())
app.conf.update(
    task_acks_late=True,
    task_ignore_result=True,
    task_default_queue="mail",
    worker_prefetch_multiplier=1,
)
TABLE = """
    CREATE TABLE mail
        (id bigint PRIMARY KEY, subject text, body text, html text, receiver text, cc text, sent_at timestamptz)
"""


def fill(rows: list[list[Any]]) -> None:
    """Create the table and insert the notices."""
    with connection.cursor() as cursor:
        cursor.execute(TABLE)
        cursor.executemany(
            "INSERT INTO mail VALUES (%s, %s, %s, %s, %s, %s)", [(number, *row) for number, row in enumerate(rows, 1)]
        )


def count_unsent() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM mail WHERE sent_at IS NULL")
        return int(cursor.fetchone()[0])


@app.task
def send(number: int) -> None:
    """Send the mail with that id and mark the row."""
    from mail_message import multipart

    with connection.cursor() as cursor:
        cursor.execute("SELECT subject, body, html, receiver, cc FROM mail WHERE id = %s", [number])
        multipart(*cursor.fetchone()).send()
        cursor.execute("UPDATE mail SET sent_at = now() WHERE id = %s", [number])
