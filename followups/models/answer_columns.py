"""The columns of `FollowUp` that hold the answers of a decision.

What an undecided follow-up holds, what an undo sets back and which texts can be erased follow from the columns.
"""

from typing import Any

from django.db import models

from sepo_incident.core.danish import Badge


class AnswerColumns(models.Model):
    """A column for each answer. A question of one kind of incident leaves its column empty in the other kinds."""

    class Remedy(models.TextChoices):
        RESEND = "RESEND", "sendes igen"
        NEW_LETTER = "NEW_LETTER", "nyt brev"
        RESEND_AND_NEW = "RESEND_AND_NEW", "sendes igen og nyt brev"
        PAPER = "PAPER", "sendes på papir"
        NO_DISPATCH = "NO_DISPATCH", "sendes ikke igen"

    class PaperReason(models.TextChoices):
        """Why a letter cannot reach the recipient digitally (lov om Digital Post § 5 has the exemptions)."""

        EXEMPT = "EXEMPT", "modtageren er fritaget for Digital Post"
        DEAD = "DEAD", "modtageren er død"
        MOVED = "MOVED", "modtageren er flyttet til udlandet"
        GUARDIAN = "GUARDIAN", "modtageren har en værge"

    class ConsequenceReview(models.TextChoices):
        NONE = "NONE", "nej"
        FOUND = "FOUND", "ja"
        UNKNOWN = "UNKNOWN", "det ved jeg ikke endnu"

    class Deletion(models.TextChoices):
        CONFIRMED = "CONFIRMED", "bekræftet"
        NOT_YET = "NOT_YET", "ikke endnu"
        NO_CONFIRMATION = "NO_CONFIRMATION", "ingen bekræftelse"

    #: remedies that send the same letter again, for which somebody must find the letter
    RESENDING = (Remedy.RESEND, Remedy.RESEND_AND_NEW, Remedy.PAPER)
    #: remedies with a new letter, which changes the facts of the case
    WITH_NEW_LETTER = (Remedy.NEW_LETTER, Remedy.RESEND_AND_NEW)
    REMEDY_BADGES = {
        Remedy.RESEND: Badge("Sendes igen"),
        Remedy.NEW_LETTER: Badge("Nyt brev"),
        Remedy.RESEND_AND_NEW: Badge("Sendes igen og nyt brev"),
        Remedy.PAPER: Badge("Sendes på papir"),
        Remedy.NO_DISPATCH: Badge("Sendes ikke igen"),
    }

    remedy = models.CharField("hvad gøres", max_length=20, choices=Remedy, blank=True)
    paper_reason = models.CharField("hvorfor på papir", max_length=20, choices=PaperReason, blank=True, db_default="")
    no_dispatch_reason = models.TextField("hvorfor ikke", blank=True)
    deadline_missed = models.BooleanField("frist passeret", null=True)
    missed_on = models.DateField("dato i det gamle brev", null=True, blank=True)
    new_deadline = models.DateField("dato i det nye brev", null=True, blank=True)
    consequence_review = models.CharField("konsekvenser", max_length=20, choices=ConsequenceReview, blank=True)
    #: a decision of the case was changed because the letter never came: the case resumed, a sanction lifted
    is_decision_changed = models.BooleanField("afgørelse ændret", null=True)
    #: what was done or became known about the consequences; `handled_at` is NULL until somebody says so
    handled_text = models.TextField("hvad der er gjort", blank=True)
    is_journalised = models.BooleanField("journaliseret", default=False)
    record_number = models.CharField("journalnummer", max_length=60, blank=True)
    #: why the change need not be on record
    no_record_reason = models.TextField("hvorfor ikke journaliseret", blank=True)
    note = models.TextField("bemærkning", blank=True)
    # The answers to questions that only some kinds of incident ask.
    deletion = models.CharField("sletning", max_length=20, choices=Deletion, blank=True, db_default="")
    deletion_confirmed_on = models.DateField("sletning bekræftet", null=True, blank=True)
    #: when somebody asks the wrong recipient again
    deletion_due_on = models.DateField("spørg igen om sletning", null=True, blank=True)
    no_deletion_reason = models.TextField("hvorfor ingen bekræftelse", blank=True, db_default="")

    class Meta:
        abstract = True


_FIELDS = AnswerColumns._meta.local_fields
#: {name of a column: the value before a decision}
NO_ANSWERS: dict[str, Any] = {
    field.name: None if field.null else field.default if field.has_default() else "" for field in _FIELDS
}
#: Columns with texts that a person typed.
TYPED_TEXTS = [
    field.name for field in _FIELDS if isinstance(field, models.CharField | models.TextField) and not field.choices
]
