"""A list that corrects the date of a letter moves the due date of an undecided follow-up."""

from datetime import date

import pytest
from django.db import connections, transaction

from followups import services, tasks
from followups.models import FollowUp
from followups.models.answers import DecisionAnswers
from letters.models import Letter
from tests.letters.list_files import csv, row, xlsx

pytestmark = pytest.mark.django_db
NOTHING_RULED = ("incidents", "categories", "days", "dates")
AGAIN = DecisionAnswers(remedy="RESEND", is_sent=True, deadline_missed=False, consequence_review="NONE")


def followup(number: int) -> FollowUp:
    return FollowUp.objects.get(letter__source_ref=f"B-{number}")


@pytest.fixture
def opened(cast, import_file):
    import_file(xlsx(*(row(number, Emne="Møde 10. januar") for number in (1, 2, 3)), row(4, Emne="Pjece")))
    services.open_followups(cast.incident)


def test_followup_takes_the_date_in_the_subject(opened):
    assert [followup(number).due_on for number in (1, 4)] == [date(2020, 1, 10), None]
    assert Letter.objects.get(source_ref="B-1").named_on == date(2020, 1, 10)


@pytest.mark.parametrize(
    ("cells", "moved_to"),
    [
        ({"Emne": "Møde 12. januar"}, date(2020, 1, 12)),
        ({"Emne": "Møde"}, None),
        ({"Emne": "Møde 11-12", "Sendt": "12-12-2019 08:00"}, date(2020, 12, 11)),
        ({"Emne": "Møde 10. januar", "Leder": "Jens Aagaard"}, date(2020, 1, 10)),
    ],
)
def test_next_list_moves_the_due_date(opened, import_file, cells, moved_to):
    import_file(csv(row(1, **cells)))
    tasks.sync_with_lists()
    assert followup(1).due_on == moved_to
    assert followup(2).due_on == date(2020, 1, 10)


def test_decided_followup_keeps_its_due_date(cast, opened, import_file):
    services.decide(followup(1).letter, AGAIN, cast.karen, version=0)
    before = FollowUp.objects.filter(pk=followup(1).pk).values().get()
    import_file(csv(row(1, Emne="Møde 12. januar")))
    tasks.sync_with_lists()
    assert FollowUp.objects.filter(pk=followup(1).pk).values().get() == before
    services.undo_decision(followup(1).letter, cast.karen, version=1)
    tasks.sync_with_lists()
    assert followup(1).due_on == date(2020, 1, 12), "undecided again, it follows again"


def test_due_date_update_takes_three_queries(opened, import_file, django_assert_num_queries):
    import_file(csv(*(row(number, Emne="Møde 12. januar") for number in (1, 2, 3))))
    with django_assert_num_queries(3):
        assert services.update_due_dates() == 3
    assert services.update_due_dates() == 0


@pytest.mark.django_db(transaction=True)
def test_locked_followup_is_updated_next_time(opened, import_file):
    """The update skips locked follow-ups: it blocks no decision, and two updates cannot deadlock."""
    import_file(csv(*(row(number, Emne="Møde 12. januar") for number in (1, 2))))
    other = connections.create_connection("default")
    try:
        with transaction.atomic():
            FollowUp.objects.select_for_update().get(pk=followup(1).pk)
            with other.cursor() as cursor:
                cursor.execute("SET statement_timeout = '5s'")
                cursor.execute(services.letter_facts._UPDATE_DUE_DATES_SQL, {name: [] for name in NOTHING_RULED})
                assert cursor.rowcount == 1
    finally:
        other.close()
    assert services.update_due_dates() == 1
