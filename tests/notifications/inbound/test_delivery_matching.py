"""Matching incoming mail to deliveries: the strongest sign decides, and a forged sign ends the search."""

import re
from itertools import cycle

import pytest

from notifications import sign_in_codes
from notifications.inbound import delivery_evidence
from notifications.models import Delivery, Evidence, IncomingMail, Kind, SignInCode, State
from notifications.outbox import replies_and_retries
from notifications.outbox.enqueue import enqueue_standalone_mail
from tests.notices import delivery_to
from tests.notifications.inbound.mails import (
    SAMPLES,
    auto_reply,
    bounce,
    mail,
    process_waiting_mails,
    receive_mail,
    receive_mails,
    reply,
    report,
    settle_all_claims,
    vouched,
)
from tests.notifications.smtp_answers import REFUSED

MatchStatus, By = IncomingMail.MatchStatus, IncomingMail.MatchedBy


def test_replayed_samples_to_a_return_path_match_the_delivery(karens):
    """The body and other return paths in the mail do not matter. Every second return path is in upper case."""
    addresses = cycle([karens.return_path, karens.return_path.upper()])
    received = receive_mails((raw, next(addresses)) for raw in SAMPLES.values())
    filed = dict(zip(SAMPLES, received, strict=True))
    wrong = {
        name: one.match_status
        for name, one in filed.items()
        if (one.match_status, one.delivery) != (MatchStatus.MATCHED, karens)
    }
    assert wrong == {}
    assert {one.matched_by for one in filed.values()} == {By.TOKEN}
    proving = {name for name, one in filed.items() if one.evidence.exists()}
    assert set(SAMPLES) - proving == {name for name, one in filed.items() if one.kind == "other"}
    assert Evidence.objects.exclude(delivery=karens).count() == 0


def test_replayed_samples_without_envelope_match_by_header(karens):
    """A mailbox does not tell the envelope recipient, so the return path in the headers decides."""
    number = f"{karens.pk}-{karens.return_token}"
    header = f"Delivered-To: bounce+{number}@kit.example\n".encode()
    filed = receive_mails((header + raw.lstrip(), "") for raw in SAMPLES.values())
    assert [name for name, came in zip(SAMPLES, filed, strict=True) if came.delivery != karens] == []


def forged_addresses(delivery: Delivery) -> list[str]:
    token = delivery.return_token
    return [
        f"bounce+{delivery.pk}-{token[::-1]}@kit.example",
        f"bounce+{delivery.pk + 1}-{token}@kit.example",
        f"bounce+{delivery.pk}-{token[:-1]}@kit.example",
        f"bounce+{delivery.pk}@kit.example",
        "bounce+@kit.example",
        f"bounce+{'9' * 30}-{token}@kit.example",
        f"bounce+{delivery.pk}-{token}'--@kit.example",
    ]


def test_forged_return_path_changes_nothing(karens, jenses):
    """Also where the mail names our Message-ID and the ENVID of another mail."""
    returned = [f"Message-ID: {karens.notice.message_id}", "Subject: Dine breve"]
    before = list(Delivery.objects.order_by("pk").values())
    bounced, answered = bounce(karens, lease=1, returned=returned), reply(karens)
    addresses = forged_addresses(jenses)
    for came in receive_mails((raw, address) for address in addresses for raw in (bounced, answered)):
        assert (came.match_status, came.delivery, came.notice) == (MatchStatus.FORGED, None, None), came.envelope_to
    receive_mails((raw, "") for raw in SAMPLES.values())  # the return paths in the samples are fictional
    assert IncomingMail.objects.count() == 2 * len(addresses) + len(SAMPLES)
    assert Evidence.objects.count() == 0
    assert list(Delivery.objects.order_by("pk").values()) == before


def test_forged_envelope_id_ends_the_search(karens, jenses):
    forged = bounce(jenses, lease=1, returned=[f"Message-ID: {jenses.notice.message_id}"])
    forged = forged.replace(jenses.return_token.encode(), b"0" * 20)
    assert receive_mail(forged).match_status == MatchStatus.FORGED


def test_envelope_id_matches_the_delivery(karens):
    """The return path was lost on the way, for example at a rewriting gateway."""
    came = receive_mail(bounce(karens, lease=1))
    assert (came.matched_by, came.delivery) == (By.ENVELOPE_ID, karens)


