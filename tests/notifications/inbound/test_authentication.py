"""Whether our mail server vouches for the author: results, and what strangers write into the same header."""

import pytest

from notifications.mail_classifier.author import is_author_authenticated
from notifications.models import Evidence, IncomingMail
from tests.notifications.inbound.mails import receive_mail, reply

OURS = "mx.kit.example"


def written(*results: str, author: str = "Karen <karen@buf.example>") -> bytes:
    headers = "".join(f"Authentication-Results: {one}\r\n" for one in results)
    return f"{headers}From: {author}\r\nSubject: Hej\r\n\r\nHej\r\n".encode()


@pytest.mark.parametrize(
    "results",
    [
        (f"{OURS}; dmarc=pass (p=reject) header.from=buf.example",),
        (f"{OURS} 1; spf=fail smtp.mailfrom=x@evil.example; dmarc=pass header.from=BUF.example",),
        ("MX.kit.example; dkim=pass header.i=@buf.example header.s=a; dmarc=none",),
        (f"{OURS}; dkim=fail header.d=buf.example; dkim=pass header.d=buf.example",),
        ("mx.elsewhere.example; dmarc=fail", f"{OURS}; dmarc=pass header.from=buf.example"),
    ],
)
def test_server_vouches_for_the_author(results):
    assert is_author_authenticated(written(*results), OURS)


@pytest.mark.parametrize(
    "results",
    [
        (),
        (f"{OURS}; none",),
        (f"{OURS}; dmarc=fail header.from=buf.example",),
        (f"{OURS}; dmarc=pass",),
        (f"{OURS}; dmarc=pass header.from=buf.example.evil.example",),
        (f"{OURS}; dkim=pass header.d=evil.example",),
        (f"{OURS}; spf=pass smtp.mailfrom=karen@buf.example",),
        (f"{OURS}; spf=pass (dmarc=pass header.from=buf.example) smtp.mailfrom=x@evil.example",),
        (f'{OURS}; spf=pass smtp.mailfrom="x; dmarc=pass header.from=buf.example "@evil.example',),
        ("mx.evil.example; dmarc=pass header.from=buf.example",),
        (f"{OURS}.evil.example; dmarc=pass header.from=buf.example",),
        # the first with our name counts: a stranger's stands below
        (f"{OURS}; dmarc=fail header.from=buf.example", f"{OURS}; dmarc=pass header.from=buf.example"),
    ],
)
def test_nothing_else_vouches(results):
    assert not is_author_authenticated(written(*results), OURS)


@pytest.mark.parametrize("author", ["", "karen@"])
def test_author_without_domain_is_not_vouched_for(author):
    assert not is_author_authenticated(written(f"{OURS}; dmarc=pass header.from=", author=author), OURS)


def test_nobody_is_vouched_for_without_a_configured_server():
    assert not is_author_authenticated(written("; dmarc=pass header.from=buf.example"), "")


@pytest.mark.django_db
def test_answer_in_the_name_of_the_recipient_is_shown_and_proves_nothing(karens):
    """A leader in Cc knows the Message-ID, and could silence the reminders to the sender."""
    before = (karens.state, karens.evidence_state)
    forged = reply(karens).replace(b"dmarc=pass", b"dmarc=fail")
    came = receive_mail(forged)
    assert (came.notice, came.delivery) == (karens.notice, None)
    assert "vi kan ikke se, at den er skrevet af en af modtagerne" in came.explanation
    assert IncomingMail.objects.needing_attention().contains(came)
    karens.refresh_from_db()
    assert (karens.state, karens.evidence_state) == before
    assert not Evidence.objects.exists()
    assert receive_mail(reply(karens)).delivery == karens, "with our server's word it counts"
