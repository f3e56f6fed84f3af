"""Correcting a cell on the check page: the row is validated again, the correction is kept and shown."""

import re

import pytest
from django.db import InternalError, transaction
from django.urls import reverse

from letters.importing import batches
from letters.importing.commit import correct_row
from letters.importing.plan import letter_comparison
from letters.models import ImportBatch, ImportRow, Letter
from letters.recipient_keys import hash_recipient
from notifications.alarms import reconciliation
from tests.factories import at
from tests.letters.list_files import csv, row, xlsx

pytestmark = pytest.mark.django_db
BAD_DATE = {"Sendt": "31-11-2019 10:22"}
CPR_SENTENCE = "Feltet har noget, der ligner et CPR-nummer. Det må ikke gemmes. Ret feltet."


@pytest.fixture
def checked_batch(import_file):
    """`checked_batch(*rows)` is a batch on the check page."""
    return lambda *rows: import_file(xlsx(*rows), commit=False)


def row_at(batch: ImportBatch, number: int = 2) -> ImportRow:
    return batch.rows.get(row=number)


def correct(cast, batch: ImportBatch, number: int = 2, **typed: str) -> ImportRow:
    one = row_at(batch, number)
    return correct_row.correct_cells(batch.pk, one.pk, typed, corrections_shown=len(one.corrections), by=cast.mette)


def row_url(one: ImportRow) -> str:
    return reverse("import_row", args=[one.batch_id, one.pk])


def commit(batch: ImportBatch) -> None:
    batches.request_commit(batch, by=None)
    batches.commit_batch(batch.pk)


def test_corrected_date_makes_the_row_a_letter(cast, checked_batch):
    batch = checked_batch(row(1, **BAD_DATE, Emne="Møde den 20. december"), row(2))
    one = correct(cast, batch, sent_at="30-11-2019 10:22")
    assert (one.verdict, [problem["kind"] for problem in one.problems]) == ("REJECTED", ["uden-for-perioden"])
    one = correct(cast, batch, sent_at="11-12-2019 10:22")
    assert (one.verdict, one.problems, one.sent_at) == ("NEW", [], at(2019, 12, 11, 10, 22))
    assert one.named_on == at(2019, 12, 20).date()
    counts = letter_comparison.count_rows(batch)
    assert (counts.new, counts.rejected, counts.corrected) == (2, 0, 1)
    commit(batch)
    assert Letter.objects.get(source_ref="B-1").sent_at == at(2019, 12, 11, 10, 22)
    assert all(one.agrees for one in reconciliation.all_sums())


def test_correction_records_author_old_and_new_value(cast, checked_batch):
    batch = checked_batch(row(1, Afsenders_e_mail="karen@kk"))
    correct(cast, batch, sender_email="Karen@kk.example")
    [kept] = row_at(batch).corrections
    assert (kept["was"], kept["now"], kept["name"]) == ("karen@kk", "Karen@kk.example", "Mette Dahl")
    assert row_at(batch).sender_email == "karen@kk.example"


def test_corrections_are_append_only(cast, checked_batch):
    batch = checked_batch(row(1, **BAD_DATE))
    first, second = (correct(cast, batch, sent_at=f"{day}-12-2019 10:22").corrections[-1] for day in (11, 12))
    for shortened in ([], [first], [second, first], [first, first, second], [first, second | {"now": "x"}]):
        with pytest.raises(InternalError), transaction.atomic():
            batch.rows.update(corrections=shortened)
    batch.rows.update(corrections=[first, second, second])
    with pytest.raises(InternalError), transaction.atomic():
        batch.rows.update(corrections=[first, second])


def test_corrected_id_updates_the_duplicates(cast, checked_batch):
    batch = checked_batch(row(1), row(1, Emne="Et andet"), row(2, **BAD_DATE), row(2, Emne="Et tredje"))
    assert [one.verdict for one in batch.rows.all()] == ["NEW", "REJECTED", "REJECTED", "NEW"]
    correct(cast, batch, 3, source_ref="B-7")
    correct(cast, batch, 4, sent_at="11-12-2019 10:22")
    assert [one.verdict for one in batch.rows.all()] == ["NEW", "NEW", "NEW", "REJECTED"]
    [problem] = row_at(batch, 5).problems
    assert problem["message"].startswith("Brevet er også i række 4 med andre oplysninger.")
    correct(cast, batch, 3, source_ref="B-1")
    assert [one.verdict for one in batch.rows.all()] == ["NEW", "REJECTED", "NEW", "REJECTED"]


def test_corrected_row_updates_the_sent_twice_remark(cast, checked_batch):
    to_one = {"Modtager": "0102701234"}
    batch = checked_batch(row(1, **to_one), row(2, **to_one, **BAD_DATE), row(3, **to_one))
    assert [problem["kind"] for problem in row_at(batch, 4).problems] == ["sendt-to-gange"]
    correct(cast, batch, 3, sent_at="11-12-2019 09:14")
    assert [problem["kind"] for problem in row_at(batch, 3).problems] == ["sendt-to-gange"]
    correct(cast, batch, 3, sent_at="11-12-2019 09:15")
    assert row_at(batch, 3).problems == []
    assert "række 2" in row_at(batch, 4).problems[0]["message"]


