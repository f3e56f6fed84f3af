"""The MIME mail: headers without injection, all recipients named, text and HTML."""

from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.parser import BytesParser

import pytest
import time_machine

from notifications.models import Delivery, Notice
from notifications.outbox import mime
from sepo_incident.accounts.models import User
from tests.factories import at


def built(notice=None, people=()):
    notice = notice or Notice(subject="3 af dine breve kom ikke frem – tag stilling", text="Kære\n", html="<p>Kære</p>")
    notice.message_id = "<abc@kit.example>"
    notice.created_at = at(2019, 12, 20, 9, 5)
    roles = [Delivery.Role.TO, *[Delivery.Role.CC] * (len(people) - 1)]
    deliveries = [
        Delivery(role=role, recipient=User(name=name, email=address), address=address)
        for role, (name, address) in zip(roles, people, strict=True)
    ]
    raw = mime.build_mail(notice, deliveries)
    return raw, BytesParser(policy=policy.default).parsebytes(raw)


KAREN, JENS = ("Karen Bülow Møller", "kabm@buf.example"), ("Jens Ågård", "jeag@buf.example")


def test_headers():
    raw, mail = built(people=[KAREN, JENS])
    assert mail["From"] == "Koncern IT <besked@kit.example>"
    assert mail["To"] == "Karen Bülow Møller <kabm@buf.example>"
    assert mail["Cc"] == "Jens Ågård <jeag@buf.example>"
    assert mail["Subject"] == "3 af dine breve kom ikke frem – tag stilling"
    assert mail["Message-ID"] == "<abc@kit.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"] == "Fri, 20 Dec 2019 09:05:00 +0100"
    assert mail.get_content_type() == "multipart/alternative"
    assert raw.count(b"\n") == raw.count(b"\r\n")
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_bytes_are_the_same_at_any_time():
    first, _ = built(people=[KAREN, JENS])
    with time_machine.travel(at(2019, 12, 21, 11, 0)):
        assert built(people=[KAREN, JENS])[0] == first


def test_text_and_html_parts_are_complete():
    _, mail = built(people=[KAREN])
    assert mail.get_body(("plain",)).get_content() == "Kære\n"
    assert mail.get_body(("html",)).get_content().strip() == "<p>Kære</p>"
    assert mail["Cc"] is None


@pytest.mark.parametrize("evil", ["Bo\r\nBcc: alle@kk.example", "Bo\nX: y", "Bo\u2028Bcc: x@y.example", "Bo\x0bBcc: x"])
def test_a_name_or_subject_cannot_start_a_header(evil):
    notice = Notice(subject=evil, text="x", html="x")
    raw, mail = built(notice, people=[(evil, "bo@kk.example"), JENS])
    assert mail.keys() == [*built(people=[KAREN, JENS])[1].keys()]
    assert mail["Bcc"] is None
    assert b"\r\nBcc" not in raw


def test_non_ascii_address_does_not_break_the_mail():
    raw, mail = built(people=[KAREN, ("Åse", "åse@kk.example")])
    assert mail["To"] == "Karen Bülow Møller <kabm@buf.example>"
    assert "åse@kk.example" in str(mail["Cc"])
    raw.decode("ascii")


def test_long_name_is_encoded_in_legal_words():
    raw, _ = built(people=[("Å" * 100, "aa@kk.example"), JENS])
    to = message_from_bytes(raw)["To"]
    assert str(make_header(decode_header(to))) == f"{'Å' * 100} <aa@kk.example>"
    assert max(map(len, raw.partition(b"\r\n\r\n")[0].split(b"\r\n"))) <= 78


def test_one_line_keeps_danish_and_drops_invisible_characters():
    assert mime.one_line("  Åse\t Ærø\u202e ØL\u200b\x00 ") == "Åse Ærø ØL"
