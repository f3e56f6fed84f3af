"""All questions of the decision form, the questions of a kind of incident in its order, and the summary."""

from typing import NamedTuple

from django import forms

from followups.decision_questions.question import (
    IF_DECIDED,
    NO,
    NOT_NEEDED,
    REMEDIES,
    SENT_LATER,
    YES,
    Condition,
    Days,
    Question,
    long_text_field,
    radio_field,
    yes_or_no_field,
)
from followups.models import Consequence, FollowUp
from followups.models.answers import HELP, DecisionAnswers
from letters.incident_kinds import KindRules
from letters.models import Letter
from sepo_incident.core import danish
from sepo_incident.core.forms import DanishDateField, FreeText, HintedRadios, KronerField

Remedy, Review = FollowUp.Remedy, FollowUp.ConsequenceReview


REVIEW_CHOICES: list[tuple[str, str]] = [
    (Review.FOUND, "Ja"),
    (Review.NONE, "Nej"),
    (Review.UNKNOWN, "Det ved jeg ikke endnu"),
]


IF_FOUND = Condition("consequence_review", (str(Review.FOUND),))


def _journalised_value(answers: DecisionAnswers) -> str:
    if answers.is_journalised or answers.record_number:  # an old decision may have only one of them
        return YES
    return NOT_NEEDED if answers.no_record_reason else ""


def _remedy_sentence(answers: DecisionAnswers) -> str:
    words = REMEDIES[answers.remedy]
    return words.sent if answers.is_sent else words.unsent


def _missed_deadline_sentence(answers: DecisionAnswers) -> str:
    if not answers.deadline_missed:
        return "Nej" if answers.deadline_missed is False else ""
    old = f"Ja, {danish.date(answers.missed_on)}" if answers.missed_on else "Ja"
    return f"{old}. Ny dato: {danish.date(answers.new_deadline)}" if answers.new_deadline else old


def _review_sentence(answers: DecisionAnswers) -> str:
    if answers.consequence_review != Review.FOUND:
        words: dict[str, str] = {Review.NONE: "Nej", Review.UNKNOWN: "Det vides ikke endnu"}
        return words.get(answers.consequence_review, "")
    for_whom = " og ".join(str(Consequence.Party(party).label) for party in answers.parties)
    return f"Ja, for {for_whom}. Alvorlighed: {Consequence.Severity(answers.severity).label}"


def _handled_sentence(answers: DecisionAnswers) -> str:
    """Return what was done, or «Mangler svar» if a consequence was found and no action is recorded."""
    if answers.consequence_review == Review.UNKNOWN:
        return ""
    is_owed = answers.consequence_review == Review.FOUND and not answers.is_handled
    return "Mangler svar" if is_owed else answers.handled_text


def _record_sentence(answers: DecisionAnswers) -> str:
    if answers.no_record_reason:
        return f"Ikke nødvendigt: {answers.no_record_reason}"
    if answers.lacks_record_answer:
        return "Mangler svar"
    if not (answers.is_journalised or answers.record_number):
        return "Ikke besvaret"
    return f"Ja, journalnummer {answers.record_number}" if answers.record_number else "Ja"


