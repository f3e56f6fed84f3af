-- After an UPDATE in an append-only table that names files in {column}: delete the parts of a file that only erased
-- rows name. Storing a file takes the same lock, so that no file is stored on parts that are being deleted.
PERFORM {lock}
FROM (SELECT DISTINCT {column} AS sha256 FROM was WHERE {column} <> '' ORDER BY 1) AS one;
DELETE FROM {parts} AS part WHERE part.sha256 IN (SELECT {column} FROM was) AND NOT EXISTS (
    SELECT FROM {ledger} AS one WHERE one.{column} = part.sha256 AND one.salt IS NOT NULL
);
RETURN NULL;
