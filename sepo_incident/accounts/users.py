"""Services about users: correct and approve an e-mail address, register an absence, create the users of a list.

Nobody can sign in as a created user before the account is claimed. No mail about letters goes to an address outside the
municipality's domains before somebody has approved that address of that person.
"""

from collections.abc import Iterable
from datetime import date

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models.functions import Lower
from django.utils import timezone

from sepo_incident.accounts.models import Absence, AddressApproval, EmailChange, User
from sepo_incident.accounts.roles import refuse_for_hr
from sepo_incident.accounts.sign_in.sessions import end_all_sessions
from sepo_incident.audit.triggers import set_actor
from sepo_incident.core import logs
from sepo_incident.core.database import Conflict
from sepo_incident.core.sql_files import read_sql

FORMER_EMAILS_SQL = read_sql(__file__, "former_emails.sql")


class EmailTaken(Exception):
    """Raised when a different user, `holder`, has the address."""

    def __init__(self, holder: User):
        super().__init__("En anden har allerede den adresse.")
        self.holder = holder


@transaction.atomic
def correct_email(user: User, new: str, *, old: str, by: User) -> EmailChange:
    """Replace the address `old` by `new`, mark the user as reachable and return the recorded change.

    The user signs in with the address, so the security log gets the ids of the user and of the change. If somebody else
    corrects the address, the user's sessions end: whoever reads the mail of the old address may have signed in by a
    code. A typed address opens no personnel case, nor does the old one when it is typed again; absences that were
    registered from an address that proved wrong end. Raise Conflict if the address is no longer `old`, EmailTaken if a
    different user has `new`, ValidationError for HR; then nothing changes.
    """
    refuse_for_hr(user)
    set_actor(by.pk)
    new = new.strip().lower()
    holder = User.objects.filter(email__iexact=new).exclude(pk=user.pk).first()
    if holder:
        raise EmailTaken(holder)
    matching_user = User.objects.filter(pk=user.pk, email__iexact=old)
    old_since = matching_user.values_list("address_since", flat=True).first()
    try:
        with transaction.atomic():
            corrected = matching_user.update(email=new, address_since=None, unreachable_since=None, unreachable_why="")
    except IntegrityError:  # a concurrent transaction took the address
        raise EmailTaken(User.objects.get(email__iexact=new)) from None
    if not corrected:
        raise Conflict
    if last := EmailChange.objects.filter(user=user).first():
        from_wrong_address = Absence.objects.active().filter(registered_by=user, registered_at__gte=last.at)
        from_wrong_address.update(taken_back_at=timezone.now(), taken_back_by=by)
    change = EmailChange.objects.create(user=user, old=old, new=new, old_since=old_since, by=by)
    if user != by:
        end_all_sessions(user.pk)
    event_ids = {"person_id": user.pk, "email_change_id": change.pk}
    transaction.on_commit(lambda: logs.log_security_event("sign_in_address_corrected", by.pk, **event_ids))
    return change


def insert_users_sql(people: str) -> str:
    """Return SQL that inserts a user for every row of `people`: (email, name, unit_id, phone, address_since).

    Parameters: the parameters of `people`, and `now`.
    """
    return read_sql(__file__, "insert_users.sql", people=people)


def register_absence(person: User, substitute: User, first: date, last: date | None, by: User) -> Absence:
    """Save an absence of `person` with `substitute` and return the absence.

    `first` and `last` are included days; `last` None means until cancelled. Raise ValidationError with a Danish
    message if a constraint refuses the absence, for example because of an overlapping absence.
    """
    absence = Absence(person=person, substitute=substitute, first_day=first, last_day=last, registered_by=by)
    absence.validate_constraints()
    try:
        with transaction.atomic():
            set_actor(by.pk)
            absence.save()
    except IntegrityError as refused:
        overlaps = "Der er lige kommet et fravær i de dage. Annullér det først, hvis det er forkert."
        raise ValidationError(overlaps) from refused
    return absence


@transaction.atomic
def cancel_absence(absence: Absence, by: User) -> bool:
    """Cancel the absence. Return False if the absence was cancelled already."""
    set_actor(by.pk)
    uncancelled = Absence.objects.active().filter(pk=absence.pk)
    return bool(uncancelled.update(taken_back_at=timezone.now(), taken_back_by=by))


def is_own_address(address: str) -> bool:
    """Return whether the address belongs to a domain in `MAIL_OWN_DOMAINS` or below. Without domains all do."""
    domain, own = address.rpartition("@")[2].lower(), settings.MAIL["own_domains"]
    return not own or any(domain == one or domain.endswith(f".{one}") for one in own)


def find_unapproved(people: Iterable[tuple[int | None, str]]) -> set[tuple[int, str]]:
    """Return the pairs of (user id, address in lower case) in `people` whose address nobody has approved.

    An address without a user, such as the watch address, needs no approval. One query, none without foreign addresses.
    """
    foreign = {(user, address.lower()) for user, address in people if user and not is_own_address(address)}
    if not foreign:
        return set()
    approved = AddressApproval.objects.filter(user__in={user for user, _ in foreign})
    return foreign - set(approved.values_list("user", Lower("address")))


def record_approval(user: User, address: str, reason: str, by: User) -> AddressApproval:
    """Record the approval, also in the security log."""
    approval = AddressApproval.objects.create(user=user, address=address.lower(), reason=reason, by=by)
    event_ids = {"person_id": user.pk, "address_approval_id": approval.pk}
    transaction.on_commit(lambda: logs.log_security_event("address_approved", by.pk, **event_ids))
    return approval