def test_envelope_id_identifies_the_attempt(dispatch, drain, sink):
    sink.refuse("RCPT", "550 5.1.1 User unknown", times=1)
    drain()
    refused = Delivery.objects.get(state=State.REFUSED)
    replies_and_retries.retry_deliveries([refused.pk])
    drain()
    [sent] = sink.mails_to(refused.address)
    assert sent.mail_from == refused.return_path
    envelope_id = next(one.removeprefix("ENVID=") for one in sent.mail_options if one.startswith("ENVID="))
    assert envelope_id == f"{refused.pk}-{refused.return_token}-2"
    assert receive_mail(bounce(refused, lease=2)).evidence.get().lease == 2


def test_report_with_public_facts_only_proves_nothing(karens, jenses):
    """The copy shows the Message-ID and the address, so every receiver of a copy can forge such a report, also in the
    sender's name.
    """
    returned = [f"Message-ID: {karens.notice.message_id}", "Subject: Dine breve"]
    before = list(Delivery.objects.order_by("pk").values())
    forged_addresses = bounce(karens, returned=returned)
    for raw in (forged_addresses, forged_addresses.replace(b"MAILER-DAEMON@mx.kk.example", karens.address.encode())):
        came = receive_mail(raw)
        assert (came.match_status, came.notice, came.delivery) == (MatchStatus.UNMATCHED, karens.notice, None)
        assert came.matched_by == By.MESSAGE_ID
    assert IncomingMail.objects.needing_attention().count() == 2
    assert list(Delivery.objects.order_by("pk").values()) == before
    assert Evidence.objects.count() == 0


def test_replayed_samples_by_message_id_prove_replies_only(karens):
    """The samples arrive at no return path, but name a mail of ours and the recipient."""
    number = karens.notice.message_id.encode()
    mails = []
    for raw in SAMPLES.values():
        ours = re.sub(rb"<varsel-\d+@kit\.example>", number, raw)
        to_nobody = re.sub(rb"bounce\+\d+-[0-9a-f]+@[\w.]+", b"besked@kit.example", ours)
        about_karen = re.sub(rb"\b[\w.]+@kk\.example", karens.address.encode(), to_nobody)
        [(name, words)] = vouched(karens.address).items()
        mails.append((f"{name}: {words}\r\n".encode() + about_karen, "besked@kit.example"))
    receive_mails(mails)
    named = set(IncomingMail.objects.filter(notice=karens.notice).values_list("kind", flat=True))
    proving = set(Evidence.objects.values_list("mail__kind", flat=True))
    assert {"bounce", "delay", "complaint", "human", "auto_reply"} <= named
    assert {"human", "auto_reply"} <= proving <= {"human", "auto_reply", "challenge"}


def test_reply_is_weaker_than_a_bounce_to_the_return_path(karens):
    """A name can be forged, and a forged reply must not hide a failed mail. A bounce to the return path counts in
    full.
    """
    receive_mail(bounce(karens), karens.return_path)
    receive_mail(reply(karens))
    karens.refresh_from_db()
    assert karens.evidence_state == State.RETURNED
    assert Evidence.objects.filter(proves=State.DELIVERED).exists(), "but it is shown"
    assert delivery_evidence.count_consistent_deliveries() == Delivery.objects.count()
    receive_mail(report(karens), karens.return_path)
    karens.refresh_from_db()
    assert karens.evidence_state == State.DELIVERED


def test_reply_to_a_refused_mail_proves_nothing(cast, dispatch):
    settle_all_claims(REFUSED)
    refused = delivery_to(cast.karen)
    came = receive_mail(reply(refused))
    assert (came.notice, came.delivery) == (refused.notice, None)
    refused.refresh_from_db()
    assert (refused.state, refused.evidence_state) == (State.REFUSED, "")


def test_reply_is_stronger_than_a_relayed_report(karens):
    receive_mail(report(karens, "relayed"), karens.return_path)
    receive_mail(reply(karens))
    karens.refresh_from_db()
    assert karens.evidence_state == State.DELIVERED


def test_reply_matches_by_message_id_and_author(karens, jenses):
    assert receive_mail(auto_reply(jenses)).delivery == jenses
    assert receive_mail(reply(karens)).delivery == karens


def test_reply_from_a_colleague_matches_the_notice_only(cast, karens):
    """The author is no recipient: the notice is matched, and a person at KIT reads the mail."""
    came = receive_mail(reply(karens, author="kollega@kk.example"))
    assert (came.kind, came.match_status, came.notice, came.delivery) == (
        "human",
        MatchStatus.UNMATCHED,
        karens.notice,
        None,
    )
    assert came.matched_by == By.MESSAGE_ID


def test_returned_own_mail_is_recognised(karens):
    """A mailbox forwards everything to us. No answer is sent, so no loop begins."""
    headers = {"From": "besked@kit.example", "To": karens.address, "Subject": "Dine breve"}
    ours = mail(headers | {"Message-ID": karens.notice.message_id, "Auto-Submitted": "auto-generated"}, "Hej")
    before = Delivery.objects.count()
    assert receive_mail(ours).match_status == MatchStatus.OURS
    assert receive_mail(ours, karens.return_path).delivery == karens
    assert Evidence.objects.count() == 0
    assert Delivery.objects.count() == before


