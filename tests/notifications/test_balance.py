"""The sums agree after ordinary work, and a planted difference is found."""

import json

import pytest
from django.core.management import call_command
from django.db import connection

from letters.models import ImportBatch
from notifications import balance, tasks
from notifications.models import Attempt, Delivery
from tests.factories import LetterFactory


@pytest.fixture
def sent(cast, dispatch, drain):
    drain()


def test_all_sums_agree(cast, sent, capsys):
    LetterFactory(incident=cast.incident)  # not opened
    call_command("balance")
    said = capsys.readouterr().out
    assert "✓ Breve i sepo-2019: 8 = 0 trukket tilbage + 1 ikke åbnet + 7 mangler beslutning" in said
    assert "✓ Modtagere: 5 = 5 sendt" in said
    assert said.endswith("Alle summer stemmer.\n")


def test_as_json(sent, capsys):
    call_command("balance", "--json")
    answer = json.loads(capsys.readouterr().out)
    assert answer["agrees"] is True
    assert {"what": "Modtagere", "total": 5, "parts": [["sendt", 5]], "agrees": True} in answer["sums"]


def lose_a_mail():
    Attempt.objects.filter(delivery=Delivery.objects.first()).delete()
    Delivery.objects.first().delete()


def lose_a_letter_of_a_notice():
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM notifications_noticeitem WHERE id = (SELECT min(id) FROM notifications_noticeitem)")


def forget_what_was_said():
    Attempt.objects.filter(pk=Attempt.objects.first().pk).delete()


def lose_a_row():
    ImportBatch.objects.update(total_rows=99)


def accept_without_sending():
    Attempt.objects.all().delete()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lose_a_mail, "Modtagere: 5 ≠ 4 sendt"),
        (lose_a_letter_of_a_notice, "Varsler: 3 ≠ 2 med alle breve"),
        (forget_what_was_said, "Sendte mails: 5 ≠ 4 med svar"),
        (lose_a_row, "liste.xlsx: 99 ≠ 0 tomme + 1 ny"),
        (accept_without_sending, "Sendte mails: 5 ≠ 0 med svar"),
    ],
)
def test_a_planted_difference_is_found(sent, capsys, caplog, damage, words):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # even where the triggers were off
    damage()
    with pytest.raises(SystemExit) as ended:
        call_command("balance")
    assert ended.value.code == 1
    assert f"✗ {words}" in capsys.readouterr().out.replace("Rækker i ", "")
    tasks.check_balance()
    assert "the balance does not agree" in caplog.text


def test_sums_are_counted_apart():
    assert balance.Sum("Breve", 3, [("a", 1), ("b", 2)]).agrees
    assert not balance.Sum("Breve", 3, [("a", 1)]).agrees
