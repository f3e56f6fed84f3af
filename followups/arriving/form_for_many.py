"""What is asked once about many letters that were sent again the same day in the same way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from crispy_forms.layout import Div, Layout

from followups.arriving.forms import UNKNOWN, ArrivalForm
from followups.arriving.recording_many import newest_among
from followups.arriving.standing import sent_on_of
from followups.forms import YES
from followups.models import Arrival, FollowUp
from sepo_incident.forms import Asks

LABELS = {
    "sent_on": "Hvornår blev brevene sendt igen?",
    "way": "Hvordan blev de sendt?",
    "has_arrived": "Er de kommet frem?",
    "arrived_on": "Hvornår kom de frem?",
}
#: what only one letter can say
OF_ONE = ("remedy", "file")


class ArrivalsForm(ArrivalForm):
    """``followups``: of the letters, at least one. Whether one of them did not arrive is said on its own page.
    ``seen``: the id of the newest that stood on any of them when the form was made, 0 for none.
    """

    how_one_knows = "Skriv, hvordan du ved det."

    def __init__(self, followups: Sequence[FollowUp], newest: Mapping[int, Arrival], today: date, data: Any = None):
        super().__init__(followups[0], newest.get(followups[0].pk), today, data)
        for name in OF_ONE:
            del self.fields[name]
        for name, label in LABELS.items():
            self.fields[name].label = label
        answers = self.fields["has_arrived"]
        answers.choices = [(YES, "Ja, alle"), (UNKNOWN, "Det ved jeg ikke endnu")]  # type: ignore[attr-defined]
        answers.help_text = f"{answers.help_text} Er et af dem ikke kommet frem, så skriv det på brevets egen side."
        self.fields["text"].help_text = self.fields["text"].help_text.replace("modtageren", "modtagerne")
        self.initial["seen"] = newest_among(newest)
        days = {sent_on_of(one, newest.get(one.pk)) for one in followups}
        self.initial["sent_on"] = days.pop() if len(days) == 1 else None
        asked = Asks("has_arrived", "arrived_on", opens_on=(YES,))
        self.helper.layout = Layout("seen", "sent_on", "way", asked, Div("text", css_class="q"))

    def clean(self) -> dict[str, Any]:
        return super().clean() | {"file": None}
