"""The pages of the closing certificate: issue, download and check."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from followups.models import ClosingCertificate
from followups.reporting.certificate import fingerprint_of
from letters.incidents import address_under
from letters.models import Incident, Measure, TimelineEntry
from notifications.incident_page.certificates import issue
from sepo_incident.accounts.models import Membership

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]
PAGE = "certificates"


@pytest.fixture(autouse=True)
def secretariat(cast):
    """Sofie reads the figures of the whole municipality."""
    Membership.objects.create(user=cast.sofie, unit=cast.root, role=Membership.Role.READER)


@pytest.fixture
def issued(cast):
    Measure.objects.create(
        incident=cast.incident, title="Få besked om et slettet brev", contact_name="Søren Falk", due_on="2020-01-31"
    )
    TimelineEntry.objects.create(incident=cast.incident, day="2020-01-03", text="En borger spørger efter et brev.")
    return issue(cast.incident, cast.mette)


def check(client, content):
    return client.post(reverse(PAGE), {"fil": SimpleUploadedFile("bevis.txt", content)}).text


def test_kit_issues_and_readers_download(cast, as_user):
    assert "Ingen beviser endnu" in as_user(cast.sofie).get(reverse(PAGE)).text
    kit = as_user(cast.mette)
    assert "Udsted foreløbigt bevis nr. 1" in kit.get(reverse(PAGE)).text
    kit.post(reverse("issue_certificate"))
    certificate = ClosingCertificate.objects.get()
    page = as_user(cast.sofie).get(reverse(PAGE)).text
    assert certificate.fingerprint[:16] in page
    assert "Udsted bevis" not in page
    file = as_user(cast.sofie).get(reverse("download_certificate", args=[certificate.pk]))
    assert fingerprint_of(file.content) == certificate.fingerprint


def test_certificate_of_a_closed_incident_is_final(cast, as_user):
    Incident.objects.update(status=Incident.Status.CLOSED)
    page = as_user(cast.mette).get(address_under(cast.incident, reverse(PAGE))).text
    assert "Udsted bevis nr. 1" in page
    assert "foreløbigt" not in page


def test_numbers_of_every_unit_are_for_readers_of_all_units(cast, as_user, issued):
    for person in (cast.jens, cast.birgitte, cast.hanne, cast.karen):
        assert as_user(person).get(reverse(PAGE)).status_code == 403
        assert as_user(person).get(reverse("download_certificate", args=[issued.pk])).status_code == 403


def test_page_tells_our_file_from_any_other(cast, as_user, issued):
    client, content = as_user(cast.sofie), issued.content.encode()
    assert "Filen er bevis nr. 1, uændret" in check(client, content)
    for other in (content.replace("Søren".encode(), b"Karen"), content + b"\n", b"<script>alert(1)</script>"):
        assert "Filen er ikke et af hændelsens beviser" in check(client, other)
    assert "Filen er tom." in check(client, b"")
