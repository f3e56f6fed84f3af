"""What became of a letter's facts after it came in: one row each time, and none is ever altered.

Whatever alters many letters in SQL writes their ledger in the same statement, so that no fact changes in silence.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from letters.models.import_batch import ImportBatch
from letters.models.letter import Letter
from sepo_incident.audit.triggers import erasable_ledger_triggers, salt_field

#: of the columns whose changes it keeps
_PERSONAL_FIELDS = [
    f"{side}.{fact}"
    for side in ("before", "after")
    for fact in ("subject", "sender_name", "leader_name", "recipient_key")
]


class LetterChange(models.Model):
    """A letter was corrected, withdrawn, taken up again, given somebody to answer for it, or called something else.

    ``before`` and ``after`` are {column of ``Letter``: value as the database keeps it}, and hold only what differs, so
    that the change can be told and taken back. A subject among them is as secret as the letter's own.
    """

    class Kind(models.TextChoices):
        CHANGED = "CHANGED", "rettet af en liste"
        WITHDRAWN = "WITHDRAWN", "trukket tilbage"
        REINSTATED = "REINSTATED", "taget op igen"
        ASSIGNED = "ASSIGNED", "fået en ansvarlig"
        RECLASSIFIED = "RECLASSIFIED", "fået et andet emneområde"

    letter = models.ForeignKey(Letter, models.PROTECT, related_name="changes")
    kind = models.CharField("slags", max_length=20, choices=Kind)
    #: the list that brought it about; without one it was a person on a page
    batch = models.ForeignKey(ImportBatch, models.PROTECT, related_name="changes", null=True, blank=True)
    #: the act of a person that gave it, or took it back
    assignment = models.ForeignKey("letters.Assignment", models.PROTECT, related_name="changes", null=True, blank=True)
    before = models.JSONField("før", default=dict)
    after = models.JSONField("efter", default=dict)
    reason = models.TextField("begrundelse", blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    at = models.DateTimeField(auto_now_add=True)
    salt = salt_field()

    class Meta:
        verbose_name, verbose_name_plural = "ændring af brev", "ændringer af breve"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["CHANGED", "WITHDRAWN", "REINSTATED", "ASSIGNED", "RECLASSIFIED"]),
                name="letter_change_kind_known",
                violation_error_message="Den slags ændring findes ikke.",
            ),
            models.CheckConstraint(
                condition=~Q(kind="WITHDRAWN", reason=""),
                name="letter_withdrawn_for_a_reason",
                violation_error_message="Skriv, hvorfor brevet trækkes tilbage.",
            ),
        ]
        triggers = erasable_ledger_triggers("reason", *_PERSONAL_FIELDS)

    def __str__(self) -> str:
        return f"{self.letter}: {self.get_kind_display()}"

    @property
    def is_by_rules(self) -> bool:
        """The rules were run again; a person who says what a letter is about gives no reason."""
        return self.kind == self.Kind.RECLASSIFIED and self.reason != ""


#: what a row of a list says of a letter
LETTER_FACTS = (
    "sender_id", "sender_name", "leader_id", "leader_name", "unit_id", "subject", "category", "sent_at",
    "recipient_kind", "recipient_key", "is_personnel_case", "has_deadline", "named_on",
)  # fmt: skip
#: the columns whose changes it keeps
LOGGED_COLUMNS = (*LETTER_FACTS, "withdrawn_at")


def _changed_columns_sql(side: str) -> str:
    """SQL: ``{column: value}`` on one side of an update, of the columns that it altered."""
    parts = (
        f"CASE WHEN old.{name} IS DISTINCT FROM new.{name} THEN jsonb_build_object('{name}', {side}.{name}) "
        "ELSE '{}'::jsonb END"
        for name in LOGGED_COLUMNS
    )
    return " || ".join(parts)


def update_with_history_sql(update: str, kind: str = "CHANGED", assignment: str = "NULL::bigint") -> str:
    """``update`` (of ``letters_letter AS l``) and a line of the ledger for each letter that it really altered.

    Its values are those of the update and ``batch``, ``by``, ``reason`` and ``now``. A line is called ``kind``, unless
    the letter was withdrawn or taken up again; ``assignment`` is SQL. The rows it counts are the lines.
    """
    return f"""
        WITH altered AS (
            {update}
            RETURNING l.id, {_changed_columns_sql("old")} AS before, {_changed_columns_sql("new")} AS after
        )
        INSERT INTO letters_letterchange (letter_id, kind, batch_id, before, after, reason, by_id, at, assignment_id)
        SELECT id,
               CASE WHEN NOT before ? 'withdrawn_at' THEN '{kind}'
                    WHEN after -> 'withdrawn_at' = 'null' THEN 'REINSTATED' ELSE 'WITHDRAWN' END,
               %(batch)s, before, after, %(reason)s, %(by)s, %(now)s, {assignment}
        FROM altered WHERE before <> '{{}}'
    """  # noqa: S608 - nothing in it comes from outside
