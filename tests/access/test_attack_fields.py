"""Hostile texts in every field of every form, in every parameter and in every address: never a 500, nothing runs, and
no follow-up changes that the sender of the form does not see.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import count
from urllib.parse import urlencode

import pytest
from django.urls import reverse

from followups.models import FollowUp
from letters.models import Letter
from tests.access.access_checks import url_of
from tests.access.access_rules import ACCESS, EVERYBODY, RULES
from tests.access.attack_checks import active_content, describe_crash
from tests.access.attacker import IS_WHOLE, Attacker, body_of, some, undone
from tests.access.forms_of_pages import TYPED, Field, PageForm, forms_of_pages
from tests.access.hostile_inputs import NUMBERS, PLANTED, QUERIES, TEXTS, read_names

type Filled = list[tuple[str, str]]
#: a page that shows what its form has stored
STORES_PROSE = ("reminders", ACCESS["reminders"])


@pytest.fixture
def turns():
    return count()


def fillings(form: PageForm, turn: int, hidden: Sequence[Letter]) -> Iterator[Filled]:
    """Yield the form with a hostile text in each field that people type in, in each field, and with other people's
    letters in each hidden field and choice.
    """
    fields = [field for field in form.fields if field.kind != "file"]
    for texts, kinds in ((TEXTS, TYPED), (TEXTS + NUMBERS * 3, {field.kind for field in fields})):
        for shift in some(range(len(texts)), 1, turn * 7):
            yield [
                (field.name, texts[(at + shift) % len(texts)] if field.kind in kinds else field.value)
                for at, field in enumerate(fields)
            ]
    for letter in some(hidden, 1, turn):
        yield [
            (field.name, field.value if field.kind in TYPED else re.sub(r"\d+", str(letter.pk), field.value, count=1))
            for field in fields
        ]


def plant(form: PageForm) -> Filled:
    """Return the form as somebody would fill it in, with a text that would run wherever prose is asked for."""
    return [(field.name, _planted_value(field)) for field in form.fields if field.kind != "file"]


def _planted_value(field: Field) -> str:
    is_prose = field.kind in ("text", "textarea", "search") and not re.search(r"_(day|month|year)$", field.name)
    return PLANTED if is_prose and not re.fullmatch(r"[\d.:,]+", field.value) else field.value


def test_no_form_breaks_runs_a_text_or_reaches_the_letter_of_somebody_else(handed_over_case, turns):
    attacks, stored = 0, 0
    for person, path, form in forms_of_pages(handed_over_case, [*some(RULES, 25, 2), STORES_PROSE]):
        attacker = Attacker(handed_over_case.sessions[person])
        hidden = list(Letter.objects.exclude(pk__in=Letter.objects.visible_to(getattr(handed_over_case, person))))
        before = _states(hidden)
        for filled in (*fillings(form, next(turns), hidden), plant(form)):
            with undone():
                answer = attacker.post(form.action, filled)
                pages = {form.action: answer}
                if answer.status_code == 302 and PLANTED in dict(filled).values():
                    pages |= {address: attacker.send("GET", address) for address in (path, answer["Location"])}
                for address, page in pages.items():
                    assert describe_crash(attacker, page) == "", (person, form.action, filled, address)
                    assert active_content(page) == [], (person, form.action, filled, address)
                assert _states(hidden) == before, (person, form.action, filled)
                attacks += 1
                stored += len(pages) > 1 and any("alert(1)" in body_of(page).decode() for page in pages.values())
    assert attacks > 10
    assert stored > 0


def _states(letters: list[Letter]) -> list[tuple[object, ...]]:
    theirs = FollowUp.objects.filter(letter__in=letters).order_by("pk")
    return list(theirs.values_list("pk", "status", "version", "letter__leader", "letter__sender", "letter__category"))


def test_no_parameter_breaks_a_page(handed_over_case, turns):
    """All parameters that any page reads at once."""
    read, posted = read_names("GET"), read_names("POST")
    assert len(read) > 20
    for name, access in some(RULES, 16, 1):
        person, turn = min(access.sees | access.does or EVERYBODY), next(turns)
        attacker = Attacker(handed_over_case.sessions[person])
        with undone():
            path = url_of(name, access, handed_over_case)
            for shift in some(range(len(QUERIES)), 1, turn):
                query = urlencode(
                    [(one, QUERIES[(at + shift) % len(QUERIES)]) for at, one in enumerate(read)], errors="surrogatepass"
                )
                pairs = [(one, TEXTS[(at * 3 + shift) % len(TEXTS)]) for at, one in enumerate(posted)]
                answers = []
                if access.sees and (IS_WHOLE or turn % 2 or not access.does):
                    answers.append(attacker.send("GET", f"{path}?{query}"))
                if access.does and (IS_WHOLE or not answers):
                    with undone():
                        answers.append(attacker.post(path, pairs))
                for answer in answers:
                    assert describe_crash(attacker, answer) == "", (path, query, pairs)
                    assert active_content(answer) == [], (path, query, pairs)


PARTS = ["x" * 3000, "%00", "a%0d%0aSet-Cookie:%20a=b", "%ff", "%F0%9F%98%80", "<script>", "..%2f..%2fetc", "-"]
IDS = [str(2**63), "9" * 30, "9" * 5000, "0", "٣", "-1", "%00", "1%0d%0a"]


def test_no_address_breaks_a_page(handed_over_case, turns):
    for name, access in some(RULES, 16, 2):
        attacker = Attacker(handed_over_case.sessions[min(access.sees | access.does or EVERYBODY)])
        with undone():
            args = access.args(handed_over_case)
            for at, own in enumerate(args):
                marker, parts = (987_654_321, IDS) if isinstance(own, int) else ("marker-x", PARTS)
                path = reverse(name, args=[*args[:at], marker, *args[at + 1 :]])
                for part in some(parts, 1, next(turns)):
                    with undone():
                        answer = attacker.send("GET" if access.sees else "POST", path.replace(str(marker), part))
                    assert describe_crash(attacker, answer) == "", (name, part)
                    assert active_content(answer) == [], (name, part)
