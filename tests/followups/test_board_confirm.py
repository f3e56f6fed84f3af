"""The leader confirms, one or many, and nothing but what is hers."""

import pytest
from django.urls import reverse

from followups import duties, services
from followups.models import FollowUp
from letters.models import Letter
from tests.factories import FollowUpFactory, LetterFactory
from tests.followups.test_services import NOT_AGAIN, SENT_AGAIN

pytestmark = pytest.mark.usefixtures("monday")


def send(letter, by):
    if not hasattr(letter, "followup"):
        FollowUpFactory(letter=letter)
    services.decide(letter, SENT_AGAIN, by, 0)


def confirm(client, unit, query="", **posted):
    return client.post(reverse("confirm_many", args=[unit.pk]) + query, posted, follow=True)


def seen(letter):
    """What the letter's check box says: the letter, and the version of its decision."""
    return f"{letter.pk}:{FollowUp.objects.get(letter=letter).version}"


def status_of(letter):
    return FollowUp.objects.get(letter=letter).status


def said(response):
    return [str(message) for message in response.context["messages"]]


@pytest.fixture
def sent(cast):
    for letter in (cast.passed, cast.soon, cast.untitled):
        send(letter, cast.karen)
    return [cast.passed, cast.soon, cast.untitled]


def test_the_chosen_letters(cast, as_user, sent):
    response = confirm(as_user(cast.jens), cast.svalevej, valgt=[seen(cast.passed), seen(cast.soon)])
    assert said(response) == ["Du har bekræftet 2 breve."]
    assert [status_of(letter) for letter in sent] == ["CONFIRMED", "CONFIRMED", "DONE"]


def test_all_is_all_that_wait_and_says_nothing_of_the_rest(cast, as_user, sent):
    assert said(confirm(as_user(cast.jens), cast.svalevej, alle="3")) == ["Du har bekræftet 3 breve."]
    assert status_of(cast.plain) == "OPEN"


def test_a_decision_nobody_has_read_is_left_alone(cast, as_user, sent):
    posted = [seen(cast.passed), seen(cast.soon)]
    services.decide(cast.soon, NOT_AGAIN, cast.karen, version=1)
    assert said(confirm(as_user(cast.jens), cast.svalevej, valgt=posted)) == [
        "Du har bekræftet 1 brev.",
        "1 brev blev ikke bekræftet. »Indkaldelse til møde den 15. januar«: Beslutningen er ændret, siden du så den.",
    ]
    assert [status_of(letter) for letter in sent] == ["CONFIRMED", "DONE", "DONE"]


def test_a_box_without_a_version_is_not_from_the_page(cast, as_user, sent):
    response = confirm(as_user(cast.jens), cast.svalevej, valgt=[str(cast.passed.pk), "x:1", f"{cast.passed.pk}:"])
    assert said(response) == ["Vælg de breve, du vil bekræfte."]
    assert status_of(cast.passed) == "DONE"


@pytest.mark.parametrize("promised", ["2", "4", "x"])
def test_all_is_refused_when_the_number_has_changed(cast, as_user, sent, promised):
    assert said(confirm(as_user(cast.jens), cast.svalevej, alle=promised)) == [
        "Listen er ændret, siden du så den: Nu venter 3 breve på dig. Der er ikke bekræftet noget. Se listen igennem."
    ]
    assert [status_of(letter) for letter in sent] == ["DONE", "DONE", "DONE"]


def test_all_of_the_filter_and_no_more(cast, as_user, sent):
    response = confirm(as_user(cast.jens), cast.svalevej, "?words=møde", alle="1")
    assert said(response) == ["Du har bekræftet 1 brev."]
    assert [status_of(letter) for letter in sent] == ["DONE", "CONFIRMED", "DONE"]
    assert response.redirect_chain[-1][0] == f"/enhed/{cast.svalevej.pk}/?words=m%C3%B8de#breve"


@pytest.mark.parametrize("query", ["?status=HVAD", "?sender=karen", "?remedy=RESEND&own=2"])
def test_all_of_a_filter_that_makes_no_sense_is_nothing(cast, as_user, sent, query):
    (sentence,) = said(confirm(as_user(cast.jens), cast.svalevej, query, alle="3"))
    assert "Der er ikke bekræftet noget" in sentence
    assert [status_of(letter) for letter in sent] == ["DONE", "DONE", "DONE"]


def test_the_buttons_say_the_number(cast, as_user, sent):
    shown = as_user(cast.jens).get(reverse("board", args=[cast.svalevej.pk]))
    assert "Bekræft alle 3" in shown.text
    assert '<button class="button button-secondary" type="submit" name="alle" value="3">' in shown.text
    assert shown.text.count('name="valgt"') == 3
    assert f'name="valgt" value="{cast.passed.pk}:1"' in shown.text
    assert 'name="valgt"' not in as_user(cast.sofie).get(reverse("board", args=[cast.svalevej.pk])).text


