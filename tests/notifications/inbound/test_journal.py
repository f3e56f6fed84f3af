"""The journal mailbox: copies of colleagues' mails become dispatches, and nothing else of a mail is kept."""

from datetime import datetime, timedelta

import pytest

from letters import recipient_keys
from letters.models import LetterDispatch
from letters.tracking.take_in import take_in_receipts
from notifications.inbound.journal import CHANNEL
from notifications.inbound.mail_intake import store_incoming
from notifications.models import IncomingMail
from sepo_incident.core.cpr import MASK
from sepo_incident.core.danish import COPENHAGEN
from tests.notifications.inbound.mails import mail

pytestmark = pytest.mark.django_db
JOURNAL = "journal@kit.example"
NOW = datetime(2020, 1, 13, 10, tzinfo=COPENHAGEN)
PASS = "mx.kit.example; dmarc=pass header.from"
HEADERS = {
    "Authentication-Results": f"{PASS}=buf.kk.example",
    "From": "Karen Bülow Møller <karen@buf.kk.example>",
    "To": '"Møller, Bo" <0101901234@sepo.example>, Anna <anna@borger.example>',
    "Cc": f"journal <{JOURNAL}>, ANNA@borger.example",
    "Subject": "=?utf-8?q?Indkaldelse_til_010190-1234?=",
    "Message-ID": "<m1@buf.kk.example>",
    "Date": "Mon, 13 Jan 2020 09:58:00 +0100",
}


@pytest.fixture(autouse=True)
def _own_domains(settings):
    settings.MAIL = {**settings.MAIL, "own_domains": ["kk.example"], "authenticated_by": "mx.kit.example"}


def receive(**changed):
    raw = mail({name: text for name, text in (HEADERS | changed).items() if text}, "Kære Bo, hemmeligt")
    assert store_incoming(raw, "karen@buf.kk.example", [JOURNAL.upper()], NOW) == 0
    return raw


def test_each_recipient_becomes_a_dispatch_of_what_the_header_says():
    raw = receive()
    assert not IncomingMail.objects.exists()
    rows = LetterDispatch.objects.order_by("recipient_domain").select_related("channel")
    anna, bo = rows
    for row in rows:
        assert (row.channel.name, row.sender, row.mail_id) == (CHANNEL, "karen@buf.kk.example", "<m1@buf.kk.example>")
        assert (row.subject, row.family, row.size) == (f"Indkaldelse til {MASK}", "indkaldelse til", len(raw))
        assert (row.sent_at, row.sent_known_at) == (NOW - timedelta(minutes=2), NOW)
    assert bo.recipient_key == recipient_keys.hash_recipient("010190-1234")
    assert anna.recipient_key == recipient_keys.hash_recipient("anna@borger.example")


def test_the_same_mail_counts_once_for_each_recipient():
    receive()
    receive(**{"X-Copy": "2"})
    assert LetterDispatch.objects.count() == 2
    receive(To="Carl <carl@borger.example>")
    assert LetterDispatch.objects.count() == 3


@pytest.mark.parametrize(
    "changed",
    [
        {"From": "Karen <karen@evil.example>", "Authentication-Results": f"{PASS}=evil.example"},
        {"From": "Karen <karen@evilkk.example>", "Authentication-Results": f"{PASS}=evilkk.example"},
        {"Authentication-Results": ""},
        {"Authentication-Results": "mx.kit.example; dmarc=fail header.from=buf.kk.example"},
        {"Authentication-Results": "mx.evil.example; dmarc=pass header.from=buf.kk.example"},
        {"Message-ID": ""},
        {"To": "", "Cc": JOURNAL},
    ],
)  # fmt: skip
def test_the_internet_makes_no_dispatches(changed):
    receive(**changed)
    assert not LetterDispatch.objects.exists()
    assert not IncomingMail.objects.exists()


def test_without_own_domains_nothing_counts(settings):
    settings.MAIL = {**settings.MAIL, "own_domains": []}
    receive()
    assert not LetterDispatch.objects.exists()


@pytest.mark.parametrize("date", ["", "i går", "Mon, 1 Jan 1990 09:58:00 +0100", "Mon, 13 Jan 2020 12:58:00 +0100"])
def test_an_implausible_date_is_replaced_by_our_clock(date):
    receive(Date=date)
    assert set(LetterDispatch.objects.values_list("sent_at", flat=True)) == {NOW}


def test_a_receipt_finds_the_mail_by_its_message_id_if_it_has_one_recipient():
    receive(To="Anna <anna@borger.example>")
    receive(**{"Message-ID": "<m2@buf.kk.example>"})
    for number in (1, 2):
        take_in_receipts([{"mail_id": f"<m{number}@buf.kk.example>", "status": "Afleveret Digital Post"}], NOW)
    assert LetterDispatch.objects.get(outcome__is_delivered=True).mail_id == "<m1@buf.kk.example>"


def test_the_mailbox_is_off_without_an_address(settings):
    settings.MAIL = {**settings.MAIL, "journal_address": ""}
    assert store_incoming(mail(HEADERS, "Hej"), "karen@buf.kk.example", [JOURNAL], NOW) == 1
    assert not LetterDispatch.objects.exists()
