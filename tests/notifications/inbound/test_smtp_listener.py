"""The SMTP listener as a process of its own: 250 means committed, and a mail delivered twice is stored once.

What unfinished mails take together is bounded.
"""

import asyncio
import os
import signal
import smtplib
import socket
import threading
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from typing import Any

import psycopg2
import pytest
from django.core.management import call_command
from django.db import connection

from notifications.inbound.mail_intake import (
    MAX_MAIL_BYTES,
    MAX_UNFINISHED_BYTES,
    SIZE_TOLERANCE,
    IncomingMailHandler,
    SmtpLmtpServer,
)
from notifications.models import IncomingMail
from sepo_incident.embedded import processes
from tests.notifications.inbound.mails import bounce, mail

pytestmark = pytest.mark.engines

OURS = "besked@kit.example"
ONE_AT_A_TIME = {"anden@kit.example": (452, b"4.5.3 One recipient at a time")}
HEJ = mail({"From": "Olga <olga@kk.example>", "Subject": "Hej"}, "Hej på Ærø\n")


def stored_envelopes() -> list[tuple[str, str]]:
    return list(IncomingMail.objects.order_by("pk").values_list("envelope_from", "envelope_to"))


def test_listener_keeps_bounds_and_refuses_mails_on_one_port(start_listener):
    listener = start_listener()
    check_smtp_and_lmtp(listener)
    check_mails_are_kept_byte_for_byte_and_bounded(listener)
    check_451_while_the_database_is_away_and_250_when_it_is_back(listener)
    listener.process.send_signal(signal.SIGTERM)
    assert listener.process.wait(10) == 0


def check_smtp_and_lmtp(listener) -> None:
    with listener.smtp() as server:
        server.sendmail("", [OURS], HEJ)  # a bounce has no sender
        assert stored_envelopes() == [("", OURS)], "committed when it is answered"
        assert bytes(IncomingMail.objects.get().raw) == HEJ
        for address in (OURS, "DIT@Kit.Example"):
            server.sendmail("a@kk.example", [address], HEJ.replace(b"Hej", b"Davs"))
        assert stored_envelopes()[1:] == [("a@kk.example", OURS), ("a@kk.example", "DIT@kit.example")]
        server.sendmail("", [OURS], HEJ)
        assert len(stored_envelopes()) == 3, "the same bytes to the same address"
        refusals = server.sendmail("", [OURS, "anden@kit.example"], HEJ)
        assert refusals == ONE_AT_A_TIME
        long_lines = mail({"From": "a@kk.example", "Subject": "Lang"}, "x" * 100_000 + "\n")
        server.sendmail("a@kk.example", [OURS], long_lines)
        assert bytes(IncomingMail.objects.latest("pk").raw) == long_lines
        with pytest.raises(smtplib.SMTPSenderRefused) as refused:
            server.sendmail("a@kk.example", [OURS], HEJ, mail_options=[f"SIZE={MAX_MAIL_BYTES + 1}"])
        assert refused.value.smtp_code == 552
    with listener.lmtp() as server:
        refusals = server.sendmail("", [OURS, "anden@kit.example"], HEJ.replace(b"Hej", b"Mojn"))
        assert refusals == ONE_AT_A_TIME
        assert stored_envelopes()[-1] == ("", OURS)


def begin_mail(server: smtplib.SMTP, size: int | None = None) -> int:
    """Begin a mail with the declared size, and return the reply's code."""
    server.ehlo()
    server.mail("a@kk.example", [] if size is None else [f"SIZE={size}"])
    server.rcpt(OURS)
    return server.docmd("DATA")[0]


def send_data(server: smtplib.SMTP, content: bytes) -> int:
    """Send the content as it is, and return the reply's code."""
    server.send(content)
    return server.getreply()[0]


KEPT = {
    b".\r\n": b"",
    b"\r\n.\r\n": b"\r\n",
    b"..\r\nx.\r\n...\r\n\n.\n\r\n.\r\n": b".\r\nx.\r\n..\r\n\n.\n\r\n",
    b"\r\n" * 500_000 + b".\r\n": b"\r\n" * 500_000,
}


