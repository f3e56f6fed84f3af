"""Imported letters are classified by the rules of their incident, and a person's classification overrides a list."""

import pytest
from django.urls import reverse

from letters import reclassification
from letters.models import Letter
from tests.letters.list_files import csv, row
from tests.letters.parsed_rows import default_matcher


def classification(cast, number=1):
    letter = cast.incident.letters.get(source_ref=f"B-{number}")
    return letter.category, letter.is_personnel_case, letter.has_deadline


def replace_rules(cast, **fields):
    """Replace the incident's rules by one rule."""
    cast.incident.category_rules.all().delete()
    return cast.incident.category_rules.create(position=1, **fields)


def test_incident_uses_its_own_rules(cast, import_file):
    replace_rules(cast, name="Skole", words="*udeblivelse*", has_deadline=True)
    import_file(csv(row(), row(2, Emne="Pjece: Velkommen"), row(3, Emne="")))
    assert classification(cast) == ("Skole", False, True)
    assert classification(cast, 2) == ("Alt andet", False, False)
    assert classification(cast, 3) == ("Uden emne", False, False)


def test_first_named_rule_gives_the_category_and_every_rule_marks(import_file, cast):
    import_file(
        csv(row(Emne="Tjenstlig samtale, svarfrist 10. januar"), row(2, Emne="Sygefraværssamtale og tandpleje"))
    )
    assert classification(cast) == ("Møder", True, True)
    assert classification(cast, 2) == ("Sygefraværssamtaler", True, True)


def test_rule_with_unit_matches_units_below(cast, import_file):
    replace_rules(cast, name="Nørrebro", unit=cast.area)
    import_file(
        csv(row(), row(2, Enhed="En ny skole"), row(3, Område="Område Valby"), row(4, Underenhed="SFO", Emne=""))
    )
    assert [classification(cast, n)[0] for n in (1, 2, 3, 4)] == ["Nørrebro", "Nørrebro", "Alt andet", "Nørrebro"]


def test_rule_with_recipient_kind_matches_the_recipient(cast, import_file):
    replace_rules(cast, name="Breve til borgere", words="*udeblivelse*", recipient_kind="CITIZEN")
    import_file(csv(row(), row(2, Modtagertype="Medarbejder"), row(3, Modtagertype="")))
    assert classification(cast) == ("Breve til borgere", False, False)
    assert classification(cast, 2) == ("Alt andet", True, False), (
        "a letter to an employee is a personnel case by itself"
    )
    assert classification(cast, 3) == ("Alt andet", False, False)


def test_letters_without_rules_are_other(cast, import_file):
    cast.incident.category_rules.all().delete()
    import_file(csv(row()))
    assert classification(cast) == ("Alt andet", False, False)


@pytest.fixture
def classified(cast, import_file):
    """Letter 1, classified by Karen: another category, and no personnel case."""
    import_file(csv(row(Emne="Tjenstlig samtale"), row(2)))
    hers = {"category": "Rengøring", "is_personnel_case": False, "category_by": cast.karen, "personnel_by": cast.karen}
    Letter.objects.filter(source_ref="B-1").update(**hers)


def test_list_does_not_override_a_person(cast, classified, import_file):
    import_file(csv(row(Emne="Tjenstlig samtale", Afsenders_e_mail="ny@kk.example"), row(2, Emne="Pjece")))
    assert classification(cast)[:2] == ("Rengøring", False)
    assert classification(cast, 2)[0] == "Pjecer"


def test_category_from_kit_does_not_stop_a_list_from_hiding(cast, import_file):
    import_file(csv(row(Emne="Pjece om dig")))
    reclassification.classify_letter(cast.incident.letters.get(source_ref="B-1"), "Rengøring", None, by=cast.mette)
    cast.incident.category_rules.filter(name="Pjecer").update(is_personnel=True)
    import_file(csv(row(Emne="Pjece om dig", Afsenders_e_mail="ny@kk.example")))
    assert classification(cast)[:2] == ("Rengøring", True)


def test_new_facts_may_make_a_classified_letter_a_personnel_case(cast, classified, import_file):
    import_file(csv(row(Emne="Din ansættelse"), row(2)))
    assert classification(cast)[:2] == ("Rengøring", True)


def test_no_list_publishes_a_personnel_case(cast, import_file):
    import_file(csv(*(row(n, Emne="Tjenstlig samtale") for n in (1, 2, 3))))
    Letter.objects.filter(source_ref="B-3").update(personnel_by=cast.karen)
    cast.incident.category_rules.filter(is_personnel=True).delete()
    import_file(csv(row(Afsenders_e_mail="ny@kk.example", Emne="Tjenstlig samtale"), row(2, Emne="Skolefest"), row(3)))
    assert [classification(cast, n)[1] for n in (1, 2, 3)] == [True] * 3


def check_page_text(kit_client, batch):
    return kit_client.get(reverse("import_batch", args=[batch.pk]), {"vis": "alle"}).text


def test_new_personnel_case_is_hidden_in_earlier_lists(cast, as_user, import_file):
    first = import_file(csv(row(Emne="Nu skal vi tale om dig"), row(2, Emne="Skolefest")))
    import_file(csv(row(Emne="Nu skal vi tale om dig", Modtagertype="Medarbejder"), row(2, Emne="Sommerfest")))
    shown = check_page_text(as_user(cast.mette), first)
    assert "tale om dig" not in shown
    assert "Skolefest" in shown


def test_marked_personnel_case_is_hidden_in_a_waiting_list(cast, as_user, import_file):
    import_file(csv(row(Emne="Nu skal vi tale om dig")))
    reclassification.classify_letter(cast.incident.letters.get(source_ref="B-1"), "Møder", True, by=cast.karen)
    waiting = import_file(csv(row(Emne="Nu skal vi tale om dig"), row(2, Emne="Skolefest")), commit=False)
    shown = check_page_text(as_user(cast.mette), waiting)
    assert "tale om dig" not in shown
    assert "Skolefest" in shown


def test_most_subjects_are_classified_by_subject_alone():
    reading = default_matcher().match_subject("Pjece: Velkommen")
    assert reading.verdict == ("Pjecer", False, False)
