"""Decision form: five questions, some of which open after an answer.

CSS alone opens the questions, so the browser also sends answers to hidden questions; ``clean`` ignores such answers.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

from crispy_forms.bootstrap import InlineCheckboxes, InlineRadios
from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Div, Layout
from django import forms
from django.core.exceptions import ValidationError

from followups.models import Consequence, FollowUp
from followups.models.answers import HELP, DecisionAnswers
from followups.rules.due_dates import DeadlineProposal
from sepo_incident.core import danish
from sepo_incident.core.forms import ConditionalQuestion, DanishDateField, FreeText, HintedRadios, OptionCards

Remedy, Review = FollowUp.Remedy, FollowUp.ConsequenceReview

YES, NO, NOT_NEEDED = "ja", "nej", "ikke-noedvendigt"
YES_NO_CHOICES = [(YES, "Ja"), (NO, "Nej")]
SENT_CHOICES = [(YES, "Ja"), (NO, "Nej, jeg sender det senere")]
SENT_CHOICES_OF_ANOTHER = [(YES, "Ja"), (NO, "Nej, det bliver sendt senere")]
REMEDY_CHOICES = [
    (Remedy.RESEND, "Jeg sender det samme brev igen"),
    (Remedy.NEW_LETTER, "Jeg skriver et nyt brev"),
    (Remedy.NO_DISPATCH, "Brevet skal ikke sendes igen"),
    (HELP, "Jeg har brug for hjælp til at afgøre det"),
]
#: The same choices for a leader, who does not send the letter.
REMEDY_CHOICES_OF_ANOTHER = [
    (Remedy.RESEND, "Det samme brev bliver sendt igen"),
    (Remedy.NEW_LETTER, "Der bliver skrevet et nyt brev"),
    (Remedy.NO_DISPATCH, "Brevet skal ikke sendes igen"),
    (HELP, "Jeg har brug for hjælp til at afgøre det"),
]
LABELS_OF_ANOTHER = {
    "remedy": "1. Hvad skal der ske med brevet?",
}
REMEDY_HINTS = {
    Remedy.RESEND: "Indholdet passer stadig, også datoerne.",
    Remedy.NEW_LETTER: "Noget skal være anderledes, for eksempel en frist.",
    Remedy.NO_DISPATCH: "Modtageren har fået besked på en anden måde, eller brevet betyder ikke noget mere.",
}
HELP_HINT = {
    False: "Vi sender dit spørgsmål til DIT, som svarer dig her.",
    True: "Det er en personalesag, så dit spørgsmål går til Personalejura og Forhandling.",
}
NO_NAMES_HINT = "Skriv kort. Skriv ikke navne, CPR-numre eller helbredsoplysninger."

#: Hint under the choice to send the same letter again; the choice stays possible.
PASSED_DATE_HTML = (
    '<p class="doubt">{{% icon "warning" %}}<span>Datoen {} er passeret. Passer brevet stadig? '
    "Ellers skal der skrives et nyt.</span></p>"
)

#: Hint under the date of the new letter; only the button fills the date in.
PROPOSED_DATE_HTML = (
    '<p class="small after">{{ form.proposal }} <button class="linkish" type="button" hidden '
    'data-date="{{ form.proposal.new_deadline|date:"j n Y" }}" data-at="id_new_deadline">Brug den</button></p>'
)

DECIDING_REMEDIES = (Remedy.RESEND, Remedy.NEW_LETTER, Remedy.NO_DISPATCH)
#: Question → (parent question, answers that open the question).
OPENED_BY: dict[str, tuple[str, tuple[str, ...]]] = {
    "is_resent": ("remedy", (Remedy.RESEND,)),
    "is_new_sent": ("remedy", (Remedy.NEW_LETTER,)),
    "no_dispatch_reason": ("remedy", (Remedy.NO_DISPATCH,)),
    "question": ("remedy", (HELP,)),
    "deadline_missed": ("remedy", DECIDING_REMEDIES),
    "missed_on": ("deadline_missed", (YES,)),
    "new_deadline": ("deadline_missed", (YES,)),
    "consequence_review": ("remedy", DECIDING_REMEDIES),
    "parties": ("consequence_review", (Review.FOUND,)),
    "severity": ("consequence_review", (Review.FOUND,)),
    "consequence_text": ("consequence_review", (Review.FOUND,)),
    "is_handled": ("consequence_review", (Review.FOUND,)),
    "handled_text": ("is_handled", (YES,)),
    "amount": ("consequence_review", (Review.FOUND,)),
    "journalised": ("remedy", DECIDING_REMEDIES),
    "record_number": ("journalised", (YES,)),
    "no_record_reason": ("journalised", (NOT_NEEDED,)),
    "note": ("remedy", DECIDING_REMEDIES),
}
#: Error when a shown question must be answered and is not; the error summary puts the question before the text.
REQUIRED_MESSAGES = {
    "is_resent": "Svar ja eller nej.",
    "is_new_sent": "Svar ja eller nej.",
    "no_dispatch_reason": "Skriv en begrundelse.",
    "question": "Skriv dit spørgsmål.",
    "deadline_missed": "Svar ja eller nej.",
    "missed_on": "Skriv en dato.",
    "consequence_review": "Vælg et af svarene.",
    "parties": "Vælg mindst én.",
    "severity": "Vælg et af svarene.",
    "consequence_text": "Skriv det kort.",
    "is_handled": "Svar ja eller nej.",
    "handled_text": "Skriv, hvad der er gjort.",
    "record_number": "Skriv journalnummeret.",
    "no_record_reason": "Skriv en begrundelse.",
}


class KronerField(forms.Field):
    """Amount in Danish notation: 1250 · 1.250 · 1.250,50 · 1250 kr."""

    AMOUNT = re.compile(r"(\d{1,10}|\d{1,3}(?:\.\d{3}){1,3})(?:,(\d{1,2}))?")

    def to_python(self, value: Any) -> Decimal | None:
        text = re.sub(r"\s|kr\.?$", "", str(value or "").lower())
        if not text:
            return None
        found = self.AMOUNT.fullmatch(text)
        if found is None:
            raise ValidationError("Skriv beløbet med tal, for eksempel 1.250 eller 1.250,50.")
        return Decimal(f"{found[1].replace('.', '')}.{found[2] or 0}")

    def prepare_value(self, value: Any) -> Any:
        return f"{value:f}".replace(".", ",") if isinstance(value, Decimal) else value


class DecisionForm(forms.Form):
    """Decision about a letter, or the question for a desk."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    correction_reason = FreeText(
        label="Hvorfor skal den bekræftede beslutning rettes?",
        help_text=NO_NAMES_HINT,
        widget=forms.Textarea(attrs={"rows": 3, "class": "wide"}),
        max_length=1000,
        error_messages={"required": "Skriv en begrundelse."},
    )
    remedy = forms.ChoiceField(
        label="1. Hvad gør du med brevet?",
        choices=REMEDY_CHOICES,
        widget=HintedRadios,
        error_messages={"required": "Vælg en af mulighederne."},
    )
    is_resent = forms.ChoiceField(label="Er brevet sendt igen?", choices=SENT_CHOICES, widget=forms.RadioSelect)
    is_new_sent = forms.ChoiceField(label="Er det nye brev sendt?", choices=SENT_CHOICES, widget=forms.RadioSelect)
    no_dispatch_reason = FreeText(label="Hvorfor ikke?", max_length=1000)
    question = FreeText(label="Hvad er du i tvivl om?", help_text=NO_NAMES_HINT, max_length=1000)
    deadline_missed = forms.ChoiceField(
        label="2. Er en frist eller et møde passeret, mens brevet var væk?",
        choices=YES_NO_CHOICES,
        widget=forms.RadioSelect,
    )
    missed_on = DanishDateField(label="Dato i det gamle brev")
    new_deadline = DanishDateField(
        label="Dato i det nye brev (kan udelades)",
        help_text="Giv modtageren lige så lang tid som før. En klagefrist begynder først, når brevet er kommet frem.",
    )
    consequence_review = forms.ChoiceField(
        label="3. Har fejlen fået følger for nogen?",
        choices=[(Review.FOUND, "Ja"), (Review.NONE, "Nej"), (Review.UNKNOWN, "Det ved jeg ikke endnu")],
        widget=forms.RadioSelect,
    )
    parties = forms.MultipleChoiceField(
        label="For hvem?",
        choices=[(Consequence.Party.RECIPIENT, "Modtageren"), (Consequence.Party.MUNICIPALITY, "Kommunen")],
        widget=forms.CheckboxSelectMultiple,
    )
    severity = forms.ChoiceField(
        label="Hvor meget betyder det?",
        choices=[(value, label.capitalize()) for value, label in Consequence.Severity.choices],
        widget=forms.RadioSelect,
    )
    consequence_text = FreeText(label="Hvad er der sket?", help_text=NO_NAMES_HINT, max_length=2000)
    amount = KronerField(label="Beløb i kroner (kan udelades)")
    is_handled = forms.ChoiceField(
        label="Er der taget hånd om det?", choices=[(YES, "Ja"), (NO, "Ikke endnu")], widget=forms.RadioSelect
    )
    handled_text = FreeText(label="Hvad er der gjort?", help_text=NO_NAMES_HINT, max_length=2000)
    journalised = forms.ChoiceField(
        label="4. Er ændringen skrevet på sagen?",
        help_text="Svar, når noget er ændret: et nyt brev er sendt, eller der er en ny dato.",
        choices=[(YES, "Ja"), (NOT_NEEDED, "Ikke nødvendigt")],
        widget=forms.RadioSelect,
    )
    record_number = FreeText(label="Journalnummer", max_length=60)
    no_record_reason = FreeText(label="Hvorfor er det ikke nødvendigt?", help_text=NO_NAMES_HINT, max_length=1000)
    note = FreeText(label="Bemærkning (kan udelades)", help_text=NO_NAMES_HINT, max_length=2000)

    def __init__(
        self,
        *args: Any,
        is_personnel_case: bool = False,
        may_ask: bool = True,
        is_own: bool = True,
        passed_on: date | None = None,
        proposal: DeadlineProposal | None = None,
        between: tuple[date, date] | None = None,
        corrects: bool = False,
        **kwargs: Any,
    ):
        """Build the form for a reader and a letter.

        - ``may_ask``: offer the choice to ask for help.
        - ``is_own``: the sender fills the form in, not a leader.
        - ``passed_on``: the letter's own date if it has passed.
        - ``proposal``: a new date instead of ``passed_on``.
        - ``between``: first and last day allowed for dates in the form.
        - ``corrects``: the leader has confirmed, so the form asks why the decision changes.
        """
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        if not corrects:
            del self.fields["correction_reason"]
        for name in OPENED_BY:
            self.fields[name].required = False
        for name in ("no_dispatch_reason", "question", "consequence_text", "handled_text", "no_record_reason", "note"):
            self.fields[name].widget = forms.Textarea(attrs={"rows": 3, "class": "wide"})
        for name in ("missed_on", "new_deadline"):
            self.fields[name].between = between  # type: ignore[attr-defined]
        self.fields["record_number"].widget.attrs["class"] = "short"
        self.fields["amount"].widget.attrs |= {"class": "short", "inputmode": "decimal"}
        ways = REMEDY_CHOICES if is_own else REMEDY_CHOICES_OF_ANOTHER
        self.fields["remedy"].choices = [way for way in ways if may_ask or way[0] != HELP]  # type: ignore[attr-defined]
        self.fields["remedy"].widget.hints = REMEDY_HINTS | {HELP: HELP_HINT[is_personnel_case]}
        if not is_own:
            self._use_wording_of_another()
        self.proposal = proposal  # the text has words from a person, so it is no part of a template
        self.helper = build_form_helper(passed_on, proposes=proposal is not None, corrects=corrects)

    def _use_wording_of_another(self) -> None:
        for name, label in LABELS_OF_ANOTHER.items():
            self.fields[name].label = label
        for name in ("is_resent", "is_new_sent"):
            self.fields[name].choices = SENT_CHOICES_OF_ANOTHER  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Drop answers to hidden questions; then require and check the remaining answers."""
        data: dict[str, Any] = super().clean() or {}
        for name, (above, opening) in OPENED_BY.items():
            if data.get(above) not in opening:
                data[name] = None
                self.errors.pop(name, None)
            elif name in REQUIRED_MESSAGES and not data.get(name) and name not in self.errors:
                self.add_error(name, REQUIRED_MESSAGES[name])
        old, new = data.get("missed_on"), data.get("new_deadline")
        if old and new and new <= old:
            self.add_error("new_deadline", "Den nye dato skal ligge efter datoen i det gamle brev.")
        is_sent = YES in (data.get("is_resent"), data.get("is_new_sent"))
        if (
            not data.get("journalised")
            and DecisionAnswers(data.get("remedy") or "", is_sent, new_deadline=new).lacks_record_answer
        ):
            self.add_error("journalised", "Svar, om ændringen er skrevet på sagen.")
        return data

    @property
    def answers(self) -> DecisionAnswers:
        """Return the answers of the valid form."""
        data = self.cleaned_data
        missed = data["deadline_missed"]
        return DecisionAnswers(
            remedy=data["remedy"],
            is_sent=YES in (data["is_resent"], data["is_new_sent"]),
            no_dispatch_reason=data["no_dispatch_reason"] or "",
            question=data["question"] or "",
            deadline_missed=missed == YES if missed else None,
            missed_on=data["missed_on"],
            new_deadline=data["new_deadline"],
            consequence_review=data["consequence_review"] or "",
            parties=tuple(data["parties"] or ()),
            severity=data["severity"] or "",
            consequence_text=data["consequence_text"] or "",
            amount=data["amount"],
            is_handled=data["is_handled"] == YES,
            handled_text=data["handled_text"] or "",
            is_journalised=data["journalised"] == YES,
            record_number=data["record_number"] or "",
            no_record_reason=data["no_record_reason"] or "",
            note=data["note"] or "",
        )


def initial_from_due_date(due_on: date | None, passed_on: date | None) -> dict[str, Any]:
    """Return initial values for an undecided letter: the letter's own date, and whether the date has passed."""
    return {"missed_on": due_on} | ({"deadline_missed": YES} if passed_on else {})


