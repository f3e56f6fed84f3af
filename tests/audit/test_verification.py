"""Verification of the history by schedule, and of the database's triggers, functions and rights against the code."""

import io
import zipfile
from datetime import date, datetime, timedelta
from io import StringIO

import pytest
import time_machine
from celery import current_app
from celery.schedules import crontab
from django.core.management import call_command
from django.db import transaction
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
from sepo_incident.core import danish
from sepo_incident.core.danish import COPENHAGEN
from tests.audit.chain_tampering import (
    SENT_AGAIN,
    execute_past_triggers,
    execute_sql,
    run_deferred_triggers,
    run_verify_audit,
)

pytestmark = pytest.mark.django_db

CUT_OFF_TAIL = (
    "DELETE FROM followups_decision WHERE id >= {4}; DELETE FROM audit_link WHERE number = 5; "
    "DELETE FROM audit_statement WHERE ids[1] = {4}"
)


def test_hourly_check_reads_new_rows_and_full_check_reads_all(chain, cast):
    assert verification.verify_history(whole=False).rows == 9
    services.undo_decision(cast.annes, cast.anne, version=1)
    run_deferred_triggers()
    assert verification.verify_history(whole=False).rows == 1
    execute_past_triggers(chain, "UPDATE followups_decision SET kind = 'DONE' WHERE id = {0}")
    assert verification.verify_history(whole=False).rows == 0
    with pytest.raises(BrokenChain, match=f"Række {chain[0].pk} .* er ændret"):
        verification.verify_history()


def test_altered_new_row_is_found_by_the_hourly_check(chain, cast):
    verification.verify_history(whole=False)
    services.undo_decision(cast.annes, cast.anne, version=1)
    run_deferred_triggers()
    execute_past_triggers(chain, "UPDATE followups_decision SET kind = 'DONE' WHERE version = 2 AND kind = 'UNDONE'")
    with pytest.raises(BrokenChain, match="er ændret"):
        verification.verify_history(whole=False)


@pytest.mark.django_db(transaction=True)
def test_deleted_row_is_found_by_the_hourly_check(chain):
    """The hourly check reads only new links, but it compares the number of rows with the number in the links."""
    verification.verify_history(whole=False)
    with transaction.atomic():
        execute_past_triggers(chain, "DELETE FROM followups_decision WHERE id = {1}")
    with pytest.raises(BrokenChain, match=f"Række {chain[1].pk} .* er slettet"):
        verification.verify_history(whole=False)


def test_cut_off_tail_is_found_by_the_next_check(chain):
    verification.verify_history(whole=False)
    execute_past_triggers(chain, CUT_OFF_TAIL)
    message = "Led nr. 5 er et andet end ved tjekket .*: kæden er kortet af"
    with pytest.raises(BrokenChain, match=message):
        verification.verify_history(whole=False)
    assert run_verify_audit()[0] == 1


def test_scheduled_check_records_the_head_in_database_and_security_log(chain, caplog):
    tasks.check_history()
    found = verify_chain()
    kept = Check.objects.get()
    assert (kept.number, bytes(kept.hash).hex(), kept.rows, kept.is_whole) == (5, found.head, 9, kept.is_whole)
    [line] = [one for one in caplog.records if one.name == "sepo.security"]
    assert (line.event, line.numbers) == ("history_checked", {"links": 5, "rows": 9, "head": found.head})


def create_check(moment: datetime, is_whole: bool, number: int = 1, head: bytes = b"x") -> None:
    """Create a check with a given time, with the triggers off. The database sets the time of an ordinary insert."""
    execute_sql("SET LOCAL session_replication_role = replica")
    Check.objects.create(number=number, hash=head, rows=1, is_whole=is_whole, at=moment)
    execute_sql("SET LOCAL session_replication_role = origin")


