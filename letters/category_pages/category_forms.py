"""The form of a category rule."""

from collections.abc import Callable
from typing import Any, ClassVar

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Layout
from django import forms
from django.core.exceptions import ValidationError

from letters.categories import category_matching, category_rules
from letters.models import CategoryRule, Letter
from sepo_incident.accounts.models import Unit
from sepo_incident.core import danish
from sepo_incident.core.forms import FreeText, HintedRadios, OptionCards

Clock = CategoryRule.Clock

DEADLINE_CHOICES = [
    ("", "Ingen automatisk dato"),
    (Clock.MEETING, "Mødedatoen"),
    (Clock.HEARING, "Høringsfristen"),
    (Clock.PERIOD, "Et antal dage efter afsendelsen"),
    (Clock.FIXED, "Faste datoer hvert år"),
]
DEADLINE_HINTS = {
    "": "En dato i emnet gælder altid.",
    Clock.MEETING: "Datoen i emnet.",
    Clock.HEARING: "Datoen i emnet, ellers regnet fra afsendelsen.",
    Clock.FIXED: "Den næste efter afsendelsen.",
}
#: The extra field of every clock, and the clocks whose extra field is mandatory.
FIELD_BY_CLOCK = {Clock.HEARING: "hearing_length", Clock.PERIOD: "period_length", Clock.FIXED: "days"}
REQUIRED_MESSAGES = {Clock.PERIOD: "Skriv, hvor længe.", Clock.FIXED: "Skriv mindst én dato."}


class UnitChoiceField(forms.ModelChoiceField):
    def label_from_instance(self, unit: Any) -> str:
        return f"{unit.name} ({unit.parent.name})" if unit.parent else unit.name


class CategoryRuleForm(forms.ModelForm):
    #: Fields that set the deadline of letters, and fields that change no existing letter.
    CATEGORY_DEADLINE_FIELDS: ClassVar = frozenset({"clock", *FIELD_BY_CLOCK.values()})
    FIELDS_WITHOUT_EFFECT: ClassVar = frozenset({"source", "new_days", "version"})
    words = FreeText(
        label="Ord i emnet",
        required=False,
        max_length=category_matching.MAX_WORDS_LENGTH,
        help_text="Komma mellem ordene. tand* fanger tandlæge, *møde fanger netværksmøde.",
        error_messages={"max_length": "Skriv højst 1.000 tegn. Del ordene i to regler med det samme navn."},
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    unit = UnitChoiceField(
        label="Kun breve fra",
        queryset=Unit.objects.select_related("parent").in_order(),
        required=False,
        empty_label="Alle enheder",
    )
    recipient_kind = forms.ChoiceField(
        label="Kun breve til",
        required=False,
        choices=[("", "Alle modtagere"), *((kind.value, kind.label.capitalize()) for kind in Letter.RecipientKind)],
    )
    name = FreeText(
        label="Emneområdets navn",
        required=False,
        max_length=40,
        help_text="Uden navn sætter reglen kun mærker.",
        error_messages={"max_length": "Skriv højst 40 tegn."},
    )
    is_personnel = forms.BooleanField(label="Brevene er personalesager", required=False)
    has_deadline = forms.BooleanField(label="Brevene har en dato", required=False)
    clock = forms.ChoiceField(label="Brevenes dato", required=False, choices=DEADLINE_CHOICES, widget=HintedRadios)
    hearing_length = FreeText(
        label="Uden en dato i emnet (kan udelades)",
        required=False,
        help_text="For eksempel 10 arbejdsdage.",
    )
    period_length = FreeText(label="Hvor længe?", required=False, help_text="For eksempel 4 uger eller 10 arbejdsdage.")
    days = FreeText(label="Hvilke datoer?", required=False, help_text="For eksempel 1. december og 10. januar.")
    source = FreeText(
        label="Lovhenvisning",
        required=False,
        max_length=500,
        help_text="Vises på brevets side.",
        error_messages={"max_length": "Skriv højst 500 tegn."},
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    new_days = forms.IntegerField(
        label="Arbejdsdage til en ny dato",
        required=False,
        min_value=1,
        max_value=category_rules.MAX_DEADLINE_LENGTH,
        help_text="Forslag til et nyt brev, når datoen er passeret.",
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), "Skriv et tal fra 1 til 366."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "short"}),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = CategoryRule
        fields = (
            "words", "unit", "recipient_kind", "name", "is_personnel", "has_deadline", "clock", "source", "new_days",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["clock"].widget.hints = DEADLINE_HINTS
        rule = self.instance
        self.initial["days"] = danish.join_with_and(category_rules.format_days(rule))
        if length := category_rules.rule_length(rule):
            self.initial[FIELD_BY_CLOCK[Clock(rule.clock)]] = str(length)
        self.helper = FormHelper()
        self.helper.template = "dkfds/display_form.html"
        criteria = ("version", "words", "unit", "recipient_kind", "name", "is_personnel", "has_deadline")
        clock_cards = OptionCards("clock", under={clock: [name] for clock, name in FIELD_BY_CLOCK.items()})
        self.helper.layout = Layout(*criteria, Div(clock_cards, "source", "new_days", css_class="clock"))

    @property
    def can_be_counted(self) -> bool:
        """Tell whether the form has valid words, unit or recipient. The name may still be missing."""
        if not self.is_bound:
            return self.instance.pk is not None
        conditions = [self.cleaned_data.get(name) for name in ("words", "unit", "recipient_kind")]
        return any(conditions) and self.errors.keys().isdisjoint(("words", "unit", "recipient_kind"))

    def clean_words(self) -> str:
        written = ", ".join(self.cleaned_data["words"].splitlines())
        try:
            return written if category_matching.split_words(written) else ""
        except category_matching.InvalidWordsError as refusal:
            raise ValidationError(str(refusal)) from refusal

    def clean_hearing_length(self) -> category_rules.DeadlineLength | None:
        return self._read("hearing_length", category_rules.parse_length)

    def clean_period_length(self) -> category_rules.DeadlineLength | None:
        return self._read("period_length", category_rules.parse_length)

    def clean_days(self) -> list[str] | None:
        return self._read("days", category_rules.parse_days)

    def _read[Read](self, name: str, read: Callable[[str], Read]) -> Read | None:
        """Return the parsed field of the chosen clock. A field of a clock that is not chosen is ignored."""
        written = self.cleaned_data[name]
        if not written or FIELD_BY_CLOCK.get(self.cleaned_data.get("clock", "")) != name:
            return None
        try:
            return read(written)
        except category_rules.InvalidDeadlineError as refusal:
            raise ValidationError(str(refusal)) from refusal

    def clean(self) -> dict[str, Any]:
        """Set length and days of the rule together. Without a clock, source and new days are cleared too."""
        data: dict[str, Any] = super().clean() or {}
        clock = data.get("clock", "")
        extra_field = FIELD_BY_CLOCK.get(clock)
        if clock in REQUIRED_MESSAGES and extra_field and not data.get(extra_field) and extra_field not in self.errors:
            self.add_error(extra_field, REQUIRED_MESSAGES[clock])
        length = data.get("hearing_length") or data.get("period_length")
        self.instance.length, self.instance.length_unit = length or (None, "")
        self.instance.fixed_days = data.get("days") or []
        return data if clock else data | {"source": "", "new_days": None}

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if name.casefold() == category_rules.PERSONNEL_CATEGORY.casefold():
            raise ValidationError("Vælg et andet navn. Dette bruges om breve, man ikke må læse.")
        return name
