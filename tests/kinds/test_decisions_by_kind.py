"""Decisions in an incident of each kind: the form, bulk decisions, the workbook, completeness and confirmation."""

from dataclasses import replace
from datetime import date
from itertools import product

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from followups import services
from followups.decision_form import DecisionForm
from followups.models import FollowUp
from followups.models.answers import DecisionAnswers, DeletionAnswer
from followups.my_letters.worklist import build_worklist
from followups.rules import completeness
from followups.rules.letter_rows import fetch_rows
from letters.incident_kinds import KINDS, IncidentKind
from sepo_incident.core.database import Conflict
from tests.followups.bulk_pages import BULK_URL, decide_in_bulk, selected_keys
from tests.followups.decision_answers import decision_kinds, followup_of
from tests.followups.workbook_helpers import fill_row, header_columns, open_workbook, row_of, workbook_bytes
from tests.kinds.kind_answers import (
    NOT_YET,
    NOTHING_TO_SEND,
    OWN_ANSWERS_AND_NESTED,
    OWN_CELLS,
    OWN_POST,
    OWN_VARIANTS,
    book_word,
    day,
    letter_url,
    set_kind,
    workbook_upload,
)

pytestmark = pytest.mark.usefixtures("monday")
each_kind = pytest.mark.parametrize("kind", IncidentKind)


@pytest.fixture
def kind_cast(cast, kind):
    set_kind(cast, kind)
    return cast


@each_kind
def test_form_asks_the_questions_of_the_kind_in_its_order(kind, kind_cast, as_user):
    form = as_user(kind_cast.karen).get(letter_url(kind_cast.plain)).context["form"]
    numbered = [field.label for field in form.fields.values() if str(field.label)[:1].isdigit()]
    assert sorted(numbered) == sorted(str(form.fields[name].label) for name in KINDS[kind].questions if name != "note")
    assert [form.fields[name].label[0] for name in KINDS[kind].questions if name != "note"] == list("12345")[
        : len(numbered)
    ]
    offered = [value for value, _ in form.fields["remedy"].choices if value != "HELP"]
    assert offered == list(KINDS[kind].remedies)


@each_kind
def test_decision_is_saved_confirmed_and_summarized(kind, kind_cast, as_user):
    cast, letter = kind_cast, kind_cast.plain
    as_user(cast.karen).post(letter_url(letter), {"version": "0"} | NOTHING_TO_SEND | OWN_POST[kind])
    saved = followup_of(letter)
    assert (saved.status, saved.lacks_answer) == ("DONE", False)
    page = as_user(cast.jens).get(letter_url(letter)).text
    assert f"Det {KINDS[kind].phrases.short}." in page
    services.confirm_letter(letter, cast.jens, saved.version)
    assert followup_of(letter).status == "CONFIRMED"


@each_kind
def test_own_question_must_be_answered(kind, kind_cast, as_user):
    answered = as_user(kind_cast.karen).post(letter_url(kind_cast.plain), {"version": "0"} | NOTHING_TO_SEND)
    assert answered.status_code == (302 if kind == IncidentKind.NOT_ARRIVED else 422)


@each_kind
def test_bulk_decision_asks_the_same(kind, kind_cast, as_user):
    karen, letters = as_user(kind_cast.karen), (kind_cast.plain, kind_cast.untitled)
    asked = karen.get(BULK_URL, {"valgt": selected_keys(*letters)})
    decide_in_bulk(karen, asked, NOTHING_TO_SEND | OWN_POST[kind])
    assert [followup_of(letter).status for letter in letters] == ["DONE", "DONE"]


@each_kind
def test_workbook_goes_out_and_in(kind, kind_cast, as_user):
    karen, letter = as_user(kind_cast.karen), kind_cast.plain
    book = open_workbook(karen.get(reverse("my_workbook")).content)
    headers = header_columns(book)
    own = set(OWN_ANSWERS_AND_NESTED) & set(headers)
    assert own >= set(OWN_CELLS[kind])
    assert not own or OWN_CELLS[kind]
    cells = {
        "remedy": book_word(kind, "NO_DISPATCH"),
        "no_dispatch_reason": "Ligger på Aula",
        "deadline_missed": "Nej",
        "consequence_review": "Nej",
    }
    fill_row(book, row_of(book, letter.source_ref), **cells, **OWN_CELLS[kind])
    file = workbook_upload(workbook_bytes(book))
    shown = karen.post(reverse("upload_workbook"), {"fil": file})
    assert len(shown.context["differences"].changes) == 1, shown.context["differences"]
    karen.post(reverse("apply_workbook"), {"vist": shown.context["proposal"]})
    assert followup_of(letter).status == "DONE"
    again = open_workbook(karen.get(reverse("my_workbook")).content)
    row = row_of(again, letter.source_ref)
    for name, cell in OWN_CELLS[kind].items():
        assert again["Breve"].cell(row, header_columns(again)[name]).value == cell


def posted_from(answers: DecisionAnswers) -> dict:
    words = {True: "ja", False: "nej"}
    own = {name: value for name in OWN_ANSWERS_AND_NESTED if (value := getattr(answers, name)) not in (None, "")}
    posted = dict(NOTHING_TO_SEND) | {"version": "0", "remedy": answers.remedy, "journalised": "ikke-noedvendigt"}
    posted |= {"no_record_reason": "Intet er ændret", "is_resent": "ja", "is_new_sent": "ja", "are_both_sent": "ja"}
    for name, value in own.items():
        if isinstance(value, date):
            posted |= {f"{name}_day": value.day, f"{name}_month": value.month, f"{name}_year": value.year}
        else:
            posted[name] = words.get(value, value)
    return posted


