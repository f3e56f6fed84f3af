"""Importing a list: new, known, changed and rejected rows, idempotence, concurrency, and no stored CPR number."""

import time

import pytest
from django.core.management import call_command
from django.db import DataError, IntegrityError, OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from psycopg2 import sql

from followups.models import FollowUp
from letters.importing import batches
from letters.importing.files import reader, uploads
from letters.importing.plan import letter_comparison
from letters.importing.rows.row_parser import shown_cells_from_fields
from letters.models import ImportBatch, ImportFilePart, ImportRow, Incident, Letter
from letters.models.letter import OWNER_IS_MISSING
from letters.recipient_keys import hash_recipient
from letters.samples import COLUMNS
from sepo_incident.accounts import users
from sepo_incident.accounts.models import Membership, Unit, User
from tests.factories import at
from tests.letters.concurrency import act_at_once, act_during
from tests.letters.imported_letters import led_unit_names, letter_by_number, row_verdicts
from tests.letters.list_files import csv, row, workbook, xlsx

pytestmark = pytest.mark.django_db
Status = ImportBatch.Status


def all_imported_rows() -> list[list[tuple]]:
    """Return every row that an import may write, except the batches."""
    return [list(model.objects.order_by("pk").values_list()) for model in (Letter, User, Unit, Membership)]


def test_row_becomes_a_letter_with_people_and_units(cast, import_file):
    batch = import_file(xlsx(row(1, Afsender="Søs Åkjær", Afsenders_e_mail="soak@kk.example", Underenhed="Udskoling")))
    letter = letter_by_number()
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


def test_former_address_matches_the_same_person(cast, import_file):
    users.correct_email(cast.karen, "karen.moeller@kk.example", old="karen@kk.example", by=cast.mette)
    waiting = import_file(xlsx(row(2, Leders_e_mail="jens@kk.example")), commit=False)
    users.correct_email(cast.jens, "jens.aagaard@kk.example", old="jens@kk.example", by=cast.mette)
    letter_comparison.replace_former_addresses()
    assert set(waiting.rows.values_list("sender_email", "leader_email")) == {
        ("karen.moeller@kk.example", "jens.aagaard@kk.example")
    }
    import_file(xlsx(row(1)))
    assert (letter_by_number().sender, letter_by_number().leader) == (cast.karen, cast.jens)
    assert not User.objects.filter(email__in=["karen@kk.example", "jens@kk.example"]).exists()


def test_new_administration_gets_its_code_and_skips_empty_levels(cast, import_file):
    import_file(xlsx(row(1, Forvaltning="Teknik- og Miljøforvaltningen", Område="", Enhed="Parker")))
    unit = letter_by_number().unit
    assert (unit.parent.code, unit.parent.kind, unit.parent.parent) == ("TMF", Unit.Kind.ADMINISTRATION, cast.root)


def test_same_file_is_the_same_batch(cast, import_file):
    first = import_file(xlsx(row(1)))
    before = all_imported_rows()
    again, is_to_read = uploads.receive_file(cast.incident, "andet navn.xlsx", xlsx(row(1)), by=cast.mette)
    assert (again, is_to_read) == (first, False)
    assert letter_comparison.count_against_letters_now(first).known == 1
    assert row_verdicts(first) == ["NEW"], "the record of the first time stands"
    assert all_imported_rows() == before


def test_same_rows_in_another_file_change_nothing(import_file):
    import_file(xlsx(row(1), row(2, Emne=""), row(3, Leders_e_mail="")))
    before = all_imported_rows()
    batch = import_file(csv(row(3, Leders_e_mail=""), row(1), row(2, Emne="")))
    assert row_verdicts(batch) == ["KNOWN"] * 3
    assert all_imported_rows() == before


def test_rows_are_written_once(import_file, monkeypatch):
    """Rows are staged with their final verdict, so neither a first nor a known list updates them afterwards."""

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
        batch = import_file(content)
        assert row_verdicts(batch) == [verdict] * 2
        assert staged.pop() == staged.pop() == places_on_disk(batch)


