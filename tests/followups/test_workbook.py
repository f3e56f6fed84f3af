"""The workbook of letters: download, upload, preview and saving, by the same rules as the page."""

from datetime import date

import pytest
from django.urls import reverse

from followups import services
from followups.models import FollowUp
from followups.models.answers import DecisionAnswers
from followups.services.state_machine import REFUSALS
from followups.workbook import columns as questions
from followups.workbook import comparison
from followups.workbook.sheet import KEY_HEADER
from letters.incident_kinds import USUAL_RULES
from letters.models import Letter
from letters.models.letter import HIDDEN_SUBJECT
from sepo_incident.core import cpr
from sepo_incident.core.forms import CPR_REFUSAL
from tests.absence import create_absence
from tests.factories import FollowUpFactory, LetterFactory
from tests.followups.decision_answers import RESENT
from tests.followups.responses import page_text
from tests.followups.workbook_helpers import (
    RESENT_CELLS,
    decision_rows,
    fill_row,
    header_columns,
    open_workbook,
    row_of,
    skipped_rows,
)

pytestmark = pytest.mark.django_db
CPR = "010270-1234"


# --- Out ----------------------------------------------------------------------------------------------------------


def test_workbook_has_locked_facts_and_answer_lists(fetch_workbook, cast, monday):
    Letter.objects.filter(pk=cast.plain.pk).update(subject=f"=HYPERLINK({CPR})")
    book = fetch_workbook(cast.karen)
    sheet, columns = book["Breve"], header_columns(book)
    row = row_of(book, cast.plain.source_ref)
    assert sheet.max_row == 6  # five letters
    assert sheet.protection.sheet
    subject = sheet.cell(row, columns["Brev"])
    assert (subject.value, subject.data_type) == (f"=HYPERLINK({cpr.MASK})", "s")  # no formula, and no CPR number
    assert subject.protection.locked
    assert not sheet.cell(row, columns["remedy"]).protection.locked
    assert sheet.cell(row, columns["record_number"]).number_format == "@"  # «19-1234» stays what it is
    [choices] = [
        one
        for one in sheet.data_validations.dataValidation
        if sheet.cell(2, columns["is_resent"]).coordinate in one.sqref
    ]
    name, area = choices.formula1.split("!")
    assert [cell.value for [cell] in book[name][area.replace("$", "")]] == ["Ja", "Nej, jeg sender det senere"]
    assert book[name].sheet_state == "hidden"
    assert sheet.column_dimensions[sheet.cell(1, columns[KEY_HEADER]).column_letter].hidden
    assert "En tom række ændrer ingenting." in str([cell.value for [cell] in book["Vejledning"].iter_rows()])
    assert not any("hjælp" in str(choice.value) for choice in book[name]["A"])  # help is requested on the letter's page


def test_board_workbook_follows_the_filter_and_hides_personnel_facts(fetch_workbook, cast):
    FollowUp.objects.filter(letter=cast.personnel).update(due_on=date(2020, 1, 6))  # the date in its subject
    services.decide(cast.personnel, RESENT, cast.karen, 0)
    book = fetch_workbook(cast.birgitte, cast.buf)
    row = row_of(book, cast.personnel.source_ref)
    assert book["Breve"].cell(row, header_columns(book)["Brevets dato"]).value is None
    cells = [cell.value for cell in book["Breve"][row]]
    assert HIDDEN_SUBJECT in cells
    assert cast.personnel.subject not in str([cell.value for row in book["Breve"] for cell in row])
    assert book["Breve"].cell(row, header_columns(book)["remedy"]).value is None
    assert book["Breve"].cell(row, header_columns(book)["remedy"]).protection.locked
    assert "1. Hvad skal der ske med brevet?" in header_columns(book)
    filtered = fetch_workbook(cast.birgitte, cast.buf, f"?sender={cast.anne.pk}")
    assert [filtered["Breve"].cell(2, header_columns(filtered)["Brev-id"]).value, filtered["Breve"].max_row] == [
        cast.annes.source_ref,
        2,
    ]


