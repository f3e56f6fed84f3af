"""A chain of nine rows in five links, and what may be done to it."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from followups import services
from followups.models import Decision
from followups.models.answers import DecisionAnswers
from tests.factories import FollowUpFactory, LetterFactory

SENT_AGAIN = DecisionAnswers(remedy="RESEND", is_sent=True, deadline_missed=False, consequence_review="NONE")


def committed() -> None:
    """What a commit would do to what is written so far."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def as_superuser(chain: list[Decision], statements: str) -> None:
    """Past the triggers that forbid it; {0} is the id of the chain's first row."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statements.format(*(row.pk for row in chain)))
        cursor.execute("SET LOCAL session_replication_role = origin")


@pytest.fixture
def chain(cast) -> list[Decision]:
    """Three decisions and a confirmation: four statements of one row; then five rows in one statement."""
    for letter in (cast.plain, cast.annes, cast.personnel):
        services.decide(letter, SENT_AGAIN, letter.sender, version=0)
    services.confirm_letter(cast.plain, cast.jens, version=1)
    many = [FollowUpFactory(letter=LetterFactory(incident=cast.incident, sender=cast.karen)) for _ in range(5)]
    services.state_machine.advance_many(many, "HELP_ASKED", cast.karen, {"question": "Hvad nu?"})
    committed()
    return list(Decision.objects.order_by("pk"))


def verdict(*arguments: str) -> tuple[int, str]:
    """The exit status of ``verify_audit``, and what it says."""
    said = StringIO()
    try:
        call_command("verify_audit", *arguments, stdout=said)
    except SystemExit as ended:
        return ended.code, said.getvalue()
    return 0, said.getvalue()
