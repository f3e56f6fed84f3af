"""Impersonation: every page is shown, no act is done, and no file is downloaded."""

import pytest
from django.db import transaction

from followups.models import FollowUp
from sepo_incident.accounts.models import Membership, Unit
from tests.access.access_checks import RULES, url_of, written_rows
from tests.access.access_rules import ACCESS
from tests.factories import LetterFactory

BANNER = "Du ser siden, som Jens Ågård ser den."
WAYS_OUT = {"sign_out", "stop_impersonation"}


def test_impersonation_shows_pages_and_refuses_acts(stage, pia_as):
    client = pia_as(stage.jens)
    shown = 0
    for name, access in RULES:
        undone = transaction.savepoint_create()
        path = url_of(name, access, stage)
        before = written_rows()
        if "jens" in access.sees:
            seen = client.get(path)
            assert "Content-Disposition" not in seen.headers, path
            if "<main" in seen.text:
                assert BANNER in seen.text, path
                shown += seen.status_code == 200
        if access.does and name not in WAYS_OUT:
            refused = client.post(path)
            assert refused.status_code == 403, path
            assert "Der er ikke gemt eller sendt noget." in refused.text, path
        assert written_rows() == before, path
        transaction.savepoint_rollback(undone)
    assert shown > 20


@pytest.mark.parametrize("name", ["my_workbook", "letter_zip", "letter_pack", "draft_mail", "arrival_file"])
def test_impersonation_refuses_downloads(stage, pia_as, name, caplog):
    path = url_of(name, ACCESS[name], stage)
    client = pia_as(stage.karen)
    caplog.clear()
    refused = client.get(path)
    assert refused.status_code == 403
    assert "Du kan ikke hente noget som Karen" in refused.text
    events = [record.getMessage() for record in caplog.records if record.name == "sepo.security"]
    assert events == ["refused"], "nothing says that she fetched it"


def test_impersonation_shows_only_what_both_may_see(stage, pia_as):
    """A DIT member of one administration sees nothing of another administration, whoever sent the letter."""
    Membership.objects.filter(user=stage.pia).update(unit=stage.buf)
    elsewhere = LetterFactory(
        incident=stage.incident, sender=stage.karen, unit=stage.borgercenter, subject="Andetsteds"
    )
    Membership.objects.create(user=stage.jens, unit=stage.sof, role=Membership.Role.LEADER)
    client = pia_as(stage.karen)
    assert client.get(f"/brev/{elsewhere.pk}/").status_code == 404
    FollowUp.objects.filter(letter=stage.personnel).update(due_on="2020-01-04")
    page = client.get("/mine-breve/")
    assert stage.plain.subject in page.text
    assert "Andetsteds" not in page.text
    assert page.context["letters"].overdue == [], "nobody else is told that its date is over"
    client.post("/se-som/stop/")
    client = pia_as(stage.jens)
    assert client.get(f"/enhed/{stage.svalevej.pk}/").status_code == 200
    assert client.get(f"/enhed/{stage.sof.pk}/").status_code == 404
    assert list(Unit.objects.visible_to(stage.jens).filter(pk=stage.sof.pk)) == [stage.sof], "his own, though"
