"""The hash chain: the rows written by every statement, in links that hash the previous link.

`RowChange` records the changes of tables without a history. Triggers write all rows here except `Check` and `Erasure`.
"""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from sepo_incident.audit.triggers import INSERT_ONLY_TRIGGERS, LEDGER_TRIGGERS, erasable_ledger_triggers, salt_field
from sepo_incident.core.sql_files import read_sql

#: Deferred to the commit, so that links lie in the order of commits and a transaction waits only for a committing
#: transaction.
ENQUEUE_LINK_TRIGGER = pgtrigger.Trigger(
    name="enqueue_link",
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    timing=pgtrigger.Deferred,
    func="INSERT INTO audit_pendinglink (statement_id) VALUES (NEW.id); RETURN NULL;",
)
ADD_LINK_TRIGGER = pgtrigger.Trigger(
    name="add_link",
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    timing=pgtrigger.Deferred,
    func=(
        "INSERT INTO audit_link (statement_id) VALUES (NEW.statement_id);\n"
        "DELETE FROM audit_pendinglink WHERE statement_id = NEW.statement_id;\n"
        "RETURN NULL;"
    ),
)
#: Personal columns of all tables in the change log (`CHANGE_LOG_TRIGGERS`).
PERSONAL_COLUMNS = (
    "answer",
    "case_worker",
    "contact_name",
    "director_email",
    "director_name",
    "email",
    "fix_checked_by",
    "known",
    "personnel_contact",
    "personnel_phone",
    "phone",
    "reason",
    "signed_by",
    "source",
    "statement",
    "support_email",
    "text",
    "title",
    "unknown",
    "words",
)


class Statement(models.Model):
    """The rows that a single SQL statement inserted in an append-only table, with the SHA-256 of every row.

    A digest covers a row's `columns` as JSON, with timestamps in UTC, so a column added later changes no digest. If
    some values are `personal`, the digest covers the rest, and `sealed` has a digest of the complete row with the
    salt.
    """

    ledger = models.CharField("tabel", max_length=63)
    columns = ArrayField(models.TextField(), verbose_name="kolonner")
    #: In ascending order. `digests` has the same order.
    ids = ArrayField(models.BigIntegerField(), verbose_name="rækker")
    digests = ArrayField(models.BinaryField(), verbose_name="rækkernes aftryk")
    #: «column» or «column.key»
    personal = ArrayField(models.TextField(), verbose_name="personligt", db_default=[])
    sealed = ArrayField(models.BinaryField(), verbose_name="rækkernes aftryk med det personlige", null=True)
    at = models.DateTimeField("skrevet")

    class Meta:
        verbose_name, verbose_name_plural = "sæt af rækker", "sæt af rækker"
        triggers = [*INSERT_ONLY_TRIGGERS, ENQUEUE_LINK_TRIGGER]

    def __str__(self) -> str:
        return f"{len(self.ids)} rækker i {self.ledger}"


#: SQL for a transaction that has made all constraints immediate.
DEFER_LINK_SQL = f"SET CONSTRAINTS {ENQUEUE_LINK_TRIGGER.get_pgid(Statement)} DEFERRED"  # type: ignore[arg-type]


class PendingLink(models.Model):
    """A statement whose transaction is committing.

    The row is deleted when the link is made, so nobody ever sees a row. A check at the commit can wait for a row of a
    different transaction. While waiting, the transaction must not hold the lock of the chain, for which that
    transaction may be waiting. A check that is queued by a check runs after all checks queued before: therefore the
    link is made by a trigger of this table.
    """

    statement = models.OneToOneField(
        Statement, models.DO_NOTHING, related_name="+", primary_key=True, db_constraint=False
    )

    class Meta:
        verbose_name, verbose_name_plural = "tur", "ture"
        triggers = [ADD_LINK_TRIGGER]

    def __str__(self) -> str:
        return f"tur for sæt nr. {self.statement_id}"


