"""The page of changed letters in a real Chromium, wide and on a phone: view, choose and commit changes."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from followups import services
from letters.importing import batches
from letters.importing.commit import withdraw_letters
from letters.models import Letter
from tests.fixtures_browser import PHONE, assert_sound
from tests.followups.decision_answers import RESENT
from tests.letters.list_files import csv, row, xlsx

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def check_page(page, name: str) -> None:
    assert page.complaints == [], name
    assert_sound(page, name)


@pytest.fixture
def revised_batch(cast, import_file):
    import_file(xlsx(*(row(n) for n in (1, 2, 3))))
    services.open_followups(cast.incident)
    services.decide(Letter.objects.get(source_ref="B-2"), RESENT, cast.karen, version=0)
    both = {"Leder": "Torben Kjær", "Leders_e_mail": "torben@kk.example", "Enhed": "Lærkeparkens Skole"}
    return import_file(
        csv(row(1, Emne="Indkaldelse til netværksmøde"), row(2, **both), row(3, Emne=""), row(4)), commit=False
    )


def test_missing_letters_are_withdrawn_and_the_import_undone(cast, kit_page, revised_batch):
    withdraw_letters.mark_as_full_list(revised_batch, is_full=True)
    batches.request_commit(revised_batch, by=cast.mette)
    batches.commit_batch(revised_batch.pk)
    page = kit_page(reverse("import_batch", args=[revised_batch.pk]), PHONE)
    check_page(page, "indlaest-fuld")
    page.get_by_role("link", name="Se de 7 breve").click()
    check_page(page, "mangler-paa-listen")
    page.get_by_role("checkbox", name="Referat af netværksmøde").check(force=True)
    page.get_by_label("Begrundelse").fill("Brevet kom frem alligevel")
    page.get_by_role("button", name="Træk 1 brev tilbage").click()
    expect(page.get_by_text("1 brev er trukket tilbage.")).to_be_visible()
    page.get_by_role("link", name="brev trukket tilbage").click()
    check_page(page, "trukket-tilbage")
    page = kit_page(reverse("letter", args=[cast.annes.pk]), PHONE)
    expect(page.get_by_text("»Brevet kom frem alligevel«").first).to_be_visible()
    check_page(page, "brev-trukket-tilbage")
    page = kit_page(reverse("undo_batch", args=[revised_batch.pk]), PHONE)
    expect(page.get_by_role("heading", name="Indlæsningen kan ikke fortrydes")).to_be_visible()
    check_page(page, "kan-ikke-fortrydes")
    services.undo_decision(Letter.objects.get(source_ref="B-2"), cast.karen, version=1)
    page.reload()
    check_page(page, "fortryd")
    page.get_by_role("button", name="Fortryd indlæsningen").click()
    expect(page.get_by_role("heading", name="Indlæsningen er fortrudt")).to_be_visible()
    check_page(page, "fortrudt")
