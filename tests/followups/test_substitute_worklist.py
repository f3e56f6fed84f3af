"""The letters that a leader's substitute sees: the board, and letters that nobody else can answer."""

from datetime import date

import pytest
from django.urls import reverse

from followups import services
from followups.boards import board
from followups.models import FollowUp
from followups.my_letters import worklist
from letters.models import Letter
from sepo_incident.accounts.models import User
from tests.absence import create_absence, reload_user
from tests.factories import LetterFactory
from tests.followups.decision_answers import RESENT

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]


@pytest.fixture
def olga(cast):
    """Olga stands in for Jens, who leads Karen's five letters. Two more letters at the school are not led by Jens."""
    for sender in (cast.karen, cast.olga):
        letter = LetterFactory(incident=cast.incident, sender=sender, leader=None, unit=cast.svalevej)
        FollowUp.objects.create(letter=letter)
    create_absence(cast.jens, cast.olga, by=cast.birgitte)
    return reload_user(cast.olga)


def unit_page(client, name, unit):
    return client.get(reverse(name, args=[unit.pk]))


def worklist_groups(user, stage):
    return {
        heading: set(letters) for heading, letters in worklist.build_substitute_worklist(user, stage.incident).groups
    }


def test_board_has_the_leaders_letters_only(cast, olga, as_user):
    numbers = board.Board(cast.svalevej, cast.incident, olga)
    assert numbers.counts["ALL"] == 5
    assert numbers.scope_sentence == "du tager dig af for Jens Ågård"
    assert numbers.led == {cast.karen.pk}
    client = as_user(olga)
    shown = unit_page(client, "board", cast.svalevej).text
    assert "Du ser kun de breve, du tager dig af for Jens Ågård." in shown
    assert "sygefraværssamtale" not in shown, "the coordinator named her, so the personnel case stays hidden"
    assert "Hent dokumentation" not in shown
    assert unit_page(client, "unit_pack", cast.svalevej).status_code == 404
    assert {unit_page(client, name, cast.svalevej).status_code for name in ("board_workbook", "unit_reminder")} == {200}
    assert {unit_page(client, "board", unit).status_code for unit in (cast.area, cast.laerkepark, cast.buf)} == {404}


def test_partial_board_declares_no_unit_finished(cast, olga):
    for letter in Letter.objects.filter(leader=cast.jens):
        services.decide(letter, RESENT, cast.karen, 0)
        services.confirm_letter(letter, cast.jens, 1)
    said = board.Board(cast.svalevej, cast.incident, olga).followed_up
    assert (said.heading, said.text) == ("Alle 5 breve er fulgt op", "5 breve mangler bevis for at være kommet frem.")


def test_substitute_confirms_and_decides_in_bulk(cast, olga, as_user):
    services.decide(cast.plain, RESENT, cast.karen, 0)
    client = as_user(olga)
    address = reverse("confirm_many", args=[cast.svalevej.pk])
    assert "Bekræft 1 brev" in client.get(address, {"alle": "1"}).text
    client.post(address, {"breve": f"{cast.plain.pk}:1"})
    assert FollowUp.objects.get(letter=cast.plain).confirmed_by == olga
    assert client.get(reverse("decide_many", args=[cast.svalevej.pk]), {"alle": "1"}).status_code == 200


def test_leader_of_letters_in_an_area_has_a_board(cast, as_user):
    """A list gives nobody a role in an area, but mails link to the board of the area."""
    letter = LetterFactory(incident=cast.incident, sender=cast.karen, leader=cast.torben, unit=cast.area)
    FollowUp.objects.create(letter=letter)
    shown = unit_page(as_user(cast.torben), "board", cast.area).text
    assert "Du ser kun de breve, du er leder for." in shown
    assert board.Board(cast.area, cast.incident, reload_user(cast.torben)).counts["ALL"] == 2, "with his below"
    assert unit_page(as_user(cast.jens), "board", cast.area).status_code == 404


# --- Who has nobody else ------------------------------------------------------------------------------------------


def has_left(stage):
    User.objects.filter(pk=stage.karen.pk).update(left_on=date(2020, 1, 1))


def has_no_mail(stage):
    failed = {"unreachable_since": "2020-01-08T10:00Z", "unreachable_why": "Adressen findes ikke"}
    User.objects.filter(pk=stage.karen.pk).update(**failed)


def is_away_and_so_is_the_substitute(stage):
    create_absence(stage.karen, stage.ulla)
    User.objects.filter(pk=stage.ulla.pk).update(left_on=date(2020, 1, 1))


@pytest.mark.parametrize(
    "case", [has_left, has_no_mail, is_away_and_so_is_the_substitute], ids=lambda one: one.__name__
)
def test_letters_of_an_unavailable_sender_go_to_the_leaders_substitute(cast, olga, as_user, case):
    assert worklist_groups(olga, cast) == {}
    case(cast)
    heading = "Breve fra Karen Bülow Møller, for Jens Ågård"
    assert worklist_groups(olga, cast) == {f"{heading} (4)": {cast.passed, cast.soon, cast.plain, cast.untitled}}
    shown = as_user(olga).get(reverse("decide_as_substitute"), {"alle": "1"}).text
    assert cast.plain.subject in shown, "and one decision about many has them"


def test_letters_with_a_senders_substitute_are_not_listed(cast, olga):
    """Karen's substitute answers for her letters, except the personnel case, which neither substitute may read."""
    create_absence(cast.karen, cast.ulla)
    assert worklist_groups(olga, cast) == {}


def test_unreadable_personnel_case_goes_to_the_leaders_substitute(cast):
    create_absence(cast.jens, cast.olga)
    create_absence(cast.karen, cast.ulla)
    [(heading, letters)] = worklist.build_substitute_worklist(reload_user(cast.olga), cast.incident).groups
    assert (heading, letters) == (
        "Breve fra Karen Bülow Møller, for Jens Ågård (1)",
        [cast.personnel],
    )


def test_worklist_takes_few_queries(cast, olga, django_assert_num_queries):
    has_left(cast)
    assert olga.stands_in_for
    with django_assert_num_queries(4):
        worklist.build_substitute_worklist(olga, cast.incident)
