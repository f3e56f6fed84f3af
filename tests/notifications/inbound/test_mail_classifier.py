"""Every sample in `samples/` is classified to the last recipient, and any input is classified in bounded time."""

import datetime as dt
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.mail_classifier import Outcome, Verdict, classify_or_raise
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
    "token_in_the_text": Verdict("human"),
    "not_a_mail": Verdict("other"),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_each_sample_gets_its_verdict_with_any_line_ends(name):
    assert classify_or_raise(SAMPLES[name]) == UNDERSTOOD[name]
    for ending in (b"\r\n", b"\r"):
        if name != "not_a_mail":
            assert classify_or_raise(SAMPLES[name].replace(b"\n", ending)) == UNDERSTOOD[name]


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
