"""Copies of the sample's letters and people, for measuring with many of them."""

from collections.abc import Iterable


def multiply_letters(letters: int) -> None:
    """Copy the sample's letters and follow-ups until there are `letters` in all."""
    from django.db import connection

    from followups.models import FollowUp
    from letters.models import Letter

    with connection.cursor() as cursor:
        made = Letter.objects.count()
        for round_ in range(1, -(-letters // made)):
            wanted = min(made, letters - round_ * made)
            columns = _columns(Letter, without=("source_ref",))
            cursor.execute(
                f"INSERT INTO letters_letter (source_ref, {columns}) SELECT %s || source_ref, {columns} "  # noqa: S608
                "FROM letters_letter WHERE source_ref NOT LIKE 'kopi-%%' ORDER BY id LIMIT %s",
                [f"kopi-{round_}-", wanted],
            )
        columns = _columns(FollowUp, without=("letter_id",))
        copied = ", ".join(f"old.{column.strip()}" for column in columns.split(","))
        cursor.execute(
            f"INSERT INTO followups_followup (letter_id, {columns}) SELECT copy.id, {copied} "  # noqa: S608
            "FROM letters_letter copy JOIN letters_letter first ON first.source_ref = "
            "regexp_replace(copy.source_ref, '^kopi-[0-9]+-', '') AND copy.source_ref LIKE 'kopi-%%' "
            "JOIN followups_followup old ON old.letter_id = first.id"
        )
        cursor.execute("ANALYZE")


def multiply_people(times: int) -> None:
    """Copy every person without a role `times` times, with the same name and unit."""
    from django.db import connection

    from sepo_incident.accounts.models import User

    columns = _columns(User, without=("email",))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO accounts_user (email, {columns}) SELECT 'kopi' || round || '.' || email, {columns} "  # noqa: S608
            "FROM accounts_user, generate_series(1, %s) AS round "
            "WHERE id NOT IN (SELECT user_id FROM accounts_membership)",
            [times],
        )
        cursor.execute("ANALYZE")


def _columns(model: type, without: Iterable[str]) -> str:
    fields = [one for one in model._meta.local_concrete_fields if not one.primary_key and not one.generated]
    return ", ".join(one.column for one in fields if one.column not in without)
