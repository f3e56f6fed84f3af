"""Where on the check page somebody is: what its address filters by, which row is open, and what the table shows."""

from typing import NamedTuple, Self
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse


class Address(NamedTuple):
    """The names are those of the address. ``ret`` is the open row; ``felter`` the columns shown, for a row alone."""

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
