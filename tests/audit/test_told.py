"""What has no ledger of its own is told in that of all: who did it, what was before and what is after."""

from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import InternalError, connection, transaction

from followups import services
from followups.models import Escalation
from followups.models.answers import DecisionAnswers
from letters import incidents
from letters.assigning import assignments
from letters.categories import category_rules
from letters.importing import staff_file
from letters.models import CategoryRule, Incident, Letter
from sepo_incident.accounts.models import Membership
from sepo_incident.audit.models import Link, RowChange
from sepo_incident.audit.verification import verify_chain
from tests.accounts.staff import person, xlsx
from tests.audit.conftest import committed
from tests.factories import IncidentFactory

pytestmark = pytest.mark.django_db
ROLES, ASKED, RULES, INCIDENTS = (model._meta.db_table for model in (Membership, Escalation, CategoryRule, Incident))


@pytest.fixture
def told(cast):
    """``told()``: [(table, row, by, before, after)] of what was changed since it was asked last."""
    seen = 0

    def since() -> list[tuple]:
        nonlocal seen
        new = RowChange.objects.filter(pk__gt=seen).order_by("pk")
        lines = list(new.values_list("table_name", "row_id", "by_id", "before", "after"))
        seen = new.values_list("pk", flat=True).last() or seen
        return lines

    return since


def test_who_has_a_question(cast, told):
    services.decide(cast.untitled, DecisionAnswers(remedy="HELP", question="Hvem fik hvad?"), cast.karen, version=0)
    asked = Escalation.objects.get()
    [(table, row, by, before, after)] = told()
    assert (table, row, by, before, after["desk"]) == (ASKED, asked.pk, cast.karen.pk, {}, "DIT")

    services.take_escalation(asked, cast.pia)
    [(_, _, by, before, after)] = told()
    assert (by, before) == (cast.pia.pk, {"owner_id": None, "taken_at": None})
    assert (after["owner_id"], after["taken_at"][-6:]) == (cast.pia.pk, "+00:00")
    services.take_escalation(asked, cast.pia)
    assert told() == [], "nothing was changed"

    services.release_escalation(asked, cast.pia)
    [(_, _, by, before, after)] = told()
    assert (by, before["owner_id"], after) == (cast.pia.pk, cast.pia.pk, {"owner_id": None, "taken_at": None})

    services.answer_escalation(services.take_escalation(asked, cast.pia), "Send det sidste.", cast.pia)
    assert [(by, list(after)) for _, _, by, _, after in told()][1:] == [(cast.pia.pk, ["answered_at", "resolved_at"])]


@pytest.mark.django_db(transaction=True)
def test_the_clock_is_nobody(cast, told):
    """Also right after somebody, on the same connection."""
    Incident.objects.update(status="PREPARING")
    incidents.move_deadline(cast.incident, date(2020, 2, 1), "Flere breve", cast.mette)
    services.open_followups(cast.incident)
    assert [(line[2], line[4]) for line in told() if line[0] == INCIDENTS] == [
        (None, {"status": "PREPARING"}),
        (cast.mette.pk, {"deadline": "2020-02-01"}),
        (None, {"status": "OPEN"}),
    ]
    assert verify_chain().rows == 7  # and the line of the deadline, and the standard answers that DIT begins with


def test_rules(cast, told):
    category_rules.add_rule(rule := CategoryRule(incident=cast.incident, name="Sent", words="sent"), cast.mette)
    rule.words = "sendt"
    category_rules.change_rule(rule, 0, cast.mette)
    category_rules.move_rule(rule, cast.mette, up=True)
    category_rules.delete_rule(CategoryRule.objects.get(pk=rule.pk), 1, cast.mette)
    lines = [line for line in told() if line[1] == rule.pk]
    assert {line[2] for line in lines} == {cast.mette.pk}
    added, changed, moved, gone = (line[3:] for line in lines)
    assert (added[0], added[1]["words"], changed[0]["words"], changed[1]["words"]) == ({}, "sent", "sent", "sendt")
    assert moved == ({"position": added[1]["position"]}, {"position": added[1]["position"] - 1})
    assert (gone[0]["words"], gone[1]) == ("sendt", {})


