"""Mails with a code that signs somebody in."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

#: how long a code works, and how long a mail with it is tried
CODE_LIFETIME = timedelta(seconds=settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT)


class SignInCodeQuerySet(models.QuerySet["SignInCode"]):
    def due(self) -> "SignInCodeQuerySet":
        """Return the mails that may be tried now and whose code still works. A mail that was tried comes last."""
        working = self.filter(requested_at__gt=Now() - CODE_LIFETIME).exclude(code="")
        return working.filter(next_attempt_at__lte=Now()).order_by("next_attempt_at", "pk")


class SignInCode(models.Model):
    """A mail with a code, which goes before all other mail. The code is deleted when the mail is sent or given up."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="sign_in_codes")
    address = models.EmailField("adresse", max_length=254)
    code = models.CharField("kode", max_length=8, blank=True)
    requested_at = models.DateTimeField("bedt om", db_default=Now())
    next_attempt_at = models.DateTimeField("prøves igen", db_default=Now())
    sent_at = models.DateTimeField("sendt", null=True)
    #: the last answer of a mail server that did not take the mail
    problem = models.CharField("svar", max_length=300, blank=True)

    objects = SignInCodeQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "kode", "koder"
        indexes = [models.Index(fields=["id"], condition=~Q(code=""), name="sign_in_code_waiting")]

    def __str__(self) -> str:
        return f"kode {self.pk}"
