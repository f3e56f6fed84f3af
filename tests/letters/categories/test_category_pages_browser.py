"""The page *Emneområder* in a real browser at both widths: live count while typing, and re-running the rules."""

import pytest

from letters.models import Letter
from tests.fixtures_browser import PHONE, assert_fits, assert_sound

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_rule_is_added_counted_and_rerun(cast, visit):
    page = visit(cast.mette, "/emneomraader/", PHONE)
    assert_sound(page, "categories")
    page.get_by_role("link", name="Tilføj en regel").click()
    assert_fits(page, "new_category_rule")
    page.get_by_label("Ord i emnet").fill("*velkommen*")
    page.get_by_role("heading", name="Fanger 1 brev").wait_for()
    page.get_by_label("Emneområdets navn").fill("Velkomster")
    page.get_by_label("Ord i emnet").fill("*udeblivelse*, *netværk*")
    page.get_by_text("I alt passer 2 breve.").wait_for()
    assert_sound(page, "new_category_rule with a count")
    page.get_by_label("Brevene har en dato").check(force=True)
    page.get_by_label("Et antal dage efter").check(force=True)
    page.get_by_label("Hvor længe?").fill("4 uger")
    assert_fits(page, "new_category_rule with a clock")
    page.get_by_role("button", name="Gem reglen").click()
    page.get_by_role("heading", name="når du kører reglerne igen").wait_for()
    page.get_by_role("link", name="før og efter").click()
    assert_sound(page, "category_changes")
    page.get_by_role("button", name="Kør reglerne igen").click()
    page.get_by_text("har skiftet.").wait_for()
    page.get_by_role("link", name="Velkomster", exact=True).click()
    assert_sound(page, "category_rule")
    assert Letter.objects.get(pk=cast.plain.pk).category == "Pjecer"
    assert Letter.objects.get(pk=cast.annes.pk).has_deadline
    assert page.complaints == []
