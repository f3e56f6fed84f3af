"""A list with uncertain columns waits, asks about these columns, and is read exactly as answered."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from letters import tasks
from letters.import_pages.columns_page import ColumnsForm
from letters.importing import batches
from letters.importing.files import uploads
from letters.models import ImportBatch, ImportFilePart, ImportProgress, Letter
from letters.models.letter import HIDDEN_SUBJECT
from letters.samples import COLUMNS
from tests.letters.awkward import parts
from tests.letters.list_files import row, workbook, xlsx
from tests.letters.uploaded_lists import (
    FIELDS,
    FIRST,
    HEADERS,
    SECOND,
    UNCERTAIN_LIST,
    batch_with_questions,
    columns_url,
    upload_list,
)

pytestmark = pytest.mark.django_db
Status = ImportBatch.Status


def column_answers(fields=FIELDS, **more) -> dict[str, str]:
    return {f"kolonne_{number}": field for number, field in enumerate(fields)} | more


def test_uncertain_list_waits_and_names_the_columns(kit_client, enqueued_tasks):
    page = upload_list(kit_client, workbook(UNCERTAIN_LIST))
    text = page.text
    assert page.redirect_chain[-1][0] == columns_url(batch_with_questions())
    assert "Kolonnen hedder »Emnefelt« – mener du Emne?" in text
    assert "»Chef« har e-mails – mener du Leders e-mail?" in text
    assert [select.initial for _, _, select in page.context["form"].lines] == [*FIELDS[:-1], "?"]
    assert not batch_with_questions().rows.exists()
    assert ImportFilePart.objects.filter(batch=batch_with_questions()).exists()


def test_certain_list_asks_only_on_request(cast, kit_client, enqueued_tasks):
    assert "Tjek listen" in upload_list(kit_client, xlsx(row(1))).text
    batch, _ = uploads.receive_file(cast.incident, "liste.xlsx", xlsx(row(2)), by=cast.mette, is_to_ask=True)
    batches.read_batch(batch.pk)
    assert "Kolonnerne i filen" in kit_client.get(columns_url(batch)).text


@pytest.mark.parametrize(("header", "answer"), [("Modtagertype", ""), ("Emne", "subunit")], ids=["left out", "as unit"])
def test_nobody_leaves_out_what_hides_a_personnel_case(cast, kit_client, enqueued_tasks, header, answer):
    batch, _ = uploads.receive_file(cast.incident, "liste.xlsx", xlsx(row(2)), by=cast.mette, is_to_ask=True)
    batches.read_batch(batch.pk)
    batch.refresh_from_db()
    columns = ColumnsForm(batch.found).columns
    answers = column_answers([answer if one.header == header else one.field for one in columns])
    refused = kit_client.post(columns_url(batch), answers)
    assert (refused.status_code, f"»{header}« skal læses" in refused.text) == (422, True)
    assert kit_client.post(columns_url(batch), column_answers([one.field for one in columns])).status_code == 302


def test_list_is_read_with_the_answers(kit_client, enqueued_tasks):
    upload_list(kit_client, workbook(UNCERTAIN_LIST))
    page = kit_client.post(columns_url(batch_with_questions()), column_answers(), follow=True)
    assert "Klar til at indlæse 2 breve" in page.text
    batch = ImportBatch.objects.get(status=Status.CHECKED)
    assert batch.mapping == [list(pair) for pair in zip(HEADERS, FIELDS, strict=True)]
    assert list(batch.rows.values_list("source_ref", "sender_email", "leader_email", "subject")) == [
        ("1", "karen@kk.example", "jens@kk.example", "Møde"),
        ("2", "anne@kk.example", "jens@kk.example", ""),
    ]
    assert batch.found == []
    assert not ImportFilePart.objects.filter(batch=batch).exists()


def test_column_page_hides_recipients_and_personnel_subjects(kit_client, enqueued_tasks):
    secret = ["3", "ida@kk.example", "", "Skolen", "Tjenstlig samtale", "11-12-2019 10:00", "", "om 010270-1234"]
    page = upload_list(
        kit_client, workbook([[*HEADERS, "Til", "Q"], [*FIRST, "bo@borger.example", "102701234"], [*secret, "", ""]])
    )
    text = page.text + str(batch_with_questions().found)
    for number in ("0102701234", "010270-1234", "102701234", "bo@", "Tjenstlig"):
        assert number not in text
    assert HIDDEN_SUBJECT in text
    assert "(vises ikke)" in text
    assert "karen@kk.example" in text


def test_example_rows_avoid_personnel_cases(kit_client, enqueued_tasks):
    secret = ["3", "ida@kk.example", "", "Skolen", "Tjenstlig samtale", "11-12-2019 10:00", "", ""]
    page = upload_list(kit_client, workbook([HEADERS, secret, FIRST, SECOND]))
    assert page.context["form"].numbers == ["Række 3", "Række 4"]


def test_double_and_missing_columns_are_refused_with_a_link(kit_client, enqueued_tasks):
    upload_list(kit_client, workbook(UNCERTAIN_LIST))
    for fields, number, message in (
        (["", *FIELDS[1:]], 0, "Vælg den kolonne, der er »Brev-id«. Har listen ingen, kan vi lave dem."),
        ([*FIELDS[:5], "", *FIELDS[6:]], 5, "Vælg den kolonne, der er »Sendt«."),
        ([*FIELDS[:7], "subject"], 7, "»Emne« er allerede valgt for E: Emnefelt. Vælg en af dem fra."),
    ):
        page = kit_client.post(columns_url(batch_with_questions()), column_answers(fields))
        text = page.text
        assert page.status_code == 422
        assert message in text
        assert f'href="#id_kolonne_{number}"' in text
    assert batch_with_questions().mapping == []


def test_columns_with_the_same_meaning_are_reported(kit_client, enqueued_tasks):
    text = upload_list(kit_client, xlsx({**row(1), "Subject": "x"}, columns=(*COLUMNS, "Subject"))).text
    assert "Kolonne M: »Emne« og en anden kolonne er begge Emne. Vælg den ene." in text
    assert "Kolonne N: »Subject« og en anden kolonne er begge Emne. Vælg den ene." in text


def test_check_page_links_to_columns_and_a_new_question(kit_client, enqueued_tasks):
    content = workbook(UNCERTAIN_LIST)
    upload_list(kit_client, content)
    batch = batch_with_questions()
    page = kit_client.post(columns_url(batch), column_answers(), follow=True)
    assert columns_url(batch) in page.text
    shown = kit_client.get(columns_url(batch))
    assert ("B: Afs_mail", "Afsenders e-mail") in shown.context["columns"]
    assert ("H: Bem.", "Tages ikke med") in shown.context["columns"]
    again = kit_client.post(reverse("discard_batch", args=[batch.pk]), {"kolonner": "vis"}, follow=True)
    assert again.context["form"]["vis_kolonner"].value() is True
    kit_client.post(reverse("imports"), {"fil": SimpleUploadedFile("liste.xlsx", content), "vis_kolonner": "on"})
    assert batch_with_questions() == batch


def test_list_without_headers_keeps_every_row(kit_client, enqueued_tasks):
    text = upload_list(kit_client, workbook([["Breve"], FIRST, SECOND])).text
    assert "Listen har ingen overskrifter." in text
    page = kit_client.post(columns_url(batch_with_questions()), column_answers(), follow=True)
    assert "Klar til at indlæse 2 breve" in page.text


def test_list_without_columns_is_refused(import_file):
    for content in (workbook([["Kære", "alle"], ["hej", ""]]), workbook([]), workbook([HEADERS])):
        assert import_file(content, commit=False).status == Status.FAILED


def test_one_of_several_sheets_is_chosen(kit_client, enqueued_tasks):
    named = list(COLUMNS)
    one, other = (list(row(number).values()) for number in (1, 2))
    text = upload_list(
        kit_client, parts.saved(parts.book(Nord=[named, one], Syd=[["Breve"], named, other, other]))
    ).text
    assert "Kun »Nord« (1 række)" in text
    assert "Kun »Syd« (2 rækker)" in text
    fields = [column.field for column in kit_client.get(columns_url(batch_with_questions())).context["form"].columns]
    page = kit_client.post(columns_url(batch_with_questions()), column_answers(fields))
    assert "Vælg arket med listen." in page.text
    text = kit_client.post(columns_url(batch_with_questions()), column_answers(fields, ark="1"), follow=True).text
    assert "Vi har læst arket »Syd«. Arket »Nord« er ikke læst." in text
    assert "Overskrifterne i arket »Syd« er fra række 2." in text
    assert set(ImportBatch.objects.get(status=Status.CHECKED).rows.values_list("source_ref", "row")) == {
        ("B-2", 3),
        ("B-2", 4),
    }


def test_hidden_sheet_is_reported_and_read_only_when_chosen(kit_client, enqueued_tasks):
    lists = {"Liste": [list(COLUMNS), list(row(1).values())], "Gemt": [list(COLUMNS), list(row(2).values())]}
    content = parts.saved(parts.book(hidden=["Gemt"], **lists))
    assert "Arket »Gemt« er skjult og ikke læst." in upload_list(kit_client, content).text
    only_hidden = parts.saved(parts.book(hidden=["Gemt"], Note=[["Se det skjulte ark"]], Gemt=lists["Gemt"]))
    page = upload_list(kit_client, only_hidden, name="skjult.xlsx")
    assert "Kolonnerne i filen" in page.text
    kit_client.post(
        columns_url(batch_with_questions()), column_answers([column.field for column in page.context["form"].columns])
    )
    assert ImportBatch.objects.get(filename="skjult.xlsx").rows.get().source_ref == "B-2"
    assert Letter.objects.filter(source_ref="B-2").count() == 0


def set_heartbeat_age(batch: ImportBatch, **time: int) -> None:
    ImportProgress.objects.filter(batch=batch).update(heartbeat_at=timezone.now() - timedelta(**time))


def test_unanswered_list_is_discarded_after_14_days(kit_client, enqueued_tasks):
    content = workbook(UNCERTAIN_LIST)
    upload_list(kit_client, content)
    batch = batch_with_questions()
    set_heartbeat_age(batch, days=13, hours=23)
    tasks.discard_unanswered()
    assert ImportFilePart.objects.filter(batch=batch_with_questions()).exists()
    set_heartbeat_age(batch, days=14, minutes=1)
    tasks.discard_unanswered()
    batch.refresh_from_db()
    assert (batch.status, batch.found) == (Status.DISCARDED, [])
    assert not ImportFilePart.objects.exists()
    page = kit_client.get(reverse("import_batch", args=[batch.pk])).text
    assert "Ingen valgte kolonner i 14 dage." in page
    upload_list(kit_client, content)
    tasks.discard_unanswered()
    assert batch_with_questions() == batch, "it came again, and has 14 days anew"


def test_answer_during_the_discard_wins(kit_client, enqueued_tasks, monkeypatch):
    upload_list(kit_client, workbook(UNCERTAIN_LIST))
    batch = batch_with_questions()
    set_heartbeat_age(batch, days=15)
    forgetting = batches._discard_if_status

    def too_late(*args, **kwargs):
        batches.answer_columns(batch, [0], list(zip(HEADERS, FIELDS, strict=True)))
        return forgetting(*args, **kwargs)

    monkeypatch.setattr(batches, "_discard_if_status", too_late)
    assert batches.discard_unanswered() == 0
    assert batches.read_batch(batch.pk)
