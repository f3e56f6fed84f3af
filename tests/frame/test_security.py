"""docs/security.md names tests that exist, and each test of the attack run."""

import re

from django.conf import settings

TEXT = (settings.BASE_DIR / "docs" / "security.md").read_text()


def test_each_named_test_exists():
    named = set(re.findall(r"`(tests/[^`]+)`", TEXT))
    assert len(named) > 20
    assert {one for one in named if not (settings.BASE_DIR / one).exists()} == set()


def test_each_attack_test_is_named():
    files = {path.name for path in (settings.BASE_DIR / "tests" / "access").glob("test_attack_*.py")}
    assert {name for name in files if f"`tests/access/{name}`" not in TEXT} == set()
