"""Many units with many letters in every status."""

import datetime as dt
import random

from followups.models import FollowUp
from letters.categories import category_rules
from letters.models import Incident, Letter
from sepo_incident.accounts.models import Unit, User
from tests.factories import BatchFactory, at

Status, Remedy = FollowUp.Status, FollowUp.Remedy
CATEGORIES = [
    *(rule["name"] for rule in category_rules.DEFAULT_RULES if "name" in rule),
    category_rules.NO_SUBJECT_CATEGORY,
    category_rules.OTHER_CATEGORY,
]


def create_many_letters(incident: Incident, parent: Unit, units: int, letters: int, seed: int = 2019) -> None:
    """Create `units` schools under `parent`, each with two employees, and spread `letters` over the employees."""
    chance = random.Random(seed)
    schools = Unit.objects.bulk_create(
        Unit(name=f"Skole {n:03}", parent=parent, kind=Unit.Kind.UNIT, sort_key=f"skole {n:03}") for n in range(units)
    )
    people = User.objects.bulk_create(
        User(email=f"ansat{n}.{parent.pk}@kk.example", name=f"Ansat {n:03}", unit=schools[n // 2])
        for n in range(units * 2)
    )
    batch = BatchFactory(incident=incident)
    sent = Letter.objects.bulk_create(_letter(incident, batch, chance, people, n) for n in range(letters))
    FollowUp.objects.bulk_create(_followup(letter, chance) for letter in sent)


def _letter(incident, batch, chance, people, n) -> Letter:
    sender = chance.choice(people)
    return Letter(
        incident=incident,
        batch=batch,
        source_ref=f"C-{n:06}",
        sender=sender,
        sender_name=sender.name,
        unit_id=sender.unit_id,
        subject=f"Brev nummer {n}",
        category=chance.choice(CATEGORIES),
        sent_at=at(2019, 12, chance.randint(9, 19), chance.randint(8, 16)),
        recipient_kind=Letter.RecipientKind.CITIZEN,
        is_personnel_case=chance.random() < 0.05,
    )


def _followup(letter: Letter, chance: random.Random) -> FollowUp:
    status = chance.choice(Status.values)
    followup = FollowUp(letter=letter, status=status)
    followup.due_on = dt.date(2020, 1, chance.randint(6, 20)) if chance.random() < 0.2 else None
    if status != Status.OPEN:
        followup.remedy = chance.choice(Remedy.values)
        followup.no_dispatch_reason = "Forældet." if followup.remedy == Remedy.NO_DISPATCH else ""
        followup.paper_reason = "EXEMPT" if followup.remedy == Remedy.PAPER else ""
        followup.record_number = "2020-0000000" if followup.remedy in FollowUp.WITH_NEW_LETTER else ""
        followup.deadline_missed, followup.consequence_review = False, FollowUp.ConsequenceReview.NONE
        followup.decided_by, followup.decided_at = letter.sender, at(2020, 1, chance.randint(7, 12), 10)
    if status in (Status.DONE, Status.SENT_BACK, Status.CONFIRMED):
        followup.done_at = followup.decided_at
    if status == Status.CONFIRMED:
        followup.confirmed_by, followup.confirmed_at = letter.sender, followup.decided_at
    return followup
