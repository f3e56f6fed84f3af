"""Giving and removing roles: a reason, a second person above LEADER, and what the database refuses."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from sepo_incident.accounts import users
from sepo_incident.accounts.access import access_changes, role_requests
from sepo_incident.accounts.models import GroupRole, Membership, RoleRequest, User
from sepo_incident.audit.models import RowChange
from sepo_incident.core.database import Conflict
from tests.factories import MembershipFactory, UserFactory

pytestmark = pytest.mark.django_db
Act, Outcome, Role = RoleRequest.Act, RoleRequest.Outcome, Membership.Role
WHY = "Afløser på kontoret"


@pytest.fixture
def ole(cast):
    """The second administrator."""
    return MembershipFactory(user=UserFactory(name="Ole Krag"), unit=cast.root, role=Role.KIT_ADMIN).user


def ask(person, unit, role, by, act=Act.GIVE, **fields):
    wanted = {"person": person, "unit": unit, "role": role, "by": by, "act": act, "reason": WHY} | fields
    return role_requests.request_role(RoleRequest(**wanted))


def answer(asked, outcome, by):
    role_requests.answer_role_request(asked, outcome, by)
    asked.refresh_from_db()


def holds(person, role):
    return Membership.objects.filter(user=person, role=role).exists()


def test_leader_takes_effect_at_once_and_is_recorded(cast):
    asked = ask(cast.karen, cast.svalevej, Role.LEADER, cast.mette)
    assert (asked.outcome, asked.answered_by) == (Outcome.APPROVED, cast.mette)
    assert Membership.objects.get(user=cast.karen).sources == ["givet af en person"]
    ask(cast.karen, cast.svalevej, Role.LEADER, cast.mette, act=Act.TAKE)
    assert not holds(cast.karen, Role.LEADER)
    changes = RowChange.objects.filter(table_name="accounts_rolerequest", by_id=cast.mette.pk)
    assert [one.after.get("act") for one in changes.order_by("pk")] == ["GIVE", None, "TAKE", None]


@pytest.mark.parametrize("role", [role for role in Role if role != Role.LEADER])
def test_role_above_leader_waits_for_another_administrator(cast, ole, role):
    asked = ask(cast.karen, cast.root, role, cast.mette)
    assert not holds(cast.karen, role)
    assert list(RoleRequest.objects.answerable_by(ole)) == [asked]
    assert not RoleRequest.objects.answerable_by(cast.mette).exists()
    answer(asked, Outcome.APPROVED, ole)
    assert (holds(cast.karen, role), asked.answered_by) == (True, ole)
    removal = ask(cast.karen, cast.root, role, ole, act=Act.TAKE)
    assert holds(cast.karen, role)
    answer(removal, Outcome.APPROVED, cast.mette)
    assert not holds(cast.karen, role)


def test_leader_has_a_unit_and_koncern_it_has_none(cast):
    with pytest.raises(ValidationError, match="En leder skal have en enhed"):
        ask(cast.karen, cast.root, Role.LEADER, cast.mette)
    with pytest.raises(ValidationError, match="Koncern IT arbejder for hele kommunen"):
        ask(cast.karen, cast.buf, Role.KIT_ADMIN, cast.mette)


def test_nobody_approves_the_own_request_or_the_own_role(cast, ole):
    asked = ask(cast.karen, cast.buf, Role.READER, cast.mette)
    about_ole = ask(ole, cast.buf, Role.HR, cast.mette)
    own_lead = ask(cast.mette, cast.svalevej, Role.LEADER, cast.mette)
    assert own_lead.outcome == "", "the own role waits, also LEADER"
    for one, by in ((asked, cast.mette), (about_ole, ole), (about_ole, cast.mette), (own_lead, cast.mette)):
        with pytest.raises(ValidationError, match="En anden end dig selv og personen"):
            role_requests.answer_role_request(one, Outcome.APPROVED, by)
    assert not holds(cast.karen, Role.READER)
    assert list(RoleRequest.objects.answerable_by(ole)) == [own_lead, asked]
    with pytest.raises(ValidationError):
        role_requests.answer_role_request(asked, Outcome.WITHDRAWN, ole)
    answer(asked, Outcome.WITHDRAWN, cast.mette)
    assert asked.outcome == Outcome.WITHDRAWN


@pytest.mark.parametrize("outcome", Outcome)
def test_request_is_answered_once(cast, ole, outcome):
    asked = ask(cast.karen, cast.buf, Role.READER, cast.mette)
    answer(asked, Outcome.REFUSED, ole)
    with pytest.raises(Conflict):
        role_requests.answer_role_request(asked, outcome, ole)
    assert not holds(cast.karen, Role.READER)


def answer_at_once(*answers):
    """Answer requests at the same moment, each in a connection of its own. Return the names of the results, sorted."""

    def one(answer):
        try:
            role_requests.answer_role_request(*answer)
            return "done"
        except (Conflict, PermissionDenied) as refusal:
            return type(refusal).__name__
        finally:
            connection.close()

    with ThreadPoolExecutor(len(answers)) as pool:
        return sorted(pool.map(one, answers))


@pytest.mark.parametrize("taken_over", ["approver", "requester", "both"])
def test_somebody_who_may_sign_in_as_another_is_no_second_person(cast, ole, taken_over):
    """Mette corrects the address of another administrator, removes the keys, and signs in there by a code."""
    third = MembershipFactory(user=UserFactory(), unit=cast.root, role=Role.KIT_ADMIN).user
    requester, approver = {"approver": (cast.mette, ole), "requester": (ole, cast.mette), "both": (ole, third)}[
        taken_over
    ]
    users.correct_email(ole, "kit-test@kk.example", old=ole.email, by=cast.mette)
    access_changes.remove_second_factor(third, WHY, cast.mette)
    asked = ask(cast.karen, cast.buf, Role.HR, requester)
    with pytest.raises(ValidationError, match="login er ændret for nylig"):
        role_requests.answer_role_request(asked, Outcome.APPROVED, approver)
    assert not holds(cast.karen, Role.HR)
    fourth = MembershipFactory(user=UserFactory(), unit=cast.root, role=Role.KIT_ADMIN).user
    answer(asked, Outcome.APPROVED, fourth)
    assert holds(cast.karen, Role.HR)


def test_ended_sessions_and_old_changes_are_no_suspicion(cast, ole):
    access_changes.sign_out_everywhere(ole, WHY, cast.mette)
    with time_machine.travel(timezone.now() - access_changes.RECENT_CHANGE):
        users.correct_email(ole, "ole.krag@kk.example", old=ole.email, by=cast.mette)
    asked = ask(cast.karen, cast.buf, Role.READER, cast.mette)
    answer(asked, Outcome.APPROVED, ole)
    assert holds(cast.karen, Role.READER)


def test_two_answers_at_the_same_moment(transactional_db, cast, ole):
    asked = ask(cast.karen, cast.buf, Role.READER, cast.mette)
    third = MembershipFactory(user=UserFactory(), unit=cast.root, role=Role.KIT_ADMIN).user
    assert answer_at_once((asked, Outcome.APPROVED, ole), (asked, Outcome.REFUSED, third)) == ["Conflict", "done"]


def test_two_administrators_remove_each_other_at_the_same_moment(transactional_db, cast, ole):
    about_ole = ask(ole, cast.root, Role.KIT_ADMIN, ole, act=Act.TAKE)
    about_mette = ask(cast.mette, cast.root, Role.KIT_ADMIN, cast.mette, act=Act.TAKE)
    answers = (about_mette, Outcome.APPROVED, ole), (about_ole, Outcome.APPROVED, cast.mette)
    assert answer_at_once(*answers) == ["PermissionDenied", "done"]
    assert Membership.objects.filter(role=Role.KIT_ADMIN).count() == 1


def test_person_who_is_no_longer_administrator_cannot_approve(cast, ole):
    asked = ask(cast.karen, cast.buf, Role.READER, cast.mette)
    Membership.objects.filter(user=ole).delete()
    with pytest.raises(PermissionDenied):
        role_requests.answer_role_request(asked, Outcome.APPROVED, ole)


def test_two_administrators_cannot_remove_each_other(cast, ole):
    """The first removal takes the second approver's right to approve, so one administrator is left."""
    about_ole = ask(ole, cast.root, Role.KIT_ADMIN, ole, act=Act.TAKE)
    about_mette = ask(cast.mette, cast.root, Role.KIT_ADMIN, cast.mette, act=Act.TAKE)
    answer(about_mette, Outcome.APPROVED, ole)
    with pytest.raises(PermissionDenied):
        role_requests.answer_role_request(about_ole, Outcome.APPROVED, cast.mette)
    assert holds(ole, Role.KIT_ADMIN)


