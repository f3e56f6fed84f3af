"""The data protection officer is mailed when the 72 hours of a possible breach begin."""

from datetime import timedelta

import pytest
from django.utils import timezone

from letters.models import BreachReport, IncidentContact
from notifications import breach_mails
from notifications.models import BreachMail, Notice
from sepo_incident.accounts.models import Membership

pytestmark = pytest.mark.usefixtures("monday")


@pytest.fixture
def report(cast):
    fields = {"text": "To borgere spørger.", "lost_availability": True, "by": cast.mette}
    return BreachReport.objects.create(incident=cast.incident, aware_at=timezone.now(), **fields)


def written():
    breach_mails.write_owed_mails()
    return list(Notice.objects.filter(kind="BREACH_REPORTED"))


def test_adviser_is_mailed_once(cast, report):
    [notice] = written()
    assert notice.deliveries.get().recipient == cast.dina
    assert "Frist for at anmelde til Datatilsynet: torsdag den 16. januar 2020" in notice.text
    assert f"/haendelser/{cast.incident.slug}/haendelse/databrud/" in notice.text
    assert report.text not in notice.text, "what was seen is read on the page"
    assert written() == [notice]


def test_second_worker_finds_the_first_ones_row(cast, report):
    BreachMail.objects.create(report=report)
    breach_mails.write_mails_about(report)
    assert not Notice.objects.filter(kind="BREACH_REPORTED").exists()


def test_mail_stays_owed_until_there_is_somebody_to_write_to(cast, report):
    Membership.objects.filter(role="ADVISER").delete()
    assert written() == []
    IncidentContact.objects.create(
        incident=cast.incident, kind="ADVISER", title="Databeskyttelsesrådgiver", email="dpo@kk.example"
    )
    [notice] = written()
    assert notice.deliveries.get().address == "dpo@kk.example"


def test_report_that_is_written_after_its_hours_is_mailed_about_too(cast, report, monday):
    monday.move_to(timezone.now() + timedelta(hours=73))
    assert len(written()) == 1
