"""The decision form of letters to wrong recipients in a real Chromium: its own question comes first.

The page with errors is not given to axe: the bar with the buttons may then lie over a date on a phone.
"""

import pytest
from playwright.sync_api import expect

from tests.fixtures_browser import assert_sound
from tests.kinds.kind_answers import WRONG, set_kind

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.usefixtures("monday")]


def test_form_begins_with_the_own_question_of_the_kind(visit, cast):
    set_kind(cast, WRONG)
    page = visit(cast.karen, f"/brev/{cast.plain.pk}/")
    own = "1. Har den forkerte modtager bekræftet, at brevet er slettet?"
    expect(page.locator(".decision legend").first).to_have_text(own)
    assert_sound(page, "the form of a letter to a wrong recipient")
    page.get_by_role("radio", name="Brevet skal ikke sendes igen").check(force=True)
    page.get_by_role("button", name="Gem og vis næste brev").click()
    expect(page.locator(".alert-error a").first).to_contain_text(own.removesuffix("?"))
