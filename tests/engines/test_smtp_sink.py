import smtplib

import pytest

MAIL = b"Subject: Varsel\r\nMessage-ID: <1@kit.example>\r\n\r\nHej\r\n"


@pytest.fixture
def smtp_client(sink):
    with smtplib.SMTP("127.0.0.1", sink.port, timeout=5) as client:
        client.ehlo()
        yield client


def test_sink_keeps_the_envelope_and_dsn_parameters(sink, smtp_client):
    assert smtp_client.has_extn("dsn")
    smtp_client.sendmail(
        "bounce+1-aB@kit.example",
        ["anna@buf.example"],
        MAIL,
        mail_options=["ENVID=aBc", "RET=HDRS"],
        rcpt_options=["NOTIFY=SUCCESS,FAILURE", "ORCPT=rfc822;anna@buf.example"],
    )
    [mail] = sink.mails_to("Anna@buf.example")
    assert mail.mail_from == "bounce+1-aB@kit.example"
    assert "ENVID=aBc" in mail.mail_options
    assert mail.rcpt_options == ["NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;anna@buf.example"]
    assert mail.message["Subject"] == "Varsel"


def test_sink_refuses_one_of_two_recipients(sink, smtp_client):
    sink.refuse("RCPT", "550 5.1.1 Ukendt", address="leder@buf.example")
    refused = smtp_client.sendmail("kit@kit.example", ["anna@buf.example", "leder@buf.example"], MAIL)
    assert refused["leder@buf.example"][0] == 550
    assert sink.mails[0].rcpt_tos == ["anna@buf.example"]


@pytest.mark.parametrize(("step", "code"), [("MAIL", 451), ("DATA", 554), ("DOT", 554)])
def test_sink_refuses_at_each_step_the_given_times(sink, smtp_client, step, code):
    sink.refuse(step, f"{code} Nej", times=1)
    with pytest.raises(smtplib.SMTPResponseException) as refusal:
        smtp_client.sendmail("kit@kit.example", ["anna@buf.example"], MAIL)
    assert refusal.value.smtp_code == code
    smtp_client.rset()
    smtp_client.sendmail("kit@kit.example", ["anna@buf.example"], MAIL)
    assert len(sink.mails) == 1


def test_sink_refuses_a_connection(sink):
    sink.refuse("CONNECT", "421 4.3.2 Optaget")
    with pytest.raises(smtplib.SMTPConnectError):
        smtplib.SMTP("127.0.0.1", sink.port, timeout=5)


@pytest.mark.parametrize(("step", "kept"), [("BODY", 0), ("DOT", 0), ("ACCEPTED", 1)])
def test_sink_hangs_up_before_and_after_the_dot(sink, smtp_client, step, kept):
    sink.hang_up(step)
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        smtp_client.sendmail("kit@kit.example", ["anna@buf.example"], MAIL)
    assert len(sink.mails) == kept
