-- In how many five minutes letters behind the frontier got receipts that are not final, from `frontier.bucket` to `step.at`.
SELECT count(DISTINCT floor(extract(epoch FROM receipt.received_at) / 300)) AS steps
FROM letters_letterdispatch AS letter
JOIN letters_receipt AS receipt ON receipt.dispatch_id = letter.id
WHERE letter.channel_id = leg.channel_id AND letter.{bucket} > frontier.bucket AND letter.{known_at} <= step.at AND {is_on_leg}
    AND letter.{bucket} <= extract(epoch FROM step.at) / 300
    AND NOT receipt.is_final AND receipt.received_at <= step.at