def test_corrected_row_is_compared_with_its_letter(cast, import_file, checked_batch):
    import_file(xlsx(row(1), row(2)))
    batch = checked_batch(
        row(1, Leders_e_mail="jens@kk"), row(9, Leders_e_mail="", Modtager="0102701235@eboks.example")
    )
    assert correct(cast, batch, leader_email="jens@kk.example").verdict == "KNOWN"
    again = correct(cast, batch, leader_email="torben@kk.example")
    assert (again.verdict, again.changes) == ("CHANGED", {"leader_email": ["jens@kk.example", "torben@kk.example"]})
    correct(cast, batch, 3, leader_email="jens@kk.example")
    assert letter_comparison.count_rows(batch).changed == 1


def test_correction_keeps_other_cells(cast, checked_batch):
    batch = checked_batch(row(1, **BAD_DATE, Leders_e_mail="", Afsender="Å" * 250))
    before = {problem["kind"] for problem in row_at(batch).problems} - {"dato-findes-ikke"}
    one = correct(cast, batch, sent_at="11-12-2019 10:22", subject="Må ikke rettes")
    assert {problem["kind"] for problem in one.problems} == before
    assert (one.subject, one.verdict) == ("Partshøring om udeblivelse", "NEW")


@pytest.mark.parametrize(("header", "name"), [("Enhed", "unit_name"), ("Afsender", "sender_name")])
def test_corrected_name_refuses_a_cpr_number(cast, checked_batch, header, name):
    batch = checked_batch(row(1, **{header: "X" * 250}))
    one = correct(cast, batch, **{name: "Skolen 010270-1234"})
    assert (one.verdict, one.problems[-1]["message"]) == ("REJECTED", CPR_SENTENCE)
    assert "010270" not in str(ImportRow.objects.filter(pk=one.pk).values().get())


def test_corrected_recipient_is_hashed_and_empty_changes_nothing(cast, kit_client, checked_batch):
    batch = checked_batch(row(1, Modtager="1,23E+15"), row(2, Modtagertype="Firma"))
    one = correct(cast, batch, recipient="020270-1234")
    assert one.recipient_key == hash_recipient("0202701234")
    assert "020270" not in str(ImportRow.objects.filter(pk=one.pk).values().get())
    page = kit_client.get(reverse("import_batch", args=[batch.pk]), {"vis": "rettede", "ret": one.pk}).text
    assert f'name="recipient" form="ret-{one.pk}" value=""' in page
    assert correct(cast, batch, recipient="").recipient_key == one.recipient_key
    assert len(row_at(batch).corrections) == 1


def test_hidden_subject_is_replaced_or_kept_and_never_shown(cast, kit_client, checked_batch):
    batch = checked_batch(row(1, Modtagertype="Medarbejder", Emne="Tjenstlig samtale " * 40, **BAD_DATE))
    assert "subject" in correct_row.correctable_fields(row_at(batch))
    page = kit_client.get(reverse("import_batch", args=[batch.pk]), {"ret": row_at(batch).pk}).text
    assert "Tjenstlig" not in page
    correct(cast, batch, subject="", sent_at="11-12-2019 10:22")
    assert row_at(batch).subject.startswith("Tjenstlig")
    correct(cast, batch, subject="Kvittering")
    assert (row_at(batch).subject, row_at(batch).is_personnel_case) == ("Kvittering", True)
    assert "Tjenstlig" not in kit_client.get(reverse("import_batch", args=[batch.pk]), {"vis": "alle"}).text


def test_correcting_the_recipient_kind_never_shows_a_hidden_subject(cast, kit_client, checked_batch):
    batch = checked_batch(row(1, Modtagertype="Firma", Emne="Nu skal vi tale om dig"))
    assert correct(cast, batch, recipient_kind="Medarbejder").is_personnel_case
    assert correct(cast, batch, recipient_kind="Borger").recipient_kind == "EMPLOYEE"
    assert "tale om dig" not in kit_client.get(reverse("import_batch", args=[batch.pk]), {"vis": "alle"}).text


def test_sum_row_has_no_correctable_cells(cast, checked_batch):
    batch = checked_batch(row(1), {"Brev-id": "I alt", "Sendt": "1"})
    assert correct_row.correctable_fields(row_at(batch, 3)) == set()
    assert correct(cast, batch, 3, source_ref="B-9").corrections == []


