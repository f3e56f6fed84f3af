"""Change the category of letters: by a re-run of the rules, or by a person for a single letter.

After a person's choice, no rule and no list changes the value.
"""

from django.db import connection, transaction
from django.utils import timezone

from letters.categories import category_queries
from letters.importing.checks import personnel_guard
from letters.models import Incident, Letter, LetterChange, letter_change
from sepo_incident.accounts.models import User

RULE_COLUMNS = ("ruled_category", "ruled_personnel", "ruled_deadline")
RERUN_REASON = "Reglerne for emneområder blev kørt igen"

_RECLASSIFY_SQL = """
    UPDATE letters_letter AS l
    SET category = ruled_category, is_personnel_case = ruled_personnel, has_deadline = ruled_deadline
    FROM ({changing}) AS judged WHERE judged.id = l.id
"""


@transaction.atomic
def rerun_category_rules(incident: Incident, by: User) -> int:
    """Apply the current rules to every letter, except values chosen by a person, and record every change.

    Return the number of changed letters that `by` may be told about. A second run changes nothing.
    """
    Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)  # no list is committed meanwhile
    visible_count = category_queries.letters_to_reclassify(
        incident, category_queries.countable_letters(by, incident)
    ).count()
    changing = category_queries.letters_to_reclassify(incident).values("id", *RULE_COLUMNS)
    sql, params = changing.query.sql_with_params()
    values = {f"value_{number}": value for number, value in enumerate(params)}
    update = _RECLASSIFY_SQL.format(changing=sql % tuple(f"%({name})s" for name in values))
    values |= {"batch": None, "by": by.pk, "reason": RERUN_REASON, "now": timezone.now()}
    with connection.cursor() as cursor:
        cursor.execute(letter_change.update_with_history_sql(update, LetterChange.Kind.RECLASSIFIED.value), values)
    personnel_guard.hide_subjects_in_all_batches(incident)
    return visible_count


Kind = LetterChange.Kind


@transaction.atomic
def classify_letter(letter: Letter, category: str, is_personnel_case: bool | None, by: User) -> None:
    """Record a person's choice of category and of personnel case for a letter.

    `category` is "" if not chosen, `is_personnel_case` None if not asked; rules and lists may still change that
    value. Choosing the present value makes the value the person's choice too. The incident is locked, so that the
    service takes turns with imports.
    """
    Incident.objects.select_for_update(no_key=True).get(pk=letter.incident_id)
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
        personnel_guard.hide_subjects_in_all_batches(letter.incident, letter.source_ref)
