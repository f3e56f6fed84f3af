"""The dispatch page, the mail as sent, and the notices about a letter."""

import pytest
from django.urls import reverse

from notifications.models import Delivery, Notice
from tests.factories import LetterFactory
from tests.notices import delivery_to, request_first_notices, write_notices

State = Delivery.State


@pytest.fixture
def kit(as_user, cast):
    return as_user(cast.mette)


def page(client, address, **query):
    response = client.get(address, query)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def dispatch_url(dispatch):
    return reverse("dispatch", args=[dispatch.pk])


def test_page_while_sending(kit, dispatch):
    shown = page(kit, dispatch_url(dispatch))
    assert "3 beskeder bliver til 5 mails" in shown
    assert "Mailene bliver sendt" in shown


def test_page_when_all_are_accepted(kit, dispatch, drain):
    drain()
    shown = page(kit, dispatch_url(dispatch))
    assert "Alle fem mails er taget imod af mailserveren" in shown
    assert "3 beskeder blev til 5 mails med kopier. Den sidste blev sendt under 1 min. efter" in shown
    assert 'aria-current="true">Alle <strong>5</strong>' in shown, "nothing needs action, so all of them are shown"
    assert 'hx-trigger="every' not in shown


def test_page_lists_failures_with_reasons(kit, cast, dispatch, drain, sink):
    sink.refuse("RCPT", "550 5.1.1 User unknown", address=cast.jens.email)
    # the last mail, because the refusal pauses the sending
    sink.refuse("RCPT", "554 5.7.1 rejected as spam", address=cast.ulla.email)
    drain()
    shown = page(kit, dispatch_url(dispatch))
    assert "2 mails kræver handling. 3 er taget imod af mailserveren." in shown
    assert 'aria-current="true">Kræver handling <strong>2</strong>' in shown
    assert "Adressen findes ikke. Personen kan være fratrådt." in shown
    assert "Mailserveren afviste mailen som spam." in shown
    assert "User unknown" not in shown, "plain Danish, not the server's words"
    accepted = page(kit, dispatch_url(dispatch), tilstand="sendt")
    assert accepted.count('<th scope="row"') == 3
    assert accepted.count("Mailserveren har taget imod mailen.") == 1, "what they share is said above the list"


@pytest.mark.parametrize(
    ("refusals", "chip"),
    [
        ({}, "Sendt 5 af 5"),
        ({"karen@kk.example": "550 5.1.1 User unknown"}, "Sendt 4 af 5"),
    ],
)
def test_list_shows_progress_in_words(kit, dispatch, drain, sink, refusals, chip):
    assert "Sendt 0 af 5" in page(kit, reverse("notices"))
    for address, reply in refusals.items():
        sink.refuse("RCPT", reply, address=address)
    drain()
    shown = page(kit, reverse("notices"))
    assert chip in shown
    assert ("1 kræver handling" in shown) == ("550 5.1.1 User unknown" in refusals.values())


def test_htmx_reloads_the_page_when_sending_ends(kit, dispatch, drain):
    drain()
    answer = kit.get(dispatch_url(dispatch), headers={"HX-Request": "true", "HX-Target": "tal"})
    assert answer["HX-Refresh"] == "true"


def test_selected_mails_are_retried(kit, cast, dispatch, drain, sink):
    sink.refuse("RCPT", "550 5.1.1 User unknown", address=cast.jens.email, times=1)
    drain()
    refused, accepted = delivery_to(cast.jens), delivery_to(cast.karen)
    address = reverse("retry_deliveries", args=[dispatch.pk])
    stale = kit.post(address, {"valgt": [refused.pk, accepted.pk]}, follow=True)
    assert "allerede sendt eller på vej" in stale.content.decode()
    assert delivery_to(cast.jens).state == State.REFUSED
    done = kit.post(address, {"valgt": [refused.pk]}, follow=True)
    assert "1 mail er på vej igen." in done.content.decode()
    drain()
    assert delivery_to(cast.jens).state == State.ACCEPTED
    assert len(sink.mails_to(cast.karen.email)) == 1


def test_queries_do_not_grow(kit, cast, dispatch, drain, django_assert_max_num_queries):
    drain()
    with django_assert_max_num_queries(14):
        page(kit, dispatch_url(dispatch), tilstand="alle")


def test_sent_mail_is_hidden_from_readers_of_one_letter_only(as_user, cast):
    """Torben leads one of Karen's letters by unit, and was not in cc."""
    letter = LetterFactory(incident=cast.incident, sender=cast.karen, leader=cast.jens, unit=cast.laerkepark)
    from tests.factories import FollowUpFactory

    FollowUpFactory(letter=letter)
    write_notices(request_first_notices(cast.incident))
    client, notice = as_user(cast.torben), Notice.objects.get(receiver=cast.karen)
    assert client.get(reverse("notice", args=[notice.pk])).status_code == 404
    told = page(client, reverse("letter_notices", args=[letter.pk]))
    assert "første besked til Karen Bülow Møller med Jens Ågård i kopi" in told
    assert "Se mailen" not in told


def test_notice_page_shows_the_mail_as_sent(as_user, cast, dispatch, drain):
    drain()
    notice = Notice.objects.get(receiver=cast.karen)
    shown = page(as_user(cast.karen), reverse("notice", args=[notice.pk]))
    assert "Jens Ågård &lt;jens@kk.example&gt;" in shown
    assert notice.subject in shown
    body = as_user(cast.karen).get(reverse("notice_html", args=[notice.pk]))
    assert body.content.decode() == notice.html
    assert "frame-ancestors 'self'" in body["Content-Security-Policy"]


def test_letter_shows_its_notices(as_user, cast, dispatch, drain):
    address = reverse("letter_notices", args=[cast.plain.pk])
    assert "har skrevet første besked til dig med Jens Ågård i kopi" in page(as_user(cast.karen), address)
    drain()
    shown = page(as_user(cast.karen), address)
    assert (
        "Koncern IT sendte første besked til dig med Jens Ågård i kopi. Begge mails er taget imod af mailserveren."
        in shown
    )
    assert "Se mailen" in shown
    assert "første besked til Karen Bülow Møller med dig i kopi" in page(as_user(cast.jens), address)
    part = as_user(cast.jens).get(address, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert as_user(cast.olga).get(address).status_code == 404


def test_letter_shows_a_refused_copy(as_user, cast, dispatch, drain, sink):
    sink.refuse("RCPT", "550 5.1.1 User unknown", address=cast.jens.email)
    drain()
    shown = page(as_user(cast.karen), reverse("letter_notices", args=[cast.plain.pk]))
    assert "Mailen til dig: sendt. Mailen til Jens Ågård: afvist." in shown
