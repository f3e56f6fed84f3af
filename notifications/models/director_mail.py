"""The mails that went to the directors of the administrations."""

import pgtrigger
from django.db import models

from letters.models import Incident
from notifications.models.notice import Notice
from sepo_incident.accounts.models import Unit


class DirectorMail(models.Model):
    """The mail to an administration's director on a day, once whatever the workers and the clock do. Append-only."""

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="director_mails")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name="forvaltning")
    day = models.DateField("dag")
    notice = models.OneToOneField(Notice, models.PROTECT, related_name="director_mail", verbose_name="mail")

    class Meta:
        verbose_name, verbose_name_plural = "mail til en direktør", "mails til direktører"
        ordering = ["-day", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "unit", "day"],
                name="director_mail_once_a_day",
                violation_error_message="Direktøren har allerede fået dagens mail.",
            ),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"mail {self.notice_id} til direktøren for {self.unit}"
