"""A great *Bevispakke* is made by a worker: the same bytes, its asker's alone, and only while all of it may be read."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, OperationalError, transaction
from django.urls import reverse

from followups.models import Arrival
from followups.services import arrivals
from letters.models import Letter
from notifications.evidence_pack import large_packs, pack_contents
from notifications.evidence_pack.zip_stream import stream_zip
from notifications.models import EvidencePack, EvidencePackPart
from sepo_incident.accounts.models import Membership
from sepo_incident.audit.erasure import erase_personal_data
from tests.followups.crowd import gather
from tests.notifications.test_packing import PROVEN, contents, proven  # noqa: F401 - a fixture

pytestmark = pytest.mark.usefixtures("monday", "proven")
HTMX = {"HX-Request": "true"}


@pytest.fixture
def birgitte(cast, as_user, monkeypatch):
    """Three letters are many. Of the school's five she may read four."""
    monkeypatch.setattr(large_packs, "MAX_STREAMED_LETTERS", 3)
    monkeypatch.setattr(large_packs, "PART_BYTES", 500)
    return as_user(cast.birgitte)


@pytest.fixture
def asked(birgitte, cast):
    page = birgitte.post(reverse("ask_for_pack", args=[cast.svalevej.pk]), follow=True)
    assert "0 af 4 breve" in page.text
    return EvidencePack.objects.get()


def page_of(client, pack, **headers):
    return client.get(reverse("large_pack", args=[pack.pk]), headers=headers)


def zip_of(client, pack):
    return client.get(reverse("large_pack_zip", args=[pack.pk]))


def test_the_units_page_leads_to_it_and_the_web_does_not_make_it(cast, birgitte):
    page = birgitte.get(reverse("unit_pack", args=[cast.svalevej.pk]))
    assert "Pakken har 4 breve" in page.text
    assert reverse("ask_for_pack", args=[cast.svalevej.pk]) in page.text
    assert "Hent pakken som zip" not in page.text
    assert birgitte.get(reverse("unit_zip", args=[cast.svalevej.pk])).url == page.request["PATH_INFO"]


def test_a_worker_makes_the_same_bytes_and_the_page_shows_how_far_it_is(cast, birgitte, asked):
    seen = large_packs.board_letters(cast.svalevej, cast.incident, cast.birgitte)
    expected = b"".join(stream_zip(pack_contents.unit_entries(cast.svalevej, cast.incident, seen, 1, cast.birgitte)))
    part = page_of(birgitte, asked, **HTMX)
    assert "<html" not in part.text
    assert zip_of(birgitte, asked).status_code == 404, "nothing to fetch yet"
    large_packs.make_pack(asked.pk)
    assert page_of(birgitte, asked, **HTMX).headers["HX-Refresh"] == "true"
    assert "Bevispakken er færdig" in page_of(birgitte, asked).text
    assert "Se pakken" in birgitte.get(reverse("unit_pack", args=[cast.svalevej.pk])).text
    fetched = zip_of(birgitte, asked)
    assert fetched.getvalue() == expected
    assert int(fetched["Content-Length"]) == len(expected)
    assert fetched["Content-Disposition"].startswith("attachment")
    assert EvidencePackPart.objects.count() > 2
    asked.refresh_from_db()
    assert asked.done == 4


def test_pressed_again_while_it_is_made_it_is_the_same(cast, birgitte, asked):
    again = birgitte.post(reverse("ask_for_pack", args=[cast.svalevej.pk]))
    assert again.url == reverse("large_pack", args=[asked.pk])
    assert EvidencePack.objects.get() == asked


def test_asked_for_anew_it_takes_the_place_of_the_one_that_is_finished(cast, birgitte, asked):
    large_packs.make_pack(asked.pk)
    page = birgitte.get(reverse("unit_pack", args=[cast.svalevej.pk]))
    assert "er færdig. Den bliver slettet, når du beder om en ny." in page.text
    birgitte.post(reverse("ask_for_pack", args=[cast.svalevej.pk]))
    assert EvidencePack.objects.get().is_in_progress
    assert not EvidencePackPart.objects.exists()


def test_each_person_has_one_at_a_time(cast, as_user, birgitte, asked):
    for unit in (cast.buf, cast.area, cast.laerkepark):
        page = birgitte.post(reverse("ask_for_pack", args=[unit.pk]), follow=True)
        assert page.redirect_chain[-1][0] == reverse("large_pack", args=[asked.pk])
        assert "Vi er stadig ved at lave din pakke for Svalevejens Skole" in page.text
        assert "Stop, og slet pakken" in page.text
    assert EvidencePack.objects.get() == asked
    page = birgitte.get(reverse("unit_pack", args=[cast.buf.pk]))
    assert "din pakke for Svalevejens Skole: 0 af 4 breve. Du kan få lavet én ad gangen" in page.text
    assert reverse("ask_for_pack", args=[cast.buf.pk]) not in page.text
    as_user(cast.jens).post(reverse("ask_for_pack", args=[cast.svalevej.pk]))
    assert EvidencePack.objects.in_progress().count() == 2, "each person, not all of them together"
    with pytest.raises(IntegrityError, match="pack_made_once"), transaction.atomic():
        EvidencePack.objects.create(by=cast.birgitte, unit=cast.buf, incident=cast.incident, letters=[])


def test_one_that_waits_for_others_says_so(birgitte, asked, monkeypatch):
    assert "Der bliver lavet én pakke ad gangen" in page_of(birgitte, asked, **HTMX).text
    large_packs._save_progress(asked, done=1)
    assert "Der bliver lavet én pakke ad gangen" not in page_of(birgitte, asked, **HTMX).text


