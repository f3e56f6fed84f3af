"""Answers go out in a workbook and come back: as by hand on the page, or not at all and with the reason said."""

from datetime import date

import pytest
from django.urls import reverse

from followups import services
from followups.models import FollowUp
from followups.models.answers import DecisionAnswers
from followups.services.state_machine import REFUSALS
from followups.workbook import columns as questions
from followups.workbook import comparison
from letters.importing.headers import OUR_KEY_HEADER
from letters.models import Letter
from letters.models.letter import HIDDEN_SUBJECT
from sepo_incident.core import cpr
from sepo_incident.core.forms import CPR_REFUSAL
from tests.absence import create_absence
from tests.factories import FollowUpFactory, LetterFactory
from tests.followups.exchanging import ANSWERS, RESENT, fill, headers, ledger, opened, reasons, row_of, words

pytestmark = pytest.mark.django_db
CPR = "010270-1234"


# --- Out ----------------------------------------------------------------------------------------------------------


def test_the_workbook_has_facts_that_are_locked_and_answers_to_choose(fetch, cast, monday):
    Letter.objects.filter(pk=cast.plain.pk).update(subject=f"=HYPERLINK({CPR})")
    book = fetch(cast.karen)
    sheet, columns = book["Breve"], headers(book)
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
    assert sheet.column_dimensions[sheet.cell(1, columns[OUR_KEY_HEADER]).column_letter].hidden
    assert "En tom række ændrer ingenting." in str([cell.value for [cell] in book["Vejledning"].iter_rows()])
    assert not any("hjælp" in str(choice.value) for choice in book[name]["A"])  # is asked for on the letter's page


def test_a_board_gives_the_letters_of_the_filter_and_hides_what_its_reader_may_not_read(fetch, cast):
    FollowUp.objects.filter(letter=cast.personnel).update(due_on=date(2020, 1, 6))  # as its subject says
    services.decide(cast.personnel, ANSWERS, cast.karen, 0)
    book = fetch(cast.birgitte, cast.buf)
    row = row_of(book, cast.personnel.source_ref)
    assert book["Breve"].cell(row, headers(book)["Brevets frist"]).value is None
    cells = [cell.value for cell in book["Breve"][row]]
    assert HIDDEN_SUBJECT in cells
    assert cast.personnel.subject not in str([cell.value for row in book["Breve"] for cell in row])
    assert book["Breve"].cell(row, headers(book)["remedy"]).value is None
    assert book["Breve"].cell(row, headers(book)["remedy"]).protection.locked
    assert "1. Hvad skal der ske med brevet?" in headers(book)
    filtered = fetch(cast.birgitte, cast.buf, f"?sender={cast.anne.pk}")
    assert [filtered["Breve"].cell(2, headers(filtered)["Brev-id"]).value, filtered["Breve"].max_row] == [
        cast.annes.source_ref,
        2,
    ]


# --- And in -------------------------------------------------------------------------------------------------------


def test_what_is_shown_is_saved_as_by_hand_and_the_same_file_changes_nothing_again(
    fetch, choose, save, client, cast, monday
):
    book = fetch(cast.karen)
    new = RESENT | {"remedy": "Jeg skriver et nyt brev", "is_resent": None, "is_new_sent": "Nej, jeg sender det senere"}
    found = {
        "consequence_review": "Ja", "parties": "Modtageren og Kommunen", "severity": "En del", "amount": 1250.5,
        "consequence_text": "Eleven mistede en plads.\nDen er tilbage.", "is_handled": "Ikke endnu",
    }  # fmt: skip
    dates = {
        "deadline_missed": "ja ",
        "missed_on": date(2020, 1, 6),
        "new_deadline": "3. februar 2020",
        "note": "- se sagen",
    }
    fill(book, row_of(book, cast.plain.source_ref), **RESENT)
    fill(book, row_of(book, cast.passed.source_ref), **new | found | dates)
    page = choose(book)
    assert page.status_code == 200
    assert "2 breve får nye svar" in words(page)
    assert "Der er ikke gemt noget endnu" in words(page)
    assert FollowUp.objects.filter(letter__sender=cast.karen, status="OPEN").count() == 5

    answer = save(page)
    assert "2 breve har fået svarene fra regnearket" in words(answer)
    by_hand = LetterFactory(incident=cast.incident, sender=cast.karen, leader=cast.jens)
    FollowUpFactory(letter=by_hand)
    services.decide(by_hand, ANSWERS, cast.karen, 0)
    assert [row[:3] for row in ledger(cast.plain)] == [row[:3] for row in ledger(by_hand)]
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

    assert save(page).redirect_chain == answer.redirect_chain  # a double click
    again = choose(book)
    assert (again.context["found"].changes, again.context["found"].conflicts) == ([], [])
    assert again.context["found"].unchanged == 5
    fetched = fetch(cast.karen)  # with the answers, which change nothing either
    cells = fetched["Breve"].cell
    row, columns = row_of(fetched, cast.passed.source_ref), headers(fetched)
    assert [cells(row, columns[name]).value for name in ("parties", "missed_on", "amount")] == [
        "Modtageren og Kommunen", "06-01-2020", "1250,5",
    ]  # fmt: skip
    assert choose(fetched).context["found"].unchanged == 6  # the one by hand too
    assert len(ledger(cast.passed)) == 1


