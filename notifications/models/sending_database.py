"""The database that mails were sent from last."""

from __future__ import annotations

from django.db import models
from django.db.models import Func, Q


class DatabaseIdentity(Func):
    """By what a database knows itself. A dump that is read in has new tables, and often a new server; a backup that is
    rolled forward, or a standby that takes over, has a new timeline. A server that was stopped, or killed, has all
    three as before."""

    template = """
        concat_ws('/',
            (SELECT system_identifier FROM pg_control_system()),
            left(pg_walfile_name(pg_current_wal_lsn()), 8),
            'notifications_delivery'::regclass::oid)
    """
    output_field = models.TextField()


class HomeQuerySet(models.QuerySet["Home"]):
    def here(self) -> HomeQuerySet:
        """This database is it."""
        return self.filter(identity=DatabaseIdentity())


class Home(models.Model):
    """One row, made when a worker first looks for mails to send. In a copy of that database it tells of the other one;
    a backup without it looks like a first database."""

    identity = models.TextField("kendetegn")
    since = models.DateTimeField("siden")

    objects = HomeQuerySet.as_manager()

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