def test_workbook_never_says_that_a_letter_waits_for_its_reader(fetch_workbook, as_user, cast, monday):
    """The leader's board does, but a workbook is handed on."""
    services.decide(cast.plain, RESENT, cast.karen, 0)
    board = as_user(cast.jens).get(reverse("board", args=[cast.svalevej.pk]), {"status": "DONE"})
    assert "Venter på dig" in page_text(board)
    book = fetch_workbook(cast.jens, cast.svalevej)
    status = book["Breve"].cell(row_of(book, cast.plain.source_ref), header_columns(book)["Status"]).value
    assert status == "Venter på lederen"


# --- And in -------------------------------------------------------------------------------------------------------


def test_upload_saves_as_the_page_does_and_a_repeat_changes_nothing(
    fetch_workbook, upload_workbook, apply_workbook, client, cast, monday
):
    book = fetch_workbook(cast.karen)
    new = RESENT_CELLS | {
        "remedy": "Jeg skriver et nyt brev",
        "is_resent": None,
        "is_new_sent": "Nej, jeg sender det senere",
    }
    found = {
        "consequence_review": "Ja", "parties": "Modtageren og Kommunen", "severity": "Mærkbar", "amount": 1250.5,
        "consequence_text": "Eleven mistede en plads.\nDen er tilbage.", "is_handled": "Ikke endnu",
    }  # fmt: skip
    dates = {
        "deadline_missed": "ja ",
        "missed_on": date(2020, 1, 6),
        "new_deadline": "3. februar 2020",
        "note": "- se sagen",
    }
    fill_row(book, row_of(book, cast.plain.source_ref), **RESENT_CELLS)
    fill_row(book, row_of(book, cast.passed.source_ref), **new | found | dates)
    page = upload_workbook(book)
    assert page.status_code == 200
    assert "2 breve får nye svar" in page_text(page)
    assert "Der er ikke gemt noget endnu" in page_text(page)
    assert FollowUp.objects.filter(letter__sender=cast.karen, status="OPEN").count() == 5

    answer = apply_workbook(page)
    assert "2 breve har fået svarene fra regnearket" in page_text(answer)
    by_hand = LetterFactory(incident=cast.incident, sender=cast.karen, leader=cast.jens)
    FollowUpFactory(letter=by_hand)
    services.decide(by_hand, RESENT, cast.karen, 0)
    assert [row[:3] for row in decision_rows(cast.plain)] == [row[:3] for row in decision_rows(by_hand)]
    followup = FollowUp.objects.get(letter=cast.passed)
    assert (followup.status, followup.missed_on, followup.new_deadline) == (
        "DECIDED",
        date(2020, 1, 6),
        date(2020, 2, 3),
    )
    assert followup.note == "- se sagen"
    harmed = followup.consequences.order_by("party").values_list("party", "severity", "amount", "text")
    assert [tuple(map(str, one[:3])) for one in harmed] == [
        ("MUNICIPALITY", "SOME", "1250.50"),
        ("RECIPIENT", "SOME", "1250.50"),
    ]
    assert "\n" in harmed[0][3]

    assert apply_workbook(page).redirect_chain == answer.redirect_chain  # a double click
    again = upload_workbook(book)
    assert again.context["differences"].changes == []
    assert again.context["differences"].unchanged == 5
    fetched = fetch_workbook(cast.karen)  # the answers are included, and change nothing
    cells = fetched["Breve"].cell
    row, columns = row_of(fetched, cast.passed.source_ref), header_columns(fetched)
    assert [cells(row, columns[name]).value for name in ("parties", "missed_on", "amount")] == [
        "Modtageren og Kommunen", "06-01-2020", "1250,5",
    ]  # fmt: skip
    assert upload_workbook(fetched).context["differences"].unchanged == 6  # including the letter decided on the page
    assert len(decision_rows(cast.passed)) == 1


def test_date_of_thousands_of_digits_is_no_date():
    typed = questions.parse_cells({"new_deadline": "9" * 5000}, USUAL_RULES)
    assert typed.unread["new_deadline"] == questions.DATE_HINT
    assert questions.parse_cells({"new_deadline": "02.01.2020"}, USUAL_RULES).data["new_deadline_day"] == "2"


