-- The first row that names a file whose parts are gone or altered: (id of the row, whether the file is gone).
--
-- {ledger}, {column}: the append-only table and the column with the SHA-256. {parts}: the table of file parts.
SELECT named.id, kept.sha256 IS NULL
FROM (
    -- An erased row has no salt, and the file may be deleted.
    SELECT {column} AS sha256, min(id) AS id
    FROM public.{ledger}
    WHERE salt IS NOT NULL AND {column} <> ''
    GROUP BY {column}
) AS named
-- The SHA-256 of the parts together, NULL if there are none.
CROSS JOIN LATERAL (
    SELECT encode(sha256(string_agg(part.content, ''::bytea ORDER BY part.number)), 'hex') AS sha256
    FROM public.{parts} AS part
    WHERE part.sha256 = named.sha256
) AS kept
WHERE kept.sha256 IS DISTINCT FROM named.sha256
ORDER BY named.id
LIMIT 1
