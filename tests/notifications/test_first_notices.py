"""The page of first notices: the list, the preview of the real mail, and the button with the count."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from followups.models import FollowUp
from notifications.dispatching import dispatch_lifecycle, outbox_writer
from notifications.models import Dispatch, Kind
from tests.factories import FollowUpFactory, LetterFactory, UserFactory


@pytest.fixture
def kit(as_user, cast):
    return as_user(cast.mette)


def page(client, name="notices", *args, **query):
    response = client.get(reverse(name, args=args), query)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_button_shows_the_count(kit):
    shown = page(kit)
    assert "3 afsendere får første besked" in shown
    assert "Send 3 beskeder</button>" in shown
    assert '<input type="hidden" name="lovet" value="3">' in shown
    assert "7 breve bliver til 5 mails" in shown


def test_page_lists_receivers_and_cc(kit, cast):
    shown = page(kit)
    assert "Svalevejens Skole, BUF" in shown
    assert '<td data-label="Kopi:">Jens Ågård</td>' in shown
    assert "Leder mangler" in shown
    assert "1 afsender mangler en leder" in shown


@pytest.mark.parametrize(
    ("query", "seen", "unseen"),
    [
        ({"forvaltning": "sof"}, "Ulla Aaen", "Karen Bülow"),
        ({"mangler": "1"}, "Ulla Aaen", "Karen Bülow"),
        ({"q": "aae"}, "Ulla Aaen", "Karen Bülow"),
    ],
)
def test_filters(kit, cast, query, seen, unseen):
    query = {name: getattr(cast, value).pk if name == "forvaltning" else value for name, value in query.items()}
    shown = page(kit, **query)
    assert seen in shown
    assert unseen not in shown


def test_receivers_sort_by_their_column_heads(kit):
    page = kit.get(reverse("notices"), {"sort": "-letters", "q": "a"})
    letters = [one.letters for one, _, _ in page.context["rows"]]
    assert letters == sorted(letters, reverse=True)
    assert len(set(letters)) > 1
    assert page.context["heads"]["letters"] == ("?sort=letters&q=a", "descending")


def test_preview_frame_has_the_mail_and_its_own_csp(kit, cast):
    response = kit.get(reverse("notice_preview_mail", args=[cast.karen.pk]))
    assert "Fem af dine breve kom aldrig frem" in response.content.decode()
    assert "sygefravær" not in response.content.decode()
    policy = response["Content-Security-Policy"]
    assert "style-src 'unsafe-inline'" in policy
    assert "img-src 'none'" in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert response["X-Frame-Options"] == "SAMEORIGIN"


def test_sent_mail_equals_the_preview(kit, cast):
    shown = kit.get(reverse("notice_preview_mail", args=[cast.karen.pk])).content.decode()
    dispatch = dispatch_lifecycle.request_dispatch(Kind.FIRST_NOTICE, cast.incident, 3)
    outbox_writer.write_batch(dispatch.pk)
    assert dispatch.notices.get(receiver=cast.karen).html == shown


def test_failing_mail_is_reported_in_its_place(kit, cast, faulty):
    for shown in (page(kit), page(kit, "notice_preview", cast.karen.pk)):
        assert "Send 3 beskeder</button>" in shown, "the others get theirs"
    assert "Mailen til Karen Bülow Møller kan ikke skrives" in shown
    assert f"brev-id {faulty.source_ref}, sendt" in shown
    assert "<iframe" not in shown
    assert kit.get(reverse("notice_preview_mail", args=[cast.karen.pk])).status_code == 404
    assert "<iframe" in page(kit, "notice_preview", cast.anne.pk)


def test_person_without_owed_notice_has_no_preview(kit, cast):
    assert kit.get(reverse("notice_preview", args=[cast.olga.pk])).status_code == 404
    assert kit.get(reverse("notice_preview_mail", args=[cast.olga.pk])).status_code == 404


def test_second_click_sends_nothing(kit, cast):
    first = kit.post(reverse("send_notices"), {"lovet": "3"})
    dispatch = Dispatch.objects.get()
    assert first.url == reverse("dispatch", args=[dispatch.pk])
    assert (dispatch.requested_by, dispatch.promised) == (cast.mette, 3)
    second = kit.post(reverse("send_notices"), {"lovet": "3"}, follow=True)
    assert "Ingen får to" in second.content.decode()
    assert Dispatch.objects.count() == 1


def test_changed_count_sends_nothing(kit):
    response = kit.post(reverse("send_notices"), {"lovet": "2"}, follow=True)
    assert "tallet er ændret" in response.content.decode()
    assert not Dispatch.objects.exists()


def test_page_before_the_opening(kit):
    FollowUp.objects.all().delete()
    assert "Opfølgningen er ikke åbnet" in page(kit)


def test_page_when_everybody_is_notified(kit, dispatch):
    shown = page(kit)
    assert "Første besked er skrevet til alle afsendere" in shown
    assert reverse("dispatch", args=[dispatch.pk]) in shown


def test_number_of_queries_does_not_grow(kit, cast):
    """With four times the people, the first of the list has four times the letters: the page shows the mail."""
    queries = []
    for people in (5, 20):
        senders = [UserFactory(name=f"Ab{1000 - people} {number:03}", unit=cast.sof) for number in range(people)]
        for sender in (*senders, *[senders[0]] * people):
            FollowUpFactory(letter=LetterFactory(incident=cast.incident, sender=sender, leader=cast.jens))
        kit.get(reverse("notices"))
        with CaptureQueriesContext(connection) as asked:
            shown = kit.get(reverse("notices"))
        assert len(shown.context["preview"].mail.letters) > people
        queries.append(len(asked))
    assert queries[0] == queries[1]
