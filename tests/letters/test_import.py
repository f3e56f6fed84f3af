"""From bytes to letters: what is new, known, changed and rejected; twice is once; no CPR number stays."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.management import call_command
from django.db import DataError, IntegrityError, OperationalError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from psycopg2 import sql

from followups.models import FollowUp
from letters.importing import batches, staging
from letters.importing.checks import duplicates, person_addresses
from letters.importing.files import reader, uploads
from letters.importing.plan import letter_comparison
from letters.importing.rows.row_parser import shown_cells_from_fields
from letters.models import ImportBatch, ImportFilePart, ImportRow, Incident, Letter
from letters.models.missing_owner import missing_owner_conditions
from letters.recipient_keys import hash_recipient
from letters.samples import COLUMNS
from sepo_incident.accounts import users
from sepo_incident.accounts.models import Membership, Unit, User
from tests.factories import at
from tests.letters.awkward.files import FILES
from tests.letters.lists import csv, row, workbook, xlsx

pytestmark = pytest.mark.django_db
Status = ImportBatch.Status


def verdicts(batch: ImportBatch) -> list[str]:
    return list(batch.rows.values_list("verdict", flat=True))


def imported(number: int = 1) -> Letter:
    return Letter.objects.get(source_ref=f"B-{number}")


def snapshot() -> list[list[tuple]]:
    """Everything an import may write, but for the batches themselves."""
    return [list(model.objects.order_by("pk").values_list()) for model in (Letter, User, Unit, Membership)]


def test_a_row_becomes_a_letter_with_its_people_and_units(cast, take_in):
    batch = take_in(xlsx(row(1, Afsender="Søs Åkjær", Afsenders_e_mail="soak@kk.example", Underenhed="Udskoling")))
    letter = imported()
    assert batch.status == Status.COMMITTED
    assert (letter.incident, letter.batch) == (cast.incident, batch)
    assert letter.sent_at == at(2019, 12, 11, 9, 14)
    assert letter.recipient_key == hash_recipient("0102701234")
    assert (letter.sender.name, letter.sender.unit) == ("Søs Åkjær", letter.unit)
    assert not letter.sender.has_usable_password()
    assert letter.leader == cast.jens
    assert (letter.unit.name, letter.unit.kind, letter.unit.parent) == ("Udskoling", Unit.Kind.SUBUNIT, cast.svalevej)
    assert letter.unit.lineage == [cast.root.pk, cast.buf.pk, cast.area.pk, cast.svalevej.pk, letter.unit.pk]
    assert Membership.objects.filter(user=cast.jens, unit=letter.unit, role=Membership.Role.LEADER).exists()
    assert batch.rows.get().letter == letter


def test_what_is_there_is_found_and_not_made_again(cast, take_in):
    people, units = User.objects.count(), Unit.objects.count()
    take_in(xlsx(row(1, Afsenders_e_mail="KAREN@kk.example", Forvaltning="BUF", Enhed="SVALEVEJENS skole")))
    assert (User.objects.count(), Unit.objects.count()) == (people, units)
    assert (imported().sender, imported().unit) == (cast.karen, cast.svalevej)


def test_a_former_address_is_the_same_person(cast, take_in):
    users.correct_email(cast.karen, "karen.moeller@kk.example", seen="karen@kk.example", by=cast.mette)
    waiting = take_in(xlsx(row(2, Leders_e_mail="jens@kk.example")), commit=False)
    users.correct_email(cast.jens, "jens.aagaard@kk.example", seen="jens@kk.example", by=cast.mette)
    person_addresses.replace_former_addresses()
    assert set(waiting.rows.values_list("sender_email", "leader_email")) == {
        ("karen.moeller@kk.example", "jens.aagaard@kk.example")
    }
    take_in(xlsx(row(1)))
    assert (imported().sender, imported().leader) == (cast.karen, cast.jens)
    assert not User.objects.filter(email__in=["karen@kk.example", "jens@kk.example"]).exists()


def test_a_new_administration_gets_its_code_and_empty_levels_are_skipped(cast, take_in):
    take_in(xlsx(row(1, Forvaltning="Teknik- og Miljøforvaltningen", Område="", Enhed="Parker")))
    unit = imported().unit
    assert (unit.parent.code, unit.parent.kind, unit.parent.parent) == ("TMF", Unit.Kind.ADMINISTRATION, cast.root)


def test_nothing_is_a_letter_before_it_is_committed(cast, take_in):
    before = snapshot()
    batch = take_in(xlsx(row(1), row(2)), commit=False)
    assert batch.status == Status.CHECKED
    assert verdicts(batch) == ["NEW", "NEW"]
    assert snapshot() == before


def test_the_same_file_is_the_same_batch(cast, take_in):
    first = take_in(xlsx(row(1)))
    before = snapshot()
    again, is_to_read = uploads.receive_file(cast.incident, "andet navn.xlsx", xlsx(row(1)), by=cast.mette)
    assert (again, is_to_read) == (first, False)
    assert letter_comparison.count_against_letters_now(first).known == 1
    assert verdicts(first) == ["NEW"], "the record of the first time stands"
    assert snapshot() == before


def test_the_same_rows_in_another_file_change_nothing(take_in):
    take_in(xlsx(row(1), row(2, Emne=""), row(3, Leders_e_mail="")))
    before = snapshot()
    batch = take_in(csv(row(3, Leders_e_mail=""), row(1), row(2, Emne="")))
    assert verdicts(batch) == ["KNOWN"] * 3
    assert snapshot() == before


def test_rows_are_written_once(take_in, monkeypatch):
    """Staged with the verdict they will get, a first list's rows are not written again, nor those of a known list."""

    def places_on_disk(batch: ImportBatch) -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT ctid::text FROM letters_importrow WHERE batch_id = %s ORDER BY row", [batch.pk])
            return [ctid for (ctid,) in cursor.fetchall()]

    staged, comparing = [], letter_comparison.compare_with_letters
    monkeypatch.setattr(
        letter_comparison,
        "compare_with_letters",
        lambda batch: (staged.append(places_on_disk(batch)), comparing(batch)),
    )
    for content, verdict in ((xlsx(row(1), row(2)), "NEW"), (csv(row(1), row(2)), "KNOWN")):
        batch = take_in(content)
        assert verdicts(batch) == [verdict] * 2
        assert staged.pop() == staged.pop() == places_on_disk(batch)


