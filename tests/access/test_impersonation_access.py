"""Impersonation: every page is shown, no act is done, and no file is downloaded."""

import pytest
from django.db import transaction
from django.urls import reverse

from followups.models import FollowUp
from letters.models.letter import HIDDEN_SUBJECT
from sepo_incident.accounts.models import Membership, Unit
from tests.access.access_checks import revealed_words, url_of, written_rows
from tests.access.access_rules import ACCESS, RULES
from tests.access.attacker import some
from tests.factories import LetterFactory

WAYS_OUT = {"sign_out", "stop_impersonation"}
#: A POST that changes nothing (`read_only`), so that what is searched for stands in no address.
READING_POSTS = {"search"}


@pytest.mark.parametrize("actor", ["karen", "jens"])
def test_impersonation_shows_pages_without_the_case_and_refuses_acts(handed_over_case, pia_as, actor):
    stage = handed_over_case
    client = pia_as(actor, stage)
    banner = f"Du ser siden, som {getattr(stage, actor).name} ser den."
    shown = 0
    for name, access in some(RULES, 60, actor == "karen"):
        undone = transaction.savepoint_create()
        path = url_of(name, access, stage)
        before = written_rows()
        if actor in access.sees:
            seen = client.get(path)
            assert "Content-Disposition" not in seen.headers, path
            assert access.is_open or revealed_words(seen, stage.case_secrets) == [], path
            if "<main" in seen.text:
                assert banner in seen.text, path
                shown += seen.status_code == 200
        if access.does and name not in WAYS_OUT | READING_POSTS:
            refused = client.post(path)
            assert refused.status_code == 403, path
            assert "Der er ikke gemt eller sendt noget." in refused.text, path
        assert written_rows() == before, path
        transaction.savepoint_rollback(undone)
    assert shown > 5
    if actor == "karen":
        assert HIDDEN_SUBJECT in client.get(reverse("my_letters")).text, "it is there, as Pia sees it"
    else:
        found = client.get(reverse("board", args=[stage.svalevej.pk]), {"words": stage.personnel.subject})
        assert not found.context["page_obj"].object_list


@pytest.mark.parametrize("name", ["my_workbook", "letter_zip"])
def test_impersonation_refuses_downloads(stage, pia_as, name, caplog):
    path = url_of(name, ACCESS[name], stage)
    client = pia_as("karen", stage)
    caplog.clear()
    refused = client.get(path)
    assert refused.status_code == 403
    assert "Du kan ikke hente noget som Karen" in refused.text
    events = [record.getMessage() for record in caplog.records if record.name == "sepo.security"]
    assert events == ["refused"], "nothing says that she fetched it"


def test_impersonation_refuses_every_list_as_a_file(stage, pia_as, caplog):
    client, url = pia_as("jens", stage), reverse("board_units", args=[stage.svalevej.pk])
    caplog.clear()
    assert client.get(url).status_code == 200
    refused = client.get(url, {"hent": "csv"})
    assert refused.status_code == 403
    assert "list_exported" not in [record.getMessage() for record in caplog.records]


def test_impersonation_shows_only_what_both_may_see(stage, pia_as):
    """A DIT member of one administration sees nothing of another administration, whoever sent the letter."""
    Membership.objects.filter(user=stage.pia).update(unit=stage.buf)
    elsewhere = LetterFactory(
        incident=stage.incident, sender=stage.karen, unit=stage.borgercenter, subject="Andetsteds"
    )
    Membership.objects.create(user=stage.jens, unit=stage.sof, role=Membership.Role.LEADER)
    client = pia_as("karen", stage)
    assert client.get(f"/brev/{elsewhere.pk}/").status_code == 404
    FollowUp.objects.filter(letter=stage.personnel).update(due_on="2020-01-04")
    page = client.get("/mine-breve/")
    assert stage.plain.subject in page.text
    assert "Andetsteds" not in page.text
    assert page.context["letters"].overdue == [], "nobody else is told that its date is over"
    client.post("/se-som/stop/")
    client = pia_as("jens", stage)
    assert client.get(f"/enhed/{stage.svalevej.pk}/").status_code == 200
    assert client.get(f"/enhed/{stage.sof.pk}/").status_code == 404
    assert list(Unit.objects.visible_to(stage.jens).filter(pk=stage.sof.pk)) == [stage.sof], "his own, though"
