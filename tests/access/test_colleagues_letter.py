"""A colleague who opens a forwarded link reads whose letter it is, and nobody reads more than that."""

import re

import pytest
from django.utils import timezone

from letters.models import Letter, LetterChange
from tests.followups.responses import page_text

PLAIN = "Vi kan ikke finde siden"


def open_letter(client, pk: int, page: str = "") -> str:
    response = client.get(f"/brev/{pk}/{page}")
    assert response.status_code == 404
    return re.sub(r'med nummeret <strong.*?</strong>|name="csrfmiddlewaretoken" value="\w+"', "", page_text(response))


@pytest.fixture
def colleague(stage, as_user):
    """Olga, who works at the same school as Karen, without a role."""
    stage.olga.unit = stage.svalevej
    stage.olga.save()
    return as_user(stage.olga)


def test_a_colleague_reads_who_sent_the_letter_and_whom_to_ask(stage, colleague):
    for page in ("", "kommet-frem/", "beskeder/"):
        shown = open_letter(colleague, stage.passed.pk, page)
        assert "Brevet er sendt fra Svalevejens Skole" in shown
        assert "Karen Bülow Møller har sendt det." in shown
        assert 'href="mailto:jens@kk.example">Jens Ågård</a>, leder' in shown
        for secret in (stage.passed.subject, stage.passed.source_ref, stage.passed.recipient_label, "18. december"):
            assert secret not in shown


def test_another_school_reads_the_unit_and_the_leader_only(stage, as_user):
    shown = open_letter(as_user(stage.anne), stage.passed.pk)
    assert "Brevet er sendt fra Svalevejens Skole" in shown
    assert "Jens Ågård" in shown
    assert "Karen" not in shown


@pytest.mark.parametrize("kind", ["personnel", "formerly personnel", "employee", "withdrawn", "no such letter"])
def test_other_letters_are_as_unknown_as_no_letter(stage, colleague, kind):
    pk, letter = stage.plain.pk, Letter.objects.filter(pk=stage.plain.pk)
    if kind == "personnel":
        pk = stage.personnel.pk
    elif kind == "formerly personnel":
        LetterChange.objects.create(letter=stage.plain, kind="CHANGED", before={"is_personnel_case": True})
    elif kind == "employee":
        letter.update(recipient_kind=Letter.RecipientKind.EMPLOYEE)
    elif kind == "withdrawn":
        letter.update(withdrawn_at=timezone.now())
    else:
        pk = 999_999
    shown = open_letter(colleague, pk)
    assert PLAIN in shown
    assert shown == open_letter(colleague, 888_888)


def test_another_administration_and_a_person_without_a_unit_read_nothing(stage, as_user):
    for person in (stage.ulla, stage.olga, stage.hanne):
        assert PLAIN in open_letter(as_user(person), stage.passed.pk)


def test_an_impersonation_is_told_nothing(stage, pia_as):
    client = pia_as("olga", stage)
    stage.olga.unit = stage.svalevej
    stage.olga.save()
    assert PLAIN in open_letter(client, stage.passed.pk)


def test_a_person_who_has_left_is_not_to_be_asked(stage, colleague):
    stage.jens.left_on = timezone.localdate()
    stage.jens.save()
    shown = open_letter(colleague, stage.passed.pk)
    assert "Karen Bülow Møller</a>, afsender" in shown
    assert "Jens" not in shown


def test_a_refusal_is_in_the_security_log(stage, colleague, caplog):
    open_letter(colleague, stage.passed.pk)
    [line] = [one for one in caplog.records if getattr(one, "event", "") == "colleagues_letter_refused"]
    assert (line.user_id, line.numbers) == (stage.olga.pk, {"letter": stage.passed.pk})
