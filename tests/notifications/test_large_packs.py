"""A large *Dokumentation* is made by a worker: identical bytes, only for the requester, and only while every part may
be read.
"""

from datetime import timedelta

import pytest
from django.db import IntegrityError, OperationalError, transaction
from django.urls import reverse

from followups.boards.board_letters import board_letters
from followups.models import Arrival
from followups.services import arrivals
from letters.models import Letter
from notifications.evidence_pack import large_packs, pack_contents
from notifications.evidence_pack.pack_contents import stream_zip
from notifications.models import EvidencePack, EvidencePackPart
from sepo_incident.accounts.models import Membership
from sepo_incident.audit.erasure import erase_personal_data
from sepo_incident.celery import PERIODIC_TASKS
from tests.followups.many_letters import create_many_letters
from tests.notifications.evidence_packs import zip_contents

pytestmark = pytest.mark.usefixtures("monday", "proven_letter")
HTMX = {"HX-Request": "true"}


@pytest.fixture
def birgitte(cast, as_user, monkeypatch):
    """Three letters count as large. Birgitte may read four of the school's five letters."""
    monkeypatch.setattr(large_packs, "MAX_STREAMED_LETTERS", 3)
    monkeypatch.setattr(large_packs, "PART_BYTES", 500)
    return as_user(cast.birgitte)


@pytest.fixture
def requested_pack(birgitte, cast):
    page = birgitte.post(reverse("ask_for_pack", args=[cast.svalevej.pk]), follow=True)
    assert "0 af 4 breve" in page.text
    return EvidencePack.objects.get()


def pack_page(client, pack, **headers):
    return client.get(reverse("large_pack", args=[pack.pk]), headers=headers)


def pack_zip(client, pack):
    return client.get(reverse("large_pack_zip", args=[pack.pk]))


def test_unit_page_links_to_the_worker_made_pack(cast, birgitte):
    page = birgitte.get(reverse("unit_pack", args=[cast.svalevej.pk]))
    assert "4 breve med beslutning" in page.text
    assert reverse("ask_for_pack", args=[cast.svalevej.pk]) in page.text
    assert "Hent som zip" not in page.text
    assert birgitte.get(reverse("unit_zip", args=[cast.svalevej.pk])).url == page.request["PATH_INFO"]


def test_pack_of_personalejura_shows_progress(cast, as_user):
    """26 letters take a second or more, and a download shows no progress."""
    create_many_letters(cast.incident, cast.area, units=3, letters=25)
    Letter.objects.exclude(unit=cast.svalevej).exclude(unit=cast.borgercenter).update(is_personnel_case=True)
    hanne, unit = as_user(cast.hanne), cast.area
    assert board_letters(unit, cast.incident, cast.hanne).readable().count() > large_packs.MAX_STREAMED_LETTERS
    page = hanne.get(reverse("unit_pack", args=[unit.pk]))
    assert reverse("unit_zip", args=[unit.pk]) not in page.text
    progress = hanne.post(reverse("ask_for_pack", args=[unit.pk]), follow=True)
    assert "<progress" in progress.text
    assert EvidencePack.objects.get().is_in_progress


def test_worker_makes_identical_bytes_and_page_shows_progress(cast, birgitte, requested_pack):
    seen = large_packs.board_letters(cast.svalevej, cast.incident, cast.birgitte)
    expected = b"".join(stream_zip(pack_contents.unit_entries(cast.svalevej, cast.incident, seen, 1, cast.birgitte)))
    part = pack_page(birgitte, requested_pack, **HTMX)
    assert "<html" not in part.text
    assert pack_zip(birgitte, requested_pack).status_code == 404, "nothing to fetch yet"
    large_packs.make_pack(requested_pack.pk)
    assert pack_page(birgitte, requested_pack, **HTMX).headers["HX-Refresh"] == "true"
    assert "Dokumentationen er klar" in pack_page(birgitte, requested_pack).text
    assert "Se dokumentationen" in birgitte.get(reverse("unit_pack", args=[cast.svalevej.pk])).text
    fetched = pack_zip(birgitte, requested_pack)
    assert fetched.getvalue() == expected
    assert int(fetched["Content-Length"]) == len(expected)
    assert fetched["Content-Disposition"].startswith("attachment")
    assert EvidencePackPart.objects.count() > 2
    requested_pack.refresh_from_db()
    assert requested_pack.done == 4


