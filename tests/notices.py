"""First notices and their deliveries for tests."""

from letters.models import Incident, Letter
from notifications.dispatching import dispatch_lifecycle, outbox_writer
from notifications.dispatching.first_notices import list_recipients
from notifications.dispatching.large_dispatch import Assurance
from notifications.kinds.notice_kinds import owed_followups
from notifications.kinds.receivers import count_receivers
from notifications.models import Delivery, Dispatch, Kind
from sepo_incident.accounts.models import User


def request_first_notices(incident: Incident, by: User | None = None) -> Dispatch:
    """Request a dispatch to everybody who is owed a first notice, as the button on the page does."""
    receivers = count_receivers(owed_followups(Kind.FIRST_NOTICE, incident))
    mails = list_recipients(Kind.FIRST_NOTICE, incident).mails
    return dispatch_lifecycle.request_dispatch(Kind.FIRST_NOTICE, incident, receivers, by, Assurance(mails, "Prøvet"))


def write_notices(dispatch: Dispatch) -> Dispatch:
    """Write all notices of the dispatch. Their mails are ready and not sent."""
    while outbox_writer.write_batch(dispatch.pk):
        pass
    dispatch.refresh_from_db()
    return dispatch


def write_first_notices(incident: Incident) -> Dispatch:
    """Request and write the first notices that are owed."""
    return write_notices(request_first_notices(incident))


def delivery_to(person: User) -> Delivery:
    """Return the only delivery to the person."""
    return Delivery.objects.get(recipient=person)


def repair_letter(letter: Letter) -> None:
    """Give the letter of the fixture `faulty` a recipient key that a mail can be composed with."""
    Letter.objects.filter(pk=letter.pk).update(recipient_key="")
