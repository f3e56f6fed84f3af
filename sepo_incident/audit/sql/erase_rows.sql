-- After an INSERT in audit_erasure: empty the personal values that the new rows name.
PERFORM audit_empty(one.ledger, one.personal, one.ids)
FROM (SELECT ledger, personal, array_agg(row_id) AS ids FROM written GROUP BY 1, 2) AS one;
RETURN NULL;