@pytest.mark.parametrize("leader", ["jens@kk.example", ""], ids=["without problems", "with a problem"])
def test_copy_and_sql_characters_stay_unchanged(import_file, leader):
    subject = "C:\\temp\\N, \\. \"Møde\", 'x' {} NULL"
    batch = import_file(xlsx(row(1, Emne=subject, Underenhed="\\N", Leders_e_mail=leader)))
    assert (letter_by_number().subject, letter_by_number().unit.name) == (subject, "\\N")
    staged = batch.rows.get()
    assert (staged.shown or shown_cells_from_fields(staged))["subject"] == subject


def test_second_commit_does_nothing(import_file):
    batch = import_file(xlsx(row(1)))
    before = all_imported_rows()
    assert batches.commit_batch(batch.pk) is False
    assert batches.request_commit(batch, by=None) is False
    assert all_imported_rows() == before


#: cells of a later list, and (field, before, after) of the change
CHANGES = [
    ({"Emne": "Et andet emne"}, ("subject", "Partshøring om udeblivelse", "Et andet emne")),
    ({"Sendt": "12-12-2019 08:00"}, ("sent_at", "11-12-2019 09:14", "12-12-2019 08:00")),
    ({"Afsenders_e_mail": "anne@kk.example"}, ("sender_email", "karen@kk.example", "anne@kk.example")),
    ({"Leders_e_mail": ""}, ("leader_email", "jens@kk.example", "")),
    ({"Enhed": "En helt ny enhed"}, ("unit_name", "Svalevejens Skole", "En helt ny enhed")),
    ({"Modtagertype": ""}, ("recipient_kind", "CITIZEN", "UNKNOWN")),
]


def test_changed_rows_update_the_letters(import_file):
    numbers = range(1, len(CHANGES) + 1)
    import_file(xlsx(*map(row, numbers)))
    before = {number: letter_by_number(number).pk for number in numbers}
    changed = [row(number, **cells) for number, (cells, _) in zip(numbers, CHANGES, strict=True)]
    batch = import_file(xlsx(*changed), commit=False)
    assert row_verdicts(batch) == ["CHANGED"] * len(CHANGES)
    assert [one.changes for one in batch.rows.order_by("row")] == [
        {field: [was, now]} for _, (field, was, now) in CHANGES
    ]
    import_file(xlsx(*changed, row(9)))
    assert {number: letter_by_number(number).pk for number in numbers} == before
    assert row_verdicts(import_file(csv(*changed))) == ["KNOWN"] * len(CHANGES)


def test_changed_letter_keeps_its_decision(cast, import_file):
    import_file(xlsx(row(1)))
    followup = FollowUp.objects.create(letter=letter_by_number())
    before = FollowUp.objects.filter(pk=followup.pk).values().get()
    import_file(xlsx(row(1, Emne="Nyt emne", Leders_e_mail="torben@kk.example")))
    assert letter_by_number().subject == "Nyt emne"
    assert letter_by_number().leader == cast.torben
    assert FollowUp.objects.filter(pk=followup.pk).values().get() == before


def test_replaced_leader_loses_the_lead(cast, import_file):
    import_file(xlsx(row(1, Leders_e_mail="anne@kk.example"), row(2, Leders_e_mail="anne@kk.example"), row(3)))
    assert led_unit_names(cast.anne) == {"Svalevejens Skole"}
    import_file(csv(row(1)))
    assert led_unit_names(cast.anne) == {"Svalevejens Skole"}, "her other letter still says so"
    import_file(csv(row(2, Enhed="Lærkeparkens Skole", Leders_e_mail="anne@kk.example")))
    assert led_unit_names(cast.anne) == {"Lærkeparkens Skole"}
    import_file(csv(row(2)))
    assert led_unit_names(cast.anne) == set()


def test_withdrawn_letter_gives_no_lead(cast, import_file):
    import_file(xlsx(row(1, Leders_e_mail="anne@kk.example")))
    Letter.objects.filter(source_ref="B-1").update(withdrawn_at=timezone.now())
    import_file(csv(row(2)))
    assert led_unit_names(cast.anne) == set()


@pytest.mark.django_db(transaction=True)
def test_concurrent_imports_keep_a_role_given_by_another_incident(cast, import_file):
    import_file(xlsx(row(1, Leders_e_mail="anne@kk.example")))
    given = request_commit_of(another_incident(cast), csv(row(2, Leders_e_mail="anne@kk.example")))
    taken = import_file(csv(row(1)), commit=False)
    batches.request_commit(taken, by=None)
    act_during(lambda: batches.commit_batch(given.pk), lambda: batches.commit_batch(taken.pk))
    assert led_unit_names(cast.anne) == {"Svalevejens Skole"}


