-- Save the progress of an import, and return whether somebody has asked the import to stop.
--
-- phase, total: a phase that begins now, or NULL if the phase goes on.
UPDATE letters_importprogress
SET phase = coalesce(%(phase)s, phase),
    began_at = CASE WHEN %(phase)s IS NULL THEN began_at ELSE now() END,
    done = %(done)s,
    total = coalesce(%(total)s, total),
    heartbeat_at = now()
WHERE batch_id = %(batch)s
RETURNING stop_asked_at IS NOT NULL
