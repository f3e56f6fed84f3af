"""Importing a staff file: new, changed, former and returning people, their leaders, and the check before the commit."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from letters.importing import batches, staff_file
from letters.importing.files import uploads
from letters.importing.files.limits import Refused
from sepo_incident.accounts import users
from sepo_incident.accounts.models import Membership, StaffImport, StaffRow, Unit, UnitAlias, User
from sepo_incident.accounts.staff_import import staff_changes
from sepo_incident.core import danish
from tests.accounts.staff_files import csv, person, xlsx
from tests.factories import LetterFactory, MembershipFactory, UnitFactory
from tests.letters.list_files import row as letter_row
from tests.letters.list_files import workbook
from tests.letters.list_files import xlsx as letter_list

pytestmark = pytest.mark.django_db
Status, LEADER = StaffImport.Status, Membership.Role.LEADER


@pytest.fixture
def import_staff_file(cast):
    """`import_staff_file(content)` reads and commits the file and returns the import, with the committed counts."""

    def run(content: bytes, *, save: bool = True, **options) -> StaffImport:
        staff = staff_file.read_staff_file(content, "personale.xlsx", by=cast.mette, **options)
        if save:
            assert staff_changes.commit_staff_import(staff, by=cast.mette)
        staff.refresh_from_db()
        return staff

    return run


def nonzero_counts(staff: StaffImport) -> dict[str, int]:
    """Return the counts of the import that are not zero."""
    counts = staff_changes.count_verdicts(staff)
    assert counts.rows == counts.new + counts.known + counts.changed + counts.left + counts.rejected
    named = ("new", "known", "changed", "left", "rejected", "missing", "blank")
    return {name: getattr(counts, name) for name in named if getattr(counts, name)}


def all_people_units_and_roles() -> list[list[tuple]]:
    return [list(model.objects.order_by("pk").values_list()) for model in (User, Unit, Membership)]


def problem_messages(staff: StaffImport) -> list[tuple[int, str, str]]:
    return [(row.row, one["column"], one["message"]) for row in staff.rows.all() for one in row.problems]


def led_units(person: User) -> dict[str, set[str]]:
    """Return {name of the unit: the sources of the role}."""
    held = person.memberships.filter(role=LEADER).select_related("unit")
    return {
        each.unit.name: {name.removeprefix("made_by_") for name in each.SOURCES if getattr(each, name)} for each in held
    }


def reloaded(user: User) -> User:
    return User.objects.get(pk=user.pk)


def test_former_address_matches_the_same_person(cast, import_staff_file):
    users.correct_email(cast.karen, "karen.moeller@kk.example", old="karen@kk.example", by=cast.mette)
    taken = import_staff_file(xlsx(person("karen@kk.example", "Karen Bülow Møller")))
    assert nonzero_counts(taken) == {"known": 1}


def test_staff_file_creates_changes_and_knows_people(cast, import_staff_file):
    content = xlsx(
        person("nora@kk.example", "Nora Aaen"),
        person("KAREN@kk.example", "Karen Bülow Møller"),
        person("anne@kk.example", "Anne Østergaard Holm", "lærkeparkens-skole"),
        person("olga@kk.example", "Olga Nygaard", "Borgercenter Øst"),
    )
    before = all_people_units_and_roles()
    staff = import_staff_file(content, save=False)
    assert all_people_units_and_roles() == before, "nothing happens before somebody says so"
    assert nonzero_counts(staff) == {"new": 1, "known": 1, "changed": 2}
    changes = dict(staff.rows.filter(verdict="CHANGED").values_list("email", "changes"))
    assert changes == {
        "anne@kk.example": {"name": ["Anne Østergaard", "Anne Østergaard Holm"]},
        "olga@kk.example": {"unit": ["", "Borgercenter Øst"]},
    }
    assert staff_changes.commit_staff_import(staff, by=cast.mette)
    nora = User.objects.get(email="nora@kk.example")
    assert (nora.name, nora.unit) == ("Nora Aaen", cast.svalevej)
    assert (nora.is_active, nora.has_usable_password()) == (True, False)
    assert reloaded(cast.anne).name == "Anne Østergaard Holm"
    assert reloaded(cast.olga).unit == cast.borgercenter


def test_phone_numbers_come_with_the_staff_file(cast, import_staff_file):
    """A number is stored in one form; an empty cell keeps the old number; what is no number gets a remark."""
    User.objects.filter(pk=cast.anne.pk).update(phone="7080 0001")
    staff = import_staff_file(
        xlsx(
            person("nora@kk.example", Tlf="+45 70 80 12 34"),
            person("karen@kk.example", cast.karen.name, Tlf="70801235"),
            person("anne@kk.example", cast.anne.name, "Lærkeparkens Skole", Tlf=""),
            person("jens@kk.example", cast.jens.name, Tlf="lokal 12"),
        )
    )
    phones = dict(User.objects.exclude(phone="").values_list("email", "phone"))
    assert phones == {
        "nora@kk.example": "7080 1234",
        "karen@kk.example": "7080 1235",
        "anne@kk.example": "7080 0001",
    }
    assert staff.rows.get(email="karen@kk.example").changes == {"phone": ["", "7080 1235"]}
    assert problem_messages(staff) == [
        (5, "Telefon", "Nummeret kommer ikke med. Skriv ét telefonnummer med otte cifre.")
    ]


def test_same_staff_file_twice_changes_nothing(cast, import_staff_file):
    content = xlsx(
        person("nora@kk.example", Leder="jens@kk.example"),
        person("karen@kk.example", "Karen B. Møller", "Lærkeparkens Skole", Er_leder="ja"),
        person("anne@kk.example", Aktiv="nej"),
    )
    import_staff_file(content)
    before = all_people_units_and_roles()
    staff = import_staff_file(content)
    assert nonzero_counts(staff) == {"known": 3}
    assert all_people_units_and_roles() == before
    assert staff_changes.commit_staff_import(staff, by=cast.mette) is False


def test_new_staff_file_discards_the_waiting_file(import_staff_file):
    first, second = (import_staff_file(xlsx(person(f"{name}@kk.example")), save=False) for name in ("nora", "olav"))
    first.refresh_from_db()
    assert (first.status, second.status) == (Status.DISCARDED, Status.CHECKED)
    assert set(StaffRow.objects.values_list("email", flat=True)) == {"olav@kk.example"}
    assert staff_changes.discard_staff_import(second)
    assert not staff_changes.discard_staff_import(second)
    assert not StaffRow.objects.exists()


def test_former_employee_loses_sign_in_and_lead_but_keeps_account(cast, import_staff_file, as_user):
    client = as_user(cast.jens)
    board = reverse("board", args=[cast.svalevej.pk])
    assert client.get(board).status_code == 200
    Membership.objects.filter(user=cast.jens).update(made_by_import=True, made_by_hand=False)
    MembershipFactory(user=cast.jens, unit=cast.buf, role=Membership.Role.READER)
    staff = import_staff_file(xlsx(person("jens@kk.example", "Jens Ågård", Fratrådt="31-12-2019")))
    assert nonzero_counts(staff) == {"left": 1}
    jens = reloaded(cast.jens)
    assert (f"{jens.left_on}", jens.is_active) == ("2019-12-31", False)
    assert led_units(jens) == {}
    assert jens.memberships.get().role == Membership.Role.READER
    assert client.get(board).url.startswith("/log-ind/"), "the session ended"
    assert cast.passed.leader == jens


def test_returning_employee_may_sign_in_but_not_a_blocked_user(cast, import_staff_file):
    for each in (cast.karen, cast.anne):
        User.objects.filter(pk=each.pk).update(is_active=False)
    User.objects.filter(pk=cast.karen.pk).update(left_on="2020-01-01")
    staff = import_staff_file(
        xlsx(person("karen@kk.example", cast.karen.name), person("anne@kk.example", "Anne Ny")), save=False
    )
    assert staff.rows.get(row=2).changes == {"left_on": ["01-01-2020", ""]}
    staff_changes.commit_staff_import(staff, by=None)
    assert (reloaded(cast.karen).left_on, reloaded(cast.karen).is_active) == (None, True)
    assert (reloaded(cast.anne).name, reloaded(cast.anne).is_active) == ("Anne Ny", False)


def test_placeholder_last_day_is_no_last_day(import_staff_file):
    never = ["31-12-9999", "31.12.9999", "31-12-9999 00:00", "99991231", "00-00-0000"]
    staff = import_staff_file(csv(*(person(f"p{at}@kk.example", Fratrædelsesdato=day) for at, day in enumerate(never))))
    assert problem_messages(staff) == []
    assert nonzero_counts(staff) == {"new": 5}
    assert not User.objects.exclude(left_on=None).exists()


def test_future_last_day_keeps_the_employee(cast, import_staff_file):
    later = f"{danish.local_date(timezone.now()) + timedelta(days=30):%d-%m-%Y}"
    staff = import_staff_file(xlsx(person("karen@kk.example", cast.karen.name, Fratrådt=later)), save=False)
    assert nonzero_counts(staff) == {"known": 1}
    assert [message[:23] for _, _, message in problem_messages(staff)] == ["Datoen er ikke kommet. "]


def test_full_staff_file_marks_missing_people_as_left(cast, import_staff_file):
    everybody = [person(user.email, user.name, "") for user in User.objects.exclude(pk=cast.karen.pk)]
    assert nonzero_counts(import_staff_file(xlsx(*everybody), save=False)) == {"known": 11}
    staff = import_staff_file(xlsx(*everybody), is_everybody=True)
    assert nonzero_counts(staff) == {"known": 11, "missing": 1}
    assert reloaded(cast.karen).is_active is False
    assert User.objects.filter(left_on=None).count() == 11


def test_staff_file_keeps_its_author_and_the_last_kit_admin(cast, import_staff_file):
    content = xlsx(person("mette@kk.example", Aktiv="nej"), person("karen@kk.example", Aktiv="nej"))
    staff = import_staff_file(content)
    assert nonzero_counts(staff) == {"left": 1, "rejected": 1}
    assert reloaded(cast.mette).is_active
    staff = staff_file.read_staff_file(content, "personale.xlsx", by=None)
    assert staff_changes.commit_staff_import(staff, by=None)
    assert reloaded(cast.mette).is_active, "the last who can"
    import_staff_file(xlsx(person("karen@kk.example")), is_everybody=True)
    assert list(User.objects.filter(is_active=True, memberships__role="KIT_ADMIN")) == [cast.mette]
    MembershipFactory(user=cast.karen, unit=cast.root, role=Membership.Role.KIT_ADMIN)
    staff = staff_file.read_staff_file(content, "personale.xlsx", by=cast.karen)
    assert staff_changes.commit_staff_import(staff, by=cast.karen)
    assert (reloaded(cast.mette).is_active, reloaded(cast.karen).is_active) == (False, True)


@pytest.mark.parametrize(
    ("cells", "leader"),
    [
        ({"Leder": "anne@kk.example"}, "anne"),
        ({"Leder": "ANNE ØSTERGAARD"}, "anne"),
        ({"Leder": "ja"}, "nora"),
    ],
)
def test_named_leader_gets_the_lead_of_the_unit(cast, import_staff_file, cells, leader):
    import_staff_file(xlsx(person("nora@kk.example", **cells)))
    assert led_units(User.objects.get(email=f"{leader}@kk.example")) == {"Svalevejens Skole": {"staff_file"}}
    assert led_units(cast.jens) == {"Svalevejens Skole": {"hand"}}, "a person gave it"


def test_leader_of_a_leader_gets_no_administration(cast, import_staff_file):
    import_staff_file(
        xlsx(
            person("nora@kk.example", Leder="anne@kk.example"),
            person("anne@kk.example", cast.anne.name, Leder="sofie@kk.example"),
            person("sofie@kk.example", cast.sofie.name, "BUF", Leder="mette@kk.example", Er_leder="ja"),
        )
    )
    assert led_units(cast.anne) == {"Svalevejens Skole": {"staff_file"}}
    assert led_units(cast.sofie) == led_units(cast.mette) == {}


def test_leader_missing_in_the_next_file_loses_the_lead(cast, import_staff_file):
    import_staff_file(xlsx(person("nora@kk.example", Leder="anne@kk.example")))
    import_staff_file(xlsx(person("nora@kk.example")))
    assert led_units(cast.anne) == {"Svalevejens Skole": {"staff_file"}}, "a file without leaders says nothing of them"
    import_staff_file(xlsx(person("nora@kk.example", Leder="karen@kk.example")))
    assert led_units(cast.anne) == {}
    assert led_units(cast.karen) == {"Svalevejens Skole": {"staff_file"}}


def test_letter_list_and_staff_file_keep_each_others_leaders(cast, import_staff_file):
    def bring(*letters):
        batch, _ = uploads.receive_file(cast.incident, "liste.xlsx", letter_list(*letters), by=None)
        batches.read_batch(batch.pk)
        batches.request_commit(batch, by=None)
        assert batches.commit_batch(batch.pk)

    import_staff_file(xlsx(person("nora@kk.example", Leder="anne@kk.example")))
    bring(letter_row(1, Leders_e_mail="karen@kk.example"), letter_row(2, Leders_e_mail="anne@kk.example"))
    assert led_units(cast.anne) == {"Svalevejens Skole": {"import", "staff_file"}}, "both give it"
    import_staff_file(xlsx(person("nora@kk.example", Leder="karen@kk.example")))
    assert led_units(cast.karen) == {"Svalevejens Skole": {"import", "staff_file"}}
    import_staff_file(xlsx(person("nora@kk.example", Leder="jens@kk.example")))
    assert led_units(cast.karen) == {"Svalevejens Skole": {"import"}}, "a letter still says so"
    import_staff_file(xlsx(person("karen@kk.example", Aktiv="nej")))
    bring(letter_row(1, Leders_e_mail="karen@kk.example", Emne="Nyt"))
    assert led_units(cast.karen) == {}, "who has left is made no leader again"


def test_returning_leader_leads_units_of_their_letters(cast, import_staff_file):
    LetterFactory(incident=cast.incident, unit=cast.svalevej, leader=cast.karen)
    import_staff_file(xlsx(person("karen@kk.example", Aktiv="nej")))
    assert led_units(cast.karen) == {}
    staff = import_staff_file(xlsx(person("karen@kk.example")), save=False)
    assert staff_file.save_staff_file(staff, by=cast.mette)
    assert led_units(cast.karen) == {"Svalevejens Skole": {"import"}}


def test_people_are_inserted_before_memberships_are_locked(import_staff_file):
    """An import of letters locks in the same order, so the two imports cannot deadlock."""
    staff = import_staff_file(xlsx(person("nora@kk.example")), save=False)
    with CaptureQueriesContext(connection) as asked:
        staff_changes.commit_staff_import(staff, by=None)
    written = [query["sql"].strip() for query in asked.captured_queries]
    order = [
        next(at for at, sql in enumerate(written) if sql.startswith(start))
        for start in ("WITH people", "LOCK TABLE accounts_membership", "MERGE INTO accounts_membership")
    ]
    assert order == sorted(order)


def test_unknown_and_ambiguous_leaders_are_reported(cast, import_staff_file):
    import_staff_file(xlsx(person("a@kk.example", "Ib Holm"), person("b@kk.example", "Ib Holm", "Lærkeparkens Skole")))
    staff = import_staff_file(
        xlsx(
            person("c@kk.example", unit="Borgercenter Øst", Leder="Ib Holm"),
            person("d@kk.example", Leder="Ib Holm"),
            person("e@kk.example", Leder="ukendt@kk.example"),
            person("f@kk.example", unit="", Er_leder="ja"),
        ),
        save=False,
    )
    assert problem_messages(staff) == [
        (2, "Leder", "Vi kan ikke se, hvem lederen er. Skriv lederens e-mail."),
        (4, "Leder", "Lederen er hverken i filen eller i systemet. Tilføj lederen til filen."),
        (5, "Er leder", "Personen er leder, men enheden mangler."),
    ]
    assert staff.rows.get(row=3).leader_email == "a@kk.example", "the one in the same unit"


def test_units_are_matched_by_code_name_and_administration(cast, import_staff_file):
    Unit.objects.filter(pk=cast.laerkepark.pk).update(code="4711")
    UnitFactory(name="Svalevejens Skole", parent=cast.sof)
    UnitAlias.objects.create(parent=cast.sof, name="Borgercentret", unit=cast.borgercenter)
    staff = import_staff_file(
        csv(
            person("a@kk.example", unit="4711"),
            person("b@kk.example", unit="svalevejens skole", Forvaltning="BUF"),
            person("c@kk.example", unit="Borgercentret"),
            person("d@kk.example", unit="Svalevejens Skole"),
            person("e@kk.example", unit="Findes ikke"),
        ),
        save=False,
    )
    names = ["Lærkeparkens Skole", "Svalevejens Skole", "Borgercenter Øst", None, None]
    assert list(staff.rows.values_list("unit__name", flat=True)) == names
    assert [message for _, _, message in problem_messages(staff)] == [
        "2 enheder hedder sådan. Skriv forvaltningen eller enhedens kode.",
        "Vi kender ikke enheden. Personen får ingen ny enhed.",
    ]
    assert Unit.objects.count() == 8, "a staff file makes no units"


def test_unusable_rows_are_rejected_with_a_sentence(cast, import_staff_file):
    staff = import_staff_file(
        xlsx(
            person("", "Nora"),
            person("nora@kk"),
            person("karen@kk.example", cast.karen.name),
            person("Karen@KK.example", "Karen Bülow Møller"),
            person("karen@kk.example", "En Anden"),
            person("a@kk.example", Aktiv="måske"),
            person("b@kk.example", Fratrådt="31-02-2020"),
        )
    )
    assert nonzero_counts(staff) == {"known": 1, "rejected": 6}
    messages = problem_messages(staff)
    assert messages[0] == (2, "E-mail", "E-mailen mangler. Tilføj den, så vi kan kende personen.")
    assert (6, "E-mail", "En anden person har den samme e-mail i række 4. Den række gælder.") in messages


def test_staff_file_stores_no_cpr_number(cast, import_staff_file):
    staff = import_staff_file(
        xlsx(
            person("a@kk.example", "Ib 010270-1234"),
            person("010270-1234@kk.example"),
            person("b@kk.example", unit="010270-1234", Leder="Ib 010270-1234", Aktiv="ja"),
            person("c@kk.example", Aktiv="010270-1234"),
            person("d@kk.example", Leder="010270-1234@kk.example", Er_leder="010270-1234", Fratrådt="010270-1234"),
        ),
        save=False,
    )
    kept = str([list(model.objects.values_list()) for model in (StaffImport, StaffRow)])
    assert "0102701234" not in kept.replace("-", "")
    assert nonzero_counts(staff) == {"new": 1, "rejected": 4}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\x89PNG\r\n\x1a\n", "er et billede"),
        (workbook([["Navn", "Enhed"], ["Karen", "Skolen"]]), "Kolonnen »E-mail« mangler"),
    ],
    ids=["picture", "no e-mail"],
)
def test_wrong_file_is_refused_and_the_waiting_file_stays(import_staff_file, content, sentence):
    waiting = import_staff_file(xlsx(person("nora@kk.example")), save=False)
    with pytest.raises(Refused, match=sentence):
        import_staff_file(content)
    waiting.refresh_from_db()
    assert waiting.status == Status.CHECKED


def test_staff_file_with_too_many_rows_is_refused(import_staff_file, monkeypatch):
    monkeypatch.setattr(staff_file, "MAX_ROWS", 2)
    with pytest.raises(Refused, match="Del den, en fil for hver forvaltning"):
        import_staff_file(csv(*(person(f"p{number}@kk.example") for number in range(3))))
    assert not StaffImport.objects.exists()


def test_staff_file_reads_title_rows_blank_rows_and_split_names(import_staff_file):
    sheet = [
        ["Personale, januar"],
        [],
        ["Medarbejderens FORNAVN", "Fornavn", "Efternavn", "E-mailadresse", "Afdeling"],
        ["", "Søs", "Åkjær", "soes@kk.example", "Svalevejens Skole"],
        [],
        ["", "C:\\temp", "\\N", "sti@kk.example", "=1+1"],
    ]
    staff = import_staff_file(workbook(sheet))
    assert nonzero_counts(staff) == {"new": 2, "blank": 1}
    assert User.objects.get(email="soes@kk.example").name == "Søs Åkjær"
    assert User.objects.get(email="sti@kk.example").name == "C:\\temp \\N"


def test_staff_import_queries_do_not_grow_with_people(cast, import_staff_file, django_assert_max_num_queries):
    content = csv(*(person(f"p{number}@kk.example", Leder="anne@kk.example") for number in range(2000)))
    with django_assert_max_num_queries(50):
        staff = import_staff_file(content)
    assert nonzero_counts(staff) == {"new": 2000}
    assert led_units(cast.anne) == {"Svalevejens Skole": {"staff_file"}}
