"""A list's letters are told apart by the rules of their incident, and a person's word goes before any list."""

import pytest
from django.urls import reverse

from letters import reclassification
from letters.models import Letter
from tests.letters.lists import csv, row
from tests.letters.understood import by_default


def facts(cast, number=1):
    letter = cast.incident.letters.get(source_ref=f"B-{number}")
    return letter.category, letter.is_personnel_case, letter.has_deadline


def only(cast, **fields):
    """The incident has one rule."""
    cast.incident.category_rules.all().delete()
    return cast.incident.category_rules.create(position=1, **fields)


def test_an_incident_has_its_own_rules(cast, take_in):
    only(cast, name="Skole", words="*udeblivelse*", has_deadline=True)
    take_in(csv(row(), row(2, Emne="Pjece: Velkommen"), row(3, Emne="")))
    assert facts(cast) == ("Skole", False, True)
    assert facts(cast, 2) == ("Alt andet", False, False)
    assert facts(cast, 3) == ("Uden emne", False, False)


def test_the_first_rule_with_a_name_names_and_every_rule_marks(take_in, cast):
    take_in(csv(row(Emne="Tjenstlig samtale, svarfrist 10. januar"), row(2, Emne="Sygefraværssamtale og tandpleje")))
    assert facts(cast) == ("Møder", True, True)
    assert facts(cast, 2) == ("Sygefraværssamtaler", True, True)


def test_a_rule_asks_for_a_unit_at_or_below(cast, take_in):
    only(cast, name="Nørrebro", unit=cast.area)
    take_in(csv(row(), row(2, Enhed="En ny skole"), row(3, Område="Område Valby"), row(4, Underenhed="SFO", Emne="")))
    assert [facts(cast, n)[0] for n in (1, 2, 3, 4)] == ["Nørrebro", "Nørrebro", "Alt andet", "Nørrebro"]


def test_a_rule_asks_for_a_recipient(cast, take_in):
    only(cast, name="Breve til borgere", words="*udeblivelse*", recipient_kind="CITIZEN")
    take_in(csv(row(), row(2, Modtagertype="Medarbejder"), row(3, Modtagertype="")))
    assert facts(cast) == ("Breve til borgere", False, False)
    assert facts(cast, 2) == ("Alt andet", True, False), "a letter to an employee is a personnel case by itself"
    assert facts(cast, 3) == ("Alt andet", False, False)


def test_without_rules_all_is_something_else(cast, take_in):
    cast.incident.category_rules.all().delete()
    take_in(csv(row()))
    assert facts(cast) == ("Alt andet", False, False)


@pytest.fixture
def classified(cast, take_in):
    """Karen has said what letter 1 is about, and that it is no personnel case."""
    take_in(csv(row(Emne="Tjenstlig samtale"), row(2)))
    hers = {"category": "Rengøring", "is_personnel_case": False, "category_by": cast.karen, "personnel_by": cast.karen}
    Letter.objects.filter(source_ref="B-1").update(**hers)


def test_a_list_does_not_override_a_person(cast, classified, take_in):
    take_in(csv(row(Emne="Tjenstlig samtale", Afsenders_e_mail="ny@kk.example"), row(2, Emne="Pjece")))
    assert facts(cast)[:2] == ("Rengøring", False)
    assert facts(cast, 2)[0] == "Pjecer"


def test_a_name_that_koncern_it_gave_keeps_no_list_from_hiding_it(cast, take_in):
    take_in(csv(row(Emne="Pjece om dig")))
    reclassification.classify_letter(cast.incident.letters.get(source_ref="B-1"), "Rengøring", None, by=cast.mette)
    cast.incident.category_rules.filter(name="Pjecer").update(is_personnel=True)
    take_in(csv(row(Emne="Pjece om dig", Afsenders_e_mail="ny@kk.example")))
    assert facts(cast)[:2] == ("Rengøring", True)


def test_what_the_person_did_not_know_may_make_it_a_personnel_case(cast, classified, take_in):
    take_in(csv(row(Emne="Din ansættelse"), row(2)))
    assert facts(cast)[:2] == ("Rengøring", True)


def test_a_list_makes_a_personnel_case_public_only_where_it_corrects_what_made_it_one(cast, take_in):
    take_in(csv(*(row(n, Emne="Tjenstlig samtale") for n in (1, 2, 3))))
    Letter.objects.filter(source_ref="B-3").update(personnel_by=cast.karen)
    cast.incident.category_rules.filter(is_personnel=True).delete()
    take_in(csv(row(Afsenders_e_mail="ny@kk.example", Emne="Tjenstlig samtale"), row(2, Emne="Skolefest"), row(3)))
    assert [facts(cast, n)[1] for n in (1, 2, 3)] == [True, False, True]


def all_rows(kit, batch):
    return kit.get(reverse("import_batch", args=[batch.pk]), {"vis": "alle"}).text


def test_a_list_that_makes_a_personnel_case_hides_it_in_the_lists_before(cast, as_user, take_in):
    first = take_in(csv(row(Emne="Nu skal vi tale om dig"), row(2, Emne="Skolefest")))
    take_in(csv(row(Emne="Nu skal vi tale om dig", Modtagertype="Medarbejder"), row(2, Emne="Sommerfest")))
    shown = all_rows(as_user(cast.mette), first)
    assert "tale om dig" not in shown
    assert "Skolefest" in shown


def test_what_a_person_marked_is_hidden_in_a_list_that_waits(cast, as_user, take_in):
    take_in(csv(row(Emne="Nu skal vi tale om dig")))
    reclassification.classify_letter(cast.incident.letters.get(source_ref="B-1"), "Møder", True, by=cast.karen)
    waiting = take_in(csv(row(Emne="Nu skal vi tale om dig"), row(2, Emne="Skolefest")), commit=False)
    shown = all_rows(as_user(cast.mette), waiting)
    assert "tale om dig" not in shown
    assert "Skolefest" in shown


def test_most_subjects_need_no_second_look():
    reading = by_default().read("Pjece: Velkommen")
    assert reading.verdict == ("Pjecer", False, False)
