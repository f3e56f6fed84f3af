"""The command `create_incident`."""

from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from letters.models import CategoryRule, Incident

pytestmark = pytest.mark.django_db
GIVEN = {"title": "Sikker post", "first_day": "2019-12-09", "last_day": "2019-12-19", "deadline": "2020-01-15"}


def create(slug="sepo", **options):
    call_command("create_incident", slug, **GIVEN | options)


def test_incident_is_created_with_rules_and_the_next_command(capsys):
    create()
    made = Incident.objects.get()
    assert (made.slug, made.title, made.system, made.status) == ("sepo", "Sikker post", "SEPO", "PREPARING")
    assert (made.first_day, made.deadline) == (date(2019, 12, 9), date(2020, 1, 15))
    assert CategoryRule.objects.filter(incident=made).exists()
    assert "manage.py import_list liste.xlsx --incident sepo --commit" in capsys.readouterr().out


def test_kind_of_incident_is_one_of_two(capsys):
    create(kind="WRONG_RECIPIENT")
    assert Incident.objects.get().kind == "WRONG_RECIPIENT"
    with pytest.raises(CommandError, match="WRONG_RECIPIENT"):
        call_command(
            "create_incident", "ny", "--kind", "ANDET", *(f"--{k.replace('_', '-')}={v}" for k, v in GIVEN.items())
        )
    with pytest.raises(IntegrityError, match="incident_kind_known"), transaction.atomic():
        Incident.objects.update(kind="ANDET")


def test_second_incident_beside_the_first(cast):
    create("sepo-2", title=cast.incident.title)
    assert Incident.objects.count() == 2, "the same title and days are no double click here: the slug is another"


@pytest.mark.parametrize(
    ("slug", "options", "message"),
    [
        ("sepo-2019", {}, "En hændelse har allerede kortnavnet »sepo-2019«. Der er ikke ændret noget."),
        ("med mellemrum", {}, "»med mellemrum« kan ikke være et kortnavn."),
        ("æøå", {}, "»æøå« kan ikke være et kortnavn."),
        ("x" * 61, {}, "Brug højst 60 tegn"),
        ("ny", {"first_day": "9. december"}, "»9. december« er ingen dato. Skriv --first-day som 2019-12-09."),
        ("ny", {"last_day": "2019-02-30"}, "»2019-02-30« er ingen dato. Skriv --last-day som"),
        ("ny", {"deadline": "20200115"}, "»20200115« er ingen dato."),
        ("ny", {"last_day": "2019-12-08"}, "Første dag skal ligge før sidste dag."),
        ("ny", {"deadline": "2019-12-19"}, "Fristen skal ligge efter den sidste dag."),
        ("ny", {"deadline": "2202-01-15"}, "Fristen ligger mere end to år efter den sidste dag."),
        ("ny", {"title": "  "}, "--title er tom."),
        ("ny", {"title": "Brev til 010203-1234"}, "CPR"),
    ],
)
def test_wrong_options_get_a_sentence_and_change_nothing(cast, slug, options, message):
    with pytest.raises(CommandError) as refusal:
        create(slug, **options)
    assert message in str(refusal.value)
    assert Incident.objects.count() == 1