COMMON_QUESTIONS = [
    Question(
        "remedy",
        forms.ChoiceField(widget=HintedRadios, error_messages={"required": "Vælg en af mulighederne."}),
        condition=None,
        heading="Hvad der sker med brevet",
        sentence=_remedy_sentence,
        is_numbered=True,
    ),
    Question(
        "is_resent",
        yes_or_no_field("Er brevet sendt igen?", SENT_LATER.for_sender),
        Condition("remedy", (Remedy.RESEND,)),
        label_for_many="Er brevene sendt igen?",
        attribute="is_sent",
    ),
    Question(
        "is_new_sent",
        yes_or_no_field("Er det nye brev sendt?", SENT_LATER.for_sender),
        Condition("remedy", (Remedy.NEW_LETTER,)),
        label_for_many="Er de nye breve sendt?",
        attribute="is_sent",
    ),
    Question(
        "are_both_sent",
        yes_or_no_field("Er begge breve sendt?", SENT_LATER.for_sender_about_many),
        Condition("remedy", (Remedy.RESEND_AND_NEW,)),
        label_for_many="Er både de samme og de nye breve sendt?",
        attribute="is_sent",
    ),
    Question(
        "paper_reason",
        radio_field(
            "Hvorfor på papir?",
            [(one.value, danish.capitalized(one.label)) for one in FollowUp.PaperReason],
            "Vælg, hvorfor brevet sendes på papir.",
            "Er modtageren død, så send til boet. Har modtageren en værge, så send til værgen.",
        ),
        Condition("remedy", (Remedy.PAPER,)),
        heading="Hvorfor på papir",
        sentence=lambda answers: (
            danish.capitalized(FollowUp.PaperReason(answers.paper_reason).label) if answers.paper_reason else ""
        ),
    ),
    Question(
        "is_sent_on_paper",
        yes_or_no_field("Er brevet sendt?", SENT_LATER.for_sender),
        Condition("remedy", (Remedy.PAPER,)),
        label_for_many="Er brevene sendt?",
        attribute="is_sent",
    ),
    Question(
        "no_dispatch_reason",
        long_text_field("Hvorfor ikke?", 1000, "Skriv en begrundelse.", help_text=""),
        Condition("remedy", (Remedy.NO_DISPATCH,)),
        heading="Hvorfor ikke",
    ),
    Question(
        "question",
        long_text_field("Hvad er du i tvivl om?", 1000, "Skriv dit spørgsmål."),
        Condition("remedy", (HELP,)),
    ),
    Question(
        "deadline_missed",
        yes_or_no_field("Er en frist eller et møde passeret, fordi brevet ikke kom frem?"),
        label_for_many="Er en frist eller et møde passeret, fordi brevene ikke kom frem?",
        hint_for_many="Har brevene hver sin dato, så beslut dem hver for sig.",
        is_numbered=True,
        heading="Frist eller møde passeret",
        sentence=_missed_deadline_sentence,
    ),
    Question(
        "missed_on",
        DanishDateField(label="Dato i det gamle brev"),
        Condition("deadline_missed", (YES,)),
        label_for_many="Dato i de gamle breve",
    ),
    Question(
        "new_deadline",
        DanishDateField(
            label="Dato i det nye brev (kan udelades)",
            help_text="Giv modtageren lige så lang tid som før. "
            "En klagefrist begynder først, når brevet er kommet frem.",
        ),
        Condition("deadline_missed", (YES,)),
        is_optional=True,
        label_for_many="Dato i de nye breve (kan udelades)",
    ),
    Question(
        "consequence_review",
        radio_field("Har fejlen fået konsekvenser for nogen?", REVIEW_CHOICES),
        hint_for_many="Har et brev fået konsekvenser, så beslut det for sig.",
        is_numbered=True,
        heading="Konsekvenser",
        sentence=_review_sentence,
    ),
    Question(
        "parties",
        forms.MultipleChoiceField(
            label="For hvem?",
            choices=[(Consequence.Party.RECIPIENT, "Modtageren"), (Consequence.Party.MUNICIPALITY, "Kommunen")],
            widget=forms.CheckboxSelectMultiple,
            error_messages={"required": "Vælg mindst én."},
        ),
        IF_FOUND,
    ),
    Question(
        "severity",
        radio_field("Hvor alvorligt er det?", [(one.value, one.label.capitalize()) for one in Consequence.Severity]),
        IF_FOUND,
    ),
    Question(
        "consequence_text",
        long_text_field("Hvad er der sket?", 2000, "Skriv det kort."),
        IF_FOUND,
        heading="Hvad der er sket",
    ),
    Question(
        "is_decision_changed",
        radio_field(
            "Er en afgørelse ændret? (kan udelades)",
            [(YES, "Ja"), (NO, "Nej")],
            help_text="For eksempel en sag, der er genoptaget, eller en sanktion, der er ophævet.",
        ),
        IF_FOUND,
        is_optional=True,
        heading="Afgørelse ændret",
        sentence=lambda answers: {None: "", True: "Ja", False: "Nej"}[answers.is_decision_changed],
    ),
    Question(
        "amount",
        KronerField(
            label="Beløb i kroner (kan udelades)",
            widget=forms.TextInput(attrs={"class": "short", "inputmode": "decimal"}),
        ),
        IF_FOUND,
        is_optional=True,
        heading="Beløb",
        sentence=lambda answers: "" if answers.amount is None else danish.kroner(answers.amount),
    ),
    Question(
        "is_handled",
        yes_or_no_field("Er konsekvensen håndteret?", "Ikke endnu"),
        IF_FOUND,
        heading="Hvad I har gjort",
        sentence=_handled_sentence,
    ),
    Question(
        "handled_text",
        long_text_field("Hvad har I gjort?", 2000, "Skriv, hvad I har gjort."),
        Condition("is_handled", (YES,)),
        heading="Hvad I har fundet ud af",
        sentence=lambda answers: answers.handled_text if answers.consequence_review == Review.UNKNOWN else "",
    ),
    Question(
        "journalised",
        radio_field(
            "Er ændringen journaliseret?",
            [(YES, "Ja"), (NOT_NEEDED, "Ikke nødvendigt")],
            help_text="Svar, når du har sendt et nyt brev eller sat en ny dato.",
        ),
        is_optional=True,  # `DecisionForm.clean` requires the answer where something has changed
        attribute="is_journalised",
        form_value=_journalised_value,
        is_numbered=True,
        heading="Journaliseret",
        sentence=_record_sentence,
    ),
    Question(
        "record_number",
        FreeText(
            label="Journalnummer",
            max_length=60,
            widget=forms.TextInput(attrs={"class": "short"}),
            error_messages={"required": "Skriv journalnummeret."},
        ),
        Condition("journalised", (YES,)),
        label_for_many="Journalnummer, hvis alle breve har samme sag",
        history="ændringen er journaliseret ({})",
    ),
    Question(
        "no_record_reason",
        long_text_field("Hvorfor er det ikke nødvendigt?", 1000, "Skriv en begrundelse."),
        Condition("journalised", (NOT_NEEDED,)),
        history="ændringen ikke skal journaliseres: »{}«",
    ),
    Question("note", long_text_field("Bemærkning (kan udelades)", 2000), is_optional=True, heading="Bemærkning"),
]


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


