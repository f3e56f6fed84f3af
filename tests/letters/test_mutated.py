"""Broken bytes: each file is read or refused with a sentence, and never a fault of ours."""

import logging
from collections import Counter

from letters.importing.files import reader
from letters.management.commands.read_list import report_on
from tests.letters.awkward import mutating


def test_no_broken_file_is_a_fault_of_ours(tmp_path, caplog):
    caplog.set_level(logging.ERROR)
    answers: Counter[bool] = Counter()
    for number, (name, content) in enumerate(mutating.mutated(seed=7, count=30)):
        (tmp_path / "liste").write_bytes(content)
        report = report_on(tmp_path / "liste")
        assert report["reason"] != reader.OUR_FAULT_MESSAGE, (number, name)
        assert report["ok"] is (report["reason"] is None)
        answers[report["ok"]] += 1
    assert caplog.text == ""
    assert answers[True] > 5
    assert answers[False] > 5
