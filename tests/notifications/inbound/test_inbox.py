"""Fetching a mailbox: each mail is committed first and marked afterwards, so no mail is lost."""

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError

from notifications import tasks
from notifications.inbound import mail_intake
from notifications.models import IncomingMail
from tests.factories import at
from tests.notifications.inbound.imap_server import Server
from tests.notifications.inbound.mails import auto_reply, bounce, mail, process_waiting_mails, reply


@pytest.fixture
def box(settings):
    with Server() as server:
        settings.MAIL = {**settings.MAIL, "inbox": server.url}
        yield server.box
        server.shutdown()


def test_mailbox_mails_are_fetched_once(karens, box, capsys):
    box.put(f"Delivered-To: {karens.return_path}\r\n".encode() + bounce(karens))
    box.put(auto_reply(karens))
    call_command("receive_mail", "--fetch")
    assert capsys.readouterr().out == "2 nye mails hentet.\n"
    assert box.seen == set(box.mails)
    assert all("PEEK" in line for line in box.said if "FETCH" in line), "the server must not mark it by itself"
    process_waiting_mails()
    assert set(IncomingMail.objects.values_list("delivery", "received_at")) == {(karens.pk, at(2020, 1, 13, 9, 30))}
    box.put(reply(karens))
    tasks.fetch_mailbox()
    assert IncomingMail.objects.count() == 3


def test_mail_is_marked_after_the_commit(sent, box, monkeypatch):
    """The database fails in between: the mail stays unseen and is fetched again."""
    box.put(mail({"From": "a@kk.example", "Subject": "Hej"}, "Hej"))

    def fails(*_):
        raise DatabaseError

    with monkeypatch.context() as patch:
        patch.setattr(mail_intake, "store_incoming", fails)
        with pytest.raises(DatabaseError):
            tasks.fetch_mailbox()
    assert box.seen == set()
    tasks.fetch_mailbox()
    assert IncomingMail.objects.count() == len(box.seen) == 1


def test_unmarked_stored_mail_is_not_stored_twice(sent, box):
    """The connection is lost after the commit."""
    box.put(mail({"From": "a@kk.example", "Subject": "Hej"}, "Hej"))
    box.deaf_to = "STORE"
    with pytest.raises(CommandError, match="afviste STORE"):
        call_command("receive_mail", "--fetch")
    box.deaf_to = ""
    tasks.fetch_mailbox()
    assert IncomingMail.objects.count() == 1
    assert len(box.seen) == 1


def test_sender_is_known_without_an_envelope(sent, box):
    box.put(b"Return-Path: <>\r\n" + mail({"From": "MAILER-DAEMON@kk.example", "Subject": "Undelivered"}, "No"))
    box.put(mail({"From": "Olga <olga@kk.example>", "Subject": "Hej"}, "Hej"))
    tasks.fetch_mailbox()
    assert list(IncomingMail.objects.order_by("pk").values_list("envelope_from", flat=True)) == ["", "olga@kk.example"]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "Sæt MAIL_INBOX_URL"),
        ("imap://kit:x@127.0.0.1:1/INBOX", "kan ikke læses"),
        ("imap://kit:forkert@{}/INBOX", "kan ikke læses"),
    ],
)
def test_unreachable_mailbox_names_the_setting(db, settings, url, words):
    with Server() as server:
        address = f"127.0.0.1:{server.server_address[1]}"
        settings.MAIL = {**settings.MAIL, "inbox": url.format(address)}
        with pytest.raises(CommandError, match=words) as refused:
            call_command("receive_mail", "--fetch")
        server.shutdown()
    assert "kit" not in str(refused.value), "no name and no password"
