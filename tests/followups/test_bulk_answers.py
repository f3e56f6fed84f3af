"""Several questions with the same cause, answered once."""

import pytest
from django.urls import reverse

from followups import services
from followups.models import Decision, Escalation
from letters.models import Letter
from tests.followups.escalation_helpers import ask_for_help, entry_kinds
from tests.followups.responses import message_texts

pytestmark = pytest.mark.usefixtures("monday")
SAME = "SEPO var nede. Send brevet igen."


@pytest.fixture
def three_questions(cast) -> list[Escalation]:
    letters = [cast.untitled, cast.plain, cast.soon]
    return [ask_for_help(letter, cast.karen, f"Spørgsmål {n}") for n, letter in enumerate(letters)]


def post_bulk_answer(client, cases, text=SAME, **posted):
    return client.post(
        reverse("answer_escalations"), {"valgt": [case.pk for case in cases], "text": text} | posted, follow=True
    )


def test_bulk_answer_reaches_each_letter_and_sets_owners(cast, as_user, three_questions, nikolaj):
    services.take_escalation(three_questions[0], by=cast.pia)
    services.take_escalation(three_questions[2], by=nikolaj)
    pia = as_user(cast.pia)
    preview = pia.get(reverse("answer_escalations"), {"valgt": [case.pk for case in three_questions]}).text
    assert "Send svaret til 2</button>" in preview
    assert "Nikolaj Fjord har henvendelsen nu." in preview
    assert message_texts(post_bulk_answer(pia, three_questions)) == [
        "2 henvendelser er besvaret. 1 henvendelse fik ikke svaret: Nikolaj Fjord har henvendelsen nu."
    ]
    answered = Escalation.objects.filter(resolved_at__isnull=False)
    assert {(one.followup.letter_id, one.owner) for one in answered} == {
        (cast.untitled.pk, cast.pia),
        (cast.plain.pk, cast.pia),
    }
    assert [entry_kinds(case) for case in three_questions] == [
        ["QUESTION", "TAKEN", "ANSWER"],
        ["QUESTION", "TAKEN", "ANSWER"],
        ["QUESTION", "TAKEN"],
    ]
    told = Decision.objects.filter(kind="HELP_ANSWERED", answers={"answer": SAME})
    assert set(told.values_list("followup__letter", flat=True)) == {cast.untitled.pk, cast.plain.pk}
    assert SAME in as_user(cast.karen).get(reverse("letter", args=[cast.plain.pk])).text


def test_bulk_answer_leaves_out_unreadable_personnel_cases(cast, as_user, three_questions):
    Letter.objects.filter(pk=cast.plain.pk).update(is_personnel_case=True)
    secret = ask_for_help(Letter.objects.select_related("followup").get(pk=cast.personnel.pk), cast.karen, "Hemmeligt")
    pia = as_user(cast.pia)
    preview = pia.get(reverse("answer_escalations"), {"valgt": [case.pk for case in [*three_questions, secret]]}).text
    assert "Hemmeligt" not in preview
    assert "Spørgsmål 1" not in preview
    assert "Brevet er blevet en personalesag." in preview
    post_bulk_answer(pia, [*three_questions, secret])
    resolved = Escalation.objects.filter(resolved_at__isnull=False).values_list("pk", flat=True)
    assert set(resolved) == {three_questions[0].pk, three_questions[2].pk}


def test_answered_questions_are_skipped_and_the_text_is_kept(cast, as_user, three_questions):
    for case in three_questions:
        services.answer_escalation(services.take_escalation(case, by=cast.pia), "Første svar", by=cast.pia)
    response = post_bulk_answer(as_user(cast.pia), three_questions)
    assert response.status_code == 409
    assert SAME in response.text
    assert not Decision.objects.filter(answers={"answer": SAME}).exists()


def test_empty_selection_or_text_is_refused(cast, as_user, three_questions):
    pia = as_user(cast.pia)
    assert message_texts(pia.get(reverse("answer_escalations"), {"valgt": "x"}, follow=True)) == [
        "Vælg de henvendelser, der skal have det samme svar."
    ]
    assert post_bulk_answer(pia, three_questions, text="").status_code == 422
    assert post_bulk_answer(pia, three_questions, text="010190-1234").status_code == 422
    assert not Escalation.objects.filter(resolved_at__isnull=False).exists()


def test_queue_has_checkboxes_for_readable_questions_only(cast, as_user, three_questions):
    Letter.objects.filter(pk=cast.plain.pk).update(is_personnel_case=True)
    shown = as_user(cast.pia).get(reverse("escalations")).text
    assert [f'id="valgt-{case.pk}"' in shown for case in three_questions] == [True, False, True]


@pytest.mark.parametrize("number", [1, 3])
def test_bulk_answer_queries_do_not_grow(cast, three_questions, number, django_assert_num_queries):
    ids = [case.pk for case in three_questions[:number]]
    assert cast.pia.roles
    with django_assert_num_queries(11):
        services.answer_escalations(ids, SAME, by=cast.pia)
