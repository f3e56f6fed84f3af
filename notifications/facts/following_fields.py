"""What the mails after the first can say beside: what is left to do, whose it is, and how near the deadline lies.

A digest names people, units and numbers, and no subject.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable

from django.conf import settings

from followups import deadlines
from followups.boards.tables import UNKNOWN_SENDER, link
from followups.models import FollowUp
from letters.models import Letter
from notifications.facts.drafting import INCIDENT_FIELDS, LETTER_FIELDS, Draft, page, row_of, safe
from notifications.texts.fields import Field, Fields, Form, Row
from sepo_incident import danish
from sepo_incident.accounts.models import User

Status = FollowUp.Status
#: sent, and not to be confirmed before something is answered
TO_ANSWER = "TO_ANSWER"
#: a desk has asked in its turn
ASKED = "ASKED"
#: what is left to do with a letter, and with so many of them
LEFT: dict[str, str] = {Status.OPEN: "mangler en beslutning", Status.DECIDED: "er besluttet, men ikke sendt"}
LEFT |= {Status.SENT_BACK: "er sendt tilbage med et spørgsmål"}
LEFT |= {ASKED: "der er et spørgsmål til dig", TO_ANSWER: "mangler et svar, før det kan bekræftes"}
LEFT |= {Status.DONE: "venter på din bekræftelse", Status.CONFIRMED: "er bekræftet"}
#: a list goes on on the board
LONGEST_LIST = 30
#: more people than this are a number
MOST_NAMES = 3


def left_of(letter: Letter, receiver: User) -> str:
    """The key in ``LEFT``. That an answer is lacking is as secret as the subject."""
    followup: FollowUp | None = getattr(letter, "followup", None)
    if followup is None:
        return Status.OPEN
    if followup.is_open and getattr(followup, "asks_back", False):
        return ASKED
    may_know = letter.may_be_read or receiver.pk in (letter.sender_id, letter.leader_id)
    return TO_ANSWER if followup.status == Status.DONE and followup.lacks_answer and may_know else followup.status


def sender_of(letter: Letter) -> str:
    return safe(letter.sender.name if letter.sender else letter.sender_name) or UNKNOWN_SENDER


def letters_left(draft: Draft) -> list[Row]:
    """Each letter with what is left to do, and with whose it is when that is not the receiver."""
    return [letter_left(letter, draft.receiver) for letter in draft.letters]


def letter_left(letter: Letter, receiver: User) -> Row:
    row = row_of(letter)
    whose = "" if letter.sender_id == receiver.pk else f"fra {sender_of(letter)}, "
    return row._replace(details=f"{whose}{row.details} – {LEFT[left_of(letter, receiver)]}")


def people(draft: Draft) -> list[Row]:
    """Each sender with numbers of letters by what is left, the most first."""

    def row(letters: list[Letter]) -> Row:
        left = Counter(left_of(letter, draft.receiver) for letter in letters)
        said = [f"{danish.number(left[what])} {words}" for what, words in LEFT.items() if left[what]]
        return Row(sender_of(letters[0]), board_of(letters[0], sender=letters[0].sender_id or 0), ", ".join(said))

    return listed(draft, lambda letter: (letter.sender_id, sender_of(letter)), row, "medarbejdere")


def units(draft: Draft) -> list[Row]:
    """Each unit with numbers of letters and people, the most first."""

    def row(letters: list[Letter]) -> Row:
        unit = letters[0].unit
        senders = danish.count(len({letter.sender_id for letter in letters}), "medarbejder", "medarbejdere")
        said = f"{danish.count(len(letters), 'brev', 'breve')} hos {senders}"
        return Row(safe(unit.name) if unit else "Ukendt enhed", board_of(letters[0]), said)

    return listed(draft, lambda letter: letter.unit_id, row, "enheder")


def listed(draft: Draft, by: Callable[[Letter], Hashable], row: Callable[[list[Letter]], Row], what: str) -> list[Row]:
    groups: dict[Hashable, list[Letter]] = defaultdict(list)
    for letter in draft.letters:
        groups[by(letter)].append(letter)
    in_order = sorted(groups.values(), key=lambda letters: (-len(letters), danish.sort_key(row(letters).name)))
    rows = [row(letters) for letters in in_order[:LONGEST_LIST]]
    rest = len(in_order) - len(rows)
    return [*rows, Row(f"{danish.number(rest)} {what} mere", page("boards"), "på tavlen")] if rest else rows


def board_of(letter: Letter, **choices: int) -> str:
    return settings.SITE_URL + link(letter.unit_id, **choices) if letter.unit_id else page("boards")


def others(draft: Draft) -> str:
    """The senders that are not the receiver: «Karen Bülow Møller», «5 medarbejdere»."""
    return senders_among(letter for letter in draft.letters if letter.sender_id != draft.receiver.pk)


def senders_among(letters: Iterable[Letter]) -> str:
    names = sorted({sender_of(letter) for letter in letters})
    return danish.listed(names) if len(names) <= MOST_NAMES else f"{danish.number(len(names))} medarbejdere"


def why_the_leader(draft: Draft) -> str:
    """Why somebody else's letters: as their leader, or as a substitute; "" where the letters are the receiver's."""
    theirs = [letter for letter in draft.letters if letter.sender_id != draft.receiver.pk]
    led = senders_among(letter for letter in theirs if letter.leader_id == draft.receiver.pk)
    passed_on = senders_among(letter for letter in theirs if letter.leader_id != draft.receiver.pk)
    as_leader = f"Vi kan ikke få fat i {led} lige nu. Derfor får du påmindelsen som leder." if led else ""
    instead = f"Du får påmindelsen om breve fra {passed_on} som stedfortræder." if passed_on else ""
    return " ".join(filter(None, (as_leader, instead)))


def who_follows(draft: Draft) -> str:
    """The leaders, whether they have this mail or a digest."""
    own = [letter for letter in draft.letters if letter.sender_id == draft.receiver.pk]
    leaders = {letter.leader for letter in own if letter.leader and letter.leader_id != draft.receiver.pk}
    names = sorted(safe(leader.name) for leader in leaders)
    role = "er din leder og følger med" if len(names) == 1 else "er ledere for dine breve og følger med"
    return f"{danish.listed(names)} {role}." if names else ""


def is_or_was(draft: Draft) -> str:
    """«Fristen er i dag, onsdag den 15. januar 2020.»"""
    today, deadline = deadlines.today(), draft.incident.deadline
    verb = "var" if deadlines.is_overdue(deadline, today) else "er"
    return f"Fristen {verb} {danish.days_left(deadline, today)}, {danish.weekday_date(deadline)}."


def to_confirm(draft: Draft) -> str:
    number = sum(left_of(letter, draft.receiver) == Status.DONE for letter in draft.letters)
    decisions = danish.count(number, "beslutning venter", "beslutninger venter")
    return f"{decisions} på, at du bekræfter." if number else ""


#: of every mail after the first
DEADLINE_FIELDS = [
    Field("om fristen", "om fristen er eller var, hvornår og hvor mange dage der er", is_or_was, in_subject=True),
    Field(
        "dage",
        "»om 2 dage«, »i dag« eller »for 2 dage siden«",
        lambda draft: danish.days_left(draft.incident.deadline, deadlines.today()),
        in_subject=True,
    ),
    Field("tavlen", "link til tavlen med enhedens breve", lambda draft: page("boards"), Form.LINK),
]
WITHOUT_LIST = [field for field in LETTER_FIELDS if field.form is not Form.ROWS]
#: what a mail may use that names letters
LEFT_FIELDS = Fields(
    [
        *WITHOUT_LIST,
        Field("breve", "listen med brevene, og hvad der mangler", letters_left, Form.ROWS),
        Field("medarbejderen", "afsenderne af brevene, når det ikke er modtageren", others),
        Field("hvorfor lederen", "hvorfor en leder eller stedfortræder får mailen om andres breve", why_the_leader),
        Field("hvem følger med", "lederne, som følger med", who_follows),
        *DEADLINE_FIELDS,
        *INCIDENT_FIELDS,
    ]
)
#: what a digest may use
DIGEST_FIELDS = Fields(
    [
        *WITHOUT_LIST,
        Field("medarbejdere", "listen med medarbejdere, og hvad de mangler", people, Form.ROWS),
        Field("enheder", "listen med enheder, og hvad de mangler", units, Form.ROWS),
        Field("til bekræftelse", "hvor mange beslutninger der venter på modtageren", to_confirm),
        *DEADLINE_FIELDS,
        *INCIDENT_FIELDS,
    ]
)
