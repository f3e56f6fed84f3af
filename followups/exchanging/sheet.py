"""Letters as a workbook to fill in: the facts locked, a column for each question, and a hidden key in each row.

Nothing stands in it that its reader may not read, and a row that they may not answer has no cell to write in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from followups import duties
from followups.answers import Answers
from followups.exchanging import keys, questions
from followups.exchanging.questions import Question
from followups.exchanging.standing import answers_of
from followups.letter import letter_page
from followups.models import FollowUp
from letters import exporting
from letters.exporting import Open, Sheet
from letters.importing.columns import OUR_KEY
from letters.models import Letter
from letters.models.letter import LetterQuerySet
from sepo_incident import cpr, danish
from sepo_incident.accounts.models import User

LETTER_ID = "Brev-id"
#: what a letter is known by → how wide its column is
FACTS = {
    LETTER_ID: 14,
    "Brev": 44,
    "Modtager": 20,
    "Afsender": 26,
    "Enhed": 28,
    "Sendt": 17,
    "Brevets frist": 14,
    "Status": 22,
}
CHOSEN, WRITTEN, WIDEST, HIDDEN = 22, 30, 110, 12  # widths
FROZEN = "C2"

GUIDANCE = (
    "1. Skriv svarene i de gule felter på arket »Breve«. Én række er ét brev. De andre felter er låst.",
    "2. Spring de breve over, du ikke vil svare på endnu. En tom række ændrer ingenting.",
    "3. Gem projektmappen, og vælg den på siden, hvor du hentede den. Du ser alle ændringer, før noget bliver gemt.",
    "Hvor der er en liste at vælge fra, skal svaret stå på listen.",
    "Vil du slette rækker eller flytte kolonner, så fjern først arkets beskyttelse under Gennemse.",
    "Lad overskrifterne og den skjulte kolonne til sidst blive stående.",
    "Har en anden ændret brevet i mellemtiden, bliver dit svar ikke gemt. Du får begge svar at se.",
    "Et svar, som lederen har bekræftet, kan ikke ændres herfra. Det gør du på brevets side.",
    "Har du brug for hjælp til et brev, så spørg på brevets side.",
    "I en personalesag kan kun den svare, der må se emnet. For alle andre er felterne låst.",
    "Skriv ikke navne, CPR-numre eller helbredsoplysninger.",
)


def workbook(letters: LetterQuerySet, reader: User, *, is_own: bool) -> bytes:
    """Those of the letters that are opened, in their order. ``is_own``: they are the reader's, so they are asked in the
    words to the sender."""
    asked = questions.asked(is_own=is_own)
    known = duties.with_handed_over(letters.filter(followup__isnull=False))
    opened = list(known.select_related("followup", "unit", "sender", "leader"))
    facts = list(FACTS)
    first = len(facts) + 1
    return exporting.to_workbook(
        [
            Sheet(
                name="Breve",
                columns=[*facts, *(question.header for question in asked), OUR_KEY],
                rows=_rows(opened, reader, asked),
                widths=[*FACTS.values(), *(CHOSEN if question.words else WRITTEN for question in asked), HIDDEN],
                hidden=1,
                frozen=FROZEN,
                is_locked=True,
                choices={at: tuple(one.words) for at, one in enumerate(asked, first) if one.words},
                hints={at: one.hint for at, one in enumerate(asked, first) if one.hint},
            ),
            Sheet("Vejledning", ["Sådan gør du"], [[line] for line in GUIDANCE], [WIDEST]),
            Sheet("Spørgsmål", ["Spørgsmål", "Hvornår og hvordan", "Svar"], _explained(asked), [50, WIDEST, WIDEST]),
        ]
    )


def _rows(opened: list[Letter], reader: User, asked: list[Question]) -> Iterator[list[Any]]:
    standing = answers_of([letter.followup for letter in opened])
    for letter in opened:
        cells = questions.written(shown_answers(letter, standing), asked)
        key = keys.Key(letter.pk, letter.followup.version, keys.fingerprint(questions.data_of(cells)))
        yield [*_facts(letter), *(map(Open, cells) if may_answer(letter, reader) else cells), str(key)]


def may_answer(letter: Letter, reader: User) -> bool:
    """A confirmed decision is corrected on the letter's page, where the reason is asked for."""
    return letter_page.may_decide(reader, letter) and letter.followup.status != FollowUp.Status.CONFIRMED


def shown_answers(letter: Letter, standing: Mapping[int, Answers]) -> Answers | None:
    """What was decided about it, for who may read it."""
    return standing.get(letter.followup.pk) if letter.may_be_read else None


def _facts(letter: Letter) -> list[Any]:
    return [
        cpr.mask(letter.source_ref),
        cpr.mask(letter.shown_subject),
        letter.shown_recipient,
        letter.sender.name if letter.sender else letter.sender_name,
        letter.unit.name if letter.unit else "",
        danish.here(letter.sent_at).replace(tzinfo=None),
        letter.followup.due_on if letter.may_be_read else None,
        letter.followup.look.label,
    ]


def _explained(asked: Iterable[Question]) -> Iterator[list[str]]:
    for question in asked:
        yield [question.header, question.hint, " · ".join(question.words)]
