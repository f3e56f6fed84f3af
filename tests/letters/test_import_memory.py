"""A list of 20.000 rows takes little memory: the largest process of the import is measured."""

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
SIZE = 20_000  # rows
MOST_MIB = 300


@pytest.mark.parametrize("build", [spreadsheets.build_csv, spreadsheets.build_xlsx])
def test_import_takes_little_memory(cast, settings, sink, tmp_path, build):
    path, before = tmp_path / f"liste.{build.__name__.removeprefix('build_')}", Letter.objects.count()
    path.write_bytes(build(COLUMNS, make_rows(SIZE), *(["Liste"] if build is spreadsheets.build_xlsx else [])))
    command = [sys.executable, "manage.py", "import_list", path, "--incident", cast.incident.slug, "--commit"]
    env = {**os.environ, **worker_environment(settings, sink)}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=env, cwd=project.BASE_DIR)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    assert Letter.objects.count() > before + SIZE * 0.9
    assert usage.ru_maxrss / 1024 < MOST_MIB
