"""Mails without letters: sent through the outbox like other mails, and counted in no incident."""

import pytest
from django.db import IntegrityError

from notifications.alarms import reconciliation
from notifications.models import Delivery, Kind, Notice
from notifications.outbox.enqueue import enqueue_standalone_mail, new_message_id

TEXT = "Kære Karen\n\nDet er en prøve.\n"


def test_standalone_mail_goes_through_the_outbox(cast, drain, sink):
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


def test_message_id_never_looks_like_a_cpr_number():
    """A masked Message-ID of a canary that came back would match no notice, and raise an alarm."""
    assert not any(map(str.isdigit, new_message_id().partition("@")[0]))


def test_answer_is_plain_text_with_in_reply_to(cast, drain, sink):
    enqueue_standalone_mail(
        Kind.ANSWER, "karen@hjemme.example", "Sv: Hvor?", TEXT, by=cast.mette, in_reply_to="<a1@buf.example>"
    )
    drain()
    mail = sink.mails[0].message
    assert (mail["In-Reply-To"], mail["References"]) == ("<a1@buf.example>", "<a1@buf.example>")
    assert "Auto-Submitted" not in mail
    assert mail.get_content_type() == "text/plain"


def test_standalone_mail_is_visible_to_receiver_and_author_only(cast):
    notice = enqueue_standalone_mail(Kind.TEST, cast.karen, "Prøve", TEXT, by=cast.mette)
    readers = [cast.karen, cast.mette]
    assert all(Notice.objects.visible_to(reader).contains(notice) for reader in readers)
    assert not Notice.objects.visible_to(cast.jens).contains(notice)


def test_database_ties_letters_to_a_dispatch(dispatch):
    with pytest.raises(IntegrityError, match="notice_names_a_letter"):
        Notice.objects.create(kind=Kind.FIRST_NOTICE, letters=0, copies=0, created_at=dispatch.requested_at)