def test_second_request_returns_the_running_pack(cast, birgitte, requested_pack):
    again = birgitte.post(reverse("ask_for_pack", args=[cast.svalevej.pk]))
    assert again.url == reverse("large_pack", args=[requested_pack.pk])
    assert EvidencePack.objects.get() == requested_pack


def test_new_request_replaces_the_finished_pack(cast, birgitte, requested_pack):
    large_packs.make_pack(requested_pack.pk)
    page = birgitte.get(reverse("unit_pack", args=[cast.svalevej.pk]))
    assert "er klar. Den bliver slettet, når du laver en ny." in page.text
    birgitte.post(reverse("ask_for_pack", args=[cast.svalevej.pk]))
    assert EvidencePack.objects.get().is_in_progress
    assert not EvidencePackPart.objects.exists()


def test_each_person_has_one_pack(cast, as_user, birgitte, requested_pack):
    for unit in (cast.buf, cast.area, cast.laerkepark):
        page = birgitte.post(reverse("ask_for_pack", args=[unit.pk]), follow=True)
        assert page.redirect_chain[-1][0] == reverse("large_pack", args=[requested_pack.pk])
        assert "Vi laver stadig din dokumentation for Svalevejens Skole" in page.text
        assert "Stop, og slet" in page.text
    assert EvidencePack.objects.get() == requested_pack
    page = birgitte.get(reverse("unit_pack", args=[cast.buf.pk]))
    assert "din dokumentation for Svalevejens Skole: 0 af 4 breve. Vent, til den er klar" in page.text
    assert reverse("ask_for_pack", args=[cast.buf.pk]) not in page.text
    as_user(cast.jens).post(reverse("ask_for_pack", args=[cast.svalevej.pk]))
    assert EvidencePack.objects.in_progress().count() == 2, "each person, not all of them together"
    with pytest.raises(IntegrityError, match="pack_made_once"), transaction.atomic():
        EvidencePack.objects.create(by=cast.birgitte, unit=cast.buf, incident=cast.incident, letters=[])


def test_waiting_pack_says_so(birgitte, requested_pack, monkeypatch):
    assert "Din dokumentation er i kø." in pack_page(birgitte, requested_pack, **HTMX).text
    large_packs._save_progress(requested_pack, done=1)
    assert "Din dokumentation er i kø." not in pack_page(birgitte, requested_pack, **HTMX).text


def test_pack_is_hidden_from_others(cast, as_user, requested_pack):
    large_packs.make_pack(requested_pack.pk)
    for person in (cast.jens, cast.mette, cast.karen):
        client = as_user(person)
        assert pack_page(client, requested_pack).status_code == 404
        assert pack_zip(client, requested_pack).status_code == 404
        assert client.post(reverse("discard_pack", args=[requested_pack.pk])).status_code == 404


def test_pack_is_withheld_after_losing_read_access(cast, birgitte, requested_pack):
    large_packs.make_pack(requested_pack.pk)
    for closes, opens in (
        (lambda: Letter.objects.filter(pk=cast.soon.pk).update(is_personnel_case=True), True),
        (lambda: Membership.objects.filter(user=cast.birgitte).delete(), False),
    ):
        closes()
        assert "Dokumentationen kan ikke hentes" in pack_page(birgitte, requested_pack).text
        assert pack_zip(birgitte, requested_pack).status_code == 404
        if opens:
            Letter.objects.filter(pk=cast.soon.pk).update(is_personnel_case=False)
            assert pack_zip(birgitte, requested_pack).status_code == 200


def test_pack_is_withheld_after_a_file_is_withdrawn(cast, birgitte, requested_pack):
    large_packs.make_pack(requested_pack.pk)
    said = arrivals.newest_arrival_of(cast.plain.followup)
    arrivals.take_back_arrival(cast.plain, said.pk, "Forkert fil", cast.karen)
    assert pack_zip(birgitte, requested_pack).status_code == 404
    birgitte.post(reverse("ask_for_pack", args=[cast.svalevej.pk]))
    new = EvidencePack.objects.latest("pk")
    large_packs.make_pack(new.pk)
    assert not [name for name in zip_contents(pack_zip(birgitte, new).getvalue()) if name.endswith("log.csv")]


