"""Many decisions in one act: the rules of one, the same history, and the statements of a few."""

from collections import Counter
from dataclasses import replace
from datetime import date

import pytest

from followups import services
from followups.models import BulkDecision, Consequence, Decision, FollowUp
from followups.models.answers import HELP, DecisionAnswers
from letters.models import Letter
from sepo_incident.audit.models import Statement
from tests.factories import at
from tests.followups.crowd import gather
from tests.followups.test_services import HARMED, NEW_LATER, NOT_AGAIN, SENT_AGAIN, standing

pytestmark = pytest.mark.usefixtures("monday")
Asked, Way = services.RequestedDecision, BulkDecision.Way


def fetched(*letters):
    whole = Letter.objects.select_related("followup", "unit", "sender", "leader")
    return list(whole.filter(pk__in=[letter.pk for letter in letters]).order_by("pk"))


def asked(letters, answers=SENT_AGAIN):
    """One decision about all, each as it is now."""
    return {letter: Asked(letter.followup.version, answers) for letter in fetched(*letters)}


def reasons(left):
    return {letter.pk: why for letter, why in left}


def test_each_letter_gets_its_own_answers_as_one_by_one(cast):
    each = {cast.plain: HARMED, cast.soon: NEW_LATER, cast.untitled: NOT_AGAIN, cast.personnel: SENT_AGAIN}
    outcome = services.decide_many(
        {letter: Asked(0, answers) for letter, answers in each.items()}, cast.karen, Way.WORKBOOK
    )
    assert (outcome.done, outcome.skipped) == (4, [])
    many = {letter: state(letter) for letter in each}
    for letter, answers in each.items():
        assert letter.followup.decisions.get().together == outcome.bulk
        services.undo_decision(letter, cast.karen, 1)
        services.decide(letter, answers, cast.karen, 2)
        assert state(letter) == many[letter]


def state(letter):
    """What stands of the letter, but for the moments and the version."""
    moments = ("version", "decided_at", "done_at", "handled_at")
    followup = FollowUp.objects.filter(letter=letter).values().get()
    harm = Consequence.objects.filter(followup__letter=letter).order_by("party")
    decision = Decision.objects.filter(followup__letter=letter, kind="DECIDED").order_by("-version")
    return (
        {name: value for name, value in followup.items() if name not in moments},
        [name for name in moments if followup[name] is None],
        list(harm.values("party", "severity", "text", "amount")),
        decision.values("kind", "answers", "by", "on_behalf_of").first(),
    )


def test_a_leader_decides_on_behalf_of_each_sender(cast):
    services.decide_many(asked([cast.plain, cast.annes]), cast.birgitte, Way.PAGE)
    written = Decision.objects.order_by("followup__letter").values_list("followup__letter", "by", "on_behalf_of")
    assert list(written) == [
        (cast.plain.pk, cast.birgitte.pk, cast.karen.pk),
        (cast.annes.pk, cast.birgitte.pk, cast.anne.pk),
    ]


def test_what_wants_a_look_of_its_own_or_is_not_ones_own_is_left_alone_and_the_preview_says_the_same(cast):
    services.decide(cast.soon, NOT_AGAIN, cast.karen, 0)
    FollowUp.objects.filter(letter=cast.passed).update(due_on=date(2020, 1, 6))
    Letter.objects.filter(pk=cast.untitled.pk).update(withdrawn_at=at(2020, 1, 12))
    unopened = Letter.objects.get(pk=cast.ullas.pk)
    unopened.followup.delete()
    everything = asked([cast.plain, cast.passed, cast.soon, cast.untitled, cast.personnel, cast.annes])
    everything[fetched(cast.ullas)[0]] = Asked(0, SENT_AGAIN)
    expected = {
        cast.passed.pk: "Brevets egen dato er passeret, og det siger beslutningen ikke. "
        "Beslut om brevet på dets egen side.",
        cast.soon.pk: "Brevet har allerede en beslutning.",
        cast.untitled.pk: "Brevet er trukket tilbage, så der er ikke mere at gøre ved det.",
        cast.personnel.pk: "Det er en personalesag. Beslut om brevet på dets egen side.",
        cast.annes.pk: "Kun afsenderen og lederen kan beslutte, hvad der skal ske med brevet.",
        cast.ullas.pk: "Opfølgningen er ikke åbnet endnu.",
    }
    told = services.preview_decisions(everything, cast.karen, Way.PAGE)
    assert reasons(told.left) == expected
    assert [followup.letter for followup in told.eligible] == [cast.plain]
    outcome = services.decide_many(everything, cast.karen, Way.PAGE)
    assert (outcome.done, reasons(outcome.skipped)) == (1, expected)
    assert Decision.objects.count() == 2
    states = Counter(outcome.bulk.letters.values_list("state", flat=True))
    assert states == {"DECIDED": 1, "LEFT": 6}


def test_a_date_that_passed_is_one_that_the_decision_can_name(cast):
    FollowUp.objects.filter(letter=cast.passed).update(due_on=date(2020, 1, 6))
    named = replace(SENT_AGAIN, deadline_missed=True, missed_on=date(2020, 1, 6))
    assert services.decide_many(asked([cast.passed], named), cast.karen, Way.PAGE).done == 1


def test_what_was_seen_before_somebody_else_saved_is_left_as_that_person_has_it(cast):
    both = asked([cast.plain, cast.soon])
    services.decide(cast.soon, NOT_AGAIN, cast.jens, 0)
    outcome = services.decide_many(both, cast.karen, Way.WORKBOOK)
    assert reasons(outcome.skipped) == {cast.soon.pk: "Beslutningen er ændret, siden du så den."}
    assert (standing(cast.soon).remedy, standing(cast.plain).remedy) == ("NO_DISPATCH", "RESEND")


def test_a_workbook_changes_a_decision_but_none_that_is_confirmed(cast):
    for letter in (cast.plain, cast.soon):
        services.decide(letter, NOT_AGAIN, cast.karen, 0)
    services.confirm_letter(cast.soon, cast.jens, 1)
    outcome = services.decide_many(asked([cast.plain, cast.soon]), cast.karen, Way.WORKBOOK)
    assert outcome.done == 1
    assert "Lederen har allerede bekræftet" in reasons(outcome.skipped)[cast.soon.pk]
    assert standing(cast.plain).remedy == "RESEND"


def test_help_is_asked_for_one_by_one():
    with pytest.raises(ValueError, match="one letter at a time"):
        Asked(0, DecisionAnswers(remedy=HELP, question="Hvad nu?"))


def test_it_takes_as_many_statements_for_two_hundred_as_for_twenty_and_they_are_one_link(
    cast, django_assert_max_num_queries, django_assert_num_queries
):
    gather(cast.incident, cast.area, units=4, letters=1400)
    opened = list(Letter.objects.filter(followup__status="OPEN", is_personnel_case=False, subject__startswith="Brev"))
    few, many = asked(opened[:20], HARMED), asked(opened[20:220], HARMED)
    services.preview_decisions(few, cast.birgitte, Way.WORKBOOK)  # her roles are asked for once
    with django_assert_max_num_queries(15) as first:
        services.decide_many(few, cast.birgitte, Way.WORKBOOK)
    before = Statement.objects.count()
    with django_assert_num_queries(len(first)):
        outcome = services.decide_many(many, cast.birgitte, Way.WORKBOOK)
    assert outcome.done == 200
    assert Statement.objects.count() == before + 1
