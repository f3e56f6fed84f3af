"""The chain through all ledgers: what each statement wrote, and a link for it that hashes the link before. And the
ledger of the tables that have none of their own.

Nobody writes these rows but the triggers (of a check: whoever checks), and what is written stands.
"""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from sepo_incident.audit.triggers import INSERT_ONLY_TRIGGERS, LEDGER_TRIGGERS, erasable_ledger_triggers, salt_field
from sepo_incident.core.sql_files import read_sql

#: Not before the commit: so the links lie in the order of the commits, and nobody waits but for whoever is committing.
ENQUEUE_LINK_TRIGGER = pgtrigger.Trigger(
    name="takes_turn",
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    timing=pgtrigger.Deferred,
    func="INSERT INTO ledgers_turn (statement_id) VALUES (NEW.id); RETURN NULL;",
)
ADD_LINK_TRIGGER = pgtrigger.Trigger(
    name="linked",
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    timing=pgtrigger.Deferred,
    func=read_sql("sepo_incident/audit/sql/linked.sql"),
)


#: of all the tables that are told
PERSONAL_COLUMNS = (
    "personnel_contact",
    "personnel_phone",
    "signed_by",
    "source",
    "support_email",
    "text",
    "title",
    "words",
)


class Statement(models.Model):
    """The rows that one statement wrote in one ledger, each with its SHA-256.

    A digest covers a row's ``columns`` as JSON, with moments in UTC: a column that comes later changes no digest.
    Where something in them is ``personal``, the digest is of the rest, and ``sealed`` has one of all with the salt.
    """

    ledger = models.CharField("tabel", max_length=63)
    columns = ArrayField(models.TextField(), verbose_name="kolonner")
    #: in ascending order, and ``digests`` in the same
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


#: SQL for a transaction that has made all constraints immediate
DEFER_LINK_SQL = f"SET CONSTRAINTS {ENQUEUE_LINK_TRIGGER.get_pgid(Statement)} DEFERRED"  # type: ignore[arg-type]


class Turn(models.Model):
    """A statement whose transaction is at its commit. It goes when the link is made, so nobody ever sees one.

    What a commit checks can wait for another's row, and whoever waits so must not hold the lock of the chain, which
    the other may be waiting for. A check that is queued while others are made comes after them: that is what the row
    is for.
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
    """``hash`` is the SHA-256 of the number, the hash before (``previous``, empty in the first) and the statement."""

    number = models.BigIntegerField("nummer", primary_key=True)
    statement = models.OneToOneField(Statement, models.PROTECT, related_name="link")
    previous = models.BinaryField("aftryk af leddet før")
    hash = models.BinaryField("aftryk")

    class Meta:
        verbose_name, verbose_name_plural = "led", "led"
        triggers = [
            *INSERT_ONLY_TRIGGERS,
            pgtrigger.Trigger(
                name="next_in_line",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[("head", "ledgers_link%ROWTYPE"), ("said", "ledgers_statement%ROWTYPE")],
                func=read_sql("sepo_incident/audit/sql/next_in_line.sql"),
            ),
        ]

    def __str__(self) -> str:
        return f"led nr. {self.number}"


class Check(models.Model):
    """Somebody looked, and the chain was whole: it had ``number`` links then, and the last had ``hash``."""

    number = models.BigIntegerField("led")
    hash = models.BinaryField("det sidste leds aftryk")
    rows = models.BigIntegerField("rækker, der blev set på")
    is_whole = models.BooleanField("hele kæden")
    #: by the database's clock, whatever an INSERT says
    at = models.DateTimeField("hvornår", db_default=Now(), editable=False)

    class Meta:
        verbose_name, verbose_name_plural = "tjek af kæden", "tjek af kæden"
        triggers = [
            *INSERT_ONLY_TRIGGERS,
            pgtrigger.Trigger(
                name="at_its_time",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="NEW.at := clock_timestamp(); RETURN NEW;",
            ),
        ]

    def __str__(self) -> str:
        return f"tjek til og med led nr. {self.number}"


class Erasure(models.Model):
    """What is personal in a row of a ledger was erased, for good. To write this line is what erases it."""

    ledger = models.CharField("tabel", max_length=63)
    row_id = models.BigIntegerField("række")
    personal = ArrayField(models.TextField(), verbose_name="hvad")
    reason = models.CharField("begrundelse", max_length=200)
    #: the person, whom it outlives; none: the clock, or somebody at the console
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
                violation_error_message="Skriv, hvorfor det slettes.",
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
                func=read_sql("sepo_incident/audit/sql/erases.sql"),
            ),
        ]

    def __str__(self) -> str:
        return f"det personlige i række {self.row_id} i {self.ledger}"


class Change(models.Model):
    """A row was made, altered or removed in a table that has no ledger of its own (``triggers = TOLD``).

    ``before`` and ``after`` are {column: value} of what differs, with moments in UTC. Of a row that was made all is
    after, and of one that was removed all is before.
    """

    table_name = models.CharField("tabel", max_length=63)
    row_id = models.BigIntegerField("række")
    before = models.JSONField("før", default=dict)
    after = models.JSONField("efter", default=dict)
    #: the person (``done_by``), whom it outlives; none: the clock, or somebody at the console
    by_id = models.BigIntegerField("af", null=True)
    #: what the database knows as the name of whoever was connected
    login = models.CharField("forbundet som", max_length=63)
    at = models.DateTimeField("hvornår")
    salt = salt_field()

    class Meta:
        verbose_name, verbose_name_plural = "ændring", "ændringer"
        triggers = erasable_ledger_triggers(
            *(f"{side}.{column}" for side in ("before", "after") for column in PERSONAL_COLUMNS)
        )

    def __str__(self) -> str:
        return f"række {self.row_id} i {self.table_name}"
