"""Sample lists: believable lists from KIT, the same for the same seed, for the demo, the tests and trials."""

from letters.samples.sample_letters import FIRST_DAY, FULL_SIZE, LAST_DAY, MAIL_OUT_DAY
from letters.samples.sample_list import COLUMNS, SEED, SampleRow, make_revision, make_rows
