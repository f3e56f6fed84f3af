"""Users: correct an e-mail address, and SQL that creates the users named by a list or a staff file.

Nobody can sign in as a created user before the account is claimed.
"""

from __future__ import annotations

from django.db import IntegrityError, transaction

from sepo_incident.accounts.models import EmailChange, User
from sepo_incident.core import logs
from sepo_incident.core.conflict import Conflict
from sepo_incident.core.sql_files import read_sql

FORMER_EMAILS_SQL = read_sql(__file__, "former_emails.sql")


class EmailTaken(Exception):
    """Raised when a different user, `holder`, has the address."""

    def __init__(self, holder: User):
        super().__init__("En anden har allerede den adresse.")
        self.holder = holder


@transaction.atomic
def correct_email(user: User, new: str, *, seen: str, by: User) -> EmailChange:
    """Replace the address `seen` by `new`, mark the user as reachable and return the recorded change.

    The user signs in with the address, so the security log gets the ids of the user and of the change. Raise Conflict
    if the address is no longer `seen`, EmailTaken if a different user has `new`; then nothing changes.
    """
    new = new.strip().lower()
    holder = User.objects.filter(email__iexact=new).exclude(pk=user.pk).first()
    if holder:
        raise EmailTaken(holder)
    matching_user = User.objects.filter(pk=user.pk, email__iexact=seen)
    try:
        with transaction.atomic():
            corrected = matching_user.update(email=new, unreachable_since=None, unreachable_why="")
    except IntegrityError:  # a concurrent transaction took the address
        raise EmailTaken(User.objects.get(email__iexact=new)) from None
    if not corrected:
        raise Conflict
    change = EmailChange.objects.create(user=user, old=seen, new=new, by=by)
    event_ids = {"person_id": user.pk, "email_change_id": change.pk}
    transaction.on_commit(lambda: logs.log_security_event("sign_in_address_corrected", by.pk, **event_ids))
    return change


def insert_users_sql(people: str) -> str:
    """Return SQL that inserts a user for every row of `people`, a query of (email, name, unit_id).

    Parameters: the parameters of `people`, and `now`.
    """
    return read_sql(__file__, "insert_users.sql", people=people)
