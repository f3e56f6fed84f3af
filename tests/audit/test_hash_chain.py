"""The hash chain through the append-only tables: every kind of tampering is found and the row or link is named."""

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from followups import services
from followups.models import Decision
from sepo_incident.audit import verification
from sepo_incident.audit.models import Check, Link, Statement
from sepo_incident.audit.triggers import list_insert_only_tables
from sepo_incident.audit.verification import BrokenChain, verify_chain
from sepo_incident.core import danish
from tests.audit.chain_tampering import (
    become_runtime_role,
    execute_past_triggers,
    run_deferred_triggers,
    run_verify_audit,
)


def test_each_statement_has_a_link_with_all_its_rows(chain):
    found = verify_chain()
    assert (found.links, found.rows) == (5, 9)
    assert list(Link.objects.order_by("number").values_list("number", "statement__ids")) == [
        *((number, [row.pk]) for number, row in enumerate(chain[:4], start=1)),
        (5, [row.pk for row in chain[4:]]),
    ]
    assert run_verify_audit() == (
        0,
        "✓ Historikken er uændret: 9 rækker i 5 led.\n"
        f"Det sidste led har aftrykket {found.head}. Notér det et andet sted.\n",
    )


_CHANGED = "UPDATE followups_decision SET kind = 'DONE' WHERE id = {0}"
_AND_ITS_DIGEST = (
    "UPDATE audit_statement SET sealed[1] = (SELECT audit_digest(d) FROM followups_decision d WHERE id = {0}) "
    "WHERE ids[1] = {0}"
)
_AND_ITS_LINK = (
    "UPDATE audit_link SET hash = audit_hash(number, previous, statement) FROM audit_statement statement "
    "WHERE statement.id = statement_id AND number = 1"
)
#: tampering past the triggers, and the sentence of the verification. {n} is the id of row n
TAMPERING = {
    "change": ("UPDATE followups_decision SET kind = 'DONE' WHERE id = {6}", "Række {6} .* er ændret"),
    "delete": ("DELETE FROM followups_decision WHERE id = {7}", "Række {7} .* er slettet"),
    "insert in the middle": (
        "INSERT INTO followups_decision (id, followup_id, kind, version, answers, before, by_id, at) "
        "SELECT -1, followup_id, kind, 99, answers, before, by_id, at FROM followups_decision WHERE id = {2}",
        "Række -1 .* har intet led",
    ),
    "a row with its digest": (f"{_CHANGED}; {_AND_ITS_DIGEST}", "Led nr. 1 .* er ændret"),
    "and its link": (f"{_CHANGED}; {_AND_ITS_DIGEST}; {_AND_ITS_LINK}", "Led nr. 2 .* er ændret"),
    "a link in the middle": ("DELETE FROM audit_link WHERE number = 3", "Led nr. 3 er væk"),
    "what a link is about": ("DELETE FROM audit_statement WHERE ids[1] = {1}", "Led nr. 2 .* er ændret"),
    "the last link": ("DELETE FROM audit_link WHERE number = 5", "Række {4} .* har intet led"),
}


@pytest.mark.parametrize("case", TAMPERING)
def test_tampering_past_the_triggers_is_named(chain, case):
    statements, message = TAMPERING[case]
    execute_past_triggers(chain, statements)
    with pytest.raises(BrokenChain, match=message.format(*(row.pk for row in chain))):
        verify_chain()


def test_verify_audit_names_the_row_and_exits_with_one(chain):
    at = Statement.objects.get(ids=[chain[1].pk]).at
    execute_past_triggers(chain, "DELETE FROM followups_decision WHERE id = {1}")
    assert run_verify_audit() == (
        1,
        f"✗ Række {chain[1].pk} i followups_decision (beslutninger) er slettet. "
        f"Den blev skrevet {danish.moment(at)} (led nr. 2).\n",
    )


def test_tail_cut_off_with_its_checks_is_found_by_the_head(chain):
    head = verify_chain().head
    assert run_verify_audit("--head", head)[0] == 0
    execute_past_triggers(
        chain,
        "DELETE FROM followups_decision WHERE id >= {4}; DELETE FROM audit_link WHERE number = 5; "
        "DELETE FROM audit_statement WHERE ids[1] = {4}; DELETE FROM audit_check",
    )
    assert run_verify_audit()[0] == 0
    assert run_verify_audit("--head", head) == (
        1,
        f"✗ Leddet {head} findes ikke længere: kæden er kortet af eller lavet om.\n",
    )


