"""A test mail: the words in the form, to whoever wrote them, and to nobody else. Not so many that it becomes a way to
fill mailboxes."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from notifications.models import Kind, Notice
from notifications.sending.posting import post
from notifications.texts.wording import Mail
from sepo_incident import danish
from sepo_incident.accounts.models import User

#: so many in any hour
MOST = 20
HOUR = timedelta(hours=1)


class TooMany(Exception):
    """The person has sent as many as one may. The text is a Danish sentence that says when there is room again."""

    def __init__(self, notice: Notice):
        again = danish.clock(notice.created_at + HOUR)
        super().__init__(
            f"Du har sendt {MOST} prøvemails inden for den sidste time, så der er ikke sendt flere. "
            f"Du kan sende den næste {again}."
        )


@transaction.atomic
def try_out(mail: Mail, by: User) -> Notice:
    """Put it in the outbox, to whoever asks for it. Raises ``TooMany``."""
    User.objects.select_for_update(no_key=True).get(pk=by.pk)  # two clicks come one after the other
    lately = Notice.objects.filter(kind=Kind.TEST, written_by=by, created_at__gt=timezone.now() - HOUR)
    if too_many := lately.order_by("-created_at")[MOST - 1 : MOST]:
        raise TooMany(too_many[0])
    return post(Kind.TEST, by, f"Prøve: {mail.subject}", mail.text, mail.html, by=by)
