"""The rules run again over the letters that are there, and what follows when a letter becomes a personnel case."""

from django.db import connection, transaction
from django.utils import timezone

from letters.categories import catching
from letters.importing import ledger
from letters.models import Incident, LetterChange
from letters.models.letter import HIDDEN
from sepo_incident.accounts.models import User

RULED = ("ruled_category", "ruled_personnel", "ruled_deadline")
WHY = "Reglerne for emneområder blev kørt igen"

_UPDATE = """
    UPDATE letters_letter AS l
    SET category = ruled_category, is_personnel_case = ruled_personnel, has_deadline = ruled_deadline
    FROM ({changing}) AS judged WHERE judged.id = l.id
"""
#: What the lists kept of a letter that is a personnel case by now: the subject goes from what is shown of its rows.
_HIDE = """
    UPDATE letters_importrow AS r SET
        is_personnel_case = true,
        shown = CASE WHEN r.shown ? 'subject' THEN r.shown || jsonb_build_object('subject', %(hidden)s::text)
                     ELSE r.shown END,
        changes = CASE WHEN r.changes ? 'subject' THEN r.changes
                       || jsonb_build_object('subject', jsonb_build_array(%(hidden)s::text, %(hidden)s::text))
                       ELSE r.changes END,
        problems = (SELECT coalesce(jsonb_agg(CASE WHEN one ->> 'column' = 'Emne' THEN
                        one || jsonb_build_object('value', %(hidden)s::text) ELSE one END), '[]')
                    FROM jsonb_array_elements(r.problems) AS one)
    FROM letters_importbatch AS b, letters_letter AS l
    WHERE b.id = r.batch_id AND b.incident_id = %(incident)s AND NOT r.is_personnel_case
      AND l.incident_id = %(incident)s AND l.source_ref = r.source_ref AND l.is_personnel_case
      AND (%(source_ref)s::text IS NULL OR r.source_ref = %(source_ref)s)
"""


@transaction.atomic
def run(incident: Incident, by: User) -> int:
    """Every letter that no person has classified gets what the rules say now, and a line in its ledger.

    The number of letters that changed, among those ``by`` may be told about. Done twice it changes nothing.
    """
    Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)  # no list is brought in meanwhile
    told = catching.changing(incident, catching.counted_for(by, incident)).count()
    changing = catching.changing(incident).values("id", *RULED)
    sql, params = changing.query.sql_with_params()
    values = {f"value_{number}": value for number, value in enumerate(params)}
    update = _UPDATE.format(changing=sql % tuple(f"%({name})s" for name in values))
    values |= {"batch": None, "by": by.pk, "reason": WHY, "now": timezone.now()}
    with connection.cursor() as cursor:
        cursor.execute(ledger.written(update, LetterChange.Kind.RECLASSIFIED.value), values)
    hide_in_lists(incident)
    return told


def hide_in_lists(incident: Incident, source_ref: str | None = None) -> None:
    """Of all letters, or of one."""
    with connection.cursor() as cursor:
        cursor.execute(_HIDE, {"incident": incident.pk, "source_ref": source_ref, "hidden": HIDDEN})
