"""A long list takes hardly more memory than a short one: counted as ``make bench-import`` counts it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from letters import exporting
from letters.samples import COLUMNS
from tests.fixtures_worker import environment

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engines]
BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
MOST_MIB = {"csv": 150, "xlsx": 200}


@pytest.fixture
def benchmark(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import import_lists

    return import_lists


@pytest.mark.parametrize("kind", MOST_MIB)
@pytest.mark.parametrize("size", [3_400, 20_000])
def test_a_list_takes_little_memory(cast, settings, sink, benchmark, tmp_path, kind, size):
    from watching import Watch

    path = tmp_path / f"liste.{kind}"
    rows = benchmark.sample(size)
    path.write_bytes(exporting.to_csv(COLUMNS, rows) if kind == "csv" else exporting.to_xlsx(COLUMNS, rows, "Liste"))
    command = [sys.executable, BENCHMARKS / "import_lists.py", "--way", "import", "--file", path]
    env = {**os.environ, **environment(settings, sink), "PGAPPNAME": "import"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=env) as process, Watch(process.pid) as watch:
        said, _ = process.communicate()
    assert process.returncode == 0
    assert json.loads(said)["new"] == size
    assert 50 < watch.peak_mib < MOST_MIB[kind], watch.parts_mib
