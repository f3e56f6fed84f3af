-- After an UPDATE in a ledger whose rows name files in {column}: the parts of a file go when only erased rows name it.
-- The lock is the one that is taken when a file is kept, so that none is kept on parts that are just going.
PERFORM {lock}
FROM (SELECT DISTINCT {column} AS sha256 FROM was WHERE {column} <> '' ORDER BY 1) AS one;
DELETE FROM {parts} AS part WHERE part.sha256 IN (SELECT {column} FROM was) AND NOT EXISTS (
    SELECT FROM {ledger} AS one WHERE one.{column} = part.sha256 AND one.salt IS NOT NULL
);
RETURN NULL;
