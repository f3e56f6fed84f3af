"""A decision as questions and answers, for readers who are not shown the form."""

from __future__ import annotations

from typing import NamedTuple

from followups.models import Consequence, FollowUp
from followups.models.answers import DecisionAnswers
from letters.models import Letter
from sepo_incident.core import danish

Remedy, Review = FollowUp.Remedy, FollowUp.ConsequenceReview

DISPATCH_SENTENCES = {
    (Remedy.RESEND, True): "Brevet er sendt igen",
    (Remedy.RESEND, False): "Brevet sendes igen, men er ikke sendt endnu",
    (Remedy.NEW_LETTER, True): "Et nyt brev er sendt",
    (Remedy.NEW_LETTER, False): "Et nyt brev sendes, men er ikke sendt endnu",
    (Remedy.NO_DISPATCH, False): "Brevet sendes ikke igen",
}


class AnswerRow(NamedTuple):
    question: str
    answer: str


def summarize_decision(answers: DecisionAnswers, letter: Letter) -> list[AnswerRow]:
    """Return the answers of a decision, in the order of the form.

    A reader who may not read the personnel case gets only the row about the remedy.
    """
    remedy = AnswerRow("Hvad der sker med brevet", DISPATCH_SENTENCES[Remedy(answers.remedy), answers.is_sent])
    if not letter.may_be_read:
        return [remedy]
    rows = [
        remedy,
        AnswerRow("Hvorfor ikke", answers.no_dispatch_reason),
        AnswerRow("Frist eller møde passeret", _missed_deadline(answers)),
        AnswerRow("Følger for nogen", _consequences(answers)),
        AnswerRow("Hvad der er sket", answers.consequence_text),
        AnswerRow("Beløb", f"{danish.number(answers.amount)} kr." if answers.amount is not None else ""),
        _remedial_action_row(answers),
        AnswerRow("Skrevet på sagen", _record_answer(answers)),
        AnswerRow("Bemærkning", answers.note),
    ]
    return [row for row in rows if row.answer]


def _missed_deadline(answers: DecisionAnswers) -> str:
    if not answers.deadline_missed:
        return "Nej" if answers.deadline_missed is False else ""
    old = f"Ja, {danish.date(answers.missed_on)}" if answers.missed_on else "Ja"
    return f"{old}. Ny dato: {danish.date(answers.new_deadline)}" if answers.new_deadline else old


def _consequences(answers: DecisionAnswers) -> str:
    if answers.consequence_review != Review.FOUND:
        return {Review.NONE: "Nej", Review.UNKNOWN: "Det vides ikke endnu"}.get(answers.consequence_review, "")  # type: ignore[call-overload]
    for_whom = " og ".join(str(Consequence.Party(party).label) for party in answers.parties)
    return f"Ja, for {for_whom}. Det betyder {Consequence.Severity(answers.severity).label}"


def _remedial_action_row(answers: DecisionAnswers) -> AnswerRow:
    """Return the row about the remedial action, with «Mangler svar» if a consequence was found and no action is
    recorded.
    """
    if answers.consequence_review == Review.UNKNOWN:
        return AnswerRow("Hvad man har fundet ud af", answers.handled_text)
    is_owed = answers.consequence_review == Review.FOUND and not answers.is_handled
    return AnswerRow("Hvad der er gjort", "Mangler svar" if is_owed else answers.handled_text)


def _record_answer(answers: DecisionAnswers) -> str:
    if answers.no_record_reason:
        return f"Ikke nødvendigt: {answers.no_record_reason}"
    if answers.lacks_record_answer:
        return "Mangler svar"
    if not (answers.is_journalised or answers.record_number):
        return "Ikke besvaret"
    return f"Ja, journalnummer {answers.record_number}" if answers.record_number else "Ja"
