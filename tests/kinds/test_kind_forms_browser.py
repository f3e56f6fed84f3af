"""The decision form of each kind in a real Chromium: the kind's own question comes first, and axe finds nothing.

The page with errors is not given to axe: the bar with the buttons may then lie over a date on a phone.
"""

import pytest
from playwright.sync_api import expect

from followups.decision_questions import QUESTIONS_BY_NAME
from letters.incident_kinds import KINDS, IncidentKind
from tests.fixtures_browser import assert_sound
from tests.kinds.kind_answers import set_kind

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.usefixtures("monday")]


def test_form_of_each_kind_begins_with_its_own_question(visit, cast):
    for kind in set(IncidentKind) - {IncidentKind.NOT_ARRIVED}:
        set_kind(cast, kind)
        page = visit(cast.karen, f"/brev/{cast.plain.pk}/")
        own = f"1. {QUESTIONS_BY_NAME[KINDS[kind].questions[0]].field.label}"
        expect(page.locator(".decision legend").first).to_have_text(own)
        assert_sound(page, f"the form of {kind}")
        page.get_by_role("radio", name="Brevet skal ikke sendes igen").check(force=True)
        page.get_by_role("button", name="Gem og vis næste brev").click()
        expect(page.locator(".alert-error a").first).to_contain_text(own.removesuffix("?"))