def test_break_is_found_in_every_chunk(chain, monkeypatch):
    monkeypatch.setattr(verification, "CHUNK", 2)
    assert verify_chain().rows == 9
    execute_past_triggers(chain, "DELETE FROM followups_decision WHERE id = {8}")
    with pytest.raises(BrokenChain, match=f"Række {chain[8].pk} .* er slettet"):
        verify_chain()


def test_session_settings_do_not_change_hashes(chain, cast):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL TimeZone = 'Asia/Kathmandu'")
        cursor.execute("SET LOCAL bytea_output = 'escape'; SET LOCAL IntervalStyle = 'iso_8601'")
        services.undo_decision(cast.annes, cast.anne, version=1)
        run_deferred_triggers()
        verify_chain()
        cursor.execute("SET LOCAL TimeZone = 'UTC'; SET LOCAL bytea_output = 'hex'")
    assert verify_chain().rows == 10


def test_added_column_keeps_the_chain_and_is_covered(chain, cast):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE followups_decision ADD COLUMN aside text NOT NULL DEFAULT 'intet'")
    services.undo_decision(cast.annes, cast.anne, version=1)
    run_deferred_triggers()
    assert verify_chain().rows == 10
    newest = Decision.objects.latest("pk")
    execute_past_triggers([newest], "UPDATE followups_decision SET aside = 'noget' WHERE id = {0}")
    with pytest.raises(BrokenChain, match=f"Række {newest.pk} .* er ændret"):
        verify_chain()


@pytest.mark.parametrize("table", list_insert_only_tables())
def test_append_only_table_refuses_truncate(db, table):
    with pytest.raises(DatabaseError, match="Cannot truncate"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {table} CASCADE")


@pytest.mark.parametrize(("model", "altered"), [(Statement, {"ledger": "x"}), (Link, {"hash": b""})])
def test_chain_tables_are_append_only(chain, model, altered):
    for change in (lambda rows: rows.update(**altered), lambda rows: rows._raw_delete("default")):
        with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
            change(model.objects.all())


def test_database_computes_number_and_hash_of_a_link(chain):
    statement = Statement.objects.create(
        ledger="followups_decision", columns=["id"], ids=[], digests=[], at=chain[0].at
    )
    Link.objects.create(number=99, statement=statement, previous=b"x", hash=b"y")
    assert Link.objects.get(statement=statement).number == 6
    assert verify_chain().links == 6
    with pytest.raises(IntegrityError, match="audit_link_statement_id_key"), transaction.atomic():
        run_deferred_triggers()  # a second link for the same statement
    transaction.set_rollback(True)


def test_role_with_select_and_insert_is_enough(chain, cast):
    """The runtime role, which does not own the tables."""
    with connection.cursor() as cursor:
        become_runtime_role()
        services.undo_decision(cast.annes, cast.anne, version=1)
        run_deferred_triggers()
        assert verify_chain().rows == 10
        assert verification.verify_history(whole=False).links == 6
        assert Check.objects.get().number == 6
        cursor.execute("SELECT audit_record_check(6, 'x'), audit_record_check(7, '')")
        assert Check.objects.count() == 1, "a check is of a link that exists"
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE tgname ~ 'chained' AND tgrelid = 'followups_decision'::regclass"
        )
        writes_chain = cursor.fetchone()[0]
        for forbidden in (
            "INSERT INTO audit_check (number, hash) VALUES (0, '')",
            "INSERT INTO audit_statement (ledger, columns, ids, digests, at) "
            "VALUES ('followups_decision', '{id}', '{1}', '{x}', now())",
            f"CREATE TEMP TABLE followups_decision (id int); CREATE TRIGGER forged AFTER INSERT ON followups_decision "
            f"REFERENCING NEW TABLE AS written EXECUTE FUNCTION {writes_chain}()",
            "UPDATE followups_decision SET version = 9",
            "DELETE FROM audit_link",
            "TRUNCATE audit_link",
            "ALTER TABLE followups_decision DISABLE TRIGGER ALL",
            "SET LOCAL session_replication_role = replica",
        ):
            with pytest.raises(DatabaseError, match=r"permission denied|must be owner"), transaction.atomic():
                cursor.execute(forbidden)