@pytest.mark.parametrize("leader", ["jens@kk.example", ""], ids=["without problems", "with a problem"])
def test_signs_that_mean_something_on_the_way_stay_what_they_are(take_in, leader):
    subject = "C:\\temp\\N, \\. \"Møde\", 'x' {} NULL"
    batch = take_in(xlsx(row(1, Emne=subject, Underenhed="\\N", Leders_e_mail=leader)))
    assert (imported().subject, imported().unit.name) == (subject, "\\N")
    staged = batch.rows.get()
    assert (staged.shown or shown_cells_from_fields(staged))["subject"] == subject


def test_committing_twice_is_committing_once(take_in):
    batch = take_in(xlsx(row(1)))
    before = snapshot()
    assert batches.commit_batch(batch.pk) is False
    assert batches.request_commit(batch, by=None) is False
    assert snapshot() == before


@pytest.mark.parametrize(
    ("cells", "field", "before", "after"),
    [
        ({"Emne": "Et andet emne"}, "subject", "Partshøring om udeblivelse", "Et andet emne"),
        ({"Sendt": "12-12-2019 08:00"}, "sent_at", "11-12-2019 09:14", "12-12-2019 08:00"),
        ({"Afsenders_e_mail": "anne@kk.example"}, "sender_email", "karen@kk.example", "anne@kk.example"),
        ({"Leders_e_mail": ""}, "leader_email", "jens@kk.example", ""),
        ({"Enhed": "Lærkeparkens Skole"}, "unit_name", "Svalevejens Skole", "Lærkeparkens Skole"),
        ({"Enhed": "En helt ny enhed"}, "unit_name", "Svalevejens Skole", "En helt ny enhed"),
        ({"Modtagertype": ""}, "recipient_kind", "CITIZEN", "UNKNOWN"),
    ],
)
def test_a_changed_row_says_what_changed_and_gives_the_letter_its_new_facts(take_in, cells, field, before, after):
    take_in(xlsx(row(1)))
    first = imported()
    batch = take_in(xlsx(row(1, **cells)), commit=False)
    assert verdicts(batch) == ["CHANGED"]
    assert batch.rows.get().changes == {field: [before, after]}
    take_in(xlsx(row(1, **cells), row(2)))
    assert imported().pk == first.pk
    assert verdicts(take_in(csv(row(1, **cells)))) == ["KNOWN"]