def test_pack_is_withheld_after_an_erasure(cast, birgitte, requested_pack, monday):
    large_packs.make_pack(requested_pack.pk)
    assert pack_zip(birgitte, requested_pack).status_code == 200
    erase_personal_data(Arrival.objects.exclude(file_sha256=""), "Opbevaringsfristen er gået")
    assert "Noget er siden slettet" in pack_page(birgitte, requested_pack).text
    assert pack_zip(birgitte, requested_pack).status_code == 404
    monday.shift(timedelta(minutes=1))
    birgitte.post(reverse("ask_for_pack", args=[cast.svalevej.pk]))
    new = EvidencePack.objects.latest("pk")
    large_packs.make_pack(new.pk)
    assert not [name for name in zip_contents(pack_zip(birgitte, new).getvalue()) if name.endswith("log.csv")]


def test_next_worker_completes_the_pack_of_a_killed_worker(birgitte, requested_pack, monday, monkeypatch):
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
        large_packs.make_pack(requested_pack.pk)
    monkeypatch.setattr(large_packs, "_save_progress", tells)
    assert EvidencePackPart.objects.exists()
    large_packs.restart_stalled_packs()
    assert rung == []
    monday.shift(timedelta(seconds=16))
    large_packs.restart_stalled_packs()
    assert PERIODIC_TASKS["notifications.tasks.maintain_packs"] == 15, "so the next worker begins within half a minute"
    assert rung == [("notifications.tasks.make_pack", [requested_pack.pk])]
    large_packs.make_pack(requested_pack.pk)
    zip_contents(pack_zip(birgitte, requested_pack).getvalue())
    large_packs.make_pack(requested_pack.pk)
    assert pack_zip(birgitte, requested_pack).status_code == 200, "what is finished is left alone"


def test_failed_or_oversized_pack_explains_itself(cast, birgitte, requested_pack, monkeypatch):
    monkeypatch.setattr(large_packs, "MAX_BYTES", 700)
    large_packs.make_pack(requested_pack.pk)
    assert "mere end 2 GB" in pack_page(birgitte, requested_pack).text
    birgitte.post(reverse("ask_for_pack", args=[cast.svalevej.pk]))
    new = EvidencePack.objects.latest("pk")
    monkeypatch.setattr(pack_contents, "unit_entries", lambda *given: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        large_packs.make_pack(new.pk)
    assert "Der skete en fejl hos os" in pack_page(birgitte, new).text
    assert not EvidencePackPart.objects.exists()


def test_deleted_pack_is_not_completed(cast, birgitte, requested_pack, monkeypatch):
    whole = pack_contents.unit_entries

    def thrown_away(*given):
        for number, entry in enumerate(whole(*given)):
            if number == 2:
                assert (
                    "Dokumentationen er slettet"
                    in birgitte.post(reverse("discard_pack", args=[requested_pack.pk]), follow=True).text
                )
            yield entry

    monkeypatch.setattr(pack_contents, "unit_entries", thrown_away)
    large_packs.make_pack(requested_pack.pk)
    assert not EvidencePack.objects.exists()
    assert not EvidencePackPart.objects.exists()


def test_pack_expires_after_a_day(birgitte, requested_pack, monday):
    large_packs.make_pack(requested_pack.pk)
    monday.shift(timedelta(hours=23))
    large_packs.delete_expired_packs()
    assert EvidencePack.objects.exists()
    monday.shift(timedelta(hours=2))
    large_packs.delete_expired_packs()
    assert not EvidencePackPart.objects.exists()


def test_large_unit_page_is_paginated(cast, as_user, django_assert_max_num_queries):
    create_many_letters(cast.incident, cast.area, units=3, letters=120)
    client, address = as_user(cast.birgitte), reverse("unit_pack", args=[cast.buf.pk])
    client.get(address)
    with django_assert_max_num_queries(14):
        first = client.get(address)
    assert first.text.count(' class="main">') == 50
    assert "Side 1 af 3" in first.text
    assert "Brev nummer" in client.get(address, {"page": "3"}).text
