"""The figures of reports and of boards: each equals a plain recount in Python over a random incident.

The clock stands five weeks after the deadline, so that dates and deadlines have passed by days and by weeks.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from itertools import cycle
from math import ceil
from random import Random
from types import SimpleNamespace

import pytest
import time_machine
from django.utils import timezone

from followups import services
from followups.models import Arrival, Consequence, FollowUp
from followups.models.followup_conditions import REMEDIES_THAT_SEND
from followups.reporting import milestones
from followups.reporting.figure_definitions import LETTER_FIGURES, category_key, letter_key
from followups.reporting.figures import Scope, reveals_personnel_cases, take_figures
from followups.reporting.letter_figures import REVEALING_FIGURES
from letters.models import Incident, Letter
from letters.story.timeline import event_at
from notifications.models import Delivery
from notifications.models.delivery_states import RESOLVED, State
from notifications.unanswerable_letters import unanswerable_followups
from notifications.unit_mails import mail_figures
from sepo_incident.accounts.models import Unit
from sepo_incident.core import danish, database
from tests.cast import build_cast
from tests.factories import at
from tests.followups.decision_answers import (
    HANDLED_TEXT,
    HARM_HANDLED,
    HARM_UNHANDLED,
    RESENT,
    RESENT_WITH_NEW_DATE,
    REVIEW_OPEN,
)
from tests.followups.many_letters import create_many_letters
from tests.notices import put_in_state
from tests.random_incident import fill_incident
from tests.recorded_rows import MONDAY, record

pytestmark = pytest.mark.slow

LATE = at(2020, 2, 20, 10, 0)
#: The states of a mail that nobody stopped or resolved.
OWN_STATES = [state for state in State if state not in (State.STOPPED, *RESOLVED)]
SMALL_SHARES = (0.01, 0.05, 0.1)
SEED = 7  # every figure about letters has letters
DECIDED_SHARE = 0.8


#: Answers of the late decisions, and the days of decisions and of the letters' own dates.
ANSWERS = [
    *(RESENT, RESENT_WITH_NEW_DATE, HARM_HANDLED, HARM_UNHANDLED, REVIEW_OPEN),
    replace(HARM_UNHANDLED, remedy="PAPER", paper_reason="EXEMPT", is_decision_changed=True),
    replace(RESENT_WITH_NEW_DATE, remedy="RESEND_AND_NEW", missed_on=date(2020, 1, 2), record_number="2020-0000001"),
]
DECIDED_ON = [at(2020, 1, 14, 10), at(2020, 1, 18, 10), at(2020, 2, 1, 10), at(2020, 2, 18, 10)]
OWN_DATES = [date(2020, 2, 18), date(2020, 2, 1), date(2020, 1, 6), date(2020, 3, 1), None]


TABLES = [
    *("letters_letter", "followups_followup", "followups_arrival"),
    *("notifications_notice", "notifications_noticeitem", "notifications_delivery"),
]


@pytest.fixture
def filled(db):
    """The cast's incident, filled at random until Monday 13 January, and some late decisions. The clock is `LATE`."""
    with time_machine.travel(MONDAY, tick=False):
        cast = record(f"figures-{SEED}", build_filled).insert()
    database.analyze(*TABLES)  # on the site they grow slowly, and autovacuum analyzes them
    with time_machine.travel(LATE):
        yield cast


def build_filled() -> SimpleNamespace:
    cast = build_cast()
    fill_incident(cast, SEED, letters=150, acts=330)
    chance, kinds = Random(SEED), list(Letter.RecipientKind)
    for letter in Letter.objects.active().order_by("pk"):
        facts = {"recipient_kind": chance.choice(kinds), "category": chance.choice(["", "Tandpleje"])}
        Letter.objects.filter(pk=letter.pk).update(**facts)
    opened = FollowUp.objects.filter(status="OPEN", is_original_gone=False, letter__withdrawn_at=None)
    for followup in opened.filter(letter__sender__isnull=False).order_by("letter"):  # their own ids follow no order
        FollowUp.objects.filter(pk=followup.pk).update(due_on=chance.choice(OWN_DATES))
        if chance.random() < DECIDED_SHARE:
            decide_late(followup.letter, chance)
    for delivery, state in zip(Delivery.objects.order_by("recipient", "pk"), cycle(OWN_STATES), strict=False):
        put_in_state(delivery, state)
    return cast


