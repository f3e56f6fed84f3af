from types import SimpleNamespace

import pytest
from django.urls import reverse

from followups import services
from followups.models import Escalation
from followups.models.answers import HELP, DecisionAnswers
from notifications.dispatching import dispatch_lifecycle, outbox_writer
from notifications.kinds.notice_kinds import owed_followups
from notifications.kinds.receivers import count_receivers
from notifications.models import Kind, Notice
from tests import cast
from tests.recorded_rows import RecordedRows


@pytest.fixture
def stage(db, monday, recorded_stage) -> SimpleNamespace:
    """The cast, with a question to DIT about Karen's letter and all first notices written."""
    return recorded_stage.insert()


@pytest.fixture
def pia_as(stage, as_user):
    """``pia_as(stage.jens)`` returns Pia's client while Pia impersonates Jens to answer a question of his."""

    def begin(person):
        services.take_escalation(stage.escalation, stage.pia)
        Escalation.objects.filter(pk=stage.escalation.pk).update(raised_by=person)
        client = as_user(stage.pia)
        begun = client.post(reverse("see_as_asker", args=[stage.escalation.pk]))
        assert begun.url == reverse("letter", args=[stage.passed.pk])
        return client

    return begin


@pytest.fixture(scope="session")
def recorded_stage(django_db_setup, django_db_blocker) -> RecordedRows:
    with django_db_blocker.unblock():
        return RecordedRows(build_stage)


def build_stage() -> SimpleNamespace:
    stage = cast.build_cast()
    services.decide(
        stage.passed, DecisionAnswers(remedy=HELP, question="Skal det sendes igen?"), stage.karen, version=0
    )
    stage.escalation = Escalation.objects.get()
    number = count_receivers(owed_followups(Kind.FIRST_NOTICE, stage.incident))
    stage.dispatch = dispatch_lifecycle.request_dispatch(Kind.FIRST_NOTICE, stage.incident, number, by=stage.mette)
    while outbox_writer.write_batch(stage.dispatch.pk):
        pass
    stage.notice = Notice.objects.get(receiver=stage.karen)
    return stage
