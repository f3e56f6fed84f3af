"""A staff file: who is new, changed, left or back; who leads; and that nothing happens before somebody says so."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from letters.importing import staff_file
from letters.importing.files import reader, uploads
from sepo_incident.accounts import users
from sepo_incident.accounts.models import Membership, StaffImport, StaffRow, Unit, UnitAlias, User
from sepo_incident.accounts.staff_import import commit, plan, staging
from sepo_incident.core import danish
from tests.accounts.staff import csv, person, xlsx
from tests.factories import LetterFactory, MembershipFactory, UnitFactory
from tests.letters.lists import row as letter_row
from tests.letters.lists import workbook
from tests.letters.lists import xlsx as letter_list

pytestmark = pytest.mark.django_db
Status, LEADER = StaffImport.Status, Membership.Role.LEADER


@pytest.fixture
def take_in(cast):
    """``take_in(content)`` is the file afterwards; its counts are those that were committed."""

    def run(content: bytes, *, save: bool = True, **options) -> StaffImport:
        staff = staff_file.read_staff_file(content, "personale.xlsx", by=cast.mette, **options)
        if save:
            assert commit.commit_staff_import(staff, by=cast.mette)
        staff.refresh_from_db()
        return staff

    return run


def numbers(staff: StaffImport) -> dict[str, int]:
    """Those that are not nought."""
    counts = plan.count_verdicts(staff)
    assert counts.rows == counts.new + counts.known + counts.changed + counts.left + counts.rejected
    named = ("new", "known", "changed", "left", "rejected", "missing", "blank")
    return {name: getattr(counts, name) for name in named if getattr(counts, name)}


def snapshot() -> list[list[tuple]]:
    return [list(model.objects.order_by("pk").values_list()) for model in (User, Unit, Membership)]


def remarks(staff: StaffImport) -> list[tuple[int, str, str]]:
    return [(row.row, one["column"], one["message"]) for row in staff.rows.all() for one in row.problems]


def leads(person: User) -> dict[str, tuple[bool, bool]]:
    held = person.memberships.filter(role=LEADER).select_related("unit")
    return {each.unit.name: (each.made_by_import, each.made_by_staff_file) for each in held}


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def test_a_former_address_is_the_same_person(cast, take_in):
    users.correct_email(cast.karen, "karen.moeller@kk.example", seen="karen@kk.example", by=cast.mette)
    taken = take_in(xlsx(person("karen@kk.example", "Karen Bülow Møller")))
    assert numbers(taken) == {"known": 1}


def test_new_changed_and_known_people(cast, take_in):
    content = xlsx(
        person("nora@kk.example", "Nora Aaen"),
        person("KAREN@kk.example", "Karen Bülow Møller"),
        person("anne@kk.example", "Anne Østergaard Holm", "lærkeparkens-skole"),
        person("olga@kk.example", "Olga Nygaard", "Borgercenter Øst"),
    )
    before = snapshot()
    staff = take_in(content, save=False)
    assert snapshot() == before, "nothing happens before somebody says so"
    assert numbers(staff) == {"new": 1, "known": 1, "changed": 2}
    changes = dict(staff.rows.filter(verdict="CHANGED").values_list("email", "changes"))
    assert changes == {
        "anne@kk.example": {"name": ["Anne Østergaard", "Anne Østergaard Holm"]},
        "olga@kk.example": {"unit": ["", "Borgercenter Øst"]},
    }
    assert commit.commit_staff_import(staff, by=cast.mette)
    nora = User.objects.get(email="nora@kk.example")
    assert (nora.name, nora.unit, nora.is_active, nora.has_usable_password()) == (
        "Nora Aaen",
        cast.svalevej,
        True,
        False,
    )
    assert fresh(cast.anne).name == "Anne Østergaard Holm"
    assert fresh(cast.olga).unit == cast.borgercenter


def test_the_same_file_twice_changes_nothing_the_second_time(cast, take_in):
    content = xlsx(
        person("nora@kk.example", Leder="jens@kk.example"),
        person("karen@kk.example", "Karen B. Møller", "Lærkeparkens Skole", Er_leder="ja"),
        person("anne@kk.example", Aktiv="nej"),
    )
    take_in(content)
    before = snapshot()
    staff = take_in(content)
    assert numbers(staff) == {"known": 3}
    assert snapshot() == before
    assert commit.commit_staff_import(staff, by=cast.mette) is False


def test_the_ledger_keeps_who_how_many_and_whom_it_changed(cast, take_in):
    staff = take_in(xlsx(person("nora@kk.example"), person("karen@kk.example", cast.karen.name), person("x@y")))
    assert (staff.status, staff.committed_by, len(staff.sha256)) == (Status.COMMITTED, cast.mette, 64)
    assert staff.counts["new"] == staff.counts["known"] == 1
    assert set(staff.rows.values_list("email", flat=True)) == {"nora@kk.example", "x@y"}


def test_a_new_file_makes_the_waiting_one_give_way(take_in):
    first, second = (take_in(xlsx(person(f"{name}@kk.example")), save=False) for name in ("nora", "olav"))
    first.refresh_from_db()
    assert (first.status, second.status) == (Status.DISCARDED, Status.CHECKED)
    assert set(StaffRow.objects.values_list("email", flat=True)) == {"olav@kk.example"}
    assert staging.discard_staff_import(second)
    assert not staging.discard_staff_import(second)
    assert not StaffRow.objects.exists()


def test_who_has_left_cannot_sign_in_and_leads_no_more_but_stays(cast, take_in, as_user):
    client = as_user(cast.jens)
    board = reverse("board", args=[cast.svalevej.pk])
    assert client.get(board).status_code == 200
    Membership.objects.filter(user=cast.jens).update(made_by_import=True)
    MembershipFactory(user=cast.jens, unit=cast.buf, role=Membership.Role.READER)
    staff = take_in(xlsx(person("jens@kk.example", "Jens Ågård", Fratrådt="31-12-2019")))
    assert numbers(staff) == {"left": 1}
    jens = fresh(cast.jens)
    assert (f"{jens.left_on}", jens.is_active) == ("2019-12-31", False)
    assert leads(jens) == {}
    assert jens.memberships.get().role == Membership.Role.READER
    assert client.get(board).url.startswith("/log-ind/"), "the session ended"
    assert cast.passed.leader == jens


def test_a_role_that_a_person_gave_stays_with_who_has_left(cast, take_in):
    take_in(xlsx(person("jens@kk.example", Aktiv="nej")))
    assert leads(cast.jens) == {"Svalevejens Skole": (False, False)}
    assert fresh(cast.jens).left_on == danish.local_date(timezone.now())


def test_who_comes_back_may_sign_in_again_but_not_who_was_shut_out(cast, take_in):
    for each in (cast.karen, cast.anne):
        User.objects.filter(pk=each.pk).update(is_active=False)
    User.objects.filter(pk=cast.karen.pk).update(left_on="2020-01-01")
    staff = take_in(xlsx(person("karen@kk.example", cast.karen.name), person("anne@kk.example", "Anne Ny")), save=False)
    assert staff.rows.get(row=2).changes == {"left_on": ["01-01-2020", ""]}
    commit.commit_staff_import(staff, by=None)
    assert (fresh(cast.karen).left_on, fresh(cast.karen).is_active) == (None, True)
    assert (fresh(cast.anne).name, fresh(cast.anne).is_active) == ("Anne Ny", False)


@pytest.mark.parametrize("never", ["31-12-9999", "31.12.9999", "31-12-9999 00:00", "99991231", "00-00-0000"])
def test_the_end_of_time_is_nobodys_last_day(cast, take_in, never):
    staff = take_in(csv(person("karen@kk.example", cast.karen.name, Fratrædelsesdato=never)))
    assert remarks(staff) == []
    assert not User.objects.get(pk=cast.karen.pk).left_on


@pytest.mark.parametrize("none", ["-", "ingen", "N/A", "/o=KK/cn=anna"])
def test_what_says_that_there_is_no_address_is_nobody(take_in, none):
    staff = take_in(csv(person(none, "Anna Bø")), save=False)
    assert numbers(staff) == {"rejected": 1}
    assert [message[:17] for _, _, message in remarks(staff)] == ["E-mailen mangler."]


def test_somebody_who_leaves_later_is_still_here(cast, take_in):
    later = f"{danish.local_date(timezone.now()) + timedelta(days=30):%d-%m-%Y}"
    staff = take_in(xlsx(person("karen@kk.example", cast.karen.name, Fratrådt=later)), save=False)
    assert numbers(staff) == {"known": 1}
    assert [message[:23] for _, _, message in remarks(staff)] == ["Dagen er ikke kommet. P"]


def test_a_file_with_everybody_says_who_has_left(cast, take_in):
    everybody = [person(user.email, user.name, "") for user in User.objects.exclude(pk=cast.karen.pk)]
    assert numbers(take_in(xlsx(*everybody), save=False)) == {"known": 10}
    staff = take_in(xlsx(*everybody), is_everybody=True)
    assert numbers(staff) == {"known": 10, "missing": 1}
    assert fresh(cast.karen).is_active is False
    assert User.objects.filter(left_on=None).count() == 10


def test_nobody_locks_out_themselves_or_the_last_of_kit(cast, take_in):
    content = xlsx(person("mette@kk.example", Aktiv="nej"), person("karen@kk.example", Aktiv="nej"))
    staff = take_in(content)
    assert numbers(staff) == {"left": 1, "rejected": 1}
    assert fresh(cast.mette).is_active
    staff = staff_file.read_staff_file(content, "personale.xlsx", by=None)
    assert commit.commit_staff_import(staff, by=None)
    assert fresh(cast.mette).is_active, "the last who can"
    take_in(xlsx(person("karen@kk.example")), is_everybody=True)
    assert list(User.objects.filter(is_active=True, memberships__role="KIT_ADMIN")) == [cast.mette]
    MembershipFactory(user=cast.karen, unit=cast.root, role=Membership.Role.KIT_ADMIN)
    staff = staff_file.read_staff_file(content, "personale.xlsx", by=cast.karen)
    assert commit.commit_staff_import(staff, by=cast.karen)
    assert (fresh(cast.mette).is_active, fresh(cast.karen).is_active) == (False, True)


@pytest.mark.parametrize(
    ("cells", "leader"),
    [
        ({"Leder": "anne@kk.example"}, "anne"),
        ({"Leder": "Anne Østergaard"}, "anne"),
        ({"Leder": "ANNE ØSTERGAARD"}, "anne"),
        ({"Er_leder": "ja"}, "nora"),
        ({"Leder": "ja"}, "nora"),
    ],
)
def test_who_the_file_calls_a_leader_leads(cast, take_in, cells, leader):
    take_in(xlsx(person("nora@kk.example", **cells)))
    assert leads(User.objects.get(email=f"{leader}@kk.example")) == {"Svalevejens Skole": (False, True)}
    assert leads(cast.jens) == {"Svalevejens Skole": (False, False)}, "a person gave it"


def test_the_leader_of_a_leader_leads_further_up_and_no_file_opens_an_administration(cast, take_in):
    take_in(
        xlsx(
            person("nora@kk.example", Leder="anne@kk.example"),
            person("anne@kk.example", cast.anne.name, Leder="sofie@kk.example"),
            person("sofie@kk.example", cast.sofie.name, "BUF", Leder="mette@kk.example", Er_leder="ja"),
        )
    )
    assert leads(cast.anne) == {"Svalevejens Skole": (False, True)}
    assert leads(cast.sofie) == leads(cast.mette) == {}


def test_a_leader_whom_the_next_file_does_not_name_leads_no_more(cast, take_in):
    take_in(xlsx(person("nora@kk.example", Leder="anne@kk.example")))
    take_in(xlsx(person("nora@kk.example")))
    assert leads(cast.anne) == {"Svalevejens Skole": (False, True)}, "a file without leaders says nothing of them"
    take_in(xlsx(person("nora@kk.example", Leder="karen@kk.example")))
    assert leads(cast.anne) == {}
    assert leads(cast.karen) == {"Svalevejens Skole": (False, True)}


def test_a_list_of_letters_and_a_staff_file_do_not_take_each_others_leaders(cast, take_in):
    from letters.importing import batches

    def bring(*letters):
        batch, _ = uploads.receive_file(cast.incident, "liste.xlsx", letter_list(*letters), by=None)
        batches.read_batch(batch.pk)
        batches.request_commit(batch, by=None)
        assert batches.commit_batch(batch.pk)

    take_in(xlsx(person("nora@kk.example", Leder="anne@kk.example")))
    bring(letter_row(1, Leders_e_mail="karen@kk.example"), letter_row(2, Leders_e_mail="anne@kk.example"))
    assert leads(cast.anne) == {"Svalevejens Skole": (False, True)}, "no letter took it back"
    take_in(xlsx(person("nora@kk.example", Leder="karen@kk.example")))
    assert leads(cast.karen) == {"Svalevejens Skole": (True, True)}
    take_in(xlsx(person("nora@kk.example", Leder="jens@kk.example")))
    assert leads(cast.karen) == {"Svalevejens Skole": (True, False)}, "a letter still says so"
    take_in(xlsx(person("karen@kk.example", Aktiv="nej")))
    bring(letter_row(1, Leders_e_mail="karen@kk.example", Emne="Nyt"))
    assert leads(cast.karen) == {}, "who has left is made no leader again"


def test_who_is_back_leads_again_where_letters_say_so(cast, take_in):
    LetterFactory(incident=cast.incident, unit=cast.svalevej, leader=cast.karen)
    take_in(xlsx(person("karen@kk.example", Aktiv="nej")))
    assert leads(cast.karen) == {}
    staff = take_in(xlsx(person("karen@kk.example")), save=False)
    assert staff_file.save_staff_file(staff, by=cast.mette)
    assert leads(cast.karen) == {"Svalevejens Skole": (True, False)}


def test_people_are_written_before_the_turn_with_roles_is_taken(take_in):
    """As a list of letters does it, or the two would wait for each other."""
    staff = take_in(xlsx(person("nora@kk.example")), save=False)
    with CaptureQueriesContext(connection) as asked:
        commit.commit_staff_import(staff, by=None)
    written = [query["sql"].strip() for query in asked.captured_queries]
    order = [
        next(at for at, sql in enumerate(written) if sql.startswith(start))
        for start in ("INSERT INTO accounts_user", "LOCK TABLE accounts_membership", "DELETE FROM accounts_membership")
    ]
    assert order == sorted(order)


def test_leaders_that_nobody_knows_or_several_may_be_are_said(cast, take_in):
    take_in(xlsx(person("a@kk.example", "Ib Holm"), person("b@kk.example", "Ib Holm", "Lærkeparkens Skole")))
    staff = take_in(
        xlsx(
            person("c@kk.example", unit="Borgercenter Øst", Leder="Ib Holm"),
            person("d@kk.example", Leder="Ib Holm"),
            person("e@kk.example", Leder="ukendt@kk.example"),
            person("f@kk.example", unit="", Er_leder="ja"),
        ),
        save=False,
    )
    assert remarks(staff) == [
        (2, "Leder", "Vi kan ikke se, hvem lederen er. Skriv lederens e-mail."),
        (4, "Leder", "Lederen står hverken i filen eller her. Tilføj lederen til filen."),
        (5, "Er leder", "Personen er leder, men vi kan ikke se af hvilken enhed."),
    ]
    assert staff.rows.get(row=3).leader_email == "a@kk.example", "the one in the same unit"


def test_units_are_found_by_code_by_name_and_in_their_administration(cast, take_in):
    Unit.objects.filter(pk=cast.laerkepark.pk).update(code="4711")
    UnitFactory(name="Svalevejens Skole", parent=cast.sof)
    UnitAlias.objects.create(parent=cast.sof, name="Borgercentret", unit=cast.borgercenter)
    staff = take_in(
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
    assert [message for _, _, message in remarks(staff)] == [
        "2 enheder hedder sådan. Skriv også forvaltningen, eller enhedens kode.",
        "Vi kender ikke enheden. Personen kommer med uden, eller bliver, hvor de er.",
    ]
    assert Unit.objects.count() == 8, "a staff file makes no units"


def test_rows_that_cannot_be_used_are_rejected_with_a_sentence(cast, take_in):
    staff = take_in(
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
    assert numbers(staff) == {"known": 1, "rejected": 6}
    staff = take_in(xlsx(person("", "Nora"), person("k@kk.example"), person("k@kk.example", "Anden")), save=False)
    assert remarks(staff) == [
        (2, "E-mail", "E-mailen mangler. Uden den kan vi ikke kende personen."),
        (4, "E-mail", "En anden person har den samme e-mail i række 3. Den række gælder."),
    ]


def test_a_cpr_number_is_kept_nowhere(cast, take_in):
    staff = take_in(
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
    assert numbers(staff) == {"new": 1, "rejected": 4}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\x89PNG\r\n\x1a\n", "er et billede"),
        (workbook([]), "Arket er tomt"),
        (workbook([["Kære", "alle"], ["hej", "med jer"]]), "rækken med overskrifter"),
        (workbook([["Navn", "Enhed"], ["Karen", "Skolen"]]), "Kolonnen »E-mail« mangler"),
        (xlsx(), "Der står ingen personer"),
    ],
    ids=["picture", "empty", "no headers", "no e-mail", "nobody"],
)
def test_a_wrong_file_gets_a_sentence_and_the_waiting_one_stays(take_in, content, sentence):
    waiting = take_in(xlsx(person("nora@kk.example")), save=False)
    with pytest.raises(reader.Refused, match=sentence):
        take_in(content)
    waiting.refresh_from_db()
    assert waiting.status == Status.CHECKED


def test_too_many_rows_are_refused(take_in, monkeypatch):
    monkeypatch.setattr(staff_file, "MAX_ROWS", 2)
    with pytest.raises(reader.Refused, match="Del den, en fil for hver forvaltning"):
        take_in(csv(*(person(f"p{number}@kk.example") for number in range(3))))
    assert not StaffImport.objects.exists()


def test_title_rows_blank_rows_and_two_names_are_understood(take_in):
    sheet = [
        ["Personale, januar"],
        [],
        ["Medarbejderens FORNAVN", "Fornavn", "Efternavn", "E-mailadresse", "Afdeling"],
        ["", "Søs", "Åkjær", "soes@kk.example", "Svalevejens Skole"],
        [],
        ["", "C:\\temp", "\\N", "sti@kk.example", "=1+1"],
    ]
    staff = take_in(workbook(sheet))
    assert numbers(staff) == {"new": 2, "blank": 1}
    assert User.objects.get(email="soes@kk.example").name == "Søs Åkjær"
    assert User.objects.get(email="sti@kk.example").name == "C:\\temp \\N"


def test_two_thousand_people_take_no_query_each(cast, take_in, django_assert_max_num_queries):
    content = csv(*(person(f"p{number}@kk.example", Leder="anne@kk.example") for number in range(2000)))
    with django_assert_max_num_queries(50):
        staff = take_in(content)
    assert numbers(staff) == {"new": 2000}
    assert leads(cast.anne) == {"Svalevejens Skole": (False, True)}
