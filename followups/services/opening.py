"""A follow-up for each letter."""

from __future__ import annotations

from django.db import connection, transaction

from followups import deadlines
from followups.models import FollowUp
from letters.models import Incident


@transaction.atomic
def open_for(incident: Incident) -> int:
    """One follow-up for each standing letter that has none; returns how many. Run it again after each import."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO followups_followup
                (letter_id, status, remedy, no_dispatch_reason, consequence_review, is_journalised, record_number,
                 note, version, opened_at)
            SELECT letter.id, 'OPEN', '', '', '', false, '', '', 0, now()
            FROM letters_letter letter
            WHERE letter.incident_id = %s AND letter.withdrawn_at IS NULL
            ON CONFLICT (letter_id) DO NOTHING
            """,
            [incident.pk],
        )
        opened = cursor.rowcount
    _note_dates_in_subjects(incident)
    Incident.objects.filter(pk=incident.pk, status=Incident.Status.PREPARING).update(status=Incident.Status.OPEN)
    return opened


def _note_dates_in_subjects(incident: Incident) -> None:
    """A meeting or a time limit named in the subject is the letter's own clock."""
    fresh = FollowUp.objects.of(incident).open().filter(version=0, due_on=None, letter__subject__regex=r"\d")
    dated = []
    for followup in fresh.select_related("letter").iterator(chunk_size=2000):
        letter = followup.letter
        followup.due_on = deadlines.date_in_subject(letter.subject, deadlines.today(letter.sent_at))
        if followup.due_on:
            dated.append(followup)
    FollowUp.objects.bulk_update(dated, ["due_on"], batch_size=1000)
