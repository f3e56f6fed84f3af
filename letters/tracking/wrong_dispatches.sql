-- How many dispatches say something else than their receipts prove.
SELECT count(*) FROM letters_letterdispatch AS dispatch
LEFT JOIN ({proven}) AS found ON found.dispatch_id = dispatch.id
WHERE (dispatch.final_at, dispatch.is_delivered, dispatch.is_contradicted)
    IS DISTINCT FROM (found.final_at, found.is_delivered, coalesce(found.is_contradicted, false))
