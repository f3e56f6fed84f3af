"""Sample lists: believable lists from KIT, the same for the same seed, for the demo, the tests and trials."""

from letters.samples.generator import COLUMNS, FULL_SIZE, MAIL_OUT_DAY, SEED, SampleRow, make_revision, make_rows
from letters.samples.letter_drafts import FIRST_DAY

__all__ = ["COLUMNS", "FIRST_DAY", "FULL_SIZE", "MAIL_OUT_DAY", "SEED", "SampleRow", "make_revision", "make_rows"]
