-- In how many five minutes until `step.at` letters behind the frontier got receipts that are not final, where enough of
-- them to stand still had no final one by then.
SELECT CASE WHEN count(DISTINCT letter.id) >= %(fewest)s
    THEN count(DISTINCT floor(extract(epoch FROM receipt.received_at) / 300)) ELSE 0 END AS steps
FROM {letters_of_leg} AS letter
JOIN letters_receipt AS receipt ON receipt.dispatch_id = letter.id
WHERE letter.channel_id = leg.channel_id AND letter.bucket > frontier.bucket AND letter.known_at <= step.at
    AND letter.bucket <= (extract(epoch FROM step.at) / 300)::integer
    AND (letter.finished_at IS NULL OR letter.finished_at > step.at)
    AND NOT receipt.is_final AND receipt.received_at <= step.at
