"""The form of a rule."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from letters.categories import defaults, words
from letters.models import CategoryRule, Letter
from sepo_incident.accounts.models import Unit
from sepo_incident.forms import FreeText


class UnitChoice(forms.ModelChoiceField):
    def label_from_instance(self, unit: Any) -> str:
        return f"{unit.name} ({unit.parent.name})" if unit.parent else unit.name


class RuleForm(forms.ModelForm):
    words = FreeText(
        label="Ord i emnet",
        required=False,
        max_length=words.LONGEST,
        help_text="Skriv komma mellem ordene. * står for hvad som helst: tand* fanger tandlæge, *møde netværksmøde.",
        error_messages={"max_length": "Skriv højst 1.000 tegn. Del ordene i to regler med det samme navn."},
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    unit = UnitChoice(
        label="Kun breve fra enheden, og dem under den",
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
        help_text="Det står på enhedernes sider. Flere regler må have det samme. Uden navn sætter reglen kun mærker.",
        error_messages={"max_length": "Skriv højst 40 tegn."},
    )
    is_personnel = forms.BooleanField(label="Brevene er personalesager, og emnet er skjult for andre", required=False)
    has_deadline = forms.BooleanField(label="Brevene har en frist", required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = CategoryRule
        fields = ("words", "unit", "recipient_kind", "name", "is_personnel", "has_deadline")

    @property
    def can_be_counted(self) -> bool:
        """Does it say what to catch? It may still lack a name."""
        if not self.is_bound:
            return self.instance.pk is not None
        said = [self.cleaned_data.get(name) for name in ("words", "unit", "recipient_kind")]
        return any(said) and self.errors.keys().isdisjoint(("words", "unit", "recipient_kind"))

    def clean_words(self) -> str:
        written = ", ".join(self.cleaned_data["words"].splitlines())
        try:
            return written if words.split(written) else ""
        except words.UnusableError as refusal:
            raise ValidationError(str(refusal)) from refusal

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if name.casefold() == defaults.PERSONNEL.casefold():
            raise ValidationError("Det navn står for de breve, man ikke må læse. Vælg et andet.")
        return name
