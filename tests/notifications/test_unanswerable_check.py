"""The daily check: somebody present and reachable answers for every open letter, or the letter is listed."""

import re
from datetime import date

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from followups import services
from followups.models import FollowUp
from followups.models.answers import HELP, DecisionAnswers
from letters.models import Letter
from notifications import tasks
from notifications.models import Delivery, UnanswerableCheck
from notifications.models.delivery_problems import UNANSWERABLE
from notifications.models.delivery_states import State
from notifications.unanswerable_letters import (
    IS_SENDER,
    MAY_NOT_READ,
    explain_unanswerable_letters,
    unanswerable_followups,
)
from sepo_incident.accounts.models import Membership, User
from tests.absence import create_absence
from tests.factories import at
from tests.followups.decision_answers import RESENT
from tests.notices import put_in_state, write_first_notices

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]
PAGE, TODAY = reverse("nobodys"), date(2020, 1, 13)


def mark_as_left(*people: User) -> None:
    User.objects.filter(pk__in=[one.pk for one in people]).update(left_on=date(2020, 1, 1))


def unanswerable_letters(cast) -> set:
    return {(one.letter, one.owner) for one in unanswerable_followups(cast.incident, TODAY).select_related("letter")}


def test_letter_without_reachable_sender_leader_or_substitute_is_unanswerable(cast):
    assert unanswerable_letters(cast) == set()
    create_absence(cast.karen, cast.olga)
    mark_as_left(cast.jens)
    assert {letter for letter, _ in unanswerable_letters(cast)} == {cast.personnel}, "Olga may not read it"
    mark_as_left(cast.jens, cast.olga)
    karens = {cast.passed, cast.soon, cast.plain, cast.untitled, cast.personnel}
    assert unanswerable_letters(cast) == {(letter, cast.birgitte.pk) for letter in karens}
    mark_as_left(cast.ulla)
    assert unanswerable_letters(cast) - {(letter, cast.birgitte.pk) for letter in karens} == {(cast.ullas, None)}, (
        "for Koncern IT"
    )


def test_desk_and_coordinator_count_as_answering(cast):
    services.decide(cast.plain, DecisionAnswers(remedy=HELP, question="Hvad gør jeg?"), cast.karen, 0)
    services.decide(cast.untitled, RESENT, cast.karen, 0)
    services.decide(cast.ullas, RESENT, cast.ulla, 0)
    mark_as_left(cast.karen, cast.jens)
    letters = {letter for letter, _ in unanswerable_letters(cast)}
    assert not letters & {cast.plain, cast.untitled}
    assert cast.ullas in letters, "nobody is above but who sent it"


def test_check_is_recorded_once_a_day(cast, monday):
    mark_as_left(cast.ulla)
    tasks.check_unanswerable_letters()
    mark_as_left(cast.karen, cast.jens)
    tasks.check_unanswerable_letters()
    [proof] = UnanswerableCheck.objects.all()
    assert (proof.on, proof.letters, proof.nobodys) == (TODAY, 7, [cast.ullas.followup.pk])
    assert list(FollowUp.objects.filter(UNANSWERABLE)) == [cast.ullas.followup]
    monday.move_to(at(2020, 1, 14, 0, 30))
    tasks.check_unanswerable_letters()
    assert UnanswerableCheck.objects.count() == 2
    assert FollowUp.objects.filter(UNANSWERABLE).count() == 6, "the newest counts"
    with pytest.raises(IntegrityError), transaction.atomic():
        UnanswerableCheck.objects.create(incident=cast.incident, on=date(2020, 1, 15), letters=0, nobodys=[1])


def test_page_lists_letters_and_responsible_finders(cast, as_user, django_assert_max_num_queries):
    assert "Alle åbne breve har en, der kan svare" in as_user(cast.mette).get(PAGE).text
    mark_as_left(cast.karen, cast.jens, cast.ulla)
    tasks.check_unanswerable_letters()
    kit = as_user(cast.mette)
    with django_assert_max_num_queries(13):
        text = kit.get(PAGE).text
    assert "6 breve har ingen, der kan svare." in text
    assert "Er fratrådt" in text
    assert {"Birgitte Holm", "Koncern IT"} <= {
        part.split("<")[0].strip() for part in text.split('data-label="Næste skridt:">')
    }
    assert "7 åbne breve i hele kommunen, 6 uden nogen" in text
    assert cast.personnel.subject not in text
    theirs = as_user(cast.birgitte).get(PAGE).text
    named = re.findall(r'href="(/overdrag/\d+/)"', theirs)
    assert named
    assert {as_user(cast.birgitte).get(link).status_code for link in named} == {200}
    assert theirs.count("Vælg en stedfortræder</a>") == 5, "on each row"
    assert "/overdrag/" not in text, "whoever does not lead them cannot name a substitute"
    assert "5 breve har ingen, der kan svare." in theirs
    assert "i hele kommunen" not in theirs
    assert cast.ullas.subject not in theirs
    assert "Ingen kan svare <b>5" in " ".join(theirs.split())


def test_each_letter_has_a_reason(cast, as_user):
    """Also where the list names no leader, where the leader is the sender, and where the viewer may not read the
    letter.
    """
    services.decide(cast.ullas, RESENT, cast.ulla, 0)
    Letter.objects.filter(pk=cast.ullas.pk).update(leader=cast.ulla)
    create_absence(cast.karen, cast.olga)
    Letter.objects.filter(pk__in=[cast.plain.pk, cast.personnel.pk]).update(leader=None, leader_name="Mads Holm")
    mark_as_left(cast.ulla, cast.birgitte)
    letters = list(Letter.objects.filter(pk__in=[cast.ullas.pk, cast.personnel.pk]).select_related("followup"))
    rows = explain_unanswerable_letters(letters, dict.fromkeys([one.pk for one in letters]))
    told = {row.letter: (row.missing, row.sender_reason, row.leader_reason) for row in rows}
    assert told == {
        cast.ullas: ("Skal bekræftes", "Er fratrådt", IS_SENDER[True]),
        cast.personnel: ("Skal besluttes eller sendes", MAY_NOT_READ, "Er uden e-mail på listen"),
    }
    text = as_user(cast.mette).get(PAGE).text
    assert "Skal bekræftes" in text
    assert IS_SENDER[True] in text


def test_letter_that_a_leader_or_another_may_confirm_is_not_listed(cast, as_user):
    """The letter's page names who acts next. No mail reaches Jens, and he may sign in and confirm."""
    Membership.objects.filter(role=Membership.Role.COORDINATOR).delete()
    for letter in (cast.plain, cast.personnel):
        services.decide(letter, RESENT, cast.karen, 0)
    write_first_notices(cast.incident)
    put_in_state(Delivery.objects.filter(recipient=cast.jens).first(), State.RETURNED)
    assert unanswerable_letters(cast) == set()
    Letter.objects.filter(pk=cast.personnel.pk).update(leader=cast.karen)
    assert unanswerable_letters(cast) == set(), "Personalejura confirms"
    Letter.objects.filter(pk=cast.plain.pk).update(leader=None)
    assert unanswerable_letters(cast) == set(), "another in charge of the unit confirms"
    Membership.objects.filter(role=Membership.Role.HR).delete()
    mark_as_left(cast.jens)
    assert {letter for letter, _ in unanswerable_letters(cast)} >= {cast.plain, cast.personnel}
    page = as_user(cast.mette).get(PAGE).text
    assert "Må ikke svare" not in page
    assert f'<a href="{reverse("unassigned")}">Find en ansvarlig</a>' in page
