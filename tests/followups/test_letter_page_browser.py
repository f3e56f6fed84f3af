"""*Mine breve* and *Brevet* in a real Chromium: keyboard only, no script, a phone, an expired session, axe."""

import re

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from followups import services
from followups.letter import letter_page
from followups.models import Decision, DecisionDraft, FollowUp
from followups.models.answers import HELP, DecisionAnswers
from letters.models import Letter
from sepo_incident.core.forms import CPR_REFUSAL
from tests.fixtures_browser import PHONE, assert_fits, assert_sound, choose_answer, fill_in_sign_in, press_tab_to
from tests.followups.decision_answers import HARM_HANDLED, NEW_LETTER_UNSENT, NO_DISPATCH, RESENT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.usefixtures("monday")]


def open_signed_in(page, client, live_server, person, path, width=1280):
    """Open a page in a browser context of its own, signed in."""
    client.force_login(person)
    cookie = client.cookies["sepo_session"].value
    page.context.add_cookies([{"name": "sepo_session", "value": cookie, "url": live_server.url}])
    page.set_default_timeout(15_000)
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(live_server.url + path)
    return page


def test_a_decision_by_keyboard_alone(visit, cast, page):
    visit(cast.karen, "/mine-breve/")
    press_tab_to(page, page.get_by_role("link", name="Åbn det øverste brev"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Partshøring")
    choose_answer(page, "1. Hvad gør du med brevet?", "Jeg skriver et nyt brev")
    choose_answer(page, "Er det nye brev sendt?", "Ja")
    choose_answer(page, "2. Er en frist eller et møde passeret", "Ja")
    new_date = page.get_by_role("group", name="Dato i det nye brev")
    for part, typed in (("Dag", "27"), ("Måned", "1"), ("År", "2020")):
        press_tab_to(page, new_date.get_by_label(part))
        page.keyboard.type(typed)
    choose_answer(page, "3. Har fejlen fået konsekvenser for nogen?", "Ja")
    press_tab_to(page, page.get_by_label("Modtageren"))
    page.keyboard.press("Space")
    choose_answer(page, "Hvor alvorligt er det?", "Mærkbar")
    press_tab_to(page, page.get_by_label("Hvad er der sket?"))
    page.keyboard.type("Familien kunne ikke svare.")
    choose_answer(page, "Har I taget hånd om det?", "Ja")
    press_tab_to(page, page.get_by_label("Hvad har I gjort?"))
    page.keyboard.type("Afgørelsen er udsat.")
    choose_answer(page, "4. Er ændringen journaliseret?", "Ja")
    press_tab_to(page, page.get_by_label("Journalnummer"))
    page.keyboard.type("2020-0000000")
    expect(page.get_by_label("Hvorfor er det ikke nødvendigt?")).to_be_hidden()
    press_tab_to(page, page.get_by_role("button", name="Gem og vis næste brev (2 af 5)"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Gemt:")).to_contain_text("Partshøring")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Indkaldelse til møde")
    followup = FollowUp.objects.get(letter=cast.passed)
    assert (followup.remedy, str(followup.new_deadline), followup.consequences.get().severity) == (
        "NEW_LETTER",
        "2020-01-27",
        "SOME",
    )


@pytest.mark.parametrize(("width", "height", "demo_bar"), [(1280, 800, 29), (390, 844, 49)])
def test_first_question_is_in_the_first_screen(visit, cast, width, height, demo_bar):
    for letter in (cast.passed, cast.personnel):
        page = visit(cast.karen, f"/brev/{letter.pk}/", width)
        page.set_viewport_size({"width": width, "height": height})
        choices = [
            page.locator("label", has_text=words) for words in ("det samme brev igen", "Jeg skriver et nyt brev")
        ]
        save = page.get_by_role("button", name="Gem og vis næste brev").bounding_box()
        ends = [choice.bounding_box()["y"] + choice.bounding_box()["height"] + demo_bar for choice in choices]
        assert max(ends) <= min(height, save["y"]), (letter.subject, ends)


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_decision_and_confirmation_are_in_the_leaders_first_screen(visit, cast, width, height):
    for letter, answers in ((cast.passed, HARM_HANDLED), (cast.personnel, NO_DISPATCH)):
        services.decide(letter, answers, cast.karen, version=0)
        page = visit(cast.jens, f"/brev/{letter.pk}/", width)
        page.set_viewport_size({"width": width, "height": height})
        decision = page.get_by_role("region", name="Beslutningen")
        answer, confirm = decision.locator("dd").first, decision.get_by_role("button", name="Bekræft beslutningen")
        ends = [box["y"] + box["height"] for box in (answer.bounding_box(), confirm.bounding_box())]
        assert ends[0] <= confirm.bounding_box()["y"], (letter.subject, ends)
        assert ends[1] <= height, (letter.subject, ends)


def test_everything_works_without_script(browser, client, live_server, cast):
    context = browser.new_context(java_script_enabled=False)
    page = open_signed_in(context.new_page(), client, live_server, cast.karen, f"/brev/{cast.plain.pk}/")
    reason = page.get_by_label("Hvorfor ikke?")
    expect(reason).to_be_hidden()
    page.get_by_label("Brevet skal ikke sendes igen").check(force=True)
    expect(reason).to_be_visible()
    reason.fill("Ligger på Aula")
    page.get_by_role("group", name="2. Er en frist").get_by_label("Nej").check(force=True)
    page.get_by_role("group", name="3. Har fejlen").get_by_label("Nej").check(force=True)
    page.get_by_role("button", name="Gem og gå til Mine breve").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mine breve")
    page.get_by_role("button", name="Fortryd beslutningen").click()
    page.get_by_role("link", name="Hent den tilbage").click()
    expect(page.get_by_label("Hvorfor ikke?")).to_have_value("Ligger på Aula")
    context.close()


def test_form_reacts_to_the_answers(visit, cast, page, live_server):
    """The date has passed, so Ja and the date are proposed, and a typed answer wins over the proposal."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=live_server.url)
    page.on("dialog", lambda dialog: dialog.accept())
    visit(cast.karen, f"/brev/{cast.passed.pk}/")
    page.get_by_role("button", name="Gem og vis næste brev").click()
    expect(page.get_by_role("alert")).to_contain_text("Der er")
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_role("link", name="Vælg en af mulighederne").click()
    expect(page.locator("#id_remedy_0")).to_be_focused()
    visit(cast.karen, f"/brev/{cast.passed.pk}/")
    missed = page.get_by_role("group", name="2. Er en frist")
    expect(missed.get_by_label("Ja")).to_be_checked()
    missed.get_by_label("Nej").check(force=True)
    page.reload()
    expect(missed.get_by_label("Nej")).to_be_checked()

    note, left = page.get_by_label("Bemærkning"), page.locator("#div_id_note .character-limit")
    expect(left).to_have_text("Du har 2.000 tegn tilbage")
    note.press_sequentially("Hej")
    expect(left).to_have_text("Du har 1.997 tegn tilbage")
    note.fill("x" * 3500)
    note.press("End")
    expect(left).to_have_text("Du har 1.500 tegn for meget")

    visit(cast.karen, f"/brev/{cast.untitled.pk}/")
    page.get_by_role("button", name="Kopiér søgeteksten").click()
    expect(page.get_by_role("button", name="Kopieret")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "sendt:12-12-2019"
    page.locator("summary").filter(has_text="Udkast til modtageren").click()
    expect(page.get_by_text("Brevet er det samme, som vi sendte dengang.")).to_be_visible()
    page.get_by_label("Jeg skriver et nyt brev").check(force=True)
    expect(page.get_by_text("Brevet er det samme, som vi sendte dengang.")).to_be_hidden()
    expect(page.get_by_text("Du får derfor et nyt brev i dag.")).to_be_visible()
    page.get_by_label("Jeg har brug for hjælp").check(force=True)
    expect(page.get_by_role("group", name="2. Er en frist")).to_be_hidden()
    page.get_by_label("Hvad er du i tvivl om?").fill("Skal pjecen sendes igen?")
    expect(page.get_by_role("button", name="Gem og gå til Mine breve")).to_be_hidden()
    expect(page.get_by_text("Jens Ågård bekræfter din beslutning.")).to_be_hidden()
    page.get_by_role("button", name="Send til DIT og vis næste brev").click()
    expect(page.get_by_role("status").filter(has_text="er sendt til DIT.")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/brev/\d+/\?gemt="))


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


def test_cpr_number_is_flagged_while_typing(visit, cast, page):
    visit(cast.karen, f"/brev/{cast.plain.pk}/")
    note = page.get_by_label("Bemærkning")
    remarks = page.locator("#div_id_note").get_by_text(CPR_REFUSAL)
    for typed, times in (("Om 070761-4285", 1), ("Den 11.12.2019 kl. 14.05, tlf. 33 66 33 66", 0), ("0707614285", 1)):
        note.fill(typed)
        expect(remarks).to_have_count(times)
    assert_fits(page, "the remark")
    page.get_by_label("Jeg sender det samme brev igen").check(force=True)
    page.get_by_role("button", name="Gem og vis næste brev").click()
    page.get_by_text("ting at rette").wait_for()
    expect(remarks).to_have_count(1)  # the server shows the same message, and one message is enough
    assert not Decision.objects.exists()


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
    page.goto(page.url)
    expect(page.locator("body")).to_be_focused()


def test_save_button_hides_no_focused_field_on_a_phone(visit, cast, page):
    visit(cast.karen, f"/brev/{cast.passed.pk}/", 390)
    page.get_by_label("Bemærkning").focus()
    assert page.evaluate(
        """() => {
            const note = document.querySelector("#id_note").getBoundingClientRect();
            return note.bottom <= document.querySelector(".save .button-primary").getBoundingClientRect().top;
        }"""
    ), "what has the focus is not hidden behind the button"


def test_phone_folds_the_help_and_the_keyboard_opens_it(visit, cast, page):
    Letter.objects.filter(pk=cast.plain.pk).update(subject="Uddannelsesparathedsvurdering, 8. klasse")
    visit(cast.karen, f"/brev/{cast.plain.pk}/", 390)
    text = page.get_by_role("heading", level=1).evaluate("e => e.textContent")
    assert text == "Uddannelses\u00adparatheds\u00advurdering, 8. klasse", "a long word breaks with a hyphen"
    search = page.locator("#soeg")
    expect(search).to_be_hidden()
    find = page.locator("summary").filter(has_text="Find mailen i Outlook")
    press_tab_to(page, page.get_by_role("link", name="Find mailen og udkast"))
    page.keyboard.press("Enter")
    expect(search).to_be_in_viewport()
    page.keyboard.press("Tab")
    expect(find).to_be_focused()
    page.keyboard.press("Enter")
    expect(search).to_be_hidden()
    page.keyboard.press("Enter")
    expect(search).to_be_visible()
    expect(page.locator("#udkast-samme")).to_be_hidden()
    page.set_viewport_size({"width": 1280, "height": 844})
    expect(page.locator("summary").filter(has_text="Find mailen i Outlook")).to_be_hidden()
    for fold, content in (("Udkast til modtageren", "#udkast-samme"), ("Brevets historik", "#forloeb")):
        expect(page.locator(content)).to_be_hidden()
        page.locator("summary").filter(has_text=fold).press("Enter")
        expect(page.locator(content)).to_be_visible()


def test_printed_letter_has_no_form_links_or_buttons(visit, cast, page):
    def check():
        visit(cast.karen, f"/brev/{cast.passed.pk}/?gemt={cast.passed.pk}")
        page.emulate_media(media="print")
        to_press = page.locator("main :is(a, button)").all()
        assert {shown.inner_text() for shown in to_press if shown.is_visible()} <= {cast.passed.subject}
        expect(page.get_by_role("heading", name="Brevets historik")).to_be_visible()
        expect(page.locator("#forloeb li").last).to_be_visible()

    services.decide(cast.passed, HARM_HANDLED, cast.karen, version=0)
    services.undo_decision(cast.passed, cast.karen, version=1)
    check()
    services.decide(cast.passed, NEW_LETTER_UNSENT, cast.karen, version=2)
    check()
    visit(cast.karen, f"/brev/{cast.plain.pk}/")
    page.wait_for_load_state("networkidle")
    form = page.locator("main :is(form, input, textarea, .lead)").all()
    assert [shown for shown in form if shown.is_visible()] == []
    for words in (cast.plain.subject, "om 2 dage", "Du sendte brevet."):
        expect(page.get_by_text(words).first).to_be_visible()
    assert page.pdf(format="A4").count(b"/Type /Page\n") == 1


def test_every_state_is_accessible_and_fits_the_screen(visit, cast, page):
    def open_quietly(path, person=cast.karen):
        visit(person, path, PHONE)
        page.wait_for_load_state("networkidle")
        assert page.complaints == [], path

    def look(path, person=cast.karen):
        open_quietly(path, person)
        assert_sound(page, path)

    def check(what):
        page.wait_for_load_state("networkidle")
        assert page.complaints == [], what
        assert_sound(page, what)

    letter = f"/brev/{cast.passed.pk}/"
    open_quietly(letter)
    page.get_by_label("Jeg sender det samme brev igen").check(force=True)
    expect(page.get_by_text("Passer brevet stadig?")).to_be_visible()
    page.get_by_role("button", name="Brug den").click()
    parts = [page.locator(f"#id_new_deadline_{number}").input_value() for number in range(3)]
    proposed = letter_page.new_deadline_proposal(FollowUp.objects.get(letter=cast.passed).letter).new_deadline
    assert parts == [str(proposed.day), str(proposed.month), str(proposed.year)]
    page.get_by_text("Ret brevets dato").click()
    expect(page.get_by_role("button", name="Gem datoen")).to_be_visible()
    check("the doubt about a date that has passed, its proposal, and the form that sets another")
    open_quietly(f"/brev/{cast.personnel.pk}/")
    page.get_by_label("Jeg skriver et nyt brev").check(force=True)
    page.get_by_role("group", name="2. Er en frist").get_by_label("Ja").check(force=True)
    page.get_by_role("group", name="3. Har fejlen").get_by_label("Ja").first.check(force=True)
    page.get_by_role("button", name="Gem og vis næste brev").click()
    page.wait_for_load_state("networkidle")
    assert ["422" in said for said in page.complaints] == [True], "the browser notes the status, and nothing else"
    page.complaints.clear()
    check("with errors")
    open_quietly(letter)
    services.decide(cast.passed, HARM_HANDLED, cast.jens, version=0)
    page.get_by_label("Jeg sender det samme brev igen").check(force=True)
    page.get_by_role("group", name="Er brevet sendt igen?").get_by_label("Ja").check(force=True)
    for question in ("2. Er en frist", "3. Har fejlen"):
        page.get_by_role("group", name=question).get_by_label("Nej").check(force=True)
    page.get_by_role("button", name="Gem og vis næste brev").click()
    page.get_by_role("button", name="Gem min beslutning i stedet").wait_for()
    page.complaints.clear()  # Chromium reports the 409 in the console
    check("409")
    look(letter, cast.jens)
    services.decide(cast.soon, NEW_LETTER_UNSENT, cast.karen, version=0)
    look(f"/brev/{cast.soon.pk}/")
    services.decide(cast.plain, DecisionAnswers(remedy=HELP, question="Hvad nu?"), cast.karen, version=0)
    services.answer_escalation(
        services.take_escalation(cast.plain.followup.escalation, cast.pia), "Send det igen.", cast.pia
    )
    look(f"/brev/{cast.plain.pk}/")
    look(f"/brev/{cast.personnel.pk}/", cast.pia)
    look("/mine-breve/?gemt=" + str(cast.soon.pk))
