"""A cell corrected on the check page: judged at once by the list's rules, kept, shown, and put back."""

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
from tests.letters.lists import csv, row, xlsx

pytestmark = pytest.mark.django_db
BAD_DATE = {"Sendt": "31-11-2019 10:22"}
CPR_SENTENCE = "Der står noget, der ligner et CPR-nummer, og det må ikke gemmes. Ret feltet."


@pytest.fixture
def kit(cast, as_user):
    return as_user(cast.mette)


@pytest.fixture
def waiting(take_in):
    """``waiting(*rows)``: a list that waits on its check page."""
    return lambda *rows: take_in(xlsx(*rows), commit=False)


def line(batch: ImportBatch, number: int = 2) -> ImportRow:
    return batch.rows.get(row=number)


def fix(cast, batch: ImportBatch, number: int = 2, **typed: str) -> ImportRow:
    one = line(batch, number)
    return correct_row.correct_cells(batch.pk, one.pk, typed, seen=len(one.corrections), by=cast.mette)


def back(cast, batch: ImportBatch, name: str, number: int = 2) -> ImportRow:
    one = line(batch, number)
    return correct_row.undo_correction(batch.pk, one.pk, name, seen=len(one.corrections), by=cast.mette)


def url_of(one: ImportRow) -> str:
    return reverse("import_row", args=[one.batch_id, one.pk])


def bring_in(batch: ImportBatch) -> None:
    batches.request_commit(batch, by=None)
    batches.commit_batch(batch.pk)


def test_a_corrected_date_makes_the_row_a_letter(cast, waiting):
    batch = waiting(row(1, **BAD_DATE, Emne="Møde den 20. december"), row(2))
    one = fix(cast, batch, sent_at="30-11-2019 10:22")
    assert (one.verdict, [problem["kind"] for problem in one.problems]) == ("REJECTED", ["uden-for-perioden"])
    one = fix(cast, batch, sent_at="11-12-2019 10:22")
    assert (one.verdict, one.problems, one.sent_at) == ("NEW", [], at(2019, 12, 11, 10, 22))
    assert one.named_on == at(2019, 12, 20).date()
    counts = letter_comparison.count_rows(batch)
    assert (counts.new, counts.rejected, counts.corrected) == (2, 0, 1)
    bring_in(batch)
    assert Letter.objects.get(source_ref="B-1").sent_at == at(2019, 12, 11, 10, 22)
    assert all(one.agrees for one in reconciliation.all_sums())


def test_it_is_kept_who_corrected_what_from_what_to_what(cast, waiting):
    batch = waiting(row(1, Afsenders_e_mail="karen@kk"))
    fix(cast, batch, sender_email="Karen@kk.example")
    [kept] = line(batch).corrections
    assert (kept["was"], kept["now"], kept["name"]) == ("karen@kk", "Karen@kk.example", "Mette Dahl")
    assert line(batch).sender_email == "karen@kk.example"


def test_the_record_only_grows(cast, waiting):
    batch = waiting(row(1, **BAD_DATE))
    first, second = (fix(cast, batch, sent_at=f"{day}-12-2019 10:22").corrections[-1] for day in (11, 12))
    for shortened in ([], [first], [second, first], [first, first, second], [first, second | {"now": "x"}]):
        with pytest.raises(InternalError), transaction.atomic():
            batch.rows.update(corrections=shortened)
    batch.rows.update(corrections=[first, second, second])
    with pytest.raises(InternalError), transaction.atomic():
        batch.rows.update(corrections=[first, second])


def test_what_was_corrected_can_be_put_back_as_the_list_had_it(cast, waiting):
    batch = waiting(row(1, **BAD_DATE))
    before = ImportRow.objects.filter(batch=batch).values("sent_at", "shown", "problems", "verdict").get()
    fix(cast, batch, sent_at="12-12-2019 10:22")
    fix(cast, batch, sent_at="13-12-2019 10:22")
    back(cast, batch, "sent_at")
    assert ImportRow.objects.filter(batch=batch).values("sent_at", "shown", "problems", "verdict").get() == before
    assert len(line(batch).corrections) == 3
    assert correct_row.active_corrections(line(batch)) == {}
    assert len(back(cast, batch, "sent_at").corrections) == 3, "there is nothing more to put back"