def test_last_administrator_who_can_sign_in_stays(cast, ole):
    asked = ask(cast.mette, cast.root, Role.KIT_ADMIN, cast.mette, act=Act.TAKE)
    type(ole).objects.filter(pk=ole.pk).update(is_active=False)
    with pytest.raises(ValidationError, match="sidste administrator"):
        role_requests.answer_role_request(asked, Outcome.APPROVED, ole)
    assert holds(cast.mette, Role.KIT_ADMIN)
    asked.refresh_from_db()
    assert asked.outcome == ""


def test_only_the_mark_of_a_person_is_removed(cast):
    Membership.objects.filter(user=cast.jens).update(made_by_import=True)
    ask(cast.jens, cast.svalevej, Role.LEADER, cast.mette, act=Act.TAKE)
    assert Membership.objects.get(user=cast.jens).sources == ["givet af en liste over breve"]
    with pytest.raises(ValidationError, match="Ret den der, hvor den kommer fra"):
        ask(cast.jens, cast.svalevej, Role.LEADER, cast.mette, act=Act.TAKE)
    ask(cast.jens, cast.svalevej, Role.LEADER, cast.mette)
    assert len(Membership.objects.get(user=cast.jens).sources) == 2, "one row with both marks"


def test_impossible_requests_are_refused(cast, ole):
    type(cast.olga).objects.filter(pk=cast.olga.pk).update(is_active=False)
    cast.olga.refresh_from_db()
    with pytest.raises(ValidationError, match="kan ikke logge ind"):
        ask(cast.olga, cast.buf, Role.READER, cast.mette)
    with pytest.raises(ValidationError, match="allerede givet"):
        ask(cast.jens, cast.svalevej, Role.LEADER, cast.mette)
    with pytest.raises(ValidationError, match="skal have en enhed"):
        ask(cast.jens, cast.root, Role.LEADER, cast.mette)
    ask(cast.karen, cast.buf, Role.READER, cast.mette)
    with pytest.raises(ValidationError, match="venter allerede"):
        ask(cast.karen, cast.buf, Role.READER, ole)
    with pytest.raises(ValidationError, match="begrundelse"):
        ask(cast.anne, cast.buf, Role.READER, cast.mette, reason=" ")


