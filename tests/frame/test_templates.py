"""Templates are source too: lines that fit a screen, few choices in a file, and no Danish sentence twice."""

import re
from collections import defaultdict
from pathlib import Path

from django.conf import settings

# A `.txt` is a mail or a draft: a paragraph of it is one line, which the reader's own program wraps.
FOLDER = Path(settings.BASE_DIR, "templates")
TEMPLATES = {path.relative_to(FOLDER).as_posix(): path.read_text() for path in sorted(FOLDER.rglob("*.html"))}
CODE = re.compile(r"\{#.*?#\}|<script.*?</script>|\{\{.*?\}\}|\{%.*?%\}|<[^>]*>", re.DOTALL)


def test_no_line_is_longer_than_120_characters():
    long = [
        f"{name}:{number}"
        for name, source in TEMPLATES.items()
        for number, line in enumerate(source.split("\n"), start=1)
        if len(line) > 120
    ]
    assert long == []


def test_no_template_has_more_than_25_ifs():
    ifs = {name: len(re.findall(r"\{%-? *(?:el)?if\b", source)) for name, source in TEMPLATES.items()}
    assert {name: number for name, number in ifs.items() if number > 25} == {}


def test_no_sentence_stands_in_two_templates():
    """A sentence is 40 characters of text between tags, or a text of a macro's call."""
    places = defaultdict(set)
    for name, source in TEMPLATES.items():
        for text in [*CODE.split(source), *re.findall(r'[(,] *"([^"{}]*)"', source)]:
            places[" ".join(text.split())].add(name)
    assert {text: names for text, names in places.items() if len(text) >= 40 and len(names) > 1} == {}
