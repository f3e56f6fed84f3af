"""The bytes of a file go when the last row that names it is erased."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("followups", "0021_on_record"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="proofpart",
            name="append_only",
        ),
        migrations.AddIndex(
            model_name="arrival",
            index=models.Index(
                condition=models.Q(("file_sha256", ""), _negated=True), fields=["file_sha256"], name="arrival_of_a_file"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="arrival",
            trigger=pgtrigger.compiler.Trigger(
                name="takes_its_files_along",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            PERFORM pg_advisory_xact_lock(hashtextextended(one.sha256, 20191210))\n            FROM (SELECT DISTINCT file_sha256 AS sha256 FROM was WHERE file_sha256 <> '' ORDER BY 1) AS one;\n            DELETE FROM followups_proofpart AS part WHERE part.sha256 IN (SELECT file_sha256 FROM was) AND NOT EXISTS (\n                SELECT FROM followups_arrival AS one WHERE one.file_sha256 = part.sha256 AND one.salt IS NOT NULL\n            );\n            RETURN NULL;\n        ",
                    hash="dd4acc7325646fbc88d6affc85331c849ce96d3c",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_takes_its_files_along_06f71",
                    referencing="REFERENCING OLD TABLE AS was ",
                    table="followups_arrival",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="proofpart",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                IF TG_OP = 'DELETE' AND EXISTS (SELECT FROM followups_arrival WHERE file_sha256 = OLD.sha256)\n                    AND NOT EXISTS (SELECT FROM followups_arrival WHERE file_sha256 = OLD.sha256 AND salt IS NOT NULL)\n                THEN\n                    RETURN OLD;\n                END IF;\n                RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;\n            ",
                    hash="69e9ea1a23cfc62a98d6054ad3937992eb6cbc7d",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_56619",
                    table="followups_proofpart",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.RunSQL(
            """
            DELETE FROM followups_proofpart AS part
            WHERE EXISTS (SELECT FROM followups_arrival WHERE file_sha256 = part.sha256) AND NOT EXISTS (
                SELECT FROM followups_arrival WHERE file_sha256 = part.sha256 AND salt IS NOT NULL
            )
            """,
            "",
        ),
    ]
