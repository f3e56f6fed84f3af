"""The check page: where on it somebody is, and what stands there."""

from typing import Any, NamedTuple, Self
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import QueryDict
from django.urls import reverse

from letters import checking, problems, row_choices
from letters.forms import ChangesForm
from letters.importing import new_units, plan, withdrawing
from letters.models import ImportBatch, Letter
from sepo_incident.whole import whole

Status = ImportBatch.Status
ROWS_PER_PAGE = 20


class Address(NamedTuple):
    """Its parts are called as in the address: ``vis`` and ``slags`` filter the rows, ``ret`` is the open one, and
    ``felter`` are the columns shown, for a row that comes alone."""

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
        """The page there, with a row open or at the top of its rows."""
        query = self._replace(ret=str(row_id or ""), felter="").query
        return f"{reverse('import_batch', args=[batch_id])}?{query}#{f'raekke-{row_id}' if row_id else 'raekker'}"


def overview(batch: ImportBatch, at: Address) -> dict[str, Any]:
    """What is counted, and how the rows may be looked at."""
    counts = plan.count(batch)
    choice, kind = checking.chosen(at.vis, counts), problems.chosen(at.slags)
    tallies = problems.by_kind(batch)
    letters = Letter.objects.filter(incident=batch.incident).standing()
    return {
        "batch": batch,
        "counts": counts,
        "sum": checking.sum_of_rows(counts),
        "new_units": new_units.of(batch) if batch.status == Status.CHECKED else None,
        "form": ChangesForm(counts),
        "left_out": withdrawing.left_out(batch),
        "tiles": checking.tiles(counts),
        "pills": row_choices.pills(checking.CHOICES, None if kind else choice, counts),
        "wrong": problems.pills(tallies, kind, rejects=True),
        "remarked": problems.pills(tallies, kind, rejects=False),
        "choice": choice,
        "kind": kind,
        "letters_after": letters.count() + (counts.new if batch.status == Status.CHECKED else 0),
        "without_owner": letters.without_owner().count(),
    }


def context(batch: ImportBatch, at: Address) -> dict[str, Any]:
    """The same, and the rows of one page of the sheet."""
    seen = overview(batch, at)
    page = Paginator(checking.rows_of(batch, seen["choice"], seen["kind"]), ROWS_PER_PAGE).get_page(at.page)
    headings, lines = checking.sheet(batch, page.object_list, whole(at.ret))
    here = at._replace(felter=",".join(heading.field for heading in headings), ret="").query
    return seen | {"page_obj": page, "headings": headings, "lines": lines, "at": here}
