"""The SMTP listener as a process of its own: 250 means committed, and a mail delivered twice is stored once."""

import os
import signal
import smtplib
import socket
import threading
from contextlib import closing, suppress

import psycopg2
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from notifications.inbound.mail_intake import MAX_MAIL_BYTES
from notifications.models import IncomingMail
from sepo_incident.embedded import processes
from tests.notifications.inbound.mails import bounce, mail

pytestmark = pytest.mark.engines

OURS = "besked@kit.example"
ONE_AT_A_TIME = {"anden@kit.example": (452, b"4.5.3 One recipient at a time")}
HEJ = mail({"From": "Olga <olga@kk.example>", "Subject": "Hej"}, "Hej på Ærø\n")


def stored_envelopes() -> list[tuple[str, str]]:
    return list(IncomingMail.objects.order_by("pk").values_list("envelope_from", "envelope_to"))


def test_smtp_and_lmtp_on_one_port(start_listener):
    listener = start_listener()
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
    listener.process.send_signal(signal.SIGTERM)
    assert listener.process.wait(10) == 0


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


def test_451_while_the_database_is_away_and_250_when_it_is_back(start_listener):
    listener = start_listener()
    with listener.smtp() as server:
        server.sendmail("", [OURS], HEJ)
        refuse_connections(True)
        try:
            with pytest.raises(smtplib.SMTPDataError) as refused:
                server.sendmail("", [OURS], HEJ.replace(b"Hej", b"Davs"))
        finally:
            refuse_connections(False)
        assert refused.value.smtp_code == 451
        server.sendmail("", [OURS], HEJ.replace(b"Hej", b"Davs"))
    assert len(stored_envelopes()) == 2
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


@pytest.mark.parametrize("address", ["2525", "127.0.0.1", "127.0.0.1:abc", "127.0.0.1:99999"])
def test_invalid_listen_address_is_refused(address):
    with pytest.raises(CommandError, match=r"Skriv adressen som 127\.0\.0\.1:2525\."):
        call_command("receive_mail", "--listen", address)
