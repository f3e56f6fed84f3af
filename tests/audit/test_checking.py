"""The history is looked through by the clock, and the guards of the database are held against the code."""

import io
import zipfile
from datetime import date, datetime, timedelta
from io import StringIO

import pytest
import time_machine
from celery.schedules import crontab
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from followups import services
from followups.models import Arrival
from followups.proof_files.validation import validate_proof
from followups.services import arrivals
from notifications import tasks
from notifications.models import Alarm
from sepo_incident.audit import schema_drift, verification
from sepo_incident.audit.models import Check, Link
from sepo_incident.audit.verification import BrokenChain, verify_chain
from sepo_incident.core.danish import COPENHAGEN
from tests.audit.conftest import SENT_AGAIN, as_superuser, committed, verdict

pytestmark = pytest.mark.django_db

TAIL = (
    "DELETE FROM followups_decision WHERE id >= {4}; DELETE FROM audit_link WHERE number = 5; "
    "DELETE FROM audit_statement WHERE ids[1] = {4}"
)


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_hour_looks_at_what_is_new_and_the_night_at_all(chain, cast):
    assert verification.verify_history(whole=False).rows == 9
    services.undo_decision(cast.annes, cast.anne, version=1)
    committed()
    assert verification.verify_history(whole=False).rows == 1
    as_superuser(chain, "UPDATE followups_decision SET kind = 'DONE' WHERE id = {0}")
    assert verification.verify_history(whole=False).rows == 0
    with pytest.raises(BrokenChain, match=f"Række {chain[0].pk} .* er ændret"):
        verification.verify_history()


def test_what_is_new_and_altered_at_once_is_named_within_the_hour(chain, cast):
    verification.verify_history(whole=False)
    services.undo_decision(cast.annes, cast.anne, version=1)
    committed()
    as_superuser(chain, "UPDATE followups_decision SET kind = 'DONE' WHERE version = 2 AND kind = 'UNDONE'")
    with pytest.raises(BrokenChain, match="er ændret"):
        verification.verify_history(whole=False)


@pytest.mark.django_db(transaction=True)
def test_a_row_that_is_gone_is_missed_within_the_hour(chain):
    """Though only links are new: there are fewer rows than links tell of."""
    verification.verify_history(whole=False)
    with transaction.atomic():
        as_superuser(chain, "DELETE FROM followups_decision WHERE id = {1}")
    with pytest.raises(BrokenChain, match=f"Række {chain[1].pk} .* er slettet"):
        verification.verify_history(whole=False)


def test_a_tail_that_is_cut_off_is_missed_by_the_next_check(chain):
    verification.verify_history(whole=False)
    as_superuser(chain, TAIL)
    said = "Led nr. 5 er ikke det, der stod her ved tjekket .*: kæden er kortet af"
    with pytest.raises(BrokenChain, match=said):
        verification.verify_history(whole=False)
    assert verdict()[0] == 1


def test_each_check_by_the_clock_leaves_the_head_in_the_database_and_in_the_security_log(chain, caplog):
    tasks.check_history()
    found = verify_chain()
    kept = Check.objects.get()
    assert (kept.number, bytes(kept.hash).hex(), kept.rows, kept.is_whole) == (5, found.head, 9, kept.is_whole)
    [line] = [one for one in caplog.records if one.name == "sepo.security"]
    assert (line.event, line.numbers) == ("history_checked", {"links": 5, "rows": 9, "head": found.head})


def seen_at(moment: datetime, is_whole: bool, number: int = 1, head: bytes = b"x") -> None:
    """A check as if it had been made then, which nobody can say of one."""
    run("SET LOCAL session_replication_role = replica")
    Check.objects.create(number=number, hash=head, rows=1, is_whole=is_whole, at=moment)
    run("SET LOCAL session_replication_role = origin")


def test_a_night_that_nobody_looked_through_is_made_good_by_the_hour(db):
    last_night = datetime(2026, 1, 14, 4, 30, tzinfo=COPENHAGEN)
    assert not verification.is_full_verification_due(last_night - timedelta(hours=1))
    assert verification.is_full_verification_due(last_night)
    seen_at(last_night, is_whole=False)
    assert verification.is_full_verification_due(last_night)
    seen_at(last_night, is_whole=True)
    assert not verification.is_full_verification_due(last_night)
    assert verification.is_full_verification_due(last_night + timedelta(days=1))


def test_the_night_looks_at_all_whatever_the_database_says(chain):
    """Who may add a row can say that all was looked through just now."""
    nightly = [one["schedule"] for one in settings.CELERY_BEAT_SCHEDULE.values() if one["task"].endswith("all_history")]
    assert nightly == [crontab(hour="3", minute="0")]
    tasks.check_all_history()
    as_superuser(chain, "UPDATE followups_decision SET kind = 'DONE' WHERE id = {0}")
    head = Link.objects.order_by("number").last()
    Check.objects.create(number=head.number, hash=bytes(head.hash), rows=9, is_whole=True)
    assert not Alarm.objects.exists()
    tasks.check_all_history()
    assert "er ændret" in Alarm.objects.get(kind=Alarm.Kind.HISTORY).words


