"""A narrow table for what became of each dispatch, and the newest letter of each slice."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

MOVE_SQL = """
    INSERT INTO letters_dispatchoutcome (
        dispatch_id, channel_id, sent_bucket, sent_known_at, final_at, is_delivered, is_contradicted
    )
    SELECT id, channel_id, sent_bucket, sent_known_at, final_at, is_delivered, is_contradicted
    FROM letters_letterdispatch ORDER BY id;
    SET CONSTRAINTS ALL IMMEDIATE
"""

LAST_BUCKETS_SQL = """
    UPDATE letters_legslice AS slice
    SET last_bucket = (SELECT max(bucket) FROM letters_flowcount WHERE slice_id = slice.id)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("letters", "0011_tracking_files"),
    ]

    operations = [
        migrations.CreateModel(
            name="DispatchOutcome",
            fields=[
                (
                    "dispatch",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="outcome",
                        serialize=False,
                        to="letters.letterdispatch",
                        verbose_name="afsendelse",
                    ),
                ),
                (
                    "channel",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="letters.channel",
                        verbose_name="kanal",
                    ),
                ),
                ("sent_bucket", models.IntegerField(null=True, verbose_name="afleveret i de fem minutter")),
                ("sent_known_at", models.DateTimeField(null=True, verbose_name="afsendelsen set")),
                ("final_at", models.DateTimeField(null=True, verbose_name="første endelige kvittering")),
                ("is_delivered", models.BooleanField(null=True, verbose_name="kommet frem")),
                (
                    "is_contradicted",
                    models.BooleanField(db_default=False, default=False, verbose_name="kvitteringerne er uenige"),
                ),
            ],
            options={
                "verbose_name": "udfald af en afsendelse",
                "verbose_name_plural": "udfald af afsendelser",
                "indexes": [
                    models.Index(fields=["channel", "sent_bucket"], name="outcome_sent"),
                    models.Index(
                        fields=["channel", "sent_bucket"], name="outcome_unfinished", condition=Q(final_at=None)
                    ),
                    models.Index(
                        fields=["channel", "final_at"], name="outcome_final", condition=Q(final_at__isnull=False)
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(final_at=None, is_delivered=None)
                        | Q(final_at__isnull=False, is_delivered__isnull=False),
                        name="outcome_final_says_delivered",
                        violation_error_message="En endelig kvittering siger, om brevet er kommet frem.",
                    )
                ],
            },
        ),
        migrations.RunSQL(MOVE_SQL, migrations.RunSQL.noop),
        migrations.RemoveConstraint("letterdispatch", "dispatch_final_says_delivered"),
        migrations.RemoveIndex("letterdispatch", "dispatch_sent"),
        migrations.RemoveIndex("letterdispatch", "dispatch_unfinished"),
        migrations.RemoveIndex("letterdispatch", "dispatch_final"),
        migrations.RemoveField("letterdispatch", "final_at"),
        migrations.RemoveField("letterdispatch", "is_contradicted"),
        migrations.RemoveField("letterdispatch", "is_delivered"),
        migrations.AddField(
            "legslice", "last_bucket", models.IntegerField(null=True, verbose_name="det sidste brevs fem minutter")
        ),
        migrations.RunSQL(LAST_BUCKETS_SQL, migrations.RunSQL.noop),
    ]
