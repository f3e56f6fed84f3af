"""Channels, dispatches of letters and the receipts that came back."""

import django.db.models.deletion
import django.db.models.functions.text
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("letters", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Channel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80, verbose_name="navn")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="set første gang")),
            ],
            options={
                "verbose_name": "kanal",
                "verbose_name_plural": "kanaler",
                "ordering": ["name"],
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("name"),
                        name="channel_name_once",
                        violation_error_message="Der er allerede en kanal med det navn.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="LetterDispatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("message_uuid", models.CharField(blank=True, max_length=200, verbose_name="MessageUUID")),
                ("transmission_id", models.CharField(blank=True, max_length=200, verbose_name="TransmissionId")),
                ("message_id", models.CharField(blank=True, max_length=200, verbose_name="MessageId")),
                ("shipment_id", models.CharField(blank=True, max_length=200, verbose_name="AfsendelseIdentifikator")),
                ("mail_id", models.CharField(blank=True, max_length=200, verbose_name="Message-ID")),
                ("source_id", models.CharField(max_length=200, verbose_name="kildens id")),
                ("sender", models.CharField(blank=True, max_length=200, verbose_name="afsender")),
                ("unit", models.CharField(blank=True, max_length=200, verbose_name="enhed")),
                ("subject", models.CharField(blank=True, max_length=500, verbose_name="emne")),
                ("family", models.CharField(blank=True, max_length=80, verbose_name="slags")),
                ("size", models.PositiveIntegerField(blank=True, null=True, verbose_name="bytes")),
                ("recipient_key", models.CharField(blank=True, max_length=64, verbose_name="modtager (nøglet hash)")),
                ("recipient_domain", models.CharField(blank=True, max_length=120, verbose_name="modtagers domæne")),
                ("approved_at", models.DateTimeField(blank=True, null=True, verbose_name="godkendt")),
                ("approved_known_at", models.DateTimeField(blank=True, null=True, verbose_name="godkendelsen set")),
                ("sent_at", models.DateTimeField(blank=True, null=True, verbose_name="afleveret til afsendelse")),
                ("sent_known_at", models.DateTimeField(blank=True, null=True, verbose_name="afsendelsen set")),
                ("final_at", models.DateTimeField(blank=True, null=True, verbose_name="første endelige kvittering")),
                ("is_delivered", models.BooleanField(blank=True, null=True, verbose_name="kommet frem")),
                (
                    "is_contradicted",
                    models.BooleanField(db_default=False, default=False, verbose_name="kvitteringerne er uenige"),
                ),
                (
                    "channel",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="dispatches",
                        to="letters.channel",
                        verbose_name="kanal",
                    ),
                ),
            ],
            options={
                "verbose_name": "afsendelse",
                "verbose_name_plural": "afsendelser",
            },
        ),
        migrations.CreateModel(
            name="Receipt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("message_uuid", models.CharField(blank=True, max_length=200, verbose_name="MessageUUID")),
                ("transmission_id", models.CharField(blank=True, max_length=200, verbose_name="TransmissionId")),
                ("message_id", models.CharField(blank=True, max_length=200, verbose_name="MessageId")),
                ("shipment_id", models.CharField(blank=True, max_length=200, verbose_name="AfsendelseIdentifikator")),
                ("mail_id", models.CharField(blank=True, max_length=200, verbose_name="Message-ID")),
                ("status", models.CharField(max_length=200, verbose_name="status")),
                ("is_final", models.BooleanField(verbose_name="endelig")),
                ("is_delivered", models.BooleanField(verbose_name="kommet frem")),
                ("error", models.CharField(blank=True, max_length=500, verbose_name="fejl")),
                ("at", models.DateTimeField(null=True, verbose_name="skete")),
                ("received_at", models.DateTimeField(verbose_name="modtaget")),
                ("fingerprint", models.UUIDField(unique=True, verbose_name="aftryk")),
                (
                    "dispatch",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="receipts",
                        to="letters.letterdispatch",
                        verbose_name="afsendelse",
                    ),
                ),
            ],
            options={
                "verbose_name": "kvittering",
                "verbose_name_plural": "kvitteringer",
            },
        ),
        migrations.AddIndex(
            model_name="letterdispatch",
            index=models.Index(fields=["channel", "sent_at"], name="dispatch_channel_sent"),
        ),
        migrations.AddIndex(
            model_name="letterdispatch",
            index=models.Index(
                models.F("message_uuid"), condition=models.Q(("message_uuid__gt", "")), name="dispatch_message_uuid"
            ),
        ),
        migrations.AddIndex(
            model_name="letterdispatch",
            index=models.Index(
                models.F("transmission_id"),
                condition=models.Q(("transmission_id__gt", "")),
                name="dispatch_transmission_id",
            ),
        ),
        migrations.AddIndex(
            model_name="letterdispatch",
            index=models.Index(
                models.F("message_id"), condition=models.Q(("message_id__gt", "")), name="dispatch_message_id"
            ),
        ),
        migrations.AddIndex(
            model_name="letterdispatch",
            index=models.Index(
                models.F("shipment_id"), condition=models.Q(("shipment_id__gt", "")), name="dispatch_shipment_id"
            ),
        ),
        migrations.AddIndex(
            model_name="letterdispatch",
            index=models.Index(models.F("mail_id"), condition=models.Q(("mail_id__gt", "")), name="dispatch_mail_id"),
        ),
        migrations.AddConstraint(
            model_name="letterdispatch",
            constraint=models.UniqueConstraint(
                fields=("channel", "source_id"),
                name="dispatch_once",
                violation_error_message="Afsendelsen er der allerede.",
            ),
        ),
        migrations.AddConstraint(
            model_name="letterdispatch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("sent_at__isnull", False), ("sent_known_at__isnull", False)),
                    models.Q(("approved_at__isnull", False), ("approved_known_at__isnull", False)),
                    _connector="OR",
                ),
                name="dispatch_has_a_stage",
                violation_error_message="En afsendelse er godkendt eller afleveret.",
            ),
        ),
        migrations.AddConstraint(
            model_name="letterdispatch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("final_at", None), ("is_delivered", None)),
                    models.Q(("final_at__isnull", False), ("is_delivered__isnull", False)),
                    _connector="OR",
                ),
                name="dispatch_final_says_delivered",
                violation_error_message="En endelig kvittering siger, om brevet er kommet frem.",
            ),
        ),
        migrations.AddIndex(
            model_name="receipt",
            index=models.Index(
                models.F("message_uuid"),
                condition=models.Q(("dispatch", None), ("message_uuid__gt", "")),
                name="waiting_message_uuid",
            ),
        ),
        migrations.AddIndex(
            model_name="receipt",
            index=models.Index(
                models.F("transmission_id"),
                condition=models.Q(("dispatch", None), ("transmission_id__gt", "")),
                name="waiting_transmission_id",
            ),
        ),
        migrations.AddIndex(
            model_name="receipt",
            index=models.Index(
                models.F("message_id"),
                condition=models.Q(("dispatch", None), ("message_id__gt", "")),
                name="waiting_message_id",
            ),
        ),
        migrations.AddIndex(
            model_name="receipt",
            index=models.Index(
                models.F("shipment_id"),
                condition=models.Q(("dispatch", None), ("shipment_id__gt", "")),
                name="waiting_shipment_id",
            ),
        ),
        migrations.AddIndex(
            model_name="receipt",
            index=models.Index(
                models.F("mail_id"), condition=models.Q(("dispatch", None), ("mail_id__gt", "")), name="waiting_mail_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="receipt",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_delivered", False), ("is_final", True), _connector="OR"),
                name="receipt_delivered_is_final",
                violation_error_message="Kun en endelig kvittering siger, at brevet er kommet frem.",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="receipt",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="4e9755935e91ed2902a168f5788c4540e6f3b78c",
                    operation="DELETE",
                    pgid="pgtrigger_append_only_1c9f1",
                    table="letters_receipt",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="receipt",
            trigger=pgtrigger.compiler.Trigger(
                name="only_matched",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."at" IS DISTINCT FROM (NEW."at") OR OLD."error" IS DISTINCT FROM (NEW."error") OR OLD."fingerprint" IS DISTINCT FROM (NEW."fingerprint") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."is_delivered" IS DISTINCT FROM (NEW."is_delivered") OR OLD."is_final" IS DISTINCT FROM (NEW."is_final") OR OLD."mail_id" IS DISTINCT FROM (NEW."mail_id") OR OLD."message_id" IS DISTINCT FROM (NEW."message_id") OR OLD."message_uuid" IS DISTINCT FROM (NEW."message_uuid") OR OLD."received_at" IS DISTINCT FROM (NEW."received_at") OR OLD."shipment_id" IS DISTINCT FROM (NEW."shipment_id") OR OLD."status" IS DISTINCT FROM (NEW."status") OR OLD."transmission_id" IS DISTINCT FROM (NEW."transmission_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="69affba9fc4d9a8b1938a05b2672b29fd40421cd",
                    operation="UPDATE",
                    pgid="pgtrigger_only_matched_8d2a8",
                    table="letters_receipt",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="receipt",
            trigger=pgtrigger.compiler.Trigger(
                name="matched_once",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."dispatch_id" IS NOT NULL)',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="5bfdcbe2f109007699862c4d2ce4ac5715fe963d",
                    operation="UPDATE",
                    pgid="pgtrigger_matched_once_4e883",
                    table="letters_receipt",
                    when="BEFORE",
                ),
            ),
        ),
    ]
