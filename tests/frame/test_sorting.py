"""Lists sorted by their column heads."""

import pytest
from django.http import QueryDict

from sepo_incident.accounts.models import User
from sepo_incident.core import danish
from sepo_incident.core.sorting import Column, ColumnSort, danish_order
from tests.factories import UnitFactory, UserFactory

COLUMNS = {"name": Column(lambda row: row[0]), "letters": Column(lambda row: row[1], descending_first=True)}
ROWS = [("b", 2), ("a", 2), ("c", 1)]


def sort(address: str = "", default: str = "") -> ColumnSort:
    return ColumnSort(QueryDict(address), COLUMNS, default, anchor="list")


def test_heads_sort_and_keep_the_filters():
    heads = sort("status=OPEN&page=3&sort=name").heads
    assert heads["name"] == ("?status=OPEN&sort=-name#list", "ascending")
    assert heads["letters"] == ("?status=OPEN&sort=-letters#list", "")
    assert sort("sort=-letters").heads["letters"] == ("?sort=letters#list", "descending")


def test_rows_are_sorted_and_equal_rows_keep_their_order():
    assert [row[0] for row in sort("sort=name").sort(ROWS)] == ["a", "b", "c"]
    assert [row[0] for row in sort("sort=-letters").sort(ROWS)] == ["b", "a", "c"]
    assert sort("").sort(ROWS) == ROWS


@pytest.mark.parametrize("address", ["", "sort=", "sort=hvad", "sort=--name", "sort=-"])
def test_unknown_column_means_the_default(address):
    assert sort(address, "-letters").heads["letters"].direction == "descending"
    assert [head.direction for head in sort(address).heads.values()] == ["", ""]


def test_people_without_a_value_come_last(db):
    units = {"unit": Column("unit__sort_key")}
    nobody, somebody = UserFactory(), UserFactory(unit=UnitFactory())
    for address in ("sort=unit", "sort=-unit"):
        people = ColumnSort(QueryDict(address), units).order(User.objects.filter(pk__in=[nobody.pk, somebody.pk]), "pk")
        assert list(people) == [somebody, nobody]


def test_database_sorts_names_as_a_danish_index(db):
    for name in ("Åse Bo", "Aase Al", "Ægir", "Østen", "Ødis", "zoe", "Zenia", "Özlem", "anna", "Änne", "Børge", "Bo"):
        UserFactory(name=name)
    names = list(User.objects.order_by(danish_order("name")).values_list("name", flat=True))
    assert [danish.sort_key(name) for name in names] == sorted(danish.sort_key(name) for name in names)