def test_before_and_after_are_shown_and_what_is_not_asked_is_not_used(fetch, choose, save, cast):
    services.decide(cast.plain, ANSWERS, cast.karen, 0)
    book = fetch(cast.karen)
    none = {"remedy": "Brevet skal ikke sendes igen", "no_dispatch_reason": "Modtageren har ringet."}
    fill(book, row_of(book, cast.plain.source_ref), **none)  # and «Ja» stays at whether it was sent
    page = choose(book)
    [change] = page.context["found"].changes
    assert [(fact.before, fact.after) for fact in change.facts] == [
        ("Jeg sender det samme brev igen", "Brevet skal ikke sendes igen"),
        ("Ja", ""),
        ("", "Modtageren har ringet."),
    ]
    assert change.unused == ["Er brevet sendt igen?"]
    assert "Ikke brugt" in words(page)
    save(page)
    assert FollowUp.objects.get(letter=cast.plain).remedy == "NO_DISPATCH"


def test_taken_back_together_a_decision_that_stood_before_stays(fetch, choose, save, client, cast):
    services.decide(cast.plain, ANSWERS, cast.karen, 0)
    book = fetch(cast.karen)
    fill(book, row_of(book, cast.plain.source_ref), note="Se sagen.")
    fill(book, row_of(book, cast.soon.source_ref), **RESENT)
    bulk = save(choose(book)).context["bulk"]
    answer = words(client.post(reverse("undo_bulk_decision", args=[bulk.pk]), follow=True))
    assert "1 beslutning er fortrudt" in answer
    assert "Brevet mangler en beslutning igen." not in answer, "one of them keeps its"
    assert "Brevet havde en anden beslutning før." in answer
    plain = FollowUp.objects.get(letter=cast.plain)
    assert (plain.status, plain.note) == ("DONE", "Se sagen.")
    assert FollowUp.objects.get(letter=cast.soon).is_open


def test_what_changed_since_is_a_conflict_and_stands(fetch, choose, save, as_user, cast):
    book, row = fetch(cast.karen), None
    row = row_of(book, cast.plain.source_ref)
    fill(book, row, **RESENT)
    fill(book, row_of(book, cast.passed.source_ref), **RESENT)
    seen = choose(book)  # both would be saved
    other = DecisionAnswers(
        remedy="NO_DISPATCH", no_dispatch_reason="Vi har ringet.", deadline_missed=False, consequence_review="NONE"
    )
    services.decide(cast.plain, other, cast.jens, 0)
    [conflict] = choose(book).context["found"].conflicts
    assert (conflict.letter, conflict.row) == (cast.plain, row)
    assert "Jens Ågård (på vegne af Karen Bülow Møller) besluttede, at brevet ikke skal sendes igen." in conflict.said
    assert ("Brevet skal ikke sendes igen", "Jeg sender det samme brev igen") in [fact[1:] for fact in conflict.facts]
    answer = words(save(seen))  # the page is older than the other's decision
    assert "1 brev har fået svarene fra regnearket" in answer
    assert "Beslutningen er ændret, siden du så den." in answer
    assert FollowUp.objects.get(letter=cast.plain).remedy == "NO_DISPATCH"
    untouched = fetch(cast.karen)
    services.undo_decision(cast.passed, cast.karen, 1)
    assert choose(untouched).context["found"].conflicts == []  # nobody has changed that row


def test_of_two_pages_about_the_same_letter_the_second_saves_its_others(fetch, choose, save, cast):
    book = fetch(cast.karen)
    fill(book, row_of(book, cast.plain.source_ref), **RESENT)
    first = choose(book)
    fill(book, row_of(book, cast.passed.source_ref), **RESENT)
    second = choose(book)
    save(first)
    answer = words(save(second))
    assert "1 brev har fået svarene fra regnearket" in answer
    assert "Beslutningen er ændret, siden du så den." in answer
    assert FollowUp.objects.get(letter=cast.passed).is_done


