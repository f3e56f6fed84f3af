"""An incident's rules, and the verbs of those who keep them. Two at once take turns; the later is told of the other."""

from django.db import transaction
from django.db.models import F, Max, QuerySet
from django.utils import timezone

from letters.categories import defaults
from letters.models import CategoryRule, Incident
from sepo_incident.accounts.models import User
from sepo_incident.ledgers.acting import done_by
from sepo_incident.overtaken import Overtaken

#: what people say of a rule
FIELDS = (
    "name", "words", "unit_id", "recipient_kind", "is_personnel", "has_deadline",
    "clock", "length", "length_unit", "fixed_days", "source", "new_days",
)  # fmt: skip


def names(incident: Incident) -> list[str]:
    """What a letter of the incident may be about, in the order of the rules. One query."""
    named = incident.category_rules.exclude(name="").order_by("position").values_list("name", flat=True)
    return list(dict.fromkeys([*named, defaults.NO_SUBJECT, defaults.OTHER]))


def give_defaults(incident: Incident) -> None:
    """A copy of its own, for an incident that was just made."""
    CategoryRule.objects.bulk_create(
        CategoryRule(incident=incident, position=position, **rule) for position, rule in enumerate(defaults.RULES, 1)
    )


@transaction.atomic
def add(rule: CategoryRule, by: User) -> None:
    """Last in order."""
    last = _in_turn(rule.incident, by).aggregate(last=Max("position"))["last"]
    rule.position, rule.changed_by = (last or 0) + 1, by
    rule.save()


@transaction.atomic
def change(rule: CategoryRule, seen: int, by: User) -> None:
    """``seen`` is the version that was read. Raises ``Overtaken``, but not for saying the same twice."""
    said = {name: getattr(rule, name) for name in FIELDS}
    now = _in_turn(rule.incident, by).filter(pk=rule.pk).first()
    if now is None or now.version != seen:
        if now is None or {name: getattr(now, name) for name in FIELDS} != said:
            raise Overtaken
        return
    same = CategoryRule.objects.filter(pk=rule.pk)
    same.update(**said, version=F("version") + 1, changed_by=by, changed_at=timezone.now())


@transaction.atomic
def delete(rule: CategoryRule, seen: int, by: User) -> None:
    """Raises ``Overtaken``."""
    now = _in_turn(rule.incident, by).filter(pk=rule.pk).first()
    if now is None or now.version != seen:
        raise Overtaken
    now.delete()


@transaction.atomic
def move(rule: CategoryRule, by: User, *, up: bool) -> None:
    """Changes places with the one before it, or after it; the first and the last stay."""
    order = list(_in_turn(rule.incident, by))
    at = next((number for number, one in enumerate(order) if one.pk == rule.pk), None)
    to = None if at is None else at - 1 if up else at + 1
    if at is None or to is None or not 0 <= to < len(order):
        return
    one, other = order[at], order[to]
    CategoryRule.objects.filter(pk=one.pk).update(position=other.position)
    CategoryRule.objects.filter(pk=other.pk).update(position=one.position)


def _in_turn(incident: Incident, by: User) -> QuerySet[CategoryRule]:
    """The rules, which nobody else changes until we are done."""
    done_by(by.pk)
    Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)
    return CategoryRule.objects.filter(incident=incident)
