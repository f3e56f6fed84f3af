"""A long list takes hardly more memory than a short one: counted as ``make bench-import`` counts it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from tests.fixtures_worker import environment

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engines]
BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
#: `make bench-import` holds csv to 150 as well.
MOST_MIB = {"csv": 150, "xlsx": 200}


@pytest.fixture
def benchmark(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import import_lists

    return import_lists


@pytest.fixture
def bring_in(settings, sink):
    """``bring_in(path)``: what the benchmark told of it, and the most MiB of all processes."""
    from process_usage import Watch

    def run(path: Path) -> tuple[dict, Watch]:
        command = [sys.executable, BENCHMARKS / "import_lists.py", "--way", "import", "--file", path]
        env = {**os.environ, **environment(settings, sink), "PGAPPNAME": "import"}
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=env) as process, Watch(process.pid) as watch:
            said, _ = process.communicate()
        assert process.returncode == 0
        return json.loads(said), watch

    return run


def autovacuum_comes_by() -> None:
    """At its worst moment: the planner knows the lists so far, and nothing of the one that is coming."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE letters_importrow, letters_letter")


@pytest.mark.parametrize(("kind", "size"), [("csv", 3_400), ("csv", 20_000), ("xlsx", 20_000)])
def test_a_list_takes_little_memory_also_when_it_comes_again(cast, benchmark, bring_in, tmp_path, kind, size):
    path = tmp_path / f"liste.{kind}"
    benchmark.write(path, kind, size)
    for counted in ("new", "known"):
        told, watch = bring_in(path)
        assert told[counted] == size
        assert 50 < watch.peak_mib < MOST_MIB[kind], (counted, watch.parts_mib)
        benchmark.other_bytes(path, kind)
        autovacuum_comes_by()