def test_a_change_never_touches_a_decision(cast, take_in):
    take_in(xlsx(row(1)))
    followup = FollowUp.objects.create(letter=imported())
    before = FollowUp.objects.filter(pk=followup.pk).values().get()
    take_in(xlsx(row(1, Emne="Nyt emne", Leders_e_mail="torben@kk.example")))
    assert imported().subject == "Nyt emne"
    assert imported().leader == cast.torben
    assert FollowUp.objects.filter(pk=followup.pk).values().get() == before


def leads(person: User) -> set[str]:
    held = Membership.objects.filter(user=person, role=Membership.Role.LEADER)
    return set(held.values_list("unit__name", flat=True))


def test_a_corrected_leader_leads_there_no_more(cast, take_in):
    take_in(xlsx(row(1, Leders_e_mail="anne@kk.example"), row(2, Leders_e_mail="anne@kk.example"), row(3)))
    assert leads(cast.anne) == {"Svalevejens Skole"}
    take_in(csv(row(1)))
    assert leads(cast.anne) == {"Svalevejens Skole"}, "her other letter still says so"
    take_in(csv(row(2, Enhed="Lærkeparkens Skole", Leders_e_mail="anne@kk.example")))
    assert leads(cast.anne) == {"Lærkeparkens Skole"}
    take_in(csv(row(2)))
    assert leads(cast.anne) == set()


def test_the_same_corrected_list_again_changes_nothing(cast, take_in):
    take_in(xlsx(row(1, Leders_e_mail="anne@kk.example")))
    take_in(csv(row(1)))
    before = snapshot()
    take_in(xlsx(row(1), columns=tuple(reversed(list(row())))))
    assert snapshot() == before


def test_a_withdrawn_letter_makes_nobody_a_leader(cast, take_in):
    take_in(xlsx(row(1, Leders_e_mail="anne@kk.example")))
    Letter.objects.filter(source_ref="B-1").update(withdrawn_at=timezone.now())
    take_in(csv(row(2)))
    assert leads(cast.anne) == set()


def test_a_role_that_was_lost_comes_back_with_the_same_rows(cast, take_in):
    take_in(xlsx(row(1, Leders_e_mail="anne@kk.example")))
    Membership.objects.filter(user=cast.anne).delete()
    take_in(csv(row(1, Leders_e_mail="anne@kk.example")))
    assert leads(cast.anne) == {"Svalevejens Skole"}


@pytest.mark.django_db(transaction=True)
def test_a_list_takes_no_role_that_another_incident_is_giving_at_the_same_moment(cast, take_in):
    take_in(xlsx(row(1, Leders_e_mail="anne@kk.example")))
    given = waiting_to_go_in(another_incident(cast), csv(row(2, Leders_e_mail="anne@kk.example")))
    taken = take_in(csv(row(1)), commit=False)
    batches.request_commit(taken, by=None)
    is_given, may_end = threading.Event(), threading.Event()

    def give() -> None:
        try:
            with transaction.atomic():
                batches.commit_batch(given.pk)
                is_given.set()
                may_end.wait(10)
        finally:
            connections.close_all()

    def take() -> None:
        try:
            batches.commit_batch(taken.pk)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        giving = pool.submit(give)
        assert is_given.wait(10)
        taking = pool.submit(take)
        time.sleep(0.5)
        may_end.set()
        giving.result(10), taking.result(10)
    assert leads(cast.anne) == {"Svalevejens Skole"}


def another_incident(cast) -> Incident:
    same = {name: getattr(cast.incident, name) for name in ("first_day", "last_day", "deadline")}
    return Incident.objects.create(slug="en-anden", title="En anden", **same)


def waiting_to_go_in(incident: Incident, content: bytes) -> ImportBatch:
    batch, _ = uploads.receive_file(incident, "liste.csv", content, by=None)
    batches.read_batch(batch.pk)
    batches.request_commit(batch, by=None)
    return batch


