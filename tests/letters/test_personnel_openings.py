"""A personnel case is open by what its list says. What one person typed or assigned waits for Personalejura."""

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from followups import services
from followups.letter.history import letter_events
from followups.rules import rights
from letters import personnel_openings
from letters.assigning import assignments
from letters.importing import batches
from letters.importing.commit import correct_row, undo_import
from letters.models import Letter, PersonnelOpening
from letters.personnel_openings import list_waiting_people
from sepo_incident.accounts import users
from sepo_incident.accounts.access import access_changes
from sepo_incident.accounts.models import Absence, AccessChange, RefusedIdentity, StaffImport, StaffRow, User
from sepo_incident.accounts.sign_in import provider
from sepo_incident.accounts.staff_import import staff_changes
from sepo_incident.audit.models import RowChange
from sepo_incident.core import danish
from sepo_incident.core.database import Conflict
from tests.factories import FollowUpFactory, LetterFactory, MembershipFactory, UserFactory, at
from tests.followups.decision_answers import RESENT
from tests.letters.imported_letters import letter_by_number
from tests.letters.list_files import csv, row, xlsx

pytestmark = pytest.mark.django_db
SECRET = "Indkaldelse til tjenstlig samtale"
CASE = {"Modtagertype": "Medarbejder", "Emne": SECRET}
NEW_ADDRESS = "k.moeller@kk.example"


@pytest.fixture
def case(cast, import_file, monday):
    """Karen's personnel case with the leader Jens, open to both by the list."""
    import_file(xlsx(row(1, **CASE)))
    letter = letter_by_number(1)
    FollowUpFactory(letter=letter)
    assert (may_read(cast.karen), may_read(cast.jens), waiting_names(cast.hanne)) == (True, True, [])
    return letter


def reload(person):
    return User.objects.get(pk=person.pk)


def may_read(person, number=1):
    """Return whether the person may read the letter. Then, and only then, the person may decide about it."""
    person = reload(person)
    letter = Letter.objects.visible_to(person).get(source_ref=f"B-{number}")
    assert rights.has_right(person, rights.can_decide, letter) is letter.reader_may_read
    assert rights.has_right(person, rights.can_set_personnel_case, letter) is letter.reader_may_read
    return letter.reader_may_read


def waiting_names(hr):
    return [one.person.name for one in list_waiting_people(reload(hr))]


def correct(cast, person, new=NEW_ADDRESS):
    return users.correct_email(reload(person), new, old=reload(person).email, by=cast.mette)


def press(client, person, letters=1):
    """Press the button *Åbn 1 brev for …* as the page showed it."""
    data = {"adresse": reload(person).email, "antal": letters}
    return client.post(reverse("open_personnel_cases", args=[person.pk]), data, follow=True)


def save_staff_file(*emails):
    staff = StaffImport(filename="ansatte.xlsx", sha256="1" * 64)
    staff_changes.stage_people(staff, [StaffRow(row=n, email=email) for n, email in enumerate(emails, start=2)])
    staff_changes.set_verdicts(staff, is_first=True)
    assert staff_changes.commit_staff_import(staff, by=None)


def test_corrected_address_closes_the_case_until_personalejura_opens_it(cast, as_user, case):
    change = correct(cast, cast.karen)
    assert (may_read(cast.karen), may_read(cast.jens)) == (False, True)
    page = as_user(reload(cast.karen)).get(reverse("letter", args=[case.pk])).text
    assert SECRET not in page
    for told in ("Mette Dahl rettede mailadressen", "Personalejura åbner brevet", "7080 8000"):
        assert told in page
    hr = as_user(cast.hanne)
    listed = hr.get(reverse("personnel_openings")).text
    assert reverse("open_personnel_cases", args=[cast.karen.pk]) in listed
    assert f"Mette Dahl rettede mailadressen fra {change.old} til {NEW_ADDRESS}" in listed
    assert reverse("letter", args=[case.pk]) in listed, "the page asks whether the letters fit"
    press(hr, cast.karen, 2)
    assert may_read(cast.karen)
    assert waiting_names(cast.hanne) == []
    events = hr.get(reverse("letter", args=[case.pk])).text
    assert "Mette Dahl rettede mailadressen på Karen Bülow Møller." in events
    assert "Du åbnede personalesagen for Karen Bülow Møller." in events
    for address in ("en.anden@kk.example", NEW_ADDRESS, change.old):
        correct(cast, cast.karen, address)
        assert not may_read(cast.karen), "whoever signed in meanwhile may have left a way in"


