"""The import pages for KIT, without scripts."""

import re

import pytest
from django.urls import reverse

from letters.importing.files import file_type, uploads
from letters.models import ImportBatch, ImportFilePart, Incident, Letter
from tests.letters.list_files import confirmed_totals, row, xlsx
from tests.letters.uploaded_lists import upload_list

pytestmark = pytest.mark.django_db
Status = ImportBatch.Status


def test_list_goes_from_upload_to_result(cast, kit_client, enqueued_tasks):
    before = Letter.objects.count()
    page = upload_list(kit_client, xlsx(row(1), row(2, Emne="Vedr. 010270-1234"), row(3, Sendt=""), row(2)))
    text = page.text
    assert "<h1>Tjek listen</h1>" in text
    assert "Der er ikke gemt noget endnu fra <strong>liste.xlsx</strong>." in text
    assert "Filen har 4 rækker med indhold" in text
    assert "Klar til at indlæse 2 breve" in text
    assert "Datoen mangler." in text
    assert "Brevet er også i række 3 med andre oplysninger." in text
    assert "Vedr. ●●●●●●-●●●●" in text
    assert "010270" not in text
    assert Letter.objects.count() == before
    batch = ImportBatch.objects.get(filename="liste.xlsx", created_by=cast.mette)
    page = kit_client.post(reverse("commit_batch", args=[batch.pk]), confirmed_totals(batch), follow=True)
    text = page.text
    assert "2 breve er indlæst" in text
    assert reverse("incident") in text
    assert Letter.objects.count() == before + 2
    assert enqueued_tasks == ["letters.tasks.read_batch", "letters.tasks.commit_batch"]
    batch.refresh_from_db()
    assert batch.committed_by == cast.mette


def columns_shown(page):
    return re.findall(r'<th scope="col">(?:<span class="sr-only">)?([^<]+)', page)


def test_check_table_drops_columns_without_remarks(kit_client, enqueued_tasks):
    plain = columns_shown(upload_list(kit_client, xlsx(row(1, Emne=""))).text)
    letters = "Brev-id", "Sendt", "Afsenders e-mail", "Leders e-mail", "Enhed", "Modtagertype", "Emne"
    assert [name.split(": ")[-1] for name in plain] == ["Række", "Resultat", *letters]
    wide = columns_shown(upload_list(kit_client, xlsx(row(2, Afsender="X" * 300, Leder="Y" * 300, Emne=""))).text)
    letters = "Brev-id", "Sendt", "Afsender", "Afsenders e-mail", "Leder", "Enhed", "Emne"
    assert [name.split(": ")[-1] for name in wide] == ["Række", "Resultat", *letters]


def test_same_file_leads_to_its_batch(kit_client, enqueued_tasks):
    upload_list(kit_client, xlsx(row(1)))
    page = upload_list(kit_client, xlsx(row(1)), name="kopi.xlsx")
    assert "Der er ikke ændret noget. Filen blev læst i dag kl." in page.text
    assert enqueued_tasks == ["letters.tasks.read_batch"]
    assert ImportBatch.objects.filter(filename="kopi.xlsx").count() == 0


def test_wrong_file_is_refused_at_once(kit_client, enqueued_tasks):
    page = upload_list(kit_client, b"\x89PNG\r\n\x1a\n")
    assert page.status_code == 422
    assert "Filen er et billede. Vælg listen som regneark" in page.text
    assert not ImportFilePart.objects.exists()
    assert enqueued_tasks == []


def test_missing_file_is_reported(kit_client):
    page = kit_client.post(reverse("imports"))
    assert "Vælg filen med listen." in page.text


def test_upload_over_the_limit_is_not_stored(kit_client, enqueued_tasks, monkeypatch):
    """The bytes never reach the disk, and the page still shows the size."""
    opened = []
    monkeypatch.setattr("django.core.files.uploadhandler.TemporaryUploadedFile", lambda *args: opened.append(args))
    for room in (file_type, uploads):
        monkeypatch.setattr(room, "MAX_BYTES", 2 * 1024 * 1024)
    page = upload_list(kit_client, bytes(5 * 1024 * 1024))
    assert page.status_code == 422
    assert "Filen fylder 5 MB. Grænsen er 2 MB." in page.text
    assert (opened, enqueued_tasks) == ([], [])


def test_unreadable_list_says_what_to_do(kit_client, enqueued_tasks):
    text = upload_list(kit_client, xlsx()).text
    assert "Listen kunne ikke læses" in text
    assert "Listen har ingen breve under overskrifterne." in text
    assert "Vælg en anden liste" in text


@pytest.mark.parametrize(
    ("look", "numbers"), [("", {3, 4}), ("alle", {2, 3, 4, 5}), ("afviste", {4}), ("bemaerk", {3}), ("nye", {2, 3, 5})]
)
def test_row_filters_show_their_rows(kit_client, import_file, look, numbers):
    batch = import_file(xlsx(row(1), row(2, Emne=""), row(3, Sendt=""), row(4)), commit=False)
    page = kit_client.get(reverse("import_batch", args=[batch.pk]), {"vis": look} if look else {})
    assert {int(line.place) for line in page.context["lines"]} == numbers


def test_changed_row_shows_before_and_after(kit_client, import_file):
    import_file(xlsx(row(1)))
    batch = import_file(xlsx(row(1, Emne="Et andet emne", Underenhed="Udskoling")), commit=False)
    text = kit_client.get(reverse("import_batch", args=[batch.pk]), {"vis": "aendrede"}).text
    assert "Et andet emne" in text
    assert "Før: Partshøring om udeblivelse" in text
    assert "Før: Svalevejens Skole" in text
    assert "Trufne beslutninger ændres ikke." in text


def test_check_page_is_paginated_with_few_queries(kit_client, import_file, django_assert_max_num_queries):
    batch = import_file(xlsx(*(row(n, Emne="") for n in range(120))), commit=False)
    with django_assert_max_num_queries(19):
        page = kit_client.get(reverse("import_batch", args=[batch.pk]), {"page": 6})
    assert len(page.context["lines"]) == 20
    assert "Viser 101–120 af 120 rækker" in page.text


def test_discarding_deletes_the_rows(kit_client, import_file):
    batch = import_file(xlsx(row(1)), commit=False)
    text = kit_client.post(reverse("discard_batch", args=[batch.pk]), follow=True).text
    assert "er kasseret. Ingen breve er indlæst." in text
    assert batch.rows.count() == 0
    assert "Listen er kasseret" in kit_client.get(reverse("import_batch", args=[batch.pk])).text


def test_import_page_without_an_incident_links_to_a_new_one(kit_client):
    Incident.objects.update(status=Incident.Status.CLOSED)
    text = kit_client.get(reverse("imports")).text
    assert "Ingen hændelse endnu" in text
    assert reverse("incident") in text
    assert "Ingen hændelse endnu" in upload_list(kit_client, xlsx(row(1))).text
