"""The column heads of the letter list in a real browser: links with aria-sort, wide and on a phone."""

import pytest
from playwright.sync_api import expect

from tests.fixtures_browser import PHONE, assert_fits
from tests.followups.many_letters import create_many_letters

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("width", [1280, PHONE])
def test_letters_are_sorted_by_a_press_on_a_head(cast, visit, width):
    create_many_letters(cast.incident, cast.area, units=2, letters=60)
    page = visit(cast.birgitte, f"/enhed/{cast.area.pk}/?status=ALL", width)
    head = page.get_by_role("columnheader", name="Sendt")
    expect(page.get_by_role("columnheader", name="Frist og status")).to_have_attribute("aria-sort", "ascending")
    head.get_by_role("link").press("Enter")
    expect(head).to_have_attribute("aria-sort", "ascending")
    head.get_by_role("link").press("Enter")
    expect(head).to_have_attribute("aria-sort", "descending")
    assert page.url.endswith("?status=ALL&sort=-sent#breve")
    if width == PHONE:
        assert head.get_by_role("link").bounding_box()["height"] >= 44
    assert_fits(page, "sorted letters")
    assert page.complaints == []
