"""Measure what the audit trail costs an import and how long verification takes: `make bench-audit` or

    .venv/bin/python benchmarks/audit.py [--rows 1000000] [--list 100000]

Runs real engines in a separate data folder. First two imports: a list of letters, and the same list with every
subject corrected, so that each letter gets a change row. Each import runs twice with the triggers of the append-only
tables and twice without; the smaller CPU time counts, and the ratio of CPU times holds on a busy machine too. Then
decisions are inserted, most in statements of 5.000 rows and some alone. Printed are the wall-clock seconds and the
peak memory (MiB) of this process for verifying all rows and for verifying the rows added since.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]
os.environ |= {"DJANGO_SETTINGS_MODULE": "sepo_incident.settings", "DEMO": "1", "LOG_LEVEL": "WARNING"}
os.environ.setdefault("SEPO_DATA", str(Path(tempfile.gettempdir()) / f"sepo-audit-{os.getpid()}"))

from bulk_decision import kib, set_up  # noqa: E402

from sepo_incident import embedded  # noqa: E402

ROWS_PER_STATEMENT = 5_000
SINGLE_ROWS = 2_000
_DECISIONS = """
    INSERT INTO followups_decision (followup_id, kind, version, answers, before, by_id, at)
    SELECT %s, 'DONE', number, jsonb_build_object('remedy', 'RESEND', 'note', 'Sendt igen den dag, nr. ' || number),
           '{"note": ""}', %s, now()
    FROM generate_series(%s, %s) AS number
"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--list", type=int, default=100_000)
    asked = parser.parse_args()
    try:
        with embedded.running_engines():
            set_up()
            from django.core.management import call_command

            call_command("migrate", verbosity=0)
            measure_list(asked.list)
            measure_verification(asked.rows)
    finally:
        shutil.rmtree(os.environ["SEPO_DATA"], ignore_errors=True)


def measure_list(rows: int) -> None:
    import import_lists as lists

    lists.make_incident()
    spent: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        files = {"new": Path(folder) / "liste.csv", "corrected": Path(folder) / "rettet.csv"}
        lists.write(files["new"], "csv", rows)
        files["corrected"].write_text(
            with_corrected_subjects(files["new"].read_text(encoding="utf-8-sig")), encoding="utf-8-sig"
        )
        lists.empty_tables()
        before = cpu_seconds(lists.import_file(files["new"]))  # warm-up: the first import takes longer
        for triggers in (with_audit_triggers, without_audit_triggers, without_audit_triggers, with_audit_triggers):
            with triggers():
                lists.empty_tables()
                for what, file in files.items():
                    now = cpu_seconds(lists.import_file(file))
                    spent.setdefault(f"{what} {triggers.__name__}", []).append(now - before)
                    before = now
    for what in files:
        kept, without = (min(spent[f"{what} {one.__name__}"]) for one in (with_audit_triggers, without_audit_triggers))
        times = f"{kept / without:.2f} times"
        print(f"a {what} list of {rows}: {kept:.1f} s with the ledgers, {without:.1f} s without: {times}", flush=True)


def cpu_seconds(told: dict[str, Any]) -> float:
    """Return the CPU seconds of this process, of child processes and of the PostgreSQL backend."""
    return float(sum(told["cpu"].values()))


def with_corrected_subjects(text: str) -> str:
    """Return the CSV text with a changed subject, the last column, in each row."""
    head, *lines = text.splitlines()
    return "\r\n".join([head, *(f"{line} (rettet)" for line in lines)]) + "\r\n"


@contextmanager
def with_audit_triggers() -> Iterator[None]:
    yield


@contextmanager
def without_audit_triggers() -> Iterator[None]:
    """Switch off the triggers of append-only tables during the block; all other triggers stay on."""
    import pgtrigger

    from sepo_incident.audit.triggers import CHANGE_LOG_TRIGGERS, LEDGER_TRIGGERS

    names = {one.name for one in [*LEDGER_TRIGGERS, *CHANGE_LOG_TRIGGERS]}
    ours = [(model, one) for model, one in pgtrigger.registered() if one.name in names]
    for model, trigger in ours:
        trigger.disable(model)
    yield
    for model, trigger in ours:
        trigger.enable(model)


def measure_verification(rows: int) -> None:
    from django.db import connection

    from followups.models import Decision, FollowUp
    from letters.models import Letter
    from sepo_incident.accounts.models import User
    from sepo_incident.audit import schema_drift, verification
    from sepo_incident.audit.models import Link

    with (
        without_audit_triggers(),
        connection.cursor() as cursor,
    ):  # rows written without triggers are missing in the chain
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("TRUNCATE letters_letterchange, audit_rowchange, audit_link, audit_statement CASCADE")
        cursor.execute("RESET session_replication_role")
    followup = FollowUp.objects.create(letter=Letter.objects.first())
    by = User.objects.first()
    first = 1
    begun = time.perf_counter()
    with connection.cursor() as cursor:
        while first <= rows:
            last = min(first + (0 if first <= SINGLE_ROWS else ROWS_PER_STATEMENT - 1), rows)
            cursor.execute(_DECISIONS, [followup.pk, by.pk, first, last])
            first = last + 1
    spent = time.perf_counter() - begun
    print(f"{Decision.objects.count()} rows in {Link.objects.count()} links, written in {spent:.1f} s")
    measure("the triggers and functions", schema_drift.list_schema_differences)
    measure("all of it", verification.verify_history)
    measure("again, when nothing is new", lambda: verification.verify_history(whole=False))
    with connection.cursor() as cursor:
        cursor.execute(_DECISIONS, [followup.pk, by.pk, rows + 1, rows + 1_000])
    measure("when 1.000 rows are new", lambda: verification.verify_history(whole=False))


def measure(what: str, act: Callable[[], Any]) -> None:
    """Print seconds and peak memory of one call."""
    Path("/proc/self/clear_refs").write_text("5")  # reset the peak memory of this process
    memory, begun = kib("VmRSS"), time.perf_counter()
    act()
    print(f"{what:<28}{time.perf_counter() - begun:>8.2f} s{(kib('VmHWM') - memory) / 1024:>8.1f} MiB more")


if __name__ == "__main__":
    main()
