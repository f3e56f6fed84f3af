"""The page *Mangler ansvarlig*: missing people and units, grouped, with their letters."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from letters.models import Letter
from sepo_incident.accounts.models import User
from tests.factories import LetterFactory
from tests.letters.list_files import row, xlsx

pytestmark = pytest.mark.django_db


@pytest.fixture
def nobody_missing(cast):
    Letter.objects.filter(leader=None).update(leader=cast.jens)


def group_rows(page):
    return [(group.missing.title, group.missing.why, group.letters) for group in page.context["groups"]]


def test_unassigned_groups_letters_by_missing_person(kit_client, nobody_missing, import_file):
    named = {"Leder": "Mads Holm", "Leders_e_mail": ""}
    import_file(
        xlsx(
            row(1, Leder="", Leders_e_mail=""),
            row(2, Leder="", Leders_e_mail="", Afsender="Ida Lund", Afsenders_e_mail=""),
            row(3, **named),
            row(4, **named, Enhed="Lærkeparkens Skole"),
            row(5),
        )
    )
    page = kit_client.get(reverse("unassigned"))
    assert group_rows(page) == [
        ("Ukendt leder i Svalevejens Skole", "er ikke på listen", 2),
        ("Mads Holm, leder i Lærkeparkens Skole", "har ingen e-mail på listen", 1),
        ("Ida Lund, afsender i Svalevejens Skole", "har ingen e-mail på listen", 1),
        ("Mads Holm, leder i Svalevejens Skole", "har ingen e-mail på listen", 1),
    ]
    assert "4 breve mangler en ansvarlig" in page.text
    assert len(group_rows(kit_client.get(reverse("unassigned"), {"mangler": "leder"}))) == 3
    assert len(group_rows(kit_client.get(reverse("unassigned"), {"mangler": "noget andet"}))) == 4


def test_each_group_links_to_its_letters(kit_client, nobody_missing, import_file):
    lonely = {"Leder": "", "Leders_e_mail": ""}
    import_file(
        xlsx(*(row(n, **lonely, Emne=f"Nr. {n}") for n in (1, 2)), row(3, **lonely, Enhed="Lærkeparkens Skole"))
    )
    [first, _] = kit_client.get(reverse("unassigned")).context["groups"]
    url = reverse("unassigned_group", args=["leder", first.like])
    assert url in kit_client.get(reverse("unassigned")).text
    page = kit_client.get(url)
    assert [letter.source_ref for letter in page.context["page_obj"]] == ["B-1", "B-2"]
    text = page.text
    assert "Ukendt leder i Svalevejens Skole" in text
    assert "2 breve venter på en leder. Lederen er ikke på listen." in text
    assert "Nr. 1" in text


def test_solved_group_redirects_to_unassigned(kit_client, cast, nobody_missing):
    page = kit_client.get(reverse("unassigned_group", args=["leder", cast.plain.pk]), follow=True)
    assert page.redirect_chain == [(reverse("unassigned"), 302)]
    assert "Brevet mangler ikke længere en leder." in page.text
    assert kit_client.get(reverse("unassigned_group", args=["andet", cast.plain.pk])).status_code == 404


def test_unassigned_is_paginated_with_few_queries(kit_client, import_file, django_assert_max_num_queries):
    import_file(xlsx(*(row(n, Leders_e_mail="", Leder=f"Leder {n % 60}") for n in range(300))))
    with django_assert_max_num_queries(12):
        page = kit_client.get(reverse("unassigned"))
    assert [group.letters for group in page.context["groups"]] == [5] * 50
    assert "Viser 1–50 af 61 personer og enheder" in page.text


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
    assert "Tjenstlig" not in page.text
    assert reverse("imports") not in page.text
    assert client.get(reverse("unassigned_group", args=["leder", theirs.pk])).status_code == 404


def test_unassigned_is_empty_when_nobody_is_missing(kit_client, cast):
    Letter.objects.filter(leader=None).update(leader=cast.jens)
    assert "Alle breve har en ansvarlig" in kit_client.get(reverse("unassigned")).text


def test_letters_without_a_unit_are_grouped_by_sender(kit_client, nobody_missing, import_file):
    nowhere = {"Enhed": "", "Område": "", "Underenhed": ""}
    import_file(
        xlsx(
            row(1, **nowhere),
            row(2, **nowhere),
            row(3, **nowhere, Forvaltning=""),
            row(4, **nowhere, Afsender="Ida Lund", Afsenders_e_mail="ida@kk.example"),
            row(5, Enhed=""),
        )
    )
    page = kit_client.get(reverse("unassigned"), {"mangler": "enhed"})
    assert [
        (*line, group.missing.under) for line, group in zip(group_rows(page), page.context["groups"], strict=True)
    ] == [
        ("Enhed til breve fra Karen Bülow Møller", "er ikke på listen", 2, "Børne- og Ungdomsforvaltningen"),
        ("Enhed til breve fra Ida Lund", "er ikke på listen", 1, "Børne- og Ungdomsforvaltningen"),
        ("Enhed til breve fra Karen Bülow Møller", "er ikke på listen", 1, "Københavns Kommune"),
    ]
    first = page.context["groups"][0]
    letters = kit_client.get(reverse("unassigned_group", args=["enhed", first.like])).context["page_obj"]
    assert [letter.source_ref for letter in letters] == ["B-1", "B-2"]


def set_last_day(person: User, days: int) -> None:
    person.left_on = date(2020, 1, 13) + timedelta(days)
    person.save(update_fields=["left_on"])


def test_letters_of_former_employees_are_unassigned(kit_client, cast, monday, nobody_missing):
    set_last_day(cast.anne, 0)
    page = kit_client.get(reverse("unassigned"))
    assert group_rows(page) == [("Anne Østergaard er fratrådt, afsender i Lærkeparkens Skole", "er fratrådt", 1)]
    assert [pill.number for pill in page.context["pills"]] == [1, 1]
    [group] = page.context["groups"]
    text = kit_client.get(reverse("unassigned_group", args=["afsender", group.like])).text
    assert "1 brev venter på en afsender. Afsenderen er fratrådt." in text
    assert set(Letter.objects.visible_to(cast.anne)) == {cast.annes}, "who sees a letter is another matter"


def test_former_leader_groups_every_spelling_of_the_name(kit_client, cast, monday, nobody_missing):
    Letter.objects.filter(pk=cast.plain.pk).update(leader_name="J. Ågård")
    set_last_day(cast.jens, -3)
    assert [(title, letters) for title, _, letters in group_rows(kit_client.get(reverse("unassigned")))] == [
        ("Jens Ågård er fratrådt, leder i Svalevejens Skole", 5),
        ("Jens Ågård er fratrådt, leder i Borgercenter Øst", 1),
    ]


def test_counts_on_other_pages_agree_with_unassigned(kit_client, cast, monday, nobody_missing, import_file):
    set_last_day(cast.anne, 0)
    batch = import_file(xlsx(row(1, Enhed="", Område=""), row(2, Afsenders_e_mail=""), row(3)))
    number = kit_client.get(reverse("unassigned")).context["pills"][0].number
    assert number == 3
    assert f"{number} breve mangler afsender, leder eller enhed." in kit_client.get(reverse("incident")).text
    assert f"Find en ansvarlig til {number} breve" in kit_client.get(reverse("import_batch", args=[batch.pk])).text
