"""Somebody is chosen for letters that lack one: as many as the button said, in the ledger, and it can be undone."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.db import connections
from django.urls import reverse

from letters.assigning import assignments
from letters.importing.commit import undo_import
from letters.importing.plan import letter_comparison
from letters.models import Assignment, Letter, LetterChange
from notifications.kinds import notice_kinds
from notifications.models import Kind
from sepo_incident.accounts.models import Membership, Unit, User
from sepo_incident.core.conflict import Conflict
from tests.factories import FollowUpFactory, LetterFactory, UnitFactory, UserFactory
from tests.letters.lists import csv, row, xlsx
from tests.letters.test_import import imported, leads, verdicts

pytestmark = pytest.mark.django_db
LONELY = {"Leder": "Mads Holm", "Leders_e_mail": ""}


@pytest.fixture
def kit(cast, as_user):
    return as_user(cast.mette)


@pytest.fixture
def fourteen(take_in):
    """Letters of Svalevejens Skole whose leader stands on the list without an address."""
    take_in(
        xlsx(
            *(
                row(n, **LONELY, **({} if n < 10 else {"Afsender": "Ida Lund", "Afsenders_e_mail": "ida@kk.example"}))
                for n in range(1, 15)
            )
        )
    )
    return list(Letter.objects.filter(source_ref__in=[f"B-{n}" for n in range(1, 15)]).order_by("batch_row"))


def give(client, letter: Letter, to, what: str = "leder", follow: bool = True, **more):
    posted = {"valg": to.pk, "antal": 1, "sidst": 0, **more}
    return client.post(reverse("assign_letters", args=[what, letter.pk]), posted, follow=follow)


def ledger(letter: Letter) -> list[tuple]:
    return list(letter.changes.order_by("pk").values_list("kind", "before", "after", "by"))


def leaders(letters: list[Letter]) -> set:
    return set(Letter.objects.filter(pk__in=[one.pk for one in letters]).values_list("leader", flat=True))


def test_a_leader_gets_all_the_letters_that_wait_for_one(cast, kit, fourteen, django_assert_max_num_queries):
    with django_assert_max_num_queries(25):
        page = give(kit, fourteen[0], cast.anne, antal=14, follow=False)
    assert leaders(fourteen) == {cast.anne.pk}
    for letter in fourteen:
        assert ledger(letter) == [("ASSIGNED", {"leader_id": None}, {"leader_id": cast.anne.pk}, cast.mette.pk)]
    assert leads(cast.anne) == {"Svalevejens Skole"}
    text = kit.get(page.url).text
    assert "14 breve har fået en leder:</strong> Anne Østergaard" in text
    assert "Fortryd" in text


def test_the_button_says_how_many_and_to_whom(cast, kit, fourteen):
    url = reverse("unassigned_group", args=["leder", fourteen[0].pk])
    text = kit.get(url, {"valg": cast.anne.pk}).text
    assert "Giv 14 breve til Anne Østergaard" in text
    assert "Mads Holm" not in text.split("<title>")[1].split("</title>")[0]
    of_ida = kit.get(url, {"valg": cast.anne.pk, "fra": fourteen[-1].pk}).text
    assert "Giv 5 breve til Anne Østergaard" in of_ida
    give(kit, fourteen[0], cast.anne, antal=5, fra=fourteen[-1].pk)
    assert Letter.objects.filter(leader=cast.anne).count() == 5
    assert leaders(fourteen[:9]) == {None}


def test_only_those_that_are_ticked(cast, kit, fourteen):
    give(kit, fourteen[0], cast.anne, omfang="valgte", valgt=[fourteen[1].pk, fourteen[2].pk])
    assert set(Letter.objects.filter(leader=cast.anne)) == set(fourteen[1:3])
    page = give(kit, fourteen[0], cast.anne, omfang="valgte")
    assert "sæt hak ved de breve, det gælder" in page.text
    assert Letter.objects.filter(leader=cast.anne).count() == 2


def test_who_comes_second_is_told_who_was_chosen_by_whom(cast, kit, fourteen):
    assignments.assign_letters(
        cast.incident, Letter.objects.filter(leader_name="Mads Holm"), "leder", cast.jens, by=cast.birgitte, expected=14
    )
    page = give(kit, fourteen[0], cast.anne, antal=14)
    assert "Birgitte Holm har imens givet brevene til Jens Ågård. Intet er ændret." in page.text
    assert leaders(fourteen) == {cast.jens.pk}


def test_who_was_given_letters_elsewhere_is_not_told(cast, as_user, fourteen):
    Letter.objects.filter(pk=cast.ullas.pk).update(leader=None, leader_name="Mads Holm")
    theirs = Letter.objects.filter(pk=cast.ullas.pk)
    assignments.assign_letters(cast.incident, theirs, "leder", cast.torben, by=cast.mette, expected=1)
    page = give(as_user(cast.birgitte), fourteen[0], cast.anne, omfang="valgte", valgt=[cast.ullas.pk])
    assert "Der venter ikke længere de samme breve. Intet er ændret." in page.text
    assert cast.torben.name not in page.text


def test_a_page_that_shows_other_letters_than_there_are_changes_nothing(cast, kit, fourteen):
    page = give(kit, fourteen[0], cast.anne, antal=13)
    assert "Der venter ikke længere de samme breve. Intet er ændret." in page.text
    assert leaders(fourteen) == {None}


@pytest.mark.django_db(transaction=True)
def test_two_at_once_do_not_overwrite_each_other(cast, fourteen, monkeypatch):
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
        finally:
            connections.close_all()
        return "given"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(run, [cast.anne, cast.torben])) == ["given", "overtaken"]
    assert len(leaders(fourteen)) == 1
    assert LetterChange.objects.filter(kind="ASSIGNED").count() == 14


def test_undo_gives_back_what_was_and_leaves_alone_what_is_another_since(cast, kit, fourteen, take_in):
    give(kit, fourteen[0], cast.anne, antal=14)
    take_in(csv(row(1, Leders_e_mail="torben@kk.example"), row(2, Leder="Mads Holm", Leders_e_mail="")))
    page = kit.post(reverse("undo_assignment", args=[Assignment.objects.get().pk]), follow=True)
    assert "Fortrudt. 13 breve er som før. 1 brev har fået en anden siden og er ikke rørt." in page.text
    assert leaders(fourteen[1:]) == {None}
    assert leaders(fourteen[:1]) == {cast.torben.pk}
    assert [kind for kind, *_ in ledger(fourteen[1])] == ["ASSIGNED", "ASSIGNED"]
    assert leads(cast.anne) == set(), "the board goes with the letters"
    again = kit.post(reverse("undo_assignment", args=[Assignment.objects.get().pk]), follow=True)
    assert "allerede fortrudt" in again.text
    assert "Fortrudt af Mette Dahl" in again.text


def test_what_a_list_took_and_gave_back_is_still_as_it_was_left(cast, kit, fourteen, take_in):
    give(kit, fourteen[0], cast.anne, antal=14)
    undo_import.undo_batch(take_in(csv(row(1, Leders_e_mail="torben@kk.example"))), by=cast.mette)
    kit.post(reverse("undo_assignment", args=[Assignment.objects.get().pk]))
    assert leaders(fourteen) == {None}


def test_undo_is_for_who_chose_and_for_kit(cast, as_user, fourteen):
    letters = Letter.objects.filter(leader_name="Mads Holm")
    given = assignments.assign_letters(cast.incident, letters, "leder", cast.jens, by=cast.mette, expected=14)
    url = reverse("undo_assignment", args=[given.pk])
    assert "14" in as_user(cast.birgitte).get(reverse("unassigned")).text
    assert as_user(cast.birgitte).post(url).status_code == 404
    assert as_user(cast.mette).post(url).status_code == 302


def test_a_role_that_a_person_gave_stays_when_an_assignment_is_undone(cast, kit, fourteen):
    Membership.objects.create(user=cast.anne, unit=cast.svalevej, role=Membership.Role.LEADER)
    give(kit, fourteen[0], cast.anne, antal=14)
    kit.post(reverse("undo_assignment", args=[Assignment.objects.get().pk]))
    assert leads(cast.anne) == {"Svalevejens Skole"}


def test_a_coordinator_finds_people_and_letters_of_her_administration_only(cast, as_user, fourteen):
    client = as_user(cast.birgitte)
    url = reverse("unassigned_group", args=["leder", fourteen[0].pk])
    named = [one.name for one in client.get(url, {"navn": "kk.example"}).context["candidates"]]
    assert "Karen Bülow Møller" in named
    assert {"Ulla Aaen", "Mette Dahl", "Olga Nygaard"}.isdisjoint(named)
    assert give(client, fourteen[0], cast.ulla, antal=14).status_code == 404
    theirs = LetterFactory(incident=cast.incident, unit=cast.borgercenter)
    assert give(client, theirs, cast.jens).status_code == 404
    assert leaders([*fourteen, theirs]) == {None}


def test_a_letter_one_sees_as_its_sender_is_not_ones_to_give(cast, as_user):
    own = LetterFactory(incident=cast.incident, unit=cast.borgercenter, sender=cast.birgitte)
    assert own in Letter.objects.visible_to(cast.birgitte)
    assert give(as_user(cast.birgitte), own, cast.jens).status_code == 404


def test_somebody_who_left_or_is_shut_out_is_nobody_to_choose(cast, kit, fourteen, monday):
    User.objects.filter(pk=cast.anne.pk).update(left_on=date(2020, 1, 13))
    User.objects.filter(pk=cast.torben.pk).update(is_active=False)
    for person in (cast.anne, cast.torben):
        assert give(kit, fourteen[0], person, antal=14).status_code == 404


def test_the_one_with_the_name_on_the_list_stands_first(cast, kit, fourteen):
    elsewhere = UnitFactory(name="Elmehusets Skole", parent=cast.area)
    mads = UserFactory(name="Mads Holm", email="mads@kk.example", unit=elsewhere)
    UserFactory(name="Mads Holm", email="mads2@kk.example", unit=cast.borgercenter)
    url = reverse("unassigned_group", args=["leder", fourteen[0].pk])
    first, *others = kit.get(url).context["candidates"]
    assert (first.pk, first.fits, first.about) == (mads.pk, "Navnet passer", "mads@kk.example, Elmehusets Skole")
    assert [one.name for one in others][:2] == ["Mads Holm", "Birgitte Holm"]
    assert len(others) > 2, "and then those who are near"
    UserFactory(name="Mads Holm", email="mads3@kk.example", unit=cast.laerkepark)
    assert "Navnet passer" not in kit.get(url).text, "two in one administration are a question for a person"


def test_who_leads_the_unit_is_proposed_for_an_unknown_leader(cast, kit, take_in):
    take_in(xlsx(row(1, Leder="", Leders_e_mail="")))
    url = reverse("unassigned_group", args=["leder", imported().pk])
    first = kit.get(url).context["candidates"][0]
    assert (first.pk, first.fits) == (cast.jens.pk, "Leder enheden")


def test_a_search_that_types_along_gets_the_suggestions_only(cast, kit, fourteen):
    url = reverse("unassigned_group", args=["leder", fourteen[0].pk])
    part = kit.get(url, {"navn": "torben@"}, headers={"HX-Request": "true"}).text
    assert "Torben Kjær" in part
    assert "<html" not in part
    assert "Ingen passer til »zzz«" in kit.get(url, {"navn": "zzz"}).text


def test_a_unit_is_chosen_and_its_letters_are_there(cast, kit, take_in):
    take_in(xlsx(row(1, Enhed="", Område="", Leders_e_mail="anne@kk.example"), row(2, Enhed="", Område="")))
    url = reverse("unassigned_group", args=["enhed", imported().pk])
    first = kit.get(url).context["candidates"][0]
    assert (first.name, first.about) == ("Svalevejens Skole", "Område Nørrebro, Børne- og Ungdomsforvaltningen")
    assert first.fits == "Karen Bülow Møller arbejder her"
    assert kit.get(url, {"navn": "lærke"}).context["candidates"][1].pk == cast.laerkepark.pk
    assert give(kit, imported(), cast.buf, "enhed", antal=2).status_code == 404, "too wide to be a unit"
    give(kit, imported(), cast.laerkepark, "enhed", antal=2)
    assert imported(2).unit == cast.laerkepark
    assert leads(cast.anne) == {"Lærkeparkens Skole"}
    assert ledger(imported(2))[0][:3] == ("ASSIGNED", {"unit_id": cast.buf.pk}, {"unit_id": cast.laerkepark.pk})


def test_who_left_is_replaced_the_same_way_and_the_same_list_does_not_bring_them_back(cast, kit, monday, take_in):
    take_in(xlsx(row(1), row(2)))
    User.objects.filter(pk=cast.karen.pk).update(left_on=date(2020, 1, 10))
    letters = Letter.objects.filter(source_ref__startswith="B-", sender=cast.karen)
    give(kit, imported(), cast.anne, "afsender", antal=letters.count())
    assert imported().sender == cast.anne
    batch = take_in(csv(row(1), row(2, Emne="Nyt emne")))
    assert verdicts(batch) == ["KNOWN", "CHANGED"]
    assert imported(2).subject == "Nyt emne"
    assert imported(2).sender == cast.anne
    assert verdicts(take_in(csv(row(1, Afsenders_e_mail="")))) == ["KNOWN"]


@pytest.mark.parametrize(
    ("what", "empty"),
    [
        ("leder", {"Leders_e_mail": ""}),
        ("afsender", {"Afsenders_e_mail": ""}),
        ("enhed", {"Enhed": "", "Område": ""}),
    ],
)
def test_a_list_with_nothing_to_say_lets_the_choice_stand(cast, kit, take_in, what, empty):
    take_in(xlsx(row(1, **empty)))
    give(kit, imported(), cast.laerkepark if what == "enhed" else cast.anne, what)
    before = Letter.objects.values().get(source_ref="B-1")
    assert verdicts(take_in(csv(row(1, **empty)))) == ["KNOWN"]
    batch = take_in(csv(row(1, **empty, Emne="Partshøring igen")))
    assert [list(one.changes) for one in batch.rows.all()] == [["subject"]]
    assert Letter.objects.values().get(source_ref="B-1") == before | {"subject": "Partshøring igen"}


def test_a_list_that_says_something_else_is_a_change_to_confirm(cast, kit, take_in):
    take_in(xlsx(row(1, **LONELY)))
    give(kit, imported(), cast.anne)
    batch = take_in(csv(row(1, Leder="Mads Holm", Leders_e_mail="torben@kk.example")), commit=False)
    assert batch.rows.get().changes == {"leader_email": ["anne@kk.example", "torben@kk.example"]}
    assert letter_comparison.count_rows(batch).changed == 1


def test_an_assigned_sender_is_owed_a_notice(cast, kit, take_in):
    take_in(xlsx(row(1, Afsender="Ida Lund", Afsenders_e_mail="")))
    followup = FollowUpFactory(letter=imported())
    assert followup not in notice_kinds.owed_followups(Kind.FIRST_NOTICE, cast.incident)
    give(kit, imported(), cast.anne, "afsender")
    assert followup in notice_kinds.owed_followups(Kind.FIRST_NOTICE, cast.incident)


def test_a_sender_may_be_their_own_leader(cast, kit, fourteen):
    give(kit, fourteen[0], cast.karen, antal=14)
    assert leaders(fourteen) == {cast.karen.pk}


def test_the_subject_of_a_personnel_case_stays_hidden(cast, kit):
    hidden = LetterFactory(incident=cast.incident, unit=cast.svalevej, subject="Tjenstlig", is_personnel_case=True)
    text = kit.get(reverse("unassigned_group", args=["leder", hidden.pk]), {"valg": cast.anne.pk}).text
    assert "Personalesag (emne skjult)" in text
    assert "Tjenstlig" not in text


def new_person(client, letter: Letter, **cells):
    posted = {"name": "Mads Holm", "email": "mads@kk.example", "unit": letter.unit_id} | cells
    return client.post(reverse("new_person", args=["leder", letter.pk]), posted)


def test_a_new_person_is_made_and_chosen_but_given_nothing_yet(cast, kit, fourteen):
    assert 'value="Mads Holm"' in kit.get(reverse("new_person", args=["leder", fourteen[0].pk])).text
    page = new_person(kit, fourteen[0], email="Mads@KK.example")
    mads = User.objects.get(email="mads@kk.example")
    assert (mads.name, mads.unit, mads.has_usable_password()) == ("Mads Holm", cast.svalevej, False)
    assert page.url == f"{reverse('unassigned_group', args=['leder', fourteen[0].pk])}?valg={mads.pk}"
    assert leaders(fourteen) == {None}


def test_somebody_with_that_address_is_offered_and_not_made_again(cast, kit, fourteen):
    page = new_person(kit, fourteen[0], email="ANNE@kk.example")
    assert page.url.endswith(f"?valg={cast.anne.pk}")
    assert "Der er allerede en person med den e-mail: Anne Østergaard." in kit.get(page.url).text
    assert User.objects.filter(email__iexact="anne@kk.example").count() == 1


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"name": ""}, "Skriv personens navn."),
        ({"email": "mads"}, "E-mailen er ikke hel. Ret den."),
        ({"email": "0102701234@kk.example"}, "CPR-nummer"),
        ({"unit": ""}, "Vælg, hvor personen arbejder."),
        ({"email": "ulla@kk.example"}, "hører ikke under din forvaltning"),
    ],
)
def test_what_is_wrong_with_a_new_person_is_said(cast, as_user, fourteen, cells, words):
    people = User.objects.count()
    page = new_person(as_user(cast.birgitte), fourteen[0], **cells)
    assert page.status_code == 422
    assert words in page.text
    assert User.objects.count() == people


def test_a_coordinator_makes_people_in_her_administration_only(cast, as_user, fourteen):
    assert new_person(as_user(cast.birgitte), fourteen[0], unit=cast.borgercenter.pk).status_code == 422
    units = as_user(cast.birgitte).get(reverse("new_person", args=["leder", fourteen[0].pk])).context["form"]
    assert cast.borgercenter not in units.fields["unit"].queryset
    assert {unit.kind for unit in units.fields["unit"].queryset} <= {Unit.Kind.AREA, Unit.Kind.UNIT, Unit.Kind.SUBUNIT}
