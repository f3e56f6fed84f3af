"""The rules run again over the letters that are there."""

from django.db import connection, transaction
from django.utils import timezone

from letters import ledger
from letters.categories import catching
from letters.importing import hiding
from letters.models import Incident, LetterChange
from sepo_incident.accounts.models import User

RULED = ("ruled_category", "ruled_personnel", "ruled_deadline")
WHY = "Reglerne for emneområder blev kørt igen"

_UPDATE = """
    UPDATE letters_letter AS l
    SET category = ruled_category, is_personnel_case = ruled_personnel, has_deadline = ruled_deadline
    FROM ({changing}) AS judged WHERE judged.id = l.id
"""


@transaction.atomic
def run(incident: Incident, by: User) -> int:
    """Every letter gets what the rules say now, where no person has said otherwise, and a line in its ledger.

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
    hiding.in_lists(incident)
    return told
