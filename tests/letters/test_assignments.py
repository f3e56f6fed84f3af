"""Assigning a person to letters without an owner: the number on the button, the history, and undo."""

import time
from datetime import date

import pytest
from django.urls import reverse

from letters.assigning import assignments
from letters.importing.plan import letter_comparison
from letters.models import Assignment, Letter, LetterChange
from notifications.kinds import notice_kinds
from notifications.models import Kind
from sepo_incident.accounts.models import Unit, User
from sepo_incident.core.database import Conflict
from tests.factories import FollowUpFactory, LetterFactory, UnitFactory, UserFactory
from tests.letters.concurrency import act_at_once
from tests.letters.imported_letters import led_unit_names, letter_by_number, row_verdicts
from tests.letters.list_files import csv, row, xlsx

pytestmark = pytest.mark.django_db
WITHOUT_ADDRESS = {"Leder": "Mads Holm", "Leders_e_mail": ""}


@pytest.fixture
def fourteen_letters(import_file):
    """Fourteen letters of Svalevejens Skole whose leader has no e-mail on the list."""
    import_file(
        xlsx(
            *(
                row(
                    n,
                    **WITHOUT_ADDRESS,
                    **({} if n < 10 else {"Afsender": "Ida Lund", "Afsenders_e_mail": "ida@kk.example"}),
                )
                for n in range(1, 15)
            )
        )
    )
    return list(Letter.objects.filter(source_ref__in=[f"B-{n}" for n in range(1, 15)]).order_by("batch_row"))


def assign(client, letter: Letter, to, what: str = "leder", follow: bool = True, **more):
    posted = {"valg": to.pk, "antal": 1, **more}
    return client.post(reverse("assign_letters", args=[what, letter.pk]), posted, follow=follow)


def letter_changes(letter: Letter) -> list[tuple]:
    return list(letter.changes.order_by("pk").values_list("kind", "before", "after", "by"))


def leader_ids(letters: list[Letter]) -> set:
    return set(Letter.objects.filter(pk__in=[one.pk for one in letters]).values_list("leader", flat=True))


def test_assigned_leader_gets_all_waiting_letters(cast, kit_client, fourteen_letters, django_assert_max_num_queries):
    with django_assert_max_num_queries(19):
        page = assign(kit_client, fourteen_letters[0], cast.anne, antal=14, follow=False)
    assert leader_ids(fourteen_letters) == {cast.anne.pk}
    for letter in fourteen_letters:
        assert letter_changes(letter) == [("ASSIGNED", {"leader_id": None}, {"leader_id": cast.anne.pk}, cast.mette.pk)]
    assert led_unit_names(cast.anne) == {"Svalevejens Skole"}
    text = kit_client.get(page.url).text
    assert "14 breve har fået en leder:</strong> Anne Østergaard" in text
    assert "Fortryd" in text


def test_button_names_the_number_and_the_person(cast, kit_client, fourteen_letters):
    url = reverse("unassigned_group", args=["leder", fourteen_letters[0].pk])
    text = kit_client.get(url, {"valg": cast.anne.pk}).text
    assert "Giv 14 breve til Anne Østergaard" in text
    assert "Mads Holm" not in text.split("<title>")[1].split("</title>")[0]


def test_only_chosen_letters_are_assigned(cast, kit_client, fourteen_letters):
    assign(
        kit_client,
        fourteen_letters[0],
        cast.anne,
        omfang="valgte",
        valgt=[fourteen_letters[1].pk, fourteen_letters[2].pk],
    )
    assert set(Letter.objects.filter(leader=cast.anne)) == set(fourteen_letters[1:3])
    page = assign(kit_client, fourteen_letters[0], cast.anne, omfang="valgte")
    assert "sæt kryds ved brevene" in page.text
    assert Letter.objects.filter(leader=cast.anne).count() == 2


def test_conflicting_assignment_changes_nothing(cast, kit_client, fourteen_letters):
    assignments.assign_letters(
        cast.incident, Letter.objects.filter(leader_name="Mads Holm"), "leder", cast.jens, by=cast.birgitte, expected=14
    )
    page = assign(kit_client, fourteen_letters[0], cast.anne, antal=14)
    assert "Der er ikke ændret noget. Nu venter andre breve." in page.text
    assert leader_ids(fourteen_letters) == {cast.jens.pk}


