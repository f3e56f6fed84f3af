"""*Sporing*: what its pages say, who closes an alarm, and how few queries they need."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from letters.models import Leg, LetterDispatch, SilenceAlarm, SilenceSign
from letters.tracking.silence.alarms import close_alarm
from letters.tracking_pages.alarm_sentences import SENTENCES, SLICES, show_alarms
from letters.tracking_pages.channels import find_channels
from sepo_incident.audit.models import RowChange
from sepo_incident.core.charts import build_hour_chart
from sepo_incident.core.database import Conflict
from tests.letters.tracking_pages.conftest import NOW

pytestmark = pytest.mark.django_db
REASON = "Leverandøren genstartede en server"


def text_of(answer):
    assert answer.status_code == 200
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def test_an_empty_page_tells_how_to_begin(kit_client):
    page = kit_client.get(reverse("channels"))
    assert "Ingen kanaler endnu" in text_of(page)
    assert f'href="{reverse("api_tokens")}"' in page.text
    assert f'href="{reverse("tracking_files")}"' in page.text
    assert "Hurtigst er at indlæse en fil" in text_of(page)


def test_today_is_compared_with_days_of_the_same_kind(sepo):
    """A working day has 16 letters, 9 of them before 12.30, and weekends have 2."""
    [row] = find_channels(NOW, days=7)
    assert row.sentence == ("2 breve afleveret i dag. På dette tidspunkt af en arbejdsdag plejer det at være 9.")
    assert [(day.day.day, day.letters, day.usual) for day in row.last_days][:2] == [(9, 2, 16), (8, 2, 2)]
    assert row.chart.columns[8].height == "100.00%"
    assert row.chart.columns[12].usual_height == "100.00%"
    assert row.chart.columns[12].height == row.chart.columns[7].usual_height == "0.00%"


def test_a_channel_that_began_today_has_no_usual_number(make_flow):
    make_flow("Fjernprint", [NOW - timedelta(hours=1)])
    [row] = find_channels(NOW, days=7)
    assert "Vi ved ikke endnu" in row.sentence
    assert {day.usual for day in row.last_days} == {None}


def test_waiting_letters_are_counted_by_age(make_flow):
    ages = (0.5, 0.9, 2, 5, 23, 25, 100)
    make_flow("SEPO", [NOW - timedelta(hours=hours) for hours in ages])
    LetterDispatch.objects.create(
        channel_id=find_channels(NOW)[0].pk, source_id="B", approved_at=NOW, approved_known_at=NOW
    )
    [row] = find_channels(NOW)
    assert [letters for _, letters in row.waiting] == [2, 1, 2, 2]


def test_channels_say_their_state(kit_client, sepo, make_flow):
    make_flow("Fjernprint", [NOW])
    address = reverse("channels")
    assert text_of(kit_client.get(address)).count("Her ved vi ikke endnu, hvad der er sædvanligt.") == 2
    Leg.objects.update(tolerances=[1.3] * 4, searched_at=NOW)
    page = text_of(kit_client.get(address))
    assert page.count("Ingen alarm") == 2
    assert "Systemet har sidst ledt efter breve, der mangler, i dag kl. 12.30." in page
    alarm = SilenceAlarm.objects.create(channel=sepo, raised_at=NOW)
    page = kit_client.get(address).text
    assert page.count("Ingen alarm") == 1
    assert page.index(reverse("silence", args=[alarm.pk])) < page.index("Kanalerne i dag")


def test_a_channel_shows_what_is_learnt_and_its_alarms(kit_client, cast, sepo, silence):
    close_alarm(silence, cast.mette, REASON, is_false=True)
    Leg.objects.update(median_delay=timedelta(minutes=3), grace=timedelta(minutes=11))
    page = text_of(kit_client.get(reverse("channel", args=[sepo.pk])))
    for told in ("Fra afleveret til kvittering", "3 min.", "11 min.", "falsk alarm", REASON, "Søn"):
        assert told in page


def test_an_alarm_lists_its_letters_and_what_to_do(kit_client, silence):
    address = reverse("silence", args=[silence.pk])
    page = text_of(kit_client.get(address))
    for told in (
        "SEPO: nogle breve mangler kvittering", "64 breve mangler kvittering. Det plejer at være 17.",
        "Enheden Svalevejens Skole", "Meget sikkert", "Næste skridt", "59 af 60 breve mangler",
        "Viser 1–50 af 60 breve", "Afvist Fejlet", "Mangler Modtaget Digital Post",
    ):  # fmt: skip
        assert told in page
    assert "Kommet frem" not in page
    assert "Kommet frem Afleveret Digital Post" in text_of(kit_client.get(f"{address}?page=2"))


def test_every_kind_of_sign_has_a_sentence(silence):
    assert set(SENTENCES) == set(SilenceSign.Kind)
    [sign] = silence.signs.all()
    for kind in SENTENCES:
        for place in SLICES:
            SilenceSign.objects.update(kind=kind, slice_kind=place)
            [shown] = show_alarms(SilenceAlarm.objects.all())
            assert shown.first.sentence.endswith(".")
            assert not re.search("[{}]", f"{shown.title}{shown.first.sentence}{shown.first.where}"), sign


def test_an_alarm_is_closed_with_a_reason_once(kit_client, cast, silence):
    address = reverse("silence", args=[silence.pk])
    refused = kit_client.post(address, {"reason": " "})
    assert refused.status_code == 422
    assert "Skriv, hvad der var galt" in refused.text
    assert SilenceAlarm.objects.get().closed_at is None
    page = text_of(kit_client.post(address, {"reason": REASON, "is_false": "on"}, follow=True))
    assert f"Lukket i dag kl. 12.30 af {cast.mette.name} som en falsk alarm. {REASON}" in page
    assert "Luk alarmen" not in page
    again = text_of(kit_client.post(address, {"reason": "Noget andet"}, follow=True))
    assert "Alarmen er allerede lukket. Der er ikke ændret noget." in again
    assert "Noget andet" not in again
    made, closed = RowChange.objects.filter(table_name="letters_silencealarm").order_by("pk")
    assert made.by_id is None
    assert (closed.by_id, closed.after["reason"], closed.after["is_false"]) == (cast.mette.pk, REASON, True)


def test_two_people_close_an_alarm_at_the_same_time(cast, silence):
    close_alarm(silence, cast.mette, REASON, is_false=False)
    with pytest.raises(Conflict):
        close_alarm(silence, cast.mette, "Noget andet", is_false=True)
    silence.refresh_from_db()
    assert (silence.reason, silence.is_false, silence.closed_by) == (REASON, False, cast.mette)


def test_the_way_of_a_letter(kit_client, silence):
    letter = LetterDispatch.objects.get(outcome__is_delivered=False)
    page = text_of(kit_client.get(reverse("dispatched_letter", args=[letter.pk])))
    for told in ("Brevet er afvist.", "Afleveret til afsendelse", "Kvittering: Fejlet", "Ja, ikke kommet frem"):
        assert told in page
    waiting = LetterDispatch.objects.filter(receipts=None).first()
    page = text_of(kit_client.get(reverse("dispatched_letter", args=[waiting.pk])))
    assert "Der er ikke kommet nogen kvittering." in page


def test_only_koncern_it_reads_the_pages(cast, as_user, silence):
    letter = LetterDispatch.objects.first()
    pages = [("channels",), ("channel", silence.channel_id), ("silence", silence.pk), ("dispatched_letter", letter.pk)]
    for person in (cast.karen, cast.jens, cast.hanne):
        for name, *args in pages:
            assert as_user(person).get(reverse(name, args=args)).status_code == 403
    assert as_user(cast.jens).post(reverse("silence", args=[silence.pk]), {"reason": REASON}).status_code == 403
    assert SilenceAlarm.objects.get().closed_at is None


def test_the_number_of_queries_does_not_depend_on_channels_and_letters(kit_client, make_flow, silence):
    addresses = [reverse("channels"), reverse("channel", args=[silence.channel_id])]
    addresses += [f"{reverse('silence', args=[silence.pk])}?page={page}" for page in (1, 2)]  # 50 and 10 letters

    def count_queries():
        counts = []
        for address in addresses:
            with CaptureQueriesContext(connection) as captured:
                assert kit_client.get(address).status_code == 200
            counts.append(len(captured))
        return counts

    count_queries()
    before = count_queries()
    assert before[2] == before[3]
    for number in range(29):
        channel = make_flow(f"Kanal {number}", [NOW - timedelta(days=1), NOW])
        SilenceAlarm.objects.create(channel=channel, raised_at=NOW)
        SilenceAlarm.objects.create(channel=silence.channel, raised_at=NOW, closed_at=NOW, reason=REASON)
    assert count_queries() == before


def test_chart_without_letters():
    chart = build_hour_chart("Ingen breve", [0] * 24, [], 6)
    assert (chart.now_x, {column.height for column in chart.columns}) == ("25.00%", {"0.00%"})


def test_subject_of_a_personnel_case_is_hidden_from_koncern_it(kit_client, silence):
    letter = silence.dispatches.order_by("sent_at", "pk").filter(outcome__final_at=None)[0]
    LetterDispatch.objects.filter(pk=letter.pk).update(subject="Indkaldelse til sygefraværssamtale")
    for page in (reverse("silence", args=[silence.pk]), reverse("dispatched_letter", args=[letter.pk])):
        text = text_of(kit_client.get(page))
        assert "Personalesag (emne skjult)" in text
        assert "sygefravær" not in text
