"""The tree is kept by the database, whoever writes to it."""

import pytest
from django.db import IntegrityError, connection, transaction

from sepo_incident.accounts.models import Unit, User

pytestmark = pytest.mark.django_db


def unit(name: str, parent: Unit | None = None) -> Unit:
    made = Unit.objects.create(name=name, kind=Unit.Kind.UNIT, parent=parent)
    made.refresh_from_db()
    return made


def lineage(*units: Unit) -> list[int]:
    return [each.pk for each in units]


def test_lineage_is_the_way_from_the_root_to_itself():
    root = unit("Kommunen")
    school = unit("Svalevejens Skole", parent=root)
    assert root.lineage == lineage(root)
    assert school.lineage == lineage(root, school)


def test_a_move_takes_everything_below_along():
    root, other = unit("Kommunen"), unit("Anden kommune")
    area = unit("Område Amager", parent=root)
    school = unit("Svalevejens Skole", parent=area)
    area.parent = other
    area.save()
    school.refresh_from_db()
    assert school.lineage == lineage(other, area, school)


def test_lineage_cannot_be_written_by_hand():
    root = unit("Kommunen")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_unit SET lineage = '{1,2,3}' WHERE id = %s", [root.pk])
    root.refresh_from_db()
    assert root.lineage == lineage(root)


def test_a_unit_cannot_lie_below_itself():
    root = unit("Kommunen")
    child = unit("Område Amager", parent=root)
    root.parent = child
    with pytest.raises(IntegrityError, match="under sig selv"), transaction.atomic():
        root.save()


def test_two_units_of_one_name_cannot_share_a_parent():
    root = unit("Kommunen")
    unit("Tandplejen", parent=root)
    with pytest.raises(IntegrityError, match="unit_name_once_under_parent"), transaction.atomic():
        unit("TANDPLEJEN", parent=root)


def test_danish_letters_sort_last():
    for name in ("Ålholm", "Østerbro", "Ægirsgade", "Zinnsgade", "Amager"):
        unit(name)
    assert [each.name for each in Unit.objects.in_order()] == ["Amager", "Zinnsgade", "Ægirsgade", "Østerbro", "Ålholm"]


def test_one_row_per_person_whatever_the_case_of_the_address():
    User.objects.create_user("Karen@buf.example", "Karen Bülow Møller")
    with pytest.raises(IntegrityError, match="user_email_once"), transaction.atomic():
        User.objects.create(email="KAREN@buf.example", name="En anden")
