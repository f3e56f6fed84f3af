"""Bulk decisions: a person's answers for many letters in one act, and the result for every letter."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from letters.models import Letter
from sepo_incident.core.constraints import KnownValues


class BulkDecision(models.Model):
    """Act on many letters. The decisions are ordinary `Decision` rows that name it in `bulk_decision`."""

    class Way(models.TextChoices):
        PAGE = "PAGE", "en beslutning om alle"
        WORKBOOK = "WORKBOOK", "et regneark"

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="af")
    way = models.CharField("måde", max_length=20, choices=Way)
    asked_at = models.DateTimeField("bedt om", auto_now_add=True)
    undo_asked_at = models.DateTimeField("bedt om at fortryde", null=True)
    #: when a worker last began a chunk; NULL until a worker has
    heartbeat_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = "samlet beslutning", "samlede beslutninger"
        constraints = [
            KnownValues("way", "bulk_way_known", "Den måde at beslutte på findes ikke."),
        ]

    def __str__(self) -> str:
        return f"samlet beslutning nr. {self.pk}"


class BulkLetter(models.Model):
    """Letter in a bulk decision: the version that the person saw, the answers, and the result."""

    class State(models.TextChoices):
        WAITING = "WAITING", "venter på tur"
        DECIDED = "DECIDED", "har fået beslutningen"
        SKIPPED = "SKIPPED", "ikke rørt"
        UNDONE = "UNDONE", "fortrudt"
        KEPT = "KEPT", "ikke fortrudt"

    bulk = models.ForeignKey(BulkDecision, models.CASCADE, related_name="letters")
    letter = models.ForeignKey(Letter, models.PROTECT, related_name="+", verbose_name="brev")
    #: version of the follow-up that the person saw
    version = models.PositiveIntegerField()
    #: as written by `DecisionAnswers.as_json`
    answers = models.JSONField("svar")
    state = models.CharField("resultat", max_length=20, choices=State, default=State.WAITING)
    #: Danish sentence: why the letter was skipped (SKIPPED) or the decision not undone (KEPT)
    why = models.TextField("hvorfor", blank=True)

    class Meta:
        verbose_name, verbose_name_plural = "brev i en samlet beslutning", "breve i en samlet beslutning"
        constraints = [
            models.UniqueConstraint(
                fields=["bulk", "letter"],
                name="bulk_letter_once",
                violation_error_message="Brevet er allerede med i den samlede beslutning.",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["WAITING", "DECIDED", "UNDONE"], why="")
                | Q(state__in=["SKIPPED", "KEPT"]) & ~Q(why=""),
                name="bulk_letter_left_says_why",
                violation_error_message="Skriv, hvorfor brevet ikke er rørt, og kun når det ikke er.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.letter}: {self.get_state_display()}"
