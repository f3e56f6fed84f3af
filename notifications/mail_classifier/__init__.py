"""Bytes of a mail → what it says of which recipients (promises.md, *Mail* 6). Pure: no database, no settings.

``classify`` is the front. The files beside it are each named by what they recognise; ``reading`` and ``fields`` are
what all of them look through.
"""

from notifications.mail_classifier.pipeline import classify
from notifications.mail_classifier.verdict import Outcome, Verdict

__all__ = ["Outcome", "Verdict", "classify"]
