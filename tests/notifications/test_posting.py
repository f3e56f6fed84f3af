"""Mails about no letter: they go the way of every mail, and count in no incident."""

import pytest
from django.db import IntegrityError

from notifications.alarms import reconciliation
from notifications.models import Delivery, Kind, Notice
from notifications.outbox.enqueue import enqueue_standalone_mail

TEXT = "Kære Karen\n\nDet er en prøve.\n"


def test_a_lone_mail_goes_through_the_outbox(cast, drain, sink):
    notice = enqueue_standalone_mail(
        Kind.TEST, cast.karen, "Prøve\nBcc: x@x.example", TEXT, "<p>Det er en prøve.</p>", by=cast.mette
    )
    drain()
    [delivery] = notice.deliveries.all()
    assert (delivery.state, delivery.recipient) == (Delivery.State.ACCEPTED, cast.karen)
    mail = sink.mails[0].message
    assert "Bcc" not in mail
    assert mail["Auto-Submitted"] == "auto-generated"
    assert all(one.agrees for one in reconciliation.check_sums())


def test_a_persons_answer_is_plain_text_and_follows_the_mail_it_answers(cast, drain, sink):
    enqueue_standalone_mail(
        Kind.ANSWER, "karen@hjemme.example", "Sv: Hvor?", TEXT, by=cast.mette, in_reply_to="<a1@buf.example>"
    )
    drain()
    mail = sink.mails[0].message
    assert (mail["In-Reply-To"], mail["References"]) == ("<a1@buf.example>", "<a1@buf.example>")
    assert "Auto-Submitted" not in mail
    assert mail.get_content_type() == "text/plain"


def test_only_who_got_or_wrote_a_lone_mail_may_read_it(cast):
    notice = enqueue_standalone_mail(Kind.TEST, cast.karen, "Prøve", TEXT, by=cast.mette)
    readers = [cast.karen, cast.mette]
    assert all(Notice.objects.visible_to(reader).contains(notice) for reader in readers)
    assert not Notice.objects.visible_to(cast.jens).contains(notice)


def test_a_notice_about_letters_has_a_dispatch_and_a_lone_mail_has_none(dispatch):
    with pytest.raises(IntegrityError, match="notice_names_a_letter"):
        Notice.objects.create(kind=Kind.FIRST_NOTICE, letters=0, copies=0, created_at=dispatch.requested_at)
