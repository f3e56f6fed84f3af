"""A leader sends a letter back with a question, and the sender answers it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("followups", "0008_letters_own_date")]

    operations = [
        migrations.RemoveConstraint(
            model_name="decision",
            name="decision_kind_known",
        ),
        migrations.RemoveConstraint(
            model_name="followup",
            name="followup_status_known",
        ),
        migrations.RemoveConstraint(
            model_name="followup",
            name="followup_status_has_its_fields",
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
                ],
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="followup",
            name="status",
            field=models.CharField(
                choices=[
                    ("OPEN", "mangler beslutning"),
                    ("DECIDED", "besluttet"),
                    ("DONE", "udført"),
                    ("SENT_BACK", "sendt tilbage"),
                    ("CONFIRMED", "bekræftet"),
                ],
                default="OPEN",
                max_length=20,
                verbose_name="status",
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
                        ],
                    )
                ),
                name="decision_kind_known",
                violation_error_message="Den slags hændelse findes ikke.",
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
                condition=models.Q(("status__in", ["OPEN", "DECIDED", "DONE", "SENT_BACK", "CONFIRMED"])),
                name="followup_status_known",
                violation_error_message="Den status findes ikke.",
            ),
        ),
    ]
