-- The privileges, on append-only tables, to do more than read and insert: (table, role or 'alle', privileges). The
-- owner is not listed.
SELECT relname, coalesce(role.rolname, 'alle'), string_agg(DISTINCT given.privilege_type, ', ')
FROM pg_class
-- The privileges on the table and on single columns.
CROSS JOIN LATERAL (
    SELECT * FROM aclexplode(relacl)
    UNION ALL
    SELECT one.* FROM pg_attribute, aclexplode(attacl) AS one WHERE attrelid = pg_class.oid
) AS given
-- A privilege of everybody has no role.
LEFT JOIN pg_roles AS role ON role.oid = given.grantee
WHERE relnamespace = 'public'::regnamespace AND relname = ANY(%(tables)s) AND given.grantee <> relowner
  AND given.privilege_type IN ('UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER')
GROUP BY 1, 2
ORDER BY 1, 2
