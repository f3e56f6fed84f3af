"""A list in doubt waits for people, says what it is in doubt about, and is read with exactly what they answer."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from letters import tasks
from letters.import_pages.columns_form import ColumnsForm
from letters.importing import batches
from letters.importing.files import uploads
from letters.models import ImportBatch, ImportFilePart, ImportProgress, Letter, RememberedColumns
from letters.models.letter import HIDDEN_SUBJECT
from letters.samples import COLUMNS
from tests.letters.awkward import parts
from tests.letters.lists import row, workbook, xlsx
from tests.letters.test_pages import kit, rings, upload  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db
Status = ImportBatch.Status

HEADERS = ["Nr", "Afs_mail", "Chef", "Org", "Emnefelt", "Afsendt kl.", "CPR", "Bem."]
FIRST = ["1", "karen@kk.example", "jens@kk.example", "Skolen", "Møde", "11-12-2019 09:14", "0102701234", ""]
SECOND = ["2", "anne@kk.example", "jens@kk.example", "Skolen", "", "12-12-2019 13:42", "0102701235", "ring først"]
ODD = [HEADERS, FIRST, SECOND]
FIELDS = ["source_ref", "sender_email", "leader_email", "unit_name", "subject", "sent_at", "recipient", ""]


def answers(fields=FIELDS, **more) -> dict[str, str]:
    return {f"kolonne_{number}": field for number, field in enumerate(fields)} | {"husk": "on"} | more


def waiting() -> ImportBatch:
    return ImportBatch.objects.get(status=Status.ASKING)


def columns_page(batch) -> str:
    return reverse("import_columns", args=[batch.pk])


def test_a_list_in_doubt_waits_and_says_about_what(kit, rings):  # noqa: F811
    page = upload(kit, workbook(ODD))
    text = page.content.decode()
    assert page.redirect_chain[-1][0] == columns_page(waiting())
    assert "Kolonnen hedder »Emnefelt« – mener du Emne?" in text
    assert "Der står e-mails i »Chef« – mener du Leders e-mail?" in text
    assert [select.initial for _, _, select in page.context["form"].lines] == [*FIELDS[:-1], "?"]
    assert not waiting().rows.exists()
    assert ImportFilePart.objects.filter(batch=waiting()).exists()


def test_a_column_that_nobody_can_guess_must_be_answered(kit, rings):  # noqa: F811
    upload(kit, workbook(ODD))
    unknown = next(n for n, one in enumerate(ColumnsForm(waiting().found).columns) if one.is_open)
    refused = kit.post(columns_page(waiting()), answers() | {f"kolonne_{unknown}": "?"})
    assert refused.status_code == 422
    assert "Vælg, hvad kolonnen betyder, eller »Tages ikke med«." in refused.content.decode()
    assert waiting().status == Status.ASKING


def test_what_is_certain_is_not_asked_about_unless_somebody_wants_to_see_it(cast, kit, rings):  # noqa: F811
    assert "Tjek listen" in upload(kit, xlsx(row(1))).content.decode()
    batch, _ = uploads.receive_file(cast.incident, "liste.xlsx", xlsx(row(2)), by=cast.mette, is_to_ask=True)
    batches.read_batch(batch.pk)
    assert "Hvad betyder kolonnerne?" in kit.get(columns_page(batch)).content.decode()


def test_the_answer_is_what_the_list_is_read_with(kit, rings):  # noqa: F811
    upload(kit, workbook(ODD))
    page = kit.post(columns_page(waiting()), answers(), follow=True)
    assert "Klar til at indlæse 2 breve" in page.content.decode()
    batch = ImportBatch.objects.get(status=Status.CHECKED)
    assert batch.mapping == [list(pair) for pair in zip(HEADERS, FIELDS, strict=True)]
    assert list(batch.rows.values_list("source_ref", "sender_email", "leader_email", "subject")) == [
        ("1", "karen@kk.example", "jens@kk.example", "Møde"),
        ("2", "anne@kk.example", "jens@kk.example", ""),
    ]
    assert batch.found == []
    assert not ImportFilePart.objects.filter(batch=batch).exists()


def test_no_recipient_number_or_personnel_case_stands_on_the_page_or_in_the_database(kit, rings):  # noqa: F811
    secret = ["3", "ida@kk.example", "", "Skolen", "Tjenstlig samtale", "11-12-2019 10:00", "", "om 010270-1234"]
    page = upload(
        kit, workbook([[*HEADERS, "Til", "Q"], [*FIRST, "bo@borger.example", "102701234"], [*secret, "", ""]])
    )
    text = page.content.decode() + str(waiting().found)
    for number in ("0102701234", "010270-1234", "102701234", "bo@", "Tjenstlig"):
        assert number not in text
    assert HIDDEN_SUBJECT in text
    assert "(vises ikke)" in text
    assert "karen@kk.example" in text


def test_a_personnel_case_is_rather_not_the_example(kit, rings):  # noqa: F811
    secret = ["3", "ida@kk.example", "", "Skolen", "Tjenstlig samtale", "11-12-2019 10:00", "", ""]
    page = upload(kit, workbook([HEADERS, secret, FIRST, SECOND]))
    assert page.context["form"].numbers == ["Række 3", "Række 4"]


@pytest.mark.parametrize(
    ("fields", "number", "said"),
    [
        (["", *FIELDS[1:]], 0, "Vælg den kolonne, der er »Brev-id«. Vi skal kunne kende brevet igen."),
        ([*FIELDS[:5], "", *FIELDS[6:]], 5, "Vælg den kolonne, der er »Sendt«."),
        ([*FIELDS[:7], "subject"], 7, "»Emne« er allerede valgt for E: Emnefelt. Vælg den ene af dem fra."),
    ],
)
def test_two_for_one_and_a_missing_column_are_refused_with_a_link(kit, rings, fields, number, said):  # noqa: F811
    upload(kit, workbook(ODD))
    page = kit.post(columns_page(waiting()), answers(fields))
    text = page.content.decode()
    assert page.status_code == 422
    assert said in text
    assert f'href="#id_kolonne_{number}"' in text
    assert waiting().mapping == []


def test_a_list_that_lacks_a_column_is_said_before_anything_is_read(kit, rings):  # noqa: F811
    without = tuple(name for name in COLUMNS if name != "Afsenders e-mail")
    text = upload(kit, xlsx(row(1), columns=without)).content.decode()
    assert "Afsenders e-mail mangler. Vi skal vide, hvem der skal have besked." in text


def test_two_columns_that_claim_the_same_are_said(kit, rings):  # noqa: F811
    text = upload(kit, xlsx({**row(1), "Subject": "x"}, columns=(*COLUMNS, "Subject"))).content.decode()
    assert "Kolonne M: »Emne« er ikke ene om at være Emne. Vælg den ene." in text
    assert "Kolonne N: »Subject« er ikke ene om at være Emne. Vælg den ene." in text


def test_what_was_chosen_is_remembered_for_the_same_headers(cast, kit, rings):  # noqa: F811
    upload(kit, workbook(ODD))
    kit.post(columns_page(waiting()), answers([*FIELDS[:7], "area"]))
    again = [[header.upper() for header in HEADERS], [*FIRST[:-1], "Nord"]]
    text = upload(kit, workbook(again), name="ny.xlsx").content.decode()
    assert "Tjek listen" in text
    assert "Kolonnerne er læst, som Mette Dahl valgte" in text
    assert ImportBatch.objects.get(filename="ny.xlsx").rows.get().area == "Nord"
    assert RememberedColumns.objects.get().by == cast.mette


def test_the_latest_choice_wins_and_one_need_not_be_remembered(kit, rings):  # noqa: F811
    for name, last in (("a.xlsx", "area"), ("b.xlsx", "subunit")):
        RememberedColumns.objects.update(headers_sha256="")
        upload(kit, workbook([HEADERS, FIRST, [name, *SECOND[1:]]]), name=name)
        kit.post(columns_page(waiting()), answers([*FIELDS[:7], last]))
    assert [one.mapping[-1] for one in RememberedColumns.objects.order_by("pk")] == [
        ["Bem.", "area"],
        ["Bem.", "subunit"],
    ]
    RememberedColumns.objects.all().delete()
    upload(kit, workbook([HEADERS, SECOND]), name="c.xlsx")
    kit.post(columns_page(waiting()), answers(husk=""))
    assert not RememberedColumns.objects.exists()


def test_the_same_file_again_leads_back_to_the_question(kit, rings):  # noqa: F811
    content = workbook(ODD)
    upload(kit, content)
    page = upload(kit, content, name="kopi.xlsx")
    assert page.redirect_chain[-1][0] == columns_page(waiting())
    assert reverse("import_batch", args=[waiting().pk]) in kit.get(reverse("imports")).content.decode()


def test_from_the_check_page_the_columns_can_be_seen_and_asked_about_again(kit, rings):  # noqa: F811
    content = workbook(ODD)
    upload(kit, content)
    batch = waiting()
    page = kit.post(columns_page(batch), answers(), follow=True)
    assert columns_page(batch) in page.text
    shown = kit.get(columns_page(batch))
    assert ("B: Afs_mail", "Afsenders e-mail") in shown.context["columns"]
    assert ("H: Bem.", "Tages ikke med") in shown.context["columns"]
    again = kit.post(reverse("discard_batch", args=[batch.pk]), {"kolonner": "vis"}, follow=True)
    assert again.context["form"]["vis_kolonner"].value() is True
    kit.post(reverse("imports"), {"fil": SimpleUploadedFile("liste.xlsx", content), "vis_kolonner": "on"})
    assert waiting() == batch, "though the answers are remembered"


def test_a_question_can_be_put_away_with_its_file(kit, rings):  # noqa: F811
    upload(kit, workbook(ODD))
    batch = waiting()
    kit.post(reverse("discard_batch", args=[batch.pk]))
    batch.refresh_from_db()
    assert (batch.status, batch.found) == (Status.DISCARDED, [])
    assert not ImportFilePart.objects.exists()
    assert kit.get(columns_page(batch)).url == reverse("import_batch", args=[batch.pk])


def test_an_answer_given_twice_is_given_once(cast, take_in):
    batch = take_in(workbook(ODD), commit=False)
    mapping = [list(pair) for pair in zip(HEADERS, FIELDS, strict=True)]
    assert batches.answer_columns(batch, [0], mapping, cast.mette, is_to_remember=False)
    assert not batches.answer_columns(batch, [0], mapping, cast.mette, is_to_remember=False)


def test_a_list_without_headers_loses_no_row(kit, rings):  # noqa: F811
    text = upload(kit, workbook([["Breve"], FIRST, SECOND])).content.decode()
    assert "Listen har ingen overskrifter." in text
    page = kit.post(columns_page(waiting()), answers(), follow=True)
    assert "Klar til at indlæse 2 breve" in page.content.decode()
    assert not RememberedColumns.objects.exists()


def test_what_nobody_could_answer_is_refused(take_in):
    for content in (workbook([["Kære", "alle"], ["hej", ""]]), workbook([]), workbook([HEADERS])):
        assert take_in(content, commit=False).status == Status.FAILED


def test_one_sheet_of_several_is_chosen(kit, rings):  # noqa: F811
    named = list(COLUMNS)
    one, other = (list(row(number).values()) for number in (1, 2))
    text = upload(
        kit, parts.saved(parts.book(Nord=[named, one], Syd=[["Breve"], named, other, other]))
    ).content.decode()
    assert "Kun »Nord« (1 række)" in text
    assert "Kun »Syd« (2 rækker)" in text
    fields = [column.field for column in kit.get(columns_page(waiting())).context["form"].columns]
    page = kit.post(columns_page(waiting()), answers(fields))
    assert "Vælg det eller de ark, listen står i." in page.content.decode()
    text = kit.post(columns_page(waiting()), answers(fields, ark="1"), follow=True).content.decode()
    assert "Vi har læst arket »Syd«. Arket »Nord« er ikke læst." in text
    assert "Overskrifterne i arket »Syd« er taget fra række 2." in text
    assert set(ImportBatch.objects.get(status=Status.CHECKED).rows.values_list("source_ref", "row")) == {
        ("B-2", 3),
        ("B-2", 4),
    }


def test_a_hidden_list_is_said_and_read_only_when_chosen(kit, rings):  # noqa: F811
    lists = {"Liste": [list(COLUMNS), list(row(1).values())], "Gemt": [list(COLUMNS), list(row(2).values())]}
    content = parts.saved(parts.book(hidden=["Gemt"], **lists))
    assert "Arket »Gemt« er skjult og ikke læst." in upload(kit, content).content.decode()
    only_hidden = parts.saved(parts.book(hidden=["Gemt"], Note=[["Se det skjulte ark"]], Gemt=lists["Gemt"]))
    page = upload(kit, only_hidden, name="skjult.xlsx")
    assert "Hvad betyder kolonnerne?" in page.content.decode()
    kit.post(columns_page(waiting()), answers([column.field for column in page.context["form"].columns]))
    assert ImportBatch.objects.get(filename="skjult.xlsx").rows.get().source_ref == "B-2"
    assert Letter.objects.filter(source_ref="B-2").count() == 0


def left_for(batch: ImportBatch, **time: int) -> None:
    ImportProgress.objects.filter(batch=batch).update(heartbeat_at=timezone.now() - timedelta(**time))


def test_a_file_that_nobody_answers_for_is_forgotten_after_14_days_and_it_is_said_why(kit, rings):  # noqa: F811
    content = workbook(ODD)
    upload(kit, content)
    batch = waiting()
    left_for(batch, days=13, hours=23)
    tasks.discard_unanswered()
    assert ImportFilePart.objects.filter(batch=waiting()).exists()
    left_for(batch, days=14, minutes=1)
    tasks.discard_unanswered()
    batch.refresh_from_db()
    assert (batch.status, batch.found) == (Status.DISCARDED, [])
    assert not ImportFilePart.objects.exists()
    page = kit.get(reverse("import_batch", args=[batch.pk])).content.decode()
    assert "Ingen har i 14 dage svaret på, hvad der står i kolonnerne." in page
    upload(kit, content)
    tasks.discard_unanswered()
    assert waiting() == batch, "it came again, and has 14 days anew"


def test_a_file_that_was_answered_for_a_moment_ago_is_read(kit, rings, monkeypatch):  # noqa: F811
    upload(kit, workbook(ODD))
    batch = waiting()
    left_for(batch, days=15)
    forgetting = batches._discard_if_status

    def too_late(*args, **kwargs):
        batches.answer_columns(batch, [0], list(zip(HEADERS, FIELDS, strict=True)), None, is_to_remember=False)
        return forgetting(*args, **kwargs)

    monkeypatch.setattr(batches, "_discard_if_status", too_late)
    assert batches.discard_unanswered() == 0
    assert batches.read_batch(batch.pk)


def test_the_clock_forgets_them():
    scheduled = [entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()]
    assert tasks.discard_unanswered.name in scheduled
