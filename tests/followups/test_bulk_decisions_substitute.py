"""Bulk decisions by a substitute: the letters of the absent person, during the absence only."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from followups import services
from followups.letter import history
from followups.models import BulkDecision, BulkLetter, Decision
from followups.services.decisions import create_bulk_decision
from letters.models import Letter
from sepo_incident.accounts.models import Absence
from tests.absence import create_absence, reload_user
from tests.factories import FollowUpFactory, LetterFactory, at
from tests.followups.bulk_pages import press_button, selected_keys, skipped_letters
from tests.followups.decision_answers import RESENT, followup_of
from tests.followups.decision_posts import BULK_RESEND_POST
from tests.followups.escalation_helpers import ask_for_help

pytestmark = pytest.mark.usefixtures("monday")
HERE = "/mine-breve/sammen/stedfortraeder/"
NO_MORE = "Du er ikke længere stedfortræder for brevet."


@pytest.fixture
def olga(cast, as_user):
    create_absence(cast.karen, cast.olga)
    return as_user(cast.olga)


def test_list_offers_decidable_letters(cast, olga):
    ask_for_help(cast.untitled, cast.karen)
    page = olga.get(reverse("my_letters"))
    assert page.context["substitute_worklist"].pickable == {cast.passed.pk, cast.soon.pk, cast.plain.pk}
    assert "Beslut det samme for 2 breve" in page.text, "not what is asked about, or may have to say its date"
    assert page.text.count('name="valgt"') == 3
    assert cast.personnel.pk not in {one.pk for one in page.context["substitute_worklist"].undecided}


def test_selected_letters_are_decided_on_the_senders_behalf(cast, olga):
    asked = olga.get(HERE, {"valgt": selected_keys(cast.plain, cast.soon)})
    assert "De samme breve sendes igen" in asked.text
    preview = press_button(olga, asked, "vis", **BULK_RESEND_POST)
    assert "Om andres breve beslutter du på deres vegne." in preview.text
    assert not Decision.objects.exists()
    result = press_button(olga, preview, "gem")
    assert "2 breve har fået beslutningen" in result.text
    assert result.context["back"].url == reverse("my_letters")
    for decision in Decision.objects.all():
        assert (decision.by, decision.on_behalf_of) == (cast.olga, cast.karen)
    said = history.letter_events(Letter.objects.visible_to(cast.karen).get(pk=cast.plain.pk), cast.karen)[0].text
    assert said.startswith("Olga Nygaard (på vegne af Karen Bülow Møller) besluttede at sende det samme brev igen")
    assert olga.post(reverse("undo_bulk_decision", args=[BulkDecision.objects.get().pk])).status_code == 302
    assert {followup_of(one).status for one in (cast.plain, cast.soon)} == {"OPEN"}


def test_foreign_letters_and_personnel_cases_are_left_out(cast, olga):
    page = olga.get(HERE, {"valgt": [*selected_keys(cast.plain, cast.annes), f"{cast.personnel.pk}:0"]})
    assert {one.pk for one in page.context["letters"]} == {cast.plain.pk}
    assert page.context["outside_list"] == 2
    Absence.objects.update(taken_back_at=at(2020, 1, 13), taken_back_by=cast.karen)
    create_absence(cast.karen, cast.olga, by=cast.jens)
    opened = press_button(olga, olga.get(HERE, {"alle": "1"}), "vis", **BULK_RESEND_POST)
    assert skipped_letters(opened)["Det er en personalesag. Beslut på brevets egen side."] == [cast.personnel]


def test_ended_absence_skips_letters_at_every_step(cast, olga, as_user):
    """The absence ends while the page is open: before the preview, and before saving."""
    LetterFactory(incident=cast.incident, sender=cast.anne, leader=cast.torben)
    chosen = selected_keys(cast.plain, cast.soon, cast.annes)
    create_absence(cast.anne, cast.olga)
    preview = press_button(olga, olga.get(HERE, {"valgt": chosen}), "vis", **BULK_RESEND_POST)
    assert "3 breve får beslutningen" in preview.text
    Absence.objects.filter(person=cast.anne).update(taken_back_at=at(2020, 1, 13), taken_back_by=cast.anne)
    asked = olga.get(HERE, {"valgt": chosen})
    assert f"1 brev er ikke med: {NO_MORE}" in asked.text
    again = press_button(olga, preview, "vis")
    assert "2 breve får beslutningen" in again.text
    assert NO_MORE in again.text
    saved = press_button(olga, preview, "gem")
    assert "2 breve har fået beslutningen" in saved.text
    assert "1 brev er ikke på listen længere og er ikke ændret." in saved.text
    assert followup_of(cast.annes).is_open
    Absence.objects.filter(person=cast.karen).update(taken_back_at=at(2020, 1, 13), taken_back_by=cast.karen)
    nothing = press_button(olga, preview, "gem")
    assert "Ingen af brevene mangler en beslutning fra dig." in nothing.text
    assert BulkDecision.objects.count() == 1
    undone = olga.post(reverse("undo_bulk_decision", args=[BulkDecision.objects.get().pk]), follow=True)
    assert "Ingen beslutninger er fortrudt" in undone.text
    assert (undone.context["skipped"], undone.context["outside_list"]) == ([], 2)
    assert "Du kan ikke se brevet længere." in undone.text
    assert {followup_of(one).status for one in (cast.plain, cast.soon)} == {"DONE"}


def test_worker_skips_letters_after_the_absence_ends(cast, olga):
    versions = {cast.plain: 0, cast.soon: 0}
    asked = {letter: services.RequestedDecision(version, RESENT) for letter, version in versions.items()}
    bulk = create_bulk_decision(asked, reload_user(cast.olga), BulkDecision.Way.PAGE)
    Absence.objects.update(taken_back_at=at(2020, 1, 13), taken_back_by=cast.karen)
    services.continue_bulk_decision(bulk.pk)
    assert set(bulk.letters.values_list("state", flat=True)) == {BulkLetter.State.SKIPPED}
    assert not Decision.objects.exists()


def test_queries_do_not_grow(cast, olga):
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert olga.get(HERE, {"alle": "1"}).status_code == 200
        return len(asked)

    queries()
    before = queries()
    for _ in range(5):
        FollowUpFactory(letter=LetterFactory(incident=cast.incident, sender=cast.karen, leader=cast.jens))
    assert queries() == before