def test_history_tells_that_the_deciders_address_was_corrected(cast, case, monday):
    """The decider is a substitute, neither the sender nor the leader of the letter."""
    users.register_absence(cast.jens, cast.torben, at(2020, 1, 13).date(), None, by=cast.jens)
    services.decide(case, RESENT, reload(cast.torben), version=0)
    monday.move_to(at(2020, 1, 14, 9, 30))
    correct(cast, cast.torben)
    hr = reload(cast.hanne)
    told = {one.text: one.at for one in letter_events(Letter.objects.visible_to(hr).get(pk=case.pk), hr)}
    moment = danish.moment(told["Mette Dahl rettede mailadressen på Torben Kjær."])
    assert moment == "tirsdag den 14. januar 2020 kl. 09.30"


def test_letters_handed_over_by_a_leader_wait(cast, case, monday):
    letters = Letter.objects.filter(pk=case.pk)
    assignments.assign_letters(cast.incident, letters, "afsender", cast.torben, by=cast.jens, expected=1)
    assert not may_read(cast.torben)


def test_address_that_changes_while_personalejura_looks_is_not_opened(cast, case):
    correct(cast, cast.karen)
    for seen in ({"address": "karen@kk.example", "number": 2}, {"address": NEW_ADDRESS, "number": 1}):
        with pytest.raises(Conflict):
            personnel_openings.open_letters(reload(cast.hanne), reload(cast.karen), **seen)
    assert not PersonnelOpening.objects.exists()


def test_new_person_who_is_assigned_a_letter_does_not_read_it(cast, import_file, monday):
    import_file(xlsx(row(1, **CASE, Leders_e_mail="", Leder="")))
    new, _ = assignments.get_or_create_person("opdigtet@kk.example", "Ny Leder", cast.svalevej)
    letters = Letter.objects.filter(source_ref="B-1")
    assignments.assign_letters(cast.incident, letters, "leder", new, by=cast.birgitte, expected=1)
    assert not may_read(new)
    [waiting] = list_waiting_people(reload(cast.hanne))
    assert waiting.person == new
    assert "Mailadressen kommer ikke fra en liste eller en personalefil." in waiting.reasons
    assert any(reason.startswith("Birgitte") and "som leder" in reason for reason in waiting.reasons)


def test_hidden_subject_behind_a_typed_id_tells_personalejura_so(cast, import_file, monday):
    import_file(xlsx(row(1)))
    batch = import_file(csv(row(2, **CASE | {"Emne": "Påtænkt afsked", "Brev_id": ""})), commit=False)
    typed = {"source_ref": "B-1"}
    correct_row.correct_cells(batch.pk, batch.rows.get().pk, typed, corrections_shown=0, by=cast.mette)
    batches.request_commit(batch, by=cast.mette)
    batches.commit_batch(batch.pk)
    reasons = [one.reasons for one in list_waiting_people(reload(cast.hanne))]
    assert reasons == [["En person eller et Brev-id er skrevet i hånden på en liste."]] * 2


@pytest.mark.parametrize(
    ("who", "waits"), [("birgitte", True), ("jens", False), ("karen", False), ("karen at a new address", True)]
)
def test_before_the_press_the_pages_say_which_cases_will_wait(cast, as_user, case, who, waits):
    """A stranger waits; the letter's leader reads on, and so does a sender who gets the letter back."""
    person, told = getattr(cast, who.split()[0]), "når Personalejura har åbnet"
    letters, url = Letter.objects.filter(pk=case.pk), reverse("unassigned_group", args=["afsender", case.pk])
    if person == cast.karen:
        assignments.assign_letters(cast.incident, letters, "afsender", cast.torben, by=cast.mette, expected=1)
        if waits:
            correct(cast, cast.karen)
    else:
        page = as_user(cast.jens).get(reverse("handover", args=[cast.karen.pk]), {"valg": person.pk})
        assert (told in page.text) is waits
    User.objects.filter(pk__in=letters.values("sender")).update(left_on="2020-01-10")
    page = as_user(cast.mette).get(url, {"valg": person.pk})
    assert page.status_code == 200
    assert (told in page.text) is waits
    assignments.assign_letters(cast.incident, letters, "afsender", person, by=cast.mette, expected=1)
    assert (person.name in waiting_names(cast.hanne)) is waits


def test_known_person_who_is_assigned_a_letter_waits_too(cast, import_file, monday):
    import_file(xlsx(row(1, **CASE, Leders_e_mail="", Leder="")))
    letters = Letter.objects.filter(source_ref="B-1")
    assignments.assign_letters(cast.incident, letters, "leder", cast.torben, by=cast.birgitte, expected=1)
    assert not may_read(cast.torben)


