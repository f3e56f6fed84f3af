"""A question changes hands: to a colleague, to another desk, by itself to Personalejura; and two do it at once."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from followups import services
from followups.desk import queue
from followups.letter import history
from followups.models import Escalation, EscalationEntry
from letters.models import Letter
from sepo_incident.accounts.models import Membership, User
from sepo_incident.web.menu import escalations_waiting
from tests.factories import MembershipFactory, UserFactory
from tests.followups.asking import QUESTION, act, answer, ask, kinds, said, titles

pytestmark = pytest.mark.usefixtures("monday")


def fresh(escalation):
    return Escalation.objects.select_related("owner").get(pk=escalation.pk)


def become_personnel(letter):
    Letter.objects.filter(pk=letter.pk).update(is_personnel_case=True)


# --- To a colleague -----------------------------------------------------------------------------------------------


def test_a_case_is_given_to_a_colleague_who_finds_it_among_theirs(cast, as_user, asked, nikolaj):
    services.take_escalation(asked, by=cast.pia)
    response = act(as_user(cast.pia), "hand_over_escalation", asked, to=nikolaj.pk, seen=cast.pia.pk)
    assert said(response) == ["Nikolaj Fjord har sagen nu."]
    assert "Pia gav spørgsmålet til Nikolaj Fjord." in response.text
    assert titles(as_user(nikolaj).get(reverse("escalations"), {"show": "MINE"})) == [QUESTION]
    assert kinds(asked) == ["QUESTION", "TAKEN", "HANDED"]


def test_only_those_who_may_answer_are_offered(cast, asked, nikolaj):
    for person, change in (
        ("Uden adgang", {"is_active": False}),
        ("Fratrådt", {"left_on": "2020-01-01"}),
    ):
        gone = UserFactory(name=person, unit=cast.root)
        MembershipFactory(user=gone, unit=cast.root, role=Membership.Role.DIT_SUPPORT)
        User.objects.filter(pk=gone.pk).update(**change)
    elsewhere = UserFactory(name="Et andet sted", unit=cast.sof)
    MembershipFactory(user=elsewhere, unit=cast.sof, role=Membership.Role.DIT_SUPPORT)
    services.take_escalation(asked, by=cast.pia)
    assert queue.eligible_colleagues(queue.escalations_for(cast.pia).get()) == [nikolaj]
    for person in (elsewhere, cast.mette, cast.karen):
        with pytest.raises(services.NotPossible, match="kan ikke svare"):
            services.hand_over_escalation(asked, person, by=cast.pia, seen_owner=cast.pia.pk)


def test_whoever_is_not_offered_is_refused_on_the_page(cast, as_user, asked):
    response = act(as_user(cast.pia), "hand_over_escalation", asked, to=cast.karen.pk, seen="")
    assert response.status_code == 422
    assert "<title>Fejl: Eskaleringer" in " ".join(response.text.split())
    summary = response.text.index("Der er én ting at rette")
    assert summary < response.text.index('<a href="#giv_to">') < response.text.index("Det er der sket")


def test_a_colleague_takes_over_from_one_who_is_away(cast, as_user, asked, nikolaj):
    services.take_escalation(asked, by=nikolaj)
    shown = as_user(cast.pia).get(reverse("escalation", args=[asked.pk])).text
    assert "Mig selv</option>" in shown
    assert "Send sagen videre" not in shown, "it is for whoever has it to send on"
    response = act(as_user(cast.pia), "hand_over_escalation", asked, to=cast.pia.pk, seen=nikolaj.pk)
    assert said(response) == ["Du har taget sagen."]
    assert fresh(asked).owner == cast.pia


# --- To another desk ----------------------------------------------------------------------------------------------


def test_a_question_is_sent_on_with_a_word_and_goes_on_waiting(cast, as_user, asked):
    services.take_escalation(asked, by=cast.pia)
    response = act(as_user(cast.pia), "forward_escalation", asked, desk="KIT", note="Er rækken dobbelt på listen?")
    assert said(response) == ["Sagen er sendt videre til Koncern IT. De svarer på brevet."]
    sent = fresh(asked)
    assert (sent.desk, sent.owner, sent.waiting_since) == ("KIT", None, asked.waiting_since)
    assert as_user(cast.pia).get(reverse("escalation", args=[asked.pk])).status_code == 404
    assert (escalations_waiting(cast.pia).count(), escalations_waiting(cast.mette).count()) == (0, 1)
    shown = as_user(cast.mette).get(reverse("escalation", args=[asked.pk])).text
    assert "Pia sendte spørgsmålet videre til Koncern IT. »Er rækken dobbelt på listen?«" in shown
    karen = as_user(cast.karen)
    assert "Du har bedt Koncern IT om hjælp" in karen.get(reverse("letter", args=[cast.untitled.pk])).text
    services.answer_escalation(services.take_escalation(sent, cast.mette), "Ja. Send det ene.", cast.mette)
    assert "Svar fra Koncern IT" in karen.get(reverse("my_letters")).text
    letter = karen.get(reverse("letter", args=[cast.untitled.pk])).text
    assert "Pia Søndergård sendte spørgsmålet videre til Koncern IT." in letter
    assert "Er rækken dobbelt" not in letter, "what desks write to each other stays there"


def test_what_was_answered_waits_anew_where_it_is_sent(cast, asked, monday):
    services.ask_back(services.take_escalation(asked, cast.pia), "Hvilken klasse?", cast.pia)
    monday.shift(3600)
    sent = services.forward_escalation(asked, "HR", cast.pia)
    assert sent.is_with_desk
    assert sent.answered_at is None
    assert (sent.waiting_since - asked.waiting_since).seconds >= 3600


def test_personalejura_sees_a_letter_that_it_is_asked_about_until_it_has_answered(cast, as_user, asked):
    hanne, letter = as_user(cast.hanne), reverse("letter", args=[cast.untitled.pk])
    assert hanne.get(letter).status_code == 404
    services.forward_escalation(asked, "HR", cast.pia)
    assert titles(hanne.get(reverse("escalations"))) == [QUESTION]
    assert hanne.get(letter).status_code == 200
    listed = hanne.get(reverse("board", args=[cast.svalevej.pk])).context["page_obj"]
    assert {one.pk for one in listed} == {cast.untitled.pk, cast.personnel.pk}
    act(hanne, "take_escalation", asked)
    answered = answer(hanne, asked)
    assert answered.redirect_chain[-1][0] == reverse("escalations")
    assert said(answered) == ["Svaret står på brevet, og brevet er givet tilbage."]
    assert hanne.get(letter).status_code == 404


@pytest.mark.parametrize("desk_of_it", ["DIT", "HR", "KIT"])
def test_a_personnel_case_goes_to_personalejura_and_nowhere_else(cast, desk_of_it):
    secret = ask(cast.personnel, cast.karen)
    Escalation.objects.filter(pk=secret.pk).update(desk=desk_of_it)
    assert fresh(secret).forwardable_desks == ([] if desk_of_it == "HR" else ["HR"])
    for to in ("DIT", "KIT"):
        with pytest.raises(services.NotPossible):
            services.forward_escalation(secret, to, cast.hanne)
    become_personnel(cast.plain)
    assert "Send sagen videre" not in str(fresh(secret).entries.values_list("text"))


def test_personalejura_is_offered_no_desk_for_a_personnel_case(cast, as_user):
    secret = ask(cast.personnel, cast.karen)
    hanne = as_user(cast.hanne)
    assert "Send sagen videre" not in hanne.get(reverse("escalation", args=[secret.pk])).text
    assert act(hanne, "forward_escalation", secret, desk="DIT").status_code == 422
    assert fresh(secret).desk == "HR"


def test_what_became_a_personnel_case_goes_to_personalejura_from_every_desk(cast, as_user, asked):
    services.take_escalation(services.forward_escalation(asked, "KIT", cast.pia), cast.mette)
    become_personnel(cast.untitled)
    assert services.move_escalations_to_hr() == 1
    assert (fresh(asked).desk, fresh(asked).owner) == ("HR", None)
    assert "Systemet sendte spørgsmålet videre til Personalejura og Forhandling." in [
        event.text
        for event in history.letter_events(Letter.objects.visible_to(cast.hanne).get(pk=cast.untitled.pk), cast.hanne)
    ]
    assert "Systemet sendte" in as_user(cast.hanne).get(reverse("escalation", args=[asked.pk])).text


def test_the_database_knows_who_and_where(cast, asked):
    for wrong in (
        {"kind": "HANDED", "by": cast.pia},
        {"kind": "TAKEN", "by": cast.pia, "given_to": cast.pia},
        {"kind": "MOVED", "by": cast.pia},
        {"kind": "NOTE", "by": cast.pia, "text": "x", "desk": "BUF"},
        {"kind": "ANSWER", "by": cast.pia, "text": "x", "desk": "HR"},
        {"kind": "TAKEN"},
        {"kind": "ANSWER", "by": cast.pia},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            EscalationEntry.objects.create(escalation=asked, **wrong)


# --- Two at once: each pair in both orders. The first wins, the second is told, and nothing is lost ------------------

ACTS = {
    "take": lambda case, by, to: services.take_escalation(case, by),
    "answer": lambda case, by, to: services.answer_escalation(case, "Send det.", by),
    "ask back": lambda case, by, to: services.ask_back(case, "Hvilket?", by),
    "hand over": lambda case, by, to: services.hand_over_escalation(case, to, by, seen_owner=case.owner_id),
    "send on": lambda case, by, to: services.forward_escalation(case, "KIT", by),
    "release": lambda case, by, to: services.release_escalation(case, by),
}
#: (what was first, by whom, what came second, by whom) → what the second is told; None: both fit
PAIRS = [
    (None, "take", "pia", "take", "nikolaj", "Pia Søndergård har allerede taget sagen."),
    (None, "take", "pia", "send on", "nikolaj", "Pia Søndergård har sagen nu."),
    (None, "take", "pia", "hand over", "nikolaj", "Pia Søndergård har sagen nu."),
    (None, "send on", "nikolaj", "take", "pia", "Sagen er hos Koncern IT nu."),
    (None, "hand over", "nikolaj", "take", "pia", "Nikolaj Fjord har allerede taget sagen."),
    ("pia", "answer", "pia", "hand over", "nikolaj", "Sagen er allerede løst."),
    ("pia", "hand over", "nikolaj", "answer", "pia", "Nikolaj Fjord har sagen nu."),
    ("pia", "answer", "pia", "send on", "pia", "Sagen er allerede løst."),
    ("pia", "send on", "pia", "answer", "pia", "Sagen er hos Koncern IT nu."),
    ("pia", "answer", "pia", "answer", "pia", "Sagen er allerede løst."),
    ("pia", "answer", "pia", "release", "pia", "Sagen er allerede løst."),
    ("pia", "release", "pia", "answer", "pia", "Tag sagen, før du svarer."),
    ("pia", "release", "pia", "hand over", "nikolaj", "Ingen har sagen nu. Se den igennem igen."),
    ("pia", "hand over", "nikolaj", "release", "pia", "Nikolaj Fjord har sagen nu."),
    ("pia", "ask back", "pia", "hand over", "nikolaj", None),
    ("pia", "hand over", "nikolaj", "ask back", "pia", "Nikolaj Fjord har sagen nu."),
]


@pytest.mark.parametrize(("owner", "first", "one", "second", "other", "told"), PAIRS)
def test_the_second_is_told_and_nothing_is_lost(cast, asked, nikolaj, owner, first, one, second, other, told):
    people = {"pia": cast.pia, "nikolaj": nikolaj}
    if owner:
        services.take_escalation(asked, people[owner])
    seen = [fresh(asked), fresh(asked)]
    ACTS[first](seen[0], people[one], nikolaj)
    before = kinds(asked)
    if told is None:
        ACTS[second](seen[1], people[other], nikolaj)
        assert len(kinds(asked)) == len(before) + 1
    else:
        with pytest.raises(services.NotPossible) as refusal:
            ACTS[second](seen[1], people[other], nikolaj)
        assert str(refusal.value) == told
        assert kinds(asked) == before


def test_an_answer_typed_while_the_case_was_given_away_stays_on_the_page(cast, as_user, asked, nikolaj):
    services.take_escalation(asked, by=cast.pia)
    services.hand_over_escalation(asked, nikolaj, by=nikolaj, seen_owner=cast.pia.pk)
    response = answer(as_user(cast.pia), asked, "Min lange tekst")
    assert response.status_code == 409
    assert "Min lange tekst" in response.text
