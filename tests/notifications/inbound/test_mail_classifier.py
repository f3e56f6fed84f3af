"""Every sample in `samples/` is classified to the last recipient, and any input is classified in bounded time."""

import datetime as dt
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.mail_classifier import Outcome, Verdict, classify_or_raise
from notifications.mail_classifier.text_patterns import mentions_spam
from tests.notifications.inbound.mails import SAMPLES

EVA = "eva@kk.example"
CPU_SECONDS = 1


def token(number: int) -> str:
    return f"{number}-0a1b2c3d4e5f60718293"


def verdict(kind, number, *recipients, answers=False, enveloped=False, away_until=None):
    """Return the verdict on a mail to return path `number`.

    `answers`: the verdict has our Message-ID; `enveloped`: the verdict has the envelope id of RFC 3461.
    """
    message_id = f"<varsel-{number}@kit.example>" if answers else ""
    return Verdict(kind, [*recipients], message_id, token(number), token(number) if enveloped else "", away_until)


def failed(address, status, reason, is_spam=False):
    return Outcome(address, "failed", status, reason, is_spam)


UNKNOWN = "550 5.1.1 nobody of that name"
UNDERSTOOD = {
    "office365_da": verdict(
        "bounce",
        17,
        failed("bodil.holm@kk.example", "5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; modtageren findes ikke"),
        answers=True,
    ),
    "exchange_text_da": verdict(
        "bounce",
        18,
        failed(
            "soren.aero@skole.example",
            "5.1.1",
            "Søren Ærø (soren.aero@skole.example) Adressen blev ikke fundet i modtagerens system.",
        ),
    ),
    "postfix": verdict(
        "bounce",
        19,
        failed("hans@kk.example", "5.1.1", "550 5.1.1 <hans@gammel.example>: no mailbox of that name"),
        failed(EVA, "5.2.1", "550 5.2.1 mailbox closed"),
        answers=True,
        enveloped=True,
    ),
    "postfix_delay": verdict(
        "delay", 20, Outcome(EVA, "delayed", "5.4.7", "connect to mx.kk.example: timed out"), answers=True
    ),
    "delivered": verdict(
        "delivered", 21, Outcome("Eva@kk.example", "delivered", "2.0.0", "250 2.0.0 stored"), enveloped=True
    ),
    "relayed_da": verdict("relayed", 22, Outcome("eva@skole.example", "relayed", "2.5.0")),
    "one_failed_one_relayed": verdict(
        "bounce",
        23,
        Outcome("eva@skole.example", "relayed", "2.0.0"),
        failed("hans@kk.example", "4.4.7", "given up after five days"),
    ),
    "quota_da": verdict(
        "bounce",
        24,
        failed("leif.lund@kk.example", "5.2.2", "554 5.2.2 mailbox full; kvoten er overskredet"),
        answers=True,
    ),
    "spam_policy": verdict(
        "bounce",
        25,
        failed(EVA, "5.7.1", "550 5.7.1 refused for policy reasons, this looks like spam", is_spam=True),
        answers=True,
    ),
    "cpr_in_reply": verdict("bounce", 26, failed(EVA, "5.6.0", "554 subject holds ●●●●●●-●●●● and is refused")),
    "mail_loop": verdict("bounce", 27, failed(EVA, "5.4.6", "mail forwarding loop for eva@kk.example")),
    "utf8_report": verdict("bounce", 28, failed("søren@kk.example", "5.6.7", "553 5.6.7 the name needs SMTPUTF8")),
    "xtext_address": verdict("bounce", 29, failed("lea+lister@kk.example", "5.1.1", "User not listed in directory")),
    "exim": verdict(
        "bounce",
        30,
        failed(
            EVA,
            "5.1.1",
            "eva@kk.example host mx.kk.example [192.0.2.7] SMTP error from remote mail server "
            f"after RCPT TO:<eva@kk.example>: {UNKNOWN}",
        ),
        answers=True,
    ),
    "exim_delay": verdict(
        "delay", 31, Outcome(EVA, "delayed", "4.2.0", "eva@kk.example Delay reason: 450 4.2.0 come back later")
    ),
    "qmail": verdict(
        "bounce",
        32,
        failed(EVA, "5.1.1", f"<eva@kk.example>: 192.0.2.7 does not like recipient. Remote host said: {UNKNOWN}"),
        answers=True,
    ),
    "google": verdict(
        "bounce",
        33,
        failed(
            EVA,
            "5.1.1",
            "Your message wasn't delivered to eva@kk.example because the address couldn't be found. "
            f"The response was: {UNKNOWN}",
        ),
        answers=True,
    ),
    "away_da": verdict("auto_reply", 34, answers=True, away_until=dt.date(2020, 1, 20)),
    "away_da_latin1": verdict("auto_reply", 35, away_until=dt.date(2020, 1, 6)),
    "away_en": verdict("auto_reply", 36, away_until=dt.date(2020, 1, 6)),
    "away_de": verdict("auto_reply", 37, away_until=dt.date(2020, 1, 9)),
    "away_unmarked": verdict("auto_reply", 38, answers=True),
    "challenge_da": verdict("challenge", 39),
    "complaint": verdict("complaint", 40, Outcome("eva@post.example", "delivered", "", "abuse", True), answers=True),
    "human_reply": verdict("human", 41, answers=True),
    "human_quotes_a_bounce": verdict("human", 42, answers=True),
    "human_forwards_a_bounce": verdict("human", 43),
    "newsletter": verdict("other", 44),
    "boundary_lost": verdict(
        "bounce", 45, failed(EVA, "5.1.1", "Final-Recipient: rfc822; eva@kk.example Action: failed")
    ),
    "cut_short": verdict(
        "bounce", 46, failed(EVA, "5.1.1", "<eva@kk.example>: host mx.kk.example said: 550 5.1.1 nobody of th")
    ),
    "sendmail_transcript": verdict(
        "bounce",
        47,
        failed(
            EVA,
            "5.7.1",
            "550-5.7.1 [192.0.2.7 12] We have looked at this mail, and it 550-5.7.1 seems to be unsolicited. Read more "
            "on 550 5.7.1 https://kk.example/hjælp",
            is_spam=True,
        ),
    ),
    "token_in_the_text": Verdict("human"),
    "not_a_mail": Verdict("other"),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_each_sample_gets_its_verdict_with_any_line_ends(name):
    assert classify_or_raise(SAMPLES[name]) == UNDERSTOOD[name]
    for ending in (b"\r\n", b"\r"):
        if name != "not_a_mail":
            assert classify_or_raise(SAMPLES[name].replace(b"\n", ending)) == UNDERSTOOD[name]


SPAM_REPLIES = """
550 5.7.1 this looks like spam
554 5.7.1 unsolicited mail is not welcome
550 junk mail
550 5.7.1 UBE
552 phishing link found
552 5.7.1 virus in the mail
550 no mass mailings, please: mass mail
550 mail rejected
550-5.7.1 we think that this mail is 550-5.7.1 suspicious
554 5.7.1 the sending IP has a poor reputation
550 too many complaints about you
554 Service unavailable; client [192.0.2.7] blocked using bl.kk.example
550 Blocked - see https://kk.example/list
553 your domain is on our deny list
550 192.0.2.7 found in DNSBL
550 IP=192.0.2.7, a problem (BL)
553 https://www.spamhaus.org/query/ip/192.0.2.7
550 5.7.606 Access denied, banned sending IP [192.0.2.7]
550 5.7.511 no thanks
550 5.7.26 not trusted
550 SPF fails for kit.example
550 5.7.1 kit.example fails DKIM
554 5.7.1 rejected by the DMARC rules of kit.example
550 5.7.1 no authentication information in the mail
554 5.7.1 Client host rejected: cannot find your hostname, [192.0.2.7]
550 5.7.25 <eva@kk.example>: Recipient address rejected: no PTR
571 reverse DNS is required
554 no rDNS for 192.0.2.7
554 5.7.1 local policy
550 5.7.1 message not accepted for policy reasons
550 Administrative prohibition
550 message content rejected
552 5.7.0 prohibited attachment
550 5.7.1 Client host rejected: Access denied
554 your server is not permitted here
553 your envelope sender is in our badmailfrom list
550 connections from your country are not accepted
554 5.7.1 you are not allowed to connect
571 Sender denied
554 sender address rejected: access denied
550 messages from 192.0.2.7 weren't sent
eva@kk.example SMTP error from remote mail server after EHLO ud.kit.example: 550 Rejected
<eva@kk.example>: host mx.kk.example[192.0.2.7] refused to talk to me: 554 come back never
"""
OTHER_REPLIES = """
550 5.1.1 unknown user
550 5.1.1 <junk@kk.example> nobody of that name
550 5.1.1 no mailbox at spamfilter.kk.example
host antispam.kk.example[192.0.2.7] said: 550 5.1.1 nobody of that name
550 5.4.1 Recipient address rejected: Access denied. [mx.kk.example]
192.0.2.7 does not like recipient. Remote host said: 550 Recipient address rejected
host: mx.kk.example (192.0.2.7) reason: 550 5.1.1 Recipient address rejected
User not listed in directory
550 5.2.1 the account has been blocked
550 5.2.1 mailbox deactivated after abuse and spam
550 5.1.1 the user is locked for a breach of policy: suspended
550 you are blocked by the recipient
550 5.1.1 RCP https://kk.example/codes?ip=192.0.2.7#rcp Refused: recipient preferences
552 5.2.2 mailbox full
552 5.3.4 message size above our policy
552 5.2.3 the mail exceeds the size that our policy permits
550 header larger than the policy limit
554 5.7.1 <eva@kk.example>: Relay access denied
550 5.7.1 relaying denied by policy
550 5.7.1 unable to relay for eva@kk.example
550 your IP is not permitted to relay
550 5.7.1 RESOLVER.RST.AuthRequired; authentication required
550 5.7.133 sender not authenticated for the group
550 5.7.124 sender not in the allowed-senders list
550 5.7.1 sender is not allowed to send to this group
530 5.7.57 client was not authenticated to send anonymous mail
550 unauthenticated senders not allowed
553 sender address rejected: not logged in
553 5.1.8 sender address rejected: domain not found
504 sender address rejected: need a fully-qualified address
530 5.7.0 must issue STARTTLS first
553 our policy demands TLS
501 5.5.4 syntax error in parameters
503 bad sequence of commands
554 5.6.0 duplicate header 'DKIM-Signature'
554 5.4.6 mail forwarding loop
451 4.3.0 local error in processing
connect to mx.kk.example[192.0.2.7]:25: Connection refused
name server: kk.example: host name lookup failure
550 5.7.1 Access denied
550 5.7.1 delivery not authorized
550 5.1.6 moved to https://kk.example/spam
"""


def _lines(text: str) -> list[str]:
    return text.strip().split("\n")


@pytest.mark.parametrize("reply", _lines(SPAM_REPLIES))
def test_refusal_for_spam_policy_or_reputation(reply):
    assert mentions_spam(reply)


@pytest.mark.parametrize("reply", _lines(OTHER_REPLIES))
def test_other_refusal(reply):
    assert not mentions_spam(reply)


def test_another_cause_in_one_text_decides_for_both():
    assert mentions_spam("550 Rejected", "after EHLO ud.kit.example: 550 Rejected")
    assert not mentions_spam("550 5.1.1 unknown user", "The policy of kk.example does not let you know more.")


AWAY = """From: Eva <eva@kk.example>
Subject: Autosvar: 2 breve
Date: {written}

{text}
"""


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Jeg er på ferie fra 23. december til den 20. januar.", dt.date(2020, 1, 20)),
        ("Jeg er tilbage mandag den 6. januar.", dt.date(2020, 1, 6)),
        ("Ikke til stede. Retur d. 6/1-2020.", dt.date(2020, 1, 6)),
        ("Barsel frem til 1.9.2020", dt.date(2020, 9, 1)),
        ("Out of office until January 6th, back on 7 January 2020.", dt.date(2020, 1, 7)),
        ("Tillbaka den 7 januari", dt.date(2020, 1, 7)),
        ("Jeg er tilbage den 31. februar.", None),
        ("Vi flyttede til nr. 20 i januar 2019.", None),
        ("Jeg kommer snart tilbage.", None),
    ],
)
def test_return_date_is_read_from_auto_reply(text, day):
    raw = AWAY.format(written="Mon, 30 Dec 2019 23:50:00 +0100", text=text).encode()
    assert classify_or_raise(raw).away_until == day


