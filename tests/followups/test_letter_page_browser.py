"""*Mine breve* and *Brevet* in a real Chromium: keyboard only, no script, a phone, an expired session, axe."""

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from followups import services
from followups.letter import letter_page
from followups.models import Decision, DecisionDraft, FollowUp
from sepo_incident.core.forms import CPR_REFUSAL
from tests.fixtures_browser import PHONE, assert_sound, fill_in_sign_in, press_tab_to
from tests.followups.decision_answers import HARM_HANDLED, RESENT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.usefixtures("monday")]


def test_a_half_filled_form_survives_an_expired_session(visit, cast, page):
    cast.karen.set_password("en-lang-og-god-adgangskode")
    cast.karen.save()
    visit(cast.karen, f"/brev/{cast.plain.pk}/")
    page.get_by_label("Brevet skal ikke sendes igen").check(force=True)
    page.get_by_label("Hvorfor ikke?").fill("Ligger på Aula")
    expect(page.get_by_text("Kladden er gemt i dag")).to_be_visible()
    page.get_by_label("Bemærkning").fill("Talt med Jens")
    Session.objects.all().delete()
    expect(page.get_by_text("Kladden er ikke gemt")).to_be_visible()
    assert DecisionDraft.objects.get().typed["no_dispatch_reason"] == "Ligger på Aula"
    page.get_by_role("button", name="Gem og vis næste brev").click()
    fill_in_sign_in(page, cast.karen.email, "en-lang-og-god-adgangskode")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Pjece")
    expect(page.get_by_label("Hvorfor ikke?")).to_have_value("Ligger på Aula")
    expect(page.get_by_label("Bemærkning")).to_have_value("Talt med Jens")
    assert not Decision.objects.exists()


def test_form_on_its_way_keeps_no_draft(visit, cast, page):
    """The draft is due two seconds after the last key, which may be while a slow server saves the form."""
    visit(cast.karen, f"/brev/{cast.plain.pk}/")
    asked = []
    page.on("request", lambda one: asked.append(one.url) if "kladde" in one.url else None)
    page.clock.install()
    page.get_by_label("Brevet skal ikke sendes igen").check(force=True)
    page.get_by_label("Hvorfor ikke?").fill("Ligger på Aula")
    page.evaluate("addEventListener('submit', (event) => event.preventDefault())")  # the server takes its time
    press_tab_to(page, page.get_by_role("button", name="Gem og vis næste brev"))
    page.keyboard.press("Enter")
    page.clock.run_for(5_000)
    assert asked == []
    page.get_by_label("Hvorfor ikke?").fill("Ligger på Aula nu")
    page.clock.run_for(5_000)
    assert len(asked) == 1, "whoever writes on has a draft again"


def test_message_after_an_act_has_the_focus(visit, cast, page):
    """After save, undo, fetch and conflict the keyboard continues at the message, not at the top of the page."""

    def said(words):
        expect(page.locator("main [role=status], main [role=alert]").filter(has_text=words)).to_be_focused()

    page.on("dialog", lambda dialog: dialog.accept())
    services.decide(cast.plain, HARM_HANDLED, cast.karen, version=0)
    visit(cast.karen, f"/mine-breve/?gemt={cast.plain.pk}")
    said("Gemt:")
    press_tab_to(page, page.get_by_role("button", name="Fortryd beslutningen"))
    page.keyboard.press("Enter")
    said("Beslutningen er fortrudt.")
    page.get_by_label("Bemærkning").fill("Ny bemærkning")  # the fetched answers win over what is typed
    page.get_by_role("link", name="Hent den tilbage").click()
    said("De tidligere svar er hentet.")
    expect(page.get_by_label("Bemærkning")).to_have_value(HARM_HANDLED.note)
    services.decide(cast.plain, RESENT, cast.jens, version=2)
    page.get_by_role("button", name="Gem og gå til Mine breve").click()
    said("Jens Ågård har gemt brevet imens")
    page.complaints.clear()  # Chromium reports the 409 in the console
    assert_sound(page, "409")


def test_what_matters_is_in_the_first_screen(visit, cast):
    for width, height, demo_bar in ((1280, 800, 29), (390, 844, 49)):
        page = visit(cast.karen, f"/brev/{cast.personnel.pk}/", width)
        page.set_viewport_size({"width": width, "height": height})
        choice = page.locator("label", has_text="Jeg skriver et nyt brev").bounding_box()
        save = page.get_by_role("button", name="Gem og vis næste brev").bounding_box()
        assert choice["y"] + choice["height"] + demo_bar <= min(height, save["y"]), width
        page.get_by_label("Bemærkning").focus()
        note, save = page.locator("#id_note").bounding_box(), page.locator(".save .button-primary").first.bounding_box()
        assert note["y"] + note["height"] <= save["y"], "what has the focus is not hidden behind the button"
    services.decide(cast.passed, HARM_HANDLED, cast.karen, version=0)
    for width, height in ((1280, 800), (390, 844)):
        page = visit(cast.jens, f"/brev/{cast.passed.pk}/", width)
        page.set_viewport_size({"width": width, "height": height})
        decision = page.get_by_role("region", name="Beslutningen")
        answer, confirm = decision.locator("dd").first, decision.get_by_role("button", name="Bekræft beslutningen")
        ends = [box["y"] + box["height"] for box in (answer.bounding_box(), confirm.bounding_box())]
        assert ends[0] <= confirm.bounding_box()["y"], width
        assert ends[1] <= height, width
    assert_sound(page, "a decision to confirm")


