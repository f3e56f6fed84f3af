"""*Mangler ansvarlig*: what must be found, grouped, and the letters that wait for it."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from letters.models import Letter
from sepo_incident.accounts.models import User
from tests.factories import LetterFactory
from tests.letters.lists import row, xlsx

pytestmark = pytest.mark.django_db


@pytest.fixture
def kit(cast, as_user):
    return as_user(cast.mette)


@pytest.fixture
def nobody_missing(cast):
    Letter.objects.filter(leader=None).update(leader=cast.jens)


def found(page):
    return [(group.missing.title, group.missing.why, group.letters) for group in page.context["groups"]]


def test_unassigned_says_whom_the_letters_wait_for(kit, nobody_missing, take_in):
    named = {"Leder": "Mads Holm", "Leders_e_mail": ""}
    take_in(
        xlsx(
            row(1, Leder="", Leders_e_mail=""),
            row(2, Leder="", Leders_e_mail="", Afsender="Ida Lund", Afsenders_e_mail=""),
            row(3, **named),
            row(4, **named, Enhed="Lærkeparkens Skole"),
            row(5),
        ),
    )
    page = kit.get(reverse("unassigned"))
    assert found(page) == [
        ("Ukendt leder i Svalevejens Skole", "står ikke på listen", 2),
        ("Mads Holm, leder i Lærkeparkens Skole", "står uden e-mail på listen", 1),
        ("Ida Lund, afsender i Svalevejens Skole", "står uden e-mail på listen", 1),
        ("Mads Holm, leder i Svalevejens Skole", "står uden e-mail på listen", 1),
    ]
    assert "4 breve mangler nogen" in page.content.decode()
    assert len(found(kit.get(reverse("unassigned"), {"mangler": "leder"}))) == 3
    assert len(found(kit.get(reverse("unassigned"), {"mangler": "noget andet"}))) == 4


def test_each_of_them_leads_to_the_letters(kit, nobody_missing, take_in):
    lonely = {"Leder": "", "Leders_e_mail": ""}
    take_in(xlsx(*(row(n, **lonely, Emne=f"Nr. {n}") for n in (1, 2)), row(3, **lonely, Enhed="Lærkeparkens Skole")))
    [first, _] = kit.get(reverse("unassigned")).context["groups"]
    url = reverse("unassigned_group", args=["leder", first.like])
    assert url in kit.get(reverse("unassigned")).content.decode()
    page = kit.get(url)
    assert [letter.source_ref for letter in page.context["page_obj"]] == ["B-1", "B-2"]
    text = page.content.decode()
    assert "Ukendt leder i Svalevejens Skole" in text
    assert "2 breve venter på en leder. Lederen står ikke på listen." in text
    assert "Nr. 1" in text


def test_a_group_whose_person_was_found_leads_back(kit, cast, nobody_missing):
    page = kit.get(reverse("unassigned_group", args=["leder", cast.plain.pk]), follow=True)
    assert page.redirect_chain == [(reverse("unassigned"), 302)]
    assert "Brevet mangler ikke længere en leder." in page.content.decode()
    assert kit.get(reverse("unassigned_group", args=["andet", cast.plain.pk])).status_code == 404


def test_thousands_of_letters_are_a_page_of_people_with_few_queries(kit, take_in, django_assert_max_num_queries):
    take_in(xlsx(*(row(n, Leders_e_mail="", Leder=f"Leder {n % 60}") for n in range(300))))
    with django_assert_max_num_queries(15):
        page = kit.get(reverse("unassigned"))
    assert [group.letters for group in page.context["groups"]] == [5] * 50
    assert "Viser 1–50 af 61 personer og enheder" in page.content.decode()


def test_unassigned_shows_a_coordinator_her_own_administration_only(cast, as_user):
    mine = LetterFactory(incident=cast.incident, unit=cast.svalevej, subject="Mit", leader=None)
    theirs = LetterFactory(incident=cast.incident, unit=cast.borgercenter, subject="Andres", leader=None)
    hidden = LetterFactory(
        incident=cast.incident, unit=cast.svalevej, subject="Tjenstlig", leader=None, is_personnel_case=True
    )
    client = as_user(cast.birgitte)
    groups = client.get(reverse("unassigned")).context["groups"]
    assert {(group.missing.unit, group.letters) for group in groups} == {("Svalevejens Skole", 2)}
    page = client.get(reverse("unassigned_group", args=["leder", mine.pk]))
    assert {letter.pk for letter in page.context["page_obj"]} == {mine.pk, hidden.pk}
    assert "Tjenstlig" not in page.content.decode()
    assert reverse("imports") not in page.content.decode()
    assert client.get(reverse("unassigned_group", args=["leder", theirs.pk])).status_code == 404


def test_unassigned_is_happy_when_nobody_is_missing(kit, cast):
    Letter.objects.filter(leader=None).update(leader=cast.jens)
    assert "Alle breve har en ansvarlig" in kit.get(reverse("unassigned")).content.decode()


@pytest.mark.parametrize("who", ["karen", "jens", "pia", "hanne", "olga"])
def test_unassigned_is_for_those_who_can_find_somebody(cast, as_user, who):
    assert as_user(getattr(cast, who)).get(reverse("unassigned")).status_code == 403


def test_letters_without_a_unit_wait_for_one_by_sender(kit, nobody_missing, take_in):
    nowhere = {"Enhed": "", "Område": "", "Underenhed": ""}
    take_in(
        xlsx(
            row(1, **nowhere),
            row(2, **nowhere),
            row(3, **nowhere, Forvaltning=""),
            row(4, **nowhere, Afsender="Ida Lund", Afsenders_e_mail="ida@kk.example"),
            row(5, Enhed=""),
        )
    )
    page = kit.get(reverse("unassigned"), {"mangler": "enhed"})
    assert [(*line, group.missing.under) for line, group in zip(found(page), page.context["groups"], strict=True)] == [
        ("Enhed til breve fra Karen Bülow Møller", "står ikke på listen", 2, "Børne- og Ungdomsforvaltningen"),
        ("Enhed til breve fra Ida Lund", "står ikke på listen", 1, "Børne- og Ungdomsforvaltningen"),
        ("Enhed til breve fra Karen Bülow Møller", "står ikke på listen", 1, "Københavns Kommune"),
    ]
    first = page.context["groups"][0]
    letters = kit.get(reverse("unassigned_group", args=["enhed", first.like])).context["page_obj"]
    assert [letter.source_ref for letter in letters] == ["B-1", "B-2"]


def leaves(person: User, days: int) -> None:
    person.left_on = date(2020, 1, 13) + timedelta(days)
    person.save(update_fields=["left_on"])


def test_letters_of_people_who_left_wait_for_somebody_else(kit, cast, monday, nobody_missing):
    leaves(cast.anne, 0)
    page = kit.get(reverse("unassigned"))
    assert found(page) == [("Anne Østergaard er fratrådt, afsender i Lærkeparkens Skole", "er fratrådt", 1)]
    assert [pill.number for pill in page.context["pills"]] == [1, 1]
    [group] = page.context["groups"]
    text = kit.get(reverse("unassigned_group", args=["afsender", group.like])).text
    assert "1 brev venter på en afsender. Afsenderen er fratrådt." in text
    assert set(Letter.objects.visible_to(cast.anne)) == {cast.annes}, "who sees a letter is another matter"


def test_the_name_of_who_left_gathers_what_the_list_wrote_in_many_ways(kit, cast, monday, nobody_missing):
    Letter.objects.filter(pk=cast.plain.pk).update(leader_name="J. Ågård")
    leaves(cast.jens, -3)
    assert [(title, letters) for title, _, letters in found(kit.get(reverse("unassigned")))] == [
        ("Jens Ågård er fratrådt, leder i Svalevejens Skole", 5),
        ("Jens Ågård er fratrådt, leder i Borgercenter Øst", 1),
    ]


def test_the_numbers_on_the_way_agree_with_the_list(kit, cast, monday, nobody_missing, take_in):
    leaves(cast.anne, 0)
    batch = take_in(xlsx(row(1, Enhed="", Område=""), row(2, Afsenders_e_mail=""), row(3)))
    number = kit.get(reverse("unassigned")).context["pills"][0].number
    assert number == 3
    assert f"{number} breve mangler afsender, leder eller enhed." in kit.get(reverse("incident")).text
    assert f"Find en ansvarlig til {number} breve" in kit.get(reverse("import_batch", args=[batch.pk])).text
