"""The questions that only some kinds of incident ask."""

from __future__ import annotations

from followups.decision_questions.question import (
    Condition,
    Days,
    Question,
    long_text_field,
    radio_field,
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


KIND_QUESTIONS = [
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
]
