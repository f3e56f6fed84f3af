"""A database that took the steps one by one becomes like a new one, where this changes nothing.

It has lost a constraint: when 0013 asked for no index on a delivery's notice, Django also dropped the unique one.
And where a column was renamed, its index and its NOT NULL are called by the old name.
"""

from django.db import migrations

ONE_TO = """
    CREATE UNIQUE INDEX IF NOT EXISTS delivery_one_to ON notifications_delivery (notice_id)
    WHERE role = 'TO' AND NOT mended = 'REPLACED'
"""
NAMES = """
    ALTER INDEX IF EXISTS notifications_notice_sender_id_dccd9d81
        RENAME TO notifications_notice_receiver_id_87d2f57a;
    ALTER INDEX IF EXISTS notifications_noticeitem_sender_id_c534696d
        RENAME TO notifications_noticeitem_receiver_id_fc81dbbd;
    DO $$ BEGIN
        ALTER TABLE letters_importfilepart
            RENAME CONSTRAINT letters_importfilepart_file_id_not_null TO letters_importfilepart_batch_id_not_null;
        ALTER TABLE notifications_dispatch
            RENAME CONSTRAINT notifications_dispatch_failed_senders_not_null
            TO notifications_dispatch_failed_receivers_not_null;
        ALTER TABLE notifications_noticeitem
            RENAME CONSTRAINT notifications_noticeitem_sender_id_not_null TO notifications_noticeitem_receiver_id_not_null;
    EXCEPTION WHEN undefined_object THEN NULL;  -- a new database, or PostgreSQL before 18
    END $$
"""


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_squashed_0015_roles")]

    operations = [migrations.RunSQL([ONE_TO, NAMES], migrations.RunSQL.noop)]
