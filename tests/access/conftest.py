import pytest

from followups import services
from followups.answers import HELP, Answers
from followups.models import Escalation
from notifications.dispatches import dispatching
from notifications.models import Kind, Notice


@pytest.fixture
def stage(cast, monday):
    """The cast, with a question to DIT about Karen's letter, and everybody's notice written."""
    services.decide(cast.passed, Answers(remedy=HELP, question="Skal det sendes igen?"), cast.karen, version=0)
    cast.escalation = Escalation.objects.get()
    number = dispatching.count_owed(Kind.FIRST_NOTICE, cast.incident)
    cast.dispatch = dispatching.request_dispatch(Kind.FIRST_NOTICE, cast.incident, number, by=cast.mette)
    while dispatching.write_batch(cast.dispatch.pk):
        pass
    cast.notice = Notice.objects.get(receiver=cast.karen)
    return cast
