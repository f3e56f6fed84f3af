-- Withdraw the mails of stopping dispatches: whole notices whose To mail no worker holds, or was withdrawn before. The
-- copies of a notice whose To mail went out are still sent.
WITH untold AS MATERIALIZED (
    SELECT sender.notice_id
    FROM notifications_dispatch dispatch
    -- The To mail of every notice. It is locked first, so that either a worker claims the mail or this statement
    -- withdraws it.
    JOIN notifications_notice notice ON notice.dispatch_id = dispatch.id
    JOIN notifications_delivery sender ON sender.notice_id = notice.id AND sender.role = 'TO'
    WHERE dispatch.status = 'STOPPING' AND sender.state IN ('READY', 'DEFERRED', 'STOPPED')
    FOR UPDATE OF sender
)
UPDATE notifications_delivery delivery
-- A withdrawn mail no longer counts as the recipient's mail of the day.
SET state = 'STOPPED', next_attempt_at = NULL, day = NULL, day_incident_id = NULL, changed_at = %(now)s
FROM untold
WHERE delivery.notice_id = untold.notice_id AND delivery.state IN ('READY', 'DEFERRED')