def test_the_incident(cast, told):
    incidents.move_deadline(cast.incident, date(2020, 2, 1), "Flere breve", cast.mette)
    assert told() == [
        (INCIDENTS, cast.incident.pk, cast.mette.pk, {"deadline": "2020-01-15"}, {"deadline": "2020-02-01"})
    ]
    Incident.objects.update(status="CLOSED")
    told()
    made = incidents.create_incident(IncidentFactory.build(slug="", title="Ny", status="PREPARING"), cast.mette)
    lines = told()
    assert lines[0][:4] == (INCIDENTS, made.pk, cast.mette.pk, {})
    assert {line[0] for line in lines[1:]} == {RULES}
    services.open_followups(made, cast.mette)
    opened = [line[2:] for line in told() if line[0] == INCIDENTS]
    assert opened == [(cast.mette.pk, {"status": "PREPARING"}, {"status": "OPEN"})]


def roles(lines: list[tuple]) -> list[tuple]:
    """(by, whose before, whose after) of those about roles."""
    return [(by, was.get("user_id"), now.get("user_id")) for table, _, by, was, now in lines if table == ROLES]


def test_roles_come_and_go_with_letters(cast, told):
    Letter.objects.filter(pk=cast.plain.pk).update(leader=None, leader_name="")
    letters = Letter.objects.filter(pk=cast.plain.pk)
    given = assignments.assign_letters(cast.incident, letters, "leder", cast.anne, by=cast.mette, expected=1)
    assert (cast.mette.pk, None, cast.anne.pk) in roles(told())
    assignments.undo_assignment(given, letters, cast.birgitte)
    assert (cast.birgitte.pk, cast.anne.pk, None) in roles(told())


def test_a_staff_file_gives_roles(cast, told):
    staff = staff_file.read_staff_file(
        xlsx(person("anne@kk.example", "Anne Østergaard", Er_leder="ja")), "personale.xlsx", by=cast.mette
    )
    assert staff_file.save_staff_file(staff, cast.mette)
    assert set(roles(told())) == {(cast.mette.pk, None, cast.anne.pk)}


def test_a_role_from_the_console(cast, told):
    call_command("grant_role", "anne@kk.example", "READER", stdout=StringIO())
    assert roles(told()) == [(None, None, cast.anne.pk)]
    assert RowChange.objects.latest("pk").login == connection.settings_dict["USER"]


def test_past_all_services_and_many_in_one_link(cast, told):
    held = Membership.objects.count()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_membership SET role = 'READER'")
        cursor.execute("DELETE FROM accounts_membership")
    lines = told()
    assert len(lines) == held - 1 + held, "one was a reader already"
    assert all(len(line[3]) == len(line[4]) == 1 for line in lines[: held - 1])
    committed()
    assert Link.objects.count() == 2
    assert verify_chain().rows == len(lines)


def test_a_row_that_gets_another_id_is_one_gone_and_one_made(cast, told):
    held = cast.mette.memberships.get()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_membership SET id = 900001, role = 'HR' WHERE id = %s", [held.pk])
    (_, gone, _, was, nothing), (_, made, _, empty, became) = told()
    assert (gone, was["role"], nothing) == (held.pk, "KIT_ADMIN", {})
    assert (made, empty, became["role"]) == (900001, {}, "HR")


@pytest.mark.parametrize("table", ["accounts_membership", "accounts_absence", "letters_categoryrule"])
def test_nobody_empties_such_a_table(cast, table):
    with pytest.raises(InternalError, match="Cannot truncate"), connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {table} CASCADE")


def test_nothing_is_told_of_what_is_rolled_back(cast, told):
    with transaction.atomic():
        cast.mette.memberships.all().delete()
        assert len(told()) == 1
        transaction.set_rollback(True)
    assert not RowChange.objects.exists()
