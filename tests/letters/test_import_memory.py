"""A list of 4.000 rows takes little memory: the largest process of the import is measured."""

import os
import subprocess
import sys

import pytest
from django.conf import settings as project

from letters.models import Letter
from letters.samples import COLUMNS, make_rows
from sepo_incident.core import spreadsheets
from tests.fixtures_worker import worker_environment

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engines]
SIZE = 4_000  # rows
MOST_MIB = 160  # 128 for 3.000 rows, 133 for 10.000
#: A process begins with the memory of the process that forks it, so a small one starts the command.
MEASURE = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(done.returncode)
"""


def test_import_takes_little_memory(cast, settings, sink, tmp_path):
    path, before = tmp_path / "liste.xlsx", Letter.objects.count()
    path.write_bytes(spreadsheets.build_xlsx(COLUMNS, make_rows(SIZE), "Liste"))
    command = [sys.executable, "manage.py", "import_list", path, "--incident", cast.incident.slug, "--commit"]
    env = {**os.environ, **worker_environment(settings, sink)}
    done = subprocess.run([sys.executable, "-c", MEASURE, *command], capture_output=True, env=env, cwd=project.BASE_DIR)
    assert done.returncode == 0
    assert Letter.objects.count() > before + SIZE * 0.9
    assert 50 < int(done.stdout.split()[-1]) / 1024 < MOST_MIB