@pytest.mark.django_db(transaction=True)
def test_concurrent_assignments_do_not_overwrite(cast, fourteen_letters, monkeypatch):
    writing = assignments._update_with_history
    monkeypatch.setattr(
        assignments, "_update_with_history", lambda *args, **kwargs: (time.sleep(0.5), writing(*args, **kwargs))[1]
    )

    def run(leader: User) -> str:
        try:
            waiting = Letter.objects.filter(leader=None, leader_name="Mads Holm")
            assignments.assign_letters(cast.incident, waiting, "leder", leader, by=cast.mette, expected=14)
        except Conflict:
            return "overtaken"
        return "given"

    assert sorted(act_at_once(run, [cast.anne, cast.torben])) == ["given", "overtaken"]
    assert len(leader_ids(fourteen_letters)) == 1
    assert LetterChange.objects.filter(kind="ASSIGNED").count() == 14


def test_undo_restores_letters_that_have_not_changed_since(cast, kit_client, fourteen_letters, import_file):
    assign(kit_client, fourteen_letters[0], cast.anne, antal=14)
    import_file(csv(row(1, Leders_e_mail="torben@kk.example"), row(2, Leder="Mads Holm", Leders_e_mail="")))
    page = kit_client.post(reverse("undo_assignment", args=[Assignment.objects.get().pk]), follow=True)
    assert "Fortrudt. 13 breve er som før. 1 brev har siden fået en anden ansvarlig og er ikke ændret." in page.text
    assert leader_ids(fourteen_letters[1:]) == {None}
    assert leader_ids(fourteen_letters[:1]) == {cast.torben.pk}
    assert [kind for kind, *_ in letter_changes(fourteen_letters[1])] == ["ASSIGNED", "ASSIGNED"]
    assert led_unit_names(cast.anne) == set(), "the board goes with the letters"
    again = kit_client.post(reverse("undo_assignment", args=[Assignment.objects.get().pk]), follow=True)
    assert "allerede fortrudt" in again.text
    assert "Fortrudt af Mette Dahl" in again.text


def test_undo_is_for_the_author_and_kit(cast, as_user, fourteen_letters):
    letters = Letter.objects.filter(leader_name="Mads Holm")
    given = assignments.assign_letters(cast.incident, letters, "leder", cast.jens, by=cast.mette, expected=14)
    url = reverse("undo_assignment", args=[given.pk])
    assert "14" in as_user(cast.birgitte).get(reverse("unassigned")).text
    assert as_user(cast.birgitte).post(url).status_code == 404
    assert as_user(cast.mette).post(url).status_code == 302


def test_coordinator_assigns_within_the_administration_only(cast, as_user, fourteen_letters):
    client = as_user(cast.birgitte)
    url = reverse("unassigned_group", args=["leder", fourteen_letters[0].pk])
    named = [one.name for one in client.get(url, {"navn": "kk.example"}).context["candidates"]]
    assert "Karen Bülow Møller" in named
    assert {"Ulla Aaen", "Mette Dahl", "Olga Nygaard"}.isdisjoint(named)
    assert assign(client, fourteen_letters[0], cast.ulla, antal=14).status_code == 404
    theirs = LetterFactory(incident=cast.incident, unit=cast.borgercenter)
    assert assign(client, theirs, cast.jens).status_code == 404
    assert leader_ids([*fourteen_letters, theirs]) == {None}


def test_former_and_blocked_people_cannot_be_assigned(cast, kit_client, fourteen_letters, monday):
    User.objects.filter(pk=cast.anne.pk).update(left_on=date(2020, 1, 13))
    User.objects.filter(pk=cast.torben.pk).update(is_active=False)
    for person in (cast.anne, cast.torben):
        assert assign(kit_client, fourteen_letters[0], person, antal=14).status_code == 404