def test_another_id_releases_the_row_it_repeated_and_a_good_id_may_repeat_another(cast, waiting):
    batch = waiting(row(1), row(1, Emne="Et andet"), row(2, **BAD_DATE), row(2, Emne="Et tredje"))
    assert [one.verdict for one in batch.rows.all()] == ["NEW", "REJECTED", "REJECTED", "NEW"]
    fix(cast, batch, 3, source_ref="B-7")
    fix(cast, batch, 4, sent_at="11-12-2019 10:22")
    assert [one.verdict for one in batch.rows.all()] == ["NEW", "NEW", "NEW", "REJECTED"]
    [said] = line(batch, 5).problems
    assert said["message"].startswith("Det samme brev står i række 4 med andre oplysninger.")
    back(cast, batch, "source_ref", 3)
    assert [one.verdict for one in batch.rows.all()] == ["NEW", "REJECTED", "NEW", "REJECTED"]
    back(cast, batch, "sent_at", 4)
    assert [one.verdict for one in batch.rows.all()] == ["NEW", "REJECTED", "REJECTED", "NEW"]


def test_a_mail_that_is_no_longer_the_same_loses_its_remark(cast, waiting):
    to_one = {"Modtager": "0102701234"}
    batch = waiting(row(1, **to_one), row(2, **to_one, **BAD_DATE), row(3, **to_one))
    assert [problem["kind"] for problem in line(batch, 4).problems] == ["sendt-to-gange"]
    fix(cast, batch, 3, sent_at="11-12-2019 09:14")
    assert [problem["kind"] for problem in line(batch, 3).problems] == ["sendt-to-gange"]
    fix(cast, batch, 3, sent_at="11-12-2019 09:15")
    assert line(batch, 3).problems == []
    assert "række 2" in line(batch, 4).problems[0]["message"]


def test_the_row_is_held_against_its_letter_anew(cast, take_in, waiting):
    take_in(xlsx(row(1), row(2)))
    batch = waiting(row(1, Leders_e_mail="jens@kk"), row(9, Leders_e_mail="", Modtager="0102701235@eboks.example"))
    assert fix(cast, batch, leader_email="jens@kk.example").verdict == "KNOWN"
    again = fix(cast, batch, leader_email="torben@kk.example")
    assert (again.verdict, again.changes) == ("CHANGED", {"leader_email": ["jens@kk.example", "torben@kk.example"]})
    fix(cast, batch, 3, leader_email="jens@kk.example")
    assert letter_comparison.count_rows(batch).changed == 1


def test_other_cells_keep_what_they_have(cast, waiting):
    batch = waiting(row(1, **BAD_DATE, Leders_e_mail="", Afsender="Å" * 250))
    before = {problem["kind"] for problem in line(batch).problems} - {"dato-findes-ikke"}
    one = fix(cast, batch, sent_at="11-12-2019 10:22", subject="Må ikke rettes")
    assert {problem["kind"] for problem in one.problems} == before
    assert (one.subject, one.verdict) == ("Partshøring om udeblivelse", "NEW")


@pytest.mark.parametrize(("header", "name"), [("Enhed", "unit_name"), ("Afsender", "sender_name")])
def test_a_number_typed_into_a_name_is_rejected_with_the_sentence_of_a_list(cast, waiting, header, name):
    batch = waiting(row(1, **{header: "X" * 250}))
    one = fix(cast, batch, **{name: "Skolen 010270-1234"})
    assert (one.verdict, one.problems[-1]["message"]) == ("REJECTED", CPR_SENTENCE)
    assert "010270" not in str(ImportRow.objects.filter(pk=one.pk).values().get())


def test_a_recipient_typed_anew_is_a_hash_at_once_and_nothing_typed_changes_nothing(cast, kit, waiting):
    batch = waiting(row(1, Modtager="1,23E+15"), row(2, Modtagertype="Firma"))
    one = fix(cast, batch, recipient="020270-1234")
    assert one.recipient_key == hash_recipient("0202701234")
    assert "020270" not in str(ImportRow.objects.filter(pk=one.pk).values().get())
    page = kit.get(reverse("import_batch", args=[batch.pk]), {"vis": "rettede", "ret": one.pk}).content.decode()
    assert f'name="recipient" form="ret-{one.pk}" value=""' in page
    assert fix(cast, batch, recipient="").recipient_key == one.recipient_key
    assert len(line(batch).corrections) == 1


