"""Tamper with the hash chain, run the verification, and become the role that may only add."""

from io import StringIO

from django.core.management import call_command
from django.db import connection

from followups.models import Decision
from followups.models.answers import DecisionAnswers

SENT_AGAIN = DecisionAnswers(remedy="RESEND", is_sent=True, deadline_missed=False, consequence_review="NONE")


def execute_sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def run_deferred_triggers() -> None:
    """Run the deferred triggers, as a commit would."""
    execute_sql("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def execute_past_triggers(chain: list[Decision], statements: str) -> None:
    """Execute statements while the triggers are off. {0} is the id of the first row, {1} of the second, and so on."""
    execute_sql("SET LOCAL session_replication_role = replica")
    execute_sql(statements.format(*(row.pk for row in chain)))
    execute_sql("SET LOCAL session_replication_role = origin")


def become_runtime_role() -> None:
    """Go on as the role of the site and the workers, until the end of the transaction."""
    execute_sql("CREATE ROLE drift NOLOGIN")
    call_command("grant_runtime_role", "drift", stdout=StringIO())
    execute_sql("SET LOCAL ROLE drift")


def run_verify_audit(*arguments: str) -> tuple[int, str]:
    """Return the exit status and the output of `verify_audit`."""
    output = StringIO()
    try:
        call_command("verify_audit", *arguments, stdout=output)
    except SystemExit as ended:
        return ended.code, output.getvalue()
    return 0, output.getvalue()