def another_incident(cast) -> Incident:
    same = {name: getattr(cast.incident, name) for name in ("first_day", "last_day", "deadline")}
    return Incident.objects.create(slug="en-anden", title="En anden", **same)


def request_commit_of(incident: Incident, content: bytes) -> ImportBatch:
    batch, _ = uploads.receive_file(incident, "liste.csv", content, by=None)
    batches.read_batch(batch.pk)
    batches.request_commit(batch, by=None)
    return batch


@pytest.mark.parametrize("is_before", [True, False], ids=["before the list", "after the list"])
def test_manually_granted_role_survives_lists(cast, import_file, is_before):
    def give():
        call_command("grant_role", "anne@kk.example", "LEADER", unit=cast.svalevej.pk)

    if is_before:
        give()
    import_file(xlsx(row(1, Leders_e_mail="anne@kk.example")))
    if not is_before:
        give()
    import_file(csv(row(1)))
    assert led_unit_names(cast.anne) == {"Svalevejens Skole"}


@pytest.mark.parametrize(
    ("cells", "lacks"),
    [
        ({"Afsenders_e_mail": ""}, ["afsender"]),
        ({"Leder": "", "Leders_e_mail": ""}, ["leder"]),
        ({"Enhed": "", "Område": ""}, ["enhed"]),
        ({"Enhed": ""}, []),
        ({"Emne": ""}, []),
    ],
)
def test_missing_facts_put_the_letter_on_the_unassigned_list(import_file, cells, lacks):
    import_file(xlsx(row(1, **cells)))
    assert [what for what, where in OWNER_IS_MISSING.items() if Letter.objects.filter(where, source_ref="B-1")] == lacks
    assert (letter_by_number() in Letter.objects.without_owner()) is bool(lacks)


@pytest.mark.parametrize(
    ("empty", "unit"),
    [
        (["Underenhed", "Enhed"], "Område Nørrebro"),
        (["Enhed", "Område", "Forvaltning"], "Københavns Kommune"),
    ],
)
def test_row_without_unit_belongs_to_its_deepest_level(cast, import_file, empty, unit):
    units = Unit.objects.count()
    batch = import_file(xlsx(row(1, **dict.fromkeys(empty, ""))))
    assert letter_by_number().unit.name == unit
    assert Unit.objects.count() == units
    [problem] = batch.rows.get().problems
    assert (problem["column"], problem["severity"]) == ("Enhed", "notice")
    assert row_verdicts(import_file(csv(row(1, **dict.fromkeys(empty, ""))))) == ["KNOWN"]
    assert set(Letter.objects.visible_to(cast.mette)) >= {letter_by_number()}


def test_row_without_unit_gives_no_lead(cast, import_file):
    import_file(
        xlsx(
            row(1, Enhed="", Leders_e_mail="anne@kk.example"),
            row(2, Enhed="", Område="", Forvaltning="", Leders_e_mail="anne@kk.example"),
        )
    )
    assert letter_by_number(2).leader == cast.anne
    assert led_unit_names(cast.anne) == set()


def test_row_counts_add_up(import_file):
    import_file(xlsx(row(1), row(2)))
    batch = import_file(xlsx(row(1), row(2, Emne="Ny"), row(3, Emne=""), row(4, Sendt="")), commit=False)
    counts = letter_comparison.count_rows(batch)
    assert counts == letter_comparison.RowCounts(
        rows=4, new=1, known=1, changed=1, rejected=1, noticed=1, corrected=0, blank=0
    )
    assert (counts.coming, counts.with_problems) == (2, 2)


