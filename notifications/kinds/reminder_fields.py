"""The extra fields of reminders and digests: the remaining task, the senders, and the distance to the deadline.

A digest names people, units and numbers, but no subjects.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from types import MappingProxyType

from django.conf import settings

from followups.boards.tables import board_link
from followups.models import Escalation, FollowUp
from followups.reporting.letter_figures import FIGURE_LABELS
from letters.models import Letter
from notifications.kinds.mail_fields import (
    INCIDENT_FIELDS,
    LETTER_FIELDS,
    MailDraft,
    is_date_passed,
    letter_row,
    one_line_without_cpr,
    page_url,
)
from notifications.kinds.reminders import leaders_in_copy
from notifications.markup.fields import Field, FieldForm, Fields, ListRow
from sepo_incident.accounts.models import User
from sepo_incident.core import calendar, danish

Status = FollowUp.Status
#: Done, but a mandatory answer is missing, so the letter cannot be confirmed.
TO_ANSWER = "TO_ANSWER"
#: The remaining task per follow-up status, in the order of the digest rows.
REMAINING_TASKS: dict[str, str] = {
    Status.OPEN: FIGURE_LABELS["LACKS_DECISION"],
    Status.DECIDED: FIGURE_LABELS["DECIDED"],
    Status.SENT_BACK: "er sendt tilbage med et spørgsmål",
    TO_ANSWER: FIGURE_LABELS["TO_ANSWER"],
    Status.DONE: FIGURE_LABELS["MINE"],
    Status.CONFIRMED: FIGURE_LABELS["FOLLOWED_UP"],
}
#: The same in the mail of a coordinator, where a letter that was sent back counts as lacking a decision (decision 69).
TASKS_OF_OTHERS = REMAINING_TASKS | {Status.DONE: FIGURE_LABELS["DONE"]}
#: The remaining task in a personnel case, if the mail goes to others than the sender and the leader of the letter.
HIDDEN_TASK = "venter på dig"
#: The remaining task if a support desk has asked the person who asked the desk.
ANSWER_DESK = "du har fået et spørgsmål"
#: The remaining task if a support desk has answered.
DESK_ANSWERED = "du har fået svar, og brevet mangler en beslutning"
#: Longer lists end with a link to the board.
MAX_ROWS = 30
#: More people than this are written as a number.
MAX_NAMES = 3


def remaining_task(letter: Letter, receiver: User) -> str:
    """Return the key in `REMAINING_TASKS` of the letter's next task.

    In a personnel case, a missing answer is as secret as the subject: only the sender and the leader may know.
    """
    followup: FollowUp | None = getattr(letter, "followup", None)
    if followup is None:
        return Status.OPEN
    may_know = not letter.is_personnel_case or receiver.pk in (letter.sender_id, letter.leader_id)
    return TO_ANSWER if followup.misses_answer and may_know else followup.status


def sender_name(letter: Letter) -> str:
    return one_line_without_cpr(letter.shown_sender)


def support_answer_rows(draft: MailDraft) -> list[ListRow]:
    """Return the rows of `remaining_letter_rows`: an answer of the desk, or a question where it asked. One query."""
    letter_ids = [letter.pk for letter in draft.letters]
    escalations = Escalation.objects.filter(followup__letter__in=letter_ids, is_with_asker=True)
    asked = set(escalations.filter(followup__status=Status.OPEN).values_list("followup__letter", flat=True))
    undecided = (letter.pk for letter in draft.letters if remaining_task(letter, draft.receiver) == Status.OPEN)
    return remaining_letter_rows(draft, dict.fromkeys(undecided, DESK_ANSWERED) | dict.fromkeys(asked, ANSWER_DESK))


def remaining_letter_rows(draft: MailDraft, tasks: Mapping[int, str] = MappingProxyType({})) -> list[ListRow]:
    """Return the letters with the remaining task, and with the sender's name if not the receiver.

    `tasks`: {letter id: other words for the task}. In a personnel case, the task of a mail that
    others read too is `HIDDEN_TASK` at every step, so that it does not reveal a missing answer.
    """
    rows = []
    readers = {draft.receiver.pk, *(copy.pk for copy in draft.copies)}
    for letter in draft.letters:
        row = letter_row(letter)
        whose = "" if letter.sender_id == draft.receiver.pk else f"fra {sender_name(letter)}, "
        if letter.is_personnel_case and readers - {letter.sender_id, letter.leader_id}:
            task = HIDDEN_TASK
        else:
            task = tasks.get(letter.pk) or REMAINING_TASKS[remaining_task(letter, draft.receiver)]
        rows.append(row._replace(details=f"{whose}{row.details} – {task}"))
    return rows


def rows_by_sender(draft: MailDraft) -> list[ListRow]:
    """Return a row per sender with the number of letters per remaining task.

    Senders with a passed date come first, then those with most letters.
    """

    def row(letters: list[Letter]) -> ListRow:
        left = Counter(remaining_task(letter, draft.receiver) for letter in letters)
        said = [f"{danish.number(left[what])} {words}" for what, words in REMAINING_TASKS.items() if left[what]]
        passed = sum(map(is_date_passed, letters))
        return ListRow(
            sender_name(letters[0]),
            board_url(letters[0], sender=letters[0].sender_id or 0),
            "; ".join(said),
            f"i {danish.count(passed, 'brev', 'breve')} er en frist eller et møde passeret" if passed else "",
        )

    return group_rows(draft, lambda letter: (letter.sender_id, sender_name(letter)), row, "medarbejdere")


def rows_by_unit(draft: MailDraft) -> list[ListRow]:
    """Return a row per unit with the number of letters by whose turn it is, most letters first."""

    def row(letters: list[Letter]) -> ListRow:
        unit, left = letters[0].unit, Counter(remaining_task(letter, draft.receiver) for letter in letters)
        left[Status.OPEN] += left.pop(Status.SENT_BACK, 0)
        said = "; ".join(f"{danish.number(left[key])} {words}" for key, words in TASKS_OF_OTHERS.items() if left[key])
        return ListRow(one_line_without_cpr(unit.name) if unit else "Ukendt enhed", board_url(letters[0]), said)

    return group_rows(draft, lambda letter: letter.unit_id, row, "enheder")


def group_rows(
    draft: MailDraft, by: Callable[[Letter], Hashable], row: Callable[[list[Letter]], ListRow], what: str
) -> list[ListRow]:
    groups: dict[Hashable, list[Letter]] = defaultdict(list)
    for letter in draft.letters:
        groups[by(letter)].append(letter)
    made = [(row(letters), -len(letters)) for letters in groups.values()]
    made.sort(key=lambda one: (not one[0].mark, one[1], danish.sort_key(one[0].name)))
    rows = [one for one, _ in made[:MAX_ROWS]]
    rest = len(made) - len(rows)
    return [*rows, ListRow(f"{danish.number(rest)} {what} mere", page_url("boards"), "i overblikket")] if rest else rows


def board_url(letter: Letter, **choices: int) -> str:
    return settings.SITE_URL + board_link(letter.unit_id, **choices) if letter.unit_id else page_url("boards")


def count_other_senders(draft: MailDraft) -> str:
    """«en af dine medarbejdere», «to af dine medarbejdere»"""
    number = len({sender_name(letter) for letter in letters_of_others(draft)})
    return f"{'en' if number == 1 else danish.number_word(number)} af dine medarbejdere"


def letters_of_others(draft: MailDraft) -> list[Letter]:
    return [letter for letter in draft.letters if letter.sender_id != draft.receiver.pk]


def join_sender_names(letters: Iterable[Letter]) -> str:
    """«Karen Bülow Møller», «5 medarbejdere»"""
    names = sorted({sender_name(letter) for letter in letters})
    return danish.join_with_and(names) if len(names) <= MAX_NAMES else f"{danish.number(len(names))} medarbejdere"


def explain_leader_as_receiver(draft: MailDraft) -> str:
    """Return why the receiver gets other people's letters: as leader or as substitute.

    "" if all letters are the receiver's own.
    """
    led = join_sender_names(one for one in letters_of_others(draft) if one.leader_id == draft.receiver.pk)
    passed_on = join_sender_names(one for one in letters_of_others(draft) if one.leader_id != draft.receiver.pk)
    as_leader = f"{led} er fraværende eller kan ikke nås, så du får påmindelsen som leder." if led else ""
    instead = f"Som stedfortræder svarer du for breve fra {passed_on}." if passed_on else ""
    return " ".join(filter(None, (as_leader, instead)))


def following_leaders_sentence(draft: MailDraft) -> str:
    """Return the sentence that names the leaders of the receiver's own letters, in cc or not."""
    names = sorted(one_line_without_cpr(leader.name) for leader in leaders_in_copy(draft.receiver, draft.letters))
    role = "Din leder," if len(names) == 1 else "Dine ledere,"
    return f"{role} {danish.join_with_and(names)}, kan følge med." if names else ""


