"""A sender's answers go through Excel and back, by keyboard on a phone, while her leader decides about one letter."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from followups import services
from followups.models import Decision, FollowUp
from followups.models.answers import DecisionAnswers
from tests.fixtures_browser import assert_sound
from tests.followups.workbook_helpers import RESENT_CELLS, fill_row, open_workbook, row_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
NO_DISPATCH = DecisionAnswers(
    "NO_DISPATCH", no_dispatch_reason="Jeg har ringet.", deadline_missed=False, consequence_review="NONE"
)


def test_karen_answers_in_excel_and_jens_has_been_there(visitor, sign_in, tab_to, cast, monday, tmp_path):
    visitor.set_viewport_size({"width": 390, "height": 844})
    sign_in(cast.karen, reverse("my_letters"))
    tab_to(visitor.locator("summary").filter(has_text="Mange breve?")).press("Enter")
    with visitor.expect_download() as download:
        tab_to(visitor.get_by_role("link", name="Hent regneark")).press("Enter")
    file = tmp_path / "svar.xlsx"
    download.value.save_as(file)
    book = open_workbook(file.read_bytes())
    for letter in (cast.plain, cast.untitled):
        fill_row(book, row_of(book, letter.source_ref), **RESENT_CELLS)
    fill_row(book, row_of(book, cast.soon.source_ref), **RESENT_CELLS | {"is_resent": None})
    book.save(file)
    services.decide(cast.untitled, NO_DISPATCH, cast.jens, 0)

    tab_to(visitor.get_by_role("link", name="indlæs dine svar")).press("Enter")
    expect(visitor.get_by_role("heading", name="Svar i Excel")).to_be_visible()
    tab_to(visitor.get_by_role("button", name="Se ændringerne")).press("Enter")
    expect(visitor.get_by_role("heading", name="Der er én ting at rette")).to_be_visible()
    visitor.complaints.clear()  # the browser reports the refused form
    with visitor.expect_file_chooser() as chooser:
        tab_to(visitor.get_by_label("Regnearket med dine svar")).press("Enter")
    chooser.value.set_files(file)
    tab_to(visitor.get_by_role("button", name="Se ændringerne")).press("Enter")

    expect(visitor.get_by_role("heading", name="1 brev får nye svar")).to_be_visible()
    expect(visitor.get_by_text("Brevet er ændret, efter at du hentede regnearket.")).to_be_visible()
    assert_sound(visitor, "the differences")
    for one in ("Skal rettes i arket", "Ændringer", "Ændres ikke"):
        expect(visitor.get_by_role("heading", name=one)).to_be_visible()
    expect(visitor.get_by_text("Svar ja eller nej.")).to_be_visible()
    assert not Decision.objects.filter(followup__letter=cast.plain).exists()

    tab_to(visitor.get_by_role("button", name="Gem svarene på 1 brev")).press("Enter")
    expect(visitor.get_by_role("heading", name="1 brev har fået svarene fra regnearket")).to_be_visible()
    assert FollowUp.objects.get(letter=cast.plain).is_done
    assert FollowUp.objects.get(letter=cast.untitled).remedy == "NO_DISPATCH"
    visitor.goto(visitor.url.split("/samlet/")[0] + reverse("letter", args=[cast.plain.pk]))
    expect(visitor.get_by_text("Du besluttede at sende det samme brev igen.").first).to_be_attached()
