"""The questions that only some kinds of incident ask."""

from __future__ import annotations

from followups.decision_questions.question import (
    Condition,
    Days,
    Question,
    long_text_field,
    radio_field,
    yes_or_no_field,
)
from followups.models import FollowUp
from followups.models.answers import DecisionAnswers
from sepo_incident.core import danish
from sepo_incident.core.forms import DanishDateField

Deletion = FollowUp.Deletion


DELETION_CHOICES: list[tuple[str, str]] = [
    (Deletion.CONFIRMED, "Ja"),
    (Deletion.NOT_YET, "Nej, ikke endnu"),
    (Deletion.NO_CONFIRMATION, "Nej, vi får ingen bekræftelse"),
]


def _deletion_sentence(answers: DecisionAnswers) -> str:
    if answers.deletion_confirmed_on:
        return f"Ja, {danish.date(answers.deletion_confirmed_on)}"
    if answers.deletion_due_on:
        return f"Ikke endnu. I spørger igen senest {danish.date(answers.deletion_due_on)}"
    return f"Ingen bekræftelse: {answers.no_deletion_reason}" if answers.no_deletion_reason else ""


def _yes_or_no_sentence(answer: bool | None) -> str:
    return {True: "Ja", False: "Nej", None: ""}[answer]


KIND_QUESTIONS = [
    Question(
        "arrived_late_on",
        DanishDateField(
            label="Hvornår kom brevet frem?",
            help_text="Den første dag, modtageren kunne læse brevet. Ved du det ikke, så skriv den seneste mulige dag.",
        ),
        label_for_many="Hvornår kom brevene frem?",
        hint_for_many="Den første dag, modtagerne kunne læse brevene. Kom de frem på hver sin dag, så beslut dem hver "
        "for sig.",
        is_numbered=True,
        heading="Kom frem",
        sentence=lambda answers: danish.date(answers.arrived_late_on) if answers.arrived_late_on else "",
        days=Days.UNTIL_TODAY,
    ),
    Question(
        "deletion",
        radio_field("Har den forkerte modtager bekræftet, at brevet er slettet?", DELETION_CHOICES),
        label_for_many="Har de forkerte modtagere bekræftet, at brevene er slettet?",
        is_numbered=True,
        heading="Sletning bekræftet",
        sentence=_deletion_sentence,
    ),
    Question(
        "deletion_confirmed_on",
        DanishDateField(label="Hvornår bekræftede modtageren?"),
        Condition("deletion", (Deletion.CONFIRMED,)),
        label_for_many="Hvornår bekræftede modtagerne?",
        history="modtageren bekræftede {}, at brevet er slettet",
        days=Days.UNTIL_TODAY,
    ),
    Question(
        "deletion_due_on",
        DanishDateField(
            label="Hvornår spørger du igen?",
            help_text="Brevet bliver på din liste, til modtageren har bekræftet.",
        ),
        Condition("deletion", (Deletion.NOT_YET,)),
        label_for_many="Hvornår spørger du igen?",
        history="modtageren ikke har bekræftet endnu og bliver spurgt igen senest {}",
        days=Days.FROM_TODAY,
    ),
    Question(
        "no_deletion_reason",
        long_text_field("Hvorfor får I ingen bekræftelse?", 1000, "Skriv en begrundelse."),
        Condition("deletion", (Deletion.NO_CONFIRMATION,)),
        history="modtageren ikke bekræfter sletningen: »{}«",
    ),
    Question(
        "concerns_other_person",
        yes_or_no_field("Har brevet oplysninger om en anden person end modtageren?"),
        label_for_many="Har brevene oplysninger om andre personer end modtagerne?",
        is_numbered=True,
        heading="Oplysninger om en anden person",
        sentence=lambda answers: _yes_or_no_sentence(answers.concerns_other_person),
    ),
    Question(
        "acted_twice",
        yes_or_no_field("Har modtageren handlet to gange, for eksempel betalt to gange?"),
        label_for_many="Har modtagerne handlet to gange, for eksempel betalt to gange?",
        is_numbered=True,
        heading="Handlede to gange",
        sentence=lambda answers: _yes_or_no_sentence(answers.acted_twice),
    ),
]
