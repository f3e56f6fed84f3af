"""Decisions in an incident of each kind: the form, bulk decisions, the workbook, completeness and confirmation."""

from datetime import date

import pytest
from django.urls import reverse

from followups import services
from followups.models.answers import DecisionAnswers, DeletionAnswer
from followups.my_letters.worklist import build_worklist
from followups.rules.letter_rows import fetch_rows
from letters.incident_kinds import KINDS, IncidentKind
from tests.followups.bulk_pages import BULK_URL, decide_in_bulk, selected_keys
from tests.followups.decision_answers import decision_kinds, followup_of
from tests.followups.workbook_helpers import fill_row, header_columns, open_workbook, row_of, workbook_bytes
from tests.kinds.kind_answers import (
    DELETED,
    NOT_YET,
    NOTHING_TO_SEND,
    WRONG,
    book_word,
    day,
    letter_url,
    set_kind,
    workbook_upload,
)

pytestmark = pytest.mark.usefixtures("monday")
each_kind = pytest.mark.parametrize("kind", IncidentKind)


@pytest.fixture
def wrong(cast):
    """The cast, whose letters came to wrong recipients."""
    set_kind(cast, WRONG)
    return cast


@each_kind
def test_form_asks_the_questions_of_the_kind_in_its_order(kind, cast, as_user):
    set_kind(cast, kind)
    form = as_user(cast.karen).get(letter_url(cast.plain)).context["form"]
    numbered = [field.label for field in form.fields.values() if str(field.label)[:1].isdigit()]
    assert sorted(numbered) == sorted(str(form.fields[name].label) for name in KINDS[kind].questions if name != "note")
    assert [form.fields[name].label[0] for name in KINDS[kind].questions if name != "note"] == list("12345")[
        : len(numbered)
    ]
    offered = [value for value, _ in form.fields["remedy"].choices if value != "HELP"]
    assert offered == list(KINDS[kind].remedies)


def test_own_question_must_be_answered(wrong, as_user):
    karen, posted = as_user(wrong.karen), {"version": "0"} | NOTHING_TO_SEND
    assert karen.post(letter_url(wrong.plain), posted).status_code == 422
    karen.post(letter_url(wrong.plain), posted | DELETED)
    saved = followup_of(wrong.plain)
    assert (saved.status, saved.lacks_answer) == ("DONE", False)
    services.confirm_letter(wrong.plain, wrong.jens, saved.version)


def test_bulk_decision_asks_the_same(wrong, as_user):
    karen, letters = as_user(wrong.karen), (wrong.plain, wrong.untitled)
    asked = karen.get(BULK_URL, {"valgt": selected_keys(*letters)})
    decide_in_bulk(karen, asked, NOTHING_TO_SEND | DELETED)
    assert [followup_of(letter).status for letter in letters] == ["DONE", "DONE"]


def test_workbook_goes_out_and_in(wrong, as_user):
    karen, letter = as_user(wrong.karen), wrong.plain
    book = open_workbook(karen.get(reverse("my_workbook")).content)
    own = {"deletion": "Ja", "deletion_confirmed_on": "10-01-2020"}
    cells = {
        "remedy": book_word(WRONG, "NO_DISPATCH"),
        "no_dispatch_reason": "Ligger på Aula",
        "deadline_missed": "Nej",
        "consequence_review": "Nej",
    }
    fill_row(book, row_of(book, letter.source_ref), **cells, **own)
    shown = karen.post(reverse("upload_workbook"), {"fil": workbook_upload(workbook_bytes(book))})
    karen.post(reverse("apply_workbook"), {"vist": shown.context["proposal"]})
    again = open_workbook(karen.get(reverse("my_workbook")).content)
    row = row_of(again, letter.source_ref)
    assert {name: again["Breve"].cell(row, header_columns(again)[name]).value for name in own} == own


def test_letter_stays_on_the_list_until_the_deletion_is_confirmed(wrong, as_user, monday):
    cast, letter, karen = wrong, wrong.plain, as_user(wrong.karen)
    karen.post(letter_url(letter), {"version": "0"} | NOTHING_TO_SEND | NOT_YET)
    assert build_worklist(cast.karen, cast.incident, date(2020, 1, 13)).to_answer == [letter]
    (row,) = fetch_rows(cast.karen, [letter.pk])
    assert (row.date_in_force, row.is_date_late) == (date(2020, 1, 20), False)
    with pytest.raises(services.NotPossible, match="er slettet"):
        services.confirm_letter(letter, cast.jens, 1)
    monday.move_to("2020-01-21 08:00+01:00")
    (row,) = fetch_rows(cast.karen, [letter.pk])
    assert row.is_date_late
    karen = as_user(cast.karen)
    assert "spørg igen om sletning" in karen.get(reverse("my_letters")).text
    page = karen.get(letter_url(letter)).text
    assert "Mangler svar om sletning" in page
    refused = karen.post(reverse("record_deletion", args=[letter.pk]), {"version": "1", "deletion": "CONFIRMED"})
    assert refused.status_code == 422
    karen.post(reverse("record_deletion", args=[letter.pk]), {"version": "1"} | DELETED)
    assert decision_kinds(letter) == ["DECIDED", "DELETION"]
    assert (
        "skrev, at modtageren bekræftede 10. januar 2020, at brevet er slettet." in karen.get(letter_url(letter)).text
    )
    services.confirm_letter(letter, cast.jens, 2)


@pytest.mark.parametrize(
    ("answer", "name", "days"), [("CONFIRMED", "confirmed", (13, 14)), ("NOT_YET", "due", (13, 12))]
)
def test_deletion_was_confirmed_before_today_and_is_asked_about_later(wrong, as_user, answer, name, days):
    karen, url = as_user(wrong.karen), letter_url(wrong.plain)
    good, bad = (
        {"version": "0", "deletion": answer} | NOTHING_TO_SEND | day(f"deletion_{name}_on", number, 1, 2020)
        for number in days
    )
    assert karen.post(url, bad).status_code == 422
    assert karen.post(url, good).status_code == 302


def test_deletion_is_no_answer_where_nobody_asks(cast):
    services.decide(
        cast.plain, DecisionAnswers("RESEND", deadline_missed=False, consequence_review="NONE"), cast.karen, 0
    )
    with pytest.raises(services.NotPossible, match="mangler ikke svar om sletning"):
        services.record_deletion(cast.plain, cast.karen, 1, DeletionAnswer("NO_CONFIRMATION"))