@pytest.mark.parametrize("is_before", [True, False], ids=["before the list", "after the list"])
def test_a_role_that_a_person_gave_is_never_taken_by_a_list(cast, take_in, is_before):
    def give():
        call_command("grant_role", "anne@kk.example", "LEADER", unit=cast.svalevej.pk)

    if is_before:
        give()
    take_in(xlsx(row(1, Leders_e_mail="anne@kk.example")))
    if not is_before:
        give()
    take_in(csv(row(1)))
    assert leads(cast.anne) == {"Svalevejens Skole"}


def test_the_subject_of_a_personnel_case_is_not_among_the_changes(take_in):
    take_in(xlsx(row(1, Modtagertype="Medarbejder")))
    batch = take_in(xlsx(row(1, Modtagertype="Medarbejder", Emne="Tjenstlig samtale")), commit=False)
    assert batch.rows.get().changes == {"subject": ["Personalesag (emne skjult)"] * 2}


def test_a_rejected_row_does_not_take_the_place_of_a_good_one(take_in):
    assert verdicts(take_in(xlsx(row(1, Sendt="i går"), row(1)))) == ["REJECTED", "NEW"]


@pytest.mark.parametrize(
    ("cells", "lacks"),
    [
        ({"Afsenders_e_mail": ""}, ["afsender"]),
        ({"Leder": "", "Leders_e_mail": ""}, ["leder"]),
        ({"Afsender": "", "Afsenders_e_mail": "", "Leders_e_mail": ""}, ["afsender", "leder"]),
        ({"Enhed": "", "Område": ""}, ["enhed"]),
        ({"Enhed": "", "Område": "", "Forvaltning": ""}, ["enhed"]),
        ({"Enhed": ""}, []),
        ({"Emne": ""}, []),
    ],
)
def test_what_is_missing_rejects_nothing_and_stands_on_the_work_list(take_in, cells, lacks):
    take_in(xlsx(row(1, **cells)))
    assert [
        what for what, where in missing_owner_conditions().items() if Letter.objects.filter(where, source_ref="B-1")
    ] == lacks
    assert (imported() in Letter.objects.without_owner()) is bool(lacks)


@pytest.mark.parametrize(
    ("empty", "unit"),
    [
        (["Underenhed", "Enhed"], "Område Nørrebro"),
        (["Enhed", "Område"], "Børne- og Ungdomsforvaltningen"),
        (["Enhed", "Område", "Forvaltning"], "Københavns Kommune"),
    ],
)
def test_a_row_without_a_unit_is_at_the_deepest_level_it_names(cast, take_in, empty, unit):
    units = Unit.objects.count()
    batch = take_in(xlsx(row(1, **dict.fromkeys(empty, ""))))
    assert imported().unit.name == unit
    assert Unit.objects.count() == units
    [problem] = batch.rows.get().problems
    assert (problem["column"], problem["severity"]) == ("Enhed", "notice")
    assert verdicts(take_in(csv(row(1, **dict.fromkeys(empty, ""))))) == ["KNOWN"]
    assert set(Letter.objects.visible_to(cast.mette)) >= {imported()}


def test_a_row_without_a_unit_makes_nobody_the_leader_of_all_that_lies_below(cast, take_in):
    take_in(
        xlsx(
            row(1, Enhed="", Leders_e_mail="anne@kk.example"),
            row(2, Enhed="", Område="", Forvaltning="", Leders_e_mail="anne@kk.example"),
        )
    )
    assert imported(2).leader == cast.anne
    assert leads(cast.anne) == set()


def test_counts_add_up(take_in):
    take_in(xlsx(row(1), row(2)))
    batch = take_in(xlsx(row(1), row(2, Emne="Ny"), row(3, Emne=""), row(4, Sendt="")), commit=False)
    counts = letter_comparison.count_rows(batch)
    assert counts == letter_comparison.RowCounts(
        rows=4, new=1, known=1, changed=1, rejected=1, noticed=1, corrected=0, blank=0
    )
    assert (counts.coming, counts.with_problems) == (2, 2)


