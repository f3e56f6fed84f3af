"""The digest of a desk: new and late questions, once an hour in working time, and nothing twice.

`UPDATE_GOLDEN=1 pytest tests/notifications/test_desk_digest.py` rewrites the golden text.
"""

import os
import re
from datetime import date
from pathlib import Path

import pytest

from followups import services
from followups.models import Escalation
from notifications.alarms import reconciliation
from notifications.kinds.notice_kinds import owed_followups
from notifications.models import Dispatch, Kind, Notice
from sepo_incident.accounts.models import Membership, User
from tests.absence import create_absence
from tests.factories import MembershipFactory, UserFactory, at
from tests.followups.escalation_helpers import ask_for_help
from tests.notifications.reminder_runs import mails_of, run_due_reminders

pytestmark = pytest.mark.slow

GOLDEN = Path(__file__).parent / "golden" / "desk_digest.txt"
PIA, NIKOLAJ, HANNE = "Pia Søndergård", "Nikolaj Fjord", "Hanne Riis"


@pytest.fixture
def clock(monday, no_workers):
    return monday


@pytest.fixture
def nikolaj(cast):
    person = UserFactory(name=NIKOLAJ, email="nikolaj@kk.example", unit=cast.root)
    MembershipFactory(user=person, unit=cast.root, role=Membership.Role.DIT_SUPPORT)
    return person


def receivers_now() -> set[str]:
    """Run beat, and return the names of those who got a digest."""
    mails = mails_of(run_due_reminders())
    assert {kind for kind, *_ in mails} <= {Kind.DESK_DIGEST}
    return {name for *_, name in mails}


def test_each_member_hears_once_of_a_new_question(cast, clock, nikolaj):
    ask_for_help(cast.plain, cast.karen)
    assert receivers_now() == {PIA, NIKOLAJ}
    assert receivers_now() == set()
    clock.move_to(at(2020, 1, 13, 11, 0))
    assert receivers_now() == set(), "nothing new, no mail"
    assert all(one.agrees for one in reconciliation.all_sums())


def test_one_digest_an_hour_gathers_what_is_new(cast, clock):
    ask_for_help(cast.plain, cast.karen)
    assert receivers_now() == {PIA}
    clock.move_to(at(2020, 1, 13, 10, 5))
    ask_for_help(cast.soon, cast.karen)
    ask_for_help(cast.untitled, cast.karen)
    assert receivers_now() == set()
    clock.move_to(at(2020, 1, 13, 11, 0))
    assert receivers_now() == {PIA}
    assert Notice.objects.latest("pk").subject == "2 nye henvendelser"


def test_late_question_is_told_once_more_to_whoever_can_answer(cast, clock, nikolaj):
    ask_for_help(cast.plain, cast.karen)
    ask_for_help(cast.soon, cast.karen)
    receivers_now()
    services.take_escalation(Escalation.objects.get(followup__letter=cast.soon), by=cast.pia)
    clock.move_to(at(2020, 1, 13, 14, 1))
    assert receivers_now() == {PIA, NIKOLAJ}
    assert Notice.objects.filter(receiver=cast.pia).latest("pk").subject == "2 henvendelser over målet"
    assert Notice.objects.get(receiver=nikolaj, subject="1 henvendelse over målet").letters == 1
    clock.move_to(at(2020, 1, 14, 9, 0))
    assert receivers_now() == set()


def test_question_of_an_absent_colleague_is_everybodys(cast, clock, nikolaj):
    escalation = ask_for_help(cast.plain, cast.karen)
    services.take_escalation(escalation, by=cast.pia)
    create_absence(cast.pia, nikolaj, first=date(2020, 1, 13), last=date(2020, 1, 20))
    clock.move_to(at(2020, 1, 13, 14, 1))
    assert NIKOLAJ in receivers_now()


def test_answered_question_is_not_told_until_asked_again(cast, clock):
    escalation = services.take_escalation(ask_for_help(cast.plain, cast.karen), by=cast.pia)
    assert receivers_now() == set(), "whoever has taken it knows"
    services.answer_escalation(escalation, "Send det igen.", by=cast.pia)
    clock.move_to(at(2020, 1, 13, 11, 0))
    Dispatch.objects.all().delete()
    cast.plain.refresh_from_db()
    cast.plain.followup.refresh_from_db()
    ask_for_help(cast.plain, cast.karen)
    assert ("DESK_DIGEST", "TO", PIA) in mails_of(run_due_reminders())


def test_digest_of_a_personnel_case_goes_to_its_desk_and_hides_the_subject(cast, clock):
    ask_for_help(cast.personnel, cast.karen)
    assert receivers_now() == {HANNE}
    notice = Notice.objects.get()
    assert cast.personnel.subject not in notice.text + notice.html
    assert notice.items.get().is_masked


def test_members_of_a_desk_are_those_who_see_the_question(cast, nikolaj, clock):
    UserFactory(name="Stoppet", email="stoppet@kk.example", left_on=date(2020, 1, 1))
    for letter in (cast.plain, cast.personnel, cast.ullas):
        ask_for_help(letter, letter.sender)
    Escalation.objects.filter(followup__letter=cast.ullas).update(desk="KIT")
    MembershipFactory(user=nikolaj, unit=cast.buf, role=Membership.Role.DIT_SUPPORT)
    MembershipFactory(user=cast.sofie, unit=cast.sof, role=Membership.Role.HR)
    for user in User.objects.filter(is_active=True, left_on=None):
        seen = set(Escalation.objects.visible_to(user).values_list("pk", flat=True))
        member = Escalation.objects.filter(desk_members__user=user).values_list("pk", flat=True)
        assert sorted(member) == sorted(seen), user


def test_golden_text(cast, clock, settings):
    settings.SITE_URL = "https://opfoelgning.example"
    clock.move_to(at(2020, 1, 13, 9, 0))
    ask_for_help(cast.plain, cast.karen)
    clock.move_to(at(2020, 1, 13, 14, 0))
    ask_for_help(cast.personnel, cast.karen)
    Escalation.objects.update(desk="DIT")  # for up to a minute a new personnel case is still at DIT
    receivers_now()
    notice = Notice.objects.get()
    text = re.sub(r"(/henvendelser/)\d+/", r"\1…/", f"Emne: {notice.subject}\n\n{notice.text}")
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8")


def test_queries_do_not_grow_with_questions(cast, clock, django_assert_max_num_queries):
    for letter in (cast.plain, cast.soon, cast.untitled, cast.passed):
        ask_for_help(letter, cast.karen)
    with django_assert_max_num_queries(7):
        assert len(owed_followups(Kind.DESK_DIGEST, cast.incident)) == 4
