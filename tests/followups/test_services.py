"""The verbs of a follow-up: what each changes, what it refuses, and that its history cannot be bypassed."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from decimal import Decimal
from threading import Barrier

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, InternalError, connection, transaction

from followups import services
from followups.letter import history
from followups.letter.letter_page import earlier_answers
from followups.models import Consequence, Decision, Escalation, FollowUp
from followups.models.answers import HELP, DecisionAnswers
from followups.rules import rights
from letters.models import Incident, Letter
from tests.factories import IncidentFactory, LetterFactory, at

Status, Kind = FollowUp.Status, Decision.Kind

SENT_AGAIN = DecisionAnswers(remedy="RESEND", is_sent=True, deadline_missed=False, consequence_review="NONE")
NEW_LATER = DecisionAnswers(remedy="NEW_LETTER", deadline_missed=False, consequence_review="UNKNOWN")
NOT_AGAIN = DecisionAnswers(
    remedy="NO_DISPATCH", no_dispatch_reason="Ligger på Aula", deadline_missed=False, consequence_review="NONE"
)
HARMED = DecisionAnswers(
    remedy="NEW_LETTER",
    is_sent=True,
    deadline_missed=True,
    missed_on=date(2020, 1, 6),
    new_deadline=date(2020, 1, 27),
    consequence_review="FOUND",
    parties=("RECIPIENT", "MUNICIPALITY"),
    severity="SOME",
    consequence_text="Familien kunne ikke svare",
    amount=Decimal("1250.50"),
    is_handled=True,
    handled_text="Afgørelsen er udsat",
    is_journalised=True,
    record_number="2020-0000000",
    note="Talt med lederen",
)


def standing(letter) -> FollowUp:
    return FollowUp.objects.get(letter=letter)


def kinds(letter) -> list[str]:
    return list(standing(letter).decisions.order_by("version").values_list("kind", flat=True))


@pytest.mark.parametrize(
    ("answers", "status"),
    [(SENT_AGAIN, Status.DONE), (NEW_LATER, Status.DECIDED), (NOT_AGAIN, Status.DONE), (HARMED, Status.DONE)],
)
def test_a_decision_stands_on_the_follow_up_and_in_the_ledger(cast, answers, status):
    services.decide(cast.plain, answers, cast.karen, version=0)
    followup = standing(cast.plain)
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


NEW_SENT = DecisionAnswers(remedy="NEW_LETTER", is_sent=True, deadline_missed=False, consequence_review="NONE")
NEW_DATE = replace(SENT_AGAIN, deadline_missed=True, new_deadline=date(2020, 2, 3))


@pytest.mark.parametrize("answers", [NEW_SENT, NEW_DATE])
def test_what_has_changed_is_on_record_or_need_not_be_before_the_letter_is_closed(cast, answers):
    services.decide(cast.plain, answers, cast.karen, version=0)
    with pytest.raises(services.NotPossible, match="Skriv først på brevets side, om ændringen er skrevet på sagen"):
        services.confirm_letter(cast.plain, cast.jens, version=1)
    row = FollowUp.objects.filter(letter=cast.plain)
    with pytest.raises(InternalError), transaction.atomic():
        row.update(status=Status.CONFIRMED, confirmed_by=cast.jens, confirmed_at=at(2020, 1, 13, 10, 0))
    on_record = replace(answers, is_journalised=True, record_number="2020-0000000")
    services.decide(cast.plain, on_record, cast.karen, version=1)
    assert not standing(cast.plain).lacks_answer
    services.decide(cast.plain, replace(answers, no_record_reason="Hører ikke til en sag"), cast.karen, version=2)
    assert (standing(cast.plain).no_record_reason, standing(cast.plain).record_number) == ("Hører ikke til en sag", "")
    with pytest.raises(IntegrityError, match="followup_on_record_or_not_needed"), transaction.atomic():
        row.update(record_number="Begge dele")
    services.confirm_letter(cast.plain, cast.jens, version=3)


def test_a_new_letter_is_asked_about_once_it_is_sent(cast):
    services.decide(cast.plain, replace(NEW_SENT, is_sent=False), cast.karen, version=0)
    assert not standing(cast.plain).lacks_answer
    services.mark_done(cast.plain, cast.karen, version=1)
    assert standing(cast.plain).lacks_answer
    services.undo_decision(cast.plain, cast.karen, version=2)
    services.decide(cast.plain, SENT_AGAIN, cast.karen, version=3)
    assert not standing(cast.plain).lacks_answer, "the same letter again is nothing new"


def test_consequences_are_one_row_for_each_who_was_harmed(cast):
    services.decide(cast.plain, HARMED, cast.karen, version=0)
    rows = Consequence.objects.order_by("party").values_list("party", "severity", "amount")
    assert list(rows) == [("MUNICIPALITY", "SOME", Decimal("1250.50")), ("RECIPIENT", "SOME", Decimal("1250.50"))]
    services.decide(cast.plain, SENT_AGAIN, cast.karen, version=1)
    assert not Consequence.objects.exists()


def test_the_leader_decides_on_behalf_of_the_sender(cast):
    services.decide(cast.plain, SENT_AGAIN, cast.jens, version=0)
    decision = standing(cast.plain).decisions.get()
    assert (decision.by, decision.on_behalf_of) == (cast.jens, cast.karen)


def test_others_may_not_decide(cast):
    for person in (cast.anne, cast.torben, cast.mette, cast.pia, cast.sofie, cast.olga):
        with pytest.raises(services.NotPossible):
            services.decide(cast.plain, SENT_AGAIN, person, version=0)
    assert standing(cast.plain).is_open


def test_the_second_of_two_deciders_is_told(cast):
    services.decide(cast.plain, SENT_AGAIN, cast.jens, version=0)
    with pytest.raises(services.FollowUpConflict) as caught:
        services.decide(cast.plain, NEW_LATER, cast.karen, version=0)
    assert caught.value.followup.decided_by == cast.jens
    assert standing(cast.plain).remedy == "RESEND"


@pytest.mark.django_db(transaction=True)
def test_two_at_the_same_moment_make_one_decision(cast):
    both_ready = Barrier(2)

    def decide(who, answers) -> str:
        both_ready.wait()
        try:
            services.decide(cast.plain, answers, who, version=0)
        except services.FollowUpConflict:
            return "stale"
        finally:
            connection.close()
        return "saved"

    with ThreadPoolExecutor(2) as pool:
        said = [pool.submit(decide, *of) for of in ((cast.karen, SENT_AGAIN), (cast.jens, NEW_LATER))]
    assert sorted(one.result() for one in said) == ["saved", "stale"]
    assert kinds(cast.plain) == [Kind.DECIDED]


def test_undoing_keeps_the_history(cast):
    services.decide(cast.plain, HARMED, cast.karen, version=0)
    services.undo_decision(cast.plain, cast.karen, version=1)
    followup = standing(cast.plain)
    assert (followup.status, followup.remedy, followup.missed_on, followup.version) == (Status.OPEN, "", None, 2)
    assert kinds(cast.plain) == [Kind.DECIDED, Kind.UNDONE]
    assert not Consequence.objects.exists()


def test_what_was_decided_is_sent_later(cast):
    services.decide(cast.plain, NEW_LATER, cast.karen, version=0)
    services.mark_done(cast.plain, cast.karen, version=1)
    assert standing(cast.plain).status == Status.DONE
    with pytest.raises(services.NotPossible):
        services.mark_done(cast.plain, cast.karen, version=2)


def test_a_confirmed_decision_lies_fast(cast):
    services.decide(cast.plain, SENT_AGAIN, cast.karen, version=0)
    returned = services.confirm_letter(cast.plain, cast.jens, version=1)
    for followup in (returned, standing(cast.plain)):
        assert (followup.status, followup.confirmed_by, followup.version) == (Status.CONFIRMED, cast.jens, 2)
    for act in (
        lambda: services.decide(cast.plain, NEW_LATER, cast.karen, version=2),
        lambda: services.undo_decision(cast.plain, cast.karen, version=2),
        lambda: services.confirm_letter(cast.plain, cast.jens, version=2),
    ):
        with pytest.raises(services.NotPossible, match="bekræftet"):
            act()


def test_the_leader_confirms_what_she_has_read_and_nothing_later(cast):
    services.decide(cast.plain, SENT_AGAIN, cast.karen, version=0)
    services.decide(cast.plain, NOT_AGAIN, cast.karen, version=1)
    with pytest.raises(services.FollowUpConflict):
        services.confirm_letter(cast.plain, cast.jens, version=1)
    assert standing(cast.plain).status == Status.DONE


def test_nobody_confirms_their_own_letter(cast):
    own = LetterFactory(incident=cast.incident, sender=cast.jens, leader=cast.jens)
    services.open_followups(cast.incident)
    services.decide(own, SENT_AGAIN, cast.jens, version=0)
    with pytest.raises(services.NotPossible, match="En anden leder"):
        services.confirm_letter(own, cast.jens, version=1)
    services.confirm_letter(own, cast.birgitte, version=1)


def test_confirming_many_leaves_alone_what_cannot_be(cast):
    services.decide(cast.plain, SENT_AGAIN, cast.karen, version=0)
    services.decide(cast.soon, NEW_LATER, cast.karen, version=0)
    outcome = services.confirm_letters({cast.plain: 1, cast.soon: 1, cast.passed: 0}, cast.jens)
    assert outcome.done == 1
    assert dict(outcome.skipped) == {
        cast.soon: "Brevet er ikke sendt endnu.",
        cast.passed: "Brevet mangler en beslutning.",
    }


def test_confirming_many_leaves_alone_what_was_decided_anew(cast):
    services.decide(cast.plain, SENT_AGAIN, cast.karen, version=0)
    services.decide(cast.soon, SENT_AGAIN, cast.karen, version=0)
    services.decide(cast.soon, NOT_AGAIN, cast.karen, version=1)
    outcome = services.confirm_letters({cast.plain: 1, cast.soon: 1}, cast.jens)
    assert (outcome.done, dict(outcome.skipped)) == (1, {cast.soon: "Beslutningen er ændret, siden du så den."})
    assert standing(cast.soon).status == Status.DONE


def test_nothing_more_happens_to_a_withdrawn_letter(cast):
    services.decide(cast.plain, NEW_LATER, cast.karen, version=0)
    services.decide(cast.soon, SENT_AGAIN, cast.karen, version=0)
    Letter.objects.update(withdrawn_at=at(2020, 1, 8, 9, 0))
    for act in (
        lambda: services.decide(cast.passed, SENT_AGAIN, cast.karen, version=0),
        lambda: services.decide(cast.passed, DecisionAnswers(remedy=HELP, question="Hvad nu?"), cast.karen, version=0),
        lambda: services.undo_decision(cast.plain, cast.karen, version=1),
        lambda: services.mark_done(cast.plain, cast.karen, version=1),
        lambda: services.confirm_letter(cast.soon, cast.jens, version=1),
    ):
        with pytest.raises(services.NotPossible, match="Brevet er trukket tilbage"):
            act()
    outcome = services.confirm_letters({cast.soon: 1}, cast.jens)
    assert outcome.done == 0
    assert "trukket tilbage" in outcome.skipped[0][1]
    assert [standing(letter).version for letter in (cast.passed, cast.plain, cast.soon)] == [0, 1, 1]


def test_asking_for_help_goes_to_the_right_desk(cast):
    for letter, desk in ((cast.plain, Escalation.Desk.DIT), (cast.personnel, Escalation.Desk.HR)):
        services.decide(letter, DecisionAnswers(remedy=HELP, question="Skal det sendes igen?"), cast.karen, version=0)
        escalation = Escalation.objects.get(followup__letter=letter)
        assert escalation.desk == desk
        assert escalation.entries.get().text == "Skal det sendes igen?"
        assert standing(letter).is_open
    with pytest.raises(services.NotPossible, match="allerede spurgt"):
        services.decide(cast.plain, DecisionAnswers(remedy=HELP, question="Hallo?"), cast.karen, version=1)


def test_who_asks_after_deciding_takes_the_decision_back_first(cast):
    services.decide(cast.plain, HARMED, cast.karen, version=0)
    services.decide(cast.plain, DecisionAnswers(remedy=HELP, question="Var det rigtigt?"), cast.karen, version=1)
    followup = standing(cast.plain)
    assert (followup.status, followup.remedy, followup.record_number, followup.version) == (Status.OPEN, "", "", 3)
    assert kinds(cast.plain) == [Kind.DECIDED, Kind.UNDONE, Kind.HELP_ASKED]
    assert not Consequence.objects.exists()
    letter = Letter.objects.visible_to(cast.karen).select_related("followup", "batch").get(pk=cast.plain.pk)
    fetchable = [event.undoes for event in history.letter_events(letter, cast.karen) if event.undoes]
    assert [earlier_answers(letter, str(version)) for version in fetchable] == [HARMED]


def test_a_confirmed_decision_is_not_asked_about(cast):
    services.decide(cast.plain, SENT_AGAIN, cast.karen, version=0)
    services.confirm_letter(cast.plain, cast.jens, version=1)
    with pytest.raises(services.NotPossible, match="bekræftet"):
        services.decide(cast.plain, DecisionAnswers(remedy=HELP, question="Var det rigtigt?"), cast.karen, version=2)
    assert not Escalation.objects.exists()


def test_the_desk_takes_answers_and_gives_back(cast):
    services.decide(cast.plain, DecisionAnswers(remedy=HELP, question="Skal det sendes igen?"), cast.karen, version=0)
    escalation = Escalation.objects.get()
    with pytest.raises(services.NotPossible, match="Tag sagen"):
        services.answer_escalation(escalation, "Ja", cast.pia)
    services.take_escalation(escalation, cast.pia)
    with pytest.raises(services.NotPossible, match="Sagen er hos DIT nu"):
        services.take_escalation(escalation, cast.mette)
    services.add_note(escalation, "Ring til skolen", cast.pia)
    services.answer_escalation(escalation, "Ja, send det igen", cast.pia)
    escalation.refresh_from_db()
    assert escalation.resolved_at is not None
    assert kinds(cast.plain) == [Kind.HELP_ASKED, Kind.HELP_ANSWERED]


def test_the_ledger_can_only_grow(cast):
    services.decide(cast.plain, SENT_AGAIN, cast.karen, version=0)
    for change in (lambda rows: rows.update(answers={}), lambda rows: rows._raw_delete("default")):
        with pytest.raises(DatabaseError), transaction.atomic():
            change(Decision.objects.all())
    assert Decision.objects.count() == 1


def test_opening_is_for_every_standing_letter_once(cast):
    with_date = LetterFactory(incident=cast.incident, subject="Møde 10. januar", sent_at=at(2019, 12, 16, 8, 0))
    withdrawn = LetterFactory(incident=cast.incident, withdrawn_at=at(2020, 1, 8, 9, 0))
    LetterFactory(incident=IncidentFactory(slug="en-anden"))
    Incident.objects.filter(pk=cast.incident.pk).update(status=Incident.Status.PREPARING)
    assert services.open_followups(cast.incident) == 1
    assert services.open_followups(cast.incident) == 0
    assert standing(with_date).due_on == date(2020, 1, 10)
    assert not FollowUp.objects.filter(letter=withdrawn).exists()
    assert Incident.objects.get(pk=cast.incident.pk).status == Incident.Status.OPEN


def test_opening_again_asks_little_where_nothing_is_new(cast, django_assert_num_queries):
    LetterFactory(incident=cast.incident, subject="Møde 10. januar", sent_at=at(2019, 12, 16, 8, 0))
    services.open_followups(cast.incident)
    with django_assert_num_queries(7):  # savepoint, insert, clocks, what they date, dates, status, release
        assert services.open_followups(cast.incident) == 0


@pytest.mark.parametrize(
    "half",
    [
        {"status": Status.DONE},
        {"status": Status.CONFIRMED, "done_at": at(2020, 1, 9, 9, 0)},
        {"status": "SLETTET"},
        {"remedy": "RESEND"},
        {"missed_on": date(2020, 1, 6)},
        {"record_number": "2020-0000000"},
        {"no_dispatch_reason": "Ligger på Aula"},
        {"is_journalised": True},
        {"no_record_reason": "Brevet hører ikke til en sag"},
        {"deadline_missed": False},
        {"consequence_review": "NONE"},
        {"note": "Talt med lederen"},
    ],
)
def test_the_database_refuses_answers_without_a_decision(cast, half):
    with pytest.raises(IntegrityError):
        FollowUp.objects.filter(letter=cast.plain).update(**half)


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ({"consequence_review": ""}, "followup_status_has_its_fields"),
        ({"consequence_review": "MANGE"}, "followup_consequence_review_known"),
        ({"deadline_missed": None}, "followup_status_has_its_fields"),
        ({"remedy": "BRÆND"}, "followup_remedy_known"),
        ({"remedy": "NO_DISPATCH"}, "followup_no_dispatch_has_reason"),
        ({"no_dispatch_reason": "Ligger på Aula"}, "followup_no_dispatch_has_reason"),
        ({"new_deadline": date(2020, 1, 27)}, "followup_missed_date_only_when_missed"),
        ({"missed_on": date(2020, 1, 6)}, "followup_missed_date_only_when_missed"),
    ],
)
def test_the_database_refuses_a_decision_that_does_not_hang_together(cast, wrong, name):
    services.decide(cast.plain, NEW_LATER, cast.karen, version=0)
    with pytest.raises(IntegrityError, match=name):
        FollowUp.objects.filter(letter=cast.plain).update(**wrong)


def test_the_database_knows_the_kinds_and_the_desks(cast):
    followup = standing(cast.plain)
    with pytest.raises(IntegrityError, match="decision_kind_known"), transaction.atomic():
        Decision.objects.create(followup=followup, kind="SLETTET", version=1, by=cast.karen)
    with pytest.raises(IntegrityError, match="escalation_desk_known"):
        Escalation.objects.create(followup=followup, desk="BUF", raised_by=cast.karen)


MOVED = {"status": "DONE", "done_at": at(2020, 1, 14, 9), "version": 2}


@pytest.mark.parametrize("silent", [{"note": "Talt med lederen"}, {"version": 2}, MOVED, MOVED | {"version": 1}])
def test_no_follow_up_changes_without_a_line_in_its_ledger(cast, silent):
    services.decide(cast.plain, NEW_LATER, cast.karen, version=0)
    with pytest.raises(IntegrityError, match="uden en linje i dens historik"), transaction.atomic():
        FollowUp.objects.filter(letter=cast.plain).update(**silent)


def test_the_date_that_a_list_gives_is_nobodys_answer(cast):
    assert FollowUp.objects.filter(letter=cast.plain).update(due_on=date(2020, 1, 20)) == 1


def test_the_date_that_a_person_has_set_changes_with_a_line(cast):
    services.set_due_date(cast.plain, date(2020, 1, 20), cast.karen, version=0)
    with pytest.raises(IntegrityError, match="uden en linje i dens historik"), transaction.atomic():
        FollowUp.objects.filter(letter=cast.plain).update(due_on=date(2020, 1, 21))


def test_the_ledger_keeps_what_was_before(cast):
    """Only what the act altered; {column: value}."""
    services.decide(cast.plain, NEW_LATER, cast.karen, version=0)
    services.decide(cast.plain, SENT_AGAIN, cast.jens, version=1)
    services.undo_decision(cast.plain, cast.karen, version=2)
    was = list(standing(cast.plain).decisions.order_by("version").values_list("before", flat=True))
    first, second, third = was
    undecided = {"status": "OPEN", "remedy": "", "deadline_missed": None, "decided_by_id": None, "decided_at": None}
    assert first.items() >= undecided.items()
    assert second.keys() >= {"status", "remedy", "consequence_review", "decided_by_id", "decided_at", "done_at"}
    assert {"note", "due_on", "version"}.isdisjoint({*first, *second, *third})
    assert (second["status"], second["remedy"], second["decided_by_id"]) == ("DECIDED", "NEW_LETTER", cast.karen.pk)
    assert (third["status"], third["remedy"], third["decided_by_id"]) == ("DONE", "RESEND", cast.jens.pk)


def test_a_broken_rule_is_told_in_danish(cast):
    followup = standing(cast.plain)
    followup.record_number = "2020-0000000"
    with pytest.raises(ValidationError, match="Status og oplysninger passer ikke sammen"):
        followup.validate_constraints()


def test_nobody_decides_about_a_subject_they_may_not_read(cast):
    with pytest.raises(services.NotPossible):
        services.decide(cast.personnel, SENT_AGAIN, cast.birgitte, version=0)
    services.decide(cast.personnel, SENT_AGAIN, cast.jens, version=0)
    assert standing(cast.personnel).decided_by == cast.jens


def test_the_rule_for_one_letter_is_the_rule_for_all(cast):
    for person in (cast.karen, cast.jens, cast.birgitte, cast.sofie, cast.mette, cast.pia, cast.hanne):
        for letter in Letter.objects.visible_to(person):
            assert rights.rights_on(person, letter).read is letter.may_be_read, (person, letter)