def test_a_letter_that_is_not_sent_is_left_alone_with_the_reason(cast, as_user, sent):
    response = confirm(as_user(cast.jens), cast.svalevej, valgt=[seen(cast.passed), seen(cast.plain)])
    assert said(response) == [
        "Du har bekræftet 1 brev.",
        "1 brev blev ikke bekræftet. »Pjece: Velkommen i 0. klasse«: Brevet mangler en beslutning.",
    ]


def test_letters_from_elsewhere_are_ignored(cast, as_user):
    send(cast.annes, cast.anne)
    response = confirm(as_user(cast.jens), cast.svalevej, valgt=[seen(cast.annes), f"{10**17}:1"])
    assert said(response) == ["2 breve hører ikke til her og er ikke rørt."]
    assert status_of(cast.annes) == "DONE"


def test_a_reader_confirms_nothing(cast, as_user, sent):
    for posted in ({"valgt": [seen(cast.passed)]}, {"alle": "0"}):
        assert confirm(as_user(cast.sofie), cast.svalevej, **posted).status_code == 403
    assert status_of(cast.passed) == "DONE"


def test_the_leader_of_one_letter_confirms_it_without_a_role(cast, as_user, sent):
    """Sofie reads the whole administration, and leads this one letter."""
    Letter.objects.filter(pk=cast.soon.pk).update(leader=cast.sofie)
    response = confirm(as_user(cast.sofie), cast.svalevej, valgt=[seen(cast.soon), seen(cast.passed)])
    assert said(response)[0] == "Du har bekræftet 1 brev."
    assert [status_of(letter) for letter in sent] == ["DONE", "CONFIRMED", "DONE"]


def test_nobody_confirms_their_own(cast, as_user):
    Letter.objects.filter(pk=cast.plain.pk).update(sender=cast.jens)
    cast.plain.refresh_from_db()
    send(cast.plain, cast.jens)
    response = confirm(as_user(cast.jens), cast.svalevej, valgt=[seen(cast.plain)])
    assert "Du har selv sendt brevet" in said(response)[0]
    assert status_of(cast.plain) == "DONE"


def test_a_hidden_subject_is_hidden_in_the_message_too(cast, as_user):
    response = confirm(as_user(cast.birgitte), cast.svalevej, valgt=[seen(cast.personnel)])
    assert said(response) == [
        "1 brev blev ikke bekræftet. »Personalesag (emne skjult)«: "
        "Det er en personalesag. Kun brevets egen leder kan bekræfte den."
    ]


def test_who_may_not_read_a_personnel_case_does_not_confirm_it(cast, as_user):
    """Birgitte coordinates the whole administration; Jens is the letter's own leader."""
    send(cast.personnel, cast.karen)
    board = reverse("board", args=[cast.svalevej.pk])
    birgitte = as_user(cast.birgitte)
    assert 'name="valgt"' not in birgitte.get(board).text
    confirm(birgitte, cast.svalevej, valgt=[seen(cast.personnel)])
    assert birgitte.post(reverse("confirm_letter", args=[cast.personnel.pk]), {"version": "1"}).status_code == 403
    with pytest.raises(services.NotPossible):
        services.confirm_one(cast.personnel, cast.birgitte, 1)
    assert status_of(cast.personnel) == "DONE"
    assert said(confirm(as_user(cast.jens), cast.svalevej, alle="1")) == ["Du har bekræftet 1 brev."]
    assert status_of(cast.personnel) == "CONFIRMED"


def test_nothing_chosen(cast, as_user, sent):
    assert said(confirm(as_user(cast.jens), cast.svalevej)) == ["Vælg de breve, du vil bekræfte."]


def test_another_unit_is_not_found(cast, as_user):
    assert confirm(as_user(cast.jens), cast.laerkepark, alle="1").status_code == 404


@pytest.mark.parametrize("person", ["jens", "torben", "birgitte", "karen", "sofie", "mette", "hanne"])
def test_the_condition_agrees_with_the_question(cast, sent, person):
    send(cast.annes, cast.anne)
    send(cast.personnel, cast.karen)
    send(LetterFactory(incident=cast.incident, sender=cast.jens, leader=cast.jens), cast.jens)
    user = getattr(cast, person)
    letters = Letter.objects.visible_to(user).filter(followup__status="DONE").select_related("unit")
    by_question = {letter.pk for letter in letters if duties.may_confirm(user, letter)}
    assert set(letters.filter(duties.confirmable_by(user)).values_list("pk", flat=True)) == by_question
