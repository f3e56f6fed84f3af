"""Letters that are sent on paper, and decisions of a case that were changed."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("followups", "0004_note_accepted"),
        ("letters", "0017_plan_director"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="followup",
            name="answers_fit_kind",
        ),
        migrations.RemoveConstraint(
            model_name="arrival",
            name="arrival_of_something_sent",
        ),
        migrations.RemoveConstraint(
            model_name="followup",
            name="followup_status_has_its_fields",
        ),
        migrations.RemoveConstraint(
            model_name="followup",
            name="followup_remedy_known",
        ),
        migrations.RemoveConstraint(
            model_name="followup",
            name="followup_resent_has_original",
        ),
        migrations.AddField(
            model_name="followup",
            name="is_decision_changed",
            field=models.BooleanField(null=True, verbose_name="afgørelse ændret"),
        ),
        migrations.AddField(
            model_name="followup",
            name="paper_reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("EXEMPT", "modtageren er fritaget for Digital Post"),
                    ("DEAD", "modtageren er død"),
                    ("MOVED", "modtageren er flyttet til udlandet"),
                    ("GUARDIAN", "modtageren har en værge"),
                ],
                db_default="",
                max_length=20,
                verbose_name="hvorfor på papir",
            ),
        ),
        migrations.AlterField(
            model_name="arrival",
            name="remedy",
            field=models.CharField(
                choices=[
                    ("RESEND", "sendes igen"),
                    ("NEW_LETTER", "nyt brev"),
                    ("RESEND_AND_NEW", "sendes igen og nyt brev"),
                    ("PAPER", "sendes på papir"),
                    ("NO_DISPATCH", "sendes ikke igen"),
                ],
                max_length=20,
                verbose_name="hvad blev sendt",
            ),
        ),
        # PostgreSQL 16 cannot change the expression of a generated column.
        migrations.RemoveField(model_name="followup", name="is_sent_again"),
        migrations.AddField(
            model_name="followup",
            name="is_sent_again",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Q(
                    ("done_at__isnull", False), ("remedy__in", ["RESEND", "NEW_LETTER", "RESEND_AND_NEW", "PAPER"])
                ),
                output_field=models.BooleanField(),
            ),
        ),
        migrations.AlterField(
            model_name="followup",
            name="remedy",
            field=models.CharField(
                blank=True,
                choices=[
                    ("RESEND", "sendes igen"),
                    ("NEW_LETTER", "nyt brev"),
                    ("RESEND_AND_NEW", "sendes igen og nyt brev"),
                    ("PAPER", "sendes på papir"),
                    ("NO_DISPATCH", "sendes ikke igen"),
                ],
                max_length=20,
                verbose_name="hvad gøres",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="followup",
            trigger=pgtrigger.compiler.Trigger(
                name="answers_fit_kind",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (NEW.remedy <> '')",
                    declare="DECLARE rules jsonb;",
                    func='SELECT \'{"NOT_ARRIVED": {"answers": [], "remedies": ["RESEND", "NEW_LETTER", "RESEND_AND_NEW", "PAPER", "NO_DISPATCH"]}, "WRONG_RECIPIENT": {"answers": ["deletion"], "remedies": ["RESEND", "NEW_LETTER", "NO_DISPATCH"]}}\'::jsonb -> incident.kind INTO rules\nFROM letters_incident AS incident JOIN letters_letter AS letter ON letter.incident_id = incident.id\nWHERE letter.id = NEW.letter_id;\nIF NOT rules -> \'remedies\' ? NEW.remedy OR EXISTS (\n    SELECT FROM jsonb_each_text(to_jsonb(NEW)) AS answer\n    WHERE \'["deletion"]\'::jsonb ? answer.key\n    AND (coalesce(answer.value, \'\') <> \'\') <> (rules -> \'answers\' ? answer.key)\n) THEN\n    RAISE EXCEPTION \'Svarene passer ikke til det, der gik galt i hændelsen.\'\n    USING ERRCODE = \'integrity_constraint_violation\';\nEND IF;\nRETURN NULL;',
                    hash="cef7e88e3710ac1cdbdc3a0a83be0cf00dc64de5",
                    operation='INSERT OR UPDATE OF "remedy", "deletion"',
                    pgid="pgtrigger_answers_fit_kind_cc56f",
                    table="followups_followup",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="arrival",
            constraint=models.CheckConstraint(
                condition=models.Q(("remedy__in", ["RESEND", "NEW_LETTER", "RESEND_AND_NEW", "PAPER"])),
                name="arrival_of_something_sent",
                violation_error_message="Kun et brev, der er sendt, kan komme frem.",
            ),
        ),
        migrations.AddConstraint(
            model_name="followup",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("status", "OPEN"),
                        ("consequence_review", ""),
                        ("deadline_missed", None),
                        ("decided_at", None),
                        ("decided_by", None),
                        ("deletion", ""),
                        ("deletion_confirmed_on", None),
                        ("deletion_due_on", None),
                        ("handled_text", ""),
                        ("is_decision_changed", None),
                        ("is_journalised", False),
                        ("missed_on", None),
                        ("new_deadline", None),
                        ("no_deletion_reason", ""),
                        ("no_dispatch_reason", ""),
                        ("no_record_reason", ""),
                        ("note", ""),
                        ("paper_reason", ""),
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
                        ("status__in", ["DONE", "SENT_BACK"]),
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
                    ("remedy__in", ["", "RESEND", "NEW_LETTER", "RESEND_AND_NEW", "PAPER", "NO_DISPATCH"])
                ),
                name="followup_remedy_known",
                violation_error_message="Den beslutning findes ikke.",
            ),
        ),
        migrations.AddConstraint(
            model_name="followup",
            constraint=models.CheckConstraint(
                condition=models.Q(("paper_reason__in", ["", "EXEMPT", "DEAD", "MOVED", "GUARDIAN"])),
                name="followup_paper_reason_known",
                violation_error_message="Den grund til at sende på papir findes ikke.",
            ),
        ),
        migrations.AddConstraint(
            model_name="followup",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("remedy", "PAPER"), models.Q(("paper_reason", ""), _negated=True)),
                    models.Q(models.Q(("remedy", "PAPER"), _negated=True), ("paper_reason", "")),
                    _connector="OR",
                ),
                name="followup_paper_has_reason",
                violation_error_message="Vælg, hvorfor brevet sendes på papir, og kun når det gør.",
            ),
        ),
        migrations.AddConstraint(
            model_name="followup",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_decision_changed", None), ("consequence_review", "FOUND"), _connector="OR"),
                name="followup_changed_decision_is_consequence",
                violation_error_message="En ændret afgørelse er en konsekvens.",
            ),
        ),
        migrations.AddConstraint(
            model_name="followup",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_original_gone", False),
                    models.Q(("remedy__in", ["RESEND", "RESEND_AND_NEW", "PAPER"]), _negated=True),
                    _connector="OR",
                ),
                name="followup_resent_has_original",
                violation_error_message="Originalen findes ikke, så det samme brev kan ikke sendes igen.",
            ),
        ),
    ]
