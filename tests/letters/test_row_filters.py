"""The check page counts problems by kind and links each kind to the rows with that problem."""

import pytest
from django.urls import reverse

from letters.import_pages import check_table
from letters.importing.rows.row_problems import ProblemKind
from tests.letters.list_files import row, xlsx

pytestmark = pytest.mark.django_db
BROKEN = {"Afsenders_e_mail": "karen"}


@pytest.fixture
def batch(import_file):
    """Rows 2 to 7: two without a leader, two with broken addresses, one bad date, one sent twice."""
    rows = [
        row(1, Leders_e_mail=""),
        row(2, Leders_e_mail="", Modtager="0102701234"),
        row(3, **BROKEN),
        row(4, Afsenders_e_mail="x"),
    ]
    return import_file(xlsx(*rows, row(5, Sendt="31-11-2019 10:22"), row(6, Emne="Andet")), commit=False)


def test_problems_are_counted_by_kind_rejections_first(batch):
    assert [(tally.kind, tally.rejects, tally.rows) for tally in check_table.count_problems_by_kind(batch)] == [
        (ProblemKind.BROKEN_EMAIL, True, 2),
        (ProblemKind.BAD_DATE, True, 1),
        (ProblemKind.NO_LEADER, False, 2),
        (ProblemKind.SENT_TWICE, False, 1),
    ]


def test_each_count_links_to_as_many_rows(kit_client, batch):
    url = reverse("import_batch", args=[batch.pk])
    seen = kit_client.get(url).context
    assert [len(seen[name]) for name in ("error_pills", "remark_pills")] == [2, 2], (
        "what need not be mended is not under it"
    )
    for pill in (*seen["error_pills"], *seen["remark_pills"]):
        page = kit_client.get(url + pill.url.partition("#")[0])
        assert page.context["page_obj"].paginator.count == pill.number
        assert page.context["kind"].label == pill.label
        shown = (*page.context["error_pills"], *page.context["remark_pills"])
        assert [one.label for one in shown if one.is_current] == [pill.label]


def test_unknown_kind_filters_nothing(kit_client, batch):
    page = kit_client.get(reverse("import_batch", args=[batch.pk]), {"slags": "<script>"})
    assert page.status_code == 200
    assert page.context["kind"] is None


def test_every_problem_has_a_known_kind(batch):
    found = [problem["kind"] for one in batch.rows.all() for problem in one.problems]
    assert found
    assert set(found) <= set(ProblemKind.values)


def test_problem_counts_take_one_query(batch, django_assert_num_queries):
    with django_assert_num_queries(1):
        check_table.count_problems_by_kind(batch)
