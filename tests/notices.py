"""First notices and their deliveries for tests."""

from typing import Any

from letters.models import Incident, Letter
from notifications.dispatching import dispatch_lifecycle, outbox_writer
from notifications.dispatching.dispatch_lifecycle import request_dispatch
from notifications.dispatching.first_notices import list_recipients
from notifications.kinds.notice_kinds import owed_followups
from notifications.kinds.receivers import count_receivers
from notifications.models import Delivery, Dispatch, Kind, delivery_states
from notifications.models.delivery_states import State
from sepo_incident.accounts.models import User


def request_first_notices(incident: Incident, by: User | None = None) -> Dispatch:
    """Request a dispatch to everybody who is owed a first notice, as the button on the page does."""
    receivers = count_receivers(owed_followups(Kind.FIRST_NOTICE, incident))
    mails = list_recipients(Kind.FIRST_NOTICE, incident).mails
    return request_dispatch(Kind.FIRST_NOTICE, incident, receivers, by, ticked=mails, reason="Prøvet")


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


def put_in_state(delivery: Delivery, state: State) -> None:
    """Put the delivery in the state by inserting rows, without SMTP conversations."""
    now = delivery.changed_at
    fields: dict[str, Any] = {"stage": "rcpt", "code": 250, "reply": "…", "next_attempt_at": None, "lease": 1}
    if state == State.UNCONFIRMED:
        fields |= {"state": State.ACCEPTED, "accepted_at": now - 2 * delivery_states.MAX_SILENCE}
    elif state == State.STOPPED:
        kit = User.objects.get(email="mette@kk.example")
        dispatch_lifecycle.stop_dispatch(delivery.notice.dispatch, "Forkert tekst", by=kit)
        return
    elif state in delivery_states.EVIDENCE_STRENGTH:
        fields |= {"state": State.ACCEPTED, "accepted_at": now, "evidence_state": state}
    else:
        fields |= {"state": state, "accepted_at": now if state == State.ACCEPTED else None}
        fields |= {"next_attempt_at": now} if state in delivery_states.SENDING_STATES else {}
    Delivery.objects.filter(pk=delivery.pk).update(**fields)
