"""``manage.py`` from the outside, where something is not as it should be."""

import os
import subprocess
import sys

import pytest

from sepo_incident.embedded import places

pytestmark = pytest.mark.engines


def test_a_production_that_lacks_a_setting_is_told_which_in_a_sentence():
    without = {"DJANGO_DEBUG", "DEMO", "RECIPIENT_HASH_KEY"}
    env = {name: value for name, value in os.environ.items() if name not in without}
    given = {"DJANGO_SECRET_KEY": "s" * 40, "DJANGO_ALLOWED_HOSTS": "opf.example", "SITE_URL": "https://opf.example"}
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate"], env=env | given, cwd=places.PROJECT, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "Systemet er ikke sat helt op" in done.stderr
    assert "RECIPIENT_HASH_KEY" in done.stderr
    assert "Traceback" not in done.stderr
