-- The receipts without a dispatch that have an identifier of one of the dispatches.
SELECT waiting.id
FROM letters_letterdispatch AS dispatch
JOIN letters_receipt AS waiting ON waiting.{identifier} = dispatch.{identifier} AND waiting.{identifier} > ''
WHERE dispatch.id = ANY(%(dispatches)s) AND waiting.dispatch_id IS NULL