def test_preview_shows_before_and_after_and_ignores_hidden_questions(
    fetch_workbook, upload_workbook, apply_workbook, cast
):
    services.decide(cast.plain, RESENT, cast.karen, 0)
    book = fetch_workbook(cast.karen)
    none = {"remedy": "Brevet skal ikke sendes igen", "no_dispatch_reason": "Modtageren har ringet."}
    fill_row(book, row_of(book, cast.plain.source_ref), **none)  # and «Ja» stays in the cell of another question
    page = upload_workbook(book)
    [change] = page.context["differences"].changes
    assert [(fact.before, fact.after) for fact in change.facts] == [
        ("Jeg sender det samme brev igen", "Brevet skal ikke sendes igen"),
        ("Ja", ""),
        ("", "Modtageren har ringet."),
    ]
    apply_workbook(page)
    assert FollowUp.objects.get(letter=cast.plain).remedy == "NO_DISPATCH"


def test_undo_keeps_decisions_made_before_the_upload(fetch_workbook, upload_workbook, apply_workbook, client, cast):
    services.decide(cast.plain, RESENT, cast.karen, 0)
    book = fetch_workbook(cast.karen)
    fill_row(book, row_of(book, cast.plain.source_ref), note="Se sagen.")
    fill_row(book, row_of(book, cast.soon.source_ref), **RESENT_CELLS)
    bulk = apply_workbook(upload_workbook(book)).context["bulk"]
    answer = page_text(client.post(reverse("undo_bulk_decision", args=[bulk.pk]), follow=True))
    assert "1 beslutning er fortrudt" in answer
    assert "Brevet mangler en beslutning igen." not in answer, "one of them keeps its"
    assert "Brevet havde en anden beslutning før." in answer
    plain = FollowUp.objects.get(letter=cast.plain)
    assert (plain.status, plain.note) == ("DONE", "Se sagen.")
    assert FollowUp.objects.get(letter=cast.soon).is_open


def test_letters_changed_since_download_are_skipped(fetch_workbook, upload_workbook, apply_workbook, as_user, cast):
    book = fetch_workbook(cast.karen)
    row = row_of(book, cast.plain.source_ref)
    fill_row(book, row, **RESENT_CELLS)
    fill_row(book, row_of(book, cast.passed.source_ref), **RESENT_CELLS)
    seen = upload_workbook(book)  # both rows would be saved
    other = DecisionAnswers(
        remedy="NO_DISPATCH", no_dispatch_reason="Vi har ringet.", deadline_missed=False, consequence_review="NONE"
    )
    services.decide(cast.plain, other, cast.jens, 0)
    assert skipped_rows(upload_workbook(book)) == {comparison.CHANGED_SINCE: [row]}
    answer = page_text(apply_workbook(seen))  # the page is older than the other's decision
    assert "1 brev har fået svarene fra regnearket" in answer
    assert "Beslutningen er ændret, siden du så den." in answer
    assert FollowUp.objects.get(letter=cast.plain).remedy == "NO_DISPATCH"
    untouched = fetch_workbook(cast.karen)
    services.undo_decision(cast.passed, cast.karen, 1)
    assert skipped_rows(upload_workbook(untouched)) == {}  # nobody has changed that row


def test_invalid_cell_is_named_with_advice(fetch_workbook, upload_workbook, cast):
    book = fetch_workbook(cast.karen)
    wrong = {"remedy": "Send igen", "is_resent": "Måske"}
    fill_row(book, row_of(book, cast.plain.source_ref), **RESENT_CELLS | wrong)
    typed = {"deadline_missed": "Ja", "missed_on": "31-02-2020", "note": f"Ring til {CPR}", "consequence_review": None}
    fill_row(book, row_of(book, cast.passed.source_ref), **RESENT_CELLS | typed)
    fill_row(book, row_of(book, cast.soon.source_ref), note="Se sagen")
    fill_row(book, row_of(book, cast.untitled.source_ref), **RESENT_CELLS | {"note": "=1+1"})
    page = upload_workbook(book)
    assert page.context["differences"].changes == []
    said = {
        problem.letter: [(cell.name, cell.header, cell.value, cell.message) for cell in problem.cells]
        for problem in page.context["differences"].problems
    }
    row, columns = row_of(book, cast.passed.source_ref), header_columns(book)
    name = {name: book["Breve"].cell(row, column).coordinate for name, column in columns.items()}
    assert said[cast.passed] == [
        (name["missed_on"], "Dato i det gamle brev", "31-02-2020", "Datoen findes ikke. Februar 2020 har 29 dage."),
        (name["consequence_review"], "3. Har fejlen fået konsekvenser for nogen?", "", "Vælg et af svarene."),
        (name["note"], "Bemærkning (kan udelades)", f"Ring til {cpr.MASK}", CPR_REFUSAL),
    ]
    [(_, _, value, message)] = said[cast.plain]
    assert value == "Send igen"
    assert message.startswith("Vælg et af svarene: »Jeg sender det samme brev igen« eller »")
    assert [message for *_, message in said[cast.soon]] == ["Vælg en af mulighederne."]
    assert [message for *_, message in said[cast.untitled]] == [questions.NO_FORMULA]
    assert CPR not in page_text(page)


