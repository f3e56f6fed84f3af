-- The numbers of dispatches: (id, notices, {state: number of mails} or NULL, time of the latest accepted mail, whether
-- the mail of the incident is on pause).
--
-- dispatches: ids.
SELECT
    dispatch.id,
    (SELECT count(*) FROM notifications_notice WHERE dispatch_id = dispatch.id),
    mails.by_state,
    mails.last_at,
    EXISTS (SELECT FROM notifications_sendingsettings
        WHERE incident_id = dispatch.incident_id AND paused_at IS NOT NULL)
FROM notifications_dispatch AS dispatch
CROSS JOIN LATERAL (
    SELECT json_object_agg(state, number) AS by_state, max(last_at) AS last_at
    FROM (
        SELECT {state} AS state, count(*) AS number, max(delivery.accepted_at) AS last_at
        FROM notifications_notice AS notice
        JOIN notifications_delivery AS delivery ON delivery.notice_id = notice.id
        WHERE notice.dispatch_id = dispatch.id
        GROUP BY 1
    ) AS states
) AS mails
WHERE dispatch.id = ANY({dispatches})
