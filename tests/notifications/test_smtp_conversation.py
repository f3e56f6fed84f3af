"""An SMTP conversation with a real server: every step can be refused, deferred or cut, and every reply is kept."""

import socket
import threading
from dataclasses import replace

import pytest

from notifications.models import Attempt
from notifications.outbox import mail_servers
from notifications.outbox.replies_and_retries import NotConnected, Reply, outcome_of_reply
from notifications.outbox.smtp_conversation import DOT, Conversation, Envelope, stuff_dots
from sepo_incident.embedded import processes
from tests.fixtures_sink import server_at

Stage, Outcome = Attempt.Stage, Attempt.Outcome
MAIL = b"Subject: hej\r\n\r\n.punktum\r\nslut\r\n"


def envelope(address="bo@kk.example"):
    return Envelope(f"bounce+{address.partition('@')[0]}@kit.example", address, "1-abc", MAIL)


def pairs_with_next(*addresses):
    """Return each envelope with the next envelope."""
    envelopes = [envelope(address) for address in addresses]
    return zip(envelopes, [*envelopes[1:], None], strict=True)


@pytest.fixture(params=["in one breath", "word by word"])
def send(request, sink, settings):
    """Send to each address over one connection and return the replies, with and without pipelining."""
    sink.offer("DSN", *(["PIPELINING"] if request.param == "in one breath" else []))

    def send_all(*addresses, **config) -> list[Reply]:
        with Conversation(replace(first_server(), **config)) as conversation:
            return [conversation.send(*pair) for pair in pairs_with_next(*addresses or ("bo@kk.example",))]

    return send_all


def first_server():
    return mail_servers.configured_servers()[0]


@pytest.fixture
def conversation(sink, settings):
    """A conversation with a server that offers pipelining."""
    with Conversation(first_server()) as conversation:
        yield conversation


def test_accepted_with_return_path_and_dsn(send, sink):
    (reply,) = send()
    assert (reply.stage, reply.outcome, reply.code) == (Stage.DONE, Outcome.ACCEPTED, 250)
    assert reply.text
    assert reply.dsn_offered is True
    (mail,) = sink.mails
    assert mail.mail_from == "bounce+bo@kit.example"
    assert mail.rcpt_tos == ["bo@kk.example"]
    assert set(mail.mail_options) == {"RET=HDRS", "ENVID=1-abc"}
    assert mail.rcpt_options == ["NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;bo@kk.example"]
    assert mail.raw == MAIL, "dots at line starts arrive as they were"


@pytest.mark.parametrize("offers", [("DSN", "PIPELINING"), ()])
def test_many_envelopes_over_one_connection(sink, conversation, offers):
    sink.offer(*offers)
    conversation.send(envelope("p0@kk.example"))
    sink.refuse("CONNECT", "421 4.7.0 For mange forbindelser")
    outcomes = [conversation.send(*pair).outcome for pair in pairs_with_next("p1@kk.example", "p2@kk.example")]
    assert outcomes == [Outcome.ACCEPTED] * 2
    assert [mail.rcpt_tos for mail in sink.mails] == [["p0@kk.example"], ["p1@kk.example"], ["p2@kk.example"]]


def test_next_mail_is_announced_without_its_text(sink, conversation):
    """A worker that dies between the two leaves at most one mail in doubt."""
    first, second = envelope("bo@kk.example"), envelope("ea@kk.example")
    assert conversation.send(first, second).outcome == Outcome.ACCEPTED
    assert conversation.announced is second
    assert [mail.rcpt_tos for mail in sink.mails] == [["bo@kk.example"]]
    assert conversation.send(second).outcome == Outcome.ACCEPTED


class HastyServer(threading.Thread):
    """A server that answers everything received in one packet, as Postfix does.

    `mails`: the texts that ended with a dot; `text`: the unfinished text.
    """

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.mails, self.text, self.is_over = [], None, False

    def run(self):
        line, _ = self.listener.accept()
        line.sendall(b"220 hej\r\n")
        while said := line.recv(65536):
            line.sendall(b"".join(self.answer(word) for word in said.splitlines(keepends=True)))
        self.is_over = True

    def answer(self, word):
        if self.text is None:
            self.text = b"" if word == b"DATA\r\n" else None
            return {b"ehlo": b"250-hej\r\n250 PIPELINING\r\n", b"DATA": b"354 ja\r\n"}.get(word[:4], b"250 ja\r\n")
        if word != DOT:
            self.text += word
            return b""
        self.mails.append(self.text)
        self.text = None
        return b"250 ja\r\n"


