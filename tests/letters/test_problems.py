"""Problems counted by kind, each a link to the rows that have it."""

import pytest
from django.urls import reverse

from letters.import_pages import row_filters
from letters.importing.rows.problem_kinds import ProblemKind
from tests.letters.lists import row, xlsx

pytestmark = pytest.mark.django_db
BROKEN = {"Afsenders_e_mail": "karen"}


@pytest.fixture
def kit(cast, as_user):
    return as_user(cast.mette)


@pytest.fixture
def batch(take_in):
    """Rows 2 to 7: two without a leader, two with broken addresses, one date, one sent twice."""
    rows = [
        row(1, Leders_e_mail=""),
        row(2, Leders_e_mail="", Modtager="0102701234"),
        row(3, **BROKEN),
        row(4, Afsenders_e_mail="x"),
    ]
    return take_in(xlsx(*rows, row(5, Sendt="31-11-2019 10:22"), row(6, Emne="Andet")), commit=False)


def test_rows_are_counted_once_per_kind_and_those_that_are_rejected_first(batch):
    assert [(tally.kind, tally.rejects, tally.rows) for tally in row_filters.count_problems_by_kind(batch)] == [
        (ProblemKind.BROKEN_EMAIL, True, 2),
        (ProblemKind.BAD_DATE, True, 1),
        (ProblemKind.NO_LEADER, False, 2),
        (ProblemKind.SENT_TWICE, False, 1),
    ]


def test_each_number_leads_to_as_many_rows(kit, batch):
    url = reverse("import_batch", args=[batch.pk])
    seen = kit.get(url).context
    assert [len(seen[name]) for name in ("wrong", "remarked")] == [2, 2], "what need not be mended is not under it"
    for pill in (*seen["wrong"], *seen["remarked"]):
        page = kit.get(url + pill.url.partition("#")[0])
        assert page.context["page_obj"].paginator.count == pill.number
        assert page.context["kind"].label == pill.label
        shown = (*page.context["wrong"], *page.context["remarked"])
        assert [one.label for one in shown if one.is_current] == [pill.label]


def test_a_filter_survives_paging(kit, take_in):
    batch = take_in(xlsx(*(row(number, Leders_e_mail="") for number in range(50))), commit=False)
    page = kit.get(reverse("import_batch", args=[batch.pk]), {"slags": "ingen-leder"})
    assert "?slags=ingen-leder&amp;page=2#raekker" in page.content.decode()


@pytest.mark.parametrize("nonsense", ["findes-ikke", "<script>", "'; DROP", "\x00"])
def test_a_kind_that_is_none_filters_nothing(kit, batch, nonsense):
    page = kit.get(reverse("import_batch", args=[batch.pk]), {"slags": nonsense})
    assert page.status_code == 200
    assert page.context["kind"] is None


def test_every_problem_of_a_row_has_a_kind_we_know(batch):
    found = [problem["kind"] for one in batch.rows.all() for problem in one.problems]
    assert found
    assert set(found) <= set(ProblemKind.values)


def test_one_query_counts_them(batch, django_assert_num_queries):
    with django_assert_num_queries(1):
        row_filters.count_problems_by_kind(batch)
