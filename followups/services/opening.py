"""A follow-up for each letter."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import batched

from django.db import connection, transaction

from followups import deadlines
from followups.models import FollowUp
from letters.models import Incident

#: how many follow-ups have their subjects read at a time
CHUNK = 1000


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
            RETURNING id
            """,
            [incident.pk],
        )
        opened = [pk for (pk,) in cursor]
        if opened:
            cursor.execute("ANALYZE followups_followup")  # or the first boards are planned as if it were empty
    for some in batched(opened, CHUNK):
        _note_dates_in_subjects(some)
    Incident.objects.filter(pk=incident.pk, status=Incident.Status.PREPARING).update(status=Incident.Status.OPEN)
    return len(opened)


def _note_dates_in_subjects(opened: Sequence[int]) -> None:
    """A meeting or a time limit named in the subject is the letter's own clock; read once, when it is opened."""
    dated = []
    for followup in FollowUp.objects.filter(pk__in=opened, letter__subject__regex=r"\d").select_related("letter"):
        letter = followup.letter
        followup.due_on = deadlines.date_in_subject(letter.subject, deadlines.today(letter.sent_at))
        if followup.due_on:
            dated.append(followup)
    FollowUp.objects.bulk_update(dated, ["due_on"])
