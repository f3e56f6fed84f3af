"""Sort a list by its column heads. The order stands in the address: `?sort=name`, or `?sort=-name` the other way.

A list declares its columns; `ColumnSort` reads the chosen column and sorts, and `th` of `components/ui.html` draws a
head as a link. The filters of the address stay, and the list begins at its first page again.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from django.db.models import Expression, F, Func, OrderBy, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Collate, Lower, Replace
from django.http import QueryDict


class Column(NamedTuple):
    """A column that a list is sorted by.

    `key`: for a queryset a field, an expression or a list of them, in ascending order; for a list in memory a function
    of a row. `descending_first`: the first press on the head shows the largest number or the newest date.
    """

    key: Any
    descending_first: bool = False


class ColumnHead(NamedTuple):
    """The link of a column head, and the value of `aria-sort`: "ascending", "descending" or "" if not chosen."""

    url: str
    direction: str


class ColumnSort:
    """The chosen order of a list. A column that the list does not have means `default`.

    `data`: the address's parameters, with the filters that the links keep. `default`: a column as in the address, or ""
    for an order that no column has. `anchor`: the id of the list on a long page.
    """

    def __init__(self, data: QueryDict, columns: Mapping[str, Column], default: str = "", anchor: str = ""):
        asked = data.get("sort", "")
        self.chosen = asked if asked.removeprefix("-") in columns else default
        self.name, self.is_descending = self.chosen.removeprefix("-"), self.chosen.startswith("-")
        self._data, self._columns, self._anchor = data, columns, anchor

    @property
    def heads(self) -> dict[str, ColumnHead]:
        direction = "descending" if self.is_descending else "ascending"
        return {name: ColumnHead(self._url(name), direction if name == self.name else "") for name in self._columns}

    def order[Rows: QuerySet[Any, Any]](self, rows: Rows, *otherwise: str) -> Rows:
        """Return the queryset in the chosen order. `otherwise` orders equal rows; without a column it is the order."""
        if not self.name:
            return rows.order_by(*otherwise)
        key = self._columns[self.name].key
        keys = key if isinstance(key, list) else [key]
        return rows.order_by(*(_order_by(one, self.is_descending) for one in keys), *otherwise)

    def sort[Row](self, rows: Iterable[Row]) -> list[Row]:
        """Return the rows in the chosen order. Equal rows keep their order."""
        if not self.name:
            return list(rows)
        return sorted(rows, key=self._columns[self.name].key, reverse=self.is_descending)

    def _url(self, name: str) -> str:
        goes_down = not self.is_descending if name == self.name else self._columns[name].descending_first
        data = self._data.copy()
        data.pop("page", None)
        data["sort"] = f"-{name}" if goes_down else name
        return f"?{data.urlencode()}{f'#{self._anchor}' if self._anchor else ''}"


def _order_by(key: str | Expression | OrderBy, is_descending: bool) -> OrderBy:
    """Return the ordering of a key. Rows without a value come last, unless the key itself says otherwise."""
    if isinstance(key, OrderBy):
        ordering = key.copy()
        if is_descending:
            ordering.reverse_ordering()
        return ordering
    expression = F(key) if isinstance(key, str) else key
    return OrderBy(expression, descending=is_descending, nulls_last=True)


def danish_order(text: str | Combinable) -> Collate:
    """Return SQL that sorts as `danish.sort_key` for names: æ < ø < å, aa as å, whatever the case."""
    spelled = Replace(Lower(text), Value("aa"), Value("å"))
    letters = {"æÆäÄ": "{", "øØöÖ": "|", "åÅ": "}", "üÜ": "y", "éÉèÈ": "e"}
    written = "".join(letters)
    sorted_as = "".join(key * len(signs) for signs, key in letters.items())
    return Collate(Func(spelled, Value(written), Value(sorted_as), function="translate"), "C")
