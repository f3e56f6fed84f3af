"""«Alle 6 breve er fulgt op»: from the last confirmation until new work appears, with person and time."""

import pytest
from django.urls import reverse

from followups import services
from followups.boards import board
from followups.models import FollowUp
from followups.services import arrivals
from letters.models import Letter
from tests.factories import LetterFactory, at
from tests.followups.arrival_reports import ARRIVED
from tests.followups.decision_answers import NO_DISPATCH, RESENT

pytestmark = pytest.mark.usefixtures("monday")


def confirm(letter, by, answers=NO_DISPATCH):
    services.decide(letter, answers, letter.sender, version=0)
    services.confirm_letter(letter, by, version=1)


def finished_rows(read):
    return {row.name: (row.finished.by, row.finished.when) for row in read.units if row.finished}


def test_unit_is_finished_with_its_last_confirmation(cast, as_user, monday):
    assert finished_rows(board.Board(cast.area, cast.incident, cast.birgitte)) == {}
    confirm(cast.annes, cast.torben)
    said = board.Board(cast.laerkepark, cast.incident, cast.torben).followed_up
    assert said.heading == "Brevet er fulgt op"
    assert said.text.startswith("Torben Kjær bekræftede det sidste brev mandag den 13. januar")
    figures = as_user(cast.torben).get(reverse("board_figures", args=[cast.laerkepark.pk]))
    assert figures.text.count(said.heading) == 1
    above = board.Board(cast.area, cast.incident, cast.birgitte)
    assert finished_rows(above) == {"Lærkeparkens Skole": ("Torben Kjær", "mandag den 13. januar kl. 10.00")}
    assert above.followed_up.heading == "Fulgt op 1 af 6"
    words = "Fulgt op mandag den 13. januar kl. 10.00 af Torben Kjær"
    assert words in as_user(cast.birgitte).get(reverse("board_figures", args=[cast.area.pk])).text
    counted = as_user(cast.sofie).get(reverse("board_figures", args=[cast.area.pk])).text
    assert words.removesuffix(" af Torben Kjær") in counted
    assert "Torben" not in counted, "nobody is named to who counts"
    monday.move_to(at(2020, 1, 14, 9, 5))
    for letter in Letter.objects.filter(sender=cast.karen):
        confirm(letter, cast.jens)
    above = board.Board(cast.area, cast.incident, cast.birgitte)
    assert "Jens Ågård bekræftede det sidste brev tirsdag den 14. januar kl. 09.05." in above.followed_up.text
    assert finished_rows(above)["Lærkeparkens Skole"] == ("Torben Kjær", "mandag den 13. januar kl. 10.00")
    assert "kl. 09.05 af Jens Ågård" in as_user(cast.mette).get(reverse("incident")).text


def test_unit_is_unfinished_after_a_new_letter(cast):
    confirm(cast.annes, cast.torben)
    new = LetterFactory(incident=cast.incident, sender=cast.anne, leader=cast.torben, unit=cast.laerkepark)
    FollowUp.objects.create(letter=new)
    services.decide(new, NO_DISPATCH, cast.anne, version=0)
    said = board.Board(cast.laerkepark, cast.incident, cast.torben).followed_up
    assert said.heading == "Fulgt op 1 af 2"
    Letter.objects.filter(pk=new.pk).update(withdrawn_at=at(2020, 1, 13, 10, 1))
    said = board.Board(cast.laerkepark, cast.incident, cast.torben).followed_up
    assert said.heading == "Brevet er fulgt op", "what was withdrawn is nothing to do"


def test_finished_unit_says_which_letters_lack_proof(cast, as_user):
    confirm(cast.annes, cast.torben, RESENT)
    said = board.Board(cast.laerkepark, cast.incident, cast.torben).followed_up
    assert said.heading == "Brevet er fulgt op"
    assert said.text == (
        "Torben Kjær bekræftede det sidste brev mandag den 13. januar kl. 10.00. "
        "1 brev mangler bevis for at være kommet frem."
    )
    torben = as_user(cast.torben)
    page = torben.get(reverse("board", args=[cast.laerkepark.pk])).text
    assert f'href="{reverse("board", args=[cast.laerkepark.pk])}?status=ARRIVING#breve"' in page
    assert ">Fulgt op</span>" in page
    above = torben.get(reverse("board", args=[cast.laerkepark.pk]), {"status": "FOLLOWED_UP"}).text
    assert ">Afventer bevis</span>" in above
    assert (
        "af Torben Kjær. 1 brev mangler bevis</span>"
        in as_user(cast.birgitte).get(reverse("board_figures", args=[cast.area.pk])).text
    )
    arrivals.record_arrival(cast.annes, ARRIVED, cast.anne, 0)
    assert board.Board(cast.laerkepark, cast.incident, cast.torben).followed_up.heading == "Brevet er fulgt op"
    assert ">Fulgt op</span>" in torben.get(reverse("board", args=[cast.laerkepark.pk])).text
