"""Helpers of the walks over every URL."""

import io
import re
import zipfile
from collections.abc import Iterator

from django.db import connection
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from letters.api import endpoints
from sepo_incident.web.incident_routing import WITHOUT_INCIDENT
from tests.access.access_rules import Access

#: What a page draws at random, which may spell a short secret such as a recipient's code.
RANDOM = re.compile(r'name="csrfmiddlewaretoken" value="\w+"|nonce="[^"]+"|X-CSRFToken[^}]+')

#: name of a URL -> its name in the namespace of the API
OF_THE_API = {one.name: f"api:{one.name}" for one in endpoints.urls[0]}
MENU_LINE = re.compile(r'<a href="([^"]+)"( aria-current="page")?>')


def patterns(resolver: URLResolver) -> Iterator[URLPattern]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from patterns(pattern)
        else:
            yield pattern


def pages_without_incident() -> set[str]:
    found = {one.name for one in patterns(get_resolver()) if WITHOUT_INCIDENT.match(str(one.pattern))}
    return found | set(OF_THE_API)


def written_rows() -> dict[str, int]:
    """Return table → number of rows inserted, updated and deleted in this transaction. Sessions are left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables
            WHERE relname <> 'django_session'
            """
        )
        return dict(cursor.fetchall())


def url_of(name: str, access: Access, stage) -> str:
    return reverse(OF_THE_API.get(name, name), args=access.args(stage))


def menu_lines(response) -> dict[str, bool]:
    """Return {address of a menu line: whether the line is marked as current}, {} for an answer without a menu."""
    if response.status_code != 200 or not response["Content-Type"].startswith("text/html"):
        return {}
    _, _, menu = response.text.partition('aria-label="Hovedmenu"')
    lines = re.search(r'<ul class="plain">.*?</ul>', menu, re.DOTALL)
    return {url: bool(mark) for url, mark in MENU_LINE.findall(lines[0])} if lines else {}


def revealed_words(response, secrets: set[str]) -> list[str]:
    """Return the secrets that stand in a response, also inside a workbook or a zip."""
    content = b"".join(response.streaming_content) if response.streaming else response.content
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            content = b"".join(packed.read(name) for name in packed.namelist())
    words = RANDOM.sub("", content.decode("utf-8", "replace"))
    return [secret for secret in secrets if re.search(rf"\b{re.escape(secret)}", words)]
