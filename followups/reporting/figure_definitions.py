"""The name, the group and the sentence of each figure about letters, and the keys of all figures.

`letter_figures.letter_conditions` has the condition of each name. A label completes «Vis breve, der …»; a sentence says
what the number counts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

from django.utils.text import slugify

from letters.categories.category_rules import NO_SUBJECT_CATEGORY, OTHER_CATEGORY
from sepo_incident.core import danish

STATUS, ARRIVAL, REMEDY, DEADLINE = "Status", "Kommet frem", "Beslutning", "Fristen"
OWN_DATE, HARM, RECIPIENT = "Brevets egen dato", "Breve med konsekvenser", "Modtager"


class LetterFigure(NamedTuple):
    """The Danish words of a figure. `filter`: the parameter of the board's list that has the letters."""

    group: str
    label: str
    sentence: str
    filter: str = "status"

    @property
    def head(self) -> str:
        """The label as the head of a column: «Fulgt op», «Mangler beslutning»."""
        return danish.capitalized(self.label.removeprefix("er "))


LETTER_FIGURES = {
    "ALL": LetterFigure(STATUS, "er på listen", "Breve, der ikke er trukket tilbage."),
    "FOLLOWED_UP": LetterFigure(STATUS, "er fulgt op", "Besluttet, udført og bekræftet af lederen."),
    "NOT_FOLLOWED_UP": LetterFigure(STATUS, "er ikke fulgt op", "Breve, hvor afsender eller leder mangler noget."),
    "LACKS_DECISION": LetterFigure(STATUS, "mangler beslutning", "Ikke besluttet, eller sendt tilbage af lederen."),
    "DECIDED": LetterFigure(STATUS, "skal sendes", "Besluttet, men noget skal stadig sendes."),
    "TO_ANSWER": LetterFigure(
        STATUS,
        "mangler svar om konsekvenser",
        "Udført, men svar om konsekvenser, datoer eller journalisering mangler.",
    ),
    "DONE": LetterFigure(STATUS, "venter på lederen", "Udført. Lederen skal bekræfte."),
    "OPEN": LetterFigure(STATUS, "har ingen beslutning", "Breve, som ingen har besluttet noget om."),
    "HELP": LetterFigure(STATUS, "venter på hjælp", "Breve uden beslutning, hvor en henvendelse venter på svar."),
    "SENT_BACK": LetterFigure(
        STATUS,
        "er sendt tilbage til afsenderen",
        "Breve med et spørgsmål fra lederen, som ingen har svaret på.",
    ),
    "HAS_DECISION": LetterFigure(STATUS, "har en beslutning", "Breve, der har en beslutning nu."),
    "NO_LEADER": LetterFigure(STATUS, "mangler en leder", "Breve, der ikke er fulgt op, og som ingen leder har."),
    "NOBODY": LetterFigure(
        STATUS, "har ingen, der kan svare", "Åbne breve, som ingen, der er til stede, kan svare for i dag."
    ),
    "RESEND": LetterFigure(REMEDY, "sendes igen", "Breve, hvor det samme brev sendes igen.", "remedy"),
    "NEW_LETTER": LetterFigure(REMEDY, "bliver til et nyt brev", "Breve, hvor der skrives et nyt brev.", "remedy"),
    "RESEND_AND_NEW": LetterFigure(
        REMEDY, "sendes igen og får et nyt brev", "Breve, hvor det samme brev sendes igen sammen med et nyt.", "remedy"
    ),
    "PAPER": LetterFigure(
        REMEDY, "sendes på papir", "Breve, der sendes på papir, fordi modtageren ikke kan få Digital Post.", "remedy"
    ),
    "NO_DISPATCH": LetterFigure(
        REMEDY, "sendes ikke igen", "Breve, der ikke sendes igen, med en begrundelse.", "remedy"
    ),
    "GONE": LetterFigure(REMEDY, "mangler originalen", "Breve, hvis original afsenderen ikke kan finde."),
    "AGAIN": LetterFigure(
        ARRIVAL, "sendes igen eller som nyt brev", "Breve, hvor beslutningen er at sende noget, uanset om det er sendt."
    ),
    "ARRIVED": LetterFigure(
        ARRIVAL, "er kommet frem", "Breve, der er sendt igen, og hvor den nyeste oplysning er, at de kom frem."
    ),
    "ARRIVING": LetterFigure(ARRIVAL, "mangler bevis", "Breve, der er sendt igen, uden bevis for, at de kom frem."),
    "UNPROVEN": LetterFigure(
        ARRIVAL,
        "har manglet bevis i mere end tre arbejdsdage",
        "Breve uden bevis, der blev sendt igen for mere end tre arbejdsdage siden.",
    ),
    "NOT_ARRIVED": LetterFigure(
        ARRIVAL,
        "er sendt igen uden at komme frem",
        "Breve, der igen ikke kom frem, og som skal sendes endnu en gang.",
    ),
    "IN_TIME": LetterFigure(
        DEADLINE, "blev fulgt op inden fristen", "Breve, som lederen bekræftede senest på fristens dag."
    ),
    "LATE": LetterFigure(DEADLINE, "blev fulgt op efter fristen", "Breve, som lederen bekræftede efter fristen."),
    "LATE_1_7": LetterFigure(
        DEADLINE,
        "blev fulgt op 1–7 dage efter fristen",
        "Breve, som lederen bekræftede en til syv dage efter fristen.",
    ),
    "LATE_8_30": LetterFigure(
        DEADLINE,
        "blev fulgt op 8–30 dage efter fristen",
        "Breve, som lederen bekræftede 8 til 30 dage efter fristen.",
    ),
    "LATE_31": LetterFigure(
        DEADLINE,
        "blev fulgt op mere end 30 dage efter fristen",
        "Breve, som lederen bekræftede mere end 30 dage efter fristen.",
    ),
    "OVERDUE": LetterFigure(
        DEADLINE, "er ikke fulgt op efter fristen", "Breve, der ikke er fulgt op, når fristen er passeret."
    ),
    "PASSED": LetterFigure(
        OWN_DATE, "har en dato, der er passeret", "Breve uden beslutning, hvor brevets egen dato er passeret."
    ),
    "PASSED_1_7": LetterFigure(
        OWN_DATE,
        "har en dato, der passerede for 1–7 dage siden",
        "Breve uden beslutning, hvor brevets egen dato passerede for en til syv dage siden.",
    ),
    "PASSED_8_30": LetterFigure(
        OWN_DATE,
        "har en dato, der passerede for 8–30 dage siden",
        "Breve uden beslutning, hvor brevets egen dato passerede for 8 til 30 dage siden.",
    ),
    "PASSED_31": LetterFigure(
        OWN_DATE,
        "har en dato, der passerede for mere end 30 dage siden",
        "Breve uden beslutning, hvor brevets egen dato passerede for mere end 30 dage siden.",
    ),
    "MISSED": LetterFigure(
        OWN_DATE,
        "havde en passeret dato ved beslutningen",
        "Breve med en beslutning, der siger, at brevets egen dato var passeret.",
    ),
    "MISSED_1_7": LetterFigure(
        OWN_DATE,
        "blev besluttet 1–7 dage efter brevets dato",
        "Breve, hvor brevets egen dato passerede en til syv dage før beslutningen.",
    ),
    "MISSED_8_30": LetterFigure(
        OWN_DATE,
        "blev besluttet 8–30 dage efter brevets dato",
        "Breve, hvor brevets egen dato passerede 8 til 30 dage før beslutningen.",
    ),
    "MISSED_31": LetterFigure(
        OWN_DATE,
        "blev besluttet mere end 30 dage efter brevets dato",
        "Breve, hvor brevets egen dato passerede mere end 30 dage før beslutningen.",
    ),
    "MISSED_UNDATED": LetterFigure(
        OWN_DATE,
        "havde en passeret dato, som ikke er oplyst",
        "Breve med en passeret dato, hvor datoen ikke er skrevet eller ikke passer.",
    ),
    "CITIZEN": LetterFigure(RECIPIENT, "er til borgere", "Breve til borgere.", "recipient"),
    "EMPLOYEE": LetterFigure(RECIPIENT, "er til medarbejdere", "Breve til kommunens medarbejdere.", "recipient"),
    "UNKNOWN": LetterFigure(RECIPIENT, "har en ukendt modtager", "Breve, hvor listen ikke siger hvem.", "recipient"),
    "NO_HARM": LetterFigure(
        HARM, "har ikke fået konsekvenser", "Breve, hvor afsenderen har svaret, at der ingen konsekvenser er."
    ),
    "HARM": LetterFigure(HARM, "har fået konsekvenser", "Breve, hvor afsenderen har fundet konsekvenser."),
    "HARM_HANDLED": LetterFigure(
        HARM,
        "har konsekvenser, som er håndteret",
        "Breve med konsekvenser, hvor nogen har skrevet, hvad der er gjort.",
    ),
    "HARM_OPEN": LetterFigure(
        HARM,
        "har konsekvenser, som ikke er håndteret",
        "Breve med konsekvenser, hvor ingen har skrevet, hvad der er gjort.",
    ),
    "DECISION_CHANGED": LetterFigure(
        HARM,
        "har ført til en ændret afgørelse",
        "Breve, hvor en afgørelse er ændret på grund af fejlen.",
    ),
    "HARM_UNKNOWN": LetterFigure(
        HARM,
        "har konsekvenser, der ikke er afklaret",
        "Breve med svaret: Det ved jeg ikke endnu.",
    ),
    "HARM_CLARIFIED": LetterFigure(
        HARM, "havde ukendte konsekvenser, som er afklaret", "Breve, hvor svaret var »ved ikke«, og er afklaret siden."
    ),
}

