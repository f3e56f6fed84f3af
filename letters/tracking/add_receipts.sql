-- Add the rows of taken_receipt to the receipts, each with the dispatch that it is about, if that is known.
INSERT INTO letters_receipt (
    dispatch_id, {identifiers}, status, is_final, is_delivered, is_known, error, at, received_at, fingerprint
)
SELECT DISTINCT ON (fingerprint)
    nullif(coalesce({found}), -1), {identifiers}, status, is_final, is_delivered, is_known, error, at, received_at, fingerprint
FROM taken_receipt AS receipt
ORDER BY fingerprint, received_at
ON CONFLICT (fingerprint) DO NOTHING
RETURNING dispatch_id
