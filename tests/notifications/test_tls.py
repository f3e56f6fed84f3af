"""Nothing is sent unencrypted: STARTTLS with a trusted certificate that names the server."""

import ssl
import subprocess

import pytest

from notifications.models import Attempt
from notifications.outbox.mail_servers import Server
from notifications.outbox.replies_and_retries import NotConnected
from notifications.outbox.smtp_conversation import Conversation, Envelope
from tests.fixtures_sink import ScriptedSink

Stage, Outcome = Attempt.Stage, Attempt.Outcome
ENVELOPE = Envelope("bounce+1-abc@kit.example", "bo@kk.example", "1-abc", b"Subject: hej\r\n\r\nhej\r\n")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A self-signed certificate for localhost, and the key."""
    paths = [tmp_path_factory.mktemp("tls") / name for name in ("certificate.pem", "key.pem")]
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost", "-out", paths[0], "-keyout", paths[1]),
        ],
        check=True,
        capture_output=True,
    )
    return paths


@pytest.fixture
def safe_sink(certificate):
    """A server that takes no mail before STARTTLS."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    sink = ScriptedSink(tls_context=context, require_starttls=True)
    sink.start()
    yield sink
    sink.stop()


@pytest.fixture
def send(safe_sink):
    def send(host="localhost"):
        server = Server(host, safe_sink.port, user="", password="", starttls=True, timeout=5)
        with Conversation(server) as conversation:
            return conversation.send(ENVELOPE)

    return send


def test_trusted_certificate_is_accepted(send, safe_sink, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    reply = send()
    assert (reply.outcome, reply.dsn_offered) == (Outcome.ACCEPTED, True)
    assert [mail.rcpt_tos for mail in safe_sink.mails] == [["bo@kk.example"]]


def test_unknown_certificate_is_refused(send, safe_sink):
    with pytest.raises(NotConnected, match="CERTIFICATE_VERIFY_FAILED") as problem:
        send()
    assert (problem.value.reply.stage, problem.value.reply.outcome) == (Stage.STARTTLS, Outcome.DEFERRED)
    assert not safe_sink.mails


def test_certificate_of_another_host_is_refused(send, safe_sink, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    with pytest.raises(NotConnected, match="IP address mismatch"):
        send(host="127.0.0.1")
    assert not safe_sink.mails
