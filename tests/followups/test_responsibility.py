"""The responsible person («Næste skridt»): on the letter, on *Mine breve* of a substitute and on the board."""

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
from tests.followups.decision_answers import RESENT

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]
UNTIL = "til og med 20. januar 2020"


def responsible_text(letter: Letter, reader: User) -> str:
    seen = Letter.objects.select_related("followup", "sender", "leader").get(pk=letter.pk)
    turn = responsibility.responsible_for(seen, letter_page.escalation_about(seen.followup))
    return turn.label_for(reader) if turn else ""


def test_responsibility_moves_from_sender_to_leader_and_ends(cast):
    letter, mette = cast.plain, cast.mette
    assert responsible_text(letter, mette) == "Karen Bülow Møller"
    assert responsible_text(letter, cast.karen) == "Dig"
    services.decide(letter, DecisionAnswers(remedy=HELP, question="Hvad gør jeg?"), cast.karen, 0)
    assert responsible_text(letter, mette) == "DIT"
    services.decide(letter, RESENT, cast.karen, 1)
    assert responsible_text(letter, mette) == "Jens Ågård"
    services.confirm_letter(letter, cast.jens, version=2)
    assert responsible_text(letter, mette) == ""
    Letter.objects.filter(pk=cast.untitled.pk).update(withdrawn_at="2020-01-13T10:00Z")
    assert responsible_text(cast.untitled, mette) == ""


def test_substitute_is_responsible_during_the_absence(cast, monday):
    create_absence(cast.karen, cast.anne)
    assert responsible_text(cast.plain, cast.mette) == f"Anne Østergaard for Karen Bülow Møller {UNTIL}"
    assert responsible_text(cast.plain, cast.anne) == f"Dig for Karen Bülow Møller {UNTIL}"
    # only the leader of a personnel case passes the case on
    assert responsible_text(cast.personnel, cast.mette) == "Jens Ågård"
    create_absence(cast.anne, cast.olga, last=None)
    assert responsible_text(cast.plain, cast.mette) == f"Olga Nygaard for Karen Bülow Møller {UNTIL}"
    User.objects.filter(pk=cast.olga.pk).update(left_on=date(2020, 1, 1))
    assert responsible_text(cast.plain, cast.mette) == "Jens Ågård"
    User.objects.filter(pk=cast.jens.pk).update(left_on=date(2020, 1, 1))
    assert responsible_text(cast.plain, cast.mette) == "Ingen"


def test_substitute_for_both_is_responsible_until_the_decision(cast):
    create_absence(cast.karen, cast.anne)
    create_absence(cast.jens, cast.anne)
    assert responsible_text(cast.plain, cast.anne) == f"Dig for Karen Bülow Møller {UNTIL}"
    services.decide(cast.plain, RESENT, reload_user(cast.anne), 0)
    assert responsible_text(cast.plain, cast.anne) == "En anden leder eller koordinatoren"


def test_letter_page_names_the_responsible_person(cast, as_user):
    create_absence(cast.karen, cast.anne)
    text = as_user(cast.jens).get(reverse("letter", args=[cast.plain.pk])).text
    assert f"<dt>Næste skridt</dt><dd>Anne Østergaard for Karen Bülow Møller {UNTIL}</dd>" in text


def test_substitute_sees_the_letters_on_mine_breve_and_in_the_menu(cast, as_user):
    page = reverse("my_letters")
    assert "Du er stedfortræder" not in as_user(cast.olga).get(page).text
    create_absence(cast.karen, cast.olga)
    text = as_user(cast.olga).get(page).text
    assert "Breve fra Karen Bülow Møller (4)" in text, "the personnel case is her leader's"
    assert cast.plain.subject in text
    assert cast.personnel.subject not in text
    assert 'aria-current="page">Mine breve <b>4<span' in text
    services.decide(cast.plain, RESENT, reload_user(cast.olga), 0)
    assert "Breve fra Karen Bülow Møller (3)" in as_user(cast.olga).get(page).text


def test_leaders_substitute_sees_letters_to_confirm(cast, as_user):
    """Also for a substitute who follows units: *Mine breve* does not redirect to the board."""
    services.decide(cast.plain, RESENT, cast.karen, 0)
    create_absence(cast.jens, cast.torben)
    text = as_user(cast.torben).get(reverse("my_letters")).text
    assert "Til bekræftelse for Jens Ågård (1)" in text


def test_board_shows_absent_people(cast, as_user):
    create_absence(cast.karen, cast.anne)
    text = as_user(cast.birgitte).get(reverse("board_people", args=[cast.area.pk])).text
    assert f"Svalevejens Skole. Væk {UNTIL}: Anne Østergaard svarer" in text
