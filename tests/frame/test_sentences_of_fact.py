"""Nothing untrue: each sentence of fact stands in an incident with the row that proves it, and in no incident without.

The table is `sentences_of_fact`.
"""

import re

import pytest

from tests.frame.sentences_of_fact import SENTENCES, Sentence, nothing
from tests.frame.sentences_of_note import NOTE_SENTENCES
from tests.frame.sentences_of_pages import PAGE_SENTENCES
from tests.frame.sentences_sent_out import SENT_OUT_SENTENCES

pytestmark = [pytest.mark.usefixtures("monday"), pytest.mark.slow]
#: place → what it says about the cast's incident as it is, which many sentences start with
UNTOUCHED: dict[object, str] = {}


def read_before(one: Sentence, cast) -> str:
    if one.given is not nothing:
        one.given(cast)
        return one.place.read(cast)
    if one.place not in UNTOUCHED:
        UNTOUCHED[one.place] = one.place.read(cast)
    return UNTOUCHED[one.place]


@pytest.mark.parametrize("one", [*SENTENCES, *NOTE_SENTENCES, *PAGE_SENTENCES, *SENT_OUT_SENTENCES], ids=str)
def test_sentence_stands_only_with_its_row(cast, one):
    before = read_before(one, cast)
    assert not re.search(one.sentence, before)
    assert re.search(one.without, before), f"instead of «{one.sentence}»: {before}"
    if one.proven_by is None:
        return
    one.proven_by(cast)
    after = one.place.read(cast)
    assert re.search(one.sentence, after), f"«{one.sentence}» is proven: {after}"
    assert not one.without or not re.search(one.without, after)
