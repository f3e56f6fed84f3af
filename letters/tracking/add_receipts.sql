-- Add the rows that were taken in to the receipts, each with the dispatch that it is about, if that is known, and with what
-- Koncern IT has told of its status, where nobody else knew.
INSERT INTO letters_receipt (
    dispatch_id, {identifiers}, status, is_final, is_delivered, is_known, error, at, received_at, fingerprint
)
SELECT DISTINCT ON (fingerprint)
    nullif(coalesce({found}), -1), {identifiers}, status,
    coalesce(told.meaning <> 'on_the_way', is_final), coalesce(told.meaning = 'delivered', is_delivered),
    is_known OR told.meaning IS NOT NULL, error, at, received_at, fingerprint
FROM {taken}
LEFT JOIN letters_receiptstatus AS told ON NOT receipt.is_known AND lower(told.name) = lower(receipt.status)
ORDER BY fingerprint, received_at
ON CONFLICT (fingerprint) DO NOTHING
RETURNING dispatch_id
