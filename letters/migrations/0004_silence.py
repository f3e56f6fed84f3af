"""The search for missing letters: flow, frontier, what is usual, and alarms."""

import django.contrib.postgres.fields
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("letters", "0003_api"),
    ]

    operations = [
        migrations.CreateModel(
            name="Frontier",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reached_at", models.DateTimeField(verbose_name="nået")),
                ("bucket", models.IntegerField(verbose_name="fem minutter")),
            ],
            options={
                "verbose_name": "front",
                "verbose_name_plural": "fronter",
            },
        ),
        migrations.CreateModel(
            name="LateLetter",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("bucket", models.IntegerField(verbose_name="fem minutter")),
                ("age", models.IntegerField(null=True, verbose_name="alder")),
            ],
            options={
                "verbose_name": "forsinket brev",
                "verbose_name_plural": "forsinkede breve",
            },
        ),
        migrations.CreateModel(
            name="Leg",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("handover", "fra godkendt til afleveret"),
                            ("receipt", "fra afleveret til kvittering"),
                        ],
                        max_length=10,
                        verbose_name="strækning",
                    ),
                ),
                ("median_delay", models.DurationField(null=True, verbose_name="sædvanlig tid")),
                ("grace", models.DurationField(null=True, verbose_name="frist")),
                (
                    "tolerances",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.FloatField(), blank=True, default=list, verbose_name="tolerancer"
                    ),
                ),
                ("longest_wait_by_day", models.DurationField(null=True, verbose_name="længste ventetid om dagen")),
                ("longest_wait_by_night", models.DurationField(null=True, verbose_name="længste ventetid om natten")),
                ("slowest_pace", models.FloatField(null=True, verbose_name="langsomste tempo")),
                ("searched_at", models.DateTimeField(null=True, verbose_name="sidst ledt")),
                ("learned_until", models.IntegerField(null=True, verbose_name="lært til")),
            ],
            options={
                "verbose_name": "strækning",
                "verbose_name_plural": "strækninger",
            },
        ),
        migrations.CreateModel(
            name="LegSlice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("channel", "hele kanalen"),
                            ("unit", "enhed"),
                            ("sender", "afsender"),
                            ("subject", "emne"),
                            ("size", "størrelse over"),
                            ("domain", "modtagers domæne"),
                            ("code", "kode"),
                        ],
                        max_length=10,
                        verbose_name="slags",
                    ),
                ),
                ("value", models.CharField(blank=True, max_length=200, verbose_name="værdi")),
                (
                    "norms",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.FloatField(), null=True, verbose_name="sædvanligt antal gange"
                    ),
                ),
                ("share", models.FloatField(null=True, verbose_name="andel af strækningens breve")),
                ("longest_gap", models.FloatField(null=True, verbose_name="største ophold")),
            ],
            options={
                "verbose_name": "udsnit",
                "verbose_name_plural": "udsnit",
            },
        ),
        migrations.CreateModel(
            name="MissingHistory",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(verbose_name="tid")),
                (
                    "missing",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.IntegerField(), verbose_name="manglede"
                    ),
                ),
                (
                    "expected",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.FloatField(null=True), verbose_name="ventet"
                    ),
                ),
                (
                    "slowest",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.FloatField(null=True), verbose_name="langsomst"
                    ),
                ),
            ],
            options={
                "verbose_name": "tidligere mangler",
                "verbose_name_plural": "tidligere mangler",
            },
        ),
        migrations.CreateModel(
            name="Pace",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(verbose_name="til")),
                ("letters", models.IntegerField(verbose_name="breve")),
                ("delay", models.DurationField(null=True, verbose_name="tid")),
            ],
            options={
                "verbose_name": "tempo",
                "verbose_name_plural": "tempoer",
            },
        ),
        migrations.CreateModel(
            name="SilenceAlarm",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("raised_at", models.DateTimeField(verbose_name="slået")),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="lukket")),
                ("close_reason", models.TextField(blank=True, verbose_name="begrundelse")),
                ("is_false", models.BooleanField(db_default=False, default=False, verbose_name="falsk alarm")),
            ],
            options={
                "verbose_name": "alarm om tavshed",
                "verbose_name_plural": "alarmer om tavshed",
            },
        ),
        migrations.CreateModel(
            name="SilenceSign",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("stop", "kanalen står stille"),
                            ("partial", "nogle breve mangler"),
                            ("slow", "kvitteringerne er langsomme"),
                            ("refused", "breve afvises"),
                            ("dead_feed", "kilden sender ikke oplysninger"),
                            ("drop", "breve, der plejer at komme, kommer ikke"),
                        ],
                        max_length=10,
                        verbose_name="slags",
                    ),
                ),
                (
                    "slice_kind",
                    models.CharField(
                        choices=[
                            ("channel", "hele kanalen"),
                            ("unit", "enhed"),
                            ("sender", "afsender"),
                            ("subject", "emne"),
                            ("size", "størrelse over"),
                            ("domain", "modtagers domæne"),
                            ("code", "kode"),
                        ],
                        max_length=10,
                        verbose_name="udsnit",
                    ),
                ),
                ("slice_value", models.CharField(blank=True, max_length=200, verbose_name="værdi")),
                ("since", models.DateTimeField(verbose_name="siden")),
                ("missing", models.IntegerField(verbose_name="mangler")),
                ("expected", models.FloatField(verbose_name="ventet")),
                ("surprise", models.FloatField(verbose_name="overraskelse")),
                ("alarm_from", models.IntegerField(null=True, verbose_name="alarm fra")),
                ("raised_at", models.DateTimeField(verbose_name="set første gang")),
                ("seen_at", models.DateTimeField(verbose_name="set senest")),
            ],
            options={
                "verbose_name": "tegn på tavshed",
                "verbose_name_plural": "tegn på tavshed",
            },
        ),
        migrations.CreateModel(
            name="TouchedBucket",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("handover", "fra godkendt til afleveret"),
                            ("receipt", "fra afleveret til kvittering"),
                        ],
                        max_length=10,
                        verbose_name="strækning",
                    ),
                ),
                ("bucket", models.IntegerField(verbose_name="fem minutter")),
            ],
            options={
                "verbose_name": "ændrede fem minutter",
                "verbose_name_plural": "ændrede fem minutter",
            },
        ),
        migrations.CreateModel(
            name="WaitingShare",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("age", models.IntegerField(verbose_name="alder")),
                ("share", models.FloatField(verbose_name="andel")),
            ],
            options={
                "verbose_name": "ventende andel",
                "verbose_name_plural": "ventende andele",
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="receipt",
            name="only_matched",
        ),
        migrations.RemoveIndex(
            model_name="letterdispatch",
            name="dispatch_channel_sent",
        ),
        migrations.AddField(
            model_name="receipt",
            name="is_known",
            field=models.BooleanField(db_default=True, default=True, verbose_name="kendt status"),
        ),
        migrations.AddField(
            model_name="lateletter",
            name="dispatch",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="letters.letterdispatch",
                verbose_name="afsendelse",
            ),
        ),
        migrations.AddField(
            model_name="leg",
            name="channel",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="legs",
                to="letters.channel",
                verbose_name="kanal",
            ),
        ),
        migrations.AddField(
            model_name="lateletter",
            name="leg",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="letters.leg", verbose_name="strækning"
            ),
        ),
        migrations.AddField(
            model_name="frontier",
            name="leg",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="letters.leg", verbose_name="strækning"
            ),
        ),
        migrations.AddField(
            model_name="legslice",
            name="leg",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="slices",
                to="letters.leg",
                verbose_name="strækning",
            ),
        ),
        migrations.CreateModel(
            name="FlowCount",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "slice", "bucket", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "slice",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="letters.legslice",
                        verbose_name="udsnit",
                    ),
                ),
                ("bucket", models.IntegerField(verbose_name="fem minutter")),
                ("letters", models.IntegerField(verbose_name="breve")),
            ],
            options={
                "verbose_name": "antal breve",
                "verbose_name_plural": "antal breve",
            },
        ),
        migrations.AddField(
            model_name="missinghistory",
            name="leg",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="letters.leg", verbose_name="strækning"
            ),
        ),
        migrations.AddField(
            model_name="pace",
            name="leg",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="letters.leg", verbose_name="strækning"
            ),
        ),
        migrations.AddField(
            model_name="silencealarm",
            name="channel",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="silences",
                to="letters.channel",
                verbose_name="kanal",
            ),
        ),
        migrations.AddField(
            model_name="letterdispatch",
            name="alarm",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="dispatches",
                to="letters.silencealarm",
                verbose_name="alarm",
            ),
        ),
        migrations.AddField(
            model_name="silencesign",
            name="alarm",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="signs",
                to="letters.silencealarm",
                verbose_name="alarm",
            ),
        ),
        migrations.AddField(
            model_name="silencesign",
            name="leg",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="letters.leg",
                verbose_name="strækning",
            ),
        ),
        migrations.AddField(
            model_name="touchedbucket",
            name="channel",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="letters.channel", verbose_name="kanal"
            ),
        ),
        migrations.AddField(
            model_name="waitingshare",
            name="leg",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="letters.leg", verbose_name="strækning"
            ),
        ),
        migrations.AddField(
            model_name="letterdispatch",
            name="approved_bucket",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Func(
                    models.F("approved_at"),
                    models.F("approved_known_at"),
                    template="floor(extract(epoch FROM least(%(expressions)s) - timestamptz '1970-01-01 00:00+00') / 300)::integer",
                ),
                output_field=models.IntegerField(),
            ),
        ),
        migrations.AddField(
            model_name="letterdispatch",
            name="sent_bucket",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Func(
                    models.F("sent_at"),
                    models.F("sent_known_at"),
                    template="floor(extract(epoch FROM least(%(expressions)s) - timestamptz '1970-01-01 00:00+00') / 300)::integer",
                ),
                output_field=models.IntegerField(),
            ),
        ),
        migrations.AddIndex(
            model_name="receipt",
            index=models.Index(
                condition=models.Q(
                    ("is_delivered", False), models.Q(("is_final", True), ("is_known", False), _connector="OR")
                ),
                fields=["received_at"],
                name="receipt_refused",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="receipt",
            trigger=pgtrigger.compiler.Trigger(
                name="only_matched",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."at" IS DISTINCT FROM (NEW."at") OR OLD."error" IS DISTINCT FROM (NEW."error") OR OLD."fingerprint" IS DISTINCT FROM (NEW."fingerprint") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."is_delivered" IS DISTINCT FROM (NEW."is_delivered") OR OLD."is_final" IS DISTINCT FROM (NEW."is_final") OR OLD."is_known" IS DISTINCT FROM (NEW."is_known") OR OLD."mail_id" IS DISTINCT FROM (NEW."mail_id") OR OLD."message_id" IS DISTINCT FROM (NEW."message_id") OR OLD."message_uuid" IS DISTINCT FROM (NEW."message_uuid") OR OLD."received_at" IS DISTINCT FROM (NEW."received_at") OR OLD."shipment_id" IS DISTINCT FROM (NEW."shipment_id") OR OLD."status" IS DISTINCT FROM (NEW."status") OR OLD."transmission_id" IS DISTINCT FROM (NEW."transmission_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="9c192a13dfd197a843ce916c770d34f62ca27d4b",
                    operation="UPDATE",
                    pgid="pgtrigger_only_matched_8d2a8",
                    table="letters_receipt",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="letterdispatch",
            index=models.Index(fields=["channel", "sent_bucket"], name="dispatch_sent"),
        ),
        migrations.AddIndex(
            model_name="letterdispatch",
            index=models.Index(
                condition=models.Q(("approved_at__isnull", False)),
                fields=["channel", "approved_bucket"],
                name="dispatch_approved",
            ),
        ),
        migrations.AddIndex(
            model_name="letterdispatch",
            index=models.Index(
                condition=models.Q(("final_at", None)), fields=["channel", "sent_bucket"], name="dispatch_unfinished"
            ),
        ),
        migrations.AddIndex(
            model_name="letterdispatch",
            index=models.Index(
                condition=models.Q(("approved_at__isnull", False), ("sent_known_at", None)),
                fields=["channel", "approved_bucket"],
                name="dispatch_held_back",
            ),
        ),
        migrations.AddIndex(
            model_name="letterdispatch",
            index=models.Index(
                condition=models.Q(("final_at__isnull", False)), fields=["channel", "final_at"], name="dispatch_final"
            ),
        ),
        migrations.AddIndex(
            model_name="letterdispatch",
            index=models.Index(
                condition=models.Q(("approved_at__isnull", False)),
                fields=["channel", "sent_known_at"],
                name="dispatch_handed_over",
            ),
        ),
        migrations.AddConstraint(
            model_name="leg",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["handover", "receipt"])),
                name="leg_kind_known",
                violation_error_message="Den strækning findes ikke.",
            ),
        ),
        migrations.AddConstraint(
            model_name="leg",
            constraint=models.UniqueConstraint(
                fields=("channel", "kind"), name="leg_once", violation_error_message="Kanalen har allerede strækningen."
            ),
        ),
        migrations.AddIndex(
            model_name="lateletter",
            index=models.Index(fields=["leg", "bucket"], name="late_letter_leg_bucket"),
        ),
        migrations.AddIndex(
            model_name="frontier",
            index=models.Index(fields=["leg", "reached_at"], name="frontier_leg_reached"),
        ),
        migrations.AddConstraint(
            model_name="legslice",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["channel", "unit", "sender", "subject", "size", "domain", "code"])),
                name="leg_slice_kind_known",
                violation_error_message="Den slags udsnit findes ikke.",
            ),
        ),
        migrations.AddConstraint(
            model_name="legslice",
            constraint=models.UniqueConstraint(
                fields=("leg", "kind", "value"),
                name="leg_slice_once",
                violation_error_message="Udsnittet er der allerede.",
            ),
        ),
        migrations.AddConstraint(
            model_name="missinghistory",
            constraint=models.UniqueConstraint(
                fields=("leg", "at"), name="missing_history_once", violation_error_message="Tiden er der allerede."
            ),
        ),
        migrations.AddConstraint(
            model_name="pace",
            constraint=models.UniqueConstraint(
                fields=("leg", "at"), name="pace_once", violation_error_message="Tempoet er der allerede."
            ),
        ),
        migrations.AddConstraint(
            model_name="silencealarm",
            constraint=models.UniqueConstraint(
                condition=models.Q(("closed_at", None)),
                fields=("channel",),
                name="silence_open_once",
                violation_error_message="Kanalen har allerede en åben alarm.",
            ),
        ),
        migrations.AddConstraint(
            model_name="silencesign",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["stop", "partial", "slow", "refused", "dead_feed", "drop"])),
                name="silence_sign_kind_known",
                violation_error_message="Den slags tegn findes ikke.",
            ),
        ),
        migrations.AddConstraint(
            model_name="silencesign",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("slice_kind__in", ["channel", "unit", "sender", "subject", "size", "domain", "code"])
                ),
                name="silence_sign_slice_kind_known",
                violation_error_message="Den slags udsnit findes ikke.",
            ),
        ),
        migrations.AddConstraint(
            model_name="silencesign",
            constraint=models.UniqueConstraint(
                fields=("alarm", "leg", "kind"),
                name="silence_sign_once",
                violation_error_message="Alarmen har allerede det tegn.",
            ),
        ),
        migrations.AddConstraint(
            model_name="touchedbucket",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["handover", "receipt"])),
                name="touched_bucket_kind_known",
                violation_error_message="Den strækning findes ikke.",
            ),
        ),
        migrations.AddConstraint(
            model_name="waitingshare",
            constraint=models.UniqueConstraint(
                fields=("leg", "age"), name="waiting_share_once", violation_error_message="Alderen er der allerede."
            ),
        ),
    ]
