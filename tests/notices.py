"""First notices for tests."""

from letters.models import Incident
from notifications.dispatching import dispatch_writer
from notifications.models import Kind


def write_first_notices(incident: Incident) -> None:
    """Write the first notices that are owed. Their mails are ready and not sent."""
    receivers = dispatch_writer.count_receivers(Kind.FIRST_NOTICE, incident)
    dispatch = dispatch_writer.request_dispatch(Kind.FIRST_NOTICE, incident, receivers, by=None)
    while dispatch_writer.write_batch(dispatch.pk):
        pass
