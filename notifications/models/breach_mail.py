"""The mails about possible breaches to the data protection officer."""

import pgtrigger
from django.db import models

from letters.models import BreachReport


class BreachMail(models.Model):
    """A report that the data protection officer has been mailed about, once whatever the workers do. Append-only."""

    report = models.OneToOneField(BreachReport, models.PROTECT, related_name="+", verbose_name="muligt brud")
    at = models.DateTimeField("skrevet", auto_now_add=True)

    class Meta:
        verbose_name, verbose_name_plural = "mail om databrud", "mails om databrud"
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"mail om {self.report}"