def initial_from_answers(answers: DecisionAnswers) -> dict[str, Any]:
    """Return initial values from a decision in the history: the inverse of ``DecisionForm.answers``."""
    is_sent = YES if answers.is_sent else NO
    missed = {True: YES, False: NO, None: ""}[answers.deadline_missed]
    same = ("no_dispatch_reason", "question", "missed_on", "new_deadline", "consequence_review", "severity")
    also = ("consequence_text", "amount", "handled_text", "record_number", "no_record_reason", "note", "remedy")
    # an old decision may have only the boolean or only the number
    is_on_record = answers.is_journalised or answers.record_number
    return {name: getattr(answers, name) for name in same + also} | {
        "is_resent": is_sent if answers.remedy == Remedy.RESEND else "",
        "is_new_sent": is_sent if answers.remedy == Remedy.NEW_LETTER else "",
        "deadline_missed": missed,
        "is_handled": (YES if answers.is_handled else NO) if answers.consequence_review == Review.FOUND else "",
        "journalised": YES if is_on_record else NOT_NEEDED if answers.no_record_reason else "",
        "parties": list(answers.parties),
    }


def build_form_helper(
    passed_on: date | None = None, *, proposes: bool = False, corrects: bool = False, about_many: bool = False
) -> FormHelper:
    """Return the layout with questions in page order. The template holds form tag, CSRF token, summary and buttons."""
    helper = FormHelper()
    helper.template = "dkfds/display_form.html"
    harm: list[Any] = (
        []
        if about_many
        else [
            InlineCheckboxes("parties"),
            InlineRadios("severity"),
            "consequence_text",
            "amount",
            ConditionalQuestion("is_handled", "handled_text"),
        ]
    )
    watched = HTML(
        '<p class="small muted">Brevet er først i sikkerhed, når der er bevis for, at det er kommet frem. '
        "Det skriver du på brevets side.</p>"
    )
    doubt = [HTML(PASSED_DATE_HTML.format(danish.day_month(passed_on)))] if passed_on else []
    new = [HTML(PROPOSED_DATE_HTML)] if proposes else []
    helper.layout = Layout(
        *([] if about_many else ["version"]),
        *([Div("correction_reason", css_class="block")] if corrects else []),
        OptionCards(
            "remedy",
            under={
                Remedy.RESEND: [*doubt, InlineRadios("is_resent"), watched],
                Remedy.NEW_LETTER: [InlineRadios("is_new_sent"), watched],
                Remedy.NO_DISPATCH: ["no_dispatch_reason"],
                **({} if about_many else {HELP: ["question"]}),
            },
        ),
        Div(
            ConditionalQuestion("deadline_missed", "missed_on", "new_deadline", *new, opens_on=(YES,)),
            ConditionalQuestion(
                "consequence_review",
                *harm,
                opens_on=(Review.FOUND,),
            ),
            ConditionalQuestion("journalised", "record_number", otherwise=["no_record_reason"]),
            Div("note", css_class="q"),
            css_class="unless-help",
        ),
    )
    return helper