def decisions_to_confirm_sentence(draft: MailDraft) -> str:
    number = sum(remaining_task(letter, draft.receiver) == Status.DONE for letter in draft.letters)
    return f"Bekræft {danish.count(number, 'beslutning', 'beslutninger')}." if number else ""


#: Fields of every mail after the first notice.
DEADLINE_FIELDS = [
    Field(
        "om fristen",
        "fristens dato, og hvor mange dage der er til",
        lambda draft: danish.deadline_sentence(draft.deadline, calendar.today(), with_days=True),
        in_subject=True,
    ),
    Field(
        "dage",
        "»om 2 dage«, »i dag« eller »for 2 dage siden«",
        lambda draft: danish.days_left(draft.deadline, calendar.today()),
        in_subject=True,
    ),
    Field("overblikket", "link til overblikket med enhedens breve", lambda draft: page_url("boards"), FieldForm.LINK),
]
FIELDS_WITHOUT_LIST = [field for field in LETTER_FIELDS if field.form is not FieldForm.ROWS]


def fields_with_letters(rows: Callable[[MailDraft], list[ListRow]]) -> Fields:
    """Return the fields of a mail that names letters, in the rows."""
    return Fields(
        [
            *FIELDS_WITHOUT_LIST,
            Field("breve", "listen med brevene og det, der mangler", rows, FieldForm.ROWS),
            Field(
                "medarbejderen",
                "brevenes afsendere, når det ikke er modtageren",
                lambda draft: join_sender_names(letters_of_others(draft)),
            ),
            Field("antal medarbejdere", "»en af dine medarbejdere«", count_other_senders, in_subject=True),
            Field(
                "hvorfor lederen",
                "hvorfor modtageren får mailen om andres breve",
                explain_leader_as_receiver,
            ),
            Field("hvem følger med", "lederne, som følger med", following_leaders_sentence),
            *DEADLINE_FIELDS,
            *INCIDENT_FIELDS,
        ]
    )


REMINDER_FIELDS = fields_with_letters(remaining_letter_rows)
SUPPORT_ANSWER_FIELDS = fields_with_letters(support_answer_rows)
#: Fields of a digest.
DIGEST_FIELDS = Fields(
    [
        *FIELDS_WITHOUT_LIST,
        Field("medarbejdere", "listen med medarbejdere og det, de mangler", rows_by_sender, FieldForm.ROWS),
        Field("enheder", "listen med enheder og det, de mangler", rows_by_unit, FieldForm.ROWS),
        Field(
            "mangler ansvarlig",
            "link til breve uden afsender eller leder",
            lambda draft: page_url("unassigned"),
            FieldForm.LINK,
        ),
        Field("til bekræftelse", "antal beslutninger, modtageren skal bekræfte", decisions_to_confirm_sentence),
        *DEADLINE_FIELDS,
        *INCIDENT_FIELDS,
    ]
)