def test_candidate_with_the_name_on_the_list_is_first(cast, kit_client, fourteen_letters):
    elsewhere = UnitFactory(name="Elmehusets Skole", parent=cast.area)
    mads = UserFactory(name="Mads Holm", email="mads@kk.example", unit=elsewhere)
    UserFactory(name="Mads Holm", email="mads2@kk.example", unit=cast.borgercenter)
    url = reverse("unassigned_group", args=["leder", fourteen_letters[0].pk])
    first, *others = kit_client.get(url).context["candidates"]
    assert (first.pk, first.fits, first.about) == (mads.pk, "Navnet passer", "mads@kk.example, Elmehusets Skole")
    assert [one.name for one in others][:2] == ["Mads Holm", "Birgitte Holm"]
    assert len(others) > 2, "and then those who are near"
    UserFactory(name="Mads Holm", email="mads3@kk.example", unit=cast.laerkepark)
    assert "Navnet passer" not in kit_client.get(url).text, "two in one administration are a question for a person"


def test_live_search_returns_only_the_suggestions(cast, kit_client, fourteen_letters):
    url = reverse("unassigned_group", args=["leder", fourteen_letters[0].pk])
    part = kit_client.get(url, {"navn": "torben@"}, headers={"HX-Request": "true"}).text
    assert "Torben Kjær" in part
    assert "<html" not in part
    assert "Ingen passer til »zzz«" in kit_client.get(url, {"navn": "zzz"}).text


def test_unit_is_assigned_to_its_letters(cast, kit_client, import_file):
    import_file(xlsx(row(1, Enhed="", Område="", Leders_e_mail="anne@kk.example"), row(2, Enhed="", Område="")))
    url = reverse("unassigned_group", args=["enhed", letter_by_number().pk])
    first = kit_client.get(url).context["candidates"][0]
    assert (first.name, first.about) == ("Svalevejens Skole", "Område Nørrebro, Børne- og Ungdomsforvaltningen")
    assert first.fits == "Karen Bülow Møller arbejder her"
    assert kit_client.get(url, {"navn": "lærke"}).context["candidates"][1].pk == cast.laerkepark.pk
    assert assign(kit_client, letter_by_number(), cast.buf, "enhed", antal=2).status_code == 404, (
        "too wide to be a unit"
    )
    assign(kit_client, letter_by_number(), cast.laerkepark, "enhed", antal=2)
    assert letter_by_number(2).unit == cast.laerkepark
    assert led_unit_names(cast.anne) == {"Lærkeparkens Skole"}
    assert letter_changes(letter_by_number(2))[0][:3] == (
        "ASSIGNED",
        {"unit_id": cast.buf.pk},
        {"unit_id": cast.laerkepark.pk},
    )


def test_replacement_of_a_former_employee_survives_the_next_list(cast, kit_client, monday, import_file):
    import_file(xlsx(row(1), row(2)))
    User.objects.filter(pk=cast.karen.pk).update(left_on=date(2020, 1, 10))
    letters = Letter.objects.filter(source_ref__startswith="B-", sender=cast.karen)
    assign(kit_client, letter_by_number(), cast.anne, "afsender", antal=letters.count())
    assert letter_by_number().sender == cast.anne
    batch = import_file(csv(row(1), row(2, Emne="Nyt emne")))
    assert row_verdicts(batch) == ["KNOWN", "CHANGED"]
    assert letter_by_number(2).subject == "Nyt emne"
    assert letter_by_number(2).sender == cast.anne
    assert row_verdicts(import_file(csv(row(1, Afsenders_e_mail="")))) == ["KNOWN"]


def test_list_without_the_facts_keeps_the_assignments(cast, kit_client, import_file):
    lacks = {
        "leder": {"Leders_e_mail": ""},
        "afsender": {"Afsenders_e_mail": ""},
        "enhed": {"Enhed": "", "Område": ""},
    }

    def listed(**more) -> list[dict]:
        return [row(number, **empty, **more) for number, empty in enumerate(lacks.values(), start=1)]

    import_file(xlsx(*listed()))
    for number, what in enumerate(lacks, start=1):
        assign(kit_client, letter_by_number(number), cast.laerkepark if what == "enhed" else cast.anne, what)
    ours = Letter.objects.filter(source_ref__in=["B-1", "B-2", "B-3"]).order_by("source_ref")
    before = list(ours.values())
    assert row_verdicts(import_file(csv(*listed()))) == ["KNOWN"] * 3
    batch = import_file(csv(*listed(Emne="Partshøring igen")))
    assert [list(one.changes) for one in batch.rows.all()] == [["subject"]] * 3
    assert list(ours.values()) == [one | {"subject": "Partshøring igen"} for one in before]