def test_missed_full_verification_is_due_at_the_next_hour(db):
    last_night = datetime(2026, 1, 14, 4, 30, tzinfo=COPENHAGEN)
    assert not verification.is_full_verification_due(last_night - timedelta(hours=1))
    assert verification.is_full_verification_due(last_night)
    create_check(last_night, is_whole=False)
    assert verification.is_full_verification_due(last_night)
    create_check(last_night, is_whole=True)
    assert not verification.is_full_verification_due(last_night)
    assert verification.is_full_verification_due(last_night + timedelta(days=1))


def test_nightly_check_is_full_despite_a_forged_check(chain):
    """A role with INSERT can add a check that claims a full verification just now."""
    nightly = [
        one["schedule"] for one in current_app.conf.beat_schedule.values() if one["task"].endswith("all_history")
    ]
    assert nightly == [crontab(hour="3", minute="0")]
    tasks.check_all_history()
    execute_past_triggers(chain, "UPDATE followups_decision SET kind = 'DONE' WHERE id = {0}")
    head = Link.objects.order_by("number").last()
    Check.objects.create(number=head.number, hash=bytes(head.hash), rows=9, is_whole=True)
    assert not Alarm.objects.exists()
    tasks.check_all_history()
    assert "er ændret" in Alarm.objects.get(kind=Alarm.Kind.HISTORY).words


def test_database_sets_the_time_of_a_check(chain):
    before = timezone.now()
    # At noon, because at night the full verification of the day is not due yet.
    long_ahead = danish.local_time(before + timedelta(days=36_500)).replace(hour=12)
    made = Check.objects.create(number=0, hash=b"", rows=0, is_whole=True, at=long_ahead)
    made.refresh_from_db()
    assert before - timedelta(minutes=1) < made.at < timezone.now() + timedelta(minutes=1)
    assert verification.is_full_verification_due(long_ahead)


def test_check_from_the_future_is_reported_and_ignored(chain):
    verify_chain()
    head = Link.objects.order_by("number").last()
    create_check(timezone.now() + timedelta(days=36_500), is_whole=True, number=head.number, head=bytes(head.hash))
    assert verification.last_verified_at() < timezone.now() + timedelta(minutes=1)
    with pytest.raises(BrokenChain, match="ligger i fremtiden: det er forfalsket"):
        verification.verify_history(whole=False)


def test_balance_reports_the_chain_and_exits_with_one_on_a_break(chain):
    output = StringIO()
    call_command("balance", stdout=output)
    head = bytes(Check.objects.get().hash).hex()
    assert f"✓ Historikkens kæde er ubrudt: 5 led, 9 nye rækker siden sidst, det sidste har aftrykket {head}" in (
        output.getvalue()
    )
    execute_past_triggers(chain, CUT_OFF_TAIL)
    with pytest.raises(SystemExit) as ended:
        call_command("balance", stdout=output)
    assert ended.value.code == 1
    assert "✗ Historikken er ændret: Led nr. 5 er et andet" in output.getvalue()


def test_scheduled_check_raises_a_lasting_alarm(chain):
    tasks.check_history()
    assert not Alarm.objects.exists()
    execute_past_triggers(chain, CUT_OFF_TAIL)
    tasks.check_history()
    assert (Alarm.objects.get().kind, Alarm.objects.get().ended_at) == (Alarm.Kind.HISTORY, None)
    assert "Led nr. 5" in Alarm.objects.get().words
    execute_past_triggers(chain, "DELETE FROM audit_check")
    tasks.check_history()
    assert Alarm.objects.get().ended_at is None


def test_missing_checks_raise_an_alarm(chain):
    tasks.check_balance()
    tasks.check_history()
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        tasks.check_balance()
        assert not Alarm.objects.filter(kind=Alarm.Kind.HISTORY).exists()
    with time_machine.travel(timezone.now() + timedelta(hours=4)):
        tasks.check_balance()
        assert "Historikken er ikke gennemgået siden" in Alarm.objects.get(kind=Alarm.Kind.HISTORY).words


def test_alarm_keeps_its_first_reason(chain):
    execute_past_triggers(chain, "UPDATE followups_decision SET kind = 'DONE' WHERE id = {0}")
    tasks.check_history()
    with time_machine.travel(timezone.now() + timedelta(hours=4)):
        tasks.check_balance()
    assert "er ændret" in Alarm.objects.get(kind=Alarm.Kind.HISTORY).words


