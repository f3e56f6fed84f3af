"""Every test runs on the real engines: bundled PostgreSQL and Valkey, an SMTP sink, Chromium. No engine is mocked.

The engines start once per run, in a data folder under the temp folder; xdist's workers share them. Fixtures live in
`tests/fixtures_*.py` and in `tests/cast.py`.
"""

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import django
import pytest
from django.conf import settings
from django.test.signals import template_rendered
from django.utils import timezone
from django.utils.safestring import mark_safe
from time_machine import escape_hatch

from sepo_incident import embedded
from sepo_incident.core import database
from sepo_incident.core.jinja import Page

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")  # "gw0" …, or "" in the process that starts the engines
FOLDER_PREFIX = "sepo-test-"


def _sweep() -> None:
    """Remove the data folders of killed runs."""
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER_PREFIX}*"):
        pid = folder.name.removeprefix(FOLDER_PREFIX)
        with suppress(FileNotFoundError):  # another run may remove the same folder
            is_ours = folder.stat().st_uid == os.geteuid()
            if is_ours and pid.isdigit() and (int(pid) == os.getpid() or not Path("/proc", pid).exists()):
                shutil.rmtree(folder, ignore_errors=True)


# pytest-django reads the settings after this file, so the environment set here applies.
os.environ["DJANGO_SETTINGS_MODULE"] = "sepo_incident.settings"
os.environ["DJANGO_DEBUG"] = "1"
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's loop runs in the thread of the test
for configured in ("DEMO", "DATABASE_URL", "EMAIL_URL", "SITE_URL", "DJANGO_ALLOWED_HOSTS"):
    os.environ.pop(configured, None)
if not WORKER:
    os.environ.pop("CELERY_BROKER_URL", None)
    os.environ["SEPO_DATA"] = str(Path(tempfile.gettempdir()) / f"{FOLDER_PREFIX}{os.getpid()}")
    _sweep()  # before the settings make the secrets there, which workers read too

if WORKER:  # a database of its own in the shared Valkey
    os.environ["CELERY_BROKER_URL"] = embedded.broker_url().replace("=0", f"={int(WORKER.removeprefix('gw')) + 1}")
    # xdist's workers inherit DJANGO_SETTINGS_MODULE, so pytest-django has read the settings before this line.
    settings.CELERY_BROKER_URL = os.environ["CELERY_BROKER_URL"]

django.setup()  # the plugins below import models

# Otherwise every test client lists all static files before the first page.
settings.WHITENOISE_AUTOREFRESH = True

#: A test that moves the clock of its process moves PostgreSQL's clock along. Other processes see the real clock.
_clock_parameter = database.clock_parameter
database.clock_parameter = lambda: timezone.now() if escape_hatch.is_travelling() else _clock_parameter()

FIXTURES = ("database", "sink", "worker", "listener", "engines", "browser")
pytest_plugins = ["tests.cast", *(f"tests.fixtures_{name}" for name in FIXTURES)]
_running = ExitStack()
_ENVIRONMENT = pytest.StashKey[dict[str, str]]()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    # a test run has no collected static files: the finders serve them
    config.addinivalue_line("filterwarnings", "ignore:No directory at:UserWarning")
    if not WORKER and not config.option.collectonly:
        _running.callback(shutil.rmtree, os.environ["SEPO_DATA"])
        _running.enter_context(embedded.running_engines(is_durable=False, is_exclusive=True))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Run one demo at a time and one test with workers at a time: more of them keep two cores so busy that tests time
    out.

    xdist starts with the largest group, and takes the other tests in order: those with a browser first, so that no
    worker is left with long tests when all others have finished. A test with a browser or with engines of its own that
    fails runs once more, and the end of the run shows why: it races with something, which is to be mended.
    """
    for item in items:
        fixtures = {"as_user", "client"}.intersection(getattr(item, "fixturenames", ()))
        if fixtures or item.path.name.startswith("test_attack_"):
            item.add_marker(pytest.mark.slow)
        if item.get_closest_marker("browser") or item.get_closest_marker("engines"):
            item.add_marker(pytest.mark.flaky(reruns=1))
        if item.get_closest_marker("engines"):
            item.add_marker(pytest.mark.xdist_group("demos" if "engines" in item.path.parts else "workers"))
    yield  # pytest-randomly mixes the tests
    items.sort(key=lambda item: item.get_closest_marker("browser") is None)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    item.stash[_ENVIRONMENT] = _environment()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """Fail a test that leaves another environment, because the processes of later tests would inherit it."""
    yield
    assert _environment() == item.stash[_ENVIRONMENT]


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a file by its argument, not by its bytes: a workbook holds the time, and all workers must collect alike."""
    return argname if isinstance(val, bytes) and len(val) > 40 else None


def pytest_collection_finish() -> None:
    gc.freeze()  # thousands of test items stay until the end, so the collector need not look through them
    gc.set_threshold(50_000, 20, 50)  # building a query makes so many objects that the default runs for each page


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for report in terminalreporter.stats.get("rerun", []):
        terminalreporter.section(f"failed once: {report.nodeid}")
        terminalreporter.write_line(f"{report.longreprtext}\n{report.capstderr}")


def pytest_unconfigure() -> None:
    _running.close()


@pytest.fixture(autouse=True)
def _quick_passwords(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def _render_and_tell(page, context=None, request=None):
    """Render a page, and tell Django's test client the context, as Django's own templates do."""
    context = page.full_context(context, request)
    template_rendered.send(sender=page, template=page, context=context)
    return mark_safe(page.template.render(context))  # noqa: S308  # as Page.render


Page.render = _render_and_tell