def test_nobody_says_when_a_check_was(chain):
    before = timezone.now()
    long_ahead = before + timedelta(days=36_500)
    made = Check.objects.create(number=0, hash=b"", rows=0, is_whole=True, at=long_ahead)
    made.refresh_from_db()
    assert before - timedelta(minutes=1) < made.at < timezone.now() + timedelta(minutes=1)
    assert verification.is_full_verification_due(long_ahead)


def test_a_check_from_the_future_is_named_and_believed_by_nobody(chain):
    verify_chain()
    head = Link.objects.order_by("number").last()
    seen_at(timezone.now() + timedelta(days=36_500), is_whole=True, number=head.number, head=bytes(head.hash))
    assert verification.last_verified_at() < timezone.now() + timedelta(minutes=1)
    with pytest.raises(BrokenChain, match="som ikke har været endnu: det er forfalsket"):
        verification.verify_history(whole=False)


def test_the_balance_says_that_the_chain_is_whole_and_ends_with_one_when_it_is_not(chain):
    said = StringIO()
    call_command("balance", stdout=said)
    head = bytes(Check.objects.get().hash).hex()
    assert f"✓ Historikkens kæde er ubrudt: 5 led, 9 nye rækker siden sidst, det sidste har aftrykket {head}" in (
        said.getvalue()
    )
    as_superuser(chain, TAIL)
    with pytest.raises(SystemExit) as ended:
        call_command("balance", stdout=said)
    assert ended.value.code == 1
    assert "✗ Historikken er ikke, som den blev skrevet: Led nr. 5 er ikke det" in said.getvalue()


def test_the_clock_raises_an_alarm_that_does_not_go_by_itself(chain):
    tasks.check_history()
    assert not Alarm.objects.exists()
    as_superuser(chain, TAIL)
    tasks.check_history()
    assert (Alarm.objects.get().kind, Alarm.objects.get().ended_at) == (Alarm.Kind.HISTORY, None)
    assert "Led nr. 5" in Alarm.objects.get().words
    as_superuser(chain, "DELETE FROM audit_check")
    tasks.check_history()
    assert Alarm.objects.get().ended_at is None


def test_that_nobody_looks_any_more_is_an_alarm_too(chain):
    tasks.check_balance()
    tasks.check_history()
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        tasks.check_balance()
        assert not Alarm.objects.filter(kind=Alarm.Kind.HISTORY).exists()
    with time_machine.travel(timezone.now() + timedelta(hours=4)):
        tasks.check_balance()
        assert "Historikken er ikke gennemgået siden" in Alarm.objects.get(kind=Alarm.Kind.HISTORY).words


def test_why_the_alarm_was_raised_is_not_written_over(chain):
    as_superuser(chain, "UPDATE followups_decision SET kind = 'DONE' WHERE id = {0}")
    tasks.check_history()
    with time_machine.travel(timezone.now() + timedelta(hours=4)):
        tasks.check_balance()
    assert "er ændret" in Alarm.objects.get(kind=Alarm.Kind.HISTORY).words


# --- the bytes that a ledger names ------------------------------------------------------------------------------


@pytest.fixture
def proof(cast) -> Arrival:
    services.decide(cast.plain, SENT_AGAIN, cast.karen, version=0)
    file = validate_proof("log.txt", b"Afleveret kl. 10")
    said = arrivals.ArrivalReport(date(2020, 1, 10), "DIGITAL_POST", True, date(2020, 1, 10), "", file)
    made = arrivals.record_arrival(cast.plain, said, cast.karen, seen_newest_id=0)
    committed()
    return made


SWAPPED = {
    "other bytes": ("UPDATE followups_proofpart SET content = 'Kom aldrig frem'::bytea", "er en anden"),
    "more of them": (
        "INSERT INTO followups_proofpart (sha256, number, content) "
        "SELECT sha256, 1, 'ikke'::bytea FROM followups_proofpart",
        "er en anden",
    ),
    "none": ("DELETE FROM followups_proofpart", "er væk"),
}


@pytest.mark.parametrize("case", SWAPPED)
def test_other_bytes_for_a_proof_are_named_and_given_to_nobody(proof, cast, as_user, caplog, case):
    assert verdict()[0] == 0
    done, told = SWAPPED[case]
    as_superuser([proof], done)
    status, said = verdict()
    assert status == 1
    assert f"✗ Filen, som række {proof.pk} i followups_arrival nævner, {told}" in said
    karen = as_user(cast.karen)
    got = karen.get(reverse("arrival_file", args=[cast.plain.pk, proof.pk]), follow=True)
    assert "Filen er ikke mere, som den blev gemt, og kan derfor ikke hentes." in got.text
    assert "proof_file_altered" in [getattr(line, "event", "") for line in caplog.records]
    packed = zipfile.ZipFile(io.BytesIO(karen.get(reverse("letter_zip", args=[cast.plain.pk])).getvalue()))
    [path] = [name for name in packed.namelist() if "/bevis/" in name]
    assert path.endswith("log.txt.txt")
    assert "er derfor ikke med" in packed.read(path).decode()


# --- what a database owner can do to the database's own guards -------------------------------------------------

