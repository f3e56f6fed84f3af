"""A decision that the leader has confirmed is changed with a reason, and confirmed anew; and two on one letter."""

import re

import pytest
from django.db import transaction
from django.urls import reverse

from followups import services
from followups.models import Consequence, Decision, FollowUp
from followups.models.answers import HELP, DecisionAnswers
from sepo_incident.core.forms import CPR_REFUSAL
from tests.followups.test_consequences import DONE, OWED
from tests.followups.test_decision_form import RESEND
from tests.followups.test_services import HARMED, NEW_LATER, NOT_AGAIN, SENT_AGAIN, kinds, standing

Status, Kind = FollowUp.Status, Decision.Kind

WHY = "Familien har fået en ny tid"
TYPED = RESEND | {"version": "2", "correction_reason": WHY}


def url(letter, name="letter") -> str:
    return reverse(name, args=[letter.pk])


def text_of(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


@pytest.fixture
def confirmed(cast):
    services.decide(cast.plain, NOT_AGAIN, cast.karen, version=0)
    services.confirm_letter(cast.plain, cast.jens, version=1)
    return cast.plain


@pytest.mark.parametrize(
    ("answers", "status"), [(SENT_AGAIN, Status.DONE), (NEW_LATER, Status.DECIDED), (HARMED, Status.DONE)]
)
def test_what_is_corrected_waits_for_the_leader_with_both_versions_in_the_ledger(cast, confirmed, answers, status):
    services.correct_decision(confirmed, answers, cast.karen, 2, WHY)
    followup = standing(confirmed)
    assert (followup.status, followup.remedy, followup.version) == (status, answers.remedy, 4)
    assert (followup.confirmed_by, followup.confirmed_at) == (None, None)
    assert Consequence.objects.count() == len(answers.parties)
    ledger = list(followup.decisions.order_by("version").values_list("kind", "answers"))
    assert ledger == [
        (Kind.DECIDED, NOT_AGAIN.as_json()),
        (Kind.CONFIRMED, {}),
        (Kind.CORRECTED, {"reason": WHY}),
        (Kind.DECIDED, answers.as_json()),
    ]


def test_only_the_sender_and_the_leader_correct_and_only_what_is_confirmed(cast, confirmed):
    for person in (cast.anne, cast.mette, cast.sofie):
        with pytest.raises(services.NotPossible, match="Kun afsenderen og lederen kan rette"):
            services.correct_decision(confirmed, SENT_AGAIN, person, 2, WHY)
    services.decide(cast.soon, SENT_AGAIN, cast.karen, version=0)
    with pytest.raises(services.NotPossible):
        services.correct_decision(cast.soon, NOT_AGAIN, cast.karen, 1, WHY)
    services.correct_decision(confirmed, SENT_AGAIN, cast.jens, 2, WHY)
    last = standing(confirmed).decisions.filter(version__gt=2).values_list("by", "on_behalf_of")
    assert list(last) == [(cast.jens.pk, cast.karen.pk)] * 2


def test_who_asks_for_help_instead_takes_it_back_and_nothing_is_left_of_a_refusal(cast, confirmed):
    question = DecisionAnswers(remedy=HELP, question="Var det rigtigt?")
    services.correct_decision(confirmed, question, cast.karen, 2, WHY)
    assert standing(confirmed).is_open
    assert kinds(confirmed)[2:] == [Kind.CORRECTED, Kind.UNDONE, Kind.HELP_ASKED]
    services.decide(confirmed, SENT_AGAIN, cast.karen, version=5)
    services.confirm_letter(confirmed, cast.jens, version=6)
    with pytest.raises(services.NotPossible, match="allerede spurgt"):
        services.correct_decision(confirmed, question, cast.karen, 7, WHY)
    assert (standing(confirmed).status, standing(confirmed).version) == (Status.CONFIRMED, 7)


@pytest.mark.parametrize("whose", ["karen", "jens"])
def test_the_page_says_how_and_asks_why(cast, as_user, confirmed, whose):
    client = as_user(getattr(cast, whose))
    assert "Er noget forkert, kan du rette den og skrive hvorfor." in text_of(client.get(url(confirmed)))
    page = client.get(url(confirmed), {"hent": "1"})
    assert page.context["form"].initial["no_dispatch_reason"] == "Ligger på Aula"
    assert "Her er den beslutning, som Jens Ågård har bekræftet. Ret den, skriv hvorfor, og gem." in text_of(page)
    for missing, said in (("", "Skriv en begrundelse."), ("Om 070761-4285", CPR_REFUSAL)):
        response = client.post(url(confirmed), TYPED | {"correction_reason": missing})
        assert (response.status_code, said in text_of(response), missing in text_of(response)) == (422, True, True)
    assert standing(confirmed).status == Status.CONFIRMED
    for _ in range(2):
        assert client.post(url(confirmed), TYPED).status_code == 302, "a double click"
    assert kinds(confirmed)[2:] == [Kind.CORRECTED, Kind.DECIDED]


def test_others_are_told_who_can(cast, as_user, confirmed):
    sofie = as_user(cast.sofie)
    text = text_of(sofie.get(url(confirmed), {"hent": "1"}))
    assert "Kun Karen Bülow Møller og lederen kan rette den." in text
    assert "correction_reason" not in text
    assert sofie.post(url(confirmed), TYPED).status_code == 403


def test_the_leader_is_told_why_wherever_it_waits_and_confirms_anew(cast, as_user, confirmed):
    as_user(cast.karen).post(url(confirmed), TYPED)
    services.decide(cast.soon, SENT_AGAIN, cast.karen, version=0)
    jens = as_user(cast.jens)
    preview = jens.get(reverse("confirm_many", args=[cast.svalevej.pk]), {"alle": "1"})
    assert preview.context["preview"].first == [confirmed]
    assert preview.context["preview"].others == [cast.soon]
    assert text_of(preview).count("Rettet efter bekræftelse") == 1
    why = f"Karen Bülow Møller rettede en bekræftet beslutning: »{WHY}«"
    text = text_of(jens.get(url(confirmed)))
    assert f"{why} Derfor skal den bekræftes igen." in text
    assert text.count(why) == 2, "and in the history"
    jens.post(url(confirmed, "confirm_letter"), {"version": "4"})
    text = text_of(jens.get(url(confirmed)))
    assert standing(confirmed).status == Status.CONFIRMED
    assert text.count(why) == 1
    assert "Derfor skal den bekræftes igen." not in text


def test_who_may_not_read_the_letter_reads_no_reason(cast, as_user):
    services.decide(cast.personnel, SENT_AGAIN, cast.karen, version=0)
    services.confirm_letter(cast.personnel, cast.jens, version=1)
    services.correct_decision(cast.personnel, NOT_AGAIN, cast.karen, 2, "Hemmelig grund")
    text = text_of(as_user(cast.sofie).get(url(cast.personnel)))
    assert "Karen Bülow Møller rettede en bekræftet beslutning." in text
    assert "Hemmelig" not in text


def test_nothing_typed_is_lost_when_another_corrected_first(cast, as_user, confirmed):
    services.correct_decision(confirmed, SENT_AGAIN, cast.jens, 2, "Det samme brev dur")
    response = as_user(cast.karen).post(url(confirmed), TYPED | {"note": "Jeg har ringet"})
    text = text_of(response)
    assert response.status_code == 409
    assert "Jens Ågård har gemt noget om brevet, mens du skrev" in text
    assert f"Du begrundede rettelsen sådan: »{WHY}«" in text
    assert "Jeg har ringet" in text
    assert 'name="version" value="4"' in text
    services.confirm_letter(confirmed, cast.birgitte, version=4)
    response = as_user(cast.karen).post(url(confirmed), TYPED | {"note": "Jeg har ringet"})
    assert (response.status_code, response.context["form"]["correction_reason"].value()) == (409, WHY)


ACTS = {
    "decide": lambda letter, by, seen: services.decide(letter, NEW_LATER, by, seen),
    "ask": lambda letter, by, seen: services.decide(
        letter, DecisionAnswers(remedy=HELP, question="Hvad nu?"), by, seen
    ),
    "undo": services.undo_decision,
    "send": services.mark_done,
    "handle": lambda letter, by, seen: services.record_remedial_action(letter, by, seen, DONE),
    "confirm": services.confirm_letter,
    "correct": lambda letter, by, seen: services.correct_decision(letter, NEW_LATER, by, seen, WHY),
}


@pytest.mark.parametrize(
    ("steps", "possible"),
    [
        ([], {"decide", "ask"}),
        ([NEW_LATER], {"decide", "ask", "undo", "send", "handle"}),
        ([OWED], {"decide", "ask", "undo", "handle"}),
        ([SENT_AGAIN], {"decide", "ask", "undo", "confirm"}),
        ([SENT_AGAIN, "confirm"], {"correct"}),
    ],
)
def test_of_two_who_act_on_what_both_have_read_one_wins_and_the_other_is_told(cast, steps, possible):
    """Every pair of acts that is possible, in both orders and by both people: the ledger has the first and no more."""
    letter = cast.plain
    for step in steps:
        ACTS["confirm"](letter, cast.jens, 1) if step == "confirm" else services.decide(letter, step, cast.karen, 0)
    before, seen = kinds(letter), standing(letter).version
    for first in ACTS:
        for who, other in ((cast.karen, cast.jens), (cast.jens, cast.karen)):
            with transaction.atomic():
                try:
                    ACTS[first](letter, who, seen)
                except services.NotPossible:
                    assert first not in possible or (first == "confirm" and who == cast.karen)
                    assert kinds(letter) == before
                    continue
                assert first in possible
                after, row = kinds(letter), FollowUp.objects.values().get(letter=letter)
                assert after[: len(before)] == before
                assert len(after) > len(before)
                for second in ACTS:
                    with pytest.raises(services.FollowUpConflict):
                        ACTS[second](letter, other, seen)
                assert (kinds(letter), FollowUp.objects.values().get(letter=letter)) == (after, row)
                transaction.set_rollback(True)
