"""A person's word on what one letter is about. From then on no rule and no list says otherwise."""

from django.db import transaction

from letters.categories import rerunning
from letters.models import Letter, LetterChange
from sepo_incident.accounts.models import User

Kind = LetterChange.Kind


@transaction.atomic
def classify(letter: Letter, category: str, is_personnel_case: bool, by: User) -> bool:
    """False where the letter is called that already."""
    letter = Letter.objects.select_for_update(of=("self",), no_key=True).get(pk=letter.pk)
    said = {"category": category, "is_personnel_case": is_personnel_case}
    before = {name: getattr(letter, name) for name, value in said.items() if getattr(letter, name) != value}
    if not before:
        return False
    Letter.objects.filter(pk=letter.pk).update(**said, category_by=by)
    after = {name: said[name] for name in before}
    LetterChange.objects.create(letter=letter, kind=Kind.RECLASSIFIED, before=before, after=after, by=by)
    if after.get("is_personnel_case"):
        rerunning.hide_in_lists(letter.incident, letter.source_ref)
    return True
