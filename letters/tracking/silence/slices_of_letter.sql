-- The slices that a letter is in.
SELECT kind, value FROM (
    VALUES ('channel', ''), ('unit', letter.unit), ('sender', letter.sender), ('subject', letter.family),
        ('domain', letter.recipient_domain)
) AS told (kind, value)
WHERE kind = 'channel' OR value > ''
UNION ALL
SELECT 'size', floor || ' MB' FROM (VALUES (1), (5), (10), (20)) AS sizes (floor) WHERE letter.size >= floor * 1000000
