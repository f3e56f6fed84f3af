"""The name and the address of a director are personal in the change log."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0002_personal_columns"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="rowchange",
            name="append_only",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="rowchange",
            name="chained",
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="rowchange",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF TG_OP = 'UPDATE' AND audit_json(NEW) = audit_emptied(audit_json(OLD), '{before.answer,before.case_worker,before.contact_name,before.director_email,before.director_name,before.email,before.fix_checked_by,before.known,before.personnel_contact,before.personnel_phone,before.phone,before.reason,before.signed_by,before.source,before.statement,before.support_email,before.text,before.title,before.unknown,before.words,after.answer,after.case_worker,after.contact_name,after.director_email,after.director_name,after.email,after.fix_checked_by,after.known,after.personnel_contact,after.personnel_phone,after.phone,after.reason,after.signed_by,after.source,after.statement,after.support_email,after.text,after.title,after.unknown,after.words}')\n    AND EXISTS (SELECT FROM audit_erasure WHERE ledger = TG_TABLE_NAME AND row_id = OLD.id)\nTHEN\n    RETURN NEW;\nEND IF;\nRAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="b0f574a61cd07bd2fd9110eec2b8fc9f0ab6c9d1",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_6dd27",
                    table="audit_rowchange",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="rowchange",
            trigger=pgtrigger.compiler.Trigger(
                name="chained",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF EXISTS (SELECT FROM written WHERE salt IS NULL) THEN\n    RAISE EXCEPTION 'En ny række i % skal have sit salt.', TG_TABLE_NAME\n    USING ERRCODE = 'integrity_constraint_violation';\nEND IF;\nINSERT INTO audit_statement (ledger, columns, personal, ids, digests, sealed, at)\nSELECT TG_TABLE_NAME, audit_columns(TG_RELID), '{before.answer,before.case_worker,before.contact_name,before.director_email,before.director_name,before.email,before.fix_checked_by,before.known,before.personnel_contact,before.personnel_phone,before.phone,before.reason,before.signed_by,before.source,before.statement,before.support_email,before.text,before.title,before.unknown,before.words,after.answer,after.case_worker,after.contact_name,after.director_email,after.director_name,after.email,after.fix_checked_by,after.known,after.personnel_contact,after.personnel_phone,after.phone,after.reason,after.signed_by,after.source,after.statement,after.support_email,after.text,after.title,after.unknown,after.words}',\n       array_agg(line.id ORDER BY line.id),\n       array_agg(sha256(convert_to((((line.content) - '{salt,before,after}'::text[]) || jsonb_build_object('before', CASE jsonb_typeof((line.content) -> 'before') WHEN 'object' THEN ((line.content) -> 'before') - '{answer,case_worker,contact_name,director_email,director_name,email,fix_checked_by,known,personnel_contact,personnel_phone,phone,reason,signed_by,source,statement,support_email,text,title,unknown,words}'::text[] ELSE (line.content) -> 'before' END, 'after', CASE jsonb_typeof((line.content) -> 'after') WHEN 'object' THEN ((line.content) -> 'after') - '{answer,case_worker,contact_name,director_email,director_name,email,fix_checked_by,known,personnel_contact,personnel_phone,phone,reason,signed_by,source,statement,support_email,text,title,unknown,words}'::text[] ELSE (line.content) -> 'after' END))::text, 'UTF8')) ORDER BY line.id),\n       array_agg(sha256(convert_to((line.content)::text, 'UTF8')) ORDER BY line.id), clock_timestamp()\nFROM (SELECT id, audit_json(row) AS content FROM written AS row) AS line HAVING count(*) > 0;\nRETURN NULL;",
                    hash="457cba2966880c7df13f2be7ad8e10fc51f19dec",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_chained_40cac",
                    referencing="REFERENCING NEW TABLE AS written ",
                    table="audit_rowchange",
                    when="AFTER",
                ),
            ),
        ),
    ]
