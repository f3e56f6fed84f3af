"""Classify the bytes of an incoming mail: kind, recipients and outcomes. Pure: no database, no settings.

``classify`` is the entry point. ``pipeline`` runs the classifiers in order; ``mail_parser`` and ``text_patterns`` are
shared by all classifiers.
"""

from notifications.mail_classifier.pipeline import classify
from notifications.mail_classifier.verdict import Outcome, Verdict

__all__ = ["Outcome", "Verdict", "classify"]