def test_person_who_left_meanwhile_gets_no_role(cast, ole):
    asked = ask(cast.karen, cast.buf, Role.READER, cast.mette)
    type(cast.karen).objects.filter(pk=cast.karen.pk).update(is_active=False)
    with pytest.raises(ValidationError, match="kan ikke logge ind"):
        role_requests.answer_role_request(RoleRequest.objects.get(pk=asked.pk), Outcome.APPROVED, ole)
    answer(asked, Outcome.REFUSED, ole)
    assert asked.outcome == Outcome.REFUSED


def refused(constraint, **fields):
    with pytest.raises(DatabaseError, match=constraint), transaction.atomic():
        RoleRequest.objects.create(**fields)


def test_database_refuses_what_must_not_be(cast, ole):
    asked = {"person": cast.karen, "unit": cast.buf, "role": "READER", "act": "GIVE", "reason": WHY, "by": cast.mette}
    now = timezone.now()
    approved = asked | {"outcome": "APPROVED", "answered_at": now}
    refused("role_request_has_a_reason", **asked | {"reason": "  "})
    refused("role_request_for_somebody", **asked | {"person": None})
    refused("role_request_for_somebody", **asked | {"group": "SEPO"})
    refused("role_request_role_known", **asked | {"role": "KING"})
    refused("role_request_act_known", **asked | {"act": "BEND"})
    refused("role_request_answered_at_a_time", **asked | {"answered_by": ole})
    refused("role_request_answered_at_a_time", **asked | {"outcome": "REFUSED", "answered_by": ole})
    second = "role_request_second_person"
    refused(second, **approved | {"answered_by": cast.mette})
    refused(second, **approved | {"answered_by": cast.karen})
    refused(second, **approved | {"answered_by": None})
    refused(second, **approved | {"answered_by": cast.mette, "role": "LEADER", "person": cast.mette})
    refused(second, **approved | {"answered_by": ole, "outcome": "WITHDRAWN"})
    for role in ("READER", "LEADER"):
        refused(second, **approved | {"answered_by": cast.mette, "role": role, "person": None, "group": "SEPO"})
    done = RoleRequest.objects.create(**approved | {"answered_by": ole})
    for change in ({"outcome": "REFUSED"}, {"reason": "Andet"}, {"answered_at": now}):
        with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
            RoleRequest.objects.filter(pk=done.pk).update(**change)
    with pytest.raises(DatabaseError, match="Cannot delete"), transaction.atomic():
        done.delete()
    waiting = RoleRequest.objects.create(**asked)
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        RoleRequest.objects.filter(pk=waiting.pk).update(person=cast.anne)
    with pytest.raises(IntegrityError, match="role_request_waits_once"), transaction.atomic():
        RoleRequest.objects.create(**asked)


