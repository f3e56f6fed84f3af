-- Say of the dispatches what their receipts prove. A receipt that is not final never counts.
UPDATE letters_letterdispatch AS dispatch
SET final_at = found.final_at, is_delivered = found.is_delivered,
    is_contradicted = coalesce(found.is_contradicted, false)
FROM unnest(%(dispatches)s) AS touched (id)
LEFT JOIN ({proven}) AS found ON found.dispatch_id = touched.id
WHERE dispatch.id = touched.id AND (dispatch.final_at, dispatch.is_delivered, dispatch.is_contradicted)
    IS DISTINCT FROM (found.final_at, found.is_delivered, coalesce(found.is_contradicted, false))
