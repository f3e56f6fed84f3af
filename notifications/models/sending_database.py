"""The identity of the database that mails are sent from, so that a copy of the database is noticed."""

from __future__ import annotations

from django.db import models
from django.db.models import Func, Q


class DatabaseIdentity(Func):
    """An SQL expression for the identity of the present database: system identifier, timeline and table oid.

    A restored dump has new tables and often a new server. A backup rolled forward and a promoted standby have a new
    timeline. After a stop or a kill of the server all three parts are the same as before.
    """

    template = """
        concat_ws('/',
            (SELECT system_identifier FROM pg_control_system()),
            left(pg_walfile_name(pg_current_wal_lsn()), 8),
            'notifications_delivery'::regclass::oid)
    """
    output_field = models.TextField()


class SendingDatabaseQuerySet(models.QuerySet["SendingDatabase"]):
    def current(self) -> SendingDatabaseQuerySet:
        """Return the row if the present database is the sending database."""
        return self.filter(identity=DatabaseIdentity())


class SendingDatabase(models.Model):
    """The single row with the identity of the sending database, inserted when a worker first looks for mails.

    In a copy of the database the row holds the identity of the original. A backup taken before the row existed is
    therefore treated as a new database.
    """

    identity = models.TextField("kendetegn")
    since = models.DateTimeField("siden")

    objects = SendingDatabaseQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "afsendende database", "afsendende databaser"
        constraints = [
            models.CheckConstraint(
                condition=Q(pk=1),
                name="home_is_one",
                violation_error_message="Mails sendes fra én database.",
            ),
        ]

    def __str__(self) -> str:
        return self.identity
