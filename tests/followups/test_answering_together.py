"""Several questions with the same cause, answered once."""

import pytest
from django.urls import reverse

from followups import services
from followups.models import Decision, Escalation
from letters.models import Letter
from tests.followups.asking import ask, kinds, said

pytestmark = pytest.mark.usefixtures("monday")
SAME = "SEPO var nede. Send brevet igen."


@pytest.fixture
def three(cast) -> list[Escalation]:
    letters = [cast.untitled, cast.plain, cast.soon]
    return [ask(letter, cast.karen, f"Spørgsmål {n}") for n, letter in enumerate(letters)]


def together(client, cases, text=SAME, **posted):
    return client.post(
        reverse("answer_escalations"), {"valgt": [case.pk for case in cases], "text": text} | posted, follow=True
    )


def test_each_letter_gets_the_answer_and_each_question_its_owner(cast, as_user, three, nikolaj):
    services.take_escalation(three[0], by=cast.pia)
    services.take_escalation(three[2], by=nikolaj)
    pia = as_user(cast.pia)
    preview = pia.get(reverse("answer_escalations"), {"valgt": [case.pk for case in three]}).text
    assert "Send svaret til 2</button>" in preview
    assert "Nikolaj Fjord har sagen nu." in preview
    assert said(together(pia, three)) == [
        "2 spørgsmål er besvaret, og svaret står på hvert brev. 1 spørgsmål blev ikke rørt: Nikolaj Fjord har sagen nu."
    ]
    answered = Escalation.objects.filter(resolved_at__isnull=False)
    assert {(one.followup.letter_id, one.owner) for one in answered} == {
        (cast.untitled.pk, cast.pia),
        (cast.plain.pk, cast.pia),
    }
    assert [kinds(case) for case in three] == [
        ["QUESTION", "TAKEN", "ANSWER"],
        ["QUESTION", "TAKEN", "ANSWER"],
        ["QUESTION", "TAKEN"],
    ]
    told = Decision.objects.filter(kind="HELP_ANSWERED", answers={"answer": SAME})
    assert set(told.values_list("followup__letter", flat=True)) == {cast.untitled.pk, cast.plain.pk}
    assert SAME in as_user(cast.karen).get(reverse("letter", args=[cast.plain.pk])).text


def test_a_personnel_case_is_not_among_them_for_who_may_not_read_it(cast, as_user, three):
    Letter.objects.filter(pk=cast.plain.pk).update(is_personnel_case=True)
    secret = ask(Letter.objects.select_related("followup").get(pk=cast.personnel.pk), cast.karen, "Hemmeligt")
    pia = as_user(cast.pia)
    preview = pia.get(reverse("answer_escalations"), {"valgt": [case.pk for case in [*three, secret]]}).text
    assert "Hemmeligt" not in preview
    assert "Spørgsmål 1" not in preview
    assert "Brevet er blevet en personalesag." in preview
    together(pia, [*three, secret])
    resolved = Escalation.objects.filter(resolved_at__isnull=False).values_list("pk", flat=True)
    assert set(resolved) == {three[0].pk, three[2].pk}


def test_what_somebody_answered_first_is_left_alone_and_the_text_is_kept(cast, as_user, three):
    for case in three:
        services.answer_escalation(services.take_escalation(case, by=cast.pia), "Første svar", by=cast.pia)
    response = together(as_user(cast.pia), three)
    assert response.status_code == 409
    assert SAME in response.text
    assert not Decision.objects.filter(answers={"answer": SAME}).exists()


def test_nothing_chosen_and_nothing_written(cast, as_user, three):
    pia = as_user(cast.pia)
    assert said(pia.get(reverse("answer_escalations"), {"valgt": "x"}, follow=True)) == [
        "Vælg de spørgsmål, der skal have det samme svar."
    ]
    assert together(pia, three, text="").status_code == 422
    assert together(pia, three, text="010190-1234").status_code == 422
    assert not Escalation.objects.filter(resolved_at__isnull=False).exists()


def test_the_queue_has_a_box_for_each_that_may_be_read(cast, as_user, three):
    Letter.objects.filter(pk=cast.plain.pk).update(is_personnel_case=True)
    shown = as_user(cast.pia).get(reverse("escalations")).text
    assert [f'id="valgt-{case.pk}"' in shown for case in three] == [True, False, True]


@pytest.mark.parametrize("number", [1, 3])
def test_the_statements_are_as_many_for_three_as_for_one(cast, three, number, django_assert_num_queries):
    ids = [case.pk for case in three[:number]]
    assert cast.pia.roles
    with django_assert_num_queries(11):
        services.answer_escalations(ids, SAME, by=cast.pia)