def test_no_cpr_number_is_anywhere_in_the_database(take_in):
    numbers = ["010270-1234", "0102701234", "020370-4321", "0203704321"]
    take_in(
        xlsx(
            row(1, Emne="Vedr. 020370-4321"),
            row(2, Brev_id="0102701234"),
            row(3, Afsenders_e_mail="0102701234"),
            row(4, Sendt="020370-4321"),
            row(5, Afsender="0102701234", Underenhed="Hold 020370 4321"),
        ),
        name="Liste om 010270-1234.xlsx",
    )
    assert Letter.objects.filter(source_ref="B-1").exists()
    assert not ImportFilePart.objects.exists(), "the bytes name recipients, so they go when they are read"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
            " AND data_type IN ('text', 'character varying', 'jsonb', 'bytea')"
        )
        columns = cursor.fetchall()
        assert ("letters_importrow", "shown") in columns
        for table, column in columns:
            query = sql.SQL("SELECT count(*) FROM {} WHERE {}::text ~ %s").format(
                sql.Identifier(table), sql.Identifier(column)
            )
            cursor.execute(query, ["010270.?1234|020370.?4321"])
            assert cursor.fetchone() == (0,), f"{table}.{column} holds one of {numbers}"


def test_a_file_that_cannot_be_read_leaves_a_sentence_and_nothing_else(take_in):
    before = snapshot()
    batch = take_in(xlsx(), commit=False)
    assert batch.status == Status.FAILED
    assert "ingen breve under overskrifterne" in batch.refusal
    assert (batch.rows.count(), ImportFilePart.objects.count(), snapshot()) == (0, 0, before)


def stumble(*_):
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("room", "step"),
    [(staging, "_copy_rows"), (duplicates, "mark_duplicates"), (letter_comparison, "compare_with_letters")],
)
def test_a_fault_of_ours_is_said_and_not_swallowed(cast, monkeypatch, room, step):
    monkeypatch.setattr(room, step, stumble)
    batch, _ = uploads.receive_file(cast.incident, "liste.xlsx", xlsx(row(1)), by=None)
    with pytest.raises(ZeroDivisionError):
        batches.read_batch(batch.pk)
    batch.refresh_from_db()
    assert (batch.status, batch.refusal) == (Status.FAILED, reader.OUR_FAULT_MESSAGE)


def test_a_row_lost_on_its_way_is_never_silent(cast, monkeypatch):
    taking = reader.RawList._rows
    monkeypatch.setattr(reader.RawList, "_rows", lambda *args: (raw for raw in taking(*args) if raw.number != 3))
    batch, _ = uploads.receive_file(cast.incident, "liste.xlsx", xlsx(row(1), row(2), row(3)), by=None)
    with pytest.raises(staging.RowsLostError, match="3 rows in the file, but 0 blank and 2 staged"):
        batches.read_batch(batch.pk)
    batch.refresh_from_db()
    assert (batch.status, batch.refusal) == (Status.FAILED, reader.OUR_FAULT_MESSAGE)


def test_a_fault_of_ours_in_a_commit_waits_for_people_again(cast, take_in, monkeypatch):
    batch = take_in(xlsx(row(1)), commit=False)
    before = snapshot()
    batches.request_commit(batch, by=cast.mette)
    with monkeypatch.context() as broken:
        broken.setattr(letter_comparison, "plan_for_bulk_joins", stumble)
        with pytest.raises(ZeroDivisionError):
            batches.commit_batch(batch.pk)
    batch.refresh_from_db()
    assert (batch.status, batch.committed_by, batch.refusal) == (Status.CHECKED, None, batches.COMMIT_FAILED_MESSAGE)
    assert snapshot() == before
    assert batches.request_commit(batch, by=cast.mette)
    assert batches.commit_batch(batch.pk)
    batch.refresh_from_db()
    assert (batch.status, batch.refusal) == (Status.COMMITTED, "")


def lose_the_connection(*_):
    raise OperationalError


@pytest.mark.parametrize(
    ("room", "step"),
    [(staging, "_copy_rows"), (duplicates, "mark_duplicates"), (letter_comparison, "compare_with_letters")],
)
def test_a_reading_that_the_database_stopped_is_begun_anew(cast, monkeypatch, room, step):
    batch, _ = uploads.receive_file(cast.incident, "liste.xlsx", xlsx(row(1), row(2)), by=None)
    with monkeypatch.context() as broken:
        broken.setattr(room, step, lose_the_connection)
        with pytest.raises(OperationalError):
            batches.read_batch(batch.pk)
    batch.refresh_from_db()
    assert (batch.status, batch.refusal) == (Status.READING, "")
    assert batches.read_batch(batch.pk), "its file is still there"
    batch.refresh_from_db()
    assert (batch.status, batch.rows.count()) == (Status.CHECKED, 2)