def test_a_hidden_subject_is_typed_anew_or_stays_and_is_never_shown(cast, kit, waiting):
    batch = waiting(row(1, Modtagertype="Medarbejder", Emne="Tjenstlig samtale " * 40, **BAD_DATE))
    assert "subject" in correct_row.correctable_fields(line(batch))
    page = kit.get(reverse("import_batch", args=[batch.pk]), {"ret": line(batch).pk}).content.decode()
    assert "Tjenstlig" not in page
    fix(cast, batch, subject="", sent_at="11-12-2019 10:22")
    assert line(batch).subject.startswith("Tjenstlig")
    fix(cast, batch, subject="Kvittering")
    assert (line(batch).subject, line(batch).is_personnel_case) == ("Kvittering", True)
    assert "Tjenstlig" not in kit.get(reverse("import_batch", args=[batch.pk]), {"vis": "alle"}).content.decode()


def test_calling_a_personnel_case_a_citizens_never_opens_its_subject(cast, kit, waiting):
    batch = waiting(row(1, Modtagertype="Firma", Emne="Nu skal vi tale om dig"))
    assert fix(cast, batch, recipient_kind="Medarbejder").is_personnel_case
    assert fix(cast, batch, recipient_kind="Borger").recipient_kind == "EMPLOYEE"
    assert "tale om dig" not in kit.get(reverse("import_batch", args=[batch.pk]), {"vis": "alle"}).content.decode()
    assert back(cast, batch, "recipient_kind").shown["subject"] == "Nu skal vi tale om dig"


def test_a_hidden_subject_typed_anew_goes_by_the_rules_and_is_hidden_when_put_back(cast, kit, waiting):
    batch = waiting(row(1, Emne="Tjenstlig samtale " * 40))
    cast.incident.category_rules.filter(is_personnel=True).delete()
    assert not fix(cast, batch, subject="Kvittering").is_personnel_case
    assert back(cast, batch, "subject").is_personnel_case
    assert "Tjenstlig" not in kit.get(reverse("import_batch", args=[batch.pk]), {"vis": "alle"}).text


def test_a_sum_is_no_letter_and_has_nothing_to_correct(cast, waiting):
    batch = waiting(row(1), {"Brev-id": "I alt", "Sendt": "1"})
    assert correct_row.correctable_fields(line(batch, 3)) == set()
    assert fix(cast, batch, 3, source_ref="B-9").corrections == []


@pytest.mark.parametrize("status", ["COMMITTED", "DISCARDED", "COMMITTING"])
def test_only_while_the_list_waits(cast, kit, waiting, status):
    batch = waiting(row(1, **BAD_DATE))
    one = line(batch)
    ImportBatch.objects.filter(pk=batch.pk).update(
        status=status, committed_at=at(2020, 1, 7) if status == "COMMITTED" else None
    )
    with pytest.raises(correct_row.BatchNotWaiting):
        fix(cast, batch, sent_at="11-12-2019 10:22")
    page = kit.post(url_of(one), {"set": "0", "sent_at": "11-12-2019 10:22"}, follow=True)
    assert "venter ikke længere på at blive indlæst, så rækken kan ikke rettes" in page.content.decode()
    assert line(batch).corrections == []


def test_two_tabs_the_second_is_told_and_a_double_click_changes_nothing_more(cast, kit, waiting):
    batch = waiting(row(1, **BAD_DATE))
    url = url_of(line(batch))
    for _ in range(2):
        kit.post(url, {"set": "0", "sent_at": "11-12-2019 10:22"})
    assert len(line(batch).corrections) == 1
    page = kit.post(url, {"set": "0", "sent_at": "12-12-2019 08:00"}, follow=True)
    assert "Rækken er rettet, siden du åbnede den." in page.content.decode()
    assert line(batch).sent_at == at(2019, 12, 11, 10, 22)


