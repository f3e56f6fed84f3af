"""Leave with a substitute: reported by keyboard on a phone, used by the substitute, and ended by withdrawal."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from followups.models import Decision
from sepo_incident.accounts.models import Absence, User
from tests.fixtures_browser import assert_fits, assert_sound

REVIEW = "consequence_review"
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def test_karen_goes_on_leave_and_olga_decides_for_her(visitor, sign_in, tab_to, cast, monday):
    User.objects.filter(pk=cast.olga.pk).update(unit=cast.svalevej)
    letter = reverse("letter", args=[cast.plain.pk])

    # Karen, by keyboard on a phone
    visitor.set_viewport_size({"width": 390, "height": 844})
    sign_in(cast.karen)
    tab_to(visitor.get_by_role("link", name="Mit fravær")).press("Enter")
    expect(visitor.get_by_role("heading", name="Mit fravær")).to_be_visible()
    tab_to(visitor.get_by_label("Navn eller e-mail"))
    visitor.keyboard.type("olga")
    expect(visitor.locator("#forslag [role=status]")).to_contain_text("»olga«")
    tab_to(visitor.get_by_role("link", name="Olga Nygaard")).press("Enter")
    expect(visitor.get_by_role("heading", name="Olga Nygaard")).to_be_visible()
    for part, value in zip(("day", "month", "year"), ("12", "1", "2020"), strict=True):
        tab_to(visitor.locator(f"[name=last_day_{part}]"))
        visitor.keyboard.type(value)
    tab_to(visitor.get_by_role("button", name="Gem fraværet")).press("Enter")
    # an absence that ended yesterday is refused
    expect(visitor.get_by_role("heading", name="Der er én ting at rette")).to_be_visible()
    tab_to(visitor.locator("[name=last_day_day]"))
    visitor.keyboard.press("Control+a")
    visitor.keyboard.type("20")
    tab_to(visitor.get_by_role("button", name="Gem fraværet")).press("Enter")
    expect(visitor.get_by_text("Olga Nygaard svarer for dig.")).to_be_visible()
    assert_sound(visitor, "my absence, said")

    # Olga, who saw no letter before
    visitor.set_viewport_size({"width": 1280, "height": 900})
    sign_in(cast.olga)
    expect(visitor.get_by_role("heading", name="Breve for en kollega")).to_be_visible()
    visitor.get_by_role("link", name=cast.plain.subject).click()
    expect(visitor.get_by_text("Dig for Karen Bülow Møller til og med 20. januar 2020")).to_be_visible()
    visitor.wait_for_load_state("networkidle")  # content that loads later moves the button
    for name, answer in (("remedy", "RESEND"), ("is_resent", "ja"), ("deadline_missed", "nej"), (REVIEW, "NONE")):
        visitor.locator(f"[name={name}][value={answer}]").check(force=True)
    visitor.get_by_role("button", name=re.compile("^Gem (og|beslutningen)")).last.click()
    visitor.locator("summary").filter(has_text="Brevets historik").click()
    expect(visitor.get_by_text("Du (på vegne af Karen Bülow Møller)").first).to_be_visible()
    last = Decision.objects.get(followup__letter=cast.plain)
    assert (last.by, last.on_behalf_of) == (cast.olga, cast.karen)

    # Jens sees that Karen is away, and hands over the other letters
    sign_in(cast.jens, reverse("handovers"))
    expect(visitor.get_by_text("Væk til og med 20. januar 2020: Olga Nygaard svarer")).to_be_visible()
    assert_sound(visitor, "handovers")
    visitor.get_by_role("link", name="Karen Bülow Møller", exact=True).click()
    visitor.get_by_role("link", name="Birgitte Holm").click()
    visitor.get_by_label("Permanent").check()
    assert_fits(visitor, "handover, somebody chosen")
    expect(visitor.locator("[name=first_day_day]")).to_be_hidden()

    # Karen is back
    sign_in(cast.karen, reverse("my_absence"))
    visitor.get_by_role("button", name=re.compile("^Annullér")).click()
    expect(visitor.get_by_text("Olga Nygaard er ikke længere stedfortræder.")).to_be_visible()
    assert Absence.objects.active().count() == 0
    visitor.complaints.clear()
    sign_in(cast.olga, letter)
    expect(visitor.get_by_role("heading", name="Brevet er sendt fra Svalevejens Skole")).to_be_visible()
    visitor.complaints.clear()  # the browser reports the 404
