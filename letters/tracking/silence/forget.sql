-- Delete what nothing is learnt from any more. What was sent and received stays.
WITH leg AS (SELECT id FROM letters_leg WHERE kind = %(kind)s), flow AS (
    DELETE FROM letters_flowcount
    WHERE bucket < %(from)s AND slice_id IN (SELECT id FROM letters_legslice WHERE leg_id IN (SELECT id FROM leg))
), late AS (
    DELETE FROM letters_lateletter WHERE bucket < %(from)s AND leg_id IN (SELECT id FROM leg)
), frontier AS (
    DELETE FROM letters_frontier WHERE reached_at < %(first)s AND leg_id IN (SELECT id FROM leg)
        AND id NOT IN (SELECT DISTINCT ON (leg_id) id FROM letters_frontier ORDER BY leg_id, reached_at DESC)
), history AS (
    DELETE FROM letters_missinghistory WHERE at < %(first)s AND leg_id IN (SELECT id FROM leg)
)
DELETE FROM letters_pace WHERE at < %(first)s AND leg_id IN (SELECT id FROM leg)
