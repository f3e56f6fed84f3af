"""The letters and the figures of a board, found and counted in Python, letter by letter."""

from collections import Counter

from followups.models import Arrival, Escalation, FollowUp, LetterRow
from followups.models.followup_conditions import REMEDIES_THAT_SEND
from followups.rules import rights
from followups.rules.rights import LetterRights
from letters.models import Incident
from sepo_incident.accounts.models import Unit, User
from sepo_incident.core import calendar


def letters_on(unit: Unit, person: User, incident: Incident) -> list[LetterRow]:
    """Return the letters that the board counts, found in Python."""
    rows = LetterRow.objects.counted_for(person).filter(incident=incident, withdrawn_at=None)
    only_led = not set(unit.lineage) & set(person.membership_unit_ids)
    return [
        one
        for one in rows.select_related("unit")
        if one.unit
        and unit.pk in one.unit.lineage
        and (not only_led or one.leader_id in person.own_and_represented_ids)
    ]


def count_in_python(letters: list[LetterRow], person: User) -> Counter[str]:
    """Count the figures of a board letter by letter."""
    counts: Counter[str] = Counter(ALL=len(letters))
    allowed = rights.rights_by_letter(person, [one.pk for one in letters])
    asked = {one.followup_id: one for one in Escalation.objects.all()}
    for letter in letters:
        counts.update(figures_of(letter, allowed[letter.pk], asked))
    return counts


def figures_of(letter: LetterRow, allowed: LetterRights, asked: dict[int, Escalation]) -> set[str]:
    followup: FollowUp | None = getattr(letter, "followup", None)
    status = followup.status if followup else "OPEN"
    reads, found = letter.reader_may_read, {"FOLLOWED_UP" if status == "CONFIRMED" else "NOT_FOLLOWED_UP"}
    found |= {"LACKS_DECISION"} if status in ("OPEN", "SENT_BACK") else set()
    if status == "DONE" and followup.lacks_answer and reads:
        found.add("TO_ANSWER")
    elif status != "CONFIRMED":
        found.add(status)
    if status == "OPEN" and followup:
        question = asked.get(followup.pk)
        asks_desk = bool(question and question.is_with_desk)
        is_late = bool(followup.due_on and followup.due_on < calendar.today())
        found |= ({"HELP"} if asks_desk else set()) | ({"PASSED"} if reads and is_late else set())
        if allowed.decide and not (letter.is_personnel_case or asks_desk or is_late or letter.incident.is_closed):
            found.add("TOGETHER")
    if followup and followup.is_original_gone and reads:
        found.add("GONE")
    if letter.leader_id is None and status != "CONFIRMED":
        found.add("NO_LEADER")
    if "DONE" in found:
        found.add("CONFIRMABLE" if allowed.confirm and not followup.lacks_answer else "OTHERS")
    return found | arrival_figures(followup)


def arrival_figures(followup: FollowUp | None) -> set[str]:
    if followup is None or followup.remedy not in REMEDIES_THAT_SEND:
        return set()
    newest = Arrival.objects.active().filter(followup=followup).order_by("pk").last()
    if followup.status == "DECIDED":
        return {"NOT_ARRIVED"} if newest and newest.has_arrived is False else set()
    if newest and newest.has_arrived:
        return {"ARRIVED"}
    return set() if followup.status == "SENT_BACK" else {"ARRIVING"}