# --- Keys: they stand in versions of the note and in Word documents, so a key is never spelled anew -----------------

MAX_KEY_LENGTH = 50
#: How the keys of the letters of a category, of an administration with its units, and of a unit alone begin.
CATEGORY, ADMINISTRATION, UNIT = "letters.category.", "letters.administration.", "letters.unit."
#: The key of the letters outside every administration.
NO_ADMINISTRATION = f"{ADMINISTRATION}0"
#: How the keys of the letters with an answer about deletion begin.
DELETION = "letters.deletion."


def letter_key(name: str) -> str:
    """Return the key of a figure about letters: «letters», «letters.open»."""
    return "letters" if name == "ALL" else f"letters.{name.lower()}"


#: The figures of an administration with its units, and of a unit alone.
ADMINISTRATION_FIGURES = ("ALL", "FOLLOWED_UP", "LACKS_DECISION", "DECIDED", "TO_ANSWER", "DONE", "ARRIVED")
OWN_UNIT_FIGURES = ("ALL", "FOLLOWED_UP", "NOT_FOLLOWED_UP", "ARRIVED")


def part_key(part: str, name: str) -> str:
    """Return the key of a figure of an administration or a unit: «letters.unit.17», «letters.unit.17.arrived»."""
    return part if name == "ALL" else f"{part}.{name.lower()}"


def category_key(name: str) -> str:
    """Return the key of a category in ASCII: «letters.category.boernehave». A long name ends in a part of its hash."""
    key = f"{CATEGORY}{slugify(danish.spell_ascii(name.lower()))}"
    return key if len(key) <= MAX_KEY_LENGTH else f"{key[: MAX_KEY_LENGTH - 7]}-{hash_of(name)}"


def hash_of(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:6]


def keys_of(group: str, keys: Iterable[str]) -> list[str]:
    """Return the keys of a group: `CATEGORY`, `DELETION`, or the letters of each `ADMINISTRATION` or `UNIT`."""
    return [key for key in keys if key.startswith(group) and "." not in key.removeprefix(group)]


#: The two categories that say nothing of a subject.
NO_SUBJECT, OTHER = category_key(NO_SUBJECT_CATEGORY), category_key(OTHER_CATEGORY)