def test_no_cpr_number_is_anywhere_in_the_database(import_file):
    numbers = ["010270-1234", "0102701234", "020370-4321", "0203704321"]
    import_file(
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


def test_unreadable_file_leaves_only_a_refusal(import_file):
    before = all_imported_rows()
    batch = import_file(xlsx(), commit=False)
    assert batch.status == Status.FAILED
    assert "ingen breve under overskrifterne" in batch.refusal
    assert (batch.rows.count(), ImportFilePart.objects.count(), all_imported_rows()) == (0, 0, before)


def fail(*_):
    raise ZeroDivisionError


@pytest.mark.parametrize(("room", "step"), [(batches, "_copy_rows"), (letter_comparison, "compare_with_letters")])
def test_internal_error_fails_the_batch_and_is_raised(cast, monkeypatch, room, step):
    monkeypatch.setattr(room, step, fail)
    batch, _ = uploads.receive_file(cast.incident, "liste.xlsx", xlsx(row(1)), by=None)
    with pytest.raises(ZeroDivisionError):
        batches.read_batch(batch.pk)
    batch.refresh_from_db()
    assert (batch.status, batch.refusal) == (Status.FAILED, reader.OUR_FAULT_MESSAGE)


def test_lost_row_fails_the_batch(cast, monkeypatch):
    taking = reader.RawList._rows
    monkeypatch.setattr(reader.RawList, "_rows", lambda *args: (raw for raw in taking(*args) if raw.number != 3))
    batch, _ = uploads.receive_file(cast.incident, "liste.xlsx", xlsx(row(1), row(2), row(3)), by=None)
    with pytest.raises(batches.RowsLostError, match="3 rows in the file, but 0 blank and 2 staged"):
        batches.read_batch(batch.pk)
    batch.refresh_from_db()
    assert (batch.status, batch.refusal) == (Status.FAILED, reader.OUR_FAULT_MESSAGE)


def test_internal_error_in_a_commit_returns_to_the_check_page(cast, import_file, monkeypatch):
    batch = import_file(xlsx(row(1)), commit=False)
    before = all_imported_rows()
    batches.request_commit(batch, by=cast.mette)
    with monkeypatch.context() as broken:
        broken.setattr(letter_comparison, "plan_for_bulk_joins", fail)
        with pytest.raises(ZeroDivisionError):
            batches.commit_batch(batch.pk)
    batch.refresh_from_db()
    assert (batch.status, batch.committed_by, batch.refusal) == (Status.CHECKED, None, batches.COMMIT_FAILED_MESSAGE)
    assert all_imported_rows() == before
    assert batches.request_commit(batch, by=cast.mette)
    assert batches.commit_batch(batch.pk)
    batch.refresh_from_db()
    assert (batch.status, batch.refusal) == (Status.COMMITTED, "")


def lose_the_connection(*_):
    raise OperationalError


@pytest.mark.parametrize(("room", "step"), [(batches, "_copy_rows"), (letter_comparison, "compare_with_letters")])
def test_reading_restarts_after_a_database_error(cast, monkeypatch, room, step):
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


def test_unlocking_does_not_hide_the_error(import_file):
    """In an aborted transaction every statement fails, also the one that unlocks."""
    batch = import_file(xlsx(row(1)), commit=False)
    with (
        pytest.raises(DataError, match="division by zero"),
        transaction.atomic(),
        batches.advisory_lock(batches.LOCK_NAMESPACE, batch.pk),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT 1 / 0")


def test_discarded_batch_is_not_read(cast, monkeypatch):
    batch, _ = uploads.receive_file(cast.incident, "liste.xlsx", xlsx(row(1)), by=None)
    opening = batches.track_progress
    # runs just before the batch is taken
    monkeypatch.setattr(batches, "track_progress", lambda pk: (batches.discard_batch(batch), opening(pk))[1])
    assert batches.read_batch(batch.pk) == 0
    batch.refresh_from_db()
    assert (batch.status, batch.rows.count()) == (Status.DISCARDED, 0)


def test_discarded_list_can_be_imported_again(cast, import_file):
    batch = import_file(xlsx(row(1)), commit=False)
    assert batches.discard_batch(batch)
    assert ImportRow.objects.filter(batch=batch).count() == 0
    assert import_file(xlsx(row(1))).pk == batch.pk
    assert letter_by_number().batch == batch


def test_commit_queries_do_not_grow_with_rows(cast, import_file):
    few = import_file(xlsx(*(row(number, Enhed=f"Enhed {number}") for number in range(3))), commit=False)
    many = import_file(
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
def test_concurrent_commits_take_turns(cast, import_file, monkeypatch):
    """Two files with the same rows are committed at once: each letter is created once, and the second batch knows all
    of them.
    """
    rows = [row(n, Enhed=f"Enhed {n % 7}", Afsenders_e_mail=f"p{n % 40}@kk.example") for n in range(300)]
    two = [import_file(xlsx(*rows), commit=False), import_file(csv(*rows), commit=False)]
    before = Letter.objects.count()
    for batch in two:
        batches.request_commit(batch, by=None)
    comparing = letter_comparison.compare_with_letters
    monkeypatch.setattr(letter_comparison, "compare_with_letters", lambda batch: (comparing(batch), time.sleep(0.5)))

    assert act_at_once(batches.commit_batch, [batch.pk for batch in two]) == [True, True]
    assert Letter.objects.count() == before + 300
    counts = sorted(letter_comparison.count_rows(batch).new for batch in two)
    assert counts == [0, 300]
    assert Unit.objects.filter(name__startswith="Enhed ").count() == 7
    assert User.objects.filter(email__regex=r"^p\d+@kk.example$").count() == 40


@pytest.mark.django_db(transaction=True)
def test_batch_is_committed_once(cast, import_file):
    batch = import_file(xlsx(*(row(n) for n in range(200))), commit=False)
    batches.request_commit(batch, by=None)

    assert sorted(act_at_once(batches.commit_batch, [batch.pk] * 4)) == [False, False, False, True]
    assert Letter.objects.filter(batch=batch).count() == 200


def test_letters_of_another_incident_are_not_known(import_file, cast):
    import_file(xlsx(row(1)))
    batch, _ = uploads.receive_file(another_incident(cast), "liste.xlsx", xlsx(row(1)), by=None)
    batches.read_batch(batch.pk)
    assert row_verdicts(batch) == ["NEW"]


def test_database_refuses_unknown_recipient_kind(cast):
    for rows in (Letter.objects.all(), ImportRow.objects.all()):
        with pytest.raises(IntegrityError, match="recipient_kind_known"), transaction.atomic():
            rows.update(recipient_kind="HUND")


@pytest.mark.parametrize(
    ("header", "dates", "remark_start"),
    [
        ("Sendt", ["12/10/2019 9:14 AM", "10/12/2019 13:05"], "Nogle datoer har måneden først"),
        ("Received", ["12/10/2019 09:14", "10/12/2019 13:05"], "Datoernes overskrift er på engelsk"),
        ("Received", ["12/10/2019 9:14 AM", "12/11/2019 1:05 PM"], ""),
        ("Sendt", ["12/10/2019 09:14", "10/12/2019 13:05"], ""),
    ],
)
def test_dates_with_month_first_are_remarked_on(import_file, header, dates, remark_start):
    content = csv(*(row(number, Sendt=date) for number, date in enumerate(dates)))
    batch = import_file(content.replace(b"Sendt", header.encode()), commit=False)
    assert [remark.startswith(remark_start) for remark in batch.remarks] == [True] * bool(remark_start)


def test_date_and_time_may_have_a_column_each(import_file):
    content = csv(row(1, Sendt="11-12-2019", Underenhed="13.05")).replace(b"Underenhed", "Klokkeslæt (UTC)".encode())
    [one] = import_file(content, commit=False).rows.all()
    assert (one.sent_at.isoformat(), one.problems) == ("2019-12-11T13:05:00+00:00", [])


def test_headers_beyond_the_limit_are_reported(import_file):
    cells = [row(1).get(name, "") for name in COLUMNS]
    far = [*COLUMNS, *[""] * 200, "Langt ude"]
    assert [remark[:41] for remark in import_file(workbook([far, cells]), commit=False).remarks] == [
        "Vi har kun læst de første 200 kolonner. M"
    ]


def test_text_without_a_header_is_reported(import_file):
    between = (*COLUMNS[:3], "", *COLUMNS[3:])
    rows = [[row(number).get(name, "") for name in between] for number in range(13)]
    rows[12][3] = "Det rigtige navn"
    batch = import_file(workbook([list(between), *rows]), commit=False)
    [stray_row] = batch.rows.exclude(problems=[])
    assert (stray_row.row, stray_row.problems[0]["message"][:54]) == (
        14,
        "Der er tekst uden for kolonnerne: »Det rigtige navn«. ",
    )
