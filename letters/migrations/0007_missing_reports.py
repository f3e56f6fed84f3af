"""Reports of people that letters have not come, the alarms of unknown channels, and an index on recipients."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("letters", "0006_receipt_status"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="MissingReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(verbose_name="tid")),
                ("said_on", models.DateField(verbose_name="dag")),
                ("reference", models.CharField(blank=True, max_length=200, verbose_name="brevets nummer")),
                ("words", models.CharField(blank=True, max_length=300, verbose_name="hvad det handler om")),
            ],
            options={
                "verbose_name": "efterlysning",
                "verbose_name_plural": "efterlysninger",
            },
        ),
        migrations.RemoveConstraint(
            model_name="silencealarm",
            name="silence_open_once",
        ),
        migrations.RemoveConstraint(
            model_name="silencesign",
            name="silence_sign_kind_known",
        ),
        migrations.RemoveConstraint(
            model_name="silencesign",
            name="silence_sign_once",
        ),
        migrations.AlterField(
            model_name="silencealarm",
            name="channel",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="silences",
                to="letters.channel",
                verbose_name="kanal",
            ),
        ),
        migrations.AlterField(
            model_name="silencesign",
            name="kind",
            field=models.CharField(
                choices=[
                    ("stop", "kanalen står stille"),
                    ("partial", "nogle breve mangler"),
                    ("slow", "kvitteringerne er langsomme"),
                    ("refused", "breve afvises"),
                    ("dead_feed", "kilden sender ikke oplysninger"),
                    ("drop", "breve, der plejer at komme, kommer ikke"),
                    ("reported", "breve er efterlyst"),
                ],
                max_length=10,
                verbose_name="slags",
            ),
        ),
        migrations.AlterField(
            model_name="silencesign",
            name="leg",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="letters.leg",
                verbose_name="strækning",
            ),
        ),
        migrations.AddIndex(
            model_name="letterdispatch",
            index=models.Index(
                condition=models.Q(("recipient_key__gt", "")),
                fields=["recipient_key", "sent_at"],
                name="dispatch_recipient",
            ),
        ),
        migrations.AddConstraint(
            model_name="silencealarm",
            constraint=models.UniqueConstraint(
                condition=models.Q(("closed_at", None)),
                fields=("channel",),
                name="silence_open_once",
                nulls_distinct=False,
                violation_error_message="Kanalen har allerede en åben alarm.",
            ),
        ),
        migrations.AddConstraint(
            model_name="silencesign",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["stop", "partial", "slow", "refused", "dead_feed", "drop", "reported"])
                ),
                name="silence_sign_kind_known",
                violation_error_message="Den slags tegn findes ikke.",
            ),
        ),
        migrations.AddConstraint(
            model_name="silencesign",
            constraint=models.UniqueConstraint(
                fields=("alarm", "leg", "kind"),
                name="silence_sign_once",
                nulls_distinct=False,
                violation_error_message="Alarmen har allerede det tegn.",
            ),
        ),
        migrations.AddField(
            model_name="missingreport",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="af",
            ),
        ),
        migrations.AddField(
            model_name="missingreport",
            name="channel",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="letters.channel",
                verbose_name="kanal",
            ),
        ),
        migrations.AddIndex(
            model_name="missingreport",
            index=models.Index(fields=["at"], name="missing_report_at"),
        ),
        migrations.AddConstraint(
            model_name="missingreport",
            constraint=models.UniqueConstraint(
                fields=("by", "said_on", "channel", "reference", "words"),
                name="missing_report_once",
                nulls_distinct=False,
                violation_error_message="Du har allerede efterlyst brevet i dag.",
            ),
        ),
    ]