LYING = """
    CREATE OR REPLACE FUNCTION audit_digest(line anyelement, besides text[] DEFAULT '{}') RETURNS bytea
    LANGUAGE sql STABLE AS $$ SELECT digests[1] FROM audit_statement ORDER BY id LIMIT 1 $$
"""


def test_a_database_that_lies_about_its_digests_is_not_asked(chain):
    as_superuser(chain, "UPDATE followups_decision SET kind = 'DONE' WHERE id = {0}")
    run(LYING)
    status, said = verdict()
    assert status == 1
    assert f"✗ Række {chain[0].pk} i followups_decision (beslutninger) er ændret." in said
    assert "✗ Funktionen audit_digest(line anyelement, besides text[]) er en anden, end koden siger" in said


def test_functions_and_tables_that_stand_in_the_way_are_passed_by(chain):
    run("CREATE SCHEMA before; CREATE TABLE before.audit_link AS SELECT * FROM audit_link")
    run("CREATE FUNCTION before.sha256(bytea) RETURNS bytea LANGUAGE sql AS $$ SELECT ''::bytea $$")
    run("SET LOCAL search_path = before, public, pg_catalog")
    as_superuser(chain, "UPDATE followups_decision SET kind = 'DONE' WHERE id = {0}")
    with pytest.raises(BrokenChain, match="er ændret"):
        verification.verify_history()
    run("SET LOCAL search_path = public")


GUARDS = {
    "switched off": (
        "ALTER TABLE followups_decision DISABLE TRIGGER USER",
        "Udløseren pgtrigger_chained_.* på tabellen followups_decision er en anden, .* eller er slået fra",
    ),
    "all of it, also PostgreSQL's own": (
        "ALTER TABLE audit_link DISABLE TRIGGER ALL",
        "Tabellen audit_link har fået sine udløsere slået fra",
    ),
    "taken away": (
        "DO $$ BEGIN EXECUTE (SELECT format('DROP TRIGGER %I ON followups_decision', tgname) FROM pg_trigger "
        "WHERE tgname LIKE 'pgtrigger_append_only%' AND tgrelid = 'followups_decision'::regclass); END $$",
        "Udløseren pgtrigger_append_only_.* på tabellen followups_decision er væk",
    ),
    "one more": (
        "CREATE TRIGGER quiet BEFORE INSERT ON followups_decision FOR EACH ROW "
        "EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "Udløseren quiet på tabellen followups_decision kender koden ikke",
    ),
    "only sometimes": (
        "DO $$ DECLARE one record; BEGIN SELECT * INTO one FROM pg_trigger WHERE tgname LIKE 'pgtrigger_told_in_the%';"
        "EXECUTE replace(replace(pg_get_triggerdef(one.oid), 'WHEN (', 'WHEN (false AND '), 'CREATE', "
        "'CREATE OR REPLACE'); END $$",
        "Udløseren pgtrigger_told_in_the_ledger_.* er en anden",
    ),
    "what it does": (
        "DO $$ BEGIN EXECUTE (SELECT replace(pg_get_functiondef(tgfoid), 'RAISE EXCEPTION', 'RAISE NOTICE') "
        "FROM pg_trigger WHERE tgname LIKE 'pgtrigger_append_only%' AND tgrelid = 'audit_link'::regclass); END $$",
        "Funktionen pgtrigger_append_only_.* er en anden, end koden siger",
    ),
    "how a link is hashed": (
        "DO $$ BEGIN EXECUTE replace(pg_get_functiondef('audit_hash'::regproc), 'array_send(said.digests)', "
        "'''x'''); END $$",
        "Funktionen audit_hash.* er en anden",
    ),
    "a nearer one of the same name": (
        "CREATE FUNCTION audit_digest(line followups_decision, besides text[]) RETURNS bytea LANGUAGE sql AS "
        "$$ SELECT ''::bytea $$",
        "Funktionen audit_digest.* kender koden ikke",
    ),
    "a rule": (
        "CREATE RULE nowhere AS ON INSERT TO followups_decision DO INSTEAD NOTHING",
        "Tabellen followups_decision er ikke en almindelig tabel",
    ),
    "none of them, for somebody": (
        "CREATE ROLE drift NOLOGIN; ALTER ROLE drift SET session_replication_role = replica",
        "Indstillingen session_replication_role er sat for drift",
    ),
    "left out, for somebody": (
        "CREATE ROLE drift NOLOGIN; ALTER ROLE drift SET pgtrigger.ignore = '{pgtrigger_append_only}'",
        "Indstillingen pgtrigger.ignore er sat for drift",
    ),
    "a right": (
        "CREATE ROLE drift NOLOGIN; GRANT UPDATE (kind) ON followups_decision TO drift",
        "drift har UPDATE på tabellen followups_decision",
    ),
}


@pytest.mark.parametrize("case", GUARDS)
def test_a_guard_that_is_not_as_the_code_says_is_named(chain, case):
    assert schema_drift.list_schema_differences() == []
    done, told = GUARDS[case]
    run(done)
    with pytest.raises(BrokenChain, match=told):
        verification.verify_history()