#: In the order of the form. A question comes after its parent.
QUESTIONS = [*COMMON_QUESTIONS, *KIND_QUESTIONS]
QUESTIONS_BY_NAME = {question.name: question for question in QUESTIONS}


def questions_of(rules: KindRules) -> list[Question]:
    """Return the questions that the kind asks, in its order, each followed by the questions that it opens."""

    def root(question: Question) -> str:
        is_nested = question.condition and question.name not in rules.questions and question.condition != IF_DECIDED
        return root(QUESTIONS_BY_NAME[question.condition.parent]) if is_nested else question.name  # type: ignore[union-attr]

    asked = [question for question in QUESTIONS if root(question) in rules.questions]
    return sorted(asked, key=lambda question: rules.questions.index(root(question)))


def number_of(name: str, rules: KindRules) -> int:
    """Return the number of a numbered question in the form, counted from 1."""
    return [one.name for one in questions_of(rules) if one.is_numbered].index(name) + 1


class AnswerRow(NamedTuple):
    question: str
    answer: str


def summarize_decision(answers: DecisionAnswers, letter: Letter) -> list[AnswerRow]:
    """Return the answers of a decision, in the order of the form, for readers who are not shown the form.

    A reader who may not read the personnel case gets only the row about the remedy.
    """
    shown = QUESTIONS if letter.reader_may_read else QUESTIONS[:1]
    rows = [AnswerRow(question.heading, question.summary(answers)) for question in shown if question.heading]
    return [row for row in rows if row.answer]