def test_a_commit_that_the_database_stopped_is_begun_anew(take_in, monkeypatch):
    batch = take_in(xlsx(row(1)), commit=False)
    batches.request_commit(batch, by=None)
    with monkeypatch.context() as broken:
        broken.setattr(letter_comparison, "compare_with_letters", lose_the_connection)
        with pytest.raises(OperationalError):
            batches.commit_batch(batch.pk)
    assert batches.commit_batch(batch.pk), "it still stands there to be done"


def test_what_went_wrong_is_not_hidden_by_the_unlocking(take_in):
    """In an aborted transaction nothing works any more, the unlocking neither."""
    batch = take_in(xlsx(row(1)), commit=False)
    with (
        pytest.raises(DataError, match="division by zero"),
        transaction.atomic(),
        batches.advisory_lock(batches.LOCK_NAMESPACE, batch.pk),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT 1 / 0")


def test_a_list_discarded_as_the_reader_comes_stays_discarded(cast, monkeypatch):
    batch, _ = uploads.receive_file(cast.incident, "liste.xlsx", xlsx(row(1)), by=None)
    opening = batches.progress.track_progress
    # just before the batch is taken
    monkeypatch.setattr(batches.progress, "track_progress", lambda pk: (batches.discard_batch(batch), opening(pk))[1])
    assert batches.read_batch(batch.pk) == 0
    batch.refresh_from_db()
    assert (batch.status, batch.rows.count()) == (Status.DISCARDED, 0)


def test_a_discarded_list_can_be_read_again(cast, take_in):
    batch = take_in(xlsx(row(1)), commit=False)
    assert batches.discard_batch(batch)
    assert ImportRow.objects.filter(batch=batch).count() == 0
    assert take_in(xlsx(row(1))).pk == batch.pk
    assert imported().batch == batch


def test_a_committed_list_cannot_be_discarded(take_in):
    batch = take_in(xlsx(row(1)))
    assert batches.discard_batch(batch) is False
    assert batch.rows.count() == 1


def test_what_is_no_list_is_refused_before_anything_is_kept(cast):
    with pytest.raises(reader.Refused):
        uploads.receive_file(cast.incident, "liste.xlsx", b"\x89PNG", by=None)
    assert not ImportFilePart.objects.exists()


def test_a_commit_asks_as_often_about_three_rows_as_about_a_hundred(cast, take_in):
    few = take_in(xlsx(*(row(number, Enhed=f"Enhed {number}") for number in range(3))), commit=False)
    many = take_in(
        xlsx(*(row(n, Enhed=f"Sted {n}", Afsenders_e_mail=f"p{n}@kk.example") for n in range(10, 110))), commit=False
    )
    asked = []
    for batch in (few, many):
        batches.request_commit(batch, by=None)
        with CaptureQueriesContext(connection) as queries:
            batches.commit_batch(batch.pk)
        asked.append(len(queries))
    assert asked[0] == asked[1] <= 40


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("unit", ["Svalevejens Skole", "Enhed {}"], ids=["a known unit", "new units"])
def test_two_commits_at_once_take_turns(cast, take_in, monkeypatch, unit):
    """The same rows in two files, committed at the same moment: each letter once, and the second says it knew them."""
    rows = [row(n, Enhed=unit.format(n % 7), Afsenders_e_mail=f"p{n % 40}@kk.example") for n in range(300)]
    two = [take_in(xlsx(*rows), commit=False), take_in(csv(*rows), commit=False)]
    before = Letter.objects.count()
    for batch in two:
        batches.request_commit(batch, by=None)
    comparing = letter_comparison.compare_with_letters
    monkeypatch.setattr(letter_comparison, "compare_with_letters", lambda batch: (comparing(batch), time.sleep(0.5)))

    def commit(batch: ImportBatch) -> bool:
        try:
            return batches.commit_batch(batch.pk)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(commit, two)) == [True, True]
    assert Letter.objects.count() == before + 300
    counts = sorted(letter_comparison.count_rows(batch).new for batch in two)
    assert counts == [0, 300]
    assert Unit.objects.filter(name__startswith="Enhed ").count() == (7 if "{}" in unit else 0)
    assert User.objects.filter(email__regex=r"^p\d+@kk.example$").count() == 40


