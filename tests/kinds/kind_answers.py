"""Answers of a decision in an incident of each kind, as a form posts them and as cells of the workbook."""

from letters.incident_kinds import IncidentKind
from letters.models import Incident

USUAL_POST = {"deadline_missed": "nej", "consequence_review": "NONE"}
NOTHING_TO_SEND = USUAL_POST | {"remedy": "NO_DISPATCH", "no_dispatch_reason": "Modtageren har fået brevet."}


def day(name, *parts):
    return dict(zip((f"{name}_day", f"{name}_month", f"{name}_year"), map(str, parts), strict=True))


#: the answer to the kind's own question
OWN_POST = {
    IncidentKind.NOT_ARRIVED: {},
    IncidentKind.LATE: day("arrived_late_on", 6, 1, 2020),
    IncidentKind.WRONG_RECIPIENT: {"deletion": "CONFIRMED", **day("deletion_confirmed_on", 10, 1, 2020)},
    IncidentKind.WRONG_CONTENT: {"concerns_other_person": "nej"},
    IncidentKind.SENT_TWICE: {"acted_twice": "nej"},
}
OWN_CELLS = {
    IncidentKind.NOT_ARRIVED: {},
    IncidentKind.LATE: {"arrived_late_on": "06-01-2020"},
    IncidentKind.WRONG_RECIPIENT: {"deletion": "Ja", "deletion_confirmed_on": "10-01-2020"},
    IncidentKind.WRONG_CONTENT: {"concerns_other_person": "Nej"},
    IncidentKind.SENT_TWICE: {"acted_twice": "Nej"},
}
NOT_YET = {"deletion": "NOT_YET", **day("deletion_due_on", 20, 1, 2020)}


def set_kind(cast, kind):
    Incident.objects.filter(pk=cast.incident.pk).update(kind=kind)
    cast.incident.refresh_from_db()
    for letter in (cast.passed, cast.soon, cast.plain, cast.untitled, cast.annes):
        letter.refresh_from_db()
