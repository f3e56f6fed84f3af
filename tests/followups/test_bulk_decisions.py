"""Bulk decisions: the rules and the history of single decisions, with a constant number of statements."""

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
from tests.followups.decision_answers import (
    HARM_HANDLED,
    NEW_LETTER_UNSENT,
    NO_DISPATCH,
    RESENT,
    bulk_result,
    followup_of,
)
from tests.followups.many_letters import create_many_letters

pytestmark = pytest.mark.usefixtures("monday")
Asked, Way = services.RequestedDecision, BulkDecision.Way


def reload_letters(*letters):
    whole = Letter.objects.select_related("followup", "unit", "sender", "leader")
    return list(whole.filter(pk__in=[letter.pk for letter in letters]).order_by("pk"))


def same_decision(letters, answers=RESENT):
    """Return the same decision about all letters, each at its current version."""
    return {letter: Asked(letter.followup.version, answers) for letter in reload_letters(*letters)}


def test_bulk_decision_equals_single_decisions(cast):
    each = {cast.plain: HARM_HANDLED, cast.soon: NEW_LETTER_UNSENT, cast.untitled: NO_DISPATCH, cast.personnel: RESENT}
    bulk = services.start_bulk_decision(
        {letter: Asked(0, answers) for letter, answers in each.items()}, cast.karen, Way.WORKBOOK
    )
    assert bulk_result(bulk) == (4, {})
    many = {letter: followup_state(letter) for letter in each}
    for letter, answers in each.items():
        assert letter.followup.decisions.get().bulk_decision == bulk
        services.undo_decision(letter, cast.karen, 1)
        services.decide(letter, answers, cast.karen, 2)
        assert followup_state(letter) == many[letter]


def followup_state(letter):
    """Return the follow-up's fields without times and version."""
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


def test_preview_and_decision_skip_the_same_letters(cast):
    services.decide(cast.soon, NO_DISPATCH, cast.karen, 0)
    FollowUp.objects.filter(letter=cast.passed).update(due_on=date(2020, 1, 6))
    Letter.objects.filter(pk=cast.untitled.pk).update(withdrawn_at=at(2020, 1, 12))
    unopened = Letter.objects.get(pk=cast.ullas.pk)
    unopened.followup.delete()
    everything = same_decision([cast.plain, cast.passed, cast.soon, cast.untitled, cast.personnel, cast.annes])
    everything[reload_letters(cast.ullas)[0]] = Asked(0, RESENT)
    expected = {
        cast.passed.pk: "Brevets dato er passeret. Beslut på brevets egen side.",
        cast.soon.pk: "Brevet har allerede en beslutning.",
        cast.untitled.pk: "Brevet er trukket tilbage. Du skal ikke gøre mere.",
        cast.personnel.pk: "Det er en personalesag. Beslut på brevets egen side.",
        cast.annes.pk: "Kun afsenderen og lederen kan beslutte, hvad der skal ske med brevet.",
        cast.ullas.pk: "Opfølgningen er ikke åbnet endnu.",
    }
    told = services.preview_decisions(everything, cast.karen, Way.PAGE)
    assert {letter.pk: why for letter, why in told.skipped} == expected
    assert [followup.letter for followup in told.eligible] == [cast.plain]
    bulk = services.start_bulk_decision(everything, cast.karen, Way.PAGE)
    assert bulk_result(bulk) == (1, expected)
    assert Decision.objects.count() == 2
    states = Counter(bulk.letters.values_list("state", flat=True))
    assert states == {"DECIDED": 1, "SKIPPED": 6}


def test_decision_may_name_a_passed_date(cast):
    FollowUp.objects.filter(letter=cast.passed).update(due_on=date(2020, 1, 6))
    named = replace(RESENT, deadline_missed=True, missed_on=date(2020, 1, 6))
    bulk = services.start_bulk_decision(same_decision([cast.passed], named), cast.karen, Way.PAGE)
    assert bulk_result(bulk) == (1, {})


def test_workbook_changes_unconfirmed_decisions_only(cast):
    for letter in (cast.plain, cast.soon):
        services.decide(letter, NO_DISPATCH, cast.karen, 0)
    services.confirm_letter(cast.soon, cast.jens, 1)
    bulk = services.start_bulk_decision(same_decision([cast.plain, cast.soon]), cast.karen, Way.WORKBOOK)
    decided_count, skipped = bulk_result(bulk)
    assert decided_count == 1
    assert "Lederen har allerede bekræftet" in skipped[cast.soon.pk]
    assert followup_of(cast.plain).remedy == "RESEND"


def test_help_is_not_requested_in_bulk():
    with pytest.raises(ValueError, match="one letter at a time"):
        Asked(0, DecisionAnswers(remedy=HELP, question="Hvad nu?"))


def test_bulk_decision_statements_do_not_grow_and_form_one_chain_link(
    cast, django_assert_max_num_queries, django_assert_num_queries
):
    create_many_letters(cast.incident, cast.area, units=4, letters=500)
    opened = list(Letter.objects.filter(followup__status="OPEN", is_personnel_case=False, subject__startswith="Brev"))
    few, many = same_decision(opened[:10], HARM_HANDLED), same_decision(opened[10:70], HARM_HANDLED)
    services.preview_decisions(few, cast.birgitte, Way.WORKBOOK)  # her roles are fetched once
    with django_assert_max_num_queries(17) as first:
        services.start_bulk_decision(few, cast.birgitte, Way.WORKBOOK)
    before = Statement.objects.count()
    with django_assert_num_queries(len(first)):
        bulk = services.start_bulk_decision(many, cast.birgitte, Way.WORKBOOK)
    assert bulk_result(bulk) == (60, {})
    assert Statement.objects.count() == before + 1
