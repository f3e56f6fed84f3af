-- Add the outcome of each dispatch, or note there that the letter is handed over now, and note the five minutes whose letters
-- are counted anew. All outcomes are locked, in the order that receipts lock them in.
WITH handed_over AS (
    INSERT INTO letters_dispatchoutcome AS outcome (dispatch_id, channel_id, sent_bucket, sent_known_at)
    SELECT id, channel_id, sent_bucket, sent_known_at FROM letters_letterdispatch
    WHERE id = ANY(%(dispatches)s) ORDER BY id
    ON CONFLICT (dispatch_id) DO UPDATE SET sent_bucket = EXCLUDED.sent_bucket, sent_known_at = EXCLUDED.sent_known_at
    WHERE outcome.sent_bucket IS NULL AND EXCLUDED.sent_bucket IS NOT NULL
    RETURNING channel_id, sent_bucket
)
INSERT INTO letters_touchedbucket (channel_id, kind, bucket)
SELECT DISTINCT channel_id, 'receipt', sent_bucket FROM handed_over WHERE sent_bucket IS NOT NULL
UNION ALL
SELECT DISTINCT channel_id, 'handover', approved_bucket FROM letters_letterdispatch
WHERE id = ANY(%(dispatches)s) AND approved_bucket IS NOT NULL