def decide_late(letter: Letter, chance: Random) -> None:
    answers, followup = chance.choice(ANSWERS), FollowUp.objects.get(letter=letter)
    with time_machine.travel(chance.choice(DECIDED_ON)):
        services.decide(letter, answers, letter.sender, followup.version)
        if answers is REVIEW_OPEN and chance.random() < 0.5:
            services.record_remedial_action(letter, letter.sender, followup.version + 1, HANDLED_TEXT)
        followup.refresh_from_db()
        if letter.leader and letter.leader != letter.sender and not followup.lacks_answer:
            services.confirm_letter(letter, letter.leader, followup.version)


# --- The recount --------------------------------------------------------------------------------------------------


def recount(letters: list[Letter], today: date, unanswerable: set[int]) -> dict[str, set[int]]:
    """Return {name of a figure: ids of its letters}, letter by letter."""
    found: dict[str, set[int]] = defaultdict(set)
    for letter in letters:
        followup = getattr(letter, "followup", None)
        names = {"ALL", letter.recipient_kind} | ({"NOBODY"} if letter.pk in unanswerable else set())
        names |= (
            undecided_figures(letter, followup, today)
            if followup is None or followup.is_open
            else decided_figures(followup)
        )
        names |= deadline_figures(letter, followup, today)
        names |= {"GONE"} if followup and followup.is_original_gone else set()
        names |= (
            {"NO_LEADER"} if letter.leader_id is None and not (followup and followup.status == "CONFIRMED") else set()
        )
        for name in names:
            found[name].add(letter.pk)
    return found


def deadline_figures(letter: Letter, followup: FollowUp | None, today: date) -> set[str]:
    deadline = letter.incident.deadline
    if followup is None or followup.status != "CONFIRMED":
        return {"NOT_FOLLOWED_UP"} | ({"OVERDUE"} if deadline < today else set())
    late = (danish.local_date(followup.confirmed_at) - deadline).days
    return {"FOLLOWED_UP"} | ({"LATE", f"LATE_{days_group(late)}"} if late > 0 else {"IN_TIME"})


def undecided_figures(letter: Letter, followup: FollowUp | None, today: date) -> set[str]:
    names = {"OPEN", "LACKS_DECISION"}
    if followup and followup.due_on and followup.due_on < today:
        names |= {"PASSED", f"PASSED_{days_group((today - followup.due_on).days)}"}
    asked = getattr(followup, "escalation", None)
    return names | ({"HELP"} if asked and asked.is_with_desk else set())


def decided_figures(followup: FollowUp) -> set[str]:
    names, decided_on = {"HAS_DECISION", followup.remedy}, danish.local_date(followup.decided_at)
    lacks_answer = followup.status == "DONE" and followup.lacks_answer
    names |= {"SENT_BACK": {"SENT_BACK", "LACKS_DECISION"}, "CONFIRMED": set()}.get(
        followup.status, {"TO_ANSWER" if lacks_answer else followup.status}
    )
    if followup.deadline_missed:
        old = followup.missed_on or followup.due_on
        by = (decided_on - old).days if old else 0
        names |= {"MISSED", f"MISSED_{days_group(by)}" if by > 0 else "MISSED_UNDATED"}
    handled = followup.handled_at is not None
    names |= {"DECISION_CHANGED"} if followup.is_decision_changed else set()
    names |= {
        "NONE": {"NO_HARM"},
        "FOUND": {"HARM", "HARM_HANDLED" if handled else "HARM_OPEN"},
        "UNKNOWN": {"HARM_CLARIFIED" if handled else "HARM_UNKNOWN"},
    }[followup.consequence_review]
    return names | (arrival_figures(followup) if followup.remedy in REMEDIES_THAT_SEND else set())


def arrival_figures(followup: FollowUp) -> set[str]:
    newest = Arrival.objects.active().filter(followup=followup).order_by("pk").last()
    has_arrived = newest.has_arrived if newest else None
    if followup.status == "DECIDED":
        return {"AGAIN", "NOT_ARRIVED"} if has_arrived is False else {"AGAIN"}
    if has_arrived:
        return {"AGAIN", "ARRIVED"}
    if followup.status == "SENT_BACK":
        return {"AGAIN"}
    sent_on = newest.sent_on if newest and has_arrived is None else danish.local_date(followup.done_at)
    return {"AGAIN", "ARRIVING"} | ({"UNPROVEN"} if sent_on < date(2020, 2, 17) else set())


