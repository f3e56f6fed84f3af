"""Systems that send dispatches and receipts by the API, and the messages that Beskedfordeler has pushed."""

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from sepo_incident.audit.triggers import CHANGE_LOG_TRIGGERS


class ApiToken(models.Model):
    """What a system shows to the API. `digest`: SHA-256 of the token, which nobody can read again.

    `reason`: why somebody ended it. When it was last used stands in `ApiTokenUse`, outside the change log.
    """

    class Scope(models.TextChoices):
        DISPATCHES = "afsendelser", "afsendelser"
        RECEIPTS = "kvitteringer", "kvitteringer"
        PUSH = "beskedfordeler", "beskeder fra Beskedfordeler"

    system = models.CharField("system", max_length=80)
    digest = models.CharField("aftryk", max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=20, choices=Scope), verbose_name="må sende")
    expires_at = models.DateTimeField("udløber")
    created_at = models.DateTimeField("oprettet", auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="oprettet af"
    )
    ended_at = models.DateTimeField("afsluttet", null=True)
    reason = models.CharField("begrundelse", max_length=300, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = "token", "tokens"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                Lower("system"),
                condition=Q(ended_at=None),
                name="api_token_once",
                violation_error_message="Systemet har allerede et token. Afslut det først, eller brug et andet navn.",
            ),
            models.CheckConstraint(
                condition=Q(scopes__len__gt=0, scopes__contained_by=["afsendelser", "kvitteringer", "beskedfordeler"]),
                name="api_token_has_scopes",
                violation_error_message="Vælg, hvad systemet må sende.",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(reason__regex=r"\S"),
                name="api_token_ended_for_a_reason",
                violation_error_message="Skriv en begrundelse.",
            ),
        ]
        triggers = CHANGE_LOG_TRIGGERS

    def __str__(self) -> str:
        return f"token til {self.system}"

    @property
    def scope_labels(self) -> list[str]:
        return [self.Scope(scope).label for scope in self.scopes]


class ApiTokenUse(models.Model):
    """When a token was last used, to the minute."""

    token = models.OneToOneField(ApiToken, models.CASCADE, primary_key=True, related_name="use")
    last_used_at = models.DateTimeField("sidst brugt", null=True)

    class Meta:
        verbose_name, verbose_name_plural = "brug af token", "brug af tokens"

    def __str__(self) -> str:
        return f"brug af token nr. {self.token_id}"


class PushedMessage(models.Model):
    """A message of Beskedfordeler as it came, encrypted. Append-only, but the content is deleted when it is old.

    `message_id`: its BeskedId; a message without one has its digest here. `is_conflict`: an earlier message with other
    content has the same BeskedId. `problem`: why it cannot be read, a Danish sentence. What has either is not counted.
    `raw`: the content, empty when it is deleted.
    """

    message_id = models.CharField("BeskedId", max_length=200)
    digest = models.CharField("aftryk", max_length=64)
    is_conflict = models.BooleanField("samme BeskedId, andet indhold", default=False)
    problem = models.CharField("problem", max_length=500, blank=True)
    raw = models.BinaryField("indhold, krypteret")
    received_at = models.DateTimeField("modtaget")

    class Meta:
        verbose_name, verbose_name_plural = "besked fra Beskedfordeler", "beskeder fra Beskedfordeler"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["message_id"],
                condition=Q(is_conflict=False),
                name="pushed_message_once",
                violation_error_message="Beskeden er der allerede.",
            ),
            models.UniqueConstraint(
                fields=["message_id", "digest"],
                name="pushed_message_content_once",
                violation_error_message="Beskeden er der allerede.",
            ),
        ]
        indexes = [
            models.Index(
                fields=["-id"], condition=Q(is_conflict=True) | ~Q(problem=""), name="pushed_message_to_look_at"
            ),
            models.Index(fields=["received_at"], condition=~Q(raw=b""), name="pushed_message_with_content"),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="only_emptied", operation=pgtrigger.Update, condition=pgtrigger.AnyChange(exclude=["raw"])
            ),
            pgtrigger.Protect(
                name="never_refilled", operation=pgtrigger.Update, condition=pgtrigger.Condition("NEW.raw <> ''")
            ),
        ]

    def __str__(self) -> str:
        return f"besked {self.message_id}"
