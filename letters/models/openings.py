"""Openings of personnel cases, and the triggers that tell a letter whether the letter is open to sender and leader.

The rule stands in `letters/sql/is_open_to.sql`. The trigger `open_letter` of `Letter` asks it whenever a letter gets
another sender or leader; the triggers here, when something happens to a person.
"""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from letters.models.letter import Letter
from sepo_incident.accounts.models import EmailChange, User
from sepo_incident.audit.triggers import erasable_ledger_triggers, salt_field

#: The UPDATE lets `open_letter` look again at the letters.
LOOK_AGAIN = "UPDATE letters_letter SET is_open_to_sender = DEFAULT WHERE {letters}; RETURN NULL;"
#: No letter may get the person as sender or leader unseen, between the correction and its end.
LOCK_LETTERS = "LOCK TABLE letters_letter IN SHARE ROW EXCLUSIVE MODE;"


class PersonnelOpening(models.Model):
    """Personalejura opened a personnel case for `user` at `address`. Append-only. A correction of the address ends it.

    The row exists for what the list did not say itself: `letters.models.visibility`.
    """

    letter = models.ForeignKey(Letter, models.PROTECT, related_name="openings")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    address = models.EmailField("adresse", max_length=254)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    salt = salt_field()

    class Meta:
        verbose_name, verbose_name_plural = "åbning af personalesag", "åbninger af personalesager"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(user=F("by")),
                name="opened_by_another",
                violation_error_message="Ingen kan åbne et brev for sig selv.",
            ),
        ]
        triggers = [
            *erasable_ledger_triggers("address"),
            pgtrigger.Trigger(
                name="opens_letter",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                func=LOOK_AGAIN.format(letters="id = NEW.letter_id"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.letter} er åbnet for person {self.user_id}"


class AddressHolder(User):
    """A person. A known address opens the letters of later lists; an address that is no longer known closes letters."""

    class Meta:
        proxy = True
        triggers = [
            pgtrigger.Trigger(
                name="address_opens_letters",
                when=pgtrigger.After,
                operation=pgtrigger.UpdateOf("address_since"),
                condition=pgtrigger.AnyChange("address_since"),
                func=LOOK_AGAIN.format(letters="NEW.id IN (sender_id, leader_id)"),
            ),
        ]


class AddressCorrection(EmailChange):
    """A corrected address, which closes the letters that Personalejura opened for the former address."""

    class Meta:
        proxy = True
        triggers = [
            pgtrigger.Trigger(
                name="correction_closes_letters",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                func=LOCK_LETTERS + LOOK_AGAIN.format(letters="NEW.user_id IN (sender_id, leader_id)"),
            ),
        ]
