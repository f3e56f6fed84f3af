"""The kinds of incident, and everything that a kind sets: `KINDS` has one row for each kind.

A kind sets the questions of the decision, the ways to put a letter right, the default texts and the breach question.
Shared code reads the row, `incident.rules`, and never asks which kind it is. The names of questions and remedies are
those of `followups`; `tests/kinds/test_kind_rules.py` holds them together.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from django.db import models


class IncidentKind(models.TextChoices):
    NOT_ARRIVED = "NOT_ARRIVED", "Brevene kom ikke frem"
    WRONG_RECIPIENT = "WRONG_RECIPIENT", "Brevene kom til forkerte modtagere"


#: Names of the fields of a text, in braces there, that become the sentence of `Fault`, and its `short` words.
WHAT_WENT_WRONG = "hvad der gik galt"
WENT_WRONG_SHORT = "kort hvad der gik galt"


class Fault(NamedTuple):
    """What went wrong with the letters.

    - `short`: after «brevet», «det» or any number of «breve».
    - `one`, `many`: a sentence about one letter, and about several.
    """

    short: str
    one: str
    many: str


class Offer(NamedTuple):
    """A remedy that the form offers, with the words where they differ from the usual ones.

    `choice`: for the sender, for another, for the sender about many letters, for another about many letters.
    """

    hint: str = ""
    choice: tuple[str, str, str, str] | None = None


@dataclass(frozen=True, eq=False)
class KindRules:
    """All that a kind sets.

    - `fault`: what went wrong, where the incident has no words of its own.
    - `works_again`: what letters do again once the fault is fixed, after «Breve, der er sendt fra og med …,».
    - `questions`: the questions of the decision in order. A question inside another comes with it.
    - `labels`: other words for a question, {name: (about one letter, about many)}.
    - `remedies`: the ways to put a letter right, in order.
    - `breach`: what is known about a breach of personal data before anybody reports one. "" raises no question.
    - `texts`: folder of the default texts. A mail that the folder lacks is the usual one; a recipient's draft that it
      lacks is the folder's draft for all other subjects.
    - `guide`: template of the guide's section about the decision.
    """

    fault: Fault
    works_again: str
    questions: tuple[str, ...]
    remedies: Mapping[str, Offer]
    guide: str
    labels: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    breach: str = ""
    texts: str = ""


USUAL_QUESTIONS = ("remedy", "deadline_missed", "consequence_review", "journalised", "note")

KINDS: dict[IncidentKind, KindRules] = {
    IncidentKind.NOT_ARRIVED: KindRules(
        Fault(
            short="kom aldrig frem",
            one="Brevet kom aldrig frem til modtagerens e-Boks.",
            many="Brevene kom aldrig frem til modtagernes e-Boks.",
        ),
        works_again="kommer frem",
        questions=USUAL_QUESTIONS,
        remedies=dict.fromkeys(("RESEND", "NEW_LETTER", "RESEND_AND_NEW", "PAPER", "NO_DISPATCH"), Offer()),
        guide="help/decisions/not_arrived.html",
    ),
    IncidentKind.WRONG_RECIPIENT: KindRules(
        Fault(
            short="kom til en forkert modtager",
            one="Brevet kom til en forkert modtager.",
            many="Brevene kom til forkerte modtagere.",
        ),
        works_again="kommer til de rigtige modtagere",
        questions=("deletion", *USUAL_QUESTIONS),
        labels={
            "deadline_missed": (
                "Er en frist eller et møde passeret, fordi brevet kom til en anden?",
                "Er en frist eller et møde passeret, fordi brevene kom til andre?",
            )
        },
        remedies={
            "RESEND": Offer(
                choice=(
                    "Jeg sender brevet til den rigtige modtager",
                    "Brevet sendes til den rigtige modtager",
                    "Jeg sender brevene til de rigtige modtagere",
                    "Brevene sendes til de rigtige modtagere",
                )
            ),
            "NEW_LETTER": Offer(
                choice=(
                    "Jeg skriver et nyt brev til den rigtige modtager",
                    "Der skrives et nyt brev til den rigtige modtager",
                    "Jeg skriver nye breve til de rigtige modtagere",
                    "Der skrives nye breve til de rigtige modtagere",
                )
            ),
            "NO_DISPATCH": Offer("Den rigtige modtager har fået besked, eller brevet er uden betydning nu."),
        },
        breach="Breve kom til forkerte modtagere.",
        texts="wrong_recipient",
        guide="help/decisions/wrong_recipient.html",
    ),
}
#: The rules where no incident is known.
USUAL_RULES = KINDS[IncidentKind.NOT_ARRIVED]