class Link(models.Model):
    """A link of the chain. `hash` is the SHA-256 of the number, the hash of the previous link and the statement."""

    number = models.BigIntegerField("nummer", primary_key=True)
    statement = models.OneToOneField(Statement, models.PROTECT, related_name="link")
    previous = models.BinaryField("aftryk af leddet før")
    hash = models.BinaryField("aftryk")

    class Meta:
        verbose_name, verbose_name_plural = "led", "led"
        triggers = [
            *INSERT_ONLY_TRIGGERS,
            pgtrigger.Trigger(
                name="compute_link",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[("head", "audit_link%ROWTYPE"), ("statement", "audit_statement%ROWTYPE")],
                func=read_sql("sepo_incident/audit/sql/compute_link.sql"),
            ),
        ]

    def __str__(self) -> str:
        return f"led nr. {self.number}"


class Check(models.Model):
    """A verification that found the chain intact, with `number` links and `hash` as the hash of the last link."""

    number = models.BigIntegerField("led")
    hash = models.BinaryField("det sidste leds aftryk")
    #: From the database's clock, whatever an INSERT says.
    at = models.DateTimeField("hvornår", db_default=Now(), editable=False)

    class Meta:
        verbose_name, verbose_name_plural = "tjek af kæden", "tjek af kæden"
        triggers = [
            *INSERT_ONLY_TRIGGERS,
            pgtrigger.Trigger(
                name="set_time",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="NEW.at := clock_timestamp(); RETURN NEW;",
            ),
        ]

    def __str__(self) -> str:
        return f"tjek til og med led nr. {self.number}"


class Erasure(models.Model):
    """The permanent erasure of the personal data in a row of an append-only table.

    A trigger erases the data when the row is inserted.
    """

    ledger = models.CharField("tabel", max_length=63)
    row_id = models.BigIntegerField("række")
    personal = ArrayField(models.TextField(), verbose_name="hvad")
    reason = models.CharField("begrundelse", max_length=200)
    #: The user's id, no foreign key because the row outlives the user. None: the clock or the console.
    by_id = models.BigIntegerField("af", null=True)
    at = models.DateTimeField("hvornår", default=timezone.now)

    class Meta:
        verbose_name, verbose_name_plural = "sletning", "sletninger"
        constraints = [
            models.UniqueConstraint(
                fields=["ledger", "row_id"],
                name="erasure_once",
                violation_error_message="Det personlige i rækken er allerede slettet.",
            ),
            models.CheckConstraint(
                condition=~Q(reason=""),
                name="erasure_has_reason",
                violation_error_message="Skriv, hvorfor du sletter det.",
            ),
        ]
        triggers = [
            *LEDGER_TRIGGERS,
            pgtrigger.Trigger(
                name="erases",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                referencing=pgtrigger.Referencing(new="written"),
                func=(
                    "PERFORM audit_empty(one.ledger, one.personal, one.ids)\n"
                    "FROM (SELECT ledger, personal, array_agg(row_id) AS ids FROM written GROUP BY 1, 2) AS one;\n"
                    "RETURN NULL;"
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"det personlige i række {self.row_id} i {self.ledger}"


class RowChange(models.Model):
    """A row inserted, updated or deleted in a table without a history (`triggers = CHANGE_LOG_TRIGGERS`).

    `before` and `after` are {column: value} of the columns that differ, with timestamps in UTC. An insert has
    everything in `after`, a delete everything in `before`.
    """

    table_name = models.CharField("tabel", max_length=63)
    row_id = models.BigIntegerField("række")
    before = models.JSONField("før", default=dict)
    after = models.JSONField("efter", default=dict)
    #: The user's id (`set_actor`), no foreign key because the row outlives the user. None: the clock or the console.
    by_id = models.BigIntegerField("af", null=True)
    #: The database's name for the connected role (`session_user`).
    login = models.CharField("forbundet som", max_length=63)
    at = models.DateTimeField("hvornår")
    salt = salt_field()

    class Meta:
        verbose_name, verbose_name_plural = "ændring", "ændringer"
        indexes = [models.Index(fields=["table_name", "-id"], name="row_change_table")]
        triggers = erasable_ledger_triggers(
            *(f"{side}.{column}" for side in ("before", "after") for column in PERSONAL_COLUMNS)
        )

    def __str__(self) -> str:
        return f"række {self.row_id} i {self.table_name}"
