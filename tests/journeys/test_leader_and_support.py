"""The leader sends a letter back; DIT takes a question and answers."""

import re

import pytest
from playwright.sync_api import expect

from followups import services
from followups.models import Escalation, FollowUp
from followups.models.answers import HELP, DecisionAnswers
from tests.fixtures_browser import PHONE
from tests.followups.decision_answers import RESENT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def decide(letter, by, **answers):
    letter.refresh_from_db()
    return services.decide(letter, DecisionAnswers(**answers), by=by, version=letter.followup.version)


def test_the_leader_sends_back_the_employee_corrects_and_the_leader_confirms(visitor, sign_in, tab_to, cast, monday):
    """Keyboard only, on a phone."""
    visitor.set_viewport_size({"width": PHONE, "height": 844})
    services.decide(cast.plain, RESENT, cast.karen, version=0)

    def press(target, key="Enter"):
        tab_to(target)
        visitor.keyboard.press(key)

    sign_in(cast.jens, f"/brev/{cast.plain.pk}/")
    press(visitor.locator("summary", has_text="Send tilbage med spørgsmål"))
    tab_to(visitor.get_by_role("textbox"))
    visitor.keyboard.type("Der er kommet en ny pjece. Skal de ikke have den?")
    press(visitor.get_by_role("button", name="Send tilbage"))
    expect(visitor.get_by_role("status").filter(has_text="Brevet er sendt tilbage.")).to_be_focused()
    sign_in(cast.karen, "/mine-breve/")
    expect(visitor.get_by_text("Nu mangler du at svare lederen om 1 brev")).to_be_visible()
    press(visitor.get_by_role("link", name="Åbn det øverste brev"))
    expect(visitor.get_by_role("heading", name="Spørgsmål fra Jens Ågård")).to_be_visible()
    press(visitor.get_by_role("link", name="Ret beslutningen"))
    press(visitor.get_by_label("Jeg sender det samme brev igen"), "ArrowDown")
    for _ in range(3):
        visitor.keyboard.press("ArrowDown")
    tab_to(visitor.get_by_label("Hvorfor ikke?"))
    visitor.keyboard.type("Den nye pjece ligger på Aula.")
    press(visitor.get_by_role("button", name=re.compile("^Gem og vis næste brev")))
    expect(visitor).to_have_url(re.compile("gemt="))
    sign_in(cast.jens, f"/brev/{cast.plain.pk}/")
    expect(visitor.get_by_text("Karen Bülow Møller har besluttet igen.")).to_be_visible()
    press(visitor.get_by_role("button", name="Bekræft beslutningen"))
    expect(visitor.get_by_text("Beslutningen er bekræftet, og brevet er fulgt op.")).to_be_visible()
    followup = FollowUp.objects.get(letter=cast.plain)
    assert (followup.status, followup.remedy) == (FollowUp.Status.CONFIRMED, FollowUp.Remedy.NO_DISPATCH)


def test_dit_answers_and_the_sender_reads_it_on_the_letter(visitor, sign_in, cast, monday):
    decide(cast.untitled, cast.karen, remedy=HELP, question="Jeg kan ikke finde mailen i Sendt post.")
    sign_in(cast.pia)
    visitor.get_by_role("link", name=re.compile("Jeg kan ikke finde mailen")).first.click()
    visitor.get_by_role("button", name=re.compile("^Tag henvendelsen")).first.click()
    visitor.get_by_role("textbox").last.fill("Sortér Sendt post efter dato, og find den 12. december kl. 13.42.")
    visitor.get_by_role("button", name="Send svaret, og luk henvendelsen").click()
    expect(visitor.get_by_role("heading", name="Henvendelser")).to_be_visible()
    answered = Escalation.objects.get()
    assert answered.resolved_at is not None
    assert answered.owner == cast.pia
    sign_in(cast.karen, f"/brev/{cast.untitled.pk}/")
    expect(visitor.get_by_text("Sortér Sendt post efter dato").first).to_be_visible()
    expect(visitor.get_by_role("button", name=re.compile("^Gem"))).not_to_have_count(0)
    visitor.get_by_text("Skriv til DIT igen").click()
    visitor.get_by_label("Hvad er du stadig i tvivl om?").fill("Der er to fra det klokkeslæt.")
    visitor.get_by_role("button", name="Send til DIT").click()
    expect(visitor.get_by_text("Pia Søndergård har henvendelsen")).to_be_visible()
    sign_in(cast.pia)
    expect(visitor.get_by_role("link", name="Mine 1")).to_be_visible()
    expect(visitor.locator("#sag")).to_contain_text("Der er to fra det klokkeslæt.")
    visitor.get_by_text("Giv henvendelsen videre").click()
    visitor.get_by_role("group", name="Send henvendelsen videre til").get_by_label("Koncern IT").check(force=True)
    visitor.get_by_label("Note til dem (kan udelades)").fill("Er rækken dobbelt på listen?")
    visitor.get_by_role("button", name="Send henvendelsen videre").click()
    expect(visitor.get_by_text("Henvendelsen er sendt videre til Koncern IT.")).to_be_visible()
    sign_in(cast.karen, f"/brev/{cast.untitled.pk}/")
    expect(visitor.get_by_role("heading", name="Dit spørgsmål til Koncern IT")).to_be_visible()
    expect(visitor.get_by_text("Ingen har taget henvendelsen endnu.")).to_be_visible()
