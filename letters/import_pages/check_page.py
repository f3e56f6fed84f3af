"""Read model of the check page: the address, the counts and the rows."""

from typing import Any, NamedTuple, Self
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import QueryDict
from django.urls import reverse

from letters.import_pages import check_table, row_filters
from letters.import_pages.import_forms import CommitForm
from letters.importing.commit import withdraw_letters
from letters.importing.plan import letter_comparison, new_units
from letters.models import ImportBatch, Letter
from sepo_incident.core.parsing import parse_int

Status = ImportBatch.Status
ROWS_PER_PAGE = 20


class CheckPageAddress(NamedTuple):
    """The query string of the check page.

    `vis` and `slags` filter the rows, `ret` is the open row, and `felter` are the columns of a row rendered alone.
    """

    vis: str = ""
    slags: str = ""
    page: str = ""
    ret: str = ""
    felter: str = ""

    @classmethod
    def of(cls, query: QueryDict) -> Self:
        return cls(*(query.get(name, "") for name in cls._fields))

    @property
    def query(self) -> str:
        return urlencode({name: value for name, value in self._asdict().items() if value})

    def url(self, batch_id: int, row_id: int | None = None) -> str:
        """Return the URL of the check page, with a row open or at the top of the rows."""
        query = self._replace(ret=str(row_id or ""), felter="").query
        return f"{reverse('import_batch', args=[batch_id])}?{query}#{f'raekke-{row_id}' if row_id else 'raekker'}"


def check_page_overview(batch: ImportBatch, at: CheckPageAddress) -> dict[str, Any]:
    """Return the context of the check page without the rows: counts, filters and the form."""
    counts = letter_comparison.count_rows(batch)
    choice, kind = check_table.selected_filter(at.vis, counts), row_filters.kind_from_slug(at.slags)
    tallies = row_filters.count_problems_by_kind(batch)
    letters = Letter.objects.filter(incident=batch.incident).active()
    return {
        "batch": batch,
        "counts": counts,
        "sum": check_table.row_sum_terms(counts),
        "new_units": new_units.find_new_units(batch) if batch.status == Status.CHECKED else None,
        "form": CommitForm(counts),
        "left_out": withdraw_letters.count_missing_letters(batch),
        "tiles": check_table.count_tiles(counts),
        "pills": row_filters.filter_pills(check_table.ROW_FILTERS, None if kind else choice, counts),
        "wrong": row_filters.problem_pills(tallies, kind, rejects=True),
        "remarked": row_filters.problem_pills(tallies, kind, rejects=False),
        "choice": choice,
        "kind": kind,
        "letters_after": letters.count() + (counts.new if batch.status == Status.CHECKED else 0),
        "without_owner": letters.without_owner().count(),
    }


def check_page_context(batch: ImportBatch, at: CheckPageAddress) -> dict[str, Any]:
    """Return the context of the check page with a page of the rows."""
    seen = check_page_overview(batch, at)
    page = Paginator(check_table.filter_rows(batch, seen["choice"], seen["kind"]), ROWS_PER_PAGE).get_page(at.page)
    headings, lines = check_table.build_table(batch, page.object_list, parse_int(at.ret))
    here = at._replace(felter=",".join(heading.field for heading in headings), ret="").query
    return seen | {"page_obj": page, "headings": headings, "lines": lines, "at": here}