def check_mails_are_kept_byte_for_byte_and_bounded(listener) -> None:
    with listener.smtp() as server:
        for sent, kept in KEPT.items():
            assert begin_mail(server) == 354
            assert send_data(server, sent) == 250
            assert bytes(IncomingMail.objects.latest("pk").raw) == kept
        for declared, length in ((None, MAX_MAIL_BYTES), (10, 3 * SIZE_TOLERANCE)):
            assert begin_mail(server, declared) == 354
            assert send_data(server, b"x" * length + b"\r\n.\r\n") == 552
    mails = [listener.smtp() for _ in range(MAX_UNFINISHED_BYTES // MAX_MAIL_BYTES)]
    assert [begin_mail(one) for one in mails[1:]] == [354] * (len(mails) - 1)
    with listener.smtp() as server:
        server.sendmail("", [OURS], HEJ)  # a small mail says its size, and there is room
        assert begin_mail(mails[0]) == 354
        with pytest.raises(smtplib.SMTPDataError) as refused:
            server.sendmail("", [OURS], HEJ.replace(b"Hej", b"Davs"))
        assert refused.value.smtp_code == 452
        mails[0].close()  # in the middle of a mail
        assert send_data(mails[1], b".\r\n") == 250
        assert processes.wait_until(lambda: begin_mail_or_reset(server), 10)
        assert send_data(server, b".\r\n") == 250
        assert "Davs" not in listener.log()
    for one in mails[1:]:
        one.close()


def begin_mail_or_reset(server: smtplib.SMTP) -> bool:
    is_begun = begin_mail(server) == 354
    if not is_begun:
        server.rset()
    return is_begun


def run_in_thread(work: Coroutine[Any, Any, None]) -> None:
    """Run the coroutine to its end. A browser test before this one may have left a running loop in the main thread."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()


def test_a_connection_that_sends_nothing_is_closed_and_holds_no_room():
    async def wait_for_the_end(*commands: bytes) -> None:
        loop, handler = asyncio.get_running_loop(), IncomingMailHandler()
        made = await loop.create_server(
            lambda: SmtpLmtpServer(handler, loop=loop, hostname="kit.example", timeout=0.5), "127.0.0.1"
        )
        async with made, asyncio.timeout(10):
            reader, writer = await asyncio.open_connection(*made.sockets[0].getsockname())
            for command in commands:
                await reader.readline()  # the greeting, or the reply to the command before
                writer.write(command + b"\r\n")
            if commands:
                assert (await reader.readline()).startswith(b"354")
                assert handler.unfinished_bytes == MAX_MAIL_BYTES
            await reader.read()  # to the end of the connection
            writer.close()
        assert handler.unfinished_bytes == 0

    run_in_thread(wait_for_the_end())
    run_in_thread(wait_for_the_end(b"HELO x", b"MAIL FROM:<a@kk.example>", b"RCPT TO:<b@kk.example>", b"DATA"))


def refuse_connections(is_shut: bool) -> None:
    """Let the database refuse new connections and end open ones, except the connection of the test."""
    connection.ensure_connection()
    ours, name = connection.connection.info, connection.settings_dict["NAME"]
    with closing(psycopg2.connect(host=ours.host, user=ours.user, dbname="postgres")) as beside:
        beside.autocommit = True
        with beside.cursor() as cursor:
            cursor.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS {"false" if is_shut else "true"}')
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> %s",
                [name, ours.backend_pid],
            )


def check_451_while_the_database_is_away_and_250_when_it_is_back(listener) -> None:
    before = len(stored_envelopes())
    with listener.smtp() as server:
        server.sendmail("", [OURS], HEJ.replace(b"Hej", b"Dav"))
        refuse_connections(True)
        try:
            with pytest.raises(smtplib.SMTPDataError) as refused:
                server.sendmail("", [OURS], HEJ.replace(b"Hej", b"Goddag"))
        finally:
            refuse_connections(False)
        assert refused.value.smtp_code == 451
        server.sendmail("", [OURS], HEJ.replace(b"Hej", b"Goddag"))
    assert len(stored_envelopes()) == before + 2
    assert "olga" not in listener.log()


def test_mail_redelivered_after_a_kill_is_stored_once(start_listener, karens):
    """The broker hangs, so the mail is committed and not answered yet. Then the listener is killed. The mail server got
    no reply and delivers the same mail again.
    """
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        listener = start_listener(CELERY_BROKER_URL=f"redis://127.0.0.1:{deaf.getsockname()[1]}/0")
        answered = []

        def bring() -> None:
            with suppress(smtplib.SMTPServerDisconnected, OSError), listener.smtp() as server:
                server.sendmail("", [karens.return_path], bounce(karens))
                answered.append(True)

        mail_server = threading.Thread(target=bring)
        mail_server.start()
        assert processes.wait_until(lambda: IncomingMail.objects.exists(), 20), listener.log()
        os.kill(listener.process.pid, signal.SIGKILL)
        mail_server.join(10)
    assert answered == []
    with start_listener().smtp() as server:
        server.sendmail("", [karens.return_path], bounce(karens))
    assert IncomingMail.objects.count() == 1
    call_command("receive_mail", "--file")
    assert IncomingMail.objects.get().delivery == karens
    call_command("balance")
