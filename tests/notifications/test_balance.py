"""The sums of `balance` agree after ordinary work, and a planted difference is found."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from followups.models import FollowUp
from letters.models import ImportBatch, Letter, LetterChange
from notifications import tasks
from notifications.alarms import reconciliation
from notifications.models import Attempt, Delivery, Evidence, Notice, NoticeItem
from sepo_incident.accounts.models import StaffImport
from tests.factories import FollowUpFactory, LetterFactory
from tests.notices import request_first_notices, write_notices
from tests.notifications.inbound.mails import bounce, receive_mail


@pytest.fixture
def sent(cast, dispatch, drain):
    drain()


def test_balance_agrees_after_ordinary_work(cast, sent, capsys):
    LetterFactory(incident=cast.incident)  # not opened
    call_command("balance")
    said = capsys.readouterr().out
    assert "✓ Breve i sepo-2019: 8 = 0 trukket tilbage + 1 ikke åbnet + 7 mangler beslutning" in said
    assert "✓ Modtagere: 5 = 5 sendt" in said
    assert said.endswith("Alle summer stemmer.\n")


def test_balance_as_json(sent, capsys):
    call_command("balance", "--json")
    answer = json.loads(capsys.readouterr().out)
    assert answer["agrees"] is True
    assert {"what": "Modtagere", "total": 5, "parts": [["sendt", 5]], "agrees": True} in answer["sums"]


def lose_a_mail():
    Attempt.objects.filter(delivery=Delivery.objects.first()).delete()
    Delivery.objects.first().delete()


def lose_a_letter():
    lost = Letter.objects.first()
    NoticeItem.objects.filter(followup__letter=lost).delete()
    FollowUp.objects.filter(letter=lost).delete()
    lost.delete()


def lose_a_notice():
    lost = Notice.objects.first()
    Attempt.objects.filter(delivery__notice=lost).delete()
    Delivery.objects.filter(notice=lost).delete()
    NoticeItem.objects.filter(notice=lost).delete()
    lost.delete()


def lose_a_mail_to_a_sender():
    lost = Delivery.objects.filter(role=Delivery.Role.TO, notice__letters=5)
    Attempt.objects.filter(delivery__in=lost).delete()
    lost.delete()


def lose_a_letter_of_a_notice():
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM notifications_noticeitem WHERE id = (SELECT min(id) FROM notifications_noticeitem)")


def forget_what_was_said():
    Attempt.objects.filter(pk=Attempt.objects.first().pk).delete()


def lose_a_row():
    ImportBatch.objects.update(total_rows=99)


def take_up_in_silence():
    """The history says: withdrawn, restored, withdrawn."""
    lost = Letter.objects.first()
    for kind in ("WITHDRAWN", "REINSTATED", "WITHDRAWN"):
        LetterChange.objects.create(letter=lost, kind=kind, reason="Brevet kom frem alligevel")


def lose_a_row_of_staff():
    counts = {"rows": 3, "new": 1, "known": 1, "changed": 0, "left": 0, "rejected": 0}
    counts |= {"noticed": 0, "missing": 4, "blank": 0}
    StaffImport.objects.create(
        filename="ansatte.csv", status=StaffImport.Status.COMMITTED, committed_at=timezone.now(), counts=counts
    )


def send_twice():
    """Two workers held the same mail, because the clock of one was ahead."""
    second = Attempt.objects.first()
    second.pk, second.lease = None, second.lease + 1
    second.save()


def forget_that_it_was_taken():
    Delivery.objects.filter(pk=Delivery.objects.first().pk).update(
        state=Delivery.State.READY, accepted_at=None, next_attempt_at=timezone.now()
    )


def lose_evidence():
    delivery = Delivery.objects.first()
    receive_mail(bounce(delivery), delivery.return_path)
    Evidence.objects.all().delete()


def refuse_in_silence():
    Delivery.objects.filter(pk=Delivery.objects.first().pk).update(state=Delivery.State.REFUSED, accepted_at=None)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lose_a_letter, "Breve i sepo-2019: 7 ≠ 0 trukket tilbage + 0 ikke åbnet + 6 mangler beslutning"),
        (lose_a_notice, "Beskeder i udsendelse {dispatch}: 3 ≠ 2 skrevet"),
        (lose_a_mail_to_a_sender, "Breve uden svar i sepo-2019: 7 ≠ 2 har fået besked + 0 mangler besked"),
        (lose_a_mail, "Modtagere: 5 ≠ 4 sendt"),
        (lose_a_letter_of_a_notice, "Beskeder: 3 ≠ 2 med alle breve"),
        (forget_what_was_said, "Sendte mails: 5 ≠ 4 med svar"),
        (lose_a_row, "liste.xlsx: 99 ≠ 0 tomme + 7 ny"),
        (forget_that_it_was_taken, "Mails, mailserveren har taget imod: 5 ≠ 4 sendt"),
        (send_twice, "Gange, mailserveren har taget imod: 6 ≠ 5 mails"),
        (take_up_in_silence, "Breve i sepo-2019, der er trukket tilbage: 1 ≠ 0 med historik"),
        (lose_a_row_of_staff, "personalefilen ansatte.csv: 3 ≠ 1 ny + 1 kendt + 0 ændret + 0 fratrådt + 0 afvist"),
        (lose_evidence, "Mails: 5 ≠ 4 som beviserne siger"),
        (lose_evidence, "Mails fra mailservere: 1 ≠ 0 brugt som bevis"),
        (refuse_in_silence, "Mails uden et ja: 1 ≠ 0 som mailserveren sagde sidst"),
    ],
)
def test_planted_difference_is_found(sent, dispatch, capsys, caplog, damage, words):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # also with triggers disabled
    damage()
    with pytest.raises(SystemExit) as ended:
        call_command("balance")
    assert ended.value.code == 1
    assert f"✗ {words.format(dispatch=dispatch.pk)}" in capsys.readouterr().out.replace("Rækker i ", "")
    tasks.check_balance()
    assert "the balance does not agree" in caplog.text


def test_balance_agrees_after_a_change_of_sender(cast, sent):
    Letter.objects.filter(pk=cast.annes.pk).update(sender=cast.olga)
    call_command("balance")
    write_notices(request_first_notices(cast.incident))
    call_command("balance")


def test_concurrent_work_is_no_difference(transactional_db, cast, monkeypatch):
    """A letter is imported and opened by another connection while a sum is half counted."""
    write_notices(request_first_notices(cast.incident))
    real, comings = reconciliation.owed_followups, []

    def another_comes():
        try:
            comings.append(FollowUpFactory(letter=LetterFactory(incident=cast.incident, sender=cast.karen)))
        finally:
            connection.close()

    def owed(kind, incident):
        with ThreadPoolExecutor(1) as pool:
            pool.submit(another_comes).result()
        return real(kind, incident)

    monkeypatch.setattr(reconciliation, "owed_followups", owed)
    assert [str(one) for one in reconciliation.all_sums() if not one.agrees] == []
    assert comings
