"""Answers of a mail server."""

from notifications.models import Attempt
from notifications.outbox.replies_and_retries import Reply

Stage, Outcome = Attempt.Stage, Attempt.Outcome

ACCEPTED = Reply(Stage.DONE, Outcome.ACCEPTED, 250, "2.0.0 Ok: queued as 4XyZ", True)
DEFERRED = Reply(Stage.RCPT, Outcome.DEFERRED, 451, "4.3.2 Prøv senere", True)
REFUSED = Reply(Stage.RCPT, Outcome.REFUSED, 550, "5.1.1 User unknown", True)
CONNECTION_LOST = Reply(Stage.DATA, Outcome.UNKNOWN, None, "SMTPServerDisconnected", True)
