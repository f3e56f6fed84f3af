"""What a letter is about, as those who know it may say on its page."""

from __future__ import annotations

from typing import Any

from django import forms

from followups import duties
from letters.categories import editing
from letters.models import Letter
from sepo_incident.accounts.models import User

READ_BY_FEW = "I en personalesag kan kun afsenderen, brevets leder og Personalejura læse emnet."
LEAVES_SIGHT = (
    "Fjerner du krydset, kan Personalejura ikke se brevet mere. Er det alligevel en personalesag, kan afsenderen, "
    "brevets leder eller Koncern IT sætte krydset igen."
)
FOR_GOOD = f"{READ_BY_FEW} Sætter du krydset, er det også kun dem, der kan fjerne det igen."


class ClassifyForm(forms.Form):
    """The names of the incident's rules, and the one the letter has. Only some may say that it is a personnel case, and
    Koncern IT only that it is one; ``advice`` says what the tick does."""

    category = forms.ChoiceField(label="Emneområde")
    is_personnel_case = forms.BooleanField(label="Det er en personalesag", required=False)

    def __init__(self, data: Any, letter: Letter, reader: User):
        super().__init__(data, initial={"category": letter.category, "is_personnel_case": letter.is_personnel_case})
        names = dict.fromkeys([letter.category, *editing.names(letter.incident)])
        self.fields["category"].choices = [(name, name or "Intet") for name in names]  # type: ignore[attr-defined]
        self.fields["category"].required = bool(letter.category)
        self.says_both = duties.may_say_personnel(reader, letter)
        self.advice = FOR_GOOD
        if self.says_both:
            self.advice = LEAVES_SIGHT if letter.leaves_sight_of(reader) else READ_BY_FEW
        elif not duties.may_make_personnel(reader, letter):
            del self.fields["is_personnel_case"]

    @property
    def said(self) -> tuple[str, bool | None]:
        """(category or "", is it a personnel case); None where that was not asked, or is not theirs to deny."""
        is_one = self.cleaned_data.get("is_personnel_case")
        return self.cleaned_data["category"], is_one if self.says_both else is_one or None


def form_for(letter: Letter, reader: User) -> ClassifyForm | None:
    """The form on the page of a letter; ``None`` for who may not."""
    return ClassifyForm(None, letter, reader) if duties.may_classify(reader, letter) else None
