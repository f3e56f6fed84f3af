"""Bytes of a mail → what it says of which recipients (promises.md, *Mail* 6). Pure: no database, no settings.

``classify`` is the front. The files beside it are each named by what they recognise; ``reading`` and ``fields`` are
what all of them look through.
"""

from notifications.inbound.classifying.front import classify
from notifications.inbound.classifying.verdict import Outcome, Verdict

__all__ = ["Outcome", "Verdict", "classify"]
