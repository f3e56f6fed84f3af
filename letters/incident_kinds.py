"""The kinds of incident: what went wrong with the letters.

A kind is to set the questions of the decision, the default texts, the ways to decide and the clocks, and nothing else.
So far the questions and texts are those of `NOT_ARRIVED`, the case, whatever the kind.
"""

from django.db import models


class IncidentKind(models.TextChoices):
    NOT_ARRIVED = "NOT_ARRIVED", "Brevene kom ikke frem"
    LATE = "LATE", "Brevene kom for sent frem"
    WRONG_RECIPIENT = "WRONG_RECIPIENT", "Brevene kom til forkerte modtagere"
    WRONG_CONTENT = "WRONG_CONTENT", "Brevene havde forkert indhold"
    SENT_TWICE = "SENT_TWICE", "Brevene blev sendt to gange"
