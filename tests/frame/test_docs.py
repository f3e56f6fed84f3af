"""README and docs name only what exists: paths, links, make targets, commands, modules and settings."""

import re
from importlib.util import find_spec

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import get_commands

ROOT = settings.BASE_DIR
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted(ROOT.glob("docs/**/*.md"))]
TEXTS = {str(page.relative_to(ROOT)): page.read_text() for page in PAGES}
#: made by `make`, by the engines or by people, so not in a fresh clone
NOT_TRACKED = (".venv", ".data", ".env", ".ci/chromium-path", "node_modules")


def code_spans(text: str) -> list[str]:
    """Return the text of every `span` and of every line in a ``` block."""
    blocks = re.findall(r"^```.*?\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))
    return [*spans, *(line for block in blocks for line in block.splitlines())]


@pytest.mark.parametrize("page", TEXTS)
def test_every_path_and_link_leads_somewhere(page):
    at_top = {path.name for path in ROOT.iterdir()}
    words = [word.rstrip(":,;") for span in code_spans(TEXTS[page]) for word in span.split()]
    paths = {word for word in words if "/" in word and word.split("/")[0] in at_top and "…" not in word}
    links = re.findall(r"\]\(([^)#]+)", TEXTS[page])
    missing = [path for path in paths if not path.startswith(NOT_TRACKED) and not (ROOT / path).exists()]
    missing += [link for link in links if "://" not in link and not ((ROOT / page).parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("page", TEXTS)
def test_every_make_target_command_and_module_exists(page):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    commands = get_commands()
    for span in code_spans(TEXTS[page]):
        for target in re.findall(r"^make ([a-z-]+)", span):
            assert target in targets
        for command in re.findall(r"manage\.py ([a-z_0-9]+)", span):
            assert command in commands
        if re.fullmatch(r"(sepo_incident|letters|followups|notifications)(\.\w+)+", span):
            module, _, name = span.rpartition(".")
            assert find_spec(span) if name.islower() else hasattr(__import__(module, fromlist=[name]), name), span


def test_each_command_of_ours_is_described():
    ours = {app.name for app in apps.get_app_configs() if (ROOT / app.name.replace(".", "/")).is_dir()}
    described = set(re.findall(r"^### (\w+)$", TEXTS["docs/commands.md"], re.MULTILINE))
    assert described == {name for name, app in get_commands().items() if app in ours}


def test_each_setting_from_the_environment_is_described():
    read = set(re.findall(r'(?:env\.\w+|secret)\("([A-Z_]+)"', (ROOT / "sepo_incident" / "settings.py").read_text()))
    configuration = TEXTS["docs/operations.md"].partition("\n## Configuration\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.+?) \|", configuration, re.MULTILINE)
    described = {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)}
    assert described - read == {"SEPO_DATA", "CHROMIUM"}
    assert read - described == set()


def test_the_readme_is_short():
    text = TEXTS["README.md"]
    assert len(text.encode()) <= 8_000
    assert len(text.split()) <= 1_200


def test_the_section_that_an_error_names_is_there():
    assert "docs/operations.md fortæller om hver indstilling under Configuration." in (ROOT / "manage.py").read_text()
    assert "\n## Configuration\n" in TEXTS["docs/operations.md"]


def test_each_decision_is_in_the_list():
    records = sorted(page.name for page in ROOT.glob("docs/decisions/[0-9]*.md"))
    assert re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", TEXTS["docs/decisions/README.md"]) == records
    for number, name in enumerate(records, start=1):
        assert name.startswith(f"{number:04d}-")
        text = TEXTS[f"docs/decisions/{name}"]
        assert text.startswith(f"# {number}. ")
        assert re.findall(r"^## (\w+)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"]


def test_pre_commit_runs_what_make_lint_runs():
    hooks = re.findall(r"^ +name: (.+)$", (ROOT / ".pre-commit-config.yaml").read_text(), re.MULTILINE)
    assert hooks == re.findall(r'^check "(.+?)"', (ROOT / ".ci" / "lint").read_text(), re.MULTILINE)


def test_no_page_names_a_command():
    """Who reads a page has no shell: the page says whom to ask."""
    pages = (ROOT / "templates").rglob("*.html")
    assert [page.name for page in pages if "manage.py" in page.read_text()] == []
