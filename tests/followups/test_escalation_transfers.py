"""Transfers of a question: to a colleague, to another desk, to Personalejura; and concurrent transfers."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from followups import services
from followups.desk import queue
from followups.letter import history
from followups.models import Escalation, EscalationEntry
from letters.models import Letter
from sepo_incident.accounts.models import Membership, User
from tests.factories import MembershipFactory, UserFactory
from tests.followups.escalation_helpers import (
    QUESTION,
    ask_for_help,
    entry_kinds,
    post_act,
    post_answer,
    queue_titles,
)
from tests.followups.responses import message_texts

pytestmark = pytest.mark.usefixtures("monday")


def reload_escalation(escalation):
    return Escalation.objects.select_related("owner").get(pk=escalation.pk)


def mark_as_personnel_case(letter):
    Letter.objects.filter(pk=letter.pk).update(is_personnel_case=True)


# --- To a colleague -----------------------------------------------------------------------------------------------


def test_case_is_handed_to_a_colleague(cast, as_user, open_question, nikolaj):
    services.take_escalation(open_question, by=cast.pia)
    response = post_act(as_user(cast.pia), "hand_over_escalation", open_question, to=nikolaj.pk, seen=cast.pia.pk)
    assert message_texts(response) == ["Nikolaj Fjord har henvendelsen nu."]
    assert "Pia gav henvendelsen til Nikolaj Fjord." in response.text
    assert queue_titles(as_user(nikolaj).get(reverse("escalations"), {"show": "MINE"})) == [QUESTION]
    assert entry_kinds(open_question) == ["QUESTION", "TAKEN", "HANDED"]


def test_only_people_who_may_answer_are_offered(cast, open_question, nikolaj):
    for person, change in (("Uden adgang", {"is_active": False}), ("Fratrådt", {"left_on": "2020-01-01"})):
        gone = UserFactory(name=person, unit=cast.root)
        MembershipFactory(user=gone, unit=cast.root, role=Membership.Role.DIT_SUPPORT)
        User.objects.filter(pk=gone.pk).update(**change)
    elsewhere = UserFactory(name="Et andet sted", unit=cast.sof)
    MembershipFactory(user=elsewhere, unit=cast.sof, role=Membership.Role.DIT_SUPPORT)
    services.take_escalation(open_question, by=cast.pia)
    assert queue.eligible_colleagues(queue.get_escalation_or_404(cast.pia, open_question.pk)) == [nikolaj]
    for person in (elsewhere, cast.mette, cast.karen):
        with pytest.raises(services.NotPossible, match="kan ikke svare"):
            services.hand_over_escalation(open_question, person, by=cast.pia, seen_owner=cast.pia.pk)


def test_handing_to_a_person_without_the_role_is_refused(cast, as_user, open_question):
    response = post_act(as_user(cast.pia), "hand_over_escalation", open_question, to=cast.karen.pk, seen="")
    assert response.status_code == 422
    assert "<title>Fejl: Henvendelse" in " ".join(response.text.split())
    summary = response.text.index("Der er én ting at rette")
    assert summary < response.text.index('<a href="#giv_to">') < response.text.index("<h3>Historik")


def test_colleague_takes_over_a_case(cast, as_user, open_question, nikolaj):
    services.take_escalation(open_question, by=nikolaj)
    shown = as_user(cast.pia).get(reverse("escalation", args=[open_question.pk])).text
    assert "Mig selv</option>" in shown
    assert "Send henvendelsen videre" not in shown, "it is for whoever has it to send on"
    response = post_act(as_user(cast.pia), "hand_over_escalation", open_question, to=cast.pia.pk, seen=nikolaj.pk)
    assert message_texts(response) == ["Du har taget henvendelsen."]
    assert reload_escalation(open_question).owner == cast.pia


# --- To another desk ----------------------------------------------------------------------------------------------


def test_question_is_forwarded_with_a_note_and_keeps_waiting(cast, as_user, open_question):
    services.take_escalation(open_question, by=cast.pia)
    response = post_act(
        as_user(cast.pia), "forward_escalation", open_question, desk="KIT", note="Er rækken dobbelt på listen?"
    )
    assert message_texts(response) == ["Henvendelsen er sendt videre til Koncern IT. Nu svarer de."]
    sent = reload_escalation(open_question)
    assert (sent.desk, sent.owner, sent.waiting_since) == ("KIT", None, open_question.waiting_since)
    assert as_user(cast.pia).get(reverse("escalation", args=[open_question.pk])).status_code == 404
    assert (
        Escalation.objects.visible_to(cast.pia).waiting().count(),
        Escalation.objects.visible_to(cast.mette).waiting().count(),
    ) == (0, 1)
    shown = as_user(cast.mette).get(reverse("escalation", args=[open_question.pk])).text
    assert "Pia sendte henvendelsen videre til Koncern IT. »Er rækken dobbelt på listen?«" in shown
    karen = as_user(cast.karen)
    assert "Dit spørgsmål til Koncern IT" in karen.get(reverse("letter", args=[cast.untitled.pk])).text
    services.answer_escalation(services.take_escalation(sent, cast.mette), "Ja. Send det ene.", cast.mette)
    assert "Svar fra Koncern IT" in karen.get(reverse("my_letters")).text
    letter = karen.get(reverse("letter", args=[cast.untitled.pk])).text
    assert "Pia Søndergård sendte henvendelsen videre til Koncern IT." in letter
    assert "Er rækken dobbelt" not in letter, "what desks write to each other stays there"


def test_forwarded_question_waits_for_the_new_desk(cast, open_question, monday):
    services.ask_back(services.take_escalation(open_question, cast.pia), "Hvilken klasse?", cast.pia)
    monday.shift(3600)
    sent = services.forward_escalation(open_question, "HR", cast.pia)
    assert sent.is_with_desk
    assert sent.answered_at is None
    assert (sent.waiting_since - open_question.waiting_since).seconds >= 3600


def test_personalejura_sees_the_letter_while_its_question_is_open(cast, as_user, open_question):
    hanne, letter = as_user(cast.hanne), reverse("letter", args=[cast.untitled.pk])
    assert hanne.get(letter).status_code == 404
    services.forward_escalation(open_question, "HR", cast.pia)
    assert queue_titles(hanne.get(reverse("escalations"))) == [QUESTION]
    assert hanne.get(letter).status_code == 200
    listed = hanne.get(reverse("board", args=[cast.svalevej.pk])).context["page_obj"]
    assert {one.pk for one in listed} == {cast.untitled.pk, cast.personnel.pk}
    post_act(hanne, "take_escalation", open_question)
    answered = post_answer(hanne, open_question)
    assert answered.redirect_chain[-1][0] == reverse("escalations")
    assert message_texts(answered) == ["Svaret er sendt, og henvendelsen er lukket."]
    assert hanne.get(letter).status_code == 404


@pytest.mark.parametrize("desk_of_it", ["DIT", "HR", "KIT"])
def test_personnel_case_is_forwarded_to_personalejura_only(cast, desk_of_it):
    secret = ask_for_help(cast.personnel, cast.karen)
    Escalation.objects.filter(pk=secret.pk).update(desk=desk_of_it)
    assert reload_escalation(secret).forwardable_desks == ([] if desk_of_it == "HR" else ["HR"])
    for to in ("DIT", "KIT"):
        with pytest.raises(services.NotPossible):
            services.forward_escalation(secret, to, cast.hanne)


def test_new_personnel_case_moves_to_personalejura_from_every_desk(cast, as_user, open_question):
    services.take_escalation(services.forward_escalation(open_question, "KIT", cast.pia), cast.mette)
    mark_as_personnel_case(cast.untitled)
    assert services.move_escalations_to_hr() == 1
    assert (reload_escalation(open_question).desk, reload_escalation(open_question).owner) == ("HR", None)
    assert "Systemet sendte henvendelsen videre til Personalejura og Forhandling." in [
        event.text
        for event in history.letter_events(Letter.objects.visible_to(cast.hanne).get(pk=cast.untitled.pk), cast.hanne)
    ]
    assert "Systemet sendte" in as_user(cast.hanne).get(reverse("escalation", args=[open_question.pk])).text


def test_database_refuses_incomplete_entries(cast, open_question):
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
            EscalationEntry.objects.create(escalation=open_question, **wrong)


# --- Two at once: each pair in both orders. The first wins, the second is told, and nothing is lost ------------------

ACTS = {
    "take": lambda case, by, to: services.take_escalation(case, by),
    "answer": lambda case, by, to: services.answer_escalation(case, "Send det.", by),
    "ask back": lambda case, by, to: services.ask_back(case, "Hvilket?", by),
    "hand over": lambda case, by, to: services.hand_over_escalation(case, to, by, seen_owner=case.owner_id),
    "send on": lambda case, by, to: services.forward_escalation(case, "KIT", by),
    "release": lambda case, by, to: services.release_escalation(case, by),
}
#: (first act, by whom, second act, by whom) → message to the second person; None: both acts are possible
PAIRS = [
    (None, "take", "pia", "take", "nikolaj", "Pia Søndergård har allerede taget henvendelsen."),
    (None, "take", "pia", "hand over", "nikolaj", "Pia Søndergård har henvendelsen nu."),
    (None, "send on", "nikolaj", "take", "pia", "Henvendelsen er hos Koncern IT nu."),
    (None, "hand over", "nikolaj", "take", "pia", "Nikolaj Fjord har allerede taget henvendelsen."),
    ("pia", "answer", "pia", "hand over", "nikolaj", "Henvendelsen er allerede lukket."),
    ("pia", "hand over", "nikolaj", "answer", "pia", "Nikolaj Fjord har henvendelsen nu."),
    ("pia", "send on", "pia", "answer", "pia", "Henvendelsen er hos Koncern IT nu."),
    ("pia", "answer", "pia", "release", "pia", "Henvendelsen er allerede lukket."),
    ("pia", "release", "pia", "answer", "pia", "Tag henvendelsen, før du svarer."),
    ("pia", "release", "pia", "hand over", "nikolaj", "Ingen har henvendelsen nu. Se den igennem igen."),
    ("pia", "ask back", "pia", "hand over", "nikolaj", None),
]


@pytest.mark.parametrize(("owner", "first", "one", "second", "other", "told"), PAIRS)
def test_second_transfer_conflicts_and_loses_nothing(
    cast, open_question, nikolaj, owner, first, one, second, other, told
):
    people = {"pia": cast.pia, "nikolaj": nikolaj}
    if owner:
        services.take_escalation(open_question, people[owner])
    seen = [reload_escalation(open_question), reload_escalation(open_question)]
    ACTS[first](seen[0], people[one], nikolaj)
    before = entry_kinds(open_question)
    if told is None:
        ACTS[second](seen[1], people[other], nikolaj)
        assert len(entry_kinds(open_question)) == len(before) + 1
    else:
        with pytest.raises(services.NotPossible) as refusal:
            ACTS[second](seen[1], people[other], nikolaj)
        assert str(refusal.value) == told
        assert entry_kinds(open_question) == before
