-- Say of the dispatches what their receipts prove. The newest final receipt by the mail system's clock counts; of two at
-- once, the one that says that the letter did not arrive. A receipt that is not final never counts.
UPDATE letters_letterdispatch AS dispatch
SET final_at = found.final_at, is_delivered = found.is_delivered,
    is_contradicted = coalesce(found.is_contradicted, false)
FROM unnest(%(dispatches)s) AS touched (id)
LEFT JOIN (
    SELECT dispatch_id, min(received_at) AS final_at,
        (array_agg(is_delivered ORDER BY coalesce(at, received_at) DESC, is_delivered))[1] AS is_delivered,
        bool_or(is_delivered) AND NOT bool_and(is_delivered) AS is_contradicted
    FROM letters_receipt
    WHERE is_final AND dispatch_id = ANY(%(dispatches)s)
    GROUP BY dispatch_id
) AS found ON found.dispatch_id = touched.id
WHERE dispatch.id = touched.id AND (dispatch.final_at, dispatch.is_delivered, dispatch.is_contradicted)
    IS DISTINCT FROM (found.final_at, found.is_delivered, coalesce(found.is_contradicted, false))
