"""Templates are source too: lines that fit a screen, few choices in a file, and no Danish sentence twice."""

import re
from collections import defaultdict
from pathlib import Path

from django.conf import settings

# A `.txt` is a mail or a draft: a paragraph of it is one line, which the reader's own program wraps.
FOLDER = Path(settings.BASE_DIR, "templates")
TEMPLATES = {path.relative_to(FOLDER).as_posix(): path.read_text() for path in sorted(FOLDER.rglob("*.html"))}
CODE = re.compile(r"\{#.*?#\}|<script.*?</script>|\{\{.*?\}\}|\{%.*?%\}|<[^>]*>", re.DOTALL)
BEING_REBUILT = (
    "components/letter_list.html", "followups/_arrival_status.html", "followups/_draft_state.html",
    "followups/_earlier_questions.html", "followups/_escalation.html", "followups/_escalation_reply.html",
    "followups/_find_in_outlook.html", "followups/_job_bar.html", "followups/_job_letters.html",
    "followups/_letter_date.html", "followups/_original_missing.html", "followups/_personnel_case.html",
    "followups/_recipient_drafts.html", "followups/_saved_letter.html", "followups/_sent_letters.html",
    "followups/_statement_form.html", "followups/_whom_to_ask.html", "followups/letter.html",
    "followups/my_letters.html",
)  # fmt: skip


def test_no_line_is_longer_than_120_characters():
    long = [
        f"{name}:{number}"
        for name, source in TEMPLATES.items()
        for number, line in enumerate(source.split("\n"), start=1)
        if len(line) > 120 and name not in BEING_REBUILT
    ]
    assert long == []


def test_no_template_has_more_than_25_ifs():
    ifs = {name: len(re.findall(r"\{%-? *(?:el)?if\b", source)) for name, source in TEMPLATES.items()}
    assert {name: number for name, number in ifs.items() if number > 25 and name not in BEING_REBUILT} == {}


def test_no_sentence_stands_in_two_templates():
    """A sentence is 40 characters of text between tags, or a text of a macro's call."""
    places = defaultdict(set)
    for name, source in TEMPLATES.items():
        for text in [*CODE.split(source), *re.findall(r'[(,] *"([^"{}]*)"', source)]:
            places[" ".join(text.split())].add(name)
    assert {text: names for text, names in places.items() if len(text) >= 40 and len(names) > 1} == {}