def test_a_cell_that_cannot_be_taken_is_named_with_how_to_mend_it(fetch, choose, cast):
    book = fetch(cast.karen)
    wrong = {"remedy": "Send igen", "is_resent": "Måske"}
    fill(book, row_of(book, cast.plain.source_ref), **RESENT | wrong)
    typed = {"deadline_missed": "Ja", "missed_on": "31-02-2020", "note": f"Ring til {CPR}", "consequence_review": None}
    fill(book, row_of(book, cast.passed.source_ref), **RESENT | typed)
    fill(book, row_of(book, cast.soon.source_ref), note="Se sagen")
    fill(book, row_of(book, cast.untitled.source_ref), **RESENT | {"note": "=1+1"})
    page = choose(book)
    assert page.context["found"].changes == []
    said = {
        problem.letter: [(cell.name, cell.header, cell.value, cell.message) for cell in problem.cells]
        for problem in page.context["found"].problems
    }
    row, columns = row_of(book, cast.passed.source_ref), headers(book)
    name = {name: book["Breve"].cell(row, column).coordinate for name, column in columns.items()}
    assert said[cast.passed] == [
        (name["missed_on"], "Dato i det gamle brev", "31-02-2020", "Datoen findes ikke. Februar 2020 har 29 dage."),
        (name["consequence_review"], "3. Har fejlen fået følger for nogen?", "", "Vælg et af svarene."),
        (name["note"], "Bemærkning (kan udelades)", f"Ring til {cpr.MASK}", CPR_REFUSAL),
    ]
    [(_, _, value, message)] = said[cast.plain]
    assert value == "Send igen"
    assert message.startswith("Vælg et af svarene: »Jeg sender det samme brev igen« eller »")
    assert [message for *_, message in said[cast.soon]] == ["Vælg en af mulighederne."]
    assert [message for *_, message in said[cast.untitled]] == [questions.NO_FORMULA]
    assert CPR not in words(page)


# --- Whose letters they are ---------------------------------------------------------------------------------------


def test_rows_that_are_not_the_readers_to_answer_are_left_alone_and_say_why(fetch, choose, client, cast):
    services.decide(cast.soon, ANSWERS, cast.karen, 0)
    services.confirm_letter(cast.soon, cast.jens, 1)
    book = fetch(cast.birgitte, cast.buf)
    everything = [cast.plain, cast.personnel, cast.soon, cast.annes]
    for letter in everything:
        fill(book, row_of(book, letter.source_ref), **RESENT | {"note": "Aftalt"})
    row = {letter: row_of(book, letter.source_ref) for letter in everything}
    assert reasons(choose(book)) == {
        comparison.PERSONNEL_CASE_HIDDEN: [row[cast.personnel]],
        REFUSALS[FollowUp.Status.CONFIRMED]: [row[cast.soon]],
    }
    page = choose(book)
    assert cast.personnel.subject not in words(page)
    assert {change.letter for change in page.context["found"].changes} == {cast.plain, cast.annes}

    client.force_login(cast.sofie)  # reads the administration's letters and answers none
    others = sorted(row[letter] for letter in everything if letter != cast.personnel)
    assert sorted(map(sorted, reasons(choose(book)).values())) == sorted([[row[cast.personnel]], others])
    client.force_login(cast.ulla)  # has nothing to do with them, and is told nothing of them
    page = choose(book)
    assert reasons(page) == {comparison.NOT_VISIBLE: sorted(row.values())}
    assert cast.plain.subject not in words(page)
    proposed = choose_as(client, cast.karen, choose, book).context["proposal"]
    client.force_login(cast.jens)  # what was shown to one is not saved by another
    assert "Vælg det igen" in words(client.post(reverse("apply_workbook"), {"vist": proposed}, follow=True))
    assert FollowUp.objects.get(letter=cast.plain).is_open


def choose_as(client, person, choose, book):
    client.force_login(person)
    return choose(book)


def test_a_substitute_takes_along_what_they_stand_in_for(fetch, choose, save, cast, monday):
    create_absence(cast.karen, cast.olga, by=cast.karen)  # so they do not read the personnel case
    book = fetch(cast.olga)
    assert book["Breve"].max_row == 6
    assert cast.personnel.subject not in str([cell.value for row in book["Breve"] for cell in row])
    fill(book, row_of(book, cast.plain.source_ref), **RESENT)
    save(choose(book))
    [(*_, by, on_behalf_of)] = ledger(cast.plain)
    assert (by, on_behalf_of) == (cast.olga, cast.karen)


def test_a_leader_decides_on_the_senders_behalf_as_on_the_page(fetch, choose, save, cast):
    book = fetch(cast.jens, cast.svalevej)
    fill(book, row_of(book, cast.plain.source_ref), **RESENT | {"remedy": "Det samme brev bliver sendt igen"})
    save(choose(book))
    [(kind, version, _, _, by, on_behalf_of)] = ledger(cast.plain)
    assert (kind, version, by, on_behalf_of) == ("DECIDED", 1, cast.jens, cast.karen)


def test_the_queries_do_not_grow_with_the_letters(fetch, choose, save, client, cast, django_assert_max_num_queries):
    for _ in range(20):
        FollowUpFactory(letter=LetterFactory(incident=cast.incident, sender=cast.karen, leader=cast.jens))
    fetch(cast.karen)  # and she is signed in
    with django_assert_max_num_queries(8):
        book = opened(client.get(reverse("my_workbook")).content)
    for row in range(2, 27):
        fill(book, row, **RESENT)
    with django_assert_max_num_queries(10):
        page = choose(book)
    with django_assert_max_num_queries(45):
        save(page)
    assert FollowUp.objects.filter(letter__sender=cast.karen, status="DONE").count() == 25
