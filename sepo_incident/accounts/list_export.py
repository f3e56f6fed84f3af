"""A list as a file: it answers `?hent=xlsx` and `?hent=csv` at its own address, with its own filter and order.

A page declares a `TableExport`, and returns `download_list(…)` before it renders; `components/download_links.html`
shows the two links. `ImpersonationMiddleware` refuses every address that asks for a file.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import batched, chain
from typing import Any, NamedTuple

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from sepo_incident.accounts.roles import SignedInRequest
from sepo_incident.core import cpr, danish, logs, spreadsheets
from sepo_incident.core.sheet import Sheet

#: Query parameter of a list that is fetched as a file; the value is a format of `FORMATS`.
DOWNLOAD = "hent"
FORMATS = {"xlsx": spreadsheets.XLSX, "csv": "text/csv; charset=utf-8"}
#: So many rows are fetched at a time: the browser gets rows at once, and no transaction waits for a slow browser.
ROWS_PER_FETCH = 1000
MAX_EXCEL_ROWS = 100_000  # openpyxl writes the letters of a large city's year in half a minute
TOO_LONG_FOR_EXCEL = (
    f"Listen er for lang til Excel, som her har højst {danish.number(MAX_EXCEL_ROWS)} rækker. "
    "Hent den som CSV, eller vælg et filter."
)
#: Parameters whose value may be a name, so the log only says that there is one.
_TYPED_WORDS = ("words", "q", "navn")


class TableColumn[Row](NamedTuple):
    """A column of a file. `value`: text, number, date, time or Decimal (kroner). `width`: in characters."""

    header: str
    value: Callable[[Row], Any]
    width: int = 24


@dataclass(frozen=True)
class TableExport[Row]:
    """A list as a file. `name`: of the file and in the log, in ASCII. `title`: of the sheet, at most 31 characters."""

    name: str
    title: str
    columns: Sequence[TableColumn[Row]]

    @property
    def headers(self) -> list[str]:
        return [column.header for column in self.columns]

    def cells(self, row: Row) -> list[Any]:
        return [to_cell(column.value(row)) for column in self.columns]


def to_cell(value: Any) -> Any:
    """Return the value as a cell holds it: whole seconds in Copenhagen without a zone, text without CPR numbers."""
    if isinstance(value, datetime):
        return danish.local_time(value).replace(tzinfo=None, microsecond=0)
    return cpr.mask(value) if isinstance(value, str) else value


def wants_file(request: HttpRequest) -> bool:
    """Tell whether the address asks for a file. A form is answered by its page, also at such an address."""
    return request.method in ("GET", "HEAD") and DOWNLOAD in request.GET


def download_list(
    request: SignedInRequest,
    export: TableExport[Any],
    rows: QuerySet[Any, Any] | Sequence[Any],
    load: Callable[[Sequence[Any]], Iterable[Any]] | None = None,
    about: Sequence[tuple[str, str]] = (),
) -> HttpResponseBase | None:
    """Return the list as a file if the address asks for one, otherwise None.

    `rows`: the whole list, filtered and sorted as on the page. `load` makes the rows of the table from up to
    `ROWS_PER_FETCH` of them in a constant number of queries. `about`: (label, text) of what the list is about, for the
    workbook's second sheet. Raise Http404 for an unknown format.
    """
    return stream_list(request, export, rows, request.GET[DOWNLOAD], load, about) if wants_file(request) else None


def stream_list(
    request: SignedInRequest,
    export: TableExport[Any],
    rows: QuerySet[Any, Any] | Sequence[Any],
    file_format: str,
    load: Callable[[Sequence[Any]], Iterable[Any]] | None = None,
    about: Sequence[tuple[str, str]] = (),
) -> HttpResponseBase:
    """Return the list as `file_format`: «xlsx», or «csv» row by row. Other arguments are those of `download_list`."""
    if file_format not in FORMATS:
        raise Http404
    count = rows.count() if isinstance(rows, QuerySet) else len(rows)
    if file_format == "xlsx" and count > MAX_EXCEL_ROWS:
        messages.warning(request, TOO_LONG_FOR_EXCEL)
        return redirect(request.path)
    _log_export(request, export.name, count, file_format)
    # a queryset is read through a cursor of the server that outlives its transaction
    found = rows.iterator(chunk_size=ROWS_PER_FETCH) if isinstance(rows, QuerySet) else rows
    loaded = chain.from_iterable(load(some) if load else some for some in batched(found, ROWS_PER_FETCH))
    cells = map(export.cells, loaded)
    if file_format == "csv":
        content = spreadsheets.stream_csv(export.headers, cells)
    else:
        sheet = Sheet(export.title, export.headers, cells, [one.width for one in export.columns], has_filter=True)
        content = iter([spreadsheets.build_workbook([sheet, _about_sheet(request, export, count, about)])])
    pk = request.resolver_match.kwargs.get("pk") if request.resolver_match else None
    filename = f"{export.name}-{pk}" if pk else export.name
    headers = {"Content-Disposition": f'attachment; filename="{filename}.{file_format}"'}
    return StreamingHttpResponse(content, content_type=FORMATS[file_format], headers=headers)


def _log_export(request: SignedInRequest, name: str, count: int, file_format: str) -> None:
    """Write a line to the security log: the list, the id in its address, the number of rows, and the filter."""
    ids = request.resolver_match.kwargs if request.resolver_match else {}
    chosen = "&".join(
        f"{key}={'…' if key in _TYPED_WORDS else value}"
        for key, values in request.GET.lists()
        for value in values
        if value and key not in (DOWNLOAD, "page")
    )
    numbers: dict[str, int | str] = {"list": name, "count": count, "file_format": file_format, "filter": chosen}
    logs.log_security_event("list_exported", request.user.pk, **numbers, **({"pk": ids["pk"]} if "pk" in ids else {}))


def _about_sheet(
    request: SignedInRequest, export: TableExport[Any], count: int, about: Sequence[tuple[str, str]]
) -> Sheet:
    """Return the sheet *Om listen*: title, filters, number of rows, time and reader."""
    now = timezone.now()
    rows = [
        ("Liste", export.title),
        *about,
        ("Rækker", danish.number(count)),
        ("Hentet", f"{danish.weekday_date(now)} {danish.clock(now)}"),
        ("Hentet af", request.user.name),
    ]
    return Sheet("Om listen", ["Listen", ""], rows, [16, 70])
