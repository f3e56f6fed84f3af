"""A real Postfix between us and the world: each recipient ends where real reports say (promises.md, *Mail* 3-6)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from notifications import mail_worker
from notifications.alarms import reconciliation
from notifications.inbound import inbox_worker
from notifications.models import Attempt, Delivery, IncomingMail, Kind, State
from notifications.outbox.delivery_explanations import explain_delivery
from notifications.outbox.enqueue import enqueue_standalone_mail
from sepo_incident.demo.smtp_sink import SmtpSink
from sepo_incident.embedded.processes import wait_until
from tests.fixtures_sink import OldServer, ScriptedSink, server_at
from tests.notifications.conftest import request, write
from tests.notifications.inbound.test_listening import start_listener  # noqa: F401
from tests.postfix import Postfix

pytestmark = pytest.mark.engines

#: who lives where, and what becomes of a mail to them
ADDRESSES = {
    "karen": "karen@her.example",  # has her mailbox with us
    "jens": "jens@her.example",  # had one
    "anne": "anne@langsom.example",
    "torben": "torben@fuld.example",
    "ulla": "ulla@spam.example",
    "sofie": "sofie@gammel.example",  # a server that offers no receipts
    "birgitte": "birgitte@tavs.example",  # one that offers them, and sends none
}
REPORTS = 6


@pytest.fixture
def world():
    """{domain: an SMTP server for it}"""
    servers = {name: ScriptedSink() for name in ("langsom", "fuld", "spam", "tavs")} | {"gammel": SmtpSink(OldServer())}
    for server in servers.values():
        server.start()
    servers["langsom"].refuse("RCPT", "451 4.3.2 Come back later")
    servers["fuld"].refuse("RCPT", "552 5.2.2 Mailbox full")
    servers["spam"].refuse("DOT", "554 5.7.1 Message rejected as spam by content filter")
    yield {f"{name}.example": server for name, server in servers.items()}
    for server in servers.values():
        server.stop()


@pytest.fixture
def postfix(world, start_listener, settings):  # noqa: F811
    """It brings what comes back to our own listener; ``settings.MAIL`` points at it."""
    transports = {domain: f"smtp:[127.0.0.1]:{server.port}" for domain, server in world.items()}
    transports["kit.example"] = f"lmtp:[127.0.0.1]:{start_listener().port}"
    with Postfix(transports, mailboxes=[ADDRESSES["karen"]]) as running:
        settings.MAIL = {**settings.MAIL, "servers": [server_at(running.port)], "starttls": False}
        yield running


@pytest.fixture
def sent(cast, postfix):
    """Everybody at their address: Karen's, Anne's and Ulla's notices with their copies, and two lone mails."""
    for person, address in ADDRESSES.items():
        user = getattr(cast, person)
        user.email = address
        user.save()
    write(request(cast.incident))
    for person in ("sofie", "birgitte"):
        enqueue_standalone_mail(Kind.TEST, getattr(cast, person), "Prøve", "Det er en prøve.\n", by=cast.mette)
    mail_worker.drain_outbox()
    return cast


def states() -> dict[str, str]:
    """{who: where their mail stands}"""
    names = {address: person for person, address in ADDRESSES.items()}
    return {names[one.address]: one.current_state for one in Delivery.objects.all()}


def reason(person) -> str:
    return explain_delivery(Delivery.objects.get(recipient=person), timezone.now())


def test_every_recipient_ends_where_the_reports_say(sent, postfix):
    assert set(Attempt.objects.values_list("outcome", "dsn_offered")) == {("ACCEPTED", True)}, postfix.log
    assert wait_until(lambda: IncomingMail.objects.count() >= REPORTS, 30), postfix.log
    inbox_worker.process_waiting_mails(until=timezone.now() + timedelta(minutes=1))
    assert set(IncomingMail.objects.values_list("became", "matched_by")) == {("MATCHED", "TOKEN")}
    assert states() == {
        "karen": State.DELIVERED,
        "jens": State.RETURNED,
        "anne": State.DELAYED,
        "torben": State.RETURNED,
        "ulla": State.REFUSED_SPAM,
        "sofie": State.RELAYED,
        "birgitte": State.ACCEPTED,
    }
    reasons = {
        one.recipient.first_name: explain_delivery(one, timezone.now())
        for one in Delivery.objects.select_related("recipient")
    }
    assert "Postkassen er fuld" in reasons["Torben"]
    assert "findes ikke" in reasons["Jens"]
    assert all(one.agrees for one in reconciliation.check_sums())