def test_auto_reply_without_a_date_header_has_no_return_date():
    raw = AWAY.format(written="i går", text="Jeg er på ferie til den 20. januar.").encode()
    assert classify_or_raise(raw) == Verdict("auto_reply")


def test_human_mail_that_quotes_a_bounce_is_human():
    raw = b"From: Eva <eva@kk.example>\nSubject: SV: Kan ikke leveres\n\n550 5.1.1 <bo@kk.example>: unknown user\n"
    assert classify_or_raise(raw) == Verdict("human")


def cpu_seconds(raw: bytes) -> float:
    started = time.process_time()
    classify_or_raise(raw)  # the public function would swallow exceptions
    return time.process_time() - started


SERVER = b"From: MAILER-DAEMON@ud.kit.example\nSubject: Undelivered Mail Returned to Sender\n"
REPORT = SERVER + b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n"
STATUS = REPORT + b"Content-Type: message/delivery-status\n\n"
AWFUL = {
    "empty": b"",
    "50 MB": SERVER + b"\n" + b"bo@kk.example: 550 5.1.1 unknown\n" * 1_500_000,
    "deep": b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(3000)),
    "blank lines": STATUS + b"\n" * 800_000,
    "many recipients": STATUS
    + b"".join(b"Final-Recipient: a%d@kk.example\nAction: failed\n\n" % n for n in range(9000)),
    "one line": SERVER + b"\n" + b"could not be delivered to " * 20_000,
    "digits": SERVER + b"\n550 " + b"010203" * 90_000,
    "slow charset": SERVER + b"Content-Type: text/plain; charset=punycode\n\n" + b"a-" * 200_000,
    "headers": b"".join(b"X%d: y\n" % n for n in range(60_000)),
    "groups in groups": b"From: " + b"a:" * 1900 + b"\n\nHej\n",
    "NULs": SERVER + b"\n" + b"\0" * 1_000_000,
}


