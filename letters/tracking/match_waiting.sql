-- Give the waiting receipts the dispatch that they are about. An ambiguous one waits on.
WITH matched AS (
    SELECT receipt.id, nullif(coalesce({found}), -1) AS dispatch_id
    FROM letters_receipt AS receipt WHERE receipt.id = ANY(%(receipts)s)
)
UPDATE letters_receipt AS receipt SET dispatch_id = matched.dispatch_id
FROM matched
WHERE receipt.id = matched.id AND receipt.dispatch_id IS NULL AND matched.dispatch_id IS NOT NULL
RETURNING receipt.dispatch_id
