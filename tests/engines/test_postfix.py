"""A real Postfix between the system and the world: the delivery state follows from real delivery reports."""

import time

import pytest
from django.utils import timezone

from notifications import mail_worker
from notifications.alarms import reconciliation
from notifications.inbound import mail_processing
from notifications.models import Attempt, Delivery, IncomingMail, Kind, State
from notifications.outbox.delivery_explanations import explain_delivery
from notifications.outbox.enqueue import enqueue_standalone_mail
from sepo_incident.demo.mailbox import SmtpSink
from sepo_incident.embedded.processes import wait_until
from tests.fixtures_sink import ScriptedSink, ServerWithoutDsn, server_at
from tests.notices import write_first_notices
from tests.postfix import Postfix

pytestmark = pytest.mark.engines

#: name in the cast → address; the domain decides the fate of the mail
ADDRESSES = {
    "karen": "karen@her.example",  # a mailbox on this Postfix
    "jens": "jens@her.example",  # no mailbox
    "anne": "anne@langsom.example",
    "torben": "torben@fuld.example",
    "ulla": "ulla@spam.example",
    "sofie": "sofie@gammel.example",  # a server without the DSN extension
    "birgitte": "birgitte@tavs.example",  # a server with the DSN extension that sends no report
}
REPORT_COUNT = 6


@pytest.fixture
def servers_by_domain():
    """{domain: SMTP server of the domain}"""
    servers = {name: ScriptedSink() for name in ("langsom", "fuld", "spam", "tavs")} | {
        "gammel": SmtpSink(ServerWithoutDsn())
    }
    for server in servers.values():
        server.start()
    servers["langsom"].refuse("RCPT", "451 4.3.2 Come back later")
    servers["fuld"].refuse("RCPT", "552 5.2.2 Mailbox full")
    servers["spam"].refuse("DOT", "554 5.7.1 Message rejected as spam by content filter")
    yield {f"{name}.example": server for name, server in servers.items()}
    for server in servers.values():
        server.stop()


@pytest.fixture
def postfix(servers_by_domain, start_listener, settings):
    """A Postfix that `settings.MAIL` points at. Postfix returns bounces to our own listener."""
    transports = {domain: f"smtp:[127.0.0.1]:{server.port}" for domain, server in servers_by_domain.items()}
    transports["kit.example"] = f"lmtp:[127.0.0.1]:{start_listener().port}"
    with Postfix(transports, mailboxes=[ADDRESSES["karen"]]) as running:
        settings.MAIL = {**settings.MAIL, "servers": [server_at(running.port)], "starttls": False}
        yield running


@pytest.fixture
def sent_mails(cast, postfix):
    """The cast at the addresses: the notices of Karen, Anne and Ulla with copies, and two standalone mails."""
    for person, address in ADDRESSES.items():
        user = getattr(cast, person)
        user.email = address
        user.save()
    write_first_notices(cast.incident)
    for person in ("sofie", "birgitte"):
        enqueue_standalone_mail(Kind.TEST, getattr(cast, person), "Prøve", "Det er en prøve.\n", by=cast.mette)
    mail_worker.drain_outbox()
    return cast


def delivery_states() -> dict[str, str]:
    """Return {name in the cast: delivery state}."""
    names = {address: person for person, address in ADDRESSES.items()}
    return {names[one.address]: one.current_state for one in Delivery.objects.all()}


def reason(person) -> str:
    return explain_delivery(Delivery.objects.get(recipient=person), timezone.now())


def test_delivery_states_follow_the_delivery_reports(sent_mails, postfix):
    assert set(Attempt.objects.values_list("outcome", "dsn_offered")) == {("ACCEPTED", True)}, postfix.log
    assert wait_until(lambda: IncomingMail.objects.count() >= REPORT_COUNT, 30), postfix.log
    mail_processing.process_waiting_mails(until=time.monotonic() + 60)
    assert set(IncomingMail.objects.values_list("match_status", "matched_by")) == {("MATCHED", "TOKEN")}
    assert delivery_states() == {
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
