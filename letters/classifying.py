"""A person's word on what one letter is about. From then on no rule and no list says otherwise."""

from django.db import transaction

from letters.importing import hiding
from letters.models import Incident, Letter, LetterChange
from sepo_incident.accounts.models import User

Kind = LetterChange.Kind


@transaction.atomic
def classify(letter: Letter, category: str, is_personnel_case: bool | None, by: User) -> None:
    """``category`` is "" where nothing was chosen, and ``is_personnel_case`` None where it was not asked: then rules
    and lists may still say so.

    What stood there already is theirs from now on as well. Takes turns with every list that comes in.
    """
    Incident.objects.select_for_update(no_key=True).get(pk=letter.incident_id)
    letter = Letter.objects.select_for_update(of=("self",), no_key=True).get(pk=letter.pk)
    said: dict[str, str | bool] = {}
    said_by: dict[str, User] = {}
    if category:
        said["category"] = category
        said_by["category_by"] = by
    if is_personnel_case is not None:
        said["is_personnel_case"] = is_personnel_case
        said_by["personnel_by"] = by
    before = {name: getattr(letter, name) for name, value in said.items() if getattr(letter, name) != value}
    if said:
        Letter.objects.filter(pk=letter.pk).update(**said, **said_by)
    if not before:
        return
    after = {name: said[name] for name in before}
    LetterChange.objects.create(letter=letter, kind=Kind.RECLASSIFIED, before=before, after=after, by=by)
    if after.get("is_personnel_case"):
        hiding.in_lists(letter.incident, letter.source_ref)