def days_group(days: int) -> str:
    return "1_7" if days <= 7 else "8_30" if days <= 30 else "31"


def letters_of(incident: Incident, unit: Unit) -> list[Letter]:
    letters = Letter.objects.filter(incident=incident, withdrawn_at=None).select_related("unit", "incident")
    letters = letters.select_related("followup__escalation", "followup__letter__incident")
    return [one for one in letters if unit.parent_id is None or (one.unit and unit.pk in one.unit.lineage)]


# --- The figures --------------------------------------------------------------------------------------------------


def test_figures_equal_a_plain_recount(filled):
    unanswerable = {one.letter_id for one in unanswerable_followups(filled.incident, LATE.date())}
    wrong = []
    for unit in Unit.objects.all():
        figures = take_figures(Scope(filled.incident, unit, timezone.now()))
        letters = letters_of(filled.incident, unit)
        counted = recount(letters, LATE.date(), unanswerable)
        for name in LETTER_FIGURES:
            figure = figures[letter_key(name)]
            wrong += [] if set(figure.letters) == counted[name] else [(unit, name, figure.letters, counted[name])]
            wrong += [] if figure.value == len(counted[name]) else [(unit, name, figure.value)]
        wrong += [(unit, *one) for one in recount_groups(letters, figures)]
    assert wrong == []
    whole = take_figures(Scope(filled.incident, filled.root, timezone.now()))
    assert [name for name in LETTER_FIGURES if not whole[letter_key(name)].value] == [], "0 proves nothing"


def recount_groups(letters, figures):
    """Yield the figures by category, unit and administration, of units and of consequences that a recount denies."""
    categories = Counter(one.category or "Uden emne" for one in letters)
    units = Counter(one.unit_id for one in letters if one.unit_id)
    expected = {category_key(name): number for name, number in categories.items()}
    expected |= {f"letters.unit.{pk}": number for pk, number in units.items()}
    for one in Unit.objects.filter(kind="ADMINISTRATION"):
        below = sum(1 for letter in letters if letter.unit and one.pk in letter.unit.lineage)
        expected |= {f"letters.administration.{one.pk}": below} if below else {}
    decided = {one.unit_id for one in letters if one.unit_id and one.followup.decided_at}
    undone = {pk for one in letters if one.unit_id and one.followup.status != "CONFIRMED" for pk in one.unit.lineage}
    expected |= {"units": len(units), "units.begun": len(decided), "units.finished": len(set(units) - undone)}
    expected |= recount_harms(letters)
    for key, number in expected.items():
        if figures[key].value != number:
            yield key, figures[key].value, number


def recount_harms(letters) -> dict[str, int | Decimal]:
    harms = list(Consequence.objects.filter(followup__letter__in=letters).select_related("followup"))
    numbers: Counter[str] = Counter()
    once, kroner = {}, Counter({"amount.recipient": Decimal(0), "amount.municipality": Decimal(0)})
    for one in harms:
        state = "handled" if one.followup.handled_at else "open"
        for key in (
            "consequences",
            f"consequences.{one.party.lower()}",
            f"consequences.{one.party.lower()}.{one.severity.lower()}",
        ):
            numbers.update([key, f"{key}.{state}"])
        numbers["consequences.without_amount"] += one.amount is None
        if one.amount is not None:
            once[one.followup_id] = one.amount
            kroner[f"amount.{one.party.lower()}"] += one.amount
    return dict(numbers) | dict(kroner) | {"amount": sum(once.values(), Decimal(0))}


#: Figure of mails -> the states that it counts.
MAIL_STATES = {
    "mails": set(State),
    "mails.waiting": {"READY", "SENDING", "DEFERRED"},
    "mails.accepted": {
        *("ACCEPTED", "UNCONFIRMED", "DELAYED", "RELAYED", "DELIVERED", "AUTO_REPLY", "CHALLENGED", "COMPLAINT"),
        "ACKNOWLEDGED",
    },
    "mails.reached": {"DELIVERED", "ACKNOWLEDGED"},
    "mails.failed": {"REFUSED", "REFUSED_SPAM", "RETURNED", "GIVEN_UP", "UNAPPROVED"},
}


