"""Note, boards, mails, certificate and closing agree on what is followed up and what is missing by whose turn it is.

On random incidents, for every role, against a plain count letter by letter.
"""

import re
from collections import Counter
from datetime import date

import pytest
from django.utils import timezone

from followups.boards.board import Board
from followups.boards.board_letters import units_with_board_for
from followups.models import FollowUp
from followups.reporting.certificate import LETTER_COLUMNS, LETTERS_HEADER, letter_rows
from followups.reporting.figure_definitions import ADMINISTRATION, LETTER_FIGURES, UNIT, letter_key, part_key
from followups.reporting.letter_figures import FIGURE_LABELS, LEADERS_TURN, SENDERS_TURN
from letters.models import Letter
from notifications.incident_page.facts import read_facts
from notifications.kinds.notice_kinds import owed_followups
from notifications.kinds.reminder_fields import TASKS_OF_OTHERS, TO_ANSWER
from notifications.models import Kind
from notifications.reminders.director_mails import compose_mail, list_administrations
from notifications.status_note.versions import take_version
from notifications.texts.notice_composer import compose_notice
from notifications.texts.notice_texts import current_template
from sepo_incident.accounts.models import Unit
from sepo_incident.core import danish
from tests.plain_counts import count_in_python, letters_on
from tests.random_incident import fill_incident

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday"), pytest.mark.slow]
PARTS = ("FOLLOWED_UP", *SENDERS_TURN, *LEADERS_TURN)
#: Two days after the deadline, when coordinators get a mail.
AFTER = date(2020, 1, 17)
#: The words of the coordinators' mail, by figure.
TASKS = {
    "LACKS_DECISION": TASKS_OF_OTHERS[FollowUp.Status.OPEN],
    "DECIDED": TASKS_OF_OTHERS[FollowUp.Status.DECIDED],
    "TO_ANSWER": TASKS_OF_OTHERS[TO_ANSWER],
    "DONE": TASKS_OF_OTHERS[FollowUp.Status.DONE],
}


def part_of(letter: Letter, *, knows_answers: bool = True) -> str:
    """Return which of PARTS the letter belongs to."""
    followup: FollowUp | None = getattr(letter, "followup", None)
    status = followup.status if followup else "OPEN"
    if status == "DONE":
        return "TO_ANSWER" if followup.lacks_answer and knows_answers else "DONE"
    return {"OPEN": "LACKS_DECISION", "SENT_BACK": "LACKS_DECISION", "CONFIRMED": "FOLLOWED_UP"}.get(status, status)


@pytest.mark.parametrize("seed", [31, 32, 33])
def test_every_place_counts_the_same(cast, seed):
    people = fill_incident(cast, seed)
    letters = list(Letter.objects.filter(incident=cast.incident).active().select_related("followup", "unit"))
    whole = Counter(map(part_of, letters))
    assert sum(whole.values()) == len(letters), "the parts are all letters, once"

    figures = {one.key: one.value for one in take_version(cast.incident, cast.root, cast.mette).figures.all()}
    assert {name: figures[letter_key(name)] for name in PARTS} == {name: whole[name] for name in PARTS}
    for unit in Unit.objects.filter(kind=Unit.Kind.ADMINISTRATION):
        below = Counter(part_of(one) for one in letters if one.unit and unit.pk in one.unit.lineage)
        if f"{ADMINISTRATION}{unit.pk}" in figures:
            counted = {name: figures[part_key(f"{ADMINISTRATION}{unit.pk}", name)] for name in PARTS}
            assert counted == {name: below[name] for name in PARTS}, unit
        assert sum(below.values()) == figures.get(f"{ADMINISTRATION}{unit.pk}", 0)
    for key in (key for key in figures if re.fullmatch(rf"{UNIT}\d+", key)):
        own = Counter(part_of(one) for one in letters if one.unit_id == int(key.removeprefix(UNIT)))
        counted = figures[part_key(key, "FOLLOWED_UP")], figures[part_key(key, "NOT_FOLLOWED_UP")]
        assert counted == (own["FOLLOWED_UP"], sum(own.values()) - own["FOLLOWED_UP"]), key

    for one in list_administrations(cast.incident):
        below = Counter(part_of(letter) for letter in letters if letter.unit and one.unit.pk in letter.unit.lineage)
        text = " ".join(compose_mail(one).text.split())
        assert f"{below['FOLLOWED_UP']} af {danish.count(below.total(), 'brev', 'breve')} er fulgt op" in text.lower()
        first, _, by_unit = text.partition("Fordelt på enheder:")
        said = {name: sum(map(int, re.findall(rf"(\d+) {FIGURE_LABELS[name]}", first))) for name in PARTS[1:]}
        assert said == {name: below[name] for name in PARTS[1:]}, one.unit
        for place in (first, by_unit):
            missing = sum(map(int, re.findall(r"(\d+) breve? er ikke fulgt op", place)))
            assert missing == below.total() - below["FOLLOWED_UP"], "the whole; the units and the rest"

    total = dict(zip(LETTERS_HEADER, letter_rows(cast.incident, timezone.now())[-1], strict=True))
    assert {name: int(total[LETTER_FIGURES[name].head]) for name in LETTER_COLUMNS if name in PARTS} == dict(
        sorted(((name, whole[name]) for name in PARTS), key=lambda one: PARTS.index(one[0]))
    )

    for person in people:
        for unit in units_with_board_for(person).order_by("pk")[:3]:
            counts = Board(unit, cast.incident, person).counts
            plain = count_in_python(letters_on(unit, person, cast.incident), person)
            assert {name: counts[name] for name in PARTS} == {name: plain[name] for name in PARTS}, (person, unit)
    listed = read_facts(cast.incident, cast.mette).listed
    plain = count_in_python(letters_on(cast.root, cast.mette, cast.incident), cast.mette)
    missing = (*SENDERS_TURN, *LEADERS_TURN)
    assert {name: listed[name] for name in missing} == {name: plain[name] for name in missing}, "closing"

    owed = owed_followups(Kind.COORDINATOR_DIGEST, cast.incident, AFTER).filter(receiver=cast.birgitte.pk)
    told = [one.letter for one in owed.select_related("letter__sender", "letter__leader", "letter__unit")]
    wording = current_template(Kind.COORDINATOR_DIGEST, cast.incident)
    mail = compose_notice(Kind.COORDINATOR_DIGEST, cast.incident, cast.birgitte, told, wording)
    text = " ".join(mail.text.split())
    said = {name: sum(map(int, re.findall(rf"(\d+) {re.escape(words)}", text))) for name, words in TASKS.items()}
    plain = Counter(part_of(one, knows_answers=not one.is_personnel_case) for one in told)
    assert said == {name: plain[name] for name in TASKS}
    assert {one.pk for one in told} == {
        one.pk
        for one in letters
        if part_of(one) != "FOLLOWED_UP" and hasattr(one, "followup") and one.unit and cast.buf.pk in one.unit.lineage
    }
