"""The page *Emneområder* in a real browser: live count while typing, and re-running the rules."""

import pytest

from tests.fixtures_browser import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_rule_is_added_counted_and_rerun(cast, visit):
    page = visit(cast.mette, "/emneomraader/", PHONE)
    page.get_by_role("link", name="Tilføj en regel").click()
    page.get_by_label("Ord i emnet").fill("*velkommen*")
    page.get_by_role("heading", name="Fanger 1 brev").wait_for()
    page.get_by_label("Emneområdets navn").fill("Velkomster")
    page.get_by_label("Ord i emnet").fill("*udeblivelse*, *netværk*")
    page.get_by_text("I alt passer 2 breve.").wait_for()
    page.get_by_label("Brevene har en dato").check(force=True)
    page.get_by_label("Et antal dage efter").check(force=True)
    page.get_by_label("Hvor længe?").fill("4 uger")
    page.get_by_role("button", name="Gem reglen").click()
    page.get_by_role("heading", name="når du kører reglerne igen").wait_for()
    assert page.complaints == []