def test_nobody_else_has_it(cast, as_user, asked):
    large_packs.make_pack(asked.pk)
    for person in (cast.jens, cast.mette, cast.karen):
        client = as_user(person)
        assert page_of(client, asked).status_code == 404
        assert zip_of(client, asked).status_code == 404
        assert client.post(reverse("discard_pack", args=[asked.pk])).status_code == 404


def test_what_may_not_be_read_any_more_is_fetched_no_more(cast, birgitte, asked):
    large_packs.make_pack(asked.pk)
    for closes, opens in (
        (lambda: Letter.objects.filter(pk=cast.soon.pk).update(is_personnel_case=True), True),
        (lambda: Membership.objects.filter(user=cast.birgitte).delete(), False),
    ):
        closes()
        assert "kan ikke hentes mere" in page_of(birgitte, asked).text
        assert zip_of(birgitte, asked).status_code == 404
        if opens:
            Letter.objects.filter(pk=cast.soon.pk).update(is_personnel_case=False)
            assert zip_of(birgitte, asked).status_code == 200


def test_nor_is_a_file_that_was_withdrawn_since(cast, birgitte, asked):
    large_packs.make_pack(asked.pk)
    said = arrivals.newest_arrival_of(cast.plain.followup)
    arrivals.take_back_arrival(cast.plain, said.pk, "Forkert fil", cast.karen)
    assert zip_of(birgitte, asked).status_code == 404
    birgitte.post(reverse("ask_for_pack", args=[cast.svalevej.pk]))
    new = EvidencePack.objects.latest("pk")
    large_packs.make_pack(new.pk)
    assert not [name for name in contents(zip_of(birgitte, new).getvalue()) if name.endswith("log.csv")]


def test_nor_is_what_was_erased_since(cast, birgitte, asked, monday):
    large_packs.make_pack(asked.pk)
    assert zip_of(birgitte, asked).status_code == 200
    erase_personal_data(Arrival.objects.exclude(file_sha256=""), "Opbevaringsfristen er gået")
    assert "noget, der er slettet. Lav en ny pakke." in page_of(birgitte, asked).text
    assert zip_of(birgitte, asked).status_code == 404
    monday.shift(timedelta(minutes=1))
    birgitte.post(reverse("ask_for_pack", args=[cast.svalevej.pk]))
    new = EvidencePack.objects.latest("pk")
    large_packs.make_pack(new.pk)
    assert not [name for name in contents(zip_of(birgitte, new).getvalue()) if name.endswith("log.csv")]


def test_what_a_killed_worker_left_is_made_whole_by_the_next(birgitte, asked, monday, monkeypatch):
    rung = []
    monkeypatch.setattr("sepo_incident.core.task_queue.enqueue_on_commit", lambda task, args: rung.append((task, args)))
    tells = large_packs._save_progress
    left = iter(range(3))

    def die(pack, **fields):
        if next(left, None) is None:
            raise OperationalError("the server closed the connection")
        tells(pack, **fields)

    monkeypatch.setattr(large_packs, "_save_progress", die)
    with pytest.raises(OperationalError):
        large_packs.make_pack(asked.pk)
    monkeypatch.setattr(large_packs, "_save_progress", tells)
    assert EvidencePackPart.objects.exists()
    large_packs.restart_stalled_packs()
    assert rung == []
    monday.shift(timedelta(seconds=60))
    large_packs.restart_stalled_packs()
    assert rung == [("notifications.tasks.make_pack", [asked.pk])]
    large_packs.make_pack(asked.pk)
    contents(zip_of(birgitte, asked).getvalue())
    large_packs.make_pack(asked.pk)
    assert zip_of(birgitte, asked).status_code == 200, "what is finished is left alone"


def test_a_fault_of_ours_and_too_much_are_told(cast, birgitte, asked, monkeypatch):
    monkeypatch.setattr(large_packs, "MAX_BYTES", 700)
    large_packs.make_pack(asked.pk)
    assert "mere end 2 GB" in page_of(birgitte, asked).text
    birgitte.post(reverse("ask_for_pack", args=[cast.svalevej.pk]))
    new = EvidencePack.objects.latest("pk")
    monkeypatch.setattr(pack_contents, "unit_entries", lambda *given: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        large_packs.make_pack(new.pk)
    assert "Der skete en fejl hos os" in page_of(birgitte, new).text
    assert not EvidencePackPart.objects.exists()


def test_thrown_away_while_it_is_made_it_is_made_no_further(cast, birgitte, asked, monkeypatch):
    whole = pack_contents.unit_entries

    def thrown_away(*given):
        for number, entry in enumerate(whole(*given)):
            if number == 2:
                assert "Pakken er slettet" in birgitte.post(reverse("discard_pack", args=[asked.pk]), follow=True).text
            yield entry

    monkeypatch.setattr(pack_contents, "unit_entries", thrown_away)
    large_packs.make_pack(asked.pk)
    assert not EvidencePack.objects.exists()
    assert not EvidencePackPart.objects.exists()


def test_it_is_gone_after_a_day(birgitte, asked, monday):
    large_packs.make_pack(asked.pk)
    monday.shift(timedelta(hours=23))
    large_packs.delete_expired_packs()
    assert EvidencePack.objects.exists()
    monday.shift(timedelta(hours=2))
    large_packs.delete_expired_packs()
    assert not EvidencePackPart.objects.exists()


def test_a_unit_of_many_is_shown_page_by_page(cast, as_user, django_assert_max_num_queries):
    gather(cast.incident, cast.area, units=3, letters=120)
    client, address = as_user(cast.birgitte), reverse("unit_pack", args=[cast.buf.pk])
    client.get(address)
    with django_assert_max_num_queries(14):
        first = client.get(address)
    assert first.text.count(' class="main">') == 50
    assert "Side 1 af 3" in first.text
    assert "Brev nummer" in client.get(address, {"page": "3"}).text
