"""Addresses outside the municipality's domains: which they are, and who has approved them.

A list or a coordinator may give a person a private address. No mail about letters goes there before somebody has
approved that address of that person.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Lower

from sepo_incident.accounts.models import AddressApproval, User
from sepo_incident.core import logs


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
