"""«Originalen findes ikke»: said on the letter, told in its history, counted for the leader and the desk, and no way
out of a decision."""

import pytest
from django.urls import reverse

from followups import services
from followups.models import Decision
from followups.models.answers import HELP, DecisionAnswers
from letters.models import Letter
from tests.followups.test_services import NOT_AGAIN, SENT_AGAIN, kinds, standing

pytestmark = pytest.mark.usefixtures("monday")
Kind = Decision.Kind
HEADING = '<h2 id="original">Originalen findes ikke</h2>'


def said(client, letter, what="original_gone", version=0):
    return client.post(reverse(what, args=[letter.pk]), {"version": version}, follow=True).text


def page_of(client, letter):
    return client.get(reverse("letter", args=[letter.pk])).text


def test_the_sender_says_so_sees_what_to_do_and_may_find_it_after_all(cast, as_user):
    karen = as_user(cast.karen)
    assert HEADING not in page_of(karen, cast.plain)
    text = said(karen, cast.plain)
    for words in (HEADING, "Du skrev, at originalen ikke findes.", "Se på sagen.", "Skriv et nyt brev,", "Spørg DIT,"):
        assert words in text
    assert standing(cast.plain).is_open, "it is a fact, and nobody has decided yet"
    assert "Der er sket noget med brevet" not in said(karen, cast.plain), "a double click is no conflict"
    services.decide(cast.plain, NOT_AGAIN, cast.karen, version=1)
    services.undo_decision(cast.plain, cast.karen, version=2)
    assert HEADING in page_of(karen, cast.plain), "also when a decision is taken back"
    assert HEADING not in said(karen, cast.plain, "original_found", version=3)
    assert kinds(cast.plain) == [Kind.ORIGINAL_GONE, Kind.DECIDED, Kind.UNDONE, Kind.ORIGINAL_FOUND]


def test_it_is_too_late_once_the_letter_is_sent(cast, as_user):
    services.decide(cast.plain, SENT_AGAIN, cast.karen, version=0)
    with pytest.raises(services.NotPossible, match="allerede sendt"):
        services.mark_original_missing(cast.plain, cast.karen, version=1)


def test_leader_and_desk_see_it_and_how_many(cast, as_user):
    services.mark_original_missing(cast.plain, cast.karen, version=0)
    services.decide(cast.plain, DecisionAnswers(remedy=HELP, question="Hvad stod der?"), by=cast.karen, version=1)
    services.mark_original_missing(cast.personnel, cast.karen, version=0)
    for person, number in ((cast.jens, 2), (cast.birgitte, 1), (cast.pia, 1), (cast.mette, 1)):
        found = as_user(person).get(reverse("board", args=[cast.svalevej.pk]), {"status": "GONE"})
        assert found.context["page_obj"].paginator.count == found.context["board"].counted["GONE"] == number, person
        assert "findes originalen ikke</a>" in found.text
    pia = as_user(cast.pia)
    assert [pill.number for pill in pia.get(reverse("escalations")).context["pills"] if "Original" in pill.label] == [1]
    queue = pia.get(reverse("escalations"), {"show": "GONE"}).text
    assert "Hvad stod der?" in queue
    assert queue.count("Originalen findes ikke") == 2, "on the pill and on the question"
    assert "emne:&quot;Pjece: Velkommen i 0. klasse&quot; sendt:18-12-2019" in queue, "the desk can look with the asker"


def test_a_desk_neither_counts_nor_lists_it_where_it_may_not_read_the_letter(cast, as_user):
    """What became a personnel case is with DIT for a minute still."""
    services.mark_original_missing(cast.plain, cast.karen, version=0)
    services.decide(cast.plain, DecisionAnswers(remedy=HELP, question="Hvad stod der?"), by=cast.karen, version=1)
    Letter.objects.filter(pk=cast.plain.pk).update(is_personnel_case=True)
    shown = as_user(cast.pia).get(reverse("escalations"), {"show": "GONE"})
    assert [pill.number for pill in shown.context["pills"] if "Original" in pill.label] == [0]
    assert shown.context["queue"] == []


def test_of_a_personnel_case_it_is_told_to_who_may_read_it(cast, as_user):
    services.mark_original_missing(cast.personnel, cast.jens, version=0)
    told, kept = page_of(as_user(cast.karen), cast.personnel), page_of(as_user(cast.birgitte), cast.personnel)
    assert "Jens Ågård (på vegne af Karen Bülow Møller) skrev, at originalen ikke findes." in told
    assert "Spørg Personalejura," in told
    assert "Jens Ågård (på vegne af Karen Bülow Møller) skrev mere om brevet." in kept
    assert "originalen" not in kept.lower()


def test_the_leader_has_the_search_text_to_send_on(cast, as_user):
    assert "emne:&quot;Pjece: Velkommen i 0. klasse&quot;" in page_of(as_user(cast.jens), cast.plain)
    assert "Se efter klokkeslættet: kl. 13.42" in page_of(as_user(cast.jens), cast.untitled)
    assert "sendt:13-12-2019" not in page_of(as_user(cast.birgitte), cast.personnel)
