"""An incident's rules, and the verbs of those who keep them."""

from letters.categories import defaults
from letters.models import CategoryRule, Incident


def names(incident: Incident) -> list[str]:
    """What a letter of the incident may be about, in the order of the rules. One query."""
    named = incident.category_rules.exclude(name="").order_by("position").values_list("name", flat=True)
    return list(dict.fromkeys([*named, defaults.NO_SUBJECT, defaults.OTHER]))


def give_defaults(incident: Incident) -> None:
    """A copy of its own, for an incident that was just made."""
    CategoryRule.objects.bulk_create(
        CategoryRule(incident=incident, position=position, **rule) for position, rule in enumerate(defaults.RULES, 1)
    )
