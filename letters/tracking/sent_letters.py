"""How many letters the system of an incident sent in the incident's window, hit or not."""

from datetime import timedelta

from letters.models import Channel, Incident, LetterDispatch
from sepo_incident.core import danish

TRACKED = "Sporing"


def letters_sent_in_all(incident: Incident) -> tuple[int, str] | None:
    """Return the number and its source: as tracked, else as Koncern IT typed it; None where nobody knows.

    Tracking knows the number if the channel had letters before the window began. At most three queries.
    """
    channel = Channel.objects.filter(name__iexact=incident.system).first()
    if channel:
        begins = danish.midnight(incident.first_day)
        ends = danish.midnight(incident.last_day + timedelta(days=1))
        sent = LetterDispatch.objects.filter(channel=channel)
        if sent.filter(sent_at__lt=begins).exists():
            return sent.filter(sent_at__gte=begins, sent_at__lt=ends).count(), TRACKED
    return (incident.sent_in_all, incident.sent_in_all_source) if incident.sent_in_all is not None else None
