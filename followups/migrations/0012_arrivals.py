"""What is said of whether a letter that was sent again has arrived, and the files that prove it."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("followups", "0011_original_gone"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Arrival",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("SENT", "sendt, uden bevis endnu"),
                            ("RECEIPT", "kvittering"),
                            ("FILE", "logudtræk eller skærmbillede"),
                            ("STATEMENT", "erklæring"),
                            ("TAKEN_BACK", "taget tilbage"),
                        ],
                        max_length=20,
                        verbose_name="slags",
                    ),
                ),
                (
                    "remedy",
                    models.CharField(
                        choices=[
                            ("RESEND", "genfremsendelse"),
                            ("NEW_LETTER", "nyt brev"),
                            ("NO_DISPATCH", "ingen ny forsendelse"),
                        ],
                        max_length=20,
                        verbose_name="hvad blev sendt",
                    ),
                ),
                ("sent_on", models.DateField(null=True, verbose_name="sendt den")),
                (
                    "way",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("DIGITAL_POST", "Digital Post/e-Boks"),
                            ("POST", "brevpost"),
                            ("REGISTERED", "anbefalet brev"),
                            ("HANDED", "overleveret personligt"),
                            ("OTHER", "på en anden måde"),
                        ],
                        max_length=20,
                        verbose_name="måde",
                    ),
                ),
                ("has_arrived", models.BooleanField(null=True, verbose_name="kommet frem")),
                ("arrived_on", models.DateField(null=True, verbose_name="kommet frem den")),
                ("text", models.TextField(blank=True, verbose_name="tekst")),
                ("file_name", models.CharField(blank=True, max_length=120, verbose_name="fil")),
                ("file_type", models.CharField(blank=True, max_length=100, verbose_name="filens type")),
                ("file_size", models.PositiveIntegerField(default=0, verbose_name="bytes")),
                ("file_sha256", models.CharField(blank=True, max_length=64, verbose_name="filens aftryk")),
                ("at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "verbose_name": "oplysning om ankomst",
                "verbose_name_plural": "oplysninger om ankomst",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="ProofPart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sha256", models.CharField(max_length=64)),
                ("number", models.PositiveIntegerField(verbose_name="nummer")),
                ("content", models.BinaryField(verbose_name="bytes")),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="decision",
            name="decision_kind_known",
        ),
        migrations.AlterField(
            model_name="decision",
            name="kind",
            field=models.CharField(
                choices=[
                    ("DECIDED", "besluttede"),
                    ("UNDONE", "fortrød beslutningen"),
                    ("DONE", "skrev, at brevet er sendt"),
                    ("HANDLED", "skrev om følgerne"),
                    ("SENT_BACK", "sendte tilbage"),
                    ("UPHELD", "fastholdt beslutningen"),
                    ("CONFIRMED", "bekræftede"),
                    ("CORRECTED", "rettede en bekræftet beslutning"),
                    ("HELP_ASKED", "bad om hjælp"),
                    ("HELP_ANSWERED", "svarede"),
                    ("DATE_SET", "satte brevets frist"),
                    ("ORIGINAL_GONE", "skrev, at originalen ikke findes"),
                    ("ORIGINAL_FOUND", "skrev, at originalen er fundet"),
                    ("NOT_ARRIVED", "åbnede brevet igen"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="decision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "DECIDED",
                            "UNDONE",
                            "DONE",
                            "HANDLED",
                            "SENT_BACK",
                            "UPHELD",
                            "CONFIRMED",
                            "CORRECTED",
                            "HELP_ASKED",
                            "HELP_ANSWERED",
                            "DATE_SET",
                            "ORIGINAL_GONE",
                            "ORIGINAL_FOUND",
                            "NOT_ARRIVED",
                        ],
                    )
                ),
                name="decision_kind_known",
                violation_error_message="Den slags hændelse findes ikke.",
            ),
        ),
        migrations.AddField(
            model_name="arrival",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="arrival",
            name="followup",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="arrivals", to="followups.followup"
            ),
        ),
        migrations.AddField(
            model_name="arrival",
            name="on_behalf_of",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="arrival",
            name="takes_back",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="taken_back",
                to="followups.arrival",
            ),
        ),
        migrations.AddConstraint(
            model_name="proofpart",
            constraint=models.UniqueConstraint(
                fields=("sha256", "number"),
                name="proof_part_once",
                violation_error_message="Den del af filen er allerede gemt.",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="proofpart",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="895254de463671bc80628d97a1d3bfaa2196a6b8",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_56619",
                    table="followups_proofpart",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="proofpart",
            trigger=pgtrigger.compiler.Trigger(
                name="never_emptied",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                    hash="f96971690eb83c6fd2df2cec4cc7dfd4a8c31cf6",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_never_emptied_9a757",
                    table="followups_proofpart",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="arrival",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["SENT", "RECEIPT", "FILE", "STATEMENT", "TAKEN_BACK"])),
                name="arrival_kind_known",
                violation_error_message="Den slags bevis findes ikke.",
            ),
        ),
        migrations.AddConstraint(
            model_name="arrival",
            constraint=models.CheckConstraint(
                condition=models.Q(("way__in", ["", "DIGITAL_POST", "POST", "REGISTERED", "HANDED", "OTHER"])),
                name="arrival_way_known",
                violation_error_message="Den måde at sende på findes ikke.",
            ),
        ),
        migrations.AddConstraint(
            model_name="arrival",
            constraint=models.CheckConstraint(
                condition=models.Q(("remedy__in", ["RESEND", "NEW_LETTER"])),
                name="arrival_of_something_sent",
                violation_error_message="Kun et brev, der er sendt, kan komme frem.",
            ),
        ),
        migrations.AddConstraint(
            model_name="arrival",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("has_arrived", None),
                        ("kind", "SENT"),
                        ("file_name", ""),
                        ("file_sha256", ""),
                        ("file_size", 0),
                        ("file_type", ""),
                    ),
                    models.Q(
                        ("kind__in", ["RECEIPT", "STATEMENT"]),
                        ("has_arrived__isnull", False),
                        ("file_name", ""),
                        ("file_sha256", ""),
                        ("file_size", 0),
                        ("file_type", ""),
                        models.Q(("text", ""), _negated=True),
                    ),
                    models.Q(
                        ("file_size__gt", 0),
                        ("kind", "FILE"),
                        ("has_arrived__isnull", False),
                        models.Q(("file_name", ""), _negated=True),
                        models.Q(("file_sha256", ""), _negated=True),
                    ),
                    models.Q(
                        ("has_arrived", None),
                        ("kind", "TAKEN_BACK"),
                        ("file_name", ""),
                        ("file_sha256", ""),
                        ("file_size", 0),
                        ("file_type", ""),
                        models.Q(("text", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="arrival_proof_is_whole",
                violation_error_message="Skriv, hvordan du ved det, eller vælg en fil.",
            ),
        ),
        migrations.AddConstraint(
            model_name="arrival",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "TAKEN_BACK"), ("sent_on", None), ("takes_back__isnull", False), ("way", "")),
                    models.Q(
                        models.Q(("kind", "TAKEN_BACK"), _negated=True),
                        ("sent_on__isnull", False),
                        ("takes_back", None),
                        models.Q(("way", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="arrival_says_when_and_how",
                violation_error_message="Skriv, hvornår og hvordan brevet blev sendt.",
            ),
        ),
        migrations.AddConstraint(
            model_name="arrival",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        models.Q(("has_arrived__isnull", False)),
                        ("arrived_on__gte", models.F("sent_on")),
                        ("arrived_on__isnull", False),
                        ("has_arrived", True),
                    ),
                    models.Q(("arrived_on", None), ("has_arrived", None)),
                    models.Q(("arrived_on", None), ("has_arrived", False)),
                    _connector="OR",
                ),
                name="arrival_day_only_when_arrived",
                violation_error_message="Et brev kan ikke være kommet frem, før det blev sendt.",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="arrival",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="53975a6abd4735c5a2840400b5db5dbbc1603764",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_e0b01",
                    table="followups_arrival",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="arrival",
            trigger=pgtrigger.compiler.Trigger(
                name="never_emptied",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                    hash="2e605dec4cdf8b96fcf63864ab65b3ce917f1b1c",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_never_emptied_feee1",
                    table="followups_arrival",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="arrival",
            trigger=pgtrigger.compiler.Trigger(
                name="chained",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        INSERT INTO ledgers_statement (ledger, columns, ids, digests, at)\n        SELECT TG_TABLE_NAME, ledgers_columns(TG_RELID), array_agg(line.id ORDER BY line.id),\n               array_agg(ledgers_digest(line) ORDER BY line.id), clock_timestamp()\n        FROM written AS line HAVING count(*) > 0;\n        RETURN NULL;\n    ",
                    hash="c4d2237ae1467755c65d045883bd349a123b2c5e",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_chained_65ae6",
                    referencing="REFERENCING NEW TABLE AS written ",
                    table="followups_arrival",
                    when="AFTER",
                ),
            ),
        ),
        # what is compressed already is stored as it is
        migrations.RunSQL("ALTER TABLE followups_proofpart ALTER content SET STORAGE EXTERNAL", migrations.RunSQL.noop),
    ]
