"""The services of a follow-up: changes, refusals, and a history that cannot be bypassed."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, InternalError, transaction

from followups import services
from followups.letter import history
from followups.letter.letter_page import earlier_answers
from followups.models import Consequence, Decision, Escalation, FollowUp
from followups.models.answers import HELP, DecisionAnswers
from followups.rules import rights
from letters.models import Incident, Letter
from sepo_incident.core.database import Conflict
from tests.factories import IncidentFactory, LetterFactory, at
from tests.followups.decision_answers import (
    HARM_HANDLED,
    NEW_LETTER_SENT,
    NEW_LETTER_UNSENT,
    RESENT,
    RESENT_WITH_NEW_DATE,
    decision_kinds,
    followup_of,
)

Status, Kind = FollowUp.Status, Decision.Kind


@pytest.mark.parametrize(
    ("answers", "status"),
    [
        (RESENT, Status.DONE),
        (NEW_LETTER_UNSENT, Status.DECIDED),
        (HARM_HANDLED, Status.DONE),
    ],
)
def test_decision_is_stored_on_the_follow_up_and_in_the_history(cast, answers, status):
    services.decide(cast.plain, answers, cast.karen, version=0)
    followup = followup_of(cast.plain)
    assert (followup.status, followup.remedy, followup.decided_by, followup.version) == (
        status,
        answers.remedy,
        cast.karen,
        1,
    )
    assert (followup.done_at is not None) is (status == Status.DONE)
    decision = followup.decisions.get()
    assert DecisionAnswers.from_json(decision.answers) == answers
    assert (decision.by, decision.on_behalf_of) == (cast.karen, None)


@pytest.mark.parametrize("answers", [NEW_LETTER_SENT, RESENT_WITH_NEW_DATE])
def test_changed_letter_needs_a_record_answer_before_confirmation(cast, answers):
    services.decide(cast.plain, answers, cast.karen, version=0)
    with pytest.raises(services.NotPossible, match="Svar på brevets side, om ændringen er journaliseret"):
        services.confirm_letter(cast.plain, cast.jens, version=1)
    row = FollowUp.objects.filter(letter=cast.plain)
    with pytest.raises(InternalError), transaction.atomic():
        row.update(status=Status.CONFIRMED, confirmed_by=cast.jens, confirmed_at=at(2020, 1, 13, 10, 0))
    on_record = replace(answers, is_journalised=True, record_number="2020-0000000")
    services.decide(cast.plain, on_record, cast.karen, version=1)
    assert not followup_of(cast.plain).lacks_answer
    services.decide(cast.plain, replace(answers, no_record_reason="Hører ikke til en sag"), cast.karen, version=2)
    assert (followup_of(cast.plain).no_record_reason, followup_of(cast.plain).record_number) == (
        "Hører ikke til en sag",
        "",
    )
    with pytest.raises(IntegrityError, match="followup_on_record_or_not_needed"), transaction.atomic():
        row.update(record_number="Begge dele")
    services.confirm_letter(cast.plain, cast.jens, version=3)


def test_new_letter_needs_the_record_answer_once_sent(cast):
    services.decide(cast.plain, replace(NEW_LETTER_SENT, is_sent=False), cast.karen, version=0)
    assert not followup_of(cast.plain).lacks_answer
    services.mark_done(cast.plain, cast.karen, version=1)
    assert followup_of(cast.plain).lacks_answer
    services.undo_decision(cast.plain, cast.karen, version=2)
    services.decide(cast.plain, RESENT, cast.karen, version=3)
    assert not followup_of(cast.plain).lacks_answer, "the same letter again is nothing new"


def test_consequences_have_one_row_per_party(cast):
    services.decide(cast.plain, HARM_HANDLED, cast.karen, version=0)
    rows = Consequence.objects.order_by("party").values_list("party", "severity", "amount")
    assert list(rows) == [("MUNICIPALITY", "SOME", Decimal("1250.50")), ("RECIPIENT", "SOME", Decimal("1250.50"))]
    services.decide(cast.plain, RESENT, cast.karen, version=1)
    assert not Consequence.objects.exists()


def test_others_may_not_decide(cast):
    for person in (cast.anne, cast.torben, cast.mette, cast.pia, cast.sofie, cast.olga):
        with pytest.raises(services.NotPossible):
            services.decide(cast.plain, RESENT, person, version=0)
    assert followup_of(cast.plain).is_open


def test_second_decision_conflicts(cast):
    services.decide(cast.plain, RESENT, cast.jens, version=0)
    with pytest.raises(Conflict) as caught:
        services.decide(cast.plain, NEW_LETTER_UNSENT, cast.karen, version=0)
    assert caught.value.current.decided_by == cast.jens
    assert followup_of(cast.plain).remedy == "RESEND"


def test_undoing_keeps_the_history(cast):
    services.decide(cast.plain, HARM_HANDLED, cast.karen, version=0)
    services.undo_decision(cast.plain, cast.karen, version=1)
    followup = followup_of(cast.plain)
    assert (followup.status, followup.remedy, followup.missed_on, followup.version) == (Status.OPEN, "", None, 2)
    assert decision_kinds(cast.plain) == [Kind.DECIDED, Kind.UNDONE]
    assert not Consequence.objects.exists()


def test_decided_letter_is_marked_sent_later(cast):
    services.decide(cast.plain, NEW_LETTER_UNSENT, cast.karen, version=0)
    services.mark_done(cast.plain, cast.karen, version=1)
    assert followup_of(cast.plain).status == Status.DONE
    with pytest.raises(services.NotPossible):
        services.mark_done(cast.plain, cast.karen, version=2)


def test_confirmed_decision_cannot_change(cast):
    services.decide(cast.plain, RESENT, cast.karen, version=0)
    returned = services.confirm_letter(cast.plain, cast.jens, version=1)
    for followup in (returned, followup_of(cast.plain)):
        assert (followup.status, followup.confirmed_by, followup.version) == (Status.CONFIRMED, cast.jens, 2)
    for act in (
        lambda: services.decide(cast.plain, NEW_LETTER_UNSENT, cast.karen, version=2),
        lambda: services.undo_decision(cast.plain, cast.karen, version=2),
        lambda: services.confirm_letter(cast.plain, cast.jens, version=2),
    ):
        with pytest.raises(services.NotPossible, match="bekræftet"):
            act()


def test_nobody_confirms_their_own_letter(cast):
    own = LetterFactory(incident=cast.incident, sender=cast.jens, leader=cast.jens)
    services.open_followups(cast.incident)
    services.decide(own, RESENT, cast.jens, version=0)
    with pytest.raises(services.NotPossible, match="En anden leder"):
        services.confirm_letter(own, cast.jens, version=1)
    services.confirm_letter(own, cast.birgitte, version=1)


def test_bulk_confirmation_skips_unconfirmable_letters(cast):
    services.decide(cast.plain, RESENT, cast.karen, version=0)
    services.decide(cast.soon, NEW_LETTER_UNSENT, cast.karen, version=0)
    outcome = services.confirm_letters({cast.plain: 1, cast.soon: 1, cast.passed: 0}, cast.jens)
    assert len(outcome.done) == 1
    assert dict(outcome.skipped) == {
        cast.soon: "Brevet er ikke sendt endnu.",
        cast.passed: "Brevet mangler en beslutning.",
    }


def test_withdrawn_letter_refuses_every_act(cast):
    services.decide(cast.plain, NEW_LETTER_UNSENT, cast.karen, version=0)
    services.decide(cast.soon, RESENT, cast.karen, version=0)
    Letter.objects.update(withdrawn_at=at(2020, 1, 8, 9, 0))
    for act in (
        lambda: services.decide(cast.passed, RESENT, cast.karen, version=0),
        lambda: services.decide(cast.passed, DecisionAnswers(remedy=HELP, question="Hvad nu?"), cast.karen, version=0),
        lambda: services.undo_decision(cast.plain, cast.karen, version=1),
        lambda: services.mark_done(cast.plain, cast.karen, version=1),
        lambda: services.confirm_letter(cast.soon, cast.jens, version=1),
    ):
        with pytest.raises(services.NotPossible, match="Brevet er trukket tilbage"):
            act()
    outcome = services.confirm_letters({cast.soon: 1}, cast.jens)
    assert len(outcome.done) == 0
    assert "trukket tilbage" in outcome.skipped[0][1]
    assert [followup_of(letter).version for letter in (cast.passed, cast.plain, cast.soon)] == [0, 1, 1]


def test_asking_for_help_goes_to_the_right_desk(cast):
    for letter, desk in ((cast.plain, Escalation.Desk.DIT), (cast.personnel, Escalation.Desk.HR)):
        services.decide(letter, DecisionAnswers(remedy=HELP, question="Skal det sendes igen?"), cast.karen, version=0)
        escalation = Escalation.objects.get(followup__letter=letter)
        assert escalation.desk == desk
        assert escalation.entries.get().text == "Skal det sendes igen?"
        assert followup_of(letter).is_open
    with pytest.raises(services.NotPossible, match="allerede spurgt"):
        services.decide(cast.plain, DecisionAnswers(remedy=HELP, question="Hallo?"), cast.karen, version=1)


def test_asking_for_help_undoes_the_decision(cast):
    services.decide(cast.plain, HARM_HANDLED, cast.karen, version=0)
    services.decide(cast.plain, DecisionAnswers(remedy=HELP, question="Var det rigtigt?"), cast.karen, version=1)
    followup = followup_of(cast.plain)
    assert (followup.status, followup.remedy, followup.record_number, followup.version) == (Status.OPEN, "", "", 3)
    assert decision_kinds(cast.plain) == [Kind.DECIDED, Kind.UNDONE, Kind.HELP_ASKED]
    assert not Consequence.objects.exists()
    letter = Letter.objects.visible_to(cast.karen).select_related("followup", "batch").get(pk=cast.plain.pk)
    fetchable = [event.undoes for event in history.letter_events(letter, cast.karen) if event.undoes]
    assert [earlier_answers(letter, str(version)) for version in fetchable] == [HARM_HANDLED]


def test_decision_history_is_append_only(cast):
    services.decide(cast.plain, RESENT, cast.karen, version=0)
    for change in (lambda rows: rows.update(answers={}), lambda rows: rows._raw_delete("default")):
        with pytest.raises(DatabaseError), transaction.atomic():
            change(Decision.objects.all())
    assert Decision.objects.count() == 1


def test_opening_creates_one_follow_up_per_active_letter(cast):
    with_date = LetterFactory(incident=cast.incident, subject="Møde 10. januar", sent_at=at(2019, 12, 16, 8, 0))
    withdrawn = LetterFactory(incident=cast.incident, withdrawn_at=at(2020, 1, 8, 9, 0))
    LetterFactory(incident=IncidentFactory(slug="en-anden"))
    Incident.objects.filter(pk=cast.incident.pk).update(status=Incident.Status.PREPARING)
    assert services.open_followups(cast.incident) == 1
    assert services.open_followups(cast.incident) == 0
    assert followup_of(with_date).due_on == date(2020, 1, 10)
    assert not FollowUp.objects.filter(letter=withdrawn).exists()
    assert Incident.objects.get(pk=cast.incident.pk).status == Incident.Status.OPEN


def test_repeated_opening_takes_few_queries(cast, django_assert_num_queries):
    LetterFactory(incident=cast.incident, subject="Møde 10. januar", sent_at=at(2019, 12, 16, 8, 0))
    services.open_followups(cast.incident)
    with django_assert_num_queries(7):  # savepoint, insert, rules, rule dates, dates, status, release
        assert services.open_followups(cast.incident) == 0


@pytest.mark.parametrize(
    "half",
    [
        {"status": Status.DONE},
        {"status": Status.CONFIRMED, "done_at": at(2020, 1, 9, 9, 0)},
        {"status": "SLETTET"},
        {"remedy": "RESEND"},
    ],
)
def test_the_database_refuses_answers_without_a_decision(cast, half):
    with pytest.raises(IntegrityError):
        FollowUp.objects.filter(letter=cast.plain).update(**half)


def test_database_refuses_inconsistent_decisions(cast):
    services.decide(cast.plain, NEW_LETTER_UNSENT, cast.karen, version=0)
    for wrong, name in (
        ({"consequence_review": ""}, "followup_status_has_its_fields"),
        ({"consequence_review": "MANGE"}, "followup_consequence_review_known"),
        ({"remedy": "BRÆND"}, "followup_remedy_known"),
        ({"remedy": "NO_DISPATCH"}, "followup_no_dispatch_has_reason"),
        ({"new_deadline": date(2020, 1, 27)}, "followup_missed_date_only_when_missed"),
    ):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            FollowUp.objects.filter(letter=cast.plain).update(**wrong)


def test_database_refuses_unknown_kinds_and_desks(cast):
    followup = followup_of(cast.plain)
    with pytest.raises(IntegrityError, match="decision_kind_known"), transaction.atomic():
        Decision.objects.create(followup=followup, kind="SLETTET", version=1, by=cast.karen)
    with pytest.raises(IntegrityError, match="escalation_desk_known"):
        Escalation.objects.create(followup=followup, desk="BUF", raised_by=cast.karen)


MOVED = {"status": "DONE", "done_at": at(2020, 1, 14, 9), "version": 2}


@pytest.mark.parametrize("silent", [{"note": "Talt med lederen"}, MOVED])
def test_database_refuses_a_change_without_a_history_row(cast, silent):
    services.decide(cast.plain, NEW_LETTER_UNSENT, cast.karen, version=0)
    with pytest.raises(IntegrityError, match="uden en linje i dens historik"), transaction.atomic():
        FollowUp.objects.filter(letter=cast.plain).update(**silent)


def test_imported_date_changes_without_a_history_row(cast):
    assert FollowUp.objects.filter(letter=cast.plain).update(due_on=date(2020, 1, 20)) == 1


def test_manual_date_changes_only_with_a_history_row(cast):
    services.set_due_date(cast.plain, date(2020, 1, 20), cast.karen, version=0)
    with pytest.raises(IntegrityError, match="uden en linje i dens historik"), transaction.atomic():
        FollowUp.objects.filter(letter=cast.plain).update(due_on=date(2020, 1, 21))


def test_history_keeps_the_previous_values(cast):
    """The history has only changed columns, as {column: value}."""
    services.decide(cast.plain, NEW_LETTER_UNSENT, cast.karen, version=0)
    services.decide(cast.plain, RESENT, cast.jens, version=1)
    services.undo_decision(cast.plain, cast.karen, version=2)
    was = list(followup_of(cast.plain).decisions.order_by("version").values_list("before", flat=True))
    first, second, third = was
    undecided = {"status": "OPEN", "remedy": "", "deadline_missed": None, "decided_by_id": None, "decided_at": None}
    assert first.items() >= undecided.items()
    assert second.keys() >= {"status", "remedy", "consequence_review", "decided_by_id", "decided_at", "done_at"}
    assert {"note", "due_on", "version"}.isdisjoint({*first, *second, *third})
    assert (second["status"], second["remedy"], second["decided_by_id"]) == ("DECIDED", "NEW_LETTER", cast.karen.pk)
    assert (third["status"], third["remedy"], third["decided_by_id"]) == ("DONE", "RESEND", cast.jens.pk)


def test_deciding_needs_read_access(cast):
    with pytest.raises(services.NotPossible):
        services.decide(cast.personnel, RESENT, cast.birgitte, version=0)
    services.decide(cast.personnel, RESENT, cast.jens, version=0)
    assert followup_of(cast.personnel).decided_by == cast.jens


def test_read_right_agrees_with_the_queryset(cast):
    for person in (cast.karen, cast.jens, cast.birgitte, cast.sofie, cast.mette, cast.pia, cast.hanne):
        for letter in Letter.objects.visible_to(person):
            assert rights.rights_on(person, letter).read is letter.reader_may_read, (person, letter)


def test_leader_besides_the_sender_is_one_rule_for_a_letter_and_for_a_query(cast):
    for sender, leader in ((cast.karen, cast.karen), (cast.karen, None), (None, cast.jens), (None, None)):
        LetterFactory(incident=cast.incident, sender=sender, leader=leader)
    letters = Letter.objects.all()
    with_leader = set(letters.filter(rights.WITH_LEADER_BESIDES_SENDER))
    assert with_leader == {letter for letter in letters if rights.has_leader_besides_sender(letter)}
    assert set(letters.filter(~rights.WITH_LEADER_BESIDES_SENDER)) == set(letters) - with_leader
    assert 0 < len(with_leader) <= len(letters) - 3
