"""Mail the data protection officer when the 72 hours of a possible breach begin, at any hour of the day."""

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef

from letters.incidents import addresses_under
from letters.models import BreachReport
from letters.story import breach
from notifications.models import BreachMail, Kind
from notifications.outbox.enqueue import enqueue_standalone_mail
from sepo_incident.accounts.models import User
from sepo_incident.core import danish

TEXT = """{by} har registreret et muligt brud på persondatasikkerheden i hændelsen »{incident}«.

Opdaget: {aware}
Berørt: {lost}
Frist for at anmelde til Datatilsynet: {due}

Læs, hvad der er opdaget, og skriv din udtalelse:
{url}
"""


def write_owed_mails() -> None:
    """Write the mails about the reports, also after their 72 hours. Without an adviser to write to, they stay owed."""
    owed = BreachReport.objects.exclude(Exists(BreachMail.objects.filter(report=OuterRef("pk"))))
    for report in owed.select_related("incident"):
        write_mails_about(report)


@transaction.atomic
def write_mails_about(report: BreachReport) -> None:
    """Mail every adviser about the report. A second worker finds the row of the first and writes none."""
    advisers = [one for one in breach.advisers_for(report.incident) if one.email]
    if not advisers or not BreachMail.objects.get_or_create(report=report)[1]:
        return
    with addresses_under(report.incident):
        url = settings.SITE_URL + breach.address_of(report)
    text = TEXT.format(
        by=report.by.name,
        incident=report.incident.title,
        aware=danish.moment(report.aware_at),
        lost=report.lost_in_words,
        due=danish.moment(report.due_at),
        url=url,
    )
    for adviser in advisers:
        receiver = adviser if isinstance(adviser, User) else adviser.email
        enqueue_standalone_mail(Kind.BREACH_REPORTED, receiver, f"Muligt databrud: {report.incident.title}", text)
