"""SQL in files: the files name the columns that the code names, are all in use, and come along into the image."""

import re
from pathlib import Path

from letters.importing.plan.letter_comparison import COMPARED_FACTS
from letters.importing.rows.unit_matching import UnitPath
from letters.models import Letter
from letters.models.letter_change import LETTER_FACTS, LOGGED_COLUMNS
from sepo_incident.core.sql_files import PROJECT, read_sql, sql_with_named_parameters

APPS = ("sepo_incident", "letters", "followups", "notifications")
FILES = sorted(path for app in APPS for path in (PROJECT / app).rglob("*.sql"))
LISTED = ("listed_sender_id", "listed_leader_id")
COMMIT, CHECKS = "letters/importing/commit", "letters/importing/checks"


def names_in(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\w+", text))


def test_a_query_keeps_its_values_and_its_percent_signs():
    rows = Letter.objects.filter(subject__contains="5 %", unit__lineage__contains=[7]).extra(where=["1 %% 2 = 1"])
    text, values = sql_with_named_parameters(rows.values("pk"))
    assert text % dict.fromkeys(values, "?") == rows.values("pk").query.sql_with_params()[0].replace("%s", "?").replace(
        "%%", "%"
    )
    assert sorted(values) == ["value_0", "value_1"]


def test_new_letters_get_every_fact():
    text = read_sql(f"{COMMIT}/insert_letters.sql")
    columns = names_in(re.search(r"letters_letter \((.*?)\)", text, re.DOTALL)[1])
    place, listed = ("incident_id", "batch_id", "batch_sheet", "batch_row", "source_ref"), (*LISTED, "listed_at")
    assert columns == (*place, *LETTER_FACTS, *listed)


def test_a_changed_row_can_change_every_fact():
    text = read_sql(f"{COMMIT}/update_letters.sql")
    assert sorted(re.findall(r"^(?:SET| {3}) (\w+) = ", text, re.MULTILINE)) == sorted((*LOGGED_COLUMNS, *LISTED))


def test_undoing_can_restore_every_logged_column():
    text = read_sql(f"{COMMIT}/restore_facts.sql")
    given = names_in(re.search(r"SET \((.*?)\)", text, re.DOTALL)[1])
    taken = names_in(re.search(r"SELECT\s+(sender_id.*?)\s+FROM", text, re.DOTALL)[1])
    assert given == taken == LOGGED_COLUMNS


def test_every_compared_fact_is_told_and_shown():
    text = read_sql("letters/importing/plan/compared_rows.sql")
    assert tuple(re.findall(r"%\(tell_(\w+)\)s", text)) == COMPARED_FACTS
    assert tuple(re.findall(r"WHEN differs\.(\w+) THEN jsonb_build_object\('(\w+)'", text)) == tuple(
        zip(COMPARED_FACTS, COMPARED_FACTS, strict=True)
    )
    any_differs = re.search(r"NOT \(\n(.*?)\n\s+\) THEN", text, re.DOTALL)[1]
    assert tuple(re.findall(r"differs\.(\w+)", any_differs)) == COMPARED_FACTS


def test_a_unit_is_found_by_all_columns_of_its_path():
    found = 0
    for text in (path.read_text() for path in FILES):
        for columns, using in re.findall(r"AS place\((.*?)\) USING \((.*?)\)", text, re.DOTALL):
            assert " ".join(columns.split()) == f"{' text, '.join(UnitPath._fields)} text, unit_id bigint"
            assert names_in(using) == UnitPath._fields
            found += 1
    assert found == 5


def test_rows_are_alike_in_the_same_columns():
    text = read_sql(f"{CHECKS}/reject_repeated_letters.sql")
    mine, first = re.search(r"WHEN \((.*?)\) IS NOT DISTINCT FROM \((.*?)\)", text, re.DOTALL).groups()
    assert re.findall(r"r\.(\w+)", mine) == re.findall(r"first\.(\w+)", first)
    assert set(UnitPath._fields) < set(re.findall(r"r\.(\w+)", mine))


def test_every_file_is_read_by_a_module():
    modules = "\n".join(path.read_text() for app in APPS for path in (PROJECT / app).rglob("*.py"))
    by_table = {"record_inserts.sql", "record_updates.sql", "record_deletes.sql"}
    assert {path.name for path in FILES if path.name not in modules} <= by_table


def test_the_image_has_the_files():
    copied = re.findall(r"^COPY (\w+) \1$", (PROJECT / "Dockerfile").read_text(), re.MULTILINE)
    assert {Path(path).relative_to(PROJECT).parts[0] for path in FILES} <= set(copied)
    ignored = (PROJECT / ".dockerignore").read_text().splitlines()
    assert [line for line in ignored if line and line[0] not in "#!"] == ["*", "**/__pycache__"]
