"""`docs/numbers.md` has each figure of reports with its key, label and sentence."""

from django.conf import settings

from followups.reporting import consequences
from followups.reporting.figure_definitions import LETTER_FIGURES, letter_key
from followups.reporting.letter_figures import UNIT_TOTALS
from notifications.unit_mails import MAIL_FIGURES

START, END = "<!-- figures: the test prints these lines -->\n", "<!-- end of figures -->"


def figure_lines() -> list[str]:
    """Return the lines of the table. They need no database."""
    figures = [(letter_key(name), one.label, one.sentence) for name, one in LETTER_FIGURES.items()]
    figures += [*UNIT_TOTALS.values(), *(one[:3] for one in consequences.count_harms([]))]
    figures += [*(one[:3] for one in consequences.sum_amounts([])), *(one[:3] for one in MAIL_FIGURES.values())]
    return [f"| {key} | {label} | {sentence} |" for key, label, sentence in figures]


def test_numbers_page_has_every_figure():
    page = (settings.BASE_DIR / "docs/numbers.md").read_text()
    written = page.partition(START)[2].partition(END)[0].strip().splitlines()[2:]
    assert written == figure_lines(), "\n".join(figure_lines())
