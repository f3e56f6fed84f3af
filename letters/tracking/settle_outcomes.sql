-- Say in the outcomes of dispatches what the receipts prove. A receipt that is not final never counts.
UPDATE letters_dispatchoutcome AS outcome
SET final_at = found.final_at, is_delivered = found.is_delivered,
    is_contradicted = coalesce(found.is_contradicted, false)
FROM unnest(%(dispatches)s::bigint[]) AS touched (id)
LEFT JOIN ({proven}) AS found ON found.dispatch_id = touched.id
WHERE outcome.dispatch_id = touched.id AND (outcome.final_at, outcome.is_delivered, outcome.is_contradicted)
    IS DISTINCT FROM (found.final_at, found.is_delivered, coalesce(found.is_contradicted, false))
RETURNING outcome.dispatch_id
