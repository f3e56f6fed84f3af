from itertools import count
from types import SimpleNamespace

import pytest
from django.test import Client
from django.urls import reverse

from followups import services
from followups.models import Escalation, FollowUp
from followups.models.answers import HELP, DecisionAnswers
from letters.models import Letter
from letters.recipient_keys import short_recipient_code
from notifications.dispatching import dispatch_lifecycle, outbox_writer
from notifications.kinds.notice_kinds import owed_followups
from notifications.kinds.receivers import count_receivers
from notifications.models import Kind, Notice
from tests import cast
from tests.access.access_rules import EVERYBODY, READ_PERSONNEL
from tests.recorded_rows import RecordedRows, record

WHY_HANDED_OVER = "Hun er sygemeldt igen"


@pytest.fixture
def stage(db, monday, recorded_stage) -> SimpleNamespace:
    """The cast, with a question to DIT about Karen's letter and all first notices written."""
    return recorded_stage.insert()


@pytest.fixture
def handed_over_case(db, monday, recorded_handed_over_case) -> SimpleNamespace:
    """The stage, where the personnel case is handed over to Personalejura. The case has a category, a date of its own
    and a missing original.

    `secrets`: person → words that no page shows to the person. `sessions`: person → session key.
    """
    return recorded_handed_over_case.insert()


@pytest.fixture
def pia_as(as_user):
    """`pia_as("jens", stage)` returns Pia's client while Pia impersonates Jens to answer a question of his."""

    def begin(name, stage):
        services.take_escalation(stage.escalation, stage.pia)
        Escalation.objects.filter(pk=stage.escalation.pk).update(raised_by=getattr(stage, name))
        client = as_user(stage.pia)
        begun = client.post(reverse("see_as_asker", args=[stage.escalation.pk]))
        assert begun.url == reverse("letter", args=[stage.passed.pk])
        return client

    return begin


@pytest.fixture(scope="session")
def recorded_stage(django_db_setup, django_db_blocker) -> RecordedRows:
    with django_db_blocker.unblock():
        return record("stage", build_stage)


@pytest.fixture(scope="session")
def recorded_handed_over_case(django_db_setup, django_db_blocker) -> RecordedRows:
    with django_db_blocker.unblock():
        return record("handed-over-case", build_handed_over_case)


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


def build_handed_over_case() -> SimpleNamespace:
    stage = build_stage()
    key = key_of_unused_code()
    Letter.objects.filter(pk=stage.personnel.pk).update(category="Sygefraværssamtaler", recipient_key=key)
    FollowUp.objects.filter(letter=stage.personnel).update(due_on="2020-01-04")
    services.mark_original_missing(stage.personnel, stage.karen, version=0)
    services.hand_to_hr(stage.personnel, stage.karen, 1, WHY_HANDED_OVER)
    code = Letter.objects.get(pk=stage.personnel.pk).recipient_label.split("kode")[1].strip()
    stage.case_secrets = {stage.personnel.subject, WHY_HANDED_OVER, code, "4. januar"}
    stage.secrets = dict.fromkeys(EVERYBODY - READ_PERSONNEL, stage.case_secrets)
    others = Letter.objects.exclude(pk=stage.personnel.pk).exclude(subject="")
    stage.secrets["hanne"] = {stage.anne.name, *(word for one in others for word in (one.subject, one.source_ref))}
    senders = (stage.karen, stage.anne, stage.ulla)
    stage.secrets["sofie"] = {
        *(one.name for one in senders),
        *(word for one in Letter.objects.exclude(subject="") for word in (one.subject, one.source_ref)),
    }
    stage.sessions = {name: _sign_in(getattr(stage, name)) for name in EVERYBODY}
    return stage


def key_of_unused_code() -> str:
    """Return a recipient's key whose short code no letter has: another letter may show its own code."""
    taken = {short_recipient_code(key) for key in Letter.objects.values_list("recipient_key", flat=True)}
    keys = (f"{number:012x}" for number in count())
    return next(key for key in keys if short_recipient_code(key) not in taken)


def _sign_in(user) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies["sepo_session"].value