@pytest.mark.parametrize("seen", ["", "x", "-1", "²", "9" * 30, "\x00"])
@pytest.mark.parametrize("typed", ["\x00\x01", "<script>alert(1)</script>", "9" * 5000, "31-31-31"])
def test_nonsense_is_never_a_fault_of_ours(kit, waiting, seen, typed):
    batch = waiting(row(1, **BAD_DATE))
    page = kit.post(url_of(line(batch)) + "?vis=%00&page=x&ret=y", {"set": seen, "sent_at": typed}, follow=True)
    assert page.status_code == 200
    assert "<script>alert" not in page.content.decode()
    assert line(batch).verdict == "REJECTED"


def test_a_row_of_another_list_is_not_found(kit, waiting, take_in):
    batch, other = waiting(row(1, **BAD_DATE)), take_in(csv(row(2)), commit=False)
    assert kit.post(reverse("import_row", args=[other.pk, line(batch).pk])).status_code == 404


@pytest.mark.parametrize("who", ["karen", "birgitte", "pia", "olga"])
def test_only_kit_corrects(cast, as_user, waiting, who):
    batch = waiting(row(1, **BAD_DATE))
    posted = {"set": "0", "sent_at": "11-12-2019 10:22"}
    assert as_user(getattr(cast, who)).post(url_of(line(batch)), posted).status_code == 403
    assert line(batch).corrections == []


def test_without_scripts_one_comes_back_to_the_same_place(kit, waiting):
    batch = waiting(row(1, **BAD_DATE), row(2, **BAD_DATE))
    one = line(batch)
    opened = kit.get(url_of(one) + "?slags=dato-findes-ikke&page=1", follow=True)
    assert opened.request["QUERY_STRING"] == f"slags=dato-findes-ikke&page=1&ret={one.pk}"
    [action] = re.findall(rf'action="({url_of(one)}[^"]*)"', opened.content.decode())
    still = kit.post(action.replace("&amp;", "&"), {"set": "0", "sent_at": "31-11-2019"})
    assert still.url.endswith(f"&ret={one.pk}#raekke-{one.pk}"), "it stays open while it is wrong"
    done = kit.post(action.replace("&amp;", "&"), {"set": "1", "sent_at": "11-12-2019 10:22"})
    assert done.url == reverse("import_batch", args=[batch.pk]) + "?slags=dato-findes-ikke&page=1#raekker"
    assert "Række 2 er rettet. Resultatet er nu: Ny." in kit.get(done.url).content.decode()


def test_with_htmx_the_row_comes_alone_and_the_counts_follow(kit, waiting):
    batch = waiting(row(1, **BAD_DATE), row(2))
    url = url_of(line(batch)) + "?felter=source_ref,sent_at"
    opened = kit.get(url, headers={"HX-Request": "true"}).content.decode()
    assert 'value="31-11-2019 10:22"' in opened
    swapped = kit.post(url, {"set": "0", "sent_at": "11-12-2019 10:22"}, headers={"HX-Request": "true"})
    text = swapped.content.decode()
    assert text.lstrip().startswith("<tr")
    assert "Rettet af Mette Dahl i dag kl." in text
    assert "Stod i filen: 31-11-2019 10:22" in text
    assert 'id="overblik" hx-swap-oob="true"' in text
    assert "Klar til at indlæse 2 breve" in text
    assert "<html" not in text


def test_what_the_list_has_no_column_for_is_shown_and_can_be_filled_in(cast, kit, take_in):
    columns = tuple(name for name in row(1) if name != "Leders e-mail")
    batch = take_in(xlsx(row(1), columns=columns), commit=False)
    assert "Ingen leder." in kit.get(reverse("import_batch", args=[batch.pk])).content.decode()
    assert fix(cast, batch, leader_email="jens@kk.example").problems == []


@pytest.mark.parametrize("seen", ["", "x", "-1", "²", "9" * 5000])
def test_a_number_that_is_none_has_been_overtaken(kit, waiting, seen):
    batch = waiting(row(1, **BAD_DATE))
    page = kit.post(url_of(line(batch)), {"set": seen, "sent_at": "11-12-2019 10:22"}, follow=True)
    assert "Din rettelse er ikke gemt." in page.content.decode()
    assert line(batch).corrections == []


def test_a_row_of_5000_digits_is_open_on_no_page(kit, waiting):
    batch = waiting(row(1))
    assert kit.get(reverse("import_batch", args=[batch.pk]), {"ret": "9" * 5000}).status_code == 200
