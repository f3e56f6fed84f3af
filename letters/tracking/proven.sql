-- What the final receipts prove of each dispatch: (dispatch_id, final_at, is_delivered, is_contradicted). The newest receipt by
-- the mail system's clock counts; of two at once, the one that says that the letter did not arrive.
SELECT dispatch_id, min(received_at) AS final_at,
    (array_agg(is_delivered ORDER BY coalesce(at, received_at) DESC, is_delivered))[1] AS is_delivered,
    bool_or(is_delivered) AND NOT bool_and(is_delivered) AS is_contradicted
FROM letters_receipt
WHERE is_final AND {which}
GROUP BY dispatch_id
