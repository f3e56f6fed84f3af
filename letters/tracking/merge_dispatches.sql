-- Add the rows that were taken in to the dispatches. Each row tells of one stage of a letter. A known stage or identifier
-- stays. The order keeps two batches from waiting for each other.
INSERT INTO letters_letterdispatch AS dispatch (
    channel_id, source_id, {identifiers}, sender, unit, subject, family, size, recipient_key, recipient_domain,
    approved_at, approved_known_at, sent_at, sent_known_at
)
SELECT known.id, source_id, {max_identifiers}, max(sender), max(unit), max(subject), max(family), max(size),
    max(recipient_key), max(recipient_domain),
    min(stage_at) FILTER (WHERE is_approval), min(known_at) FILTER (WHERE is_approval),
    min(stage_at) FILTER (WHERE NOT is_approval), min(known_at) FILTER (WHERE NOT is_approval)
FROM {taken} JOIN letters_channel AS known ON lower(known.name) = lower(channel)
GROUP BY known.id, source_id
ORDER BY known.id, source_id
ON CONFLICT (channel_id, source_id) DO UPDATE SET
    {filled_identifiers},
    approved_at = coalesce(dispatch.approved_at, EXCLUDED.approved_at),
    approved_known_at = coalesce(dispatch.approved_known_at, EXCLUDED.approved_known_at),
    sent_at = coalesce(dispatch.sent_at, EXCLUDED.sent_at),
    sent_known_at = coalesce(dispatch.sent_known_at, EXCLUDED.sent_known_at)
WHERE dispatch.approved_at IS NULL AND EXCLUDED.approved_at IS NOT NULL
    OR dispatch.sent_at IS NULL AND EXCLUDED.sent_at IS NOT NULL
    OR {is_filled}
RETURNING id, xmax = 0 AS is_new
