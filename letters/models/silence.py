"""What the search for missing letters keeps: the flow of each leg, what is learnt of it, and the alarms.

A bucket is five minutes of sending, numbered from 1970 (UTC). An age is a number of buckets: how much younger letters
the leg has finished already (`letters/tracking/silence/detection.py`).
"""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from letters.models.incident import Incident
from letters.models.tracking import Channel, LetterDispatch
from sepo_incident.audit.triggers import CHANGE_LOG_TRIGGERS
from sepo_incident.core.constraints import KnownValues


class Leg(models.Model):
    """One step of a channel's letters, and what is learnt of it.

    `median_delay`: how long a letter usually takes. `grace`: how long younger letters are finished before an older one
    counts as overtaken. `tolerances`: per window of ages, how many times the expected letters may be missing.
    `longest_wait_…`: how long the leg has been still while letters waited. `longest_answered_wait`: in how many five
    minutes of such a time the letters got receipts that were not final. `slowest_pace`: times the usual delay. None:
    not known yet. `searched_at`: when missing letters were looked for last.
    """

    class Kind(models.TextChoices):
        HANDOVER = "handover", "fra godkendt til afleveret"
        RECEIPT = "receipt", "fra afleveret til kvittering"

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="legs", verbose_name="kanal")
    kind = models.CharField("strækning", max_length=10, choices=Kind.choices)
    median_delay = models.DurationField("sædvanlig tid", null=True)
    grace = models.DurationField("frist", null=True)
    tolerances = ArrayField(models.FloatField(), default=list, blank=True, verbose_name="tolerancer")
    longest_wait_by_day = models.DurationField("længste ventetid om dagen", null=True)
    longest_wait_by_night = models.DurationField("længste ventetid om natten", null=True)
    longest_answered_wait = models.IntegerField("flest foreløbige svar, mens breve ventede", null=True)
    slowest_pace = models.FloatField("langsomste tempo", null=True)
    searched_at = models.DateTimeField("sidst ledt", null=True)
    #: The first bucket whose letters are not learnt from yet.
    learned_until = models.IntegerField("lært til", null=True)

    class Meta:
        verbose_name, verbose_name_plural = "strækning", "strækninger"
        constraints = [
            KnownValues("kind", "leg_kind_known", "Den strækning findes ikke."),
            models.UniqueConstraint(
                fields=["channel", "kind"],
                name="leg_once",
                violation_error_message="Kanalen har allerede strækningen.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel_id} {self.get_kind_display()}"


class LegSlice(models.Model):
    """The letters of a leg that have something in common: one unit, one kind of subject, all letters.

    `norms`: per window of ages, how many times more of them are missing usually than of the leg. `share`: of the leg's
    letters; of a code, how many of them are refused for it. `longest_gap`: how many letters were expected at most
    between two of them. `last_bucket`: of its newest letter.
    """

    class Kind(models.TextChoices):
        CHANNEL = "channel", "hele kanalen"
        UNIT = "unit", "enhed"
        SENDER = "sender", "afsender"
        SUBJECT = "subject", "emne"
        SIZE = "size", "størrelse over"
        DOMAIN = "domain", "modtagers domæne"
        CODE = "code", "kode"

    leg = models.ForeignKey(Leg, models.CASCADE, related_name="slices", verbose_name="strækning")
    kind = models.CharField("slags", max_length=10, choices=Kind.choices)
    value = models.CharField("værdi", max_length=200, blank=True)
    norms = ArrayField(models.FloatField(), null=True, verbose_name="sædvanligt antal gange")
    share = models.FloatField("andel af strækningens breve", null=True)
    longest_gap = models.FloatField("største ophold", null=True)
    last_bucket = models.IntegerField("det sidste brevs fem minutter", null=True)

    class Meta:
        verbose_name, verbose_name_plural = "udsnit", "udsnit"
        constraints = [
            KnownValues("kind", "leg_slice_kind_known", "Den slags udsnit findes ikke."),
            models.UniqueConstraint(
                fields=["leg", "kind", "value"],
                name="leg_slice_once",
                violation_error_message="Udsnittet er der allerede.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.value}"


class TouchedBucket(models.Model):
    """A bucket of which letters were taken in since the flow was counted. The next search counts it anew."""

    channel = models.ForeignKey(Channel, models.CASCADE, db_index=False, verbose_name="kanal")
    kind = models.CharField("strækning", max_length=10, choices=Leg.Kind.choices)
    bucket = models.IntegerField("fem minutter")

    class Meta:
        verbose_name, verbose_name_plural = "ændrede fem minutter", "ændrede fem minutter"
        constraints = [KnownValues("kind", "touched_bucket_kind_known", "Den strækning findes ikke.")]
        # A first large intake leaves a large empty table, which each search would read from end to end.
        indexes = [models.Index(fields=["kind"], name="touched_bucket_kind")]

    def __str__(self) -> str:
        return f"{self.channel_id} {self.kind} {self.bucket}"


class FlowCount(models.Model):
    """The number of letters of a slice that began the leg in a bucket. The index of the key holds the number too."""

    pk = models.CompositePrimaryKey("slice", "bucket")
    slice = models.ForeignKey(LegSlice, models.CASCADE, db_index=False, verbose_name="udsnit")
    bucket = models.IntegerField("fem minutter")
    letters = models.IntegerField("breve")

    class Meta:
        verbose_name, verbose_name_plural = "antal breve", "antal breve"

    def __str__(self) -> str:
        return f"{self.slice_id} {self.bucket}: {self.letters}"


class Frontier(models.Model):
    """How far a leg had finished letters at a time. A frontier never goes back."""

    leg = models.ForeignKey(Leg, models.CASCADE, db_index=False, verbose_name="strækning")
    reached_at = models.DateTimeField("nået")
    bucket = models.IntegerField("fem minutter")

    class Meta:
        verbose_name, verbose_name_plural = "front", "fronter"
        indexes = [models.Index(fields=["leg", "reached_at"], name="frontier_leg_reached")]

    def __str__(self) -> str:
        return f"{self.leg_id}: {self.bucket}"


class LateLetter(models.Model):
    """An overtaken letter, and its age when the leg finished the letter. No age: the letter is not finished."""

    leg = models.ForeignKey(Leg, models.CASCADE, db_index=False, verbose_name="strækning")
    dispatch = models.ForeignKey(LetterDispatch, models.CASCADE, related_name="+", verbose_name="afsendelse")
    bucket = models.IntegerField("fem minutter")
    age = models.IntegerField("alder", null=True)

    class Meta:
        verbose_name, verbose_name_plural = "forsinket brev", "forsinkede breve"
        indexes = [models.Index(fields=["leg", "bucket"], name="late_letter_leg_bucket")]

    def __str__(self) -> str:
        return f"{self.dispatch_id}: {self.age}"


class MissingHistory(models.Model):
    """How many overtaken letters of a leg were missing at a past time, and expected to be, in each window of ages.

    `slowest`: the slowest pace in each window's time, in times of the usual delay.
    """

    leg = models.ForeignKey(Leg, models.CASCADE, db_index=False, verbose_name="strækning")
    at = models.DateTimeField("tid")
    missing = ArrayField(models.IntegerField(), verbose_name="manglede")
    expected = ArrayField(models.FloatField(null=True), verbose_name="ventet")
    slowest = ArrayField(models.FloatField(null=True), verbose_name="langsomst")

    class Meta:
        verbose_name, verbose_name_plural = "tidligere mangler", "tidligere mangler"
        constraints = [
            models.UniqueConstraint(
                fields=["leg", "at"], name="missing_history_once", violation_error_message="Tiden er der allerede."
            ),
        ]

    def __str__(self) -> str:
        return f"{self.leg_id} {self.at}: {self.missing}"


class WaitingShare(models.Model):
    """The share of a leg's letters that usually wait still when they have an age."""

    leg = models.ForeignKey(Leg, models.CASCADE, db_index=False, verbose_name="strækning")
    age = models.IntegerField("alder")
    share = models.FloatField("andel")

    class Meta:
        verbose_name, verbose_name_plural = "ventende andel", "ventende andele"
        constraints = [
            models.UniqueConstraint(
                fields=["leg", "age"], name="waiting_share_once", violation_error_message="Alderen er der allerede."
            ),
        ]

    def __str__(self) -> str:
        return f"{self.leg_id} {self.age}: {self.share}"


class Pace(models.Model):
    """The median delay of the letters that a leg finished in the two hours before a half hour."""

    leg = models.ForeignKey(Leg, models.CASCADE, db_index=False, verbose_name="strækning")
    at = models.DateTimeField("til")
    letters = models.IntegerField("breve")
    delay = models.DurationField("tid", null=True)

    class Meta:
        verbose_name, verbose_name_plural = "tempo", "tempoer"
        constraints = [
            models.UniqueConstraint(
                fields=["leg", "at"], name="pace_once", violation_error_message="Tempoet er der allerede."
            ),
        ]

    def __str__(self) -> str:
        return f"{self.leg_id} {self.at}: {self.delay}"


class SilenceAlarm(models.Model):
    """Letters of a channel are missing.

    One is open per channel, until its letters have receipts or a person closes it with a reason: `closed_by`.
    `is_false`: the person says that nothing was wrong, so its letters are learnt from. `channel` is None where people
    miss letters and nobody knows how the letters were sent.
    """

    channel = models.ForeignKey(Channel, models.PROTECT, related_name="silences", null=True, verbose_name="kanal")
    raised_at = models.DateTimeField("slået")
    closed_at = models.DateTimeField("lukket", null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="lukket af"
    )
    reason = models.TextField("begrundelse", blank=True)
    is_false = models.BooleanField("falsk alarm", default=False, db_default=False)
    #: The incident that was drafted from the alarm.
    incident = models.ForeignKey(
        Incident, models.PROTECT, null=True, blank=True, related_name="silences", verbose_name="hændelse"
    )

    class Meta:
        verbose_name, verbose_name_plural = "alarm om tavshed", "alarmer om tavshed"
        constraints = [
            models.UniqueConstraint(
                fields=["channel"],
                condition=Q(closed_at=None),
                nulls_distinct=False,
                name="silence_open_once",
                violation_error_message="Kanalen har allerede en åben alarm.",
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None) | Q(reason__regex=r"\S"),
                name="silence_closed_for_a_reason",
                violation_error_message="Skriv en begrundelse.",
            ),
        ]
        triggers = CHANGE_LOG_TRIGGERS

    def __str__(self) -> str:
        return f"alarm {self.pk}"

    @property
    def channel_name(self) -> str:
        return self.channel.name if self.channel else "Ukendt kanal"


class SilenceSign(models.Model):
    """A sign of an alarm: a kind of silence of a leg, and the slice with the missing letters.

    `alarm_from`: the smallest number of missing letters that would have been an alarm, None where no number counts.
    REPORTED is a sign of people, and of no leg: `missing` counts the reports.
    """

    class Kind(models.TextChoices):
        STOP = "stop", "kanalen står stille"
        PARTIAL = "partial", "nogle breve mangler"
        SLOW = "slow", "kvitteringerne er langsomme"
        REFUSED = "refused", "breve afvises"
        DEAD_FEED = "dead_feed", "kilden sender ikke oplysninger"
        DROP = "drop", "breve, der plejer at komme, kommer ikke"
        REPORTED = "reported", "breve er efterlyst"

    alarm = models.ForeignKey(SilenceAlarm, models.CASCADE, related_name="signs", verbose_name="alarm")
    leg = models.ForeignKey(Leg, models.PROTECT, related_name="+", null=True, verbose_name="strækning")
    kind = models.CharField("slags", max_length=10, choices=Kind.choices)
    slice_kind = models.CharField("udsnit", max_length=10, choices=LegSlice.Kind.choices)
    slice_value = models.CharField("værdi", max_length=200, blank=True)
    since = models.DateTimeField("siden")
    missing = models.IntegerField("mangler")
    expected = models.FloatField("ventet")
    surprise = models.FloatField("overraskelse")
    alarm_from = models.IntegerField("alarm fra", null=True)
    raised_at = models.DateTimeField("set første gang")
    seen_at = models.DateTimeField("set senest")

    class Meta:
        verbose_name, verbose_name_plural = "tegn på tavshed", "tegn på tavshed"
        constraints = [
            KnownValues("kind", "silence_sign_kind_known", "Den slags tegn findes ikke."),
            KnownValues("slice_kind", "silence_sign_slice_kind_known", "Den slags udsnit findes ikke."),
            models.UniqueConstraint(
                fields=["alarm", "leg", "kind"],
                nulls_distinct=False,
                name="silence_sign_once",
                violation_error_message="Alarmen har allerede det tegn.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.slice_kind} {self.slice_value})"


class MissingReport(models.Model):
    """A person says that a letter has not come (*efterlysning*).

    `channel`: how the letter was sent, None: nobody knows. No text has a CPR number. What a person says twice on a day
    counts once.
    """

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="af")
    at = models.DateTimeField("tid")
    said_on = models.DateField("dag")
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="+", null=True, blank=True, verbose_name="kanal")
    reference = models.CharField("brevets nummer", max_length=200, blank=True)
    words = models.CharField("hvad det handler om", max_length=300, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = "efterlysning", "efterlysninger"
        constraints = [
            models.UniqueConstraint(
                fields=["by", "said_on", "channel", "reference", "words"],
                nulls_distinct=False,
                name="missing_report_once",
                violation_error_message="Du har allerede efterlyst brevet i dag.",
            ),
        ]
        indexes = [models.Index(fields=["at"], name="missing_report_at")]

    def __str__(self) -> str:
        return f"efterlysning {self.pk}"
