"""A believable list from KIT, the same for the same seed: for the demo, the tests and anybody who wants to try."""

from letters.samples.generator import COLUMNS, MAIL_OUT_DAY, SampleRow, make_rows
from letters.samples.revision import make_revision

__all__ = ["COLUMNS", "MAIL_OUT_DAY", "SampleRow", "make_revision", "make_rows"]
