"""Reports of people that a letter has not come (*efterlysninger*).

Reports are alike if they are about the same channel: the one of a known reference, or else the one that the person
chose. Reports about an unknown channel are alike too. Three alike within 24 hours, by at least two people, are an
alarm, which the next search raises or adds to the channel's open alarm. What was said before the channel's last alarm
was closed has had its answer.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from letters.models import Channel, Letter, LetterDispatch, MissingReport, SilenceAlarm
from letters.models.tracking import IDENTIFIERS
from letters.tracking.receipt_formats import masked_identifier, masked_text
from sepo_incident.accounts.models import User
from sepo_incident.core import danish, database
from sepo_incident.core.sql_files import read_sql

DAY = timedelta(days=1)
FEWEST_REPORTS, FEWEST_PEOPLE = 3, 2
#: The clock of a list shows minutes.
SAME_TIME = timedelta(minutes=1)
ALIKE_SQL = read_sql(__file__, "alike_reports.sql")


def report_missing(
    by: User, now: datetime, channel: Channel | None = None, reference: str = "", words: str = ""
) -> tuple[MissingReport, bool]:
    """Save that `by` misses a letter. Return the report, and whether it is new: the same one of today counts once."""
    reference = masked_identifier(reference.strip())
    told = {
        "channel": find_channel(reference) or channel,
        "reference": reference,
        "words": masked_text(words, 300),
    }
    return MissingReport.objects.get_or_create(by=by, said_on=danish.local_date(now), **told, defaults={"at": now})


def find_channel(reference: str) -> Channel | None:
    """Return the channel of the letter that has the reference: an identifier of a dispatch, or the Brev-id of a list.

    Return None if there is none, or more than one.
    """
    if not reference:
        return None
    named: dict[str, Any] = dict.fromkeys(("source_id", *IDENTIFIERS), reference)
    is_named = Q(**named | {"message_uuid": reference.lower()}, _connector=Q.OR)
    for letter in Letter.objects.filter(source_ref__iexact=reference).exclude(recipient_key=""):
        when = (letter.sent_at - SAME_TIME, letter.sent_at + SAME_TIME)
        is_named |= Q(recipient_key=letter.recipient_key, sent_at__range=when)
    channels = Channel.objects.filter(pk__in=LetterDispatch.objects.filter(is_named).values("channel"))[:2]
    return channels[0] if len(channels) == 1 else None


def count_alike(at: datetime) -> list[tuple[int | None, int, datetime]]:
    """Return (channel or None, reports, time of the first) of the reports that are an alarm."""
    values = {"at": at, "since": at - DAY, "fewest_reports": FEWEST_REPORTS, "fewest_people": FEWEST_PEOPLE}
    return database.fetch_all(ALIKE_SQL, values)


def count_other_people(report: MissingReport) -> int:
    """Return how many others have said the same in the 24 hours before the report."""
    alike = MissingReport.objects.filter(channel=report.channel, at__range=(report.at - DAY, report.at))
    return alike.exclude(by=report.by).values("by").distinct().count()


def reports_of(alarm: SilenceAlarm) -> QuerySet[MissingReport]:
    """Return the reports that led to the alarm, or came while it was open."""
    found = MissingReport.objects.filter(channel=alarm.channel, at__gt=alarm.raised_at - DAY)
    return found.filter(at__lte=alarm.closed_at) if alarm.closed_at else found
