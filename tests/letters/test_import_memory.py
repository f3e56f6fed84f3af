"""A long list takes hardly more memory than a short list, measured as `make bench-import` measures."""

import json
import os
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import pytest
from django.db import connection
from django.db.backends.postgresql.base import DatabaseWrapper

from tests.fixtures_worker import worker_environment

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engines]
BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
SIZE = 20_000  # rows
#: `make bench-import` has the same limit for csv
MOST_MIB = {"csv": 150, "xlsx": 200}


@pytest.fixture
def benchmark(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    with patch.dict(os.environ):  # the benchmark chooses the settings of a demo
        import import_lists

    return import_lists


@pytest.fixture
def run_import(settings, sink):
    """`run_import(path)` returns the benchmark's report and the watch over the memory of all processes."""
    from process_usage import Watch

    def run(path: Path) -> tuple[dict, Watch]:
        command = [sys.executable, BENCHMARKS / "import_lists.py", "--way", "import", "--file", path]
        env = {**os.environ, **worker_environment(settings, sink), "PGAPPNAME": "import"}
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=env) as process, Watch(process.pid) as watch:
            output, _ = process.communicate()
        assert process.returncode == 0
        return json.loads(output), watch

    return run


def analyze_tables() -> None:
    """ANALYZE at the worst moment: the planner knows the lists so far, and nothing of the next list."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE letters_importrow, letters_letter")


@pytest.mark.parametrize(("kind", "counted"), [("csv", ["new", "known"]), ("xlsx", ["new"])])
def test_import_memory_is_bounded_for_new_and_known_lists(cast, benchmark, run_import, tmp_path, kind, counted):
    path = tmp_path / f"liste.{kind}"
    benchmark.write(path, kind, SIZE)
    for verdict in counted:
        report, watch = run_import(path)
        assert report[verdict] == SIZE
        assert 50 < watch.peak_mib < MOST_MIB[kind], (verdict, watch.parts_mib)
        benchmark.change_checksum(path, kind)
        analyze_tables()


def test_an_import_into_another_database_is_not_counted(benchmark):
    """Another worker of the tests may import at the same time, in a database of its own on the same engine."""
    import process_usage

    there = connection.settings_dict | {"NAME": "postgres", "OPTIONS": {"application_name": "import"}}
    elsewhere = DatabaseWrapper(there)
    with elsewhere.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        assert cursor.fetchone()[0] not in process_usage._backends("import")
    elsewhere.close()