def test_repeated_list_with_another_leader_opens_none_of_its_letters(cast, as_user, import_file, monday):
    numbers = range(1, 5)
    import_file(xlsx(*(row(n, **CASE) for n in numbers)))
    import_file(csv(*(row(n, **CASE, Leders_e_mail="torben@kk.example") for n in numbers)))
    assert {letter_by_number(n).leader for n in numbers} == {cast.torben}
    assert not any(may_read(cast.torben, n) for n in numbers)
    assert all(may_read(cast.karen, n) for n in numbers)
    [waiting] = list_waiting_people(reload(cast.hanne))
    assert len(waiting.letters) == len(numbers)
    press(as_user(cast.hanne), cast.torben, len(numbers))
    assert all(may_read(cast.torben, n) for n in numbers)


@pytest.mark.parametrize("who", ["sender", "leader"])
def test_address_typed_on_the_check_page_waits(cast, import_file, monday, who):
    broken = {"sender": {"Afsenders_e_mail": "karen@kk"}, "leader": {"Leders_e_mail": ""}}[who]
    waiting = import_file(xlsx(row(1, **CASE, **broken)), commit=False)
    typed = {f"{who}_email": "opdigtet@kk.example"}
    correct_row.correct_cells(waiting.pk, waiting.rows.get().pk, typed, corrections_shown=0, by=cast.mette)
    batches.request_commit(waiting, by=cast.mette)
    batches.commit_batch(waiting.pk)
    person = User.objects.get(email="opdigtet@kk.example")
    assert getattr(letter_by_number(1), who) == person
    assert not may_read(person)
    assert any("Mette Dahl skrev en adresse" in reason for reason in list_waiting_people(reload(cast.hanne))[0].reasons)
    import_file(csv(row(2, **CASE, Afsenders_e_mail="opdigtet@kk.example")))
    assert not may_read(person), "the later list opens its own letters only"
    assert may_read(person, 2)


@pytest.mark.parametrize(
    ("known_since", "reads"), [(None, False), (timedelta(hours=-1), True), (timedelta(hours=1), False)], ids=str
)
def test_substitute_reads_only_at_an_address_that_was_known_when_the_leader_named_them(
    cast, case, monday, known_since, reads
):
    substitute = UserFactory(address_since=known_since and timezone.now() + known_since)
    Absence.objects.active().update(taken_back_at=at(2020, 1, 13, 9), taken_back_by=cast.jens)
    users.register_absence(cast.jens, substitute, at(2020, 1, 13).date(), None, by=cast.jens)
    assert may_read(substitute) is reads
    correct(cast, cast.jens)
    assert not may_read(substitute), "a leader to whom the letter is closed opens it for nobody"


def test_substitute_named_from_a_wrong_address_does_not_stay(cast, as_user, case, monday):
    correct(cast, cast.jens, "jens@gmail.example")
    users.register_absence(reload(cast.jens), cast.torben, at(2020, 1, 13).date(), None, by=reload(cast.jens))
    assert cast.jens.pk in reload(cast.torben).stands_in_for
    correct(cast, cast.jens, "jens@kk.example")
    assert RowChange.objects.filter(table_name="accounts_absence").latest("pk").by_id == cast.mette.pk
    press(as_user(cast.hanne), cast.jens, 2)
    assert (may_read(cast.jens), cast.jens.pk in reload(cast.torben).stands_in_for) == (True, False)


def test_koncern_it_changes_no_sign_in_of_personalejura(cast):
    asked = {"issuer": "https://login.example", "subject": "ny", "at": at(2020, 1, 9)}
    refused = RefusedIdentity.objects.create(person=cast.hanne, **asked)
    for act in (
        lambda: correct(cast, cast.hanne),
        lambda: access_changes.remove_second_factor(cast.hanne, "Mistet", cast.mette),
        lambda: access_changes.rebind_identity(refused, "Nyt login", cast.mette),
    ):
        with pytest.raises(ValidationError, match="Fjern først den rolle"):
            act()
    assert not AccessChange.objects.exists()


def test_lists_mean_nobody_by_an_address_that_was_only_typed(cast, import_file, monday):
    correct(cast, cast.torben, "kommer@kk.example")
    correct(cast, cast.torben, "torben@kk.example")
    import_file(csv(row(1, **CASE, Afsenders_e_mail="kommer@kk.example")))
    assert letter_by_number(1).sender.email == "kommer@kk.example"


