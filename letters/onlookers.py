"""Who sees every letter for their work, and is never to read a personnel case: Koncern IT's list keepers, and DIT.

A sender or leader reads its subject (``Letter.visible_to``), so none of them becomes one by what is done with lists.
Each way has its rule: ``importing.shutting_out`` (lists and corrected cells), ``importing.returning`` (a workbook of
ours), ``assigning``, and ``Absence`` for substitutes. What a list says of a letter that is new is believed, for they
send letters too; it stands in the security log.
"""

from django.db.models import Q, QuerySet

from letters.models import ImportBatch, Letter, LetterChange
from sepo_incident import logs
from sepo_incident.accounts.models import Membership, User

ROLES = (Membership.Role.KIT_ADMIN, Membership.Role.DIT_SUPPORT)


def onlookers() -> QuerySet[User]:
    return User.objects.filter(pk__in=Membership.objects.filter(role__in=ROLES).values("user"))


def note_what_they_were_given(batch_id: int) -> None:
    """A line in the security log where a list that came in has given one of them a personnel case."""
    changed = LetterChange.objects.filter(batch=batch_id).values("letter")
    touched = Letter.objects.filter(Q(batch=batch_id) | Q(pk__in=changed), is_personnel_case=True)
    if given := touched.filter(Q(sender__in=onlookers()) | Q(leader__in=onlookers())).count():
        by = ImportBatch.objects.values_list("committed_by", flat=True).get(pk=batch_id)
        logs.note("personnel_case_to_onlooker", by, batch_id=batch_id, count=given)
