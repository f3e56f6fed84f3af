-- The slices that a letter is in.
SELECT kind, value FROM (
    VALUES ('channel', ''), ('unit', dispatch.unit), ('sender', dispatch.sender), ('subject', dispatch.family),
        ('domain', dispatch.recipient_domain)
) AS told (kind, value)
WHERE kind = 'channel' OR value > ''
UNION ALL
SELECT 'size', floor || ' MB' FROM (VALUES (1), (5), (10), (20)) AS sizes (floor) WHERE dispatch.size >= floor * 1000000
