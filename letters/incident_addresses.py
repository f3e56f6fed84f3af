"""Addresses of an incident's pages: `/haendelser/<slug>/…`, with the page's own address after the two segments.

The pages themselves know nothing of the prefix. `reverse` and `{% url %}` add the prefix while it is the script
prefix of the thread: during a request under an incident, and while a mail about an incident is composed.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from django.urls import get_script_prefix, set_script_prefix

from letters.models import Incident

ADDRESS_OF_ALL = "/haendelser/"
_UNDER_INCIDENT = re.compile(rf"{ADDRESS_OF_ALL}([-\w]+)(?:/|$)", re.ASCII)


def split_address(path: str) -> tuple[str, str]:
    """Return the slug of the incident and the address of the page: («sepo», «/brev/7/»), otherwise («», `path`)."""
    found = _UNDER_INCIDENT.match(path)
    return (found[1], f"/{path[found.end() :]}") if found else ("", path)


def address_under(incident: Incident, page: str = "/") -> str:
    """Return the address of a page under the incident. `page` begins with a slash: «/brev/7/?fra=…»."""
    return f"{ADDRESS_OF_ALL}{incident.slug}{page}"


@contextmanager
def addresses_under(incident: Incident | None) -> Iterator[None]:
    """Let `reverse` return addresses under the incident, or with None addresses without an incident."""
    before = get_script_prefix()
    set_script_prefix(address_under(incident) if incident else "/")
    try:
        yield
    finally:
        set_script_prefix(before)
