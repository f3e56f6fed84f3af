"""*Indlæs en fil*: letters and receipts from files, as Koncern IT gets them."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from letters.models import Channel, Leg, LetterDispatch, Receipt, SilenceSign, TrackingFile, TrackingFilePart
from letters.tracking import tracking_files
from letters.tracking.silence import detection
from letters.tracking.told_statuses import tell_meaning
from sepo_incident.core import database, task_queue
from sepo_incident.core.danish import COPENHAGEN
from tests.letters.list_files import workbook
from tests.letters.tracking_pages.test_tracking_pages import text_of

pytestmark = pytest.mark.django_db
CPR = "010270-1234"
UUIDS = [f"00000000-0000-4000-8000-{number:012d}" for number in range(5)]

SEPO = "\n".join(
    [
        "Godkendt;Sendt;Afsender;Enhed;Modtager;Emne;Størrelse;MessageUUID;Status;Statustidspunkt;Kø",
        f"25-10-2019 14:00;25-10-2019 14:05;Karen Bülow Møller;Svalevejens Skole;{CPR};Indkaldelse til {CPR};3.400;"
        f"{UUIDS[0]};Afleveret Digital Post;25-10-2019 14:09;x",
        "27-10-2019 02:40;27-10-2019 02:50;Karen Bülow Møller;Svalevejens Skole;0202701234;Høring;1200;"
        f"{UUIDS[1]};Afleveret Digital Post;27-10-2019 02:10;x",
        "28-10-2019 08:00;28-10-2019 08:01;Anne Østergaard;Lærkeparkens Skole;0303701234;Sygefraværssamtale;90;"
        f"{UUIDS[2]};Fejlet;28-10-2019 08:30;x",
        f"28-10-2019 09:00;;Anne Østergaard;Lærkeparkens Skole;0404701234;Plan;90;{UUIDS[3]};;;x",
    ]
).encode("cp1252")
TRACE = b"""Received,SenderAddress,RecipientAddress,Subject,Status,ToIP,Size,MessageId
"12/11/2019 9:14:00 AM","karen@kk.example","0102701234@eboks.example","Svar","Delivered","","20480","<1@kk.example>"
"12/11/2019 9:14:00 AM","karen@kk.example","0202701234@eboks.example","Svar","Failed","","20480","<1@kk.example>"
"12/11/2019 9:15:00 AM","karen@kk.example","0303701234@eboks.example","Svar","Pending","","20480","<2@kk.example>"
"""


@pytest.fixture
def take_in(kit_client, enqueued_tasks):
    """`take_in(content, kanal="SEPO")` uploads a file and presses the button. It returns the file."""

    def run(content: bytes, name: str = "log.csv", **fields: str) -> TrackingFile:
        upload = kit_client.post(reverse("tracking_files"), {"fil": SimpleUploadedFile(name, content)})
        assert upload.status_code == 302, upload.text
        file = TrackingFile.objects.latest("pk")
        selects = re.findall(
            r'name="(kolonne_\d+)".*?<option value="([^"]*)" selected', kit_client.get(upload.url).text, re.S
        )
        answer = kit_client.post(upload.url, {**dict(selects), "kanal": "SEPO", **fields})
        assert answer.status_code == 302, answer.text
        return TrackingFile.objects.get(pk=file.pk)

    return run


def at(day: int, hour: int, minute: int, month: int = 10, fold: int = 0) -> datetime:
    return datetime(2019, month, day, hour, minute, tzinfo=COPENHAGEN, fold=fold).astimezone(UTC)


def everything() -> list:
    return [list(model.objects.order_by("pk").values()) for model in (LetterDispatch, Receipt)]


def test_a_log_gives_letters_and_their_receipts(take_in, kit_client):
    page = text_of(kit_client.post(reverse("tracking_files"), {"fil": SimpleUploadedFile("l.csv", SEPO)}, follow=True))
    assert "l.csv har 4 rækker" in page
    assert "Række 2: godkendt fredag den 25. oktober 2019 kl. 14.00, sendt fredag den 25. oktober 2019" in page
    assert "»Afleveret Digital Post« (brevet er kommet frem)" in page
    assert CPR not in page
    file = take_in(SEPO)
    assert (file.status, file.result) == ("TAKEN", {"letters": 4, "receipts": 3, "refused": 0, "problems": []})
    assert not TrackingFilePart.objects.filter(file=file).exists()
    assert file.found == {}
    first, doubled, failed, held = LetterDispatch.objects.order_by("pk")
    assert (first.source_id, first.approved_at, first.sent_at) == (UUIDS[0], at(25, 14, 0), at(25, 14, 5))
    assert (first.sender, first.unit, first.size) == ("Karen Bülow Møller", "Svalevejens Skole", 3400)
    assert "010270" not in first.subject + first.recipient_key
    assert (first.sent_known_at, first.outcome.final_at, first.outcome.is_delivered) == (
        first.sent_at,
        at(25, 14, 9),
        True,
    )
    assert (doubled.sent_at, doubled.outcome.final_at) == (at(27, 2, 50), at(27, 2, 10, fold=1)), (
        "the hour that came twice"
    )
    assert (failed.outcome.is_delivered, held.sent_at, held.outcome.final_at) == (False, None, None)
    assert Channel.objects.get().file_until == at(28, 9, 0)
    assert "Vi kender brevene til og med mandag den 28. oktober 2019 kl. 09.00" in text_of(
        kit_client.get(reverse("channels"))
    )


def test_the_same_file_again_changes_nothing(take_in):
    for content in (SEPO, TRACE):
        take_in(content)
        before = everything()
        assert take_in(content).result == {"letters": 0, "receipts": 0, "refused": 0, "problems": []}
        assert everything() == before


def test_a_message_trace_has_a_letter_for_each_recipient(cast, take_in, kit_client):
    file = take_in(TRACE, kanal="Exchange")
    assert (file.result["letters"], file.result["receipts"]) == (3, 3)
    letters = LetterDispatch.objects.order_by("recipient_key")
    assert len({one.recipient_key for one in letters}) == len({one.source_id for one in letters}) == 3
    assert {(one.mail_id, one.recipient_domain) for one in letters} == {
        ("<1@kk.example>", "eboks.example"), ("<2@kk.example>", "eboks.example"),
    }  # fmt: skip
    statuses = ("Delivered", "Failed", "Pending")
    delivered, failed, pending = (LetterDispatch.objects.get(receipts__status=one) for one in statuses)
    assert (delivered.sent_at, delivered.size) == (at(11, 9, 14, month=12), 20480)
    assert (failed.outcome.is_delivered, pending.outcome.is_delivered) == (False, None)
    assert delivered.outcome.is_delivered is None, "nobody has said that a letter that left Exchange has arrived"
    assert "Fortæl, hvad 1 ukendt status betyder" in text_of(kit_client.get(reverse("tracking_file", args=[file.pk])))
    tell_meaning("Delivered", "delivered", cast.mette)
    delivered.refresh_from_db()
    assert (delivered.outcome.is_delivered, delivered.outcome.final_at) == (True, delivered.sent_at)


def test_a_workbook_without_ids_knows_its_letters_again(take_in):
    day = datetime(2019, 12, 9, 8, 30)
    rows = [["Kanal", "Sendt", "Afsender", "Emne"], ["Fjernprint", day, "Karen", "A"], ["SEPO", day, "Karen", "B"]]
    assert take_in(workbook(rows), "log.xlsx", kanal="").result["letters"] == 2
    rows.append(["SEPO", day, "Jens", "B"])
    assert take_in(workbook(rows), "log.xlsx", kanal="").result["letters"] == 1
    assert sorted(LetterDispatch.objects.values_list("channel__name", flat=True)) == ["Fjernprint", "SEPO", "SEPO"]
    assert {len(one) for one in LetterDispatch.objects.values_list("source_id", flat=True)} == {18}


def test_a_file_of_receipts_waits_for_its_letters(take_in):
    lines = [{"messageUUID": one, "status": "COMPLETED", "tidspunkt": "2019-12-09T10:00:00+01:00"} for one in UUIDS[:2]]
    receipts = "\n".join(map(json.dumps, lines)).encode()
    assert take_in(receipts, "kvitteringer.jsonl").result["receipts"] == 2
    assert not LetterDispatch.objects.exists()
    letters = [
        {"id": f"A{at}", "message_uuid": one, "sent_at": "2019-12-09T08:00:00Z"} for at, one in enumerate(UUIDS[:3])
    ]
    take_in(json.dumps(letters, indent=1).encode(), "breve.json")
    assert list(LetterDispatch.objects.order_by("pk").values_list("outcome__is_delivered", flat=True)) == [
        True,
        True,
        None,
    ]
    assert LetterDispatch.objects.first().outcome.final_at == at(9, 10, 0, month=12)


def test_rows_that_cannot_be_used_are_named(take_in, kit_client):
    lines = [
        "Brev-id;Sendt;Emne;Størrelse",
        "A1;09-12-2019 08:00;x;1",
        "A2;i går;x;1",
        "A3;09-12-2019 08:00;x;stor",
        "I alt;;3;",
    ]
    file = take_in("\n".join(lines).encode())
    page = text_of(kit_client.get(reverse("tracking_file", args=[file.pk])))
    assert "Række 3: Sendt: Datoen kan ikke læses." in page
    assert "Række 4: Størrelsen er ikke et antal bytes." in page
    assert "Række 5: Rækken siger ikke, hvornår brevet er sendt." in page
    assert LetterDispatch.objects.get().source_id == "A1"


@pytest.mark.parametrize(
    ("headers", "fields", "sentence"),
    [
        ("Sendt;Emne;Afsender", {"kanal": ""}, "Skriv kanalens navn"),
        ("Sendt;Emne;Afsender", {"kanal": CPR}, "CPR"),
        ("Emne;Afsender;Status", {}, "Vi skal vide, hvornår brevet er sendt"),
        ("Status;Statuskode;Fejl", {}, "hvilket brev en status er om"),
    ],
)
def test_a_file_without_what_is_needed_is_asked_about(kit_client, take_in, headers, fields, sentence):
    with pytest.raises(AssertionError, match=sentence):
        take_in(f"{headers}\n1;2;3".encode(), **fields)
    assert TrackingFile.objects.get().status == "WAITING"


def test_a_file_is_discarded_by_a_person_or_after_two_weeks(kit_client):
    for _ in range(2):
        kit_client.post(reverse("tracking_files"), {"fil": SimpleUploadedFile("l.csv", SEPO)})
    old, new = TrackingFile.objects.order_by("pk")
    kit_client.post(reverse("tracking_file", args=[new.pk]), {"kasser": "ja"})
    tracking_files.discard_unanswered_files()
    assert TrackingFile.objects.get() == old
    TrackingFile.objects.update(created_at=database.now() - timedelta(days=15))
    tracking_files.discard_unanswered_files()
    assert not TrackingFilePart.objects.exists()


@pytest.fixture
def waiting_for_a_worker(take_in, monkeypatch):
    """A file of which nobody has taken in any row."""
    with monkeypatch.context() as patched:
        patched.setattr(task_queue, "enqueue_on_commit", lambda *args, **options: None)
        return take_in(SEPO)


def test_a_file_that_a_worker_left_is_taken_in(waiting_for_a_worker):
    tracking_files.resume_stalled_files()
    assert not LetterDispatch.objects.exists(), "a worker may have it"
    TrackingFile.objects.update(heartbeat_at=database.now() - 2 * task_queue.STALLED_AFTER)
    tracking_files.resume_stalled_files()
    assert TrackingFile.objects.get().status == "TAKEN"


def test_a_fault_of_ours_keeps_no_file(waiting_for_a_worker, kit_client, monkeypatch):
    monkeypatch.setattr(tracking_files, "take_in_receipts", lambda *args: 1 / 0)
    page = reverse("tracking_file", args=[waiting_for_a_worker.pk])
    assert "Indlæser filen" in text_of(kit_client.get(page))
    with pytest.raises(ZeroDivisionError):
        tracking_files.take_in_file(waiting_for_a_worker.pk)
    assert "Der skete en fejl hos os" in text_of(kit_client.get(page))
    assert not TrackingFilePart.objects.exists()
    assert not LetterDispatch.objects.exists(), "a letter never stands without the receipt of its row"


def test_a_file_that_cannot_be_read_is_refused(take_in):
    with pytest.raises(AssertionError, match="Ofte mangler der et anførselstegn"):
        take_in(SEPO + b'\n"uden slutning')
    with pytest.raises(AssertionError, match="Vi kan ikke finde overskrifterne"):
        take_in(b"Kun en linje")
    with pytest.raises(AssertionError, match="Filen kan ikke læses som JSON"):
        take_in(b'{"id": "A1"\n"sendt": 1}')
    assert not TrackingFile.objects.exists()


#: A Sunday evening.
FILE_ENDS = datetime(2019, 12, 8, 20, 0, tzinfo=COPENHAGEN)


@pytest.fixture
def take_in_days(take_in):
    """`take_in_days(days, still)` takes in a file with two letters an hour until it ends, and one a minute at last.
    Each has its receipt after ten minutes, but none has one after `still`.
    """

    def run(days: int, still: datetime) -> None:
        lines = ["Sendt;Emne;MessageUUID;Status;Statustidspunkt"]
        minutes = [*range(16), *range(30, days * 1440, 30)]
        for number, before in enumerate(minutes):
            sent = FILE_ENDS - timedelta(minutes=before)
            answered = sent + timedelta(minutes=10)
            status = f"COMPLETED;{answered:%d-%m-%Y %H:%M}" if answered < still else "RECEIVED;"
            lines.append(f"{sent:%d-%m-%Y %H:%M};Brev;00000000-0000-4000-8000-{number:012d};{status}")
        with time_machine.travel(FILE_ENDS + timedelta(hours=1), tick=False):
            take_in("\n".join(lines).encode())

    return run


def alarms_at(**later: float) -> set[str]:
    detection.detect(FILE_ENDS + timedelta(**later))
    return set(SilenceSign.objects.values_list("kind", flat=True))


def test_a_file_is_learnt_from_and_nothing_is_awaited_after_its_end(take_in_days, monkeypatch):
    monkeypatch.setattr(detection, "FEWEST_EXPECTED", 2)
    take_in_days(20, still=FILE_ENDS - timedelta(minutes=10))
    assert alarms_at(hours=1) == set()
    leg = Leg.objects.get(kind="receipt")
    assert (leg.median_delay, leg.longest_wait_by_day < timedelta(hours=12)) == (timedelta(minutes=10), True)
    assert alarms_at(hours=24) == set()
    Channel.objects.update(file_until=None)
    assert alarms_at(hours=24) == {"dead_feed", "stop"}, "of a system that tells nothing more"


def test_a_channel_that_stands_still_when_the_file_ends_is_an_alarm(take_in_days):
    take_in_days(12, still=FILE_ENDS - timedelta(days=2))
    assert alarms_at(hours=1) == {"stop"}