@pytest.mark.parametrize("name", AWFUL)
def test_crafted_mails_are_classified_fast(name):
    assert cpu_seconds(AWFUL[name]) < CPU_SECONDS


@st.composite
def damaged(draw):
    """Draw a sample with pieces removed, inserted, repeated or taken from another sample."""
    raw = draw(st.sampled_from(list(SAMPLES.values())))
    for _ in range(draw(st.integers(1, 4))):
        start, end = sorted([draw(st.integers(0, len(raw))), draw(st.integers(0, len(raw)))])
        other = draw(st.sampled_from(list(SAMPLES.values())))
        pieces = [b"", raw[start:end] * 3, other[start:end], b"\n\n", b"--graense\n", b"\0", b"\xe6\xff"]
        raw = raw[:start] + draw(st.sampled_from(pieces) | st.binary(max_size=40)) + raw[end:]
    return raw


@settings(deadline=None, max_examples=40)
@given(damaged())
def test_damaged_mails_are_classified_fast(raw):
    assert cpu_seconds(raw) < CPU_SECONDS
    for recipient in classify_or_raise(raw).recipients:
        assert "@" in recipient.address
        assert "\n" not in recipient.reason
        assert len(recipient.reason) <= 300


def test_invalid_header_charset_is_tolerated():
    raw = b"From: Eva <eva@kk.example>\nSubject: =?\x80utf-8?Q?Automatisk_svar?=\n\nJeg er tilbage den 20. januar.\n"
    assert classify_or_raise(raw).kind in ("auto_reply", "human", "other")
