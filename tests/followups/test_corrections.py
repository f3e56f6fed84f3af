"""Corrections of a confirmed decision: a reason is required, and the leader confirms again."""

import pytest
from django.urls import reverse

from followups import services
from followups.models import Consequence, Decision, FollowUp
from followups.models.answers import HELP, DecisionAnswers
from sepo_incident.core.forms import CPR_REFUSAL
from tests.followups.decision_answers import (
    HARM_HANDLED,
    NEW_LETTER_UNSENT,
    NO_DISPATCH,
    RESENT,
    decision_kinds,
    followup_of,
)
from tests.followups.decision_posts import RESEND_POST
from tests.followups.responses import page_text

Status, Kind = FollowUp.Status, Decision.Kind

WHY = "Familien har fået en ny tid"
TYPED = RESEND_POST | {"version": "2", "correction_reason": WHY}


def url(letter, name="letter") -> str:
    return reverse(name, args=[letter.pk])


@pytest.fixture
def confirmed(cast):
    services.decide(cast.plain, NO_DISPATCH, cast.karen, version=0)
    services.confirm_letter(cast.plain, cast.jens, version=1)
    return cast.plain


@pytest.mark.parametrize(("answers", "status"), [(NEW_LETTER_UNSENT, Status.DECIDED), (HARM_HANDLED, Status.DONE)])
def test_correction_awaits_confirmation_and_keeps_both_versions(cast, confirmed, answers, status):
    services.correct_decision(confirmed, answers, cast.karen, 2, WHY)
    followup = followup_of(confirmed)
    assert (followup.status, followup.remedy, followup.version) == (status, answers.remedy, 4)
    assert (followup.confirmed_by, followup.confirmed_at) == (None, None)
    assert Consequence.objects.count() == len(answers.parties)
    ledger = list(followup.decisions.order_by("version").values_list("kind", "answers"))
    assert ledger == [
        (Kind.DECIDED, NO_DISPATCH.as_json()),
        (Kind.CONFIRMED, {}),
        (Kind.CORRECTED, {"reason": WHY}),
        (Kind.DECIDED, answers.as_json()),
    ]


def test_correction_needs_sender_or_leader_and_a_confirmed_decision(cast, confirmed):
    for person in (cast.anne, cast.mette, cast.sofie):
        with pytest.raises(services.NotPossible, match="Kun afsenderen og lederen kan rette"):
            services.correct_decision(confirmed, RESENT, person, 2, WHY)
    services.decide(cast.soon, RESENT, cast.karen, version=0)
    with pytest.raises(services.NotPossible):
        services.correct_decision(cast.soon, NO_DISPATCH, cast.karen, 1, WHY)
    services.correct_decision(confirmed, RESENT, cast.jens, 2, WHY)
    last = followup_of(confirmed).decisions.filter(version__gt=2).values_list("by", "on_behalf_of")
    assert list(last) == [(cast.jens.pk, cast.karen.pk)] * 2


def test_correction_by_asking_for_help_undoes_the_decision(cast, confirmed):
    question = DecisionAnswers(remedy=HELP, question="Var det rigtigt?")
    services.correct_decision(confirmed, question, cast.karen, 2, WHY)
    assert followup_of(confirmed).is_open
    assert decision_kinds(confirmed)[2:] == [Kind.CORRECTED, Kind.UNDONE, Kind.HELP_ASKED]
    services.decide(confirmed, RESENT, cast.karen, version=5)
    services.confirm_letter(confirmed, cast.jens, version=6)
    with pytest.raises(services.NotPossible, match="allerede spurgt"):
        services.correct_decision(confirmed, question, cast.karen, 7, WHY)
    assert (followup_of(confirmed).status, followup_of(confirmed).version) == (Status.CONFIRMED, 7)


def test_page_explains_the_correction_and_asks_for_a_reason(cast, as_user, confirmed):
    client = as_user(cast.karen)
    assert "Retter du den, skal den bekræftes igen." in page_text(client.get(url(confirmed)))
    page = client.get(url(confirmed), {"hent": "1"})
    assert page.context["form"].initial["no_dispatch_reason"] == "Ligger på Aula"
    assert "Jens Ågård har bekræftet beslutningen. Retter du den, skal den bekræftes igen." in page_text(page)
    for missing, said in (("", "Skriv en begrundelse."), ("Om 070761-4285", CPR_REFUSAL)):
        response = client.post(url(confirmed), TYPED | {"correction_reason": missing})
        assert (response.status_code, said in page_text(response), missing in page_text(response)) == (422, True, True)
    assert followup_of(confirmed).status == Status.CONFIRMED
    for _ in range(2):
        assert client.post(url(confirmed), TYPED).status_code == 302, "a double click"
    assert decision_kinds(confirmed)[2:] == [Kind.CORRECTED, Kind.DECIDED]


def test_page_tells_others_who_can_correct(cast, as_user, confirmed):
    pia = as_user(cast.pia)
    text = page_text(pia.get(url(confirmed), {"hent": "1"}))
    assert "Kun Karen Bülow Møller og lederen kan rette den." in text
    assert "correction_reason" not in text
    assert pia.post(url(confirmed), TYPED).status_code == 403


@pytest.mark.usefixtures("monday")
def test_leader_sees_the_reason_and_confirms_again(cast, as_user, confirmed):
    as_user(cast.karen).post(url(confirmed), TYPED)
    services.decide(cast.soon, RESENT, cast.karen, version=0)
    jens = as_user(cast.jens)
    preview = jens.get(reverse("confirm_many", args=[cast.svalevej.pk]), {"alle": "1"})
    assert preview.context["preview"].needing_attention == [confirmed]
    assert preview.context["preview"].routine == [cast.soon]
    assert page_text(preview).count("Rettet efter bekræftelse") == 1
    why = f"Karen Bülow Møller rettede en bekræftet beslutning: »{WHY}«"
    text = page_text(jens.get(url(confirmed)))
    assert f"{why} Derfor skal den bekræftes igen." in text
    assert text.count(why) == 2, "and in the history"
    jens.post(url(confirmed, "confirm_letter"), {"version": "4"})
    text = page_text(jens.get(url(confirmed)))
    assert followup_of(confirmed).status == Status.CONFIRMED
    assert text.count(why) == 1
    assert "Derfor skal den bekræftes igen." not in text


def test_correction_reason_is_hidden_without_read_access(cast, as_user):
    services.decide(cast.personnel, RESENT, cast.karen, version=0)
    services.confirm_letter(cast.personnel, cast.jens, version=1)
    services.correct_decision(cast.personnel, NO_DISPATCH, cast.karen, 2, "Hemmelig grund")
    text = page_text(as_user(cast.pia).get(url(cast.personnel)))
    assert "Karen Bülow Møller rettede en bekræftet beslutning." in text
    assert "Hemmelig" not in text


def test_conflict_keeps_the_typed_correction(cast, as_user, confirmed):
    services.correct_decision(confirmed, RESENT, cast.jens, 2, "Det samme brev dur")
    response = as_user(cast.karen).post(url(confirmed), TYPED | {"note": "Jeg har ringet"})
    text = page_text(response)
    assert response.status_code == 409
    assert "Jens Ågård har gemt brevet imens" in text
    assert f"Din begrundelse er ikke nødvendig mere: »{WHY}«" in text
    assert "Jeg har ringet" in text
    assert 'name="version" value="4"' in text
    services.confirm_letter(confirmed, cast.birgitte, version=4)
    response = as_user(cast.karen).post(url(confirmed), TYPED | {"note": "Jeg har ringet"})
    assert (response.status_code, response.context["form"]["correction_reason"].value()) == (409, WHY)
