"""«Originalen findes ikke»: shown on the letter and in the history, counted for leader and desk; a decision is still
required.
"""

from dataclasses import replace

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from followups import services
from followups.models import BulkDecision, Decision, FollowUp
from followups.models.answers import HELP, DecisionAnswers
from letters.models import Letter
from tests.followups.decision_answers import NO_DISPATCH, RESENT, bulk_result, decision_kinds, followup_of
from tests.followups.decision_posts import RESEND_POST
from tests.followups.responses import letter_text

pytestmark = pytest.mark.usefixtures("monday")
Kind = Decision.Kind
HEADING = '<h2 id="original">Originalen findes ikke</h2>'


def post_original(client, letter, what="original_gone", version=0):
    return client.post(reverse(what, args=[letter.pk]), {"version": version}, follow=True).text


def test_sender_marks_the_original_missing_and_found(cast, as_user):
    karen = as_user(cast.karen)
    assert HEADING not in letter_text(karen, cast.plain)
    text = post_original(karen, cast.plain)
    for words in (HEADING, "Du skrev, at originalen ikke findes.", "Se på sagen.", "Skriv et nyt brev.", "Spørg DIT,"):
        assert words in text
    assert followup_of(cast.plain).is_open, "it is a fact, and nobody has decided yet"
    assert "Brevet er ændret, mens du læste." not in post_original(karen, cast.plain), "a double click is no conflict"
    services.decide(cast.plain, NO_DISPATCH, cast.karen, version=1)
    services.undo_decision(cast.plain, cast.karen, version=2)
    assert HEADING in letter_text(karen, cast.plain), "also when a decision is taken back"
    assert HEADING not in post_original(karen, cast.plain, "original_found", version=3)
    assert decision_kinds(cast.plain) == [Kind.ORIGINAL_GONE, Kind.DECIDED, Kind.UNDONE, Kind.ORIGINAL_FOUND]


def test_original_cannot_be_marked_missing_after_sending(cast, as_user):
    services.decide(cast.plain, RESENT, cast.karen, version=0)
    with pytest.raises(services.NotPossible, match="allerede sendt"):
        services.mark_original_missing(cast.plain, cast.karen, version=1)


def test_leader_and_desk_see_and_count_missing_originals(cast, as_user):
    services.mark_original_missing(cast.plain, cast.karen, version=0)
    services.decide(cast.plain, DecisionAnswers(remedy=HELP, question="Hvad stod der?"), by=cast.karen, version=1)
    services.mark_original_missing(cast.personnel, cast.karen, version=0)
    for person, number in ((cast.jens, 2), (cast.pia, 1)):
        found = as_user(person).get(reverse("board", args=[cast.svalevej.pk]), {"status": "GONE"})
        assert found.context["page_obj"].paginator.count == found.context["board"].counts["GONE"] == number, person
    pia = as_user(cast.pia)
    assert [pill.number for pill in pia.get(reverse("escalations")).context["pills"] if "Original" in pill.label] == [1]
    queue = pia.get(reverse("escalations"), {"show": "GONE"}).text
    assert "Hvad stod der?" in queue
    assert queue.count("Originalen findes ikke") == 2, "on the pill and on the question"
    assert "emne:&#34;Pjece: Velkommen i 0. klasse&#34; sendt:18-12-2019" in queue, "the desk can look with the asker"


def test_desk_does_not_count_unreadable_letters(cast, as_user):
    """For up to a minute a new personnel case is still at DIT."""
    services.mark_original_missing(cast.plain, cast.karen, version=0)
    services.decide(cast.plain, DecisionAnswers(remedy=HELP, question="Hvad stod der?"), by=cast.karen, version=1)
    Letter.objects.filter(pk=cast.plain.pk).update(is_personnel_case=True)
    shown = as_user(cast.pia).get(reverse("escalations"), {"show": "GONE"})
    assert [pill.number for pill in shown.context["pills"] if "Original" in pill.label] == [0]
    assert shown.context["queue"] == []


def test_missing_original_of_a_personnel_case_is_shown_to_readers_only(cast, as_user):
    services.mark_original_missing(cast.personnel, cast.jens, version=0)
    told, kept = letter_text(as_user(cast.karen), cast.personnel), letter_text(as_user(cast.birgitte), cast.personnel)
    assert "Jens Ågård (på vegne af Karen Bülow Møller) skrev, at originalen ikke findes." in told
    assert "Spørg Personalejura," in told
    assert "Jens Ågård (på vegne af Karen Bülow Møller) skrev mere om brevet." in kept
    assert "originalen" not in kept.lower()


def test_same_letter_cannot_be_sent_again_without_the_original(cast, as_user):
    services.mark_original_missing(cast.plain, cast.karen, version=0)
    karen = as_user(cast.karen)
    answer = karen.post(reverse("letter", args=[cast.plain.pk]), RESEND_POST | {"version": "1"})
    assert answer.status_code == 422
    assert answer.context["form"].errors == {"remedy": [services.ORIGINAL_IS_MISSING]}
    with pytest.raises(services.NotPossible, match="Skriv et nyt brev"):
        services.decide(cast.plain, RESENT, cast.karen, version=1)
    for way in BulkDecision.Way:
        requested = {Letter.objects.get(pk=cast.plain.pk): services.RequestedDecision(1, RESENT)}
        bulk = services.start_bulk_decision(requested, cast.karen, way)
        assert bulk_result(bulk) == (0, {cast.plain.pk: services.ORIGINAL_IS_MISSING}), way
    services.mark_original_found(cast.plain, cast.karen, version=1)
    services.decide(cast.plain, RESENT, cast.karen, version=2)


def test_original_of_a_letter_that_is_resent_cannot_be_missing(cast, as_user):
    services.decide(cast.plain, replace(RESENT, is_sent=False), cast.karen, version=0)
    with pytest.raises(IntegrityError, match="followup_resent_has_original"), transaction.atomic():
        FollowUp.objects.filter(letter=cast.plain).update(is_original_gone=True)
    assert "Fortryd beslutningen" in post_original(as_user(cast.karen), cast.plain, version=1)
