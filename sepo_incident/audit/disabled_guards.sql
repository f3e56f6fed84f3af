-- What is switched off or opened, as Danish sentences: triggers, rules, privileges and settings.
--
-- tables: the append-only tables.
WITH guarded AS (
    SELECT * FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname = ANY(%(tables)s)
)
-- A disabled internal trigger, made by PostgreSQL.
SELECT 1, format('Tabellen %%s har udløsere, der er slået fra.', relname)
FROM guarded
WHERE EXISTS (SELECT FROM pg_trigger WHERE tgrelid = guarded.oid AND tgisinternal AND tgenabled <> 'O')
UNION ALL
-- A rule, a policy or a view in place of the table could intercept writes.
SELECT 2, format('Tabellen %%s er ikke en almindelig tabel: den har en regel, som koden ikke kender.', relname)
FROM guarded
WHERE relkind <> 'r' OR relrowsecurity OR EXISTS (SELECT FROM pg_rewrite WHERE ev_class = guarded.oid)
UNION ALL
-- The privileges to do more than read and insert, on the table and on single columns. The owner is not listed. Into the
-- chain itself, only functions of the owner insert.
SELECT 3, format(
    '%%s har %%s på tabellen %%s. Det giver koden ikke.',
    coalesce(role.rolname, 'alle'), string_agg(DISTINCT given.privilege_type, ', '), relname
)
FROM guarded
CROSS JOIN LATERAL (
    SELECT * FROM aclexplode(relacl)
    UNION ALL
    SELECT one.* FROM pg_attribute, aclexplode(attacl) AS one WHERE attrelid = guarded.oid
) AS given
-- A privilege of everybody has no role.
LEFT JOIN pg_roles AS role ON role.oid = given.grantee
WHERE given.grantee <> relowner AND (
    given.privilege_type IN ('UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER')
    OR given.privilege_type = 'INSERT' AND relname IN ('audit_statement', 'audit_check')
)
GROUP BY relname, role.rolname
UNION ALL
-- An owner can do everything. A table has the owner of the other tables, and no role may act as that owner.
SELECT 4, format('Tabellen %%s har fået en anden ejer: %%s.', relname, relowner::regrole)
FROM guarded
WHERE relowner <> (SELECT relowner FROM pg_class WHERE oid = 'public.django_migrations'::regclass)
UNION ALL
SELECT DISTINCT 5, format('%%s er medlem af %%s, som ejer historikken.', member.rolname, relowner::regrole)
FROM guarded
JOIN pg_roles AS member ON member.oid <> relowner AND NOT member.rolsuper AND pg_has_role(member.oid, relowner, 'MEMBER')
UNION ALL
-- The settings with which a session runs no triggers, or writes to a copy in another schema. A role or a database can
-- give all sessions a setting.
SELECT DISTINCT 6, format(
    'Indstillingen %%s er sat for %%s, så historikken kan blive skrevet uden udløserne.',
    split_part(one, '=', 1), coalesce(rolname, datname, 'alle')
)
FROM pg_db_role_setting
-- A setting of all roles, or of all databases, has no role or no database.
LEFT JOIN pg_roles AS role ON role.oid = setrole
LEFT JOIN pg_database AS database ON database.oid = setdatabase, unnest(setconfig) AS one
WHERE one ~ '^(pgtrigger\.ignore|session_replication_role|search_path)='
ORDER BY 1, 2
