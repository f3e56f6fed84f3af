"""The kinds of incident, and everything that a kind sets: `KINDS` has one row for each kind.

A kind sets the questions of the decision, the ways to put a letter right, the default texts and the clocks, and nothing
else. Shared code reads the row, `incident.rules`, and never asks which kind it is. The names of questions, remedies and
answers are those of `followups`; `tests/kinds/test_kind_rules.py` holds them together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import models


class IncidentKind(models.TextChoices):
    NOT_ARRIVED = "NOT_ARRIVED", "Brevene kom ikke frem"
    LATE = "LATE", "Brevene kom for sent frem"
    WRONG_RECIPIENT = "WRONG_RECIPIENT", "Brevene kom til forkerte modtagere"
    WRONG_CONTENT = "WRONG_CONTENT", "Brevene havde forkert indhold"
    SENT_TWICE = "SENT_TWICE", "Brevene blev sendt to gange"


#: Name of the field of a text, in braces there, that becomes `Phrases.sentence`.
WHAT_WENT_WRONG = "hvad der gik galt"


class Phrases(NamedTuple):
    """What went wrong, in the forms that sentences need.

    - `short`: after «brevet» or any number of «breve».
    - `full`: after «brevet», where there is room.
    - `front`: after «sikker post fra kommunen» or «breve», where there is room.
    - `mail`: a sentence of a mail, about one letter and about several.
    - `note`: after the days, with {} for the number of letters.
    - `title`: the letters of the incident, as the title of the note.
    - `told`: what the first notice must tell, «at …», and a pattern that finds it in a text that KIT has written.
    """

    short: str
    full: str
    front: str
    mail: tuple[str, str]
    note: str
    title: str
    told: tuple[str, str]

    def sentence(self, *, is_one: bool) -> str:
        """Return what went wrong as a sentence of a mail, about one letter or about several."""
        about_one, about_several = self.mail
        return about_one if is_one else about_several


class Offer(NamedTuple):
    """A remedy that the form offers, with the words where they differ from the usual ones.

    `choice`: for the sender, for another, for the sender about many letters, for another about many letters.
    """

    hint: str = ""
    choice: tuple[str, str, str, str] | None = None


class BreachQuestion(NamedTuple):
    """The kind asks whether personal data was breached, although nobody has reported it.

    `text` is what is known. `answer`: the field of the decision that raises the question when it is «ja»; "" if the
    question stands from the day on which the incident was created.
    """

    text: str
    answer: str = ""


@dataclass(frozen=True, eq=False)
class KindRules:
    """All that a kind sets.

    - `questions`: the questions of the decision in order. A question inside another comes with it.
    - `labels`: other words for a question, {name: (about one letter, about many)}.
    - `remedies`: the ways to put a letter right, in order.
    - `initial`: answers that the empty form already holds.
    - `date_was_missed`: a passed date of the letter's own means that the recipient missed it.
    - `texts`: folder of the default texts. A mail that the folder lacks is the usual one; a recipient's draft that it
      lacks is the folder's draft for all other subjects.
    - `guide`: template of the guide's section about the decision.
    """

    phrases: Phrases
    questions: tuple[str, ...]
    remedies: Mapping[str, Offer]
    guide: str
    labels: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    initial: Mapping[str, Any] = field(default_factory=dict)
    date_was_missed: bool = True
    breach: BreachQuestion | None = None
    texts: str = ""


USUAL_QUESTIONS = ("remedy", "deadline_missed", "consequence_review", "journalised", "note")

KINDS: dict[IncidentKind, KindRules] = {
    IncidentKind.NOT_ARRIVED: KindRules(
        Phrases(
            short="kom aldrig frem",
            full="kom aldrig frem til modtagerens e-Boks",
            front="nåede ikke modtagernes e-Boks",
            mail=("Brevet kom aldrig frem til modtagerens e-Boks.", "Brevene kom aldrig frem til modtagernes e-Boks."),
            note="kom {} ikke frem til modtagernes e-Boks",
            title="Breve, der ikke kom frem til e-Boks",
            told=("at brevene ikke kom frem", r"(ikke|aldrig) .{0,30}(frem|e-boks)|ligger ikke"),
        ),
        questions=USUAL_QUESTIONS,
        remedies={"RESEND": Offer(), "NEW_LETTER": Offer(), "RESEND_AND_NEW": Offer(), "NO_DISPATCH": Offer()},
        guide="help/decisions/not_arrived.html",
    ),
    IncidentKind.LATE: KindRules(
        Phrases(
            short="kom for sent frem",
            full="kom for sent frem til modtageren",
            front="kom for sent frem",
            mail=("Brevet kom for sent frem til modtageren.", "Brevene kom for sent frem til modtagerne."),
            note="kom {} for sent frem til modtagerne",
            title="Breve, der kom for sent frem",
            told=("at brevene kom for sent frem", r"for sent|forsinke"),
        ),
        questions=("arrived_late_on", *USUAL_QUESTIONS),
        labels={
            "deadline_missed": (
                "Var en frist eller et møde passeret, da brevet kom frem?",
                "Var en frist eller et møde passeret, da brevene kom frem?",
            )
        },
        remedies={
            "NO_DISPATCH": Offer("Modtageren fik brevet og nåede at handle."),
            "NEW_LETTER": Offer("Modtageren skal have en ny dato eller frist."),
            "RESEND": Offer("Modtageren har brug for brevet en gang til."),
        },
        initial={"remedy": "NO_DISPATCH"},
        date_was_missed=False,
        texts="late",
        guide="help/decisions/late.html",
    ),
    IncidentKind.WRONG_RECIPIENT: KindRules(
        Phrases(
            short="havnede forkert",
            full="kom til en forkert modtager",
            front="kom til forkerte modtagere",
            mail=("Brevet kom til en forkert modtager.", "Brevene kom til forkerte modtagere."),
            note="kom {} til forkerte modtagere",
            title="Breve til forkerte modtagere",
            told=("at brevene kom til forkerte modtagere", r"forkerte? modtager|en anden"),
        ),
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
        breach=BreachQuestion("Breve kom til forkerte modtagere."),
        texts="wrong_recipient",
        guide="help/decisions/wrong_recipient.html",
    ),
    IncidentKind.WRONG_CONTENT: KindRules(
        Phrases(
            short="havde forkert indhold",
            full="havde forkert indhold",
            front="havde forkert indhold",
            mail=("Brevet kom frem med forkert indhold.", "Brevene kom frem med forkert indhold."),
            note="havde {} forkert indhold",
            title="Breve med forkert indhold",
            told=("at brevene havde forkert indhold", r"forkert"),
        ),
        questions=("concerns_other_person", *USUAL_QUESTIONS),
        labels={
            "deadline_missed": (
                "Er en frist eller et møde passeret på grund af fejlen?",
                "Er en frist eller et møde passeret på grund af fejlen?",
            )
        },
        remedies={
            "NEW_LETTER": Offer(
                "Et nyt brev, der erstatter det forkerte, eller en kort rettelse.",
                (
                    "Jeg sender et rettet brev",
                    "Der sendes et rettet brev",
                    "Jeg sender rettede breve",
                    "Der sendes rettede breve",
                ),
            ),
            "NO_DISPATCH": Offer("Fejlen er rettet på en anden måde, eller den betyder ikke noget for modtageren."),
        },
        breach=BreachQuestion("Breve havde oplysninger om en anden person.", answer="concerns_other_person"),
        texts="wrong_content",
        guide="help/decisions/wrong_content.html",
    ),
    IncidentKind.SENT_TWICE: KindRules(
        Phrases(
            short="blev sendt to gange",
            full="blev sendt to gange",
            front="blev sendt to gange",
            mail=("Brevet blev sendt to gange til modtageren.", "Brevene blev sendt to gange til modtagerne."),
            note="blev {} sendt to gange",
            title="Breve, der blev sendt to gange",
            told=("at brevene blev sendt to gange", r"to gange"),
        ),
        questions=("acted_twice", *USUAL_QUESTIONS),
        labels={
            "deadline_missed": (
                "Er en frist eller et møde passeret, fordi brevet kom to gange?",
                "Er en frist eller et møde passeret, fordi brevene kom to gange?",
            )
        },
        remedies={
            "NO_DISPATCH": Offer("Modtageren har fået brevet."),
            "NEW_LETTER": Offer("Modtageren skal vide, hvilket brev der gælder."),
        },
        initial={"remedy": "NO_DISPATCH", "no_dispatch_reason": "Modtageren har fået brevet."},
        date_was_missed=False,
        texts="sent_twice",
        guide="help/decisions/sent_twice.html",
    ),
}
#: The rules where no incident is known.
USUAL_RULES = KINDS[IncidentKind.NOT_ARRIVED]