def test_mail_figures_equal_a_plain_recount(filled):
    wrong = []
    for unit in Unit.objects.all():
        letters = letters_of(filled.incident, unit)
        mails = Delivery.objects.filter(notice__items__followup__letter__in=letters).distinct()
        counted = {key: sum(1 for one in mails if one.current_state in states) for key, states in MAIL_STATES.items()}
        people = {(one.recipient_id, one.address.lower()) for one in mails if one.is_awaiting_resolution}
        counted["people.not_reached"] = len(people)
        figures = {one.key: one for one in mail_figures(Scope(filled.incident, unit, timezone.now()))}
        wrong += [
            (unit, key, figures[key].value, number) for key, number in counted.items() if figures[key].value != number
        ]
        if unit == filled.root:
            assert [key for key, number in counted.items() if not number] == [], "0 proves nothing"
    assert wrong == []


def test_milestones_equal_a_plain_recount(filled, monkeypatch):
    """The shares are small ones that a random incident reaches. A letter that has not come so far comes last."""
    monkeypatch.setattr(milestones, "SHARES", SMALL_SHARES)
    letters = letters_of(filled.incident, filled.root)
    sent_again = [one for one in letters if one.followup.remedy != "NO_DISPATCH"]
    columns = {
        " har en beslutning.": [one.followup.decided_at for one in letters],
        " er fulgt op.": [one.followup.confirmed_at for one in letters],
        ", der sendes igen, er kommet frem.": [arrival_moment(one.followup) for one in sent_again],
    }
    expected = []
    for sentence, moments in columns.items():
        in_order = sorted(moments, key=lambda at: at or LATE)
        reached = {in_order[ceil(share * len(moments)) - 1]: share for share in SMALL_SHARES}
        told = [(at, f"{share:.0%} af brevene{sentence}".replace("%", " %")) for at, share in reached.items() if at]
        assert told, sentence
        expected += [event_at(*one) for one in told]
    assert list(milestones.milestones(filled.incident)) == expected


def arrival_moment(followup: FollowUp) -> datetime | None:
    """Return the midnight before the day of arrival, or the decision if that came later."""
    if not followup.decided_at or "ARRIVED" not in arrival_figures(followup):
        return None
    newest = Arrival.objects.active().filter(followup=followup).order_by("pk").last()
    return max(danish.midnight(newest.arrived_on), followup.decided_at)


def test_number_of_queries_does_not_grow(cast, monday, django_assert_num_queries):
    create_many_letters(cast.incident, cast.area, units=20, letters=200)
    take_figures(Scope(cast.incident, cast.root, timezone.now()))
    with django_assert_num_queries(15, exact=False):
        take_figures(Scope(cast.incident, cast.root, timezone.now()))


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Uden emne", "letters.category.uden-emne"),
        ("Børn – ÅRSAG 8–30, æ/ø", "letters.category.boern-aarsag-830-aeoe"),
        ("Uddannelsesparathedsvurderinger og økonomi", "letters.category.uddannelsesparathedsvurder-0e4266"),
    ],
)
def test_key_of_a_category_stays_as_documents_have_it(name, key):
    assert category_key(name) == key


def test_figures_of_subjects_recipients_and_consequences_reveal_personnel_cases(cast, monday):
    revealing = {
        key for key in take_figures(Scope(cast.incident, cast.root, timezone.now())) if reveals_personnel_cases(key)
    }
    of_letters = {letter_key(name) for name in REVEALING_FIGURES}
    of_letters |= {f"letters.administration.{unit.pk}.to_answer" for unit in (cast.buf, cast.sof)}
    assert {key for key in revealing if not key.startswith(("letters.category.", "consequences", "amount"))} == (
        of_letters
    )
    assert {
        "letters.category.uden-emne",
        "consequences",
        "consequences.recipient.grave.open",
        "amount.recipient",
    } < revealing


def test_sub_unit_is_named_with_the_unit_above_it(cast, monday):
    figures = take_figures(Scope(cast.incident, cast.buf, timezone.now()))
    assert figures[f"letters.unit.{cast.svalevej.pk}"].label == f"Svalevejens Skole ({cast.svalevej.parent.name})"
    whole = take_figures(Scope(cast.incident, cast.root, timezone.now()))
    assert whole[f"letters.unit.{cast.borgercenter.pk}"].label == f"{cast.borgercenter.name} (SOF)"
