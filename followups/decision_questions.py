"""The questions of the decision form, each declared once.

The form (`followups.decision_form`), the columns of the workbook, the summary of a decision and the sentences of the
history are built from `QUESTIONS`. A new question is a row here, a field of `DecisionAnswers` and a column of
`FollowUp`; `tests/followups/test_decision_questions.py` holds the three together. Which of the questions are asked, and
in which order, the kind of the incident says (`questions_of`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from django import forms

from followups.models import Consequence, FollowUp
from followups.models.answers import HELP, DecisionAnswers
from letters.incident_kinds import KindRules
from letters.models import Letter
from sepo_incident.core import danish
from sepo_incident.core.forms import DanishDateField, FreeText, HintedRadios, KronerField

Remedy, Review, Deletion = FollowUp.Remedy, FollowUp.ConsequenceReview, FollowUp.Deletion

YES, NO, NOT_NEEDED = "ja", "nej", "ikke-noedvendigt"
NO_NAMES_HINT = "Skriv kort, uden navne, CPR-numre og helbredsoplysninger."


class Wording(NamedTuple):
    """A text for the sender or for another person who decides, about one letter or about many."""

    for_sender: str
    for_other: str
    for_sender_about_many: str
    for_other_about_many: str

    def pick(self, *, is_own: bool, is_about_many: bool) -> str:
        if is_about_many:
            return self.for_sender_about_many if is_own else self.for_other_about_many
        return self.for_sender if is_own else self.for_other


class RemedyWords(NamedTuple):
    """The words for a remedy: the choice and its hint in the form, the history after «besluttede», and the summary."""

    choice: Wording
    hint: str
    history: str
    sent: str
    unsent: str


REMEDIES: dict[str, RemedyWords] = {
    Remedy.RESEND: RemedyWords(
        Wording(
            "Jeg sender det samme brev igen",
            "Det samme brev sendes igen",
            "Jeg sender de samme breve igen",
            "De samme breve sendes igen",
        ),
        hint="Indholdet passer stadig, også datoerne.",
        history=" at sende det samme brev igen",
        sent="Brevet er sendt igen",
        unsent="Brevet sendes igen, men er ikke sendt endnu",
    ),
    Remedy.NEW_LETTER: RemedyWords(
        Wording(
            "Jeg skriver et nyt brev",
            "Der skrives et nyt brev",
            "Jeg skriver nye breve",
            "Der skrives nye breve",
        ),
        hint="Noget skal ændres, for eksempel en frist.",
        history=" at skrive et nyt brev",
        sent="Et nyt brev er sendt",
        unsent="Et nyt brev sendes, men er ikke sendt endnu",
    ),
    Remedy.RESEND_AND_NEW: RemedyWords(
        Wording(
            "Jeg gør begge dele",
            "Begge dele",
            "Jeg gør begge dele",
            "Begge dele",
        ),
        hint="Send brevet igen, og skriv et nyt.",
        history=" at sende det samme brev igen og skrive et nyt",
        sent="Brevet er sendt igen, og et nyt brev er sendt",
        unsent="Brevet sendes igen sammen med et nyt, men de er ikke sendt endnu",
    ),
    Remedy.NO_DISPATCH: RemedyWords(
        Wording(
            "Brevet skal ikke sendes igen",
            "Brevet skal ikke sendes igen",
            "Brevene skal ikke sendes igen",
            "Brevene skal ikke sendes igen",
        ),
        hint="Modtageren har fået besked på en anden måde, eller brevet er uden betydning nu.",
        history=", at brevet ikke skal sendes igen",
        sent="",
        unsent="Brevet sendes ikke igen",
    ),
}
HELP_CHOICE = (HELP, "Jeg har brug for hjælp")
REMEDY_LABEL = Wording(
    "Hvad gør du med brevet?",
    "Hvad skal der ske med brevet?",
    "Hvad gør du med brevene?",
    "Hvad skal der ske med brevene?",
)
SENT_LATER = Wording(
    "Nej, jeg sender det senere",
    "Nej, det sendes senere",
    "Nej, jeg sender dem senere",
    "Nej, de sendes senere",
)
REVIEW_CHOICES: list[tuple[str, str]] = [
    (Review.FOUND, "Ja"),
    (Review.NONE, "Nej"),
    (Review.UNKNOWN, "Det ved jeg ikke endnu"),
]
DELETION_CHOICES: list[tuple[str, str]] = [
    (Deletion.CONFIRMED, "Ja"),
    (Deletion.NOT_YET, "Nej, ikke endnu"),
    (Deletion.NOT_ASKED, "Ikke spurgt eller intet svar"),
]


class Condition(NamedTuple):
    """When a question is asked: the parent question has one of the answers."""

    parent: str
    answers: tuple[str, ...]


#: The condition of the numbered questions: the answer to question 1 decides.
IF_DECIDED = Condition("remedy", tuple(str(remedy) for remedy in REMEDIES))
IF_FOUND = Condition("consequence_review", (str(Review.FOUND),))


@dataclass(frozen=True)
class Question:
    """A question of the decision form.

    - `field`: with the error for a question that is asked and not answered, as the field's message "required".
    - `condition`: when the question is asked; None for always. `is_optional`: the answer may be left out.
    - `label_for_many`, `hint_for_many`: the words about many letters, where they differ.
    - `attribute`: the field of `DecisionAnswers`, if the name is another.
    - `form_value`: the value of the form field from the answers, if it does not follow from the answer itself.
    - `heading`, `sentence`: the row in the summary. Without `heading` the answer has no row of its own.
    - `history`: the clause in the history, with the answer in braces.
    - `is_numbered`: the label begins with the number of the question in the form.
    """

    name: str
    field: forms.Field
    condition: Condition | None = IF_DECIDED
    is_optional: bool = False
    label_for_many: str = ""
    hint_for_many: str = ""
    attribute: str = ""
    form_value: Callable[[DecisionAnswers], Any] | None = None
    heading: str = ""
    sentence: Callable[[DecisionAnswers], str] | None = None
    history: str = ""
    is_numbered: bool = False

    def __post_init__(self) -> None:
        self.field.required = self.condition is None  # otherwise `QuestionForm.clean` requires the answer

    @property
    def answer_name(self) -> str:
        return self.attribute or self.name

    def answer_from(self, value: Any) -> Any:
        """Return the value in `DecisionAnswers` for a value of the form."""
        if isinstance(self.field, forms.MultipleChoiceField):
            return tuple(value)
        is_yes_or_no = isinstance(self.field, forms.ChoiceField) and value in (YES, NO, NOT_NEEDED)
        return value == YES if is_yes_or_no else value

    def value_from(self, answers: DecisionAnswers) -> Any:
        """Return the value of the form field for the answers of a decision."""
        if self.form_value:
            return self.form_value(answers)
        value = getattr(answers, self.answer_name)
        if isinstance(value, bool):
            is_asked = self.condition and getattr(answers, self.condition.parent) in self.condition.answers
            return (YES if value else NO) if is_asked else ""
        return list(value) if isinstance(value, tuple) else value

    def summary(self, answers: DecisionAnswers) -> str:
        """Return the answer as text for the summary; "" if there is none."""
        return self.sentence(answers) if self.sentence else getattr(answers, self.answer_name)


def _yes_or_no(label: str, no: str = "Nej") -> forms.ChoiceField:
    return _radios(label, [(YES, "Ja"), (NO, no)], "Svar ja eller nej.")


def _radios(
    label: str, choices: Sequence[tuple[str, str]], missing: str = "Vælg et af svarene.", help_text: str = ""
) -> forms.ChoiceField:
    messages = {"required": missing}
    return forms.ChoiceField(
        label=label, choices=choices, help_text=help_text, widget=forms.RadioSelect, error_messages=messages
    )


def _long_text(label: str, max_length: int, missing: str = "", help_text: str = NO_NAMES_HINT) -> FreeText:
    field = FreeText(label=label, help_text=help_text, max_length=max_length, error_messages={"required": missing})
    # Set afterwards: with a maxlength on the widget, the browser would cut a longer text that is pasted.
    field.widget = forms.Textarea(attrs={"rows": 3, "class": "wide"})
    return field


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
    return f"Ja, for {for_whom}. Det betyder {Consequence.Severity(answers.severity).label}"


def _handled_sentence(answers: DecisionAnswers) -> str:
    """Return what was done, or «Mangler svar» if a consequence was found and no action is recorded."""
    if answers.consequence_review == Review.UNKNOWN:
        return ""
    is_owed = answers.consequence_review == Review.FOUND and not answers.is_handled
    return "Mangler svar" if is_owed else answers.handled_text


def _deletion_sentence(answers: DecisionAnswers) -> str:
    if answers.deletion_confirmed_on:
        return f"Ja, {danish.date(answers.deletion_confirmed_on)}"
    if answers.deletion_due_on:
        return f"Ikke endnu. I spørger igen senest {danish.date(answers.deletion_due_on)}"
    return f"Ikke spurgt eller intet svar: {answers.no_deletion_reason}" if answers.no_deletion_reason else ""


def _yes_or_no_sentence(answer: bool | None) -> str:
    return {True: "Ja", False: "Nej", None: ""}[answer]


def _record_sentence(answers: DecisionAnswers) -> str:
    if answers.no_record_reason:
        return f"Ikke nødvendigt: {answers.no_record_reason}"
    if answers.lacks_record_answer:
        return "Mangler svar"
    if not (answers.is_journalised or answers.record_number):
        return "Ikke besvaret"
    return f"Ja, journalnummer {answers.record_number}" if answers.record_number else "Ja"


#: In the order of the form. A question comes after its parent.
QUESTIONS = [
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
        _yes_or_no("Er brevet sendt igen?", SENT_LATER.for_sender),
        Condition("remedy", (Remedy.RESEND,)),
        label_for_many="Er brevene sendt igen?",
        attribute="is_sent",
    ),
    Question(
        "is_new_sent",
        _yes_or_no("Er det nye brev sendt?", SENT_LATER.for_sender),
        Condition("remedy", (Remedy.NEW_LETTER,)),
        label_for_many="Er de nye breve sendt?",
        attribute="is_sent",
    ),
    Question(
        "are_both_sent",
        _yes_or_no("Er begge breve sendt?", SENT_LATER.for_sender_about_many),
        Condition("remedy", (Remedy.RESEND_AND_NEW,)),
        label_for_many="Er både de samme og de nye breve sendt?",
        attribute="is_sent",
    ),
    Question(
        "no_dispatch_reason",
        _long_text("Hvorfor ikke?", 1000, "Skriv en begrundelse.", help_text=""),
        Condition("remedy", (Remedy.NO_DISPATCH,)),
        heading="Hvorfor ikke",
    ),
    Question(
        "question", _long_text("Hvad er du i tvivl om?", 1000, "Skriv dit spørgsmål."), Condition("remedy", (HELP,))
    ),
    Question(
        "deadline_missed",
        _yes_or_no("Er en frist eller et møde passeret, mens brevet var væk?"),
        label_for_many="Er en frist eller et møde passeret, mens brevene var væk?",
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
        _radios("Har fejlen fået konsekvenser for nogen?", REVIEW_CHOICES),
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
        _radios("Hvor meget betyder det?", [(one.value, one.label.capitalize()) for one in Consequence.Severity]),
        IF_FOUND,
    ),
    Question(
        "consequence_text",
        _long_text("Hvad er der sket?", 2000, "Skriv det kort."),
        IF_FOUND,
        heading="Hvad der er sket",
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
        _yes_or_no("Har I taget hånd om det?", "Ikke endnu"),
        IF_FOUND,
        heading="Hvad I har gjort",
        sentence=_handled_sentence,
    ),
    Question(
        "handled_text",
        _long_text("Hvad har I gjort?", 2000, "Skriv, hvad I har gjort."),
        Condition("is_handled", (YES,)),
        heading="Hvad I har fundet ud af",
        sentence=lambda answers: answers.handled_text if answers.consequence_review == Review.UNKNOWN else "",
    ),
    Question(
        "journalised",
        _radios(
            "Er ændringen skrevet på sagen?",
            [(YES, "Ja"), (NOT_NEEDED, "Ikke nødvendigt")],
            help_text="Svar, når du har sendt et nyt brev eller sat en ny dato.",
        ),
        is_optional=True,  # `DecisionForm.clean` requires the answer where something has changed
        attribute="is_journalised",
        form_value=_journalised_value,
        is_numbered=True,
        heading="Skrevet på sagen",
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
        history="ændringen er skrevet på sagen ({})",
    ),
    Question(
        "no_record_reason",
        _long_text("Hvorfor er det ikke nødvendigt?", 1000, "Skriv en begrundelse."),
        Condition("journalised", (NOT_NEEDED,)),
        history="ændringen ikke skal skrives på sagen: »{}«",
    ),
    Question("note", _long_text("Bemærkning (kan udelades)", 2000), is_optional=True, heading="Bemærkning"),
    # Questions that only some kinds of incident ask.
    Question(
        "arrived_late_on",
        DanishDateField(
            label="Hvornår kom brevet frem?",
            help_text="Den første dag, modtageren kunne læse brevet. Ved du det ikke, så skriv den seneste mulige dag.",
        ),
        label_for_many="Hvornår kom brevene frem?",
        is_numbered=True,
        heading="Kom frem",
        sentence=lambda answers: danish.date(answers.arrived_late_on) if answers.arrived_late_on else "",
    ),
    Question(
        "deletion",
        _radios("Har den forkerte modtager bekræftet, at brevet er slettet?", DELETION_CHOICES),
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
    ),
    Question(
        "no_deletion_reason",
        _long_text("Hvorfor får I ingen bekræftelse?", 1000, "Skriv en begrundelse."),
        Condition("deletion", (Deletion.NOT_ASKED,)),
        history="modtageren ikke bekræfter sletningen: »{}«",
    ),
    Question(
        "concerns_other_person",
        _yes_or_no("Har brevet oplysninger om en anden person end modtageren?"),
        label_for_many="Har brevene oplysninger om andre personer end modtagerne?",
        is_numbered=True,
        heading="Oplysninger om en anden person",
        sentence=lambda answers: _yes_or_no_sentence(answers.concerns_other_person),
    ),
    Question(
        "acted_twice",
        _yes_or_no("Har modtageren handlet to gange, for eksempel betalt to gange?"),
        label_for_many="Har modtagerne handlet to gange, for eksempel betalt to gange?",
        is_numbered=True,
        heading="Handlede to gange",
        sentence=lambda answers: _yes_or_no_sentence(answers.acted_twice),
    ),
]
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


def history_clause(answers: dict[str, str], conjunction: str) -> str:
    """Return for example «, at ændringen er skrevet på sagen (2020-0000000)» about a row of the history.

    `conjunction` is the beginning, for example «, at». "" if no question with such a clause was answered.
    """
    clauses = (
        question.history.format(_history_text(question, answers[question.name]))
        for question in QUESTIONS
        if question.history and answers.get(question.name)
    )
    return next((f"{conjunction} {clause}" for clause in clauses), "")


def _history_text(question: Question, answer: str) -> str:
    is_date = isinstance(question.field, DanishDateField)
    return danish.date(date.fromisoformat(answer)) if is_date else answer
