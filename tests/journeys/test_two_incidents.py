"""Two incidents side by side, by keyboard on a phone: a sender chooses, decides, and switches; KIT makes the second."""

import re

import pytest
from playwright.sync_api import expect

from followups.models import Decision, FollowUp
from tests.fixtures_browser import assert_sound
from tests.second_incident import build_second_letters

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def test_two_incidents_side_by_side(visitor, sign_in, tab_to, cast, monday):
    second = build_second_letters(cast)
    visitor.set_viewport_size({"width": 390, "height": 844})

    # Karen chooses the incident
    sign_in(cast.karen)
    expect(visitor.get_by_role("heading", name="Hvilken hændelse?")).to_be_visible()
    assert_sound(visitor, "incidents")
    waiting = visitor.locator("section", has_text=second.incident.title).get_by_role(
        "link", name="5 breve venter på dig"
    )
    tab_to(waiting).press("Enter")
    expect(visitor.get_by_role("heading", name=re.compile("Du mangler|breve")).first).to_be_visible()
    expect(visitor.get_by_text(cast.passed.subject)).to_have_count(0)

    # and decides about a letter of it
    tab_to(visitor.get_by_role("link", name=second.plain.subject)).press("Enter")
    expect(visitor).to_have_url(re.compile(f"/haendelser/fjernprint/brev/{second.plain.pk}/"))
    visitor.wait_for_load_state("networkidle")
    for name, answer in (
        ("remedy", "RESEND"),
        ("is_resent", "ja"),
        ("deadline_missed", "nej"),
        ("consequence_review", "NONE"),
    ):
        visitor.locator(f"[name={name}][value={answer}]").focus()
        visitor.keyboard.press("Space")
    tab_to(visitor.get_by_role("button", name=re.compile("^Gem og vis"))).press("Enter")
    expect(visitor.get_by_text("Du har gemt").or_(visitor.get_by_text("gemt")).first).to_be_visible()
    expect(visitor).to_have_url(re.compile("/haendelser/fjernprint/"))
    assert set(Decision.objects.values_list("followup__letter__incident", flat=True)) == {second.incident.pk}

    # and switches to the other
    tab_to(visitor.get_by_role("link", name="Skift hændelse")).press("Enter")
    expect(visitor.get_by_role("link", name="4 breve venter på dig")).to_be_visible()
    tab_to(visitor.get_by_role("link", name=cast.incident.title)).press("Enter")
    expect(visitor.get_by_text(cast.passed.subject).first).to_be_visible()
    expect(visitor.locator(".incident-bar")).to_contain_text(cast.incident.title)
    assert not FollowUp.objects.filter(letter__incident=cast.incident).exclude(status=FollowUp.Status.OPEN).exists()

    # and her leader opens the decision to confirm in one press
    sign_in(cast.jens)
    tab_to(visitor.get_by_role("link", name="1 beslutning venter på din bekræftelse")).press("Enter")
    expect(visitor).to_have_url(re.compile("/haendelser/fjernprint/enhed/"))
    expect(visitor.get_by_role("link", name=second.plain.subject).first).to_be_visible()
