"""Whether mail reaches a person, and putting it right: the address that is corrected.

People whom a list or a staff file names, and who are not here yet. Nobody can sign in before they claim the
account.
"""

from __future__ import annotations

from django.db import IntegrityError, transaction

from sepo_incident.accounts.models import EmailChange, User
from sepo_incident.core import logs
from sepo_incident.core.conflict import Conflict

#: SQL: (old, now) of each address that was corrected and is nobody's today, in small letters
FORMER_EMAILS_SQL = """
    SELECT DISTINCT ON (lower(change.old)) lower(change.old) AS old, lower(person.email) AS now
    FROM accounts_emailchange AS change JOIN accounts_user AS person ON person.id = change.user_id
    WHERE NOT EXISTS (SELECT FROM accounts_user AS holder WHERE lower(holder.email) = lower(change.old))
    ORDER BY lower(change.old), change.id DESC
"""


class EmailTaken(Exception):
    """Somebody else has that address. Carries them."""

    def __init__(self, holder: User):
        super().__init__("En anden har allerede den adresse.")
        self.holder = holder


@transaction.atomic
def correct_email(user: User, new: str, *, seen: str, by: User) -> EmailChange:
    """``new`` instead of ``seen``, which is kept in the history; mail is taken to reach the person again.

    The person signs in with it, so the security log tells whose was changed, and in which line of the history.
    Raises ``Overtaken`` when the address is not ``seen`` any more, and ``Taken``; then nothing is changed.
    """
    new = new.strip().lower()
    holder = User.objects.filter(email__iexact=new).exclude(pk=user.pk).first()
    if holder:
        raise EmailTaken(holder)
    ours = User.objects.filter(pk=user.pk, email__iexact=seen)
    try:
        with transaction.atomic():
            corrected = ours.update(email=new, unreachable_since=None, unreachable_why="")
    except IntegrityError:  # somebody got it in this moment
        raise EmailTaken(User.objects.get(email__iexact=new)) from None
    if not corrected:
        raise Conflict
    change = EmailChange.objects.create(user=user, old=seen, new=new, by=by)
    told = {"person_id": user.pk, "email_change_id": change.pk}
    transaction.on_commit(lambda: logs.log_security_event("sign_in_address_corrected", by.pk, **told))
    return change


def insert_users_sql(people: str) -> str:
    """SQL: makes a user of each of ``people``, a query of (email, name, unit_id); its values are those and ``now``.

    In the order of their addresses, or two files that are saved at once would wait for each other.
    """
    return f"""
        INSERT INTO accounts_user (email, name, unit_id, password, is_active, created_at)
        SELECT email, coalesce(nullif(name, ''), email), unit_id, '!' || replace(gen_random_uuid()::text, '-', ''),
               true, %(now)s
        FROM ({people}) AS people ORDER BY email
        ON CONFLICT DO NOTHING
    """  # noqa: S608 - nothing in it comes from outside
