"""A personnel case goes to Personalejura, who decides; the leader confirms, and nobody else can read the case."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from followups.models import FollowUp
from tests.fixtures_browser import PHONE

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
WHY = "Hun er sygemeldt igen. Skal samtalen holdes?"


def test_a_personnel_case_is_handed_to_personalejura_and_hidden_from_everybody_else(
    visitor, sign_in, tab_to, cast, monday
):
    """Keyboard only, on a phone."""
    visitor.set_viewport_size({"width": PHONE, "height": 844})
    page = reverse("letter", args=[cast.personnel.pk])

    def press(target, key="Enter"):
        tab_to(target)
        visitor.keyboard.press(key)

    sign_in(cast.karen, page)
    expect(visitor.get_by_role("heading", name="Det er en personalesag")).to_be_visible()
    expect(visitor.locator(".personnel").get_by_role("link", name="7080 8000")).to_be_in_viewport()
    press(visitor.locator("summary", has_text="Overdrag brevet til Personalejura"))
    tab_to(visitor.get_by_label("Hvad skal Personalejura vide?"))
    visitor.keyboard.type(WHY)
    press(visitor.get_by_role("button", name="Overdrag brevet"))
    expect(visitor.get_by_role("status").filter(has_text="Brevet er overdraget")).to_be_focused()
    expect(visitor.get_by_role("heading", name="Du har overdraget brevet til Personalejura")).to_be_visible()

    sign_in(cast.birgitte, page)
    expect(visitor.get_by_role("heading", name="Personalesag (emne skjult)")).to_be_visible()
    for secret in (cast.personnel.subject, WHY, cast.personnel.recipient_label):
        expect(visitor.locator("body")).not_to_contain_text(secret)

    sign_in(cast.hanne, reverse("escalations"))
    press(visitor.get_by_role("link", name=re.compile("^Hun er sygemeldt igen")).first)
    press(visitor.locator("#sag").get_by_role("button", name="Tag henvendelsen"))
    expect(visitor.get_by_text("Du har taget henvendelsen.")).to_be_visible()
    press(visitor.locator("#sag").get_by_role("link", name="Beslut, hvad der skal ske med brevet"))
    expect(visitor.get_by_role("heading", name=cast.personnel.subject)).to_be_visible()
    press(visitor.get_by_label("Det samme brev sendes igen"), "Space")
    press(visitor.locator("#id_is_resent_0"), "Space")
    for question in ("deadline_missed", "consequence_review"):
        press(visitor.locator(f"#id_{question}_0"), "ArrowDown")
    press(visitor.get_by_role("button", name="Gem beslutningen"))
    expect(visitor.get_by_text("på vegne af Karen Bülow Møller").first).to_be_visible()

    sign_in(cast.jens, page)
    press(visitor.get_by_role("button", name="Bekræft beslutningen"))
    expect(visitor.get_by_text("Der mangler stadig bevis for, at det er kommet frem.")).to_be_visible()
    followup = FollowUp.objects.get(letter=cast.personnel)
    assert (followup.decided_by, followup.confirmed_by) == (cast.hanne, cast.jens)
