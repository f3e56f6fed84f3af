"""What has changed is on record, or somebody says why it need not be."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("followups", "0004_decision_corrected"),
        ("letters", "0001_squashed_0023_who_said_personnel_case"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="followup",
            name="followup_status_has_its_fields",
        ),
        migrations.AddField(
            model_name="followup",
            name="no_record_reason",
            field=models.TextField(blank=True, verbose_name="hvorfor ikke på sagen"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="followup",
            trigger=pgtrigger.compiler.Trigger(
                name="closed_with_record",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (NEW."no_record_reason" = \'\' AND NEW."record_number" = \'\' AND NEW."status" = \'CONFIRMED\' AND (NEW."remedy" = \'NEW_LETTER\' OR NEW."new_deadline" IS NOT NULL) AND NOT (OLD."status" = \'CONFIRMED\'))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="214f0967a15f1a445e0c97c5d61478d4f625a4df",
                    operation="UPDATE",
                    pgid="pgtrigger_closed_with_record_bd4f7",
                    table="followups_followup",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="followup",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("status", "OPEN"),
                        ("consequence_review", ""),
                        ("deadline_missed__isnull", True),
                        ("decided_at__isnull", True),
                        ("decided_by__isnull", True),
                        ("is_journalised", False),
                        ("missed_on__isnull", True),
                        ("new_deadline__isnull", True),
                        ("no_dispatch_reason", ""),
                        ("no_record_reason", ""),
                        ("note", ""),
                        ("record_number", ""),
                        ("remedy", ""),
                        ("done_at__isnull", True),
                        ("confirmed_at__isnull", True),
                        ("confirmed_by__isnull", True),
                    ),
                    models.Q(
                        ("status", "DECIDED"),
                        ("deadline_missed__isnull", False),
                        ("decided_at__isnull", False),
                        ("decided_by__isnull", False),
                        models.Q(("remedy", ""), _negated=True),
                        models.Q(("consequence_review", ""), _negated=True),
                        ("done_at__isnull", True),
                        ("confirmed_at__isnull", True),
                        ("confirmed_by__isnull", True),
                    ),
                    models.Q(
                        ("status", "DONE"),
                        ("deadline_missed__isnull", False),
                        ("decided_at__isnull", False),
                        ("decided_by__isnull", False),
                        models.Q(("remedy", ""), _negated=True),
                        models.Q(("consequence_review", ""), _negated=True),
                        ("done_at__isnull", False),
                        ("confirmed_at__isnull", True),
                        ("confirmed_by__isnull", True),
                    ),
                    models.Q(
                        ("status", "CONFIRMED"),
                        ("deadline_missed__isnull", False),
                        ("decided_at__isnull", False),
                        ("decided_by__isnull", False),
                        models.Q(("remedy", ""), _negated=True),
                        models.Q(("consequence_review", ""), _negated=True),
                        ("done_at__isnull", False),
                        ("confirmed_at__isnull", False),
                        ("confirmed_by__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="followup_status_has_its_fields",
                violation_error_message="Status og oplysninger passer ikke sammen.",
            ),
        ),
        migrations.AddConstraint(
            model_name="followup",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("no_record_reason", ""),
                    models.Q(("is_journalised", False), ("record_number", "")),
                    _connector="OR",
                ),
                name="followup_on_record_or_not_needed",
                violation_error_message="Enten er det skrevet på sagen, eller også er det ikke nødvendigt.",
            ),
        ),
    ]
