"""Every reason why a row is rejected names the module that judges."""

import re

from letters.importing.rows import row_problems
from letters.importing.rows.row_problems import ProblemKind
from sepo_incident.core.sql_files import PROJECT

IMPORTING = PROJECT / "letters" / "importing"


def test_each_kind_is_judged_in_the_module_that_the_list_names():
    source = (IMPORTING / "rows" / "row_problems.py").read_text()
    kinds = source.partition("class ProblemKind")[2].partition("\n\n\n")[0]
    parts = re.split(r"^ {4}# (\w+/\w+\.py) .*$", kinds, flags=re.MULTILINE)[1:]
    named = 0
    for module, text in zip(parts[::2], parts[1::2], strict=True):
        judge = (IMPORTING / module).read_text()
        for name in re.findall(r"^ {4}([A-Z_]+) = ", text, re.MULTILINE):
            assert re.search(rf"\b{name}\b", judge), (module, name)
            named += 1
    assert named == len(ProblemKind)


def test_each_fixed_sentence_has_the_kind_of_its_name_or_of_a_kind_with_several():
    remarks = {name: one for name, one in vars(row_problems).items() if isinstance(one, row_problems.Remark)}
    kinds = {one.kind for one in remarks.values()}
    assert {name for name in remarks if name in ProblemKind.__members__} == {kind.name for kind in kinds} - {
        "PLACEHOLDER"
    }
