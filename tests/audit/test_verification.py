"""Verification of the history by schedule."""

import io
import zipfile
from datetime import date, timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from followups import services
from followups.models import Arrival
from followups.proof_files import validate_proof
from followups.services import arrivals
from notifications import tasks
from notifications.models import Alarm
from sepo_incident.audit import verification
from sepo_incident.audit.models import Check
from sepo_incident.audit.verification import BrokenChain, verify_chain
from tests.audit.chain_tampering import (
    SENT_AGAIN,
    execute_past_triggers,
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
    assert (kept.number, bytes(kept.hash).hex()) == (5, found.head)
    [line] = [one for one in caplog.records if one.name == "sepo.security"]
    assert (line.event, line.numbers) == ("history_checked", {"links": 5, "rows": 9, "head": found.head})


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
