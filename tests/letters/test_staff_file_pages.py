"""The page *Personer*: uploading and committing a staff file without scripts."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from letters.importing import staff_file
from sepo_incident.accounts.models import Membership, StaffImport, User
from tests.accounts.staff_files import csv, person, xlsx
from tests.factories import MembershipFactory, UserFactory

pytestmark = pytest.mark.django_db


def upload(client, content: bytes, **fields):
    file = SimpleUploadedFile("personale.xlsx", content)
    return client.post(reverse("staff_files"), {"fil": file, **fields}, follow=True)


def save(client, staff: StaffImport, **fields):
    return client.post(reverse("save_staff_file", args=[staff.pk]), fields, follow=True)


def test_staff_file_goes_from_upload_to_saved(cast, kit_client):
    content = xlsx(
        person("nora@kk.example", "Nora Aaen"),
        person("anne@kk.example", "Anne Holm", "Lærkeparkens Skole"),
        person("karen@kk.example", Fratrådt="31-12-2019"),
        person("x@y"),
    )
    text = upload(kit_client, content).text
    assert "<h1>Tjek personalefilen</h1>" in text
    assert "1 person mister adgangen" in text
    assert "Gem, og fjern adgang for 1 person" in text
    assert "E-mailen er ikke hel. Slutningen mangler." in text
    staff = StaffImport.objects.get()
    page = reverse("staff_import", args=[staff.pk])
    assert "Navn: Anne Østergaard → Anne Holm" in kit_client.get(page, {"vis": "aendrede"}).text
    assert "31. december 2019" in kit_client.get(page, {"vis": "fratraadte"}).text
    text = save(kit_client, staff, tal=1, fratraadt="on").text
    assert "3 personer er gemt" in text
    assert "af Mette Dahl" in text
    assert User.objects.get(email="nora@kk.example").unit == cast.svalevej
    tiles = kit_client.get(page).context["tiles"]
    assert [tile.number for tile in tiles] == [1, 1, 1, 1]
    for tile in tiles:
        shown = kit_client.get(page + tile.url.partition("#")[0])
        assert shown.context["page_obj"].paginator.count == tile.number, "they are there when it is saved, too"
    assert "x@y" in kit_client.get(page, {"vis": "afviste"}).text
    again = save(kit_client, staff).text
    assert "Filen kan ikke længere gemmes." in again
    assert "personale.xlsx" in kit_client.get(reverse("staff_files")).text


def test_full_staff_file_previews_missing_people(cast, kit_client):
    everybody = [person(user.email, user.name, "") for user in User.objects.exclude(pk=cast.karen.pk)]
    text = upload(kit_client, csv(*everybody), alle="on").text
    assert "<strong>1 person</strong> mangler i filen" in text
    staff = StaffImport.objects.get()
    text = kit_client.get(reverse("staff_import", args=[staff.pk]), {"vis": "mangler"}).text
    assert "karen@kk.example" in text
    assert User.objects.get(pk=cast.karen.pk).is_active


def test_blocking_people_requires_confirmation(cast, kit_client):
    text = upload(kit_client, csv(person("karen@kk.example", cast.karen.name)), alle="on").text
    assert "10 personer mister adgangen" in text
    assert "Filen har kun 1 række. Er det alle ansatte?" in text
    assert "Gem, og fjern adgang for 10 personer" in text
    assert "Ja, de 10 er fratrådt" in text
    staff = StaffImport.objects.get()
    response = save(kit_client, staff, tal=10)
    assert response.status_code == 422
    assert "Sæt kryds, når du har tjekket, at de er fratrådt." in response.text
    response = save(kit_client, staff, fratraadt="on")
    assert response.status_code == 409, "the number was not said"
    User.objects.filter(pk=cast.anne.pk).update(is_active=False)
    response = save(kit_client, staff, tal=10, fratraadt="on")
    assert response.status_code == 409
    assert "Tallene er ændret" in response.text
    assert "Ja, de 9 er fratrådt" in response.text
    assert not User.objects.exclude(left_on=None).exists()
    assert save(kit_client, staff, tal=9, fratraadt="on").status_code == 200
    assert User.objects.exclude(left_on=None).count() == 9
    moved = kit_client.get(reverse("save_staff_file", args=[staff.pk]), {"vis": "mangler"})
    assert moved.url == reverse("staff_import", args=[staff.pk]) + "?vis=mangler"


def test_person_who_saves_the_file_is_not_counted_as_missing(cast, kit_client):
    MembershipFactory(user=cast.anne, unit=cast.root, role=Membership.Role.KIT_ADMIN)
    staff = staff_file.read_staff_file(
        xlsx(person("karen@kk.example", cast.karen.name)), "alle.xlsx", by=cast.anne, is_everybody=True
    )
    assert "Ja, de 10 er fratrådt" in kit_client.get(reverse("staff_import", args=[staff.pk])).text
    assert "10 personer" in save(kit_client, staff, tal=10, fratraadt="on").text
    assert User.objects.get(pk=cast.mette.pk).is_active


def test_few_departures_cause_no_warning(cast, kit_client):
    UserFactory.create_batch(20)
    text = upload(kit_client, xlsx(person("karen@kk.example", Aktiv="nej"))).text
    assert "Ja, personen er fratrådt" in text
    assert "Er det rigtigt?" not in text


def test_discarded_staff_file_changes_nobody(cast, kit_client):
    upload(kit_client, xlsx(person("nora@kk.example")))
    staff = StaffImport.objects.get()
    assert "personale.xlsx" in kit_client.get(reverse("staff_files")).text
    text = kit_client.post(reverse("discard_staff_file", args=[staff.pk]), follow=True).text
    assert "er kasseret. Ingen personer er ændret." in text
    assert not User.objects.filter(email="nora@kk.example").exists()
    assert "Personalefilen er kasseret" in kit_client.get(reverse("staff_import", args=[staff.pk])).text
    text = kit_client.post(reverse("discard_staff_file", args=[staff.pk]), follow=True).text
    assert "Filen er allerede gemt eller kasseret." in text


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"\x89PNG\r\n\x1a\n", "Filen er et billede"), (xlsx(), "Filen har ingen personer under overskrifterne.")],
    ids=["image", "headings only"],  # a workbook has the time in it, and each worker collects at another one
)
def test_wrong_staff_file_is_refused(kit_client, content, sentence):
    response = upload(kit_client, content)
    assert response.status_code == 422
    assert sentence in response.text
    assert not StaffImport.objects.exists()
