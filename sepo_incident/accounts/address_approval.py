"""Addresses outside the municipality's domains: which they are, and who has approved them.

A list or a coordinator may give a person a private address. No mail about letters goes there before somebody has
approved that address of that person.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Lower

from sepo_incident.accounts.models import AddressApproval, EmailChange, User
from sepo_incident.core import logs


class NotYoursToApprove(Exception):
    """Raised when a person tries to approve an own address, or an address that the person has typed."""


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


def may_approve(user: User, address: str, by: User) -> bool:
    """Return whether `by` may approve the address: not an own address, and none that `by` was the last to type."""
    last = EmailChange.objects.filter(user=user, new__iexact=address).first()
    return user != by and not (last and last.by_id == by.pk)


def record_approval(user: User, address: str, reason: str, by: User) -> AddressApproval:
    """Record the approval, also in the security log. Raise NotYoursToApprove."""
    if not may_approve(user, address, by):
        raise NotYoursToApprove
    approval = AddressApproval.objects.create(user=user, address=address.lower(), reason=reason, by=by)
    event_ids = {"person_id": user.pk, "address_approval_id": approval.pk}
    transaction.on_commit(lambda: logs.log_security_event("address_approved", by.pk, **event_ids))
    return approval
