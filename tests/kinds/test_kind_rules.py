"""The table of kinds names questions, remedies and texts that exist, and nothing else asks for the kind."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template

from followups.decision_questions import QUESTIONS_BY_NAME
from followups.drafts.recipient_texts import ALL_OTHER_CATEGORIES, WAYS_BY_SLUG, default_body
from followups.models import FollowUp
from letters.categories.category_rules import PERSONNEL_CATEGORY
from letters.incident_kinds import KINDS, IncidentKind
from notifications.texts.notice_texts import DEFAULT_TEXTS_FOLDER

each_kind = pytest.mark.parametrize("kind", IncidentKind)
#: the table itself, and migrations, which spell the table out
TABLE = {
    "letters/incident_kinds.py",
    "letters/migrations/0001_initial.py",
    "followups/migrations/0001_initial.py",
    "followups/migrations/0005_paper_and_changed_decisions.py",
}
ASKS_KIND = re.compile(
    r"incident\.kind\s*(==|!=|in\b|not in\b)|kind\s*(==|!=|in\b)[^\n]*IncidentKind"
    r"|IncidentKind\.(?!NOT_ARRIVED)[A-Z]|\bWRONG_RECIPIENT\b"
)


@each_kind
def test_names_of_the_table_exist(kind):
    rules = KINDS[kind]
    assert set(rules.questions) | set(rules.labels) <= set(QUESTIONS_BY_NAME)
    assert set(rules.labels) <= set(rules.questions)
    assert set(rules.remedies) <= set(FollowUp.Remedy)
    assert {"remedy", "deadline_missed", "consequence_review", "journalised"} <= set(rules.questions)
    get_template(rules.guide)


@each_kind
def test_every_kind_has_its_texts(kind):
    rules = KINDS[kind]
    assert (DEFAULT_TEXTS_FOLDER / rules.texts / "first_notice.txt").exists()
    for way in WAYS_BY_SLUG.values():
        assert bool(default_body(ALL_OTHER_CATEGORIES, way, rules)) == (way in rules.remedies)


@each_kind
def test_draft_to_an_employee_does_not_name_the_subject(kind):
    for way in WAYS_BY_SLUG.values():
        assert "{emne}" not in default_body(PERSONNEL_CATEGORY, way, KINDS[kind])


def test_nothing_but_the_table_asks_for_a_kind():
    found = []
    for folder in ("letters", "followups", "notifications", "sepo_incident", "templates"):
        for path in Path(settings.BASE_DIR, folder).rglob("*"):
            name = path.relative_to(settings.BASE_DIR).as_posix()
            if path.suffix in (".py", ".html", ".sql", ".txt", ".js") and name not in TABLE:
                text = path.read_text(encoding="utf-8")
                found += [f"{name}: {asked[0]}" for asked in ASKS_KIND.finditer(text)]
    assert not found
