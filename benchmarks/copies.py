"""Copies of the demo's units, people and letters, for measuring with many of them."""

from pathlib import Path

#: With the demo's 163 units and 1.587 people these copies make some 5.000 units and 45.000 people.
UNIT_COPIES = 29
PEOPLE = ("sender_id", "leader_id", "listed_sender_id", "listed_leader_id")


def multiply_letters(letters: int) -> None:
    """Copy the demo's letters with their units, people and follow-ups until there are `letters` in all."""
    from django.db import connection

    from followups.models import FollowUp
    from letters.models import Letter
    from sepo_incident.accounts.models import Membership, User

    made = Letter.objects.count()
    copies, last = divmod(letters - made, made)
    columns = {
        "person_columns": _columns(User, "unit_id", "email"),
        "membership_columns": _columns(Membership, "unit_id", "user_id"),
        "letter_columns": _columns(Letter, "source_ref", "unit_id", *PEOPLE),
        "followup_columns": _columns(FollowUp, "letter_id"),
    }
    values = {"letter_copies": copies + bool(last), "last": last or made, "unit_copies": min(UNIT_COPIES, copies)}
    text = Path(__file__).with_name("copies.sql").read_text().format(**columns)
    with connection.cursor() as cursor:
        cursor.execute(text, values)


def _columns(model: type, *without: str) -> str:
    """Return the columns of a table without the key, generated ones and `without`, behind the name of the table."""
    fields = [one for one in model._meta.local_concrete_fields if not one.primary_key and not one.generated]
    return ", ".join(one.column for one in fields if one.column not in without)
