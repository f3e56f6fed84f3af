"""The remedies: the words of the choices in the decision form, of the history and of the summary."""

from __future__ import annotations

from typing import NamedTuple

from followups.models import FollowUp
from followups.models.answers import HELP

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