# --- the bytes that a ledger names ------------------------------------------------------------------------------


@pytest.fixture
def proof(cast) -> Arrival:
    services.decide(cast.plain, SENT_AGAIN, cast.karen, version=0)
    file = validate_proof("log.txt", b"Afleveret kl. 10")
    report = arrivals.ArrivalReport(date(2020, 1, 10), "DIGITAL_POST", True, date(2020, 1, 10), "", file)
    made = arrivals.record_arrival(cast.plain, report, cast.karen, seen_newest_id=0)
    run_deferred_triggers()
    return made


ALTERED_PROOFS = {
    "other bytes": ("UPDATE followups_proofpart SET content = 'Kom aldrig frem'::bytea", "er ændret"),
    "more of them": (
        "INSERT INTO followups_proofpart (sha256, number, content) "
        "SELECT sha256, 1, 'ikke'::bytea FROM followups_proofpart",
        "er ændret",
    ),
    "none": ("DELETE FROM followups_proofpart", "er væk"),
}


@pytest.mark.parametrize("case", ALTERED_PROOFS)
def test_altered_proof_file_is_reported_and_not_served(proof, cast, as_user, caplog, case):
    assert run_verify_audit()[0] == 0
    statements, message = ALTERED_PROOFS[case]
    execute_past_triggers([proof], statements)
    status, output = run_verify_audit()
    assert status == 1
    assert f"✗ Filen, som række {proof.pk} i followups_arrival nævner, {message}" in output
    karen = as_user(cast.karen)
    got = karen.get(reverse("arrival_file", args=[cast.plain.pk, proof.pk]), follow=True)
    assert "Filen er beskadiget og kan ikke hentes. Kontakt Koncern IT." in got.text
    assert "proof_file_altered" in [getattr(line, "event", "") for line in caplog.records]
    packed = zipfile.ZipFile(io.BytesIO(karen.get(reverse("letter_zip", args=[cast.plain.pk])).getvalue()))
    [path] = [name for name in packed.namelist() if "/bevis/" in name]
    assert path.endswith("log.txt.txt")
    assert "er beskadiget og er ikke med" in packed.read(path).decode()


# --- what a database owner can do to the database's own guards -------------------------------------------------

LYING_DIGEST_FUNCTION = """
    CREATE OR REPLACE FUNCTION audit_digest(line anyelement, besides text[] DEFAULT '{}') RETURNS bytea
    LANGUAGE sql STABLE AS $$ SELECT digests[1] FROM audit_statement ORDER BY id LIMIT 1 $$
"""


def test_replaced_digest_function_is_not_trusted(chain):
    execute_past_triggers(chain, "UPDATE followups_decision SET kind = 'DONE' WHERE id = {0}")
    execute_sql(LYING_DIGEST_FUNCTION)
    status, output = run_verify_audit()
    assert status == 1
    assert f"✗ Række {chain[0].pk} i followups_decision (beslutninger) er ændret." in output
    assert "✗ Funktionen audit_digest(line anyelement, besides text[]) afviger fra koden" in output


def test_shadowing_tables_and_functions_are_bypassed(chain):
    execute_sql("CREATE SCHEMA before; CREATE TABLE before.audit_link AS SELECT * FROM audit_link")
    execute_sql("CREATE FUNCTION before.sha256(bytea) RETURNS bytea LANGUAGE sql AS $$ SELECT ''::bytea $$")
    execute_sql("SET LOCAL search_path = before, public, pg_catalog")
    execute_past_triggers(chain, "UPDATE followups_decision SET kind = 'DONE' WHERE id = {0}")
    with pytest.raises(BrokenChain, match="er ændret"):
        verification.verify_history()
    execute_sql("SET LOCAL search_path = public")


