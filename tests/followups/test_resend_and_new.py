"""The same letter is sent again, and a new letter is written: both needs of Bilag I in one decision."""

from dataclasses import replace

import pytest
from django.urls import reverse

from followups import services
from followups.models import FollowUp
from followups.models.answers import DecisionAnswers, RecordAnswer
from followups.models.arrival import ArrivalState
from followups.rules.letter_rows import fetch_rows
from followups.services import arrivals
from tests.followups.decision_answers import followup_of
from tests.followups.decision_posts import RESEND_POST
from tests.followups.responses import letter_text
from tests.followups.workbook_helpers import RESENT_CELLS, fill_row, row_of
from tests.notifications.evidence_packs import ARRIVED_WITH_LOG

pytestmark = pytest.mark.usefixtures("monday")
BOTH = DecisionAnswers(remedy="RESEND_AND_NEW", deadline_missed=False, consequence_review="NONE")
BOTH_POST = RESEND_POST | {"remedy": "RESEND_AND_NEW", "is_resent": "", "are_both_sent": "nej"}


def test_both_are_decided_sent_recorded_confirmed_and_proven(cast, as_user):
    karen = as_user(cast.karen)
    karen.post(reverse("letter", args=[cast.plain.pk]), BOTH_POST)
    assert "Brevet sendes igen sammen med et nyt, men de er ikke sendt endnu" in letter_text(karen, cast.plain)
    services.mark_done(cast.plain, cast.karen, 1)
    with pytest.raises(services.NotPossible):
        services.confirm_letter(cast.plain, cast.jens, 2)
    services.put_on_record(cast.plain, cast.karen, 2, RecordAnswer(record_number="2020-0000000"))
    services.confirm_letter(cast.plain, cast.jens, 3)
    text = letter_text(as_user(cast.karen), cast.plain)
    assert "Brevet er sendt igen, og et nyt brev er sendt" in text
    assert "besluttede at sende det samme brev igen og skrive et nyt." in text
    assert "Er begge breve kommet frem?" in text
    arrivals.record_arrival(cast.plain, ARRIVED_WITH_LOG, cast.karen, 0)
    [row] = fetch_rows(cast.karen, [cast.plain.pk])
    assert (row.arrival_state, row.status_badge.label) == (ArrivalState.ARRIVED, "Fulgt op")


def test_the_answer_about_the_record_is_asked_for_with_the_decision(cast, as_user):
    answer = as_user(cast.karen).post(reverse("letter", args=[cast.plain.pk]), BOTH_POST | {"are_both_sent": "ja"})
    assert answer.context["form"].errors == {"journalised": ["Svar, om ændringen er journaliseret."]}
    answer = as_user(cast.karen).post(reverse("letter", args=[cast.plain.pk]), BOTH_POST | {"are_both_sent": ""})
    assert answer.context["form"].errors == {"are_both_sent": ["Svar ja eller nej."]}


def test_both_need_the_original(cast):
    services.mark_original_missing(cast.plain, cast.karen, version=0)
    with pytest.raises(services.NotPossible, match="Originalen findes ikke"):
        services.decide(cast.plain, BOTH, cast.karen, version=1)


def test_board_counts_both_as_a_decision_of_its_own(cast, as_user):
    services.decide(cast.plain, BOTH, cast.karen, version=0)
    services.decide(cast.soon, replace(BOTH, remedy="NEW_LETTER"), cast.karen, version=0)
    found = as_user(cast.jens).get(reverse("board", args=[cast.svalevej.pk]), {"remedy": "RESEND_AND_NEW"})
    assert list(found.context["page_obj"]) == [cast.plain]
    assert found.context["board"].counts["RESEND_AND_NEW"] == 1
    assert "Sendes igen og nyt brev" in as_user(cast.birgitte).get(reverse("board_figures", args=[cast.area.pk])).text


def test_workbook_takes_both(cast, fetch_workbook, upload_workbook, apply_workbook):
    book = fetch_workbook(cast.karen)
    both = {"remedy": "Jeg gør begge dele", "is_resent": None}
    both["are_both_sent"] = "Nej, jeg sender dem senere"
    fill_row(book, row_of(book, cast.plain.source_ref), **RESENT_CELLS | both)
    apply_workbook(upload_workbook(book))
    assert followup_of(cast.plain).remedy == FollowUp.Remedy.RESEND_AND_NEW
