"""The mails about breaches and to directors, each written once, and their kinds."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_adviser"),
        ("followups", "0005_paper_and_changed_decisions"),
        ("letters", "0017_plan_director"),
        ("notifications", "0002_alarm_kinds"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BreachMail",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(auto_now_add=True, verbose_name="skrevet")),
            ],
            options={
                "verbose_name": "mail om databrud",
                "verbose_name_plural": "mails om databrud",
            },
        ),
        migrations.CreateModel(
            name="DirectorMail",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(verbose_name="dag")),
            ],
            options={
                "verbose_name": "mail til en direktør",
                "verbose_name_plural": "mails til direktører",
                "ordering": ["-day", "pk"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="dispatch",
            name="dispatch_kind_known",
        ),
        migrations.RemoveConstraint(
            model_name="notice",
            name="notice_names_a_letter",
        ),
        migrations.RemoveConstraint(
            model_name="notice",
            name="notice_kind_known",
        ),
        migrations.RemoveConstraint(
            model_name="noticeitem",
            name="notice_item_kind_known",
        ),
        migrations.RemoveConstraint(
            model_name="noticetext",
            name="notice_text_of_a_notice",
        ),
        migrations.RemoveConstraint(
            model_name="noticetext",
            name="notice_text_kind_known",
        ),
        migrations.AlterField(
            model_name="dispatch",
            name="kind",
            field=models.CharField(
                choices=[
                    ("FIRST_NOTICE", "første besked"),
                    ("REMINDER", "påmindelse"),
                    ("DEADLINE_TODAY", "påmindelse på fristens dag"),
                    ("OVERDUE", "påmindelse efter fristen"),
                    ("LEADER_DIGEST", "lederoversigt"),
                    ("COORDINATOR_DIGEST", "koordinatoroversigt"),
                    ("DECISION_NEEDED", "besked om ventende breve"),
                    ("SUPPORT_ANSWER", "besked om svar"),
                    ("DESK_DIGEST", "oversigt over henvendelser"),
                    ("ADDRESS_FAILED", "besked om adressefejl"),
                    ("TEST", "prøvemail"),
                    ("ANSWER", "svar på en mail"),
                    ("CANARY", "mail til os selv"),
                    ("BOUNCE_CANARY", "mail, der skal komme retur"),
                    ("ALARM", "alarm"),
                    ("ACCESS_CHANGED", "besked om ændret adgang"),
                    ("BREACH_REPORTED", "besked om muligt databrud"),
                    ("DIRECTOR_STATUS", "mail til direktøren"),
                ],
                max_length=20,
                verbose_name="slags",
            ),
        ),
        migrations.AlterField(
            model_name="notice",
            name="kind",
            field=models.CharField(
                choices=[
                    ("FIRST_NOTICE", "første besked"),
                    ("REMINDER", "påmindelse"),
                    ("DEADLINE_TODAY", "påmindelse på fristens dag"),
                    ("OVERDUE", "påmindelse efter fristen"),
                    ("LEADER_DIGEST", "lederoversigt"),
                    ("COORDINATOR_DIGEST", "koordinatoroversigt"),
                    ("DECISION_NEEDED", "besked om ventende breve"),
                    ("SUPPORT_ANSWER", "besked om svar"),
                    ("DESK_DIGEST", "oversigt over henvendelser"),
                    ("ADDRESS_FAILED", "besked om adressefejl"),
                    ("TEST", "prøvemail"),
                    ("ANSWER", "svar på en mail"),
                    ("CANARY", "mail til os selv"),
                    ("BOUNCE_CANARY", "mail, der skal komme retur"),
                    ("ALARM", "alarm"),
                    ("ACCESS_CHANGED", "besked om ændret adgang"),
                    ("BREACH_REPORTED", "besked om muligt databrud"),
                    ("DIRECTOR_STATUS", "mail til direktøren"),
                ],
                max_length=20,
                verbose_name="slags",
            ),
        ),
        migrations.AlterField(
            model_name="noticeitem",
            name="kind",
            field=models.CharField(
                choices=[
                    ("FIRST_NOTICE", "første besked"),
                    ("REMINDER", "påmindelse"),
                    ("DEADLINE_TODAY", "påmindelse på fristens dag"),
                    ("OVERDUE", "påmindelse efter fristen"),
                    ("LEADER_DIGEST", "lederoversigt"),
                    ("COORDINATOR_DIGEST", "koordinatoroversigt"),
                    ("DECISION_NEEDED", "besked om ventende breve"),
                    ("SUPPORT_ANSWER", "besked om svar"),
                    ("DESK_DIGEST", "oversigt over henvendelser"),
                    ("ADDRESS_FAILED", "besked om adressefejl"),
                    ("TEST", "prøvemail"),
                    ("ANSWER", "svar på en mail"),
                    ("CANARY", "mail til os selv"),
                    ("BOUNCE_CANARY", "mail, der skal komme retur"),
                    ("ALARM", "alarm"),
                    ("ACCESS_CHANGED", "besked om ændret adgang"),
                    ("BREACH_REPORTED", "besked om muligt databrud"),
                    ("DIRECTOR_STATUS", "mail til direktøren"),
                ],
                max_length=20,
                verbose_name="slags",
            ),
        ),
        migrations.AlterField(
            model_name="noticetext",
            name="kind",
            field=models.CharField(
                choices=[
                    ("FIRST_NOTICE", "første besked"),
                    ("REMINDER", "påmindelse"),
                    ("DEADLINE_TODAY", "påmindelse på fristens dag"),
                    ("OVERDUE", "påmindelse efter fristen"),
                    ("LEADER_DIGEST", "lederoversigt"),
                    ("COORDINATOR_DIGEST", "koordinatoroversigt"),
                    ("DECISION_NEEDED", "besked om ventende breve"),
                    ("SUPPORT_ANSWER", "besked om svar"),
                    ("DESK_DIGEST", "oversigt over henvendelser"),
                    ("ADDRESS_FAILED", "besked om adressefejl"),
                    ("TEST", "prøvemail"),
                    ("ANSWER", "svar på en mail"),
                    ("CANARY", "mail til os selv"),
                    ("BOUNCE_CANARY", "mail, der skal komme retur"),
                    ("ALARM", "alarm"),
                    ("ACCESS_CHANGED", "besked om ændret adgang"),
                    ("BREACH_REPORTED", "besked om muligt databrud"),
                    ("DIRECTOR_STATUS", "mail til direktøren"),
                ],
                max_length=20,
                verbose_name="slags",
            ),
        ),
        migrations.AddConstraint(
            model_name="dispatch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "FIRST_NOTICE",
                            "REMINDER",
                            "DEADLINE_TODAY",
                            "OVERDUE",
                            "LEADER_DIGEST",
                            "COORDINATOR_DIGEST",
                            "DECISION_NEEDED",
                            "SUPPORT_ANSWER",
                            "DESK_DIGEST",
                            "ADDRESS_FAILED",
                            "TEST",
                            "ANSWER",
                            "CANARY",
                            "BOUNCE_CANARY",
                            "ALARM",
                            "ACCESS_CHANGED",
                            "BREACH_REPORTED",
                            "DIRECTOR_STATUS",
                        ],
                    )
                ),
                name="dispatch_kind_known",
                violation_error_message="Den slags besked findes ikke.",
            ),
        ),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("dispatch__isnull", False),
                        ("letters__gte", 1),
                        ("receiver__isnull", False),
                        ("written_by", None),
                        models.Q(
                            (
                                "kind__in",
                                (
                                    "TEST",
                                    "ANSWER",
                                    "CANARY",
                                    "BOUNCE_CANARY",
                                    "ALARM",
                                    "ACCESS_CHANGED",
                                    "BREACH_REPORTED",
                                    "DIRECTOR_STATUS",
                                ),
                            ),
                            _negated=True,
                        ),
                    ),
                    models.Q(
                        ("dispatch", None),
                        (
                            "kind__in",
                            (
                                "TEST",
                                "ANSWER",
                                "CANARY",
                                "BOUNCE_CANARY",
                                "ALARM",
                                "ACCESS_CHANGED",
                                "BREACH_REPORTED",
                                "DIRECTOR_STATUS",
                            ),
                        ),
                        ("leader", None),
                        ("letters", 0),
                        ("receiver", None),
                    ),
                    _connector="OR",
                ),
                name="notice_names_a_letter",
                violation_error_message="En besked hører til en udsendelse og nævner et brev. Andre mails gør ikke.",
            ),
        ),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "FIRST_NOTICE",
                            "REMINDER",
                            "DEADLINE_TODAY",
                            "OVERDUE",
                            "LEADER_DIGEST",
                            "COORDINATOR_DIGEST",
                            "DECISION_NEEDED",
                            "SUPPORT_ANSWER",
                            "DESK_DIGEST",
                            "ADDRESS_FAILED",
                            "TEST",
                            "ANSWER",
                            "CANARY",
                            "BOUNCE_CANARY",
                            "ALARM",
                            "ACCESS_CHANGED",
                            "BREACH_REPORTED",
                            "DIRECTOR_STATUS",
                        ],
                    )
                ),
                name="notice_kind_known",
                violation_error_message="Den slags besked findes ikke.",
            ),
        ),
        migrations.AddConstraint(
            model_name="noticeitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "FIRST_NOTICE",
                            "REMINDER",
                            "DEADLINE_TODAY",
                            "OVERDUE",
                            "LEADER_DIGEST",
                            "COORDINATOR_DIGEST",
                            "DECISION_NEEDED",
                            "SUPPORT_ANSWER",
                            "DESK_DIGEST",
                            "ADDRESS_FAILED",
                            "TEST",
                            "ANSWER",
                            "CANARY",
                            "BOUNCE_CANARY",
                            "ALARM",
                            "ACCESS_CHANGED",
                            "BREACH_REPORTED",
                            "DIRECTOR_STATUS",
                        ],
                    )
                ),
                name="notice_item_kind_known",
                violation_error_message="Den slags besked findes ikke.",
            ),
        ),
        migrations.AddConstraint(
            model_name="noticetext",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        (
                            "TEST",
                            "ANSWER",
                            "CANARY",
                            "BOUNCE_CANARY",
                            "ALARM",
                            "ACCESS_CHANGED",
                            "BREACH_REPORTED",
                            "DIRECTOR_STATUS",
                        ),
                    ),
                    _negated=True,
                ),
                name="notice_text_of_a_notice",
                violation_error_message="Den slags mail har ingen tekst, man kan rette.",
            ),
        ),
        migrations.AddConstraint(
            model_name="noticetext",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "FIRST_NOTICE",
                            "REMINDER",
                            "DEADLINE_TODAY",
                            "OVERDUE",
                            "LEADER_DIGEST",
                            "COORDINATOR_DIGEST",
                            "DECISION_NEEDED",
                            "SUPPORT_ANSWER",
                            "DESK_DIGEST",
                            "ADDRESS_FAILED",
                            "TEST",
                            "ANSWER",
                            "CANARY",
                            "BOUNCE_CANARY",
                            "ALARM",
                            "ACCESS_CHANGED",
                            "BREACH_REPORTED",
                            "DIRECTOR_STATUS",
                        ],
                    )
                ),
                name="notice_text_kind_known",
                violation_error_message="Den slags besked findes ikke.",
            ),
        ),
        migrations.AddField(
            model_name="breachmail",
            name="report",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="letters.breachreport",
                verbose_name="muligt brud",
            ),
        ),
        migrations.AddField(
            model_name="directormail",
            name="incident",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="director_mails", to="letters.incident"
            ),
        ),
        migrations.AddField(
            model_name="directormail",
            name="notice",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="director_mail",
                to="notifications.notice",
                verbose_name="mail",
            ),
        ),
        migrations.AddField(
            model_name="directormail",
            name="unit",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.unit",
                verbose_name="forvaltning",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="breachmail",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="1a9e67b477f2ca030a0588ac10f0f7bdc5d1ce62",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_b7b2a",
                    table="notifications_breachmail",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="directormail",
            constraint=models.UniqueConstraint(
                fields=("incident", "unit", "day"),
                name="director_mail_once_a_day",
                violation_error_message="Direktøren har allerede fået dagens mail.",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="directormail",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="a56bc3199902730a1ceb5859f98f3f5e8b291657",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_5b876",
                    table="notifications_directormail",
                    when="BEFORE",
                ),
            ),
        ),
    ]