def test_list_with_another_fact_is_a_change_to_confirm(cast, kit_client, import_file):
    import_file(xlsx(row(1, **WITHOUT_ADDRESS)))
    assign(kit_client, letter_by_number(), cast.anne)
    batch = import_file(csv(row(1, Leder="Mads Holm", Leders_e_mail="torben@kk.example")), commit=False)
    assert batch.rows.get().changes == {"leader_email": ["anne@kk.example", "torben@kk.example"]}
    assert letter_comparison.count_rows(batch).changed == 1


def test_assigned_sender_is_owed_a_notice(cast, kit_client, import_file):
    import_file(xlsx(row(1, Afsender="Ida Lund", Afsenders_e_mail="")))
    followup = FollowUpFactory(letter=letter_by_number())
    assert followup not in notice_kinds.owed_followups(Kind.FIRST_NOTICE, cast.incident)
    assign(kit_client, letter_by_number(), cast.anne, "afsender")
    assert followup in notice_kinds.owed_followups(Kind.FIRST_NOTICE, cast.incident)


def post_new_person(client, letter: Letter, **cells):
    posted = {"name": "Mads Holm", "email": "mads@kk.example", "unit": letter.unit_id} | cells
    return client.post(reverse("new_person", args=["leder", letter.pk]), posted)


def test_new_person_is_created_and_selected_without_letters(cast, kit_client, fourteen_letters):
    assert 'value="Mads Holm"' in kit_client.get(reverse("new_person", args=["leder", fourteen_letters[0].pk])).text
    page = post_new_person(kit_client, fourteen_letters[0], email="Mads@KK.example")
    mads = User.objects.get(email="mads@kk.example")
    assert (mads.name, mads.unit, mads.has_usable_password()) == ("Mads Holm", cast.svalevej, False)
    assert page.url == f"{reverse('unassigned_group', args=['leder', fourteen_letters[0].pk])}?valg={mads.pk}"
    assert leader_ids(fourteen_letters) == {None}


def test_person_with_the_same_address_is_not_created_again(cast, kit_client, fourteen_letters):
    page = post_new_person(kit_client, fourteen_letters[0], email="ANNE@kk.example")
    assert page.url.endswith(f"?valg={cast.anne.pk}")
    assert "Anne Østergaard har allerede den e-mail." in kit_client.get(page.url).text
    assert User.objects.filter(email__iexact="anne@kk.example").count() == 1


def test_invalid_new_person_is_refused(cast, as_user, fourteen_letters):
    people = User.objects.count()
    for cells, words in (
        ({"name": ""}, "Skriv personens navn."),
        ({"email": "0102701234@kk.example"}, "CPR-nummer"),
        ({"email": "ulla@kk.example"}, "hører ikke under din forvaltning"),
    ):
        page = post_new_person(as_user(cast.birgitte), fourteen_letters[0], **cells)
        assert page.status_code == 422
        assert words in page.text
    assert User.objects.count() == people


def test_coordinator_creates_people_within_the_administration_only(cast, as_user, fourteen_letters):
    assert post_new_person(as_user(cast.birgitte), fourteen_letters[0], unit=cast.borgercenter.pk).status_code == 422
    units = as_user(cast.birgitte).get(reverse("new_person", args=["leder", fourteen_letters[0].pk])).context["form"]
    assert cast.borgercenter not in units.fields["unit"].queryset
    assert {unit.kind for unit in units.fields["unit"].queryset} <= {Unit.Kind.AREA, Unit.Kind.UNIT, Unit.Kind.SUBUNIT}