@each_kind
def test_form_and_database_agree_about_every_answer(kind, kind_cast):
    """The form drops the answers that the kind does not ask for, so the database must accept what the form makes.

    The database refuses the raw answers where the form refuses or drops one.
    """
    letter, accepted = kind_cast.plain, 0
    for remedy, (name, own) in product(FollowUp.Remedy, OWN_VARIANTS.items()):
        reason = "Ligger på Aula" if remedy == "NO_DISPATCH" else ""
        raw = DecisionAnswers(remedy, True, reason, deadline_missed=False, consequence_review="NONE", **own)
        raw = replace(raw, no_record_reason="Intet er ændret", is_sent=remedy != "NO_DISPATCH")
        form = DecisionForm(posted_from(raw), rules=KINDS[kind])
        is_raw_kept = form.is_valid() and {one: getattr(form.answers, one) for one in OWN_ANSWERS_AND_NESTED} == {
            one: getattr(raw, one) for one in OWN_ANSWERS_AND_NESTED
        }
        assert saves(letter, raw, kind_cast.karen) == is_raw_kept, (name, remedy, form.errors)
        if form.is_valid():
            assert saves(letter, form.answers, kind_cast.karen), (name, remedy)
            accepted += 1
    assert accepted >= len(KINDS[kind].remedies)


def saves(letter, answers, by) -> bool:
    """Return whether the database takes the answers, and check that `lacks_answer` says what is missing."""
    try:
        with transaction.atomic():
            saved = services.decide(letter, answers, by, 0)
            rows = FollowUp.objects.filter(pk=saved.pk)
            waits = saved.deletion == "NOT_YET"
            assert rows.filter(completeness.missing_mandatory_answer()).exists() == waits
            assert rows.filter(completeness.awaiting_confirmation()).exists() != waits
            assert bool(services.explain_missing_answer(saved)) == waits
            assert confirms(saved) != waits
            transaction.set_rollback(True)
    except (IntegrityError, Conflict):
        return False
    return True


def confirms(followup) -> bool:
    """Return whether the database lets the letter be confirmed, whatever the services say."""
    try:
        with transaction.atomic():
            followup.decisions.create(kind="CONFIRMED", version=followup.version + 1, by=followup.decided_by)
            FollowUp.objects.filter(pk=followup.pk).update(
                status="CONFIRMED",
                version=followup.version + 1,
                confirmed_by=followup.decided_by,
                confirmed_at=timezone.now(),
            )
            transaction.set_rollback(True)
    except IntegrityError:
        return False
    return True


@pytest.mark.parametrize("kind", [IncidentKind.WRONG_RECIPIENT])
def test_letter_stays_on_the_list_until_the_deletion_is_confirmed(kind, kind_cast, as_user, monday):
    cast, letter, karen = kind_cast, kind_cast.plain, as_user(kind_cast.karen)
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
    karen.post(reverse("record_deletion", args=[letter.pk]), {"version": "1"} | OWN_POST[kind])
    assert decision_kinds(letter) == ["DECIDED", "DELETION"]
    assert (
        "skrev, at modtageren bekræftede 10. januar 2020, at brevet er slettet." in karen.get(letter_url(letter)).text
    )
    services.confirm_letter(letter, cast.jens, 2)


@pytest.mark.parametrize("kind", [IncidentKind.WRONG_RECIPIENT])
@pytest.mark.parametrize(
    ("answer", "name", "days"), [("CONFIRMED", "confirmed", (13, 14)), ("NOT_YET", "due", (13, 12))]
)
def test_deletion_was_confirmed_before_today_and_is_asked_about_later(kind, kind_cast, as_user, answer, name, days):
    karen, url = as_user(kind_cast.karen), letter_url(kind_cast.plain)
    good, bad = (
        {"version": "0", "deletion": answer} | NOTHING_TO_SEND | day(f"deletion_{name}_on", number, 1, 2020)
        for number in days
    )
    assert karen.post(url, bad).status_code == 422
    assert karen.post(url, good).status_code == 302


@pytest.mark.parametrize("kind", [IncidentKind.NOT_ARRIVED])
def test_deletion_is_no_answer_where_nobody_asks(kind, kind_cast):
    services.decide(
        kind_cast.plain, DecisionAnswers("RESEND", deadline_missed=False, consequence_review="NONE"), kind_cast.karen, 0
    )
    with pytest.raises(services.NotPossible, match="mangler ikke svar om sletning"):
        services.record_deletion(kind_cast.plain, kind_cast.karen, 1, DeletionAnswer("NO_CONFIRMATION"))


@pytest.mark.parametrize("kind", [IncidentKind.SENT_TWICE])
def test_form_begins_with_the_usual_answer(kind, kind_cast, as_user):
    form = as_user(kind_cast.karen).get(letter_url(kind_cast.passed)).context["form"]
    assert form["remedy"].value() == "NO_DISPATCH"
    assert form["no_dispatch_reason"].value() == "Modtageren har fået brevet."
    assert not form["deadline_missed"].value(), "a passed date means nothing here"
