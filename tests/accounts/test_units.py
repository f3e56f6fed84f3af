"""The unit tree: the database keeps the lineage and the names, whatever code writes."""

import pytest
from django.db import IntegrityError, connection, transaction

from sepo_incident.accounts.models import Unit

pytestmark = pytest.mark.django_db


def create_unit(name: str, parent: Unit | None = None) -> Unit:
    made = Unit.objects.create(name=name, kind=Unit.Kind.UNIT, parent=parent)
    made.refresh_from_db()
    return made


def unit_ids(*units: Unit) -> list[int]:
    return [each.pk for each in units]


def test_lineage_runs_from_the_root_to_the_unit():
    root = create_unit("Kommunen")
    school = create_unit("Svalevejens Skole", parent=root)
    assert root.lineage == unit_ids(root)
    assert school.lineage == unit_ids(root, school)


def test_moving_a_unit_moves_its_descendants():
    root, other = create_unit("Kommunen"), create_unit("Anden kommune")
    area = create_unit("Område Amager", parent=root)
    school = create_unit("Svalevejens Skole", parent=area)
    area.parent = other
    area.save()
    school.refresh_from_db()
    assert school.lineage == unit_ids(other, area, school)


def test_lineage_cannot_be_written_by_hand():
    root = create_unit("Kommunen")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_unit SET lineage = '{1,2,3}' WHERE id = %s", [root.pk])
    root.refresh_from_db()
    assert root.lineage == unit_ids(root)


def test_unit_cannot_be_its_own_descendant():
    root = create_unit("Kommunen")
    child = create_unit("Område Amager", parent=root)
    root.parent = child
    with pytest.raises(IntegrityError, match="under sig selv"), transaction.atomic():
        root.save()


def test_danish_letters_sort_last():
    for name in ("Ålholm", "Østerbro", "Ægirsgade", "Zinnsgade", "Amager"):
        create_unit(name)
    assert [each.name for each in Unit.objects.in_order()] == ["Amager", "Zinnsgade", "Ægirsgade", "Østerbro", "Ålholm"]
