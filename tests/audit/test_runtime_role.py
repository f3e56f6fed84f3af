"""The role of the site and the workers, on a PostgreSQL of the test's own: `migrate` grants, also on new tables."""

from io import StringIO

import psycopg2
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from sepo_incident.audit.triggers import list_insert_only_tables
from tests.audit.chain_tampering import execute_sql

#: what nobody needs in a table that one only adds to
MORE = ["UPDATE", "DELETE", "TRUNCATE", "TRIGGER", "MAINTAIN"]


@pytest.fixture
def role(settings):
    settings.RUNTIME_ROLE, settings.RUNTIME_PASSWORD = "drift", "a-long-password"


def connect_as(role):
    database = connection.settings_dict
    session = psycopg2.connect(dbname=database["NAME"], host=database["HOST"], user=role)
    session.autocommit = True
    return session.cursor()


def migrate():
    output = StringIO()
    call_command("migrate", verbosity=0, stdout=output)
    return output.getvalue()


def test_migrate_creates_the_role_and_grants_on_every_table(own_database, role):
    assert "Rollen »drift« læser og skriver i" in migrate()
    cursor = connect_as("drift")
    cursor.execute("INSERT INTO accounts_unit (name, code, sort_key, kind) VALUES ('Skolen', '', '', 'UNIT')")
    cursor.execute("UPDATE django_session SET expire_date = now(); DELETE FROM django_session; ANALYZE accounts_unit")
    cursor.execute("SELECT system_identifier FROM pg_control_system()")  # asked for before a mail is sent
    for table in list_insert_only_tables():
        cursor.execute("SELECT array_agg(may) FROM unnest(%s) AS may WHERE has_table_privilege(%s, may)", [MORE, table])
        assert cursor.fetchone() == (None,), table
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        cursor.execute("UPDATE audit_check SET number = 1")

    execute_sql("CREATE TABLE letters_new (id int); GRANT UPDATE (kind), TRUNCATE ON followups_decision TO drift")
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        cursor.execute("SELECT FROM letters_new")
    migrate()
    cursor.execute("INSERT INTO letters_new VALUES (1); SELECT FROM letters_new")


@pytest.mark.django_db
def test_the_password_is_stored_as_a_hash_and_follows_the_setting(role, settings):
    def stored():
        with connection.cursor() as cursor:
            cursor.execute("SELECT rolpassword FROM pg_authid WHERE rolname = 'drift' AND rolcanlogin")
            return cursor.fetchone()[0]

    call_command("grant_runtime_role", stdout=StringIO())
    before = stored()
    assert before.startswith("SCRAM-SHA-256$")
    settings.RUNTIME_PASSWORD = "another-password"
    call_command("grant_runtime_role", stdout=StringIO())
    assert stored() != before


@pytest.mark.django_db
def test_without_a_role_migrate_grants_nothing(settings):
    assert not settings.RUNTIME_ROLE
    assert migrate() == ""


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "refusal"), [("", "sæt RUNTIME_ROLE"), ("findes-ikke", "findes ikke"), ("sepo", "ejer tabellerne")]
)
def test_an_unsuitable_role_is_refused(name, refusal):
    with pytest.raises(CommandError, match=refusal):
        call_command("grant_runtime_role", name)