@pytest.fixture
def hasty(settings):
    server = HastyServer()
    server.start()
    settings.MAIL = {**settings.MAIL, "servers": [server_at(server.listener.getsockname()[1])], "starttls": False}
    yield server
    server.listener.close()


@pytest.mark.parametrize("is_sent", [True, False])
def test_next_text_is_sent_ahead_without_its_dot(hasty, is_sent):
    """The server has the whole next text while the worker settles, and must not keep the text: only the dot hands the
    mail over.
    """
    first, second = envelope("bo@kk.example"), envelope("ea@kk.example")
    text = stuff_dots(MAIL).removesuffix(DOT)
    with Conversation(first_server()) as conversation:
        assert conversation.send(first, second).outcome == Outcome.ACCEPTED
        assert processes.wait_until(lambda: hasty.text == text, seconds=5)
        assert hasty.mails == [text]
        if is_sent:
            assert conversation.send(second).outcome == Outcome.ACCEPTED
    assert processes.wait_until(lambda: hasty.is_over, seconds=5)
    assert hasty.mails == [text] * (1 + is_sent)


def test_announced_mail_without_a_send_never_arrives(sink, conversation):
    conversation.send(envelope("bo@kk.example"), envelope("ea@kk.example"))
    assert conversation.send(envelope("uffe@kk.example")).outcome == Outcome.ACCEPTED
    assert [mail.rcpt_tos for mail in sink.mails] == [["bo@kk.example"], ["uffe@kk.example"]]


def test_ambiguous_refusal_is_retried_on_a_new_connection(sink, conversation):
    sink.refuse("MAIL", "503 5.5.1 Nested MAIL", address="bounce+ea@kit.example", times=1)
    assert [conversation.send(*pair).outcome for pair in pairs_with_next("bo@kk.example", "ea@kk.example")] == [
        Outcome.ACCEPTED,
        Outcome.ACCEPTED,
    ]


def test_repeated_refusal_of_an_announced_mail_stands(sink, conversation):
    sink.refuse("MAIL", "550 5.7.0 Afsender ukendt", address="bounce+ea@kit.example")
    _, reply, last = [
        conversation.send(*pair) for pair in pairs_with_next("bo@kk.example", "ea@kk.example", "uffe@kk.example")
    ]
    assert (reply.stage, reply.outcome, reply.code) == (Stage.MAIL, Outcome.REFUSED, 550)
    assert last.outcome == Outcome.ACCEPTED


def test_server_that_wants_data_without_recipients_gets_a_dot(sink, conversation):
    """The server refuses the recipient and still replies 354 (RFC 2920): the refusal stands, and nothing is sent."""
    sink.refuse("RCPT", "550 5.1.1 User unknown", address="bo@kk.example")
    sink.refuse("DATA", "354 Kom bare", times=1)
    first, second = [conversation.send(*pair) for pair in pairs_with_next("bo@kk.example", "ea@kk.example")]
    assert (first.stage, first.outcome, first.code) == (Stage.RCPT, Outcome.REFUSED, 550)
    assert second.outcome == Outcome.ACCEPTED
    assert [mail.rcpt_tos for mail in sink.mails] == [["ea@kk.example"]]


@pytest.mark.parametrize(
    ("step", "answer", "stage", "outcome"),
    [
        ("MAIL", "550 5.7.0 Afsender ukendt", Stage.MAIL, Outcome.REFUSED),
        ("RCPT", "452 4.2.2 Mailbox full", Stage.RCPT, Outcome.DEFERRED),
        ("DATA", "554 5.5.1 Nej", Stage.DATA, Outcome.REFUSED),
        ("DOT", "554 5.7.1 Message rejected as spam", Stage.DATA, Outcome.REFUSED_SPAM),
        ("DOT", "421 4.3.2 Lukker", Stage.DATA, Outcome.DEFERRED),
    ],
)
def test_refusal_and_deferral_at_each_step(send, sink, step, answer, stage, outcome):
    sink.refuse(step, answer, times=1)
    first, second = send("bo@kk.example", "ea@kk.example")
    assert (first.stage, first.outcome) == (stage, outcome)
    assert first.code == int(answer[:3])
    assert answer[4:] in first.text
    assert second.outcome == Outcome.ACCEPTED, "the next mail is not hurt"
    assert [mail.rcpt_tos for mail in sink.mails] == [["ea@kk.example"]]