def test_only_a_canary_is_delivered_by_reaching_our_address(karens):
    """A canary goes to our address. A notice goes to another address, and a copy of the notice can be forwarded."""
    canary = enqueue_standalone_mail(Kind.CANARY, "proeve@kit.example", "Prøve", "Hej").deliveries.get()
    settle_all_claims()

    def comes_home(delivery):
        head = {"From": "besked@kit.example", "Subject": "Prøve", "Message-ID": delivery.notice.message_id}
        return receive_mail(mail(head, "Hej"), delivery.address.upper())

    came = comes_home(canary)
    assert (came.match_status, came.delivery, came.evidence.get().proves) == (
        MatchStatus.MATCHED,
        canary,
        State.DELIVERED,
    )
    assert comes_home(karens).match_status == MatchStatus.OURS
    assert Evidence.objects.exclude(delivery=canary).count() == 0


def test_failing_mail_is_shown_and_blocks_nothing(karens, monkeypatch):
    from notifications.inbound import mail_processing

    real = mail_processing.match_mail

    def stumbles(signs, ours):
        if signs.verdict.kind == "auto_reply":
            raise RuntimeError("umuligt")
        return real(signs, ours)

    monkeypatch.setattr(mail_processing, "match_mail", stumbles)
    from notifications.inbound.mail_intake import store_incoming

    store_incoming(auto_reply(karens), "", [karens.return_path])
    store_incoming(report(karens), "", [karens.return_path])
    assert process_waiting_mails() == 2
    assert [one.match_status for one in IncomingMail.objects.order_by("pk")] == [
        MatchStatus.UNREADABLE,
        MatchStatus.MATCHED,
    ]


def test_slow_mails_end_the_batch(karens, monkeypatch):
    """A batch that outlasts its task would restart forever, and later mails would never be read."""
    from notifications.inbound import mail_processing
    from notifications.inbound.mail_intake import store_incoming

    store_incoming(auto_reply(karens), "", [karens.return_path])
    store_incoming(report(karens), "", [karens.return_path])
    monkeypatch.setattr(mail_processing, "MAX_READING_SECONDS", 0)
    assert [mail_processing.process_batch(), mail_processing.process_batch(), mail_processing.process_batch()] == [
        1,
        1,
        0,
    ]


def test_nul_bytes_are_stored_safely(karens):
    came = receive_mail(
        b"From: a\0b@kk.example\r\nSubject: \0\r\nMessage-ID: <\0@x>\r\n\r\nHej\0", "besked@kit.example\0"
    )
    assert came.match_status == MatchStatus.UNMATCHED


@pytest.mark.parametrize("kind", ["delivered", "bounce", "auto_reply", "human"])
def test_only_a_persons_mail_about_a_sign_in_code_waits_for_a_person(cast, kind):
    """The return path of the code says what a mail is about. A mailbox may not tell it, but a report has the ENVID."""
    code = SignInCode.objects.create(user=cast.karen, address=cast.karen.email, code="123456")
    sent = sign_in_codes.build_envelope(code)
    action, status = ("delivered", "2.0.0") if kind == "delivered" else ("failed", "5.1.1")
    lines = [f"Original-Envelope-Id: {sent.envelope_id}", "Reporting-MTA: dns; mx.kk.example", ""]
    lines += [f"Final-Recipient: rfc822; {code.address}", f"Action: {action}", f"Status: {status}"]
    head, dsn = {"From": "postmaster@kk.example", "Subject": "Din kode"}, "multipart/report; boundary=x"
    receipt = "\n".join(["--x", "Content-Type: message/delivery-status", "", *lines, "--x--"])
    person = head | {"From": code.address}
    mails = {
        "delivered": [(mail(head, receipt, dsn), sent.return_path), (mail(head, receipt, dsn), "")],
        "bounce": [(mail(head, receipt, dsn), sent.return_path.upper()), (mail(head, receipt, dsn), "")],
        "auto_reply": [(mail(person | {"Auto-Submitted": "auto-replied"}, "Jeg er væk."), sent.return_path)],
        "human": [(mail(person, "Hvad er det for en kode?"), sent.return_path)],
    }
    for came in receive_mails(mails[kind]):
        assert (came.kind, came.match_status) == (kind, MatchStatus.CODE)
        assert IncomingMail.objects.needing_attention().exists() == (kind == "human")
    assert not IncomingMail.objects.unmatched().exists()
