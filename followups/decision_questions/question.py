"""A question of the decision form, and the words of the remedies."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Any, NamedTuple

from django import forms

from followups.models import FollowUp
from followups.models.answers import HELP, DecisionAnswers
from sepo_incident.core.forms import FreeText

Remedy = FollowUp.Remedy


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
        hint="",
        history=" at sende det samme brev igen og skrive et nyt",
        sent="Brevet er sendt igen, og et nyt brev er sendt",
        unsent="Brevet sendes igen sammen med et nyt, men de er ikke sendt endnu",
    ),
    Remedy.PAPER: RemedyWords(
        Wording(
            "Jeg sender brevet på papir",
            "Brevet sendes på papir",
            "Jeg sender brevene på papir",
            "Brevene sendes på papir",
        ),
        hint="Modtageren kan ikke få Digital Post.",
        history=" at sende brevet på papir",
        sent="Brevet er sendt på papir",
        unsent="Brevet sendes på papir, men er ikke sendt endnu",
    ),
    Remedy.NO_DISPATCH: RemedyWords(
        Wording(
            "Brevet skal ikke sendes igen",
            "Brevet skal ikke sendes igen",
            "Brevene skal ikke sendes igen",
            "Brevene skal ikke sendes igen",
        ),
        hint="Modtageren har fået besked, eller brevet er uden betydning nu.",
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


YES, NO, NOT_NEEDED = "ja", "nej", "ikke-noedvendigt"
NO_NAMES_HINT = "Skriv kort, uden navne, CPR-numre og helbredsoplysninger."


class Condition(NamedTuple):
    """When a question is asked: the parent question has one of the answers."""

    parent: str
    answers: tuple[str, ...]


#: The condition of the numbered questions: a remedy is chosen, so nobody asks for help.
IF_DECIDED = Condition("remedy", tuple(str(remedy) for remedy in REMEDIES))


class Days(Enum):
    """The days that a date may be. Every date lies within the plausible dates of the incident."""

    ANY = "any"
    UNTIL_TODAY = "until today"
    FROM_TODAY = "from today"

    def within(self, first: date, last: date, today: date) -> tuple[date, date]:
        """Return the first and last day, of the plausible days from `first` to `last`."""
        return (today if self == Days.FROM_TODAY else first, today if self == Days.UNTIL_TODAY else last)


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
    - `days`: the days that a date may be.
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
    days: Days = Days.ANY

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


def yes_or_no_field(label: str, no: str = "Nej") -> forms.ChoiceField:
    return radio_field(label, [(YES, "Ja"), (NO, no)], "Svar ja eller nej.")


def radio_field(
    label: str, choices: Sequence[tuple[str, str]], missing: str = "Vælg et af svarene.", help_text: str = ""
) -> forms.ChoiceField:
    messages = {"required": missing}
    return forms.ChoiceField(
        label=label, choices=choices, help_text=help_text, widget=forms.RadioSelect, error_messages=messages
    )


def long_text_field(label: str, max_length: int, missing: str = "", help_text: str = NO_NAMES_HINT) -> FreeText:
    field = FreeText(label=label, help_text=help_text, max_length=max_length, error_messages={"required": missing})
    # Set afterwards: with a maxlength on the widget, the browser would cut a longer text that is pasted.
    field.widget = forms.Textarea(attrs={"rows": 3, "class": "wide"})
    return field
