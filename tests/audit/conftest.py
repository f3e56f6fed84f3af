"""The chain that the audit tests tamper with: nine rows in five links."""

import pytest

from followups import services
from followups.models import Decision
from tests.audit.chain_tampering import SENT_AGAIN, run_deferred_triggers
from tests.factories import FollowUpFactory, LetterFactory


@pytest.fixture
def chain(cast) -> list[Decision]:
    """Three decisions and a confirmation (four statements of one row each), then five rows in one statement."""
    for letter in (cast.plain, cast.annes, cast.personnel):
        services.decide(letter, SENT_AGAIN, letter.sender, version=0)
    services.confirm_letter(cast.plain, cast.jens, version=1)
    many = [FollowUpFactory(letter=LetterFactory(incident=cast.incident, sender=cast.karen)) for _ in range(5)]
    services.state_machine.advance_many(many, "HELP_ASKED", cast.karen, {"question": "Hvad nu?"})
    run_deferred_triggers()
    return list(Decision.objects.order_by("pk"))