@pytest.mark.parametrize("empty", ["Emne", "Modtager"])
def test_later_list_that_fills_an_empty_cell_closes_nothing(cast, import_file, monday, empty):
    import_file(xlsx(row(1, **{**CASE, empty: ""})))
    batch = import_file(csv(row(1, **CASE)))
    assert batch.rows.get().verdict == "CHANGED"
    for _ in range(2):
        assert (may_read(cast.karen), may_read(cast.jens), waiting_names(cast.hanne)) == (True, True, [])
        undo_import.undo_batch(batch, by=cast.mette)


def test_later_lists_open_by_themselves_after_personalejura_has_vouched(cast, as_user, case, import_file, monday):
    correct(cast, cast.karen)
    press(as_user(cast.hanne), cast.karen, 2)
    import_file(csv(row(2, **CASE)))
    assert (letter_by_number(2).sender, may_read(cast.karen, 2)) == (cast.karen, True)


def test_staff_file_opens_letters_that_come_later_only(cast, case, import_file, monday):
    LetterFactory(
        incident=cast.incident, source_ref="B-7", leader=UserFactory(email="ny@kk.example", address_since=None),
        sender=cast.karen, is_personnel_case=True, listed_at=at(2020, 1, 13, 9),
    )  # fmt: skip
    new = User.objects.get(email="ny@kk.example")
    save_staff_file("ny@kk.example")
    assert reload(new).address_since
    assert not may_read(new, 7)
    import_file(csv(row(8, **CASE, Leders_e_mail="ny@kk.example")))
    assert may_read(new, 8)


def test_corrected_address_is_not_known_by_a_list_that_names_the_former_one(cast, case, import_file, monday):
    correct(cast, cast.karen)
    import_file(csv(row(2, **CASE)))
    assert letter_by_number(2).sender == cast.karen
    assert not may_read(cast.karen, 2)


@pytest.mark.parametrize(("bound", "reads"), [(at(2020, 1, 12), True), (at(2020, 1, 14), False)])
def test_the_providers_word_counts_for_an_identity_from_before_the_correction(cast, case, bound, reads):
    correct(cast, cast.karen)
    provider.confirm_address(reload(cast.karen), "anden@kk.example", at(2020, 1, 12))
    assert not may_read(cast.karen)
    provider.confirm_address(reload(cast.karen), NEW_ADDRESS, bound)
    assert may_read(cast.karen) is reads


def test_the_providers_word_does_not_count_for_an_identity_that_koncern_it_approved(cast, case):
    account = SocialAccount.objects.create(user=cast.karen, provider="https://login.example", uid="før")
    SocialAccount.objects.update(date_joined=at(2020, 1, 2))
    correct(cast, cast.karen)
    refused = {"person": cast.karen, "issuer": account.provider, "subject": "ny", "at": timezone.now()}
    access_changes.rebind_identity(RefusedIdentity.objects.create(**refused), "Nyt login", cast.mette)
    account.refresh_from_db()
    provider.confirm_address(reload(cast.karen), NEW_ADDRESS, account.date_joined)
    assert not may_read(cast.karen)


def test_key_added_since_the_correction_is_told_and_outweighs_the_provider(cast, case):
    correct(cast, cast.karen)
    Authenticator.objects.create(user=cast.karen, type="webauthn", data={})
    assert any("En nøgle" in reason for reason in list_waiting_people(reload(cast.hanne))[0].reasons)
    provider.confirm_address(reload(cast.karen), NEW_ADDRESS, at(2020, 1, 12))
    assert not may_read(cast.karen)


def test_nobody_opens_a_letter_for_oneself(cast, as_user, case):
    correct(cast, cast.karen)
    MembershipFactory(user=cast.karen, unit=cast.root, role="HR")
    assert waiting_names(cast.karen) == []
    assert press(as_user(reload(cast.karen)), cast.karen).status_code == 404
    assert waiting_names(cast.hanne) == ["Karen Bülow Møller"]


def test_only_personalejura_opens(cast, as_user, case):
    correct(cast, cast.karen)
    for who in (cast.mette, cast.birgitte, cast.jens, cast.pia):
        client = as_user(who)
        assert press(client, cast.karen).status_code == 403
        assert client.get(reverse("personnel_openings")).status_code == 403
    assert not may_read(cast.karen)


def test_menu_tells_personalejura_how_many_people_wait(cast, as_user, case):
    correct(cast, cast.karen)
    [line] = [one for one in as_user(cast.hanne).get(reverse("escalations")).context["menu"] if one["tabs"]]
    assert [(tab["page"], tab["waiting"]) for tab in line["tabs"]] == [
        ("escalations", 0),
        ("personnel_openings", 1),
        ("access_request", 0),
        ("roles", 0),
    ]