# --- Whose letters they are ---------------------------------------------------------------------------------------


def test_rows_without_the_right_to_decide_are_skipped(fetch_workbook, upload_workbook, client, cast):
    services.decide(cast.soon, RESENT, cast.karen, 0)
    services.confirm_letter(cast.soon, cast.jens, 1)
    book = fetch_workbook(cast.birgitte, cast.buf)
    everything = [cast.plain, cast.personnel, cast.soon, cast.annes]
    for letter in everything:
        fill_row(book, row_of(book, letter.source_ref), **RESENT_CELLS | {"note": "Aftalt"})
    row = {letter: row_of(book, letter.source_ref) for letter in everything}
    assert skipped_rows(upload_workbook(book)) == {
        comparison.PERSONNEL_CASE_HIDDEN: [row[cast.personnel]],
        REFUSALS[FollowUp.Status.CONFIRMED]: [row[cast.soon]],
    }
    page = upload_workbook(book)
    assert cast.personnel.subject not in page_text(page)
    assert {change.letter for change in page.context["differences"].changes} == {cast.plain, cast.annes}

    client.force_login(cast.pia)  # may read the letters of the administration and answer none
    others = sorted(row[letter] for letter in everything if letter != cast.personnel)
    assert sorted(map(sorted, skipped_rows(upload_workbook(book)).values())) == sorted([[row[cast.personnel]], others])
    client.force_login(cast.ulla)  # sees none of the letters
    page = upload_workbook(book)
    assert skipped_rows(page) == {comparison.NOT_VISIBLE: sorted(row.values())}
    assert cast.plain.subject not in page_text(page)
    proposed = upload_workbook_as(client, cast.karen, upload_workbook, book).context["proposal"]
    client.force_login(cast.jens)  # a preview shown to one user is not saved by another
    assert "Vælg det igen" in page_text(client.post(reverse("apply_workbook"), {"vist": proposed}, follow=True))
    assert FollowUp.objects.get(letter=cast.plain).is_open


def upload_workbook_as(client, person, upload_workbook, book):
    client.force_login(person)
    return upload_workbook(book)


def test_workbook_of_a_substitute_has_the_absent_persons_letters(
    fetch_workbook, upload_workbook, apply_workbook, cast, monday
):
    create_absence(cast.karen, cast.olga, by=cast.karen)  # so Olga may not read the personnel case
    book = fetch_workbook(cast.olga)
    assert book["Breve"].max_row == 6
    assert cast.personnel.subject not in str([cell.value for row in book["Breve"] for cell in row])
    fill_row(book, row_of(book, cast.plain.source_ref), **RESENT_CELLS)
    apply_workbook(upload_workbook(book))
    [(*_, by, on_behalf_of)] = decision_rows(cast.plain)
    assert (by, on_behalf_of) == (cast.olga, cast.karen)


def test_queries_do_not_grow(
    fetch_workbook, upload_workbook, apply_workbook, client, cast, django_assert_max_num_queries
):
    for _ in range(20):
        FollowUpFactory(letter=LetterFactory(incident=cast.incident, sender=cast.karen, leader=cast.jens))
    fetch_workbook(cast.karen)  # this signs her in
    with django_assert_max_num_queries(8):
        book = open_workbook(client.get(reverse("my_workbook")).content)
    for row in range(2, 27):
        fill_row(book, row, **RESENT_CELLS)
    with django_assert_max_num_queries(10):
        page = upload_workbook(book)
    with django_assert_max_num_queries(45):
        apply_workbook(page)
    assert FollowUp.objects.filter(letter__sender=cast.karen, status="DONE").count() == 25