ALTERED_GUARDS = {
    "switched off": (
        "ALTER TABLE followups_decision DISABLE TRIGGER USER",
        "Udløseren pgtrigger_chained_.* på tabellen followups_decision afviger fra koden eller er slået fra",
    ),
    "all of it, also PostgreSQL's own": (
        "ALTER TABLE audit_link DISABLE TRIGGER ALL",
        "Tabellen audit_link har udløsere, der er slået fra",
    ),
    "taken away": (
        "DO $$ BEGIN EXECUTE (SELECT format('DROP TRIGGER %I ON followups_decision', tgname) FROM pg_trigger "
        "WHERE tgname LIKE 'pgtrigger_append_only%' AND tgrelid = 'followups_decision'::regclass); END $$",
        "Udløseren pgtrigger_append_only_.* på tabellen followups_decision er væk",
    ),
    "one more": (
        "CREATE TRIGGER quiet BEFORE INSERT ON followups_decision FOR EACH ROW "
        "EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "Udløseren quiet på tabellen followups_decision findes ikke i koden",
    ),
    "only sometimes": (
        "DO $$ DECLARE one record; BEGIN SELECT * INTO one FROM pg_trigger WHERE tgname LIKE 'pgtrigger_require_d%';"
        "EXECUTE replace(replace(pg_get_triggerdef(one.oid), 'WHEN (', 'WHEN (false AND '), 'CREATE', "
        "'CREATE OR REPLACE'); END $$",
        "Udløseren pgtrigger_require_decision_row_.* afviger fra koden",
    ),
    "what it does": (
        "DO $$ BEGIN EXECUTE (SELECT replace(pg_get_functiondef(tgfoid), 'RAISE EXCEPTION', 'RAISE NOTICE') "
        "FROM pg_trigger WHERE tgname LIKE 'pgtrigger_append_only%' AND tgrelid = 'audit_link'::regclass); END $$",
        "Funktionen pgtrigger_append_only_.* afviger fra koden",
    ),
    "how a link is hashed": (
        "DO $$ BEGIN EXECUTE replace(pg_get_functiondef('audit_hash'::regproc), 'array_send(statement.digests)', "
        "'''x'''); END $$",
        "Funktionen audit_hash.* afviger fra koden",
    ),
    "a nearer one of the same name": (
        "CREATE FUNCTION audit_digest(line followups_decision, besides text[]) RETURNS bytea LANGUAGE sql AS "
        "$$ SELECT ''::bytea $$",
        "Funktionen audit_digest.* findes ikke i koden",
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
    "a right to write the chain": (
        "CREATE ROLE drift NOLOGIN; GRANT INSERT ON audit_statement TO drift",
        "drift har INSERT på tabellen audit_statement",
    ),
    "a role that acts as the owner": (
        "CREATE ROLE drift NOLOGIN; CREATE ROLE fælles NOLOGIN; GRANT sepo TO fælles; GRANT fælles TO drift",
        "drift er medlem af sepo, som ejer historikken",
    ),
    "another owner": (
        "CREATE ROLE drift NOLOGIN; ALTER TABLE followups_decision OWNER TO drift",
        "Tabellen followups_decision har fået en anden ejer: drift",
    ),
    "a copy that is found first": (
        "CREATE ROLE drift NOLOGIN; ALTER ROLE drift SET search_path = copies, public",
        "Indstillingen search_path er sat for drift",
    ),
    "the rights with which the chain is written": (
        "DO $$ BEGIN EXECUTE format('ALTER FUNCTION %s SET search_path = copies, public', (SELECT tgfoid::regprocedure "
        "FROM pg_trigger WHERE tgname LIKE 'pgtrigger_chained%' AND tgrelid = 'followups_decision'::regclass)); END $$",
        "Funktionen pgtrigger_chained_.* afviger fra koden",
    ),
}


@pytest.mark.parametrize("case", ALTERED_GUARDS)
def test_altered_database_guard_is_named(case):
    assert schema_drift.list_schema_differences() == []
    statements, message = ALTERED_GUARDS[case]
    execute_sql(statements)
    with pytest.raises(BrokenChain, match=message):
        verification.verify_history()
