"""docs/security.md has each requirement of OWASP ASVS 5.0.0, levels 1 and 2, with a status and tests that exist."""

import re

from django.conf import settings

#: section of the standard → number of its requirements of level 1, and of levels 1 and 2, which come first
SECTIONS = {
    "1.1": (0, 2), "1.2": (5, 9), "1.3": (2, 11), "1.4": (0, 3), "1.5": (1, 2), "2.1": (1, 3), "2.2": (2, 3),
    "2.3": (1, 4), "2.4": (0, 1), "3.2": (2, 2), "3.3": (1, 4), "3.4": (2, 6), "3.5": (3, 5), "3.7": (0, 2),
    "4.1": (1, 3), "4.2": (0, 1), "4.3": (0, 2), "4.4": (1, 4), "5.1": (0, 1), "5.2": (2, 3), "5.3": (2, 2),
    "5.4": (0, 3), "6.1": (1, 3), "6.2": (8, 12), "6.3": (2, 4), "6.4": (2, 4), "6.5": (0, 5), "6.6": (0, 3),
    "6.8": (0, 4), "7.1": (0, 3), "7.2": (4, 4), "7.3": (0, 2), "7.4": (2, 5), "7.5": (0, 2), "7.6": (0, 2),
    "8.1": (1, 2), "8.2": (2, 3), "8.3": (1, 1), "8.4": (0, 1), "9.1": (3, 3), "9.2": (1, 4), "10.1": (0, 2),
    "10.2": (0, 2), "10.3": (0, 4), "10.4": (5, 11), "10.5": (0, 5), "10.6": (0, 2), "10.7": (0, 3), "11.1": (0, 2),
    "11.2": (0, 3), "11.3": (2, 3), "11.4": (1, 4), "11.5": (0, 1), "11.6": (0, 1), "12.1": (1, 3), "12.2": (2, 2),
    "12.3": (0, 4), "13.1": (0, 1), "13.2": (0, 5), "13.3": (0, 2), "13.4": (1, 5), "14.1": (0, 2), "14.2": (1, 4),
    "14.3": (1, 3), "15.1": (1, 3), "15.2": (1, 3), "15.3": (1, 7), "16.1": (0, 1), "16.2": (0, 5), "16.3": (0, 4),
    "16.4": (0, 3), "16.5": (0, 3), "17.1": (0, 1), "17.2": (0, 4), "17.3": (0, 2),
}  # fmt: skip
TEXT = (settings.BASE_DIR / "docs" / "security.md").read_text()
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in TEXT.splitlines()
    if re.match(r"\| \d+\.\d+\.\d+ \|", line)
]
STATUSES = ("holds", "does not apply: ", "**open**: ")


def test_each_requirement_is_there_once():
    wanted = [
        (f"{section}.{number}", "1" if number <= of_level_1 else "2")
        for section, (of_level_1, total) in SECTIONS.items()
        for number in range(1, total + 1)
    ]
    assert [(row[0], row[1]) for row in ROWS] == wanted
    assert (sum(level == "1" for _, level in wanted), len(wanted)) == (70, 253)


def test_each_row_says_where_it_stands():
    for number, _, _, where, test, status in ROWS:
        assert status.startswith(STATUSES), number
        assert test == "–" or not status.startswith("does not apply"), number
        assert (where, test) != ("–", "–") or status != "holds", number
    numbers = [sum(row[-1].startswith(status) for row in ROWS) for status in STATUSES]
    assert "{} hold, {} do not apply, and {} are open".format(*numbers) in TEXT


def test_each_named_test_exists():
    for number, *cells in ROWS:
        file = ""
        for span in re.findall(r"`([^`]+)`", " ".join(cells)):
            file = span if span.startswith("tests/") else file
            if span.startswith("test_"):
                assert f"def {span}(" in (settings.BASE_DIR / file).read_text(), (number, span)


def test_each_attack_test_is_named():
    files = {path.name for path in (settings.BASE_DIR / "tests" / "access").glob("test_attack_*.py")}
    assert {name for name in files if f"`tests/access/{name}`" not in TEXT} == set()