@pytest.mark.parametrize("status", ["COMMITTED", "DISCARDED", "COMMITTING"])
def test_only_a_waiting_batch_is_corrected(cast, kit_client, checked_batch, status):
    batch = checked_batch(row(1, **BAD_DATE))
    one = row_at(batch)
    ImportBatch.objects.filter(pk=batch.pk).update(
        status=status, committed_at=at(2020, 1, 7) if status == "COMMITTED" else None
    )
    with pytest.raises(correct_row.BatchNotWaiting):
        correct(cast, batch, sent_at="11-12-2019 10:22")
    page = kit_client.post(row_url(one), {"set": "0", "sent_at": "11-12-2019 10:22"}, follow=True)
    assert "Listen kan ikke længere ændres her. Ret rækken i Excel" in page.text
    assert row_at(batch).corrections == []


def test_second_tab_conflicts_and_double_click_changes_nothing(cast, kit_client, checked_batch):
    batch = checked_batch(row(1, **BAD_DATE))
    url = row_url(row_at(batch))
    for _ in range(2):
        kit_client.post(url, {"set": "0", "sent_at": "11-12-2019 10:22"})
    assert len(row_at(batch).corrections) == 1
    page = kit_client.post(url, {"set": "0", "sent_at": "12-12-2019 08:00"}, follow=True)
    assert "Din rettelse er ikke gemt, for rækken er rettet imens." in page.text
    assert row_at(batch).sent_at == at(2019, 12, 11, 10, 22)


def test_nonsense_input_causes_no_server_error(kit_client, checked_batch):
    batch = checked_batch(row(1, **BAD_DATE))
    url = row_url(row_at(batch)) + "?vis=%00&page=x&ret=y"
    for seen in ("", "x", "-1", "9" * 5000):
        page = kit_client.post(url, {"set": seen, "sent_at": "\x00\x01"}, follow=True)
        assert (page.status_code, row_at(batch).corrections) == (200, []), seen
        assert "Din rettelse er ikke gemt, for rækken er rettet imens." in page.text
    for number, typed in enumerate(("<script>alert(1)</script>", "9" * 5000, "31-31-31")):
        page = kit_client.post(url, {"set": str(number), "sent_at": typed}, follow=True)
        assert (page.status_code, row_at(batch).verdict, len(row_at(batch).corrections)) == (
            200,
            "REJECTED",
            number + 1,
        )
        assert "<script>alert" not in page.text


def test_row_of_another_batch_is_not_found(kit_client, checked_batch, import_file):
    batch, other = checked_batch(row(1, **BAD_DATE)), import_file(csv(row(2)), commit=False)
    assert kit_client.post(reverse("import_row", args=[other.pk, row_at(batch).pk])).status_code == 404


def test_correction_without_scripts_returns_to_the_row(kit_client, checked_batch):
    batch = checked_batch(row(1, **BAD_DATE), row(2, **BAD_DATE))
    one = row_at(batch)
    opened = kit_client.get(row_url(one) + "?slags=dato-findes-ikke&page=1", follow=True)
    assert opened.request["QUERY_STRING"] == f"slags=dato-findes-ikke&page=1&ret={one.pk}"
    [action] = re.findall(rf'action="({row_url(one)}[^"]*)"', opened.text)
    still = kit_client.post(action.replace("&amp;", "&"), {"set": "0", "sent_at": "31-11-2019"})
    assert still.url.endswith(f"&ret={one.pk}#raekke-{one.pk}"), "it stays open while it is wrong"
    done = kit_client.post(action.replace("&amp;", "&"), {"set": "1", "sent_at": "11-12-2019 10:22"})
    assert done.url == reverse("import_batch", args=[batch.pk]) + "?slags=dato-findes-ikke&page=1#raekker"
    assert "Række 2 er rettet. Resultat: Ny." in kit_client.get(done.url).text


def test_htmx_returns_the_row_and_the_counts(kit_client, checked_batch):
    batch = checked_batch(row(1, **BAD_DATE), row(2))
    url = row_url(row_at(batch)) + "?felter=source_ref,sent_at"
    opened = kit_client.get(url, headers={"HX-Request": "true"}).text
    assert 'value="31-11-2019 10:22"' in opened
    swapped = kit_client.post(url, {"set": "0", "sent_at": "11-12-2019 10:22"}, headers={"HX-Request": "true"})
    text = swapped.text
    assert text.lstrip().startswith("<tr")
    assert "Rettet af Mette Dahl i dag kl." in text
    assert "I filen: 31-11-2019 10:22" in text
    assert 'id="overblik" hx-swap-oob="true"' in text
    assert "Klar til at indlæse 2 breve" in text
    assert "<html" not in text


def test_missing_column_can_be_filled_in(cast, kit_client, import_file):
    columns = tuple(name for name in row(1) if name != "Leders e-mail")
    batch = import_file(xlsx(row(1), columns=columns), commit=False)
    assert "Ingen leder." in kit_client.get(reverse("import_batch", args=[batch.pk])).text
    assert correct(cast, batch, leader_email="jens@kk.example").problems == []
