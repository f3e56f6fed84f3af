"""The database holds each decision to the questions and remedies of the incident's kind."""

from dataclasses import replace
from itertools import product

import pytest
from django.db import IntegrityError, transaction

from followups import services
from followups.models import FollowUp
from letters.incident_kinds import KINDS, IncidentKind
from tests.followups.decision_answers import followup_of
from tests.kinds.kind_answers import OWN_VARIANTS, WRONG_FIELDS, answers_of, set_kind

pytestmark = pytest.mark.usefixtures("monday")


@pytest.mark.parametrize("kind", IncidentKind)
def test_database_refuses_answers_of_another_kind(cast, kind):
    set_kind(cast, kind)
    for remedy, (name, own) in product(FollowUp.Remedy, (OWN_VARIANTS | WRONG_FIELDS).items()):
        answers = replace(answers_of(IncidentKind.NOT_ARRIVED), remedy=remedy, is_sent=remedy != "NO_DISPATCH", **own)
        answers = replace(answers, no_dispatch_reason="Ligger på Aula" if remedy == "NO_DISPATCH" else "")
        answers = replace(answers, paper_reason="DEAD" if remedy == "PAPER" else "")
        refusal = refusal_by_database(cast.plain, answers, cast.karen)
        assert ("followup_deletion_has_its_field" in refusal) == (name in WRONG_FIELDS), (name, remedy, refusal)
        if name in OWN_VARIANTS:
            is_own = "deletion" in KINDS[kind].questions
            does_fit = remedy in KINDS[kind].remedies and (name != "nothing") == is_own
            assert bool(refusal) != does_fit, (name, remedy, refusal)


def refusal_by_database(letter, answers, by) -> str:
    """Return the sentence of the database about the answers, "" if the database takes them."""
    followup = followup_of(letter)
    try:
        with transaction.atomic():
            services.decisions._save_decisions([(followup, answers)], by)
            transaction.set_rollback(True)
    except IntegrityError as refusal:
        return str(refusal)
    return ""
