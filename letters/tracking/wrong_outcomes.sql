-- How many dispatches have another outcome than their own times and their receipts say.
SELECT count(*) FROM letters_letterdispatch AS dispatch
LEFT JOIN letters_dispatchoutcome AS outcome ON outcome.dispatch_id = dispatch.id
LEFT JOIN ({proven}) AS found ON found.dispatch_id = dispatch.id
WHERE (outcome.channel_id, outcome.sent_bucket, outcome.sent_known_at, outcome.final_at, outcome.is_delivered, outcome.is_contradicted)
    IS DISTINCT FROM (dispatch.channel_id, dispatch.sent_bucket, dispatch.sent_known_at, found.final_at, found.is_delivered,
        coalesce(found.is_contradicted, false))