@pytest.mark.parametrize(("step", "stage"), [("MAIL", Stage.MAIL), ("RCPT", Stage.RCPT), ("DATA", Stage.DATA)])
def test_connection_lost_before_the_dot_is_deferred(send, sink, step, stage):
    """Nothing was accepted: the mail waits, and the next mail gets a new connection."""
    sink.hang_up(step)
    first, second = send("bo@kk.example", "ea@kk.example")
    assert (first.stage, first.outcome, first.code) == (stage, Outcome.DEFERRED, None)
    assert second.outcome == Outcome.ACCEPTED
    assert not sink.mails_to("bo@kk.example")


def test_connection_lost_within_the_mail(send, sink):
    """The mail exceeds the buffers of the connection, so the mail was not sent whole and can safely be retried."""
    sink.hang_up("BODY")
    with Conversation(first_server()) as conversation:
        large = Envelope("bounce+1-abc@kit.example", "bo@kk.example", "1-abc", b"x\r\n" * 3_000_000)
        reply = conversation.send(large)
    assert (reply.stage, reply.outcome, reply.code) == (Stage.DATA, Outcome.DEFERRED, None)


def test_connection_lost_after_the_dot_is_unknown(send, sink):
    sink.hang_up("ACCEPTED")
    first, second = send("bo@kk.example", "ea@kk.example")
    assert (first.stage, first.outcome, first.code) == (Stage.DATA, Outcome.UNKNOWN, None)
    assert second.outcome == Outcome.ACCEPTED
    assert len(sink.mails_to("bo@kk.example")) == 1, "it did arrive, and we cannot know"


def test_no_connection(send, sink, unused_port):
    with pytest.raises(NotConnected) as problem:
        send(port=unused_port)
    assert (problem.value.reply.stage, problem.value.reply.outcome) == (Stage.CONNECT, Outcome.DEFERRED)


def test_missing_starttls_sends_nothing(send, sink):
    with pytest.raises(NotConnected) as problem:
        send(starttls=True)
    assert problem.value.reply.stage == Stage.STARTTLS
    assert not sink.mails


@pytest.mark.parametrize(
    "address",
    ["", "bo@kk.example\r\nRCPT TO:<ond@kk.example>", "bø@kk.example"],
)
def test_invalid_address_is_refused_before_the_conversation(send, sink, address):
    first, second = send(address, "ea@kk.example")
    assert (first.stage, first.outcome) == (Stage.PREPARE, Outcome.REFUSED)
    assert second.outcome == Outcome.ACCEPTED
    assert [mail.rcpt_tos for mail in sink.mails] == [["ea@kk.example"]]


@pytest.mark.parametrize(
    ("code", "text", "outcome"),
    [
        (554, "5.7.1 Service unavailable; client host blocked", Outcome.REFUSED_SPAM),
        (550, "5.7.1 Relaying denied", Outcome.REFUSED),
        (554, "5.7.1 <bo@kk.example>: Relay access denied", Outcome.REFUSED),
        (550, "Message looks like SPAM", Outcome.REFUSED_SPAM),
        (550, "5.1.1 No such user", Outcome.REFUSED),
        (550, "listed in RBL", Outcome.REFUSED_SPAM),
        (450, "greylisted, not spam", Outcome.DEFERRED),
        (421, "4.7.0 try later", Outcome.DEFERRED),
    ],
)
def test_outcome_of_reply(code, text, outcome):
    assert outcome_of_reply(code, text) == outcome


@pytest.mark.parametrize(
    ("text", "queue_id"),
    [
        ("2.0.0 Ok: queued as 4XyZ12abc", "4XyZ12abc"),
        ("2.6.0 <abc@kit.example> [InternalId=1] Queued mail for delivery", ""),
        ("OK id=1rAbCd-0001", "1rAbCd-0001"),
        ("2.0.0 Modtaget", ""),
    ],
)
def test_queue_id(text, queue_id):
    assert Reply(Stage.DONE, Outcome.ACCEPTED, 250, text).queue_id == queue_id


def test_dots_are_stuffed():
    assert stuff_dots(b".a\r\n..b\r\nc.") == b"..a\r\n...b\r\nc.\r\n.\r\n"
