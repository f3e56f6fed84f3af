"""The change log of tables that are not append-only: the person, and the columns before and after."""

from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import InternalError, connection

from followups import services
from followups.models import Escalation
from followups.models.answers import DecisionAnswers
from letters import incidents
from letters.assigning import assignments
from letters.categories import category_rules
from letters.models import CategoryRule, Incident, Letter
from sepo_incident.accounts.models import Membership
from sepo_incident.audit.models import Link, RowChange
from sepo_incident.audit.verification import verify_chain
from tests.audit.chain_tampering import run_deferred_triggers
from tests.factories import IncidentFactory

pytestmark = pytest.mark.django_db
MEMBERSHIP_TABLE, ESCALATION_TABLE, RULE_TABLE, INCIDENT_TABLE = (
    model._meta.db_table for model in (Membership, Escalation, CategoryRule, Incident)
)


@pytest.fixture
def new_changes(cast):
    """`new_changes()` returns [(table, row, by, before, after)] of the changes since the previous call."""
    seen = 0

    def since() -> list[tuple]:
        nonlocal seen
        new = RowChange.objects.filter(pk__gt=seen).order_by("pk")
        lines = list(new.values_list("table_name", "row_id", "by_id", "before", "after"))
        seen = new.values_list("pk", flat=True).last() or seen
        return lines

    return since


def test_escalation_changes_are_logged(cast, new_changes):
    services.decide(cast.untitled, DecisionAnswers(remedy="HELP", question="Hvem fik hvad?"), cast.karen, version=0)
    asked = Escalation.objects.get()
    [(table, row, by, before, after)] = new_changes()
    assert (table, row, by, before, after["desk"]) == (ESCALATION_TABLE, asked.pk, cast.karen.pk, {}, "DIT")

    services.take_escalation(asked, cast.pia)
    [(_, _, by, before, after)] = new_changes()
    assert (by, before) == (cast.pia.pk, {"owner_id": None, "taken_at": None})
    assert (after["owner_id"], after["taken_at"][-6:]) == (cast.pia.pk, "+00:00")
    services.take_escalation(asked, cast.pia)
    assert new_changes() == [], "nothing was changed"

    services.release_escalation(asked, cast.pia)
    [(_, _, by, before, after)] = new_changes()
    assert (by, before["owner_id"], after) == (cast.pia.pk, cast.pia.pk, {"owner_id": None, "taken_at": None})

    services.answer_escalation(services.take_escalation(asked, cast.pia), "Send det sidste.", cast.pia)
    assert [(by, list(after)) for _, _, by, _, after in new_changes()][1:] == [
        (cast.pia.pk, ["answered_at", "resolved_at", "is_with_desk"])
    ]


@pytest.mark.django_db(transaction=True)
def test_scheduled_changes_have_no_author(cast, new_changes):
    """Scheduled work has no author, also right after a person's change on the same connection."""
    Incident.objects.update(status="PREPARING")
    incidents.move_deadline(cast.incident, date(2020, 2, 1), "Flere breve", cast.mette)
    services.open_followups(cast.incident)
    assert [(line[2], line[4]) for line in new_changes() if line[0] == INCIDENT_TABLE] == [
        (None, {"status": "PREPARING"}),
        (cast.mette.pk, {"deadline": "2020-02-01"}),
        (None, {"status": "OPEN"}),
    ]
    assert verify_chain().rows == 8  # plus the rows of the deadline and the status, and DIT's default standard answers


def test_category_rule_changes_are_logged(cast, new_changes):
    category_rules.add_rule(rule := CategoryRule(incident=cast.incident, name="Sent", words="sent"), cast.mette)
    rule.words = "sendt"
    category_rules.change_rule(rule, 0, cast.mette)
    category_rules.move_rule(rule, cast.mette, up=True)
    category_rules.delete_rule(CategoryRule.objects.get(pk=rule.pk), 1, cast.mette)
    lines = [line for line in new_changes() if line[1] == rule.pk]
    assert {line[2] for line in lines} == {cast.mette.pk}
    added, changed, moved, gone = (line[3:] for line in lines)
    assert (added[0], added[1]["words"], changed[0]["words"], changed[1]["words"]) == ({}, "sent", "sent", "sendt")
    assert moved == ({"position": added[1]["position"]}, {"position": added[1]["position"] - 1})
    assert (gone[0]["words"], gone[1]) == ("sendt", {})


def test_incident_changes_are_logged(cast, new_changes):
    incidents.move_deadline(cast.incident, date(2020, 2, 1), "Flere breve", cast.mette)
    assert new_changes() == [
        (INCIDENT_TABLE, cast.incident.pk, cast.mette.pk, {"deadline": "2020-01-15"}, {"deadline": "2020-02-01"})
    ]
    Incident.objects.update(status="CLOSED")
    new_changes()
    made = incidents.create_incident(IncidentFactory.build(slug="", title="Ny", status="PREPARING"), cast.mette)
    lines = new_changes()
    assert lines[0][:4] == (INCIDENT_TABLE, made.pk, cast.mette.pk, {})
    assert {line[0] for line in lines[1:]} == {RULE_TABLE}
    services.open_followups(made, cast.mette)
    opened = [line[2:] for line in new_changes() if line[0] == INCIDENT_TABLE]
    assert opened == [(cast.mette.pk, {"status": "PREPARING"}, {"status": "OPEN"})]


def role_changes(lines: list[tuple]) -> list[tuple]:
    """Return [(by, user before, user after)] of the changes of roles."""
    return [
        (by, was.get("user_id"), now.get("user_id")) for table, _, by, was, now in lines if table == MEMBERSHIP_TABLE
    ]


def test_leader_roles_from_assignments_are_logged(cast, new_changes):
    Letter.objects.filter(pk=cast.plain.pk).update(leader=None, leader_name="")
    letters = Letter.objects.filter(pk=cast.plain.pk)
    given = assignments.assign_letters(cast.incident, letters, "leder", cast.anne, by=cast.mette, expected=1)
    assert (cast.mette.pk, None, cast.anne.pk) in role_changes(new_changes())
    assignments.undo_assignment(given, letters, cast.birgitte)
    assert (cast.birgitte.pk, cast.anne.pk, None) in role_changes(new_changes())


def test_role_granted_by_command_is_logged(cast, new_changes):
    call_command("grant_role", "anne@kk.example", "READER", stdout=StringIO())
    assert role_changes(new_changes()) == [(None, None, cast.anne.pk)]
    assert RowChange.objects.latest("pk").login == connection.settings_dict["USER"]


def test_raw_sql_changes_are_logged_in_one_link_per_statement(cast, new_changes):
    held = Membership.objects.count()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_membership SET role = 'READER'")
        cursor.execute("DELETE FROM accounts_membership")
    lines = new_changes()
    assert len(lines) == held - 1 + held, "one was a reader already"
    assert all(len(line[3]) == len(line[4]) == 1 for line in lines[: held - 1])
    run_deferred_triggers()
    assert Link.objects.count() == 2
    assert verify_chain().rows == len(lines)


@pytest.mark.parametrize("table", ["accounts_membership", "accounts_absence", "letters_categoryrule"])
def test_logged_table_refuses_truncate(cast, table):
    with pytest.raises(InternalError, match="Cannot truncate"), connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {table} CASCADE")
