"""«Enheden er færdig»: from the last confirmation until there is something to do again, with who and when."""

import pytest
from django.urls import reverse

from followups import board, services
from followups.models import FollowUp
from letters.models import Letter
from tests.factories import LetterFactory, at
from tests.followups.test_services import NOT_AGAIN

pytestmark = pytest.mark.usefixtures("monday")


def confirm(letter, by):
    services.decide(letter, NOT_AGAIN, letter.sender, version=0)
    services.confirm_one(letter, by, version=1)


def finished_rows(read):
    return {row.name: (row.finished.by, row.finished.when) for row in read.units if row.finished}


def test_a_unit_is_finished_with_its_last_confirmation(cast, as_user, monday):
    assert finished_rows(board.read(cast.area, cast.incident, cast.birgitte)) == {}
    confirm(cast.annes, cast.torben)
    said = board.read(cast.laerkepark, cast.incident, cast.torben).banner
    assert (said.tone, said.heading) == ("success", "Enheden er færdig")
    assert said.text.startswith("Der er taget hånd om 1 brev. Torben Kjær bekræftede det sidste mandag den 13. januar")
    above = board.read(cast.area, cast.incident, cast.birgitte)
    assert finished_rows(above) == {"Lærkeparkens Skole": ("Torben Kjær", "mandag den 13. januar kl. 10.00")}
    assert above.banner.heading != "Enheden er færdig"
    words = "Færdig mandag den 13. januar kl. 10.00, bekræftet af Torben Kjær"
    assert words in as_user(cast.sofie).get(reverse("board", args=[cast.area.pk])).text
    monday.move_to(at(2020, 1, 14, 9, 5))
    for letter in Letter.objects.filter(sender=cast.karen):
        confirm(letter, cast.jens)
    above = board.read(cast.area, cast.incident, cast.birgitte)
    assert "Jens Ågård bekræftede det sidste tirsdag den 14. januar kl. 09.05." in above.banner.text
    assert finished_rows(above)["Lærkeparkens Skole"] == ("Torben Kjær", "mandag den 13. januar kl. 10.00")
    assert "bekræftet af Jens Ågård" in as_user(cast.mette).get(reverse("incident")).text


def test_a_new_letter_and_one_that_is_not_confirmed_undo_it(cast):
    confirm(cast.annes, cast.torben)
    new = LetterFactory(incident=cast.incident, sender=cast.anne, leader=cast.torben, unit=cast.laerkepark)
    FollowUp.objects.create(letter=new)
    services.decide(new, NOT_AGAIN, cast.anne, version=0)
    said = board.read(cast.laerkepark, cast.incident, cast.torben).banner
    assert said.heading == "Alle breve har en beslutning"
    Letter.objects.filter(pk=new.pk).update(withdrawn_at=at(2020, 1, 13, 10, 1))
    said = board.read(cast.laerkepark, cast.incident, cast.torben).banner
    assert said.heading == "Enheden er færdig", "what was withdrawn is nothing to do"
