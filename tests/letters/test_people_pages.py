"""*Personer*: the staff file in the browser, as one without scripts meets it."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from sepo_incident.accounts.models import StaffImport, User
from tests.accounts.staff import csv, person, xlsx

pytestmark = pytest.mark.django_db


@pytest.fixture
def kit(cast, as_user):
    return as_user(cast.mette)


def upload(client, content: bytes, **fields):
    file = SimpleUploadedFile("personale.xlsx", content)
    return client.post(reverse("people"), {"fil": file, **fields}, follow=True)


def test_from_upload_over_check_to_saved(cast, kit):
    content = xlsx(
        person("nora@kk.example", "Nora Aaen"),
        person("anne@kk.example", "Anne Holm", "Lærkeparkens Skole"),
        person("karen@kk.example", Fratrådt="31-12-2019"),
        person("x@y"),
    )
    text = upload(kit, content).content.decode()
    assert "Tjek personalefilen, før du gemmer" in text
    assert "Klar til at gemme 3 personer" in text
    assert "E-mailen er ikke hel. Slutningen mangler." in text
    staff = StaffImport.objects.get()
    page = reverse("staff_import", args=[staff.pk])
    assert "Navn: Anne Østergaard → Anne Holm" in kit.get(page, {"vis": "aendrede"}).content.decode()
    assert "31. december 2019" in kit.get(page, {"vis": "fratraadte"}).content.decode()
    text = kit.post(reverse("save_staff", args=[staff.pk]), follow=True).content.decode()
    assert "3 personer er gemt" in text
    assert "af Mette Dahl" in text
    assert User.objects.get(email="nora@kk.example").unit == cast.svalevej
    again = kit.post(reverse("save_staff", args=[staff.pk]), follow=True).content.decode()
    assert "venter ikke længere på at blive gemt" in again
    assert "personale.xlsx" in kit.get(reverse("people")).content.decode()


def test_a_file_with_everybody_shows_who_is_not_in_it_before_they_have_left(cast, kit):
    everybody = [person(user.email, user.name, "") for user in User.objects.exclude(pk=cast.karen.pk)]
    text = upload(kit, csv(*everybody), alle="on").content.decode()
    assert "<strong>1 person</strong> står ikke i filen" in text
    staff = StaffImport.objects.get()
    text = kit.get(reverse("staff_import", args=[staff.pk]), {"vis": "mangler"}).content.decode()
    assert "karen@kk.example" in text
    assert User.objects.get(pk=cast.karen.pk).is_active


def test_a_discarded_file_changes_nobody(cast, kit):
    upload(kit, xlsx(person("nora@kk.example")))
    staff = StaffImport.objects.get()
    assert "personale.xlsx" in kit.get(reverse("people")).content.decode()
    text = kit.post(reverse("discard_staff", args=[staff.pk]), follow=True).content.decode()
    assert "er kasseret, og ingen personer er ændret." in text
    assert not User.objects.filter(email="nora@kk.example").exists()
    assert "kasseret igen" in kit.get(reverse("staff_import", args=[staff.pk])).content.decode()
    text = kit.post(reverse("discard_staff", args=[staff.pk]), follow=True).content.decode()
    assert "Filen kan ikke kasseres" in text


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"\x89PNG\r\n\x1a\n", "Filen er et billede"), (xlsx(), "Der står ingen personer under overskrifterne.")],
)
def test_a_wrong_file_is_refused_on_the_form(kit, content, sentence):
    response = upload(kit, content)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not StaffImport.objects.exists()


def test_what_a_file_says_is_shown_as_it_is(kit):
    text = upload(kit, xlsx(person("a@kk.example", "<b>Ib</b>", "<script>"))).content.decode()
    assert "&lt;b&gt;Ib" in text
    assert "<b>Ib" not in text
    assert "»&lt;script&gt;«" in text
