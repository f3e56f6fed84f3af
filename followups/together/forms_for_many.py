"""The decision form about many letters: the same questions, but for those that only one letter can answer."""

from __future__ import annotations

from typing import Any

from followups.answers import HELP
from followups.forms import REMEDY_HINTS, DecisionForm, Remedy, Review, helper_for

REMEDIES = [
    (Remedy.RESEND, "Jeg sender de samme breve igen"),
    (Remedy.NEW_LETTER, "Jeg skriver nye breve"),
    (Remedy.NO_DISPATCH, "Brevene skal ikke sendes igen"),
]
#: the same from somebody who decides for others
REMEDIES_OF_ANOTHER = [
    (Remedy.RESEND, "De samme breve bliver sendt igen"),
    (Remedy.NEW_LETTER, "Der bliver skrevet nye breve"),
    (Remedy.NO_DISPATCH, "Brevene skal ikke sendes igen"),
]
REMEDY_LABEL = {True: "1. Hvad gør du med brevene?", False: "1. Hvad skal der ske med brevene?"}
LABELS = {
    "is_resent": "Er brevene sendt igen?",
    "is_new_sent": "Er de nye breve sendt?",
    "deadline_missed": "2. Er en frist eller et møde passeret, mens brevene var væk?",
    "missed_on": "Dato i de gamle breve",
    "new_deadline": "Dato i de nye breve (kan udelades)",
    "journalised": "4. Er ændringen skrevet på sagen?",
    "record_number": "Journalnummer, når alle brevene hører til samme sag",
}
HINTS = {
    "deadline_missed": "Har brevene hver sin dato, så beslut om dem et for et.",
    "consequence_review": "Er nogen kommet i klemme, så beslut om det brev for sig.",
}
#: what only one letter can answer
OF_ONE = ("version", "question", "parties", "severity", "consequence_text", "amount", "is_handled", "handled_text")


class ManyForm(DecisionForm):
    def __init__(self, *args: Any, is_own: bool = True, **kwargs: Any):
        super().__init__(*args, may_ask=False, is_own=is_own, **kwargs)
        for name in OF_ONE:
            del self.fields[name]
        for name, label in (LABELS | {"remedy": REMEDY_LABEL[is_own]}).items():
            self.fields[name].label = label
        for name, hint in HINTS.items():
            self.fields[name].help_text = hint
        self.fields["remedy"].choices = REMEDIES if is_own else REMEDIES_OF_ANOTHER  # type: ignore[attr-defined]
        self.fields["remedy"].widget.hints = {remedy: hint for remedy, hint in REMEDY_HINTS.items() if remedy != HELP}
        review = self.fields["consequence_review"]
        review.choices = [way for way in review.choices if way[0] != Review.FOUND]  # type: ignore[attr-defined]
        self.helper = helper_for(about_many=True)
