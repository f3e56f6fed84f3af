"""A walk over every URL: anonymous → sign-in, the wrong person → 404 or 403, and no GET writes to the database."""

from collections.abc import Iterator

import pytest
from django.db import connection, transaction
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from sepo_incident.demo import urls as demo_urls
from tests.access.table import ACCESS, ALSO, DEMO_ONLY, EVERYBODY, Access

RULES = [*ACCESS.items(), *ALSO]
THROUGH = {200, 302, 422}  # 422: through the door with an empty form


def patterns(resolver: URLResolver) -> Iterator[URLPattern]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from patterns(pattern)
        else:
            yield pattern


def writes() -> dict[str, int]:
    """Table → rows inserted, updated and deleted in this transaction. The session keeps its own clock."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables
            WHERE relname <> 'django_session'
            """
        )
        return dict(cursor.fetchall())


def address(name: str, access: Access, stage) -> str:
    return reverse(name, args=access.args(stage))


def test_every_url_has_an_access_rule_and_every_rule_a_url():
    names = [pattern.name for pattern in patterns(get_resolver())]
    assert set(names) == set(ACCESS), "a URL without a rule, or a rule without a URL"
    assert len(names) == len(set(names)), "two URLs with one name"
    assert {pattern.name for pattern in demo_urls.urlpatterns} == DEMO_ONLY


def test_who_has_not_signed_in_is_sent_to_the_door(stage, client):
    for name, access in RULES:
        before = transaction.savepoint_create()
        path = address(name, access, stage)
        for response in (client.get(path), client.post(path)):
            to_the_door = response.status_code == 302 and response.url.startswith("/log-ind/?next=")
            assert to_the_door is not access.is_open, f"{path}: {response.status_code}"
        transaction.savepoint_rollback(before)


@pytest.mark.parametrize(("name", "access"), RULES)
def test_only_the_right_people_get_through_and_no_get_writes(stage, client, name, access):
    """Each signs in once, and what they do is undone before the next. Watched are those whom a page is shown to."""
    path = address(name, access, stage)
    watched = access.sees or {"mette", "karen"}
    for person in sorted(EVERYBODY):
        client.force_login(getattr(stage, person), backend="django.contrib.auth.backends.ModelBackend")
        before = person in watched and writes()
        seen = client.get(path)
        if person in watched:
            client.head(path)
            assert writes() == before, f"{person} GET {path}"
        undone = transaction.savepoint_create()
        done = client.post(path)
        transaction.savepoint_rollback(undone)
        for method, response in (("GET", seen), ("POST", done)):
            wanted = THROUGH | access.also if access.gets_through(person, method) else access.refusals(person, method)
            assert response.status_code in wanted, f"{person} {method} {path}: {response.status_code}, not {wanted}"


def test_the_watch_over_writes_sees_a_write(stage):
    before = writes()
    type(stage.karen).objects.filter(pk=stage.karen.pk).update(name="Karen")
    assert writes() != before