def test_everything_works_without_script(visit_without_scripts, cast):
    page = visit_without_scripts(cast.karen, f"/brev/{cast.plain.pk}/")
    reason = page.get_by_label("Hvorfor ikke?")
    expect(reason).to_be_hidden()
    page.get_by_label("Brevet skal ikke sendes igen").check(force=True)
    reason.fill("Ligger på Aula")
    page.get_by_role("group", name="2. Er en frist").get_by_label("Nej").check(force=True)
    page.get_by_role("group", name="3. Har fejlen").get_by_label("Nej").first.check(force=True)
    page.get_by_role("button", name="Gem og gå til Mine breve").click()
    page.get_by_role("button", name="Fortryd beslutningen").click()
    page.get_by_role("link", name="Hent den tilbage").click()
    expect(page.get_by_label("Hvorfor ikke?")).to_have_value("Ligger på Aula")


def test_form_reacts_to_the_answers(visit, cast, page, live_server):
    """The date has passed, so Ja and the date are proposed, and a typed answer wins over the proposal."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=live_server.url)
    page.on("dialog", lambda dialog: dialog.accept())
    visit(cast.karen, f"/brev/{cast.passed.pk}/")
    page.get_by_label("Jeg sender det samme brev igen").check(force=True)
    expect(page.get_by_text("Passer brevet stadig?")).to_be_visible()
    page.get_by_role("button", name="Brug den").click()
    parts = [page.locator(f"#id_new_deadline_{number}").input_value() for number in range(3)]
    proposed = letter_page.new_deadline_proposal(FollowUp.objects.get(letter=cast.passed).letter).new_deadline
    assert parts == [str(proposed.day), str(proposed.month), str(proposed.year)]
    note, left = page.get_by_label("Bemærkning"), page.locator("#div_id_note .character-limit")
    note.press_sequentially("Hej")
    expect(left).to_have_text("Du har 1.997 tegn tilbage")
    remarks = page.locator("#div_id_note").get_by_text(CPR_REFUSAL)
    for typed, times in (("Om 070761-4285", 1), ("Den 11.12.2019 kl. 14.05, tlf. 33 66 33 66", 0), ("0707614285", 1)):
        note.fill(typed)
        expect(remarks).to_have_count(times)
    missed = page.get_by_role("group", name="2. Er en frist")
    expect(missed.get_by_label("Ja")).to_be_checked()
    missed.get_by_label("Nej").check(force=True)
    page.reload()
    expect(missed.get_by_label("Nej")).to_be_checked()
    page.get_by_role("button", name="Gem og vis næste brev").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(remarks).to_have_count(1)  # the server shows the same message, and one message is enough
    page.complaints.clear()  # the browser notes the status
    assert_sound(page, "with errors")

    visit(cast.karen, f"/brev/{cast.untitled.pk}/")
    page.get_by_role("button", name="Kopiér søgeteksten").click()
    expect(page.get_by_role("button", name="Kopieret")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "sendt:12-12-2019"
    page.locator("summary").filter(has_text="Udkast til modtageren").click()
    expect(page.get_by_text("Her er brevet igen.")).to_be_visible()
    page.get_by_label("Jeg skriver et nyt brev").check(force=True)
    expect(page.get_by_text("Du får et nyt brev i dag.")).to_be_visible()
    page.get_by_label("Jeg har brug for hjælp").check(force=True)
    expect(page.get_by_role("group", name="2. Er en frist")).to_be_hidden()
    page.get_by_label("Hvad er du i tvivl om?").fill("Skal pjecen sendes igen?")
    expect(page.get_by_role("button", name="Gem og gå til Mine breve")).to_be_hidden()
    page.get_by_role("button", name="Send til DIT og vis næste brev").click()
    expect(page.get_by_role("status").filter(has_text="er sendt til DIT.")).to_be_visible()
    assert page.complaints == []


def test_phone_folds_the_help_and_the_keyboard_opens_it(visit, cast, page):
    visit(cast.karen, f"/brev/{cast.plain.pk}/", PHONE)
    search = page.locator("#soeg")
    expect(search).to_be_hidden()
    press_tab_to(page, page.get_by_role("link", name="Find mailen og udkast"))
    page.keyboard.press("Enter")
    expect(search).to_be_in_viewport()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(search).to_be_hidden()
    page.set_viewport_size({"width": 1280, "height": 844})
    for fold, content in (("Udkast til modtageren", "#udkast-samme"), ("Brevets historik", "#forloeb")):
        expect(page.locator(content)).to_be_hidden()
        page.locator("summary").filter(has_text=fold).press("Enter")
        expect(page.locator(content)).to_be_visible()
