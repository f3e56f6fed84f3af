"""«Hvem har bolden»: on the letter, on *Mine breve* of a substitute, and on the board; also while people are away."""

from datetime import date

import pytest
from django.urls import reverse

from followups import services
from followups.letter import letter_page
from followups.models.answers import HELP, DecisionAnswers
from followups.rules import responsibility
from letters.models import Letter
from sepo_incident.accounts.models import User
from tests.absence import create_absence, reload_user
from tests.followups.test_services import SENT_AGAIN

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]
UNTIL = "til og med 20. januar 2020"


def has_it(letter: Letter, reader: User) -> str:
    seen = Letter.objects.select_related("followup", "sender", "leader").get(pk=letter.pk)
    turn = responsibility.responsible_for(seen, letter_page.last_escalation(seen.followup))
    return turn.label_for(reader) if turn else ""


def test_it_goes_from_the_sender_to_the_leader_and_ends(cast):
    letter, mette = cast.plain, cast.mette
    assert has_it(letter, mette) == "Karen Bülow Møller"
    assert has_it(letter, cast.karen) == "Dig"
    services.decide(letter, DecisionAnswers(remedy=HELP, question="Hvad gør jeg?"), cast.karen, 0)
    assert has_it(letter, mette) == "DIT"
    services.decide(letter, SENT_AGAIN, cast.karen, 1)
    assert has_it(letter, mette) == "Jens Ågård"
    services.confirm_letter(letter, cast.jens, version=2)
    assert has_it(letter, mette) == ""
    Letter.objects.filter(pk=cast.untitled.pk).update(withdrawn_at="2020-01-13T10:00Z")
    assert has_it(cast.untitled, mette) == ""


def test_a_substitute_has_it_as_long_as_they_are(cast, monday):
    create_absence(cast.karen, cast.anne)
    assert has_it(cast.plain, cast.mette) == f"Anne Østergaard for Karen Bülow Møller {UNTIL}"
    assert has_it(cast.plain, cast.anne) == f"Dig for Karen Bülow Møller {UNTIL}"
    assert has_it(cast.personnel, cast.mette) == "Jens Ågård"  # whom nobody but its leader passes on
    create_absence(cast.anne, cast.olga, last=None)
    assert has_it(cast.plain, cast.mette) == f"Olga Nygaard for Karen Bülow Møller {UNTIL}"
    User.objects.filter(pk=cast.olga.pk).update(left_on=date(2020, 1, 1))
    assert has_it(cast.plain, cast.mette) == "Jens Ågård"
    User.objects.filter(pk=cast.jens.pk).update(left_on=date(2020, 1, 1))
    assert has_it(cast.plain, cast.mette) == "Ingen"


def test_who_stands_in_for_both_has_it_only_until_it_is_done(cast):
    create_absence(cast.karen, cast.anne)
    create_absence(cast.jens, cast.anne)
    assert has_it(cast.plain, cast.anne) == f"Dig for Karen Bülow Møller {UNTIL}"
    services.decide(cast.plain, SENT_AGAIN, reload_user(cast.anne), 0)
    assert has_it(cast.plain, cast.anne) == "En anden leder eller koordinatoren"


def test_it_stands_on_the_letter(cast, as_user):
    create_absence(cast.karen, cast.anne)
    text = as_user(cast.jens).get(reverse("letter", args=[cast.plain.pk])).text
    assert f"<dt>Hvem har bolden</dt><dd>Anne Østergaard for Karen Bülow Møller {UNTIL}</dd>" in text


def test_a_substitute_has_the_letters_on_their_page_and_in_the_menu(cast, as_user):
    page = reverse("my_letters")
    assert "Du er stedfortræder" not in as_user(cast.olga).get(page).text
    create_absence(cast.karen, cast.olga)
    text = as_user(cast.olga).get(page).text
    assert "Breve fra Karen Bülow Møller (4)" in text, "the personnel case is her leader's"
    assert cast.plain.subject in text
    assert cast.personnel.subject not in text
    assert 'aria-current="page">Mine breve <b>4<span' in text
    services.decide(cast.plain, SENT_AGAIN, reload_user(cast.olga), 0)
    assert "Breve fra Karen Bülow Møller (3)" in as_user(cast.olga).get(page).text


def test_what_a_leaders_substitute_may_confirm_is_there_too(cast, as_user):
    """Also for somebody who follows units: they are not sent on to the board."""
    services.decide(cast.plain, SENT_AGAIN, cast.karen, 0)
    create_absence(cast.jens, cast.torben)
    text = as_user(cast.torben).get(reverse("my_letters")).text
    assert "Venter på, at du bekræfter for Jens Ågård (1)" in text


def test_the_board_says_who_is_away(cast, as_user):
    create_absence(cast.karen, cast.anne)
    text = as_user(cast.birgitte).get(reverse("board", args=[cast.area.pk])).text
    assert f"Svalevejens Skole. Væk {UNTIL}: Anne Østergaard svarer" in text