def test_group_gets_a_role_by_the_same_request(cast, ole):
    asked = ask(None, cast.buf, Role.READER, cast.mette, group="SEPO-læsere")
    assert not GroupRole.objects.exists()
    answer(asked, Outcome.APPROVED, ole)
    assert asked.sentence.startswith("Giv gruppen »SEPO-læsere« rollen læser i ")
    assert GroupRole.objects.get().group == "SEPO-læsere"
    lead = ask(None, cast.svalevej, Role.LEADER, cast.mette, group="SEPO-ledere")
    assert GroupRole.objects.count() == 1, "LEADER waits too: Mette may be in the group"
    with pytest.raises(ValidationError, match="En anden end dig selv"):
        role_requests.answer_role_request(lead, Outcome.APPROVED, cast.mette)


def test_removed_group_takes_the_roles_that_no_group_gives(cast, ole):
    GroupRole.objects.create(group="SEPO", unit=cast.buf, role=Role.READER)
    only, both = cast.karen, cast.anne
    Membership.objects.create(user=only, unit=cast.buf, role=Role.READER, made_by_provider=True, made_by_hand=False)
    Membership.objects.create(user=both, unit=cast.buf, role=Role.READER, made_by_provider=True)
    asked = ask(None, cast.buf, Role.READER, cast.mette, act=Act.TAKE, group="SEPO")
    answer(asked, Outcome.APPROVED, ole)
    assert not GroupRole.objects.exists()
    assert (holds(only, Role.READER), Membership.objects.get(user=both).sources) == (False, ["givet af en person"])


def test_group_of_the_last_administrators_stays(cast, ole):
    GroupRole.objects.create(group="KIT", unit=cast.root, role=Role.KIT_ADMIN)
    Membership.objects.filter(role=Role.KIT_ADMIN).update(made_by_provider=True, made_by_hand=False)
    asked = ask(None, cast.root, Role.KIT_ADMIN, cast.mette, act=Act.TAKE, group="KIT")
    with pytest.raises(ValidationError, match="sidste administrator"):
        role_requests.answer_role_request(asked, Outcome.APPROVED, ole)
    assert (GroupRole.objects.count(), holds(cast.mette, Role.KIT_ADMIN), holds(ole, Role.KIT_ADMIN)) == (1, True, True)


def test_command_line_gives_a_role_that_waits_for_approval(cast, ole):
    asked = ask(cast.karen, cast.buf, Role.READER, cast.mette)
    call_command("grant_role", cast.karen.email, "READER", unit=cast.buf.pk)
    assert holds(cast.karen, Role.READER)
    with pytest.raises(ValidationError, match="allerede givet"):
        role_requests.answer_role_request(asked, Outcome.APPROVED, ole)
    role_requests.answer_role_request(asked, Outcome.WITHDRAWN, cast.mette)


@pytest.mark.parametrize(
    ("role", "unit", "is_active", "said"),
    [
        ("KIT_ADMIN", "buf", True, "Koncern IT arbejder for hele kommunen"),
        ("LEADER", "root", True, "En leder skal have en enhed"),
        ("READER", "buf", False, "kan ikke logge ind"),
    ],
)
def test_command_line_refuses_in_words(cast, role, unit, is_active, said):
    User.objects.filter(pk=cast.karen.pk).update(is_active=is_active)
    with pytest.raises(CommandError, match=said):
        call_command("grant_role", cast.karen.email, role, unit=getattr(cast, unit).pk)
    assert not RoleRequest.objects.exists()


def test_leader_of_everything_can_be_removed(cast):
    """A command of an earlier version gave such roles."""
    MembershipFactory(user=cast.karen, unit=cast.root, role=Role.LEADER)
    ask(cast.karen, cast.root, Role.LEADER, cast.mette, act=Act.TAKE)
    assert not holds(cast.karen, Role.LEADER)


def test_command_line_gives_alone_and_writes_the_same_record(cast):
    for _ in range(2):
        call_command("grant_role", cast.karen.email, "KIT_ADMIN")
    asked = RoleRequest.objects.get()
    assert (asked.person, asked.outcome, asked.by, asked.answered_by) == (cast.karen, Outcome.APPROVED, None, None)
    assert "grant_role" in asked.reason
    assert holds(cast.karen, Role.KIT_ADMIN)
