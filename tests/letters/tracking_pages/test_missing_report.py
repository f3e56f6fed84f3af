"""*Efterlys et brev*: who says that a letter has not come, which reports are alike, and when they are an alarm."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse

from letters.models import Channel, Letter, LetterDispatch, MissingReport, SilenceAlarm
from letters.tracking.missing_reports import DAY, find_channel, report_missing
from letters.tracking.silence.alarms import close_alarm
from letters.tracking.silence.detection import detect
from notifications.alarms import lifecycle
from notifications.alarms.alarm_list import list_open_alarms
from sepo_incident.core.cpr import MASK
from tests.factories import LetterFactory
from tests.letters.tracking_pages.conftest import NOW
from tests.letters.tracking_pages.test_tracking_pages import text_of

pytestmark = pytest.mark.django_db
FORM = {"channel": "", "reference": "", "words": ""}


@pytest.fixture
def fjernprint(monday_noon):
    return Channel.objects.create(name="Fjernprint")


def miss(*people, channel=None, at=NOW):
    """Each person reports a letter of another subject."""
    for number, person in enumerate(people):
        report_missing(person, at, channel, words=f"brev {at} {number}")


def open_alarms():
    return {alarm.channel_name: alarm for alarm in SilenceAlarm.objects.filter(closed_at=None)}


def test_a_person_reports_in_one_press_and_is_thanked(cast, as_user, fjernprint):
    miss(cast.jens, cast.jens, cast.anne, channel=fjernprint, at=NOW - timedelta(hours=23))
    miss(cast.torben, channel=fjernprint, at=NOW - timedelta(hours=25))
    miss(cast.olga)
    karen = as_user(cast.karen)
    page = text_of(karen.post(reverse("report_missing"), FORM | {"channel": fjernprint.pk}, follow=True))
    assert "2 andre har også efterlyst breve sendt med Fjernprint det seneste døgn." in page
    assert "Koncern IT kan se din efterlysning." in page
    page = text_of(karen.post(reverse("report_missing"), FORM, follow=True))
    assert "1 anden har også efterlyst breve det seneste døgn." in page
    detect(NOW)
    page = text_of(as_user(cast.birgitte).post(reverse("report_missing"), {"channel": fjernprint.pk}, follow=True))
    assert "Koncern IT har allerede en alarm" in page


def test_two_presses_in_two_tabs_are_one_report(cast, as_user, monday_noon):
    karen = as_user(cast.karen)
    first, second = (karen.post(reverse("report_missing"), FORM, follow=True) for _ in range(2))
    assert "allerede efterlyst brevet i dag" not in text_of(first)
    assert "Du har allerede efterlyst brevet i dag. Det tæller én gang." in text_of(second)
    assert MissingReport.objects.count() == 1
    assert report_missing(cast.karen, NOW + DAY)[1]


@pytest.mark.django_db(transaction=True)
def test_two_presses_at_once_are_one_report(cast):
    def press(_):
        try:
            return report_missing(cast.karen, NOW, None, "S-1", "tandlæge")[1]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(press, range(4))) == [False, False, False, True]


def test_cpr_numbers_are_masked(cast, as_user, monday_noon):
    typed = {"reference": "010190-1234", "words": "Brev til 0101901234 om tandlæge"}
    as_user(cast.karen).post(reverse("report_missing"), FORM | typed)
    report = MissingReport.objects.get()
    assert (report.reference, report.words) == (MASK, f"Brev til {MASK} om tandlæge")


def test_a_reference_tells_the_channel(cast, sepo, fjernprint):
    sent = LetterDispatch.objects.filter(channel=sepo).first()
    uuid = "0d2f4dc1-6d5c-4a10-8f0c-93a6b1c5a0f7"
    LetterDispatch.objects.filter(pk=sent.pk).update(message_uuid=uuid, recipient_key="a" * 64)
    letter = LetterFactory(
        incident=cast.incident, source_ref="S-77", sent_at=sent.sent_at + timedelta(seconds=30), recipient_key="a" * 64
    )
    for reference in (sent.source_id, uuid.upper(), f" {letter.source_ref.lower()} "):
        report, _ = report_missing(cast.karen, NOW, fjernprint, reference)
        assert report.channel == sepo, reference
    assert report_missing(cast.karen, NOW, fjernprint, "noget andet")[0].channel == fjernprint
    LetterDispatch.objects.create(channel=fjernprint, source_id=sent.source_id, sent_at=NOW, sent_known_at=NOW)
    assert find_channel(sent.source_id) is None, "two channels"
    Letter.objects.update(sent_at=NOW - DAY)
    assert find_channel("S-77") is None


def test_the_form_knows_the_letter_of_the_page(cast, as_user):
    letter = LetterFactory(incident=cast.incident, sender=cast.karen, source_ref="S-77")
    link = f"{reverse('report_missing')}?brev={letter.pk}"
    assert f'href="{link}"' in as_user(cast.karen).get(reverse("letter", args=[letter.pk])).text
    assert 'value="S-77"' in as_user(cast.karen).get(link).text
    assert "S-77" not in as_user(cast.olga).get(link).text


def test_three_alike_in_a_day_by_two_people_are_an_alarm(cast, fjernprint):
    miss(cast.karen, cast.karen, cast.karen, channel=fjernprint)
    detect(NOW)
    assert not open_alarms(), "one person"
    miss(cast.jens, at=NOW)
    miss(cast.jens, channel=fjernprint, at=NOW - DAY)
    detect(NOW)
    assert not open_alarms(), "another channel, and another day"
    miss(cast.anne, cast.jens)
    detect(NOW)
    [alarm] = open_alarms().values()
    assert (alarm.channel, alarm.channel_name) == (None, "Ukendt kanal")
    miss(cast.jens, channel=fjernprint)
    detect(NOW + timedelta(minutes=5))
    assert set(open_alarms()) == {"Ukendt kanal", "Fjernprint"}
    [sign] = open_alarms()["Fjernprint"].signs.all()
    assert (sign.kind, sign.leg, sign.missing, sign.since) == ("reported", None, 4, NOW)


def test_reports_reach_the_open_alarm_and_koncern_it_by_mail_and_page(cast, kit_client, silence):
    miss(cast.karen, cast.jens, cast.jens, channel=silence.channel)
    miss(cast.olga)
    detect(NOW)
    assert set(silence.signs.values_list("kind", flat=True)) == {"partial", "reported"}
    lifecycle.check_all_monitors()
    [alarm] = list_open_alarms()
    assert "SEPO: breve er efterlyst siden" in alarm.description
    for name, *args in [("channels",), ("channel", silence.channel_id), ("silence", silence.pk)]:
        page = text_of(kit_client.get(reverse(name, args=args)))
        assert cast.karen.name in page
        assert ("Ved ikke" in page) == (name == "channels")
    assert "3 breve er efterlyst på et døgn." not in page, "the letters are the first sign"
    assert "Breve er efterlyst Ved vi ikke endnu" in page


def test_reports_without_a_channel_move_to_the_channel_that_koncern_it_knows(cast, kit_client, fjernprint, monday_noon):
    miss(cast.karen, cast.jens, cast.jens)
    miss(cast.karen, channel=fjernprint)  # the same words, said of the channel
    detect(NOW)
    [alarm] = open_alarms().values()
    page = reverse("silence", args=[alarm.pk])
    assert "Hvordan er brevene sendt?" in text_of(kit_client.get(page))
    move = reverse("move_reports", args=[alarm.pk])
    assert kit_client.post(move, {"channel": ""}).status_code == 404
    said = text_of(kit_client.post(move, {"channel": fjernprint.pk}, follow=True))
    assert "Efterlysningerne hører nu til Fjernprint." in said
    assert "Hvordan er brevene sendt?" not in said
    assert "allerede en kanal" in text_of(kit_client.post(move, {"channel": fjernprint.pk}, follow=True))
    assert MissingReport.objects.filter(channel=fjernprint).count() == 3
    detect(NOW + timedelta(minutes=5))
    assert {name: one.pk for name, one in open_alarms().items()} == {"Fjernprint": alarm.pk}


def test_reports_without_a_channel_join_the_open_alarm_of_the_channel(cast, kit_client, silence):
    miss(cast.karen, cast.jens, cast.jens)
    detect(NOW)
    unknown = open_alarms()["Ukendt kanal"]
    answer = kit_client.post(reverse("move_reports", args=[unknown.pk]), {"channel": silence.channel_id}, follow=True)
    assert answer.redirect_chain[-1][0] == reverse("silence", args=[silence.pk])
    unknown.refresh_from_db()
    assert (unknown.reason, unknown.closed_by, unknown.is_false) == ("Brevene er sendt med SEPO.", cast.mette, False)
    detect(NOW + timedelta(minutes=5))
    assert set(open_alarms()) == {"SEPO"}
    assert set(silence.signs.values_list("kind", flat=True)) == {"partial", "reported"}


def test_a_closed_alarm_has_answered_its_reports(cast, kit_client):
    miss(cast.karen, cast.jens, cast.jens, at=NOW)
    detect(NOW)
    [alarm] = open_alarms().values()
    assert "Ukendt kanal: breve er efterlyst" in text_of(kit_client.get(reverse("silence", args=[alarm.pk])))
    close_alarm(alarm, cast.mette, "Brevene er fundet", is_false=False)
    SilenceAlarm.objects.update(closed_at=NOW)
    detect(NOW + timedelta(minutes=5))
    assert not open_alarms()
    miss(cast.karen, cast.jens, cast.jens, at=NOW + timedelta(hours=1))
    detect(NOW + timedelta(hours=1))
    assert set(open_alarms()) == {"Ukendt kanal"}
    assert alarm.pk not in {one.pk for one in open_alarms().values()}
