"""A mutated file is read or refused with a sentence, and is never reported as our own fault."""

import logging
from collections import Counter

from letters.importing.files import reader
from letters.management.commands.read_list import report_on
from tests.letters.awkward import mutated_files


def test_mutated_files_cause_no_internal_error(tmp_path, caplog):
    caplog.set_level(logging.ERROR)
    answers: Counter[bool] = Counter()
    for number, (name, content) in enumerate(mutated_files.mutate_files(seed=7, count=30)):
        (tmp_path / "liste").write_bytes(content)
        report = report_on(tmp_path / "liste")
        assert report["reason"] != reader.OUR_FAULT_MESSAGE, (number, name)
        assert report["ok"] is (report["reason"] is None)
        answers[report["ok"]] += 1
    assert caplog.text == ""
    assert answers[True] > 5
    assert answers[False] > 5
