"""Change the category of letters: by a re-run of the rules, or by a person for a single letter.

After a person's choice, no rule and no list changes the value.
"""

from django.db import transaction

from letters.categories import category_matching
from letters.importing.checks import hidden_subjects
from letters.models import Incident, Letter, LetterChange, letter_change
from sepo_incident.accounts.models import User
from sepo_incident.core.sql_files import read_sql

Kind = LetterChange.Kind


@transaction.atomic
def rerun_category_rules(incident: Incident, by: User) -> int:
    """Apply the current rules to every letter, except values chosen by a person, and record every change.

    Return the number of changed letters that `by` may be told about. A second run changes nothing. Raise
    IncidentClosed.
    """
    Incident.objects.lock_open(incident.pk)  # no list is committed meanwhile
    changes = category_matching.find_changes(incident)
    visible_count = category_matching.countable_letters(by, incident).filter(pk__in=changes).count()
    letter_change.update_with_history(
        read_sql(__file__, "reclassify_letters.sql"),
        kind=Kind.RECLASSIFIED.value,
        by=by.pk,
        reason="Reglerne for emneområder blev kørt igen",
        letters=list(changes),
        categories=[ruled.category for ruled in changes.values()],
        personnel_cases=[ruled.is_personnel_case for ruled in changes.values()],
        deadlines=[ruled.has_deadline for ruled in changes.values()],
    )
    hidden_subjects.hide_subjects(incident.pk)
    return visible_count


@transaction.atomic
def classify_letter(letter: Letter, category: str, is_personnel_case: bool | None, by: User) -> None:
    """Record a person's choice of category and of personnel case for a letter.

    `category` is "" if not chosen, `is_personnel_case` None if not asked; rules and lists may still change that
    value. Choosing the present value makes the value the person's choice too. The incident is locked, so that the
    service takes turns with imports. Raise IncidentClosed.
    """
    Incident.objects.lock_open(letter.incident_id)
    letter = Letter.objects.select_for_update(of=("self",), no_key=True).get(pk=letter.pk)
    chosen: dict[str, str | bool] = {}
    chosen_by: dict[str, User] = {}
    if category:
        chosen["category"] = category
        chosen_by["category_by"] = by
    if is_personnel_case is not None:
        chosen["is_personnel_case"] = is_personnel_case
        chosen_by["personnel_by"] = by
    before = {name: getattr(letter, name) for name, value in chosen.items() if getattr(letter, name) != value}
    if chosen:
        Letter.objects.filter(pk=letter.pk).update(**chosen, **chosen_by)
    if not before:
        return
    after = {name: chosen[name] for name in before}
    LetterChange.objects.create(letter=letter, kind=Kind.RECLASSIFIED, before=before, after=after, by=by)
    if after.get("is_personnel_case"):
        hidden_subjects.hide_subjects(letter.incident_id, source_ref=letter.source_ref)
