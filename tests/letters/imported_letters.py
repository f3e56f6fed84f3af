"""Look up imported rows and letters in tests."""

from letters.models import ImportBatch, Letter
from sepo_incident.accounts.models import Membership, User


def row_verdicts(batch: ImportBatch) -> list[str]:
    return list(batch.rows.values_list("verdict", flat=True))


def letter_by_number(number: int = 1) -> Letter:
    """Return the letter of `list_files.row(number)`."""
    return Letter.objects.get(source_ref=f"B-{number}")


def led_unit_names(person: User) -> set[str]:
    memberships = Membership.objects.filter(user=person, role=Membership.Role.LEADER)
    return set(memberships.values_list("unit__name", flat=True))