@pytest.mark.django_db(transaction=True)
def test_one_batch_is_committed_by_one(cast, take_in):
    batch = take_in(xlsx(*(row(n) for n in range(200))), commit=False)
    batches.request_commit(batch, by=None)

    def commit(_: int) -> bool:
        try:
            return batches.commit_batch(batch.pk)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(commit, range(4))) == [False, False, False, True]
    assert Letter.objects.filter(batch=batch).count() == 200


def test_letters_of_another_incident_are_others(take_in, cast):
    take_in(xlsx(row(1)))
    batch, _ = uploads.receive_file(another_incident(cast), "liste.xlsx", xlsx(row(1)), by=None)
    batches.read_batch(batch.pk)
    assert verdicts(batch) == ["NEW"]


def test_the_database_knows_the_kinds_of_recipient(cast):
    for rows in (Letter.objects.all(), ImportRow.objects.all()):
        with pytest.raises(IntegrityError, match="recipient_kind_known"), transaction.atomic():
            rows.update(recipient_kind="HUND")


def test_one_english_date_warns_of_the_whole_column(take_in):
    batch = take_in(csv(row(1, Sendt="12/10/2019 09:14"), row(2, Sendt="12/13/2019 09:14")), commit=False)
    assert any("Nogle datoer har måneden først" in remark for remark in batch.remarks)
    assert not take_in(csv(row(1), row(2, Sendt="11-13-2019 09:14")), commit=False).remarks


@pytest.mark.parametrize(
    ("header", "dates", "said"),
    [
        ("Sendt", ["12/10/2019 9:14 AM", "10/12/2019 13:05"], "Nogle datoer har måneden først"),
        ("Received", ["12/10/2019 09:14", "10/12/2019 13:05"], "Overskriften over datoerne er på engelsk"),
        ("Received", ["12/10/2019 09:14", "13/12/2019 13:05"], ""),
        ("Received", ["12/10/2019 9:14 AM", "12/11/2019 1:05 PM"], ""),
        ("Sendt", ["12/10/2019 09:14", "10/12/2019 13:05"], ""),
    ],
)
def test_dates_that_may_have_their_month_first_are_told(take_in, header, dates, said):
    content = csv(*(row(number, Sendt=date) for number, date in enumerate(dates)))
    batch = take_in(content.replace(b"Sendt", header.encode()), commit=False)
    assert [remark.startswith(said) for remark in batch.remarks] == [True] * bool(said)


def test_day_and_clock_may_stand_in_a_column_each(take_in):
    content = csv(row(1, Sendt="11-12-2019", Underenhed="13.05")).replace(b"Underenhed", "Klokkeslæt (UTC)".encode())
    [one] = take_in(content, commit=False).rows.all()
    assert (one.sent_at.isoformat(), one.problems) == ("2019-12-11T13:05:00+00:00", [])


def test_what_stands_further_to_the_right_than_is_read_is_told(take_in):
    cells = [row(1).get(name, "") for name in COLUMNS]
    far = [*COLUMNS, *[""] * 200, "Langt ude"]
    assert [remark[:41] for remark in take_in(workbook([far, cells]), commit=False).remarks] == [
        "Der er overskrifter i flere end 200 kolon"
    ]


def test_text_under_no_header_is_told_wherever_it_stands(take_in):
    between = (*COLUMNS[:3], "", *COLUMNS[3:])
    rows = [[row(number).get(name, "") for name in between] for number in range(13)]
    rows[12][3] = "Det rigtige navn"
    batch = take_in(workbook([list(between), *rows]), commit=False)
    [told] = batch.rows.exclude(problems=[])
    assert (told.row, told.problems[0]["message"][:56]) == (
        14,
        "Der står noget uden for kolonnerne: »Det rigtige navn«. ",
    )


def test_rows_that_a_filter_hides_are_read_and_it_is_said(take_in):
    batch = take_in(FILES["row that is hidden"].make(), commit=False)
    assert letter_comparison.count_rows(batch).rows == 2
    assert [remark[:33] for remark in batch.remarks] == ["Nogle rækker er skjult i regneark"]
